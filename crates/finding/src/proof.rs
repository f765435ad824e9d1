//! What `prove` concludes: a closed set, because "race free" is not in it.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// The verdict on a pair of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ProofVerdict {
    /// An outcome outside the serial set was forced.
    #[serde(rename = "PROVED")]
    Proved,
    /// Every outcome was serial, and something made the other side wait or fail truthfully.
    #[serde(rename = "GUARDED")]
    Guarded,
    /// Every outcome was serial at the boundaries that were tried.
    #[serde(rename = "CLOSED AT THIS GRANULARITY")]
    Closed,
    /// The program itself is not stable enough to tell.
    #[serde(rename = "INCONCLUSIVE")]
    Inconclusive,
    /// Nothing was tried: no boundary, or the set-up failed.
    #[serde(rename = "NO VERDICT")]
    NoVerdict,
}
words!(ProofVerdict {
    Proved => "PROVED",
    Guarded => "GUARDED",
    Closed => "CLOSED AT THIS GRANULARITY",
    Inconclusive => "INCONCLUSIVE",
    NoVerdict => "NO VERDICT",
});

/// What exactly was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// An old value stays or comes back.
    Stale,
    /// Both sides were told they won.
    DoubleWin,
    /// A completed write is gone.
    Lost,
    /// A file or value mixes two writes.
    Torn,
    /// The answer's explanation is false.
    WrongReason,
    /// Only an eviction would explain it.
    OnlyEviction,
    /// Any other outcome outside the serial set.
    NotSerial,
}
words!(Shown {
    Stale => "stale",
    DoubleWin => "double-win",
    Lost => "lost",
    Torn => "torn",
    WrongReason => "wrong-reason",
    OnlyEviction => "only-eviction",
    NotSerial => "not-serial",
});

/// What the prover saw of a finding on the real program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProofNote {
    /// The verdict.
    pub verdict: ProofVerdict,
    /// What exactly was proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The verdict's reason in one sentence.
    pub reason: String,
    /// What each order came to, and the forced schedule where there is one; a line each.
    #[serde(default)]
    pub outcomes: Vec<String>,
    /// How far it reaches: boundaries, runs, what could not be seen.
    pub reach: String,
    /// The command line that forces the schedule again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
}

impl ProofNote {
    /// The verdict and its reason in one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self.shown {
            Some(shown) => format!("{} ({shown}): {}", self.verdict, self.reason),
            None => format!("{}: {}", self.verdict, self.reason),
        }
    }
}
