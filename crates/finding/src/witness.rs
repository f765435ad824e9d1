//! A schedule that shows the fault: who did what, in which order, and what came of it.

use serde::{Deserialize, Serialize};

/// An interleaving (or a coin, or a swallowed error) and the outcome that gives it away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Witness {
    /// The state it starts from: `key is present and expired`.
    pub initial: String,
    /// The parties, in the order of their columns.
    pub actors: Vec<Actor>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What each party is told and what is left in the store.
    pub outcome: String,
    /// Why no one-after-the-other order gives this outcome.
    pub not_serial: String,
    /// Whether an eviction at some point would explain the outcome, and why that does not excuse it.
    #[serde(default)]
    pub eviction: Option<String>,
}

/// One party of a witness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Actor {
    /// Short name: `A`, `B`, `pruner`.
    pub name: String,
    /// What it runs: `DatabaseCache.add(k, 1)`.
    pub runs: String,
}

/// One step of a witness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Who: the name of one of the actors.
    pub actor: String,
    /// The source line it stands on; absent for what has no line (a clock passing a deadline).
    #[serde(default)]
    pub line: Option<u32>,
    /// The file, when it is not the finding's own.
    #[serde(default)]
    pub path: Option<String>,
    /// What is done: `SELECT … WHERE cache_key = k`.
    pub effect: String,
    /// What it gives back: `1 row, expired`.
    #[serde(default)]
    pub result: Option<String>,
    /// Anything a reader should notice here.
    #[serde(default)]
    pub note: Option<String>,
}
