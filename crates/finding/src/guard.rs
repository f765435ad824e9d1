//! What closes a window, or what was looked for and not found.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// How far a store is shared, and how far a guard protects. Ordered: a guard counts only if its
/// scope is at least the store's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Tasks of one event loop.
    Task,
    /// Threads of one process.
    Thread,
    /// Processes that share memory or were forked from one another.
    Process,
    /// Processes of one host: files.
    Host,
    /// Everybody who can reach a server: SQL, Redis, Kubernetes.
    Cluster,
}
words!(Scope {
    Task => "task",
    Thread => "thread",
    Process => "process",
    Host => "host",
    Cluster => "cluster",
});

/// What kind of thing closes a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GuardKind {
    /// One continuous exclusive acquisition around check and act.
    Lock,
    /// A shared acquisition.
    ReadLock,
    /// A lock of an event loop.
    AsyncLock,
    /// A lock on a file.
    FileLock,
    /// A row lock, advisory lock or lease held by a server.
    RemoteLock,
    /// A transaction whose isolation forbids the interleaving.
    Transaction,
    /// The act itself is conditional and its result is used.
    AtomicOperation,
    /// The condition is looked at again inside the act's region.
    Recheck,
    /// A version, an `ETag` or a row count flows from check to act.
    Version,
    /// A unique key whose conflict is handled truthfully.
    UniqueKey,
    /// Run once, by a mechanism made for it.
    Once,
    /// Nobody else can reach the store.
    Confinement,
    /// Only one party ever writes.
    SingleWriter,
    /// The value is a pure function of the key.
    Idempotence,
    /// The loss is noticed and retried, skipped or read again.
    Tolerance,
}
words!(GuardKind {
    Lock => "lock",
    ReadLock => "read-lock",
    AsyncLock => "async-lock",
    FileLock => "file-lock",
    RemoteLock => "remote-lock",
    Transaction => "transaction",
    AtomicOperation => "atomic-operation",
    Recheck => "recheck",
    Version => "version",
    UniqueKey => "unique-key",
    Once => "once",
    Confinement => "confinement",
    SingleWriter => "single-writer",
    Idempotence => "idempotence",
    Tolerance => "tolerance",
});

/// A guard that stands in the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Guard {
    /// What it is.
    pub kind: GuardKind,
    /// How far it protects.
    pub scope: Scope,
    /// What the code calls it: `self._lock`, `PRIMARY KEY (cache_key)`.
    pub name: String,
    /// Where it is taken or stated.
    #[serde(default)]
    pub line: Option<u32>,
    /// The file, when it is not the finding's own.
    #[serde(default)]
    pub path: Option<String>,
}

/// The guard that would be needed and is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GuardGap {
    /// What was looked for: `a lock of host scope held from line 12 to line 15`.
    pub wanted: String,
    /// The scope it must have.
    pub scope: Scope,
    /// A guard that is there but does not do, if any.
    #[serde(default)]
    pub found: Option<Guard>,
    /// Why that one does not do: `released at line 14`, `protects threads, the store is shared by processes`.
    #[serde(default)]
    pub why_not: Option<String>,
}
