//! The closed sets of words a finding is described with.
//!
//! Each word is written the same way in JSON, in text, on the command line and in the docs; each
//! type parses its own words back and names the set when it cannot.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A word that is not in the closed set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// What was given.
    pub given: String,
    /// Every word that would have been accepted, in order.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown word `{}`, expected one of: {}", self.given, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

/// Gives an enum its words: `ALL`, `word`, `Display` and `FromStr`.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it, the same everywhere.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownWord;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|member| member.word() == given).ok_or_else(|| {
                    $crate::UnknownWord {
                        given: given.to_owned(),
                        known: Self::ALL.iter().map(|member| member.word()).collect(),
                    }
                })
            }
        }
    };
}
pub(crate) use words;

/// What exploration says about a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A witness exists: a schedule, a coin or a swallowed error changes the answer.
    Open,
    /// A witness exists only under the stated assumption.
    Conditional,
    /// The shape is there and a named guard closes it.
    Closed,
}
words!(Verdict { Open => "open", Conditional => "conditional", Closed => "closed" });

/// How much it matters, judged from the consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Note,
    /// A wrong result that somebody can survive or that needs rare circumstances.
    Warning,
    /// A wrong result that reaches the user.
    Error,
}
words!(Severity { Note => "note", Warning => "warning", Error => "error" });

/// How sure the auditor is that the code is what it took it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Something material was guessed (the type of a receiver, that a store is shared).
    Low,
    /// Something was inferred from all that is visible, but not stated in the code.
    Medium,
    /// Everything material is stated in the code.
    High,
}
words!(Confidence { Low => "low", Medium => "medium", High => "high" });

/// What it does to whoever relies on the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// Something an attacker can use.
    Security,
    /// Two callers are both told that they alone won.
    DoubleWin,
    /// A completed write is overwritten as if it had not happened.
    LostUpdate,
    /// A completed write is deleted by somebody who judged its predecessor.
    LostWrite,
    /// Readers see half of one write and half of another.
    TornData,
    /// An answer that was true once and is given after it stopped being true.
    StaleAnswer,
    /// The same question on the same state gets different answers.
    FlakyAnswer,
    /// Any other answer that no one-after-the-other order gives.
    WrongAnswer,
    /// Failure is reported as success, or not at all.
    SilentFailure,
    /// The right event with a false explanation.
    WrongReason,
    /// An exception, a panic, a failed request.
    Crash,
    /// Two parties wait for each other.
    Deadlock,
    /// A bound (size, count, rate) is exceeded.
    LimitExceeded,
    /// The work is done twice, the result is right.
    DuplicateWork,
}
words!(Consequence {
    Security => "security",
    DoubleWin => "double-win",
    LostUpdate => "lost-update",
    LostWrite => "lost-write",
    TornData => "torn-data",
    StaleAnswer => "stale-answer",
    FlakyAnswer => "flaky-answer",
    WrongAnswer => "wrong-answer",
    SilentFailure => "silent-failure",
    WrongReason => "wrong-reason",
    Crash => "crash",
    Deadlock => "deadlock",
    LimitExceeded => "limit-exceeded",
    DuplicateWork => "duplicate-work",
});

impl Consequence {
    /// The word as a phrase for titles: `double win`.
    #[must_use]
    pub fn phrase(self) -> String {
        self.word().replace('-', " ")
    }
}
