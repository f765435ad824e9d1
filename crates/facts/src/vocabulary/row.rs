//! Rows as they are written, and as they are used.

use serde::Deserialize;

use super::words::{Class, ClassId, Error, Vocabulary, Words};
use crate::event::{
    ActKind, Atomicity, Await, CheckKind, Isolation, Lang, LockKind, LockMode, Meaning, Name,
    Outcome, Scope, Seen, StoreKind,
};

/// A vocabulary file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    #[serde(default, rename = "type")]
    types: Vec<RawType>,
    #[serde(default)]
    api: Vec<RawRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    class: String,
    lang: Option<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    guess: Vec<String>,
    like: Option<String>,
    store: Option<String>,
    scope: Option<String>,
    #[serde(default)]
    confined: bool,
    #[serde(default)]
    lock: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    lang: Option<String>,
    #[serde(default)]
    on: OneOrMany,
    #[serde(default)]
    call: OneOrMany,
    does: String,
    means: Option<String>,
    key: Option<RawArg>,
    value: Option<RawArg>,
    target: Option<RawArg>,
    ttl: Option<RawArg>,
    expects: Option<RawArg>,
    atomicity: Option<String>,
    result: Option<String>,
    miss: Option<String>,
    with: Option<String>,
    without: Option<String>,
    min_args: Option<usize>,
    max_args: Option<usize>,
    returns: Option<String>,
    mode: Option<String>,
    lock: Option<String>,
    scope: Option<String>,
    store: Option<String>,
    #[serde(default)]
    may_fail: bool,
    #[serde(default)]
    by_handle: bool,
    #[serde(default)]
    locks: bool,
    #[serde(default)]
    distinct: bool,
    isolation: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(&self) -> Vec<&str> {
        match self {
            Self::None => Vec::new(),
            Self::One(one) => vec![one],
            Self::Many(many) => many.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum RawArg {
    Position(u8),
    Word(String),
    Both(u8, String),
}

/// Which argument.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg {
    /// By position, or by name.
    At(Option<u8>, Option<Name>),
    /// The receiver itself.
    Receiver,
    /// All keyword arguments (`filter(a=1, b=2)`).
    Named,
}

/// A row, ready for use.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) does: Does,
    pub(crate) key: Option<Arg>,
    pub(crate) value: Option<Arg>,
    pub(crate) target: Option<Arg>,
    pub(crate) ttl: Option<Arg>,
    pub(crate) expects: Option<Arg>,
    pub(crate) atomicity: Atomicity,
    pub(crate) result: Meaning,
    pub(crate) miss: Outcome,
    with: Option<Name>,
    without: Option<Name>,
    min_args: usize,
    max_args: usize,
    pub(crate) returns: Option<Name>,
    pub(crate) store: Option<StoreKind>,
    pub(crate) scope: Option<Scope>,
    pub(crate) by_handle: bool,
    pub(crate) locks: bool,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Does {
    Check(CheckKind, Seen),
    Read,
    Enumerate,
    Act(ActKind),
    Acquire {
        kind: LockKind,
        mode: LockMode,
        scope: Scope,
        may_fail: bool,
    },
    Release(LockMode),
    /// Makes a lock object: held within `with`.
    Lock {
        kind: LockKind,
        mode: LockMode,
        scope: Scope,
    },
    /// Runs its function argument under a lock.
    Around {
        kind: LockKind,
        scope: Scope,
    },
    Wait,
    /// Runs its function argument on what its receiver holds.
    Run,
    Tx(Tx, Isolation),
    Await(Await),
    Spawn(Scope),
    Chance,
    Prune,
    /// Runs the SQL text that is its key argument.
    Sql,
    /// Gives what the last statement on the receiver read.
    Fetch,
    /// Gives its receiver or first argument, or something made of it alone.
    Same,
    /// Gives a part of its receiver, by the name that is its key argument.
    Part,
    Join,
    Format,
    Now,
    New,
    /// Narrows a query.
    Query,
    /// Opens a file: the mode is in the value argument.
    Open,
    /// A Redis command: the verb is the first argument, the key the second.
    Command,
    /// Swallows the exceptions that are its arguments, within `with`.
    Suppress,
    /// A failure is written into a log.
    Log,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tx {
    Begin,
    Commit,
    Rollback,
    /// Around a `with` body.
    Around,
}

impl Row {
    /// Whether the row is about a call with so many arguments and these names.
    pub(crate) fn applies(&self, args: usize, named: &dyn Fn(Name) -> bool) -> bool {
        (self.min_args..=self.max_args).contains(&args)
            && self.with.is_none_or(named)
            && !self.without.is_some_and(named)
    }
}

#[derive(Deserialize)]
struct UserFile {
    #[serde(default)]
    audit: UserAudit,
}

#[derive(Default, Deserialize)]
struct UserAudit {
    #[serde(default, rename = "type")]
    types: Vec<RawType>,
    #[serde(default)]
    api: Vec<RawRow>,
}

/// The rows in a user's configuration.
pub(super) fn user_rows(text: &str) -> Result<RawFile, Error> {
    let file: UserFile = toml::from_str(text).map_err(|e| Error::new(e.to_string()))?;
    Ok(RawFile { types: file.audit.types, api: file.audit.api })
}

/// Adds the rows of `file`; gives their number.
pub(super) fn compile(
    vocabulary: &mut Vocabulary,
    file: &RawFile,
    lang: Option<Lang>,
) -> Result<usize, Error> {
    for (n, raw) in file.types.iter().enumerate() {
        let lang = row_lang(lang, raw.lang.as_deref())
            .map_err(|e| Error::new(format!("type row {} ({}): {e}", n + 1, raw.class)))?;
        compile_type(vocabulary.words_mut(lang), raw)
            .map_err(|e| Error::new(format!("type row {} ({}): {e}", n + 1, raw.class)))?;
    }
    for (n, raw) in file.api.iter().enumerate() {
        let place = || format!("api row {} ({})", n + 1, raw.call.list().join(", "));
        let of = row_lang(lang, raw.lang.as_deref())
            .map_err(|e| Error::new(format!("{}: {e}", place())))?;
        compile_row(vocabulary.words_mut(of), raw, lang.is_none())
            .map_err(|e| Error::new(format!("{}: {e}", place())))?;
    }
    Ok(file.api.len())
}

fn row_lang(lang: Option<Lang>, written: Option<&str>) -> Result<Lang, Error> {
    match (lang, written) {
        (Some(lang), None) => Ok(lang),
        (_, Some("python")) => Ok(Lang::Python),
        (_, Some("go")) => Ok(Lang::Go),
        (_, Some(other)) => {
            Err(Error::new(format!("lang is \"python\" or \"go\", not \"{other}\"")))
        }
        (None, None) => Err(Error::new("lang is missing: say lang = \"python\" or lang = \"go\"")),
    }
}

fn compile_type(words: &mut Words, raw: &RawType) -> Result<(), Error> {
    let like = match &raw.like {
        None => None,
        Some(name) => Some(
            words
                .class_named(name)
                .ok_or_else(|| Error::new(format!("like: no class is called \"{name}\"")))?,
        ),
    };
    let base = like.map(|id| words.class(id).clone());
    let store = match raw.store.as_deref() {
        None => base.as_ref().and_then(|class| class.store),
        Some(word) => Some(store_kind(word)?),
    };
    let scope = match raw.scope.as_deref() {
        None => base.as_ref().map_or(Scope::Thread, |class| class.scope),
        Some(word) => scope(word)?,
    };
    let lock = raw.lock || base.is_some_and(|class| class.lock);
    let name = Name::new(&raw.class);
    let id = words.add_class(Class { name, store, scope, like, confined: raw.confined, lock });
    words.types.insert(Name::new(&format!("#{}", raw.class)), id);
    for name in &raw.names {
        words.types.insert(Name::new(name), id);
        if let Some((module, _)) = name.split_once('.') {
            words.modules.insert(Name::new(module));
        }
    }
    for name in &raw.values {
        words.values.insert(Name::new(name), id);
    }
    for word in &raw.guess {
        words.guesses.insert(Name::new(word), id);
    }
    Ok(())
}

fn compile_row(words: &mut Words, raw: &RawRow, first: bool) -> Result<(), Error> {
    let row = build(raw)?;
    if let Some(class) = &row.returns {
        let known =
            words.class_named(class.as_str()).is_some() || class.as_str().contains(['.', '*']);
        if !known {
            return Err(Error::new(format!("returns: no class is called \"{class}\"")));
        }
    }
    let put = |rows: &mut Vec<Row>| {
        if first {
            rows.insert(0, row.clone());
        } else {
            rows.push(row.clone());
        }
    };
    let on = raw.on.list();
    if raw.call.list().is_empty() {
        return Err(Error::new(
            "call is missing: the name of the method, or the full name of the function",
        ));
    }
    for call in raw.call.list() {
        if on.is_empty() {
            put(words.functions.entry(Name::new(call)).or_default());
        }
        for class in &on {
            let id: ClassId = words.class_named(class).ok_or_else(|| {
                Error::new(format!("on: no class is called \"{class}\"; add a type row first"))
            })?;
            put(words.methods.entry((id, Name::new(call))).or_default());
            if raw.distinct {
                words.distinct.entry(Name::new(call)).or_insert(id);
            }
        }
    }
    Ok(())
}

fn build(raw: &RawRow) -> Result<Row, Error> {
    let arg = |raw: &Option<RawArg>| raw.as_ref().map(arg);
    Ok(Row {
        does: does(raw)?,
        key: arg(&raw.key),
        value: arg(&raw.value),
        target: arg(&raw.target),
        ttl: arg(&raw.ttl),
        expects: arg(&raw.expects),
        atomicity: match raw.atomicity.as_deref() {
            None | Some("plain") => Atomicity::Plain,
            Some("conditional") => Atomicity::Conditional,
            Some("upsert") => Atomicity::Upsert,
            Some("exclusive") => Atomicity::Exclusive,
            Some("relative") => Atomicity::Relative,
            Some(other) => {
                return unknown(
                    "atomicity",
                    other,
                    "plain, conditional, upsert, exclusive, relative",
                );
            }
        },
        result: match raw.result.as_deref() {
            None | Some("nothing") => Meaning::Nothing,
            Some("won") => Meaning::Won,
            Some("count") => Meaning::Count,
            Some("current") => Meaning::Current,
            Some("previous") => Meaning::Previous,
            Some("error") => Meaning::Error,
            Some(other) => {
                return unknown("result", other, "nothing, won, count, current, previous, error");
            }
        },
        miss: outcome(raw.miss.as_deref())?,
        with: raw.with.as_deref().map(Name::new),
        without: raw.without.as_deref().map(Name::new),
        min_args: raw.min_args.unwrap_or(0),
        max_args: raw.max_args.unwrap_or(usize::MAX),
        returns: raw.returns.as_deref().map(Name::new),
        store: raw.store.as_deref().map(store_kind).transpose()?,
        scope: raw.scope.as_deref().map(scope).transpose()?,
        by_handle: raw.by_handle,
        locks: raw.locks,
    })
}

fn unknown<T>(field: &str, word: &str, known: &str) -> Result<T, Error> {
    Err(Error::new(format!("{field}: \"{word}\" is not one of {known}")))
}

fn arg(raw: &RawArg) -> Arg {
    match raw {
        RawArg::Position(n) => Arg::At(Some(*n), None),
        RawArg::Word(word) if word == "receiver" => Arg::Receiver,
        RawArg::Word(word) if word == "named" => Arg::Named,
        RawArg::Word(word) => Arg::At(None, Some(Name::new(word))),
        RawArg::Both(n, word) => Arg::At(Some(*n), Some(Name::new(word))),
    }
}

fn outcome(word: Option<&str>) -> Result<Outcome, Error> {
    Ok(match word {
        None | Some("silent") => Outcome::Silent,
        Some("nil") => Outcome::Nil,
        Some("flag") => Outcome::Flag,
        Some("false") => Outcome::False,
        Some("error") => Outcome::Error,
        Some(other) => match other.strip_prefix("raises ") {
            Some(types) => Outcome::Raises(types.split_whitespace().map(Name::new).collect()),
            None => {
                return unknown("miss", other, "silent, nil, flag, false, error, \"raises TYPE…\"");
            }
        },
    })
}

fn does(raw: &RawRow) -> Result<Does, Error> {
    let mut words = raw.does.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let what = words.next();
    Ok(match verb {
        "check" => {
            let (kind, means) = check(what)?;
            Does::Check(kind, raw.means.as_deref().map_or(Ok(means), seen)?)
        }
        "read" => Does::Read,
        "enumerate" => Does::Enumerate,
        "act" => Does::Act(act(what)?),
        "acquire" => Does::Acquire {
            kind: lock_kind(raw)?,
            mode: lock_mode(raw)?,
            scope: raw.scope.as_deref().map_or(Ok(Scope::Thread), scope)?,
            may_fail: raw.may_fail,
        },
        "lock" => Does::Lock {
            kind: lock_kind(raw)?,
            mode: lock_mode(raw)?,
            scope: raw.scope.as_deref().map_or(Ok(Scope::Thread), scope)?,
        },
        "around" => Does::Around {
            kind: lock_kind(raw)?,
            scope: raw.scope.as_deref().map_or(Ok(Scope::Thread), scope)?,
        },
        "release" => Does::Release(lock_mode(raw)?),
        "wait" => Does::Wait,
        "begin" => Does::Tx(Tx::Begin, isolation(raw)?),
        "commit" => Does::Tx(Tx::Commit, Isolation::Default),
        "rollback" => Does::Tx(Tx::Rollback, Isolation::Default),
        "transaction" => Does::Tx(Tx::Around, isolation(raw)?),
        "run" => Does::Run,
        "await" => Does::Await(Await::Await),
        "sleep" => Does::Await(Await::Sleep),
        "spawn" => Does::Spawn(raw.scope.as_deref().map_or(Ok(Scope::Thread), scope)?),
        "chance" => Does::Chance,
        "prune" => Does::Prune,
        "sql" => Does::Sql,
        "fetch" => Does::Fetch,
        "same" => Does::Same,
        "part" => Does::Part,
        "join" => Does::Join,
        "format" => Does::Format,
        "now" => Does::Now,
        "new" => Does::New,
        "query" => Does::Query,
        "open" => Does::Open,
        "command" => Does::Command,
        "suppress" => Does::Suppress,
        "log" => Does::Log,
        "nothing" => Does::Nothing,
        other => {
            return unknown(
                "does",
                other,
                "check, read, enumerate, act, acquire, release, lock, around, wait, begin, commit, rollback, \
                 transaction, await, sleep, spawn, chance, prune, sql, fetch, same, join, format, now, new, query, \
                 open, command, suppress, nothing",
            );
        }
    })
}

fn check(word: Option<&str>) -> Result<(CheckKind, Seen), Error> {
    Ok(match word {
        Some("presence") => (CheckKind::Presence, Seen::Present),
        Some("expiry") => (CheckKind::Expiry, Seen::Expired),
        Some("size") => (CheckKind::Size, Seen::Many),
        Some("state") => (CheckKind::State, Seen::Such),
        other => {
            return unknown(
                "does = \"check …\"",
                other.unwrap_or(""),
                "presence, expiry, size, state",
            );
        }
    })
}

fn seen(word: &str) -> Result<Seen, Error> {
    Ok(match word {
        "present" => Seen::Present,
        "absent" => Seen::Absent,
        "expired" => Seen::Expired,
        "fresh" => Seen::Fresh,
        "many" => Seen::Many,
        "few" => Seen::Few,
        "such" => Seen::Such,
        other => {
            return unknown("means", other, "present, absent, expired, fresh, many, few, such");
        }
    })
}

fn act(word: Option<&str>) -> Result<ActKind, Error> {
    Ok(match word {
        Some("create") => ActKind::Create,
        Some("insert") => ActKind::Insert,
        Some("update") => ActKind::Update,
        Some("delete") => ActKind::Delete,
        Some("clear") => ActKind::Clear,
        Some("rename") => ActKind::Rename,
        Some("open-write") => ActKind::OpenWrite,
        Some("open-read") => ActKind::OpenRead,
        Some("write") => ActKind::Write,
        Some("append") => ActKind::Append,
        Some("enqueue") => ActKind::Enqueue,
        Some("take") => ActKind::Take,
        other => {
            return unknown(
                "does = \"act …\"",
                other.unwrap_or(""),
                "create, insert, update, delete, clear, rename, open-write, open-read, write, append, enqueue, take",
            );
        }
    })
}

fn lock_kind(raw: &RawRow) -> Result<LockKind, Error> {
    Ok(match raw.lock.as_deref() {
        None | Some("mutex") => LockKind::Mutex,
        Some("reentrant") => LockKind::Reentrant,
        Some("read-write") => LockKind::ReadWrite,
        Some("semaphore") => LockKind::Semaphore,
        Some("once") => LockKind::Once,
        Some("flight") => LockKind::Flight,
        Some("async") => LockKind::Async,
        Some("file") => LockKind::File,
        Some("remote") => LockKind::Remote,
        Some(other) => {
            return unknown(
                "lock",
                other,
                "mutex, reentrant, read-write, semaphore, once, flight, async, file, remote",
            );
        }
    })
}

fn lock_mode(raw: &RawRow) -> Result<LockMode, Error> {
    Ok(match raw.mode.as_deref() {
        None | Some("exclusive") => LockMode::Exclusive,
        Some("shared") => LockMode::Shared,
        Some(other) => return unknown("mode", other, "shared, exclusive"),
    })
}

fn scope(word: &str) -> Result<Scope, Error> {
    Ok(match word {
        "task" => Scope::Task,
        "thread" => Scope::Thread,
        "process" => Scope::Process,
        "host" => Scope::Host,
        "cluster" => Scope::Cluster,
        other => return unknown("scope", other, "task, thread, process, host, cluster"),
    })
}

fn isolation(raw: &RawRow) -> Result<Isolation, Error> {
    Ok(match raw.isolation.as_deref() {
        None | Some("default") => Isolation::Default,
        Some("weak") => Isolation::Weak,
        Some("serializable") => Isolation::Serializable,
        Some("optimistic") => Isolation::Optimistic,
        Some("batch") => Isolation::Batch,
        Some(other) => {
            return unknown("isolation", other, "default, weak, serializable, optimistic, batch");
        }
    })
}

fn store_kind(word: &str) -> Result<StoreKind, Error> {
    Ok(match word {
        "map" => StoreKind::Map,
        "list" => StoreKind::List,
        "cell" => StoreKind::Cell,
        "atomic" => StoreKind::Atomic,
        "synchronised" => StoreKind::Synchronised,
        "queue" => StoreKind::Queue,
        "file" => StoreKind::File,
        "sql" => StoreKind::Sql,
        "orm" => StoreKind::Orm,
        "remote" => StoreKind::Remote,
        "api" => StoreKind::Api,
        other => {
            return unknown(
                "store",
                other,
                "map, list, cell, atomic, synchronised, queue, file, sql, orm, remote, api",
            );
        }
    })
}
