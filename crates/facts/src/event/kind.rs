//! The events.

use serde::{Deserialize, Serialize};

use super::{Confidence, Key, Literal, Name, Path, Scope, Span, Statement, StoreId, ValueId};

/// Number of an event in its function, in evaluation order of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub u32);

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number.
    pub id: EventId,
    /// Its place.
    pub span: Span,
    /// What happens.
    pub kind: EventKind,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    /// A question to a store whose answer is a fact (present, expired, how many), or a test of something read before.
    Check(Box<Check>),
    /// A value is read out of a store.
    Read(Box<Read>),
    /// A store is changed.
    Act(Box<Act>),
    /// A lock is taken.
    Acquire(Box<Acquire>),
    /// A lock is given back.
    Release(Box<Release>),
    /// A condition variable drops its lock, waits, and takes it again.
    Wait(Box<Wait>),
    /// A transaction begins.
    TxBegin(Box<TxBegin>),
    /// A transaction ends.
    TxEnd(Box<TxEnd>),
    /// Another task may run here: `await`, `yield`, a channel operation.
    Await(Await),
    /// Something starts to run beside this.
    Spawn(Box<Spawn>),
    /// The keys or values of a store are listed.
    Enumerate(Box<Enumerate>),
    /// Maintenance of a store by a call known for it: prune, cull, evict, expire.
    Prune(Box<Prune>),
    /// A coin is thrown.
    Chance(Box<Chance>),
    /// A call that no row of the vocabulary describes.
    Call(Box<Call>),
    /// A local variable gets a value (kept where it is later tested, returned, or a key).
    Assign(Assign),
    /// The function returns.
    Return(Return),
    /// An exception or panic.
    Raise(Raise),
    /// The innermost loop ends.
    Break,
    /// The innermost loop goes round.
    Continue,
}

/// A question to a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Which store.
    pub store: StoreId,
    /// Which entry.
    pub key: Key,
    /// What is asked.
    pub what: CheckKind,
    /// What a true result means.
    pub means: Seen,
    /// The read (or enumeration) whose result is judged; `None` if this event itself looks into the store.
    pub of: Option<EventId>,
    /// How it was written.
    pub access: Access,
    /// The result, a truth value.
    pub result: ValueId,
    /// The statement, for SQL.
    pub sql: Option<Box<Statement>>,
    /// How sure the front end is.
    pub confidence: Confidence,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CheckKind {
    /// Is it there?
    Presence,
    /// Is it too old?
    Expiry,
    /// How many, how large?
    Size,
    /// Is the value such and such?
    State,
}

/// What a true result says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Seen {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// It is too old.
    Expired,
    /// It is not too old.
    Fresh,
    /// There are (too) many.
    Many,
    /// There are few, or none.
    Few,
    /// Something about its value.
    Such,
}

/// How a check was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Access {
    /// `in`, `exists`, `has_key`.
    Contains,
    /// A test of a value read before.
    Test,
    /// `len`, `count`, `size`.
    Count,
    /// `stat`, `getmtime`, `isfile`, `os.access`.
    Stat,
    /// A statement.
    Query,
}

/// A value is read out of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// Which store.
    pub store: StoreId,
    /// Which entry.
    pub key: Key,
    /// The value read. In Go its parts are [`ValueKind::Part`](super::ValueKind::Part).
    pub result: ValueId,
    /// How an absent entry shows.
    pub miss: Outcome,
    /// Whether the handle of an open file is read, not the path.
    pub by_handle: bool,
    /// Whether the read takes a row lock or carries a version for a later compare-and-swap (`select_for_update`, `gets`, `WATCH`).
    pub locks: bool,
    /// The statement, for SQL.
    pub sql: Option<Box<Statement>>,
    /// How sure the front end is.
    pub confidence: Confidence,
}

/// A store is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// How.
    pub kind: ActKind,
    /// Which store.
    pub store: StoreId,
    /// Which entry. For a rename the source; the target is [`target`](Self::target).
    pub key: Key,
    /// The target of a rename or copy.
    pub target: Option<Key>,
    /// What is written. Follow [`Function::depends_on`](super::Function::depends_on) to see whether it comes from a read.
    pub value: Option<ValueId>,
    /// The fields of a row that are set, where they were set one by one.
    pub fields: Vec<Name>,
    /// The result of the call.
    pub result: ValueId,
    /// What the result tells.
    pub means: Meaning,
    /// What becomes of the result.
    pub used: Uses,
    /// What one call guarantees.
    pub atomicity: Atomicity,
    /// How a failure (the entry vanished, somebody was first) shows.
    pub failure: Outcome,
    /// Whether it works on the handle of an open file, not the path.
    pub by_handle: bool,
    /// The version, token or expected value that goes with a conditional act.
    pub expects: Option<ValueId>,
    /// The time to live.
    pub ttl: Option<ValueId>,
    /// The statement, for SQL.
    pub sql: Option<Box<Statement>>,
    /// How sure the front end is.
    pub confidence: Confidence,
}

