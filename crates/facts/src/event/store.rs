//! Stores: the shared things that events act on, and how two mentions are known to be one.

use serde::{Deserialize, Serialize};

use super::{Name, Span, Text, TypeRef, ValueId};

/// Index into [`Function::stores`](super::Function::stores).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StoreId(pub u32);

/// Who can contend for a store, or whom a guard keeps out. Ordered: a guard counts if its scope is at least the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Tasks of one event loop.
    Task,
    /// Threads of one process.
    Thread,
    /// Processes with shared memory.
    Process,
    /// Processes of one host: files, `flock`.
    Host,
    /// Anybody who can reach it: SQL, Redis, Kubernetes, object stores.
    Cluster,
}

/// How sure the front end is of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Confidence {
    /// From the names alone (`cache.get(k)` on something of unknown type).
    Guess,
    /// From local inference: a constructor, an annotation, a declared type elsewhere in the file.
    Likely,
    /// From syntax or a declared type.
    Certain,
}

/// What sort of store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StoreKind {
    /// Dictionary, Go map, set: key to value, no lock of its own.
    Map,
    /// List, slice, deque.
    List,
    /// A plain field, global or captured variable: no key.
    Cell,
    /// An atomic number, pointer or flag.
    Atomic,
    /// A map or cache with its own lock: `sync.Map`, LRU caches, client-go stores. Each call is atomic, two are not.
    Synchronised,
    /// A queue.
    Queue,
    /// Paths of the file system.
    File,
    /// A SQL table.
    Sql,
    /// Rows through an object-relational mapper.
    Orm,
    /// Redis, memcached, etcd, the Django cache API, object storage: key to value behind a client.
    Remote,
    /// Objects behind an API server with resource versions.
    Api,
}

/// A store as one function sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// What sort it is.
    pub kind: StoreKind,
    /// Who can contend for it.
    pub scope: Scope,
    /// Which one it is. **Two mentions in one type or file are the same store if their places are equal.**
    pub place: Place,
    /// Its type, where known.
    pub type_ref: Option<TypeRef>,
    /// Whether no other instance of this function can reach it: a local that never escapes, a temporary, thread-local storage.
    pub confined: bool,
    /// How sure the front end is that it is such a store.
    pub confidence: Confidence,
}

impl Store {
    /// The file system, where that files are meant is likely.
    #[must_use]
    pub const fn files() -> Self {
        Self {
            kind: StoreKind::File,
            scope: Scope::Host,
            place: Place::Files,
            type_ref: None,
            confined: false,
            confidence: Confidence::Likely,
        }
    }
}

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// In memory, or behind a client object: a rooted access path.
    Path(Path),
    /// A SQL table, by its normal name: lower case, unquoted, `{…}` where a value is put in (`{self._table}`).
    Table(Name),
    /// A model class of an object-relational mapper.
    Model(Name),
    /// The file system. Which file is the event's [`Key`].
    Files,
}

/// A rooted access path: `self.a.b[*].c`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// The steps from there.
    pub steps: Vec<Step>,
}

/// Where an access path begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Root {
    /// The receiver.
    Receiver,
    /// The class itself (`cls.x`, `ClassName.x`): shared by all instances. With the class's name.
    Class(Name),
    /// A parameter, by position.
    Param(u16),
    /// A global or imported name, resolved through imports: `pkg.mod.NAME`; names of this file begin with `.`: `.CACHE`.
    Global(Name),
    /// A variable of an enclosing function.
    Captured(Name),
    /// A local variable. `escapes`: stored elsewhere, returned, captured by a closure, or passed on.
    Local {
        /// The variable.
        name: Name,
        /// Whether others may hold it too.
        escapes: bool,
    },
    /// Whatever a value stands for (`get_cache().x`).
    Value(ValueId),
}

/// One step of an access path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// A field or attribute.
    Field(Name),
    /// Some item: `a[i]`, for whichever `i`.
    Item,
    /// The result of a method without side effects (a getter): `self.shard(k)`.
    Getter(Name),
}

/// Which entry of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The value; `None` where the event is about the whole store, or about some entry unknown.
    pub value: Option<ValueId>,
    /// Its [`Value::shape`](super::Value::shape): equal shapes in one function are one key.
    pub shape: u64,
    /// Normal form of the key's text, with `{…}` for what is not constant: a path `{self.dir}/{key}.json`, a remote key
    /// `lock:{name}`. Aliases are followed, `/`, `os.path.join` and `filepath.Join` are one, so that two functions can be compared.
    pub text: Option<Text>,
    /// Where it stands.
    pub span: Span,
}

impl Path {
    /// A path without steps.
    #[must_use]
    pub const fn root(root: Root) -> Self {
        Self { root, steps: Vec::new() }
    }

    /// This path, one field further.
    #[must_use]
    pub fn field(&self, name: Name) -> Self {
        let mut path = self.clone();
        path.steps.push(Step::Field(name));
        path
    }

    /// This path, through one field after the other.
    #[must_use]
    pub fn through(mut self, fields: Vec<Name>) -> Self {
        self.steps.extend(fields.into_iter().map(Step::Field));
        self
    }

    /// Whether this path is `prefix` or begins with it.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.root == prefix.root && self.steps.starts_with(&prefix.steps)
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.root {
            Root::Receiver => f.write_str("self")?,
            Root::Class(name) => f.write_str(name.as_str())?,
            Root::Param(n) => write!(f, "param{n}")?,
            Root::Global(name) | Root::Captured(name) | Root::Local { name, .. } => {
                f.write_str(name.as_str().trim_start_matches('.'))?;
            }
            Root::Value(v) => write!(f, "v{}", v.0)?,
        }
        for step in &self.steps {
            match step {
                Step::Field(name) => {
                    f.write_str(".")?;
                    f.write_str(name.as_str())?;
                }
                Step::Item => f.write_str("[*]")?,
                Step::Getter(name) => write!(f, ".{name}()")?,
            }
        }
        Ok(())
    }
}