impl Act {
    /// A change of which no more is known than how, where and to which entry: done in no special
    /// way, and silent about its failure.
    #[must_use]
    pub fn plain(kind: ActKind, store: StoreId, key: Key, result: ValueId) -> Self {
        Self {
            kind,
            store,
            key,
            target: None,
            value: None,
            fields: Vec::new(),
            result,
            means: Meaning::Nothing,
            used: Uses::default(),
            atomicity: Atomicity::Plain,
            failure: Outcome::Silent,
            by_handle: false,
            expects: None,
            ttl: None,
            sql: None,
            confidence: Confidence::Likely,
        }
    }
}

/// How a store is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActKind {
    /// An entry that must not be there: `add`, `mkdir`, `INSERT`.
    Create,
    /// An entry is set, there or not: `d[k] = v`, `set`, `Store`.
    Insert,
    /// An entry that is there is changed: `UPDATE`, `touch`, `incr`, `save`.
    Update,
    /// An entry goes.
    Delete,
    /// All entries go.
    Clear,
    /// A file is renamed or replaced.
    Rename,
    /// A file is opened for writing, or written in one call.
    OpenWrite,
    /// A file is opened for reading by path.
    OpenRead,
    /// Written through a handle.
    Write,
    /// Something is appended to a list or file.
    Append,
    /// Something is put in a queue.
    Enqueue,
    /// Something is taken from a queue, list or map: the value comes back.
    Take,
}

/// What one call guarantees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Atomicity {
    /// Nothing beyond doing it.
    Plain,
    /// Done only if a condition holds, decided by the store: `setdefault`, `LoadOrStore`, `add`, `SET NX`, `INSERT` on a key,
    /// compare-and-swap, `UPDATE … WHERE version`. The result says whether it was.
    Conditional,
    /// Creates or replaces in one step.
    Upsert,
    /// Fails if it is there: `O_EXCL`, `open("x")`, `mkdir`.
    Exclusive,
    /// Changes the present value in one step: `INCR`, `F()`, `atomic.Add`.
    Relative,
}

/// What a call's result tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Meaning {
    /// Nothing.
    Nothing,
    /// True for the one who did it.
    Won,
    /// How many entries were changed.
    Count,
    /// The value that is now there (and perhaps whether it is ours).
    Current,
    /// The value that was there.
    Previous,
    /// An error, if it was not done.
    Error,
}

/// How a miss or a loss shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It does not.
    Silent,
    /// By nil, `None`, a zero or the given default.
    Nil,
    /// By a second result that is false (`v, ok`).
    Flag,
    /// By a result of false or zero.
    False,
    /// By an error value as the last part of the result.
    Error,
    /// By one of these exceptions.
    Raises(Vec<Name>),
}

/// What becomes of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Uses {
    /// A branch depends on it.
    pub tested: bool,
    /// It is returned.
    pub returned: bool,
    /// It is stored in a variable, field or store.
    pub stored: bool,
    /// It is passed to a call.
    pub passed: bool,
}

impl Uses {
    /// Whether anything at all becomes of it.
    #[must_use]
    pub const fn any(self) -> bool {
        self.tested || self.returned || self.stored || self.passed
    }
}

/// A lock is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acquire {
    /// Which lock.
    pub lock: Path,
    /// What sort.
    pub kind: LockKind,
    /// Shared or exclusive.
    pub mode: LockMode,
    /// Whom it keeps out.
    pub scope: Scope,
    /// How it was written.
    pub via: Via,
    /// Whether it may fail: then it is held where [`result`](Self::result) is true.
    pub may_fail: bool,
    /// The result of the call.
    pub result: ValueId,
    /// The key of a per-key lock: `locks[key]`, `lock:{name}`, the file of an `flock`.
    pub key: Option<Key>,
    /// How sure the front end is.
    pub confidence: Confidence,
}

/// A lock is given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Which lock.
    pub lock: Path,
    /// Shared or exclusive.
    pub mode: LockMode,
    /// How it was written.
    pub via: Via,
}

/// A condition variable waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wait {
    /// The condition variable.
    pub cond: Path,
    /// The lock it drops meanwhile, where known.
    pub lock: Option<Path>,
}

/// What sort of lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LockKind {
    /// Mutual exclusion.
    Mutex,
    /// Re-entrant.
    Reentrant,
    /// Readers and writers.
    ReadWrite,
    /// A counting semaphore.
    Semaphore,
    /// Runs once (`sync.Once`, `functools.cache` on nothing).
    Once,
    /// One flight per key (`singleflight`).
    Flight,
    /// Of an event loop.
    Async,
    /// Of a file.
    File,
    /// A lease or lock held in a shared service.
    Remote,
}

/// Shared or exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LockMode {
    Shared,
    Exclusive,
}

/// How a lock was taken or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Via {
    /// A call.
    Call,
    /// A `with`, `synchronized` or RAII region.
    With,
    /// `defer`.
    Defer,
    /// A decorator or modifier on the whole function.
    Decorator,
    /// The call that runs the body (`once.Do(f)`, `group.Do(key, f)`).
    Body,
}

/// A transaction begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TxBegin {
    /// The connection, where known.
    pub on: Option<Path>,
    /// The isolation asked for.
    pub isolation: Isolation,
}

/// A transaction ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TxEnd {
    /// The connection, where known.
    pub on: Option<Path>,
    /// Committed (or left normally), not rolled back.
    pub commit: bool,
}

/// Isolation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Isolation {
    /// Not stated: the database's default.
    Default,
    /// Stated as below serializable.
    Weak,
    /// Serializable.
    Serializable,
    /// Takes the lock of all writers at once: `BEGIN IMMEDIATE`.
    Exclusive,
    /// `WATCH`/`MULTI`, etcd `Txn`: optimistic, all or nothing.
    Optimistic,
    /// A pipeline or batch: one round trip; atomic only if the row says so.
    Batch,
}

/// Another task may run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Await {
    Await,
    Yield,
    Channel,
    Sleep,
}

/// Something starts to run beside this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spawn {
    /// The function or closure, as a value.
    pub target: ValueId,
    /// Its arguments, where written.
    pub args: Vec<ValueId>,
    /// Beside what: `Task`, `Thread`, `Process`.
    pub scope: Scope,
}

/// Keys or values are listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enumerate {
    /// Which store.
    pub store: StoreId,
    /// Which part of it (the directory, a prefix); whole otherwise.
    pub key: Key,
    /// The list.
    pub result: ValueId,
    /// Whether the store itself is walked while the loop runs (`for k in d`, `range m`), not a copy made before.
    pub live: bool,
    /// The statement, for SQL.
    pub sql: Option<Box<Statement>>,
    /// How sure the front end is.
    pub confidence: Confidence,
}

/// Maintenance of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prune {
    /// Which store.
    pub store: StoreId,
    /// The call, as written.
    pub call: Name,
    /// The result.
    pub result: ValueId,
    /// How sure the front end is.
    pub confidence: Confidence,
}

/// A coin is thrown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// The number drawn.
    pub result: ValueId,
    /// The chance with which the branch on it is taken, where it is a constant.
    pub probability: Option<f64>,
}

/// A call that no row describes: of this tree, or of something unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The function's own name: the last word of what is called.
    pub name: Name,
    /// The whole callee, resolved through imports: `os.walk`, `.helper` (this file), `self._key`, `super.set`; empty if it is
    /// an expression.
    pub callee: Name,
    /// The receiver, for a method call on a path.
    pub receiver: Option<Path>,
    /// The receiver as a value.
    pub receiver_value: Option<ValueId>,
    /// The receiver's type, where known.
    pub receiver_type: Option<super::TypeRef>,
    /// Arguments by position.
    pub args: Vec<ValueId>,
    /// Arguments by name (Python).
    pub named: Vec<(Name, ValueId)>,
    /// Access paths of the arguments by position, for those that are paths: a store or lock passed on.
    pub paths: Vec<(u16, Path)>,
    /// The result.
    pub result: ValueId,
    /// What becomes of the result.
    pub used: Uses,
    /// Whether it is awaited.
    pub awaited: bool,
    /// Whether it is called on every way out (`defer f()`).
    pub deferred: bool,
}

/// The name of the call by which a failure is written into a log, whatever the logger is.
pub const LOGGED: &str = "log.failure";

/// A local variable gets a value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assign {
    /// The variable.
    pub variable: Name,
    /// The value.
    pub value: ValueId,
    /// Whether the variable only ever holds constants, and each place that sets it is noted.
    pub settled: bool,
}

/// The function returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// What it returns: several in Go, none for a bare `return`.
    pub values: Vec<ValueId>,
    /// The constant, if the (first) value is one.
    pub constant: Option<Literal>,
}

/// An exception or panic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raise {
    /// The type, resolved through imports; empty for a re-raise.
    pub type_name: Name,
    /// The value.
    pub value: Option<ValueId>,
}

impl EventKind {
    /// The store it is about, and which entry.
    #[must_use]
    pub fn target(&self) -> Option<(StoreId, Option<&Key>)> {
        match self {
            Self::Check(e) => Some((e.store, Some(&e.key))),
            Self::Read(e) => Some((e.store, Some(&e.key))),
            Self::Act(e) => Some((e.store, Some(&e.key))),
            Self::Enumerate(e) => Some((e.store, Some(&e.key))),
            Self::Prune(e) => Some((e.store, None)),
            _ => None,
        }
    }

    /// The SQL statement it is.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Check(e) => e.sql.as_deref(),
            Self::Read(e) => e.sql.as_deref(),
            Self::Act(e) => e.sql.as_deref(),
            _ => None,
        }
    }

    /// The value it yields.
    #[must_use]
    pub fn result(&self) -> Option<ValueId> {
        match self {
            Self::Check(e) => Some(e.result),
            Self::Read(e) => Some(e.result),
            Self::Act(e) => Some(e.result),
            Self::Acquire(e) => Some(e.result),
            Self::Enumerate(e) => Some(e.result),
            Self::Prune(e) => Some(e.result),
            Self::Chance(e) => Some(e.result),
            Self::Call(e) => Some(e.result),
            _ => None,
        }
    }
}
