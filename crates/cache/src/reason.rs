//! Why a look-up missed.
//!
//! Each [`Reason`] is a real obstacle that stood between this look-up and the value; [`Reasons`] is the full set, the
//! primary one first, in an order that is fixed. Reasons come from [`judge`](crate::judge::judge) alone and do not
//! depend on the schedule, on chance, or on whether somebody has pruned in the meantime.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::envelope::{Cause, Corruption};
use crate::fingerprint::FieldChange;
use crate::key::PartChange;
use crate::time::{Time, human};

/// When an entry's body went, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    #[serde(rename = "at_ns")]
    pub at: Time,
    /// Why.
    pub cause: Cause,
    /// The process that did it, as it named itself; nothing when that is no longer known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.at)?;
        if let Some(by) = &self.by {
            write!(f, " by {by}")?;
        }
        match self.cause {
            Cause::None | Cause::Ttl | Cause::Remove => Ok(()),
            Cause::SizeBound => f.write_str(" (the store was over its size bound)"),
            Cause::Server => f.write_str(" (the server needed room)"),
            Cause::Clear => f.write_str(" (cleared)"),
            Cause::Clock => f.write_str(" (a prune by a clock that was wrong took it too early)"),
            Cause::Repair => f.write_str(" (it was damaged; a repair set it aside)"),
        }
    }
}

/// Whose limit an entry is older than.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitBy {
    /// The time to live it was stored with.
    Writer,
    /// The shorter age this reader accepts.
    Reader,
}

/// The stored entry of the same subject that comes closest to the wanted key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    /// The id of that entry, in hexadecimal digits.
    pub id: String,
    /// The parts in which it differs.
    pub differs: Vec<PartChange>,
}

/// One obstacle between a look-up and the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The store could not be read; nothing is known about the entry.
    Unavailable {
        /// What went wrong.
        what: String,
    },
    /// The entry is there, but its bytes are not what was stored.
    Corrupt {
        /// What is wrong with them.
        what: Corruption,
    },
    /// The payload has another format than the one wanted.
    Version {
        /// The format it was stored in.
        stored: u32,
        /// The format wanted.
        wanted: u32,
    },
    /// It is older than it may be.
    Expired {
        /// Its age.
        #[serde(rename = "age_ns", with = "nanoseconds")]
        age: Duration,
        /// The limit it is past.
        #[serde(rename = "ttl_ns", with = "nanoseconds")]
        ttl: Duration,
        /// Whose limit that is.
        limit_by: LimitBy,
        /// Whether somebody has cleaned its body away since, which changes nothing else here.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pruned: Option<Ended>,
    },
    /// It was computed on a machine that differs.
    Incompatible {
        /// What exactly differs.
        changes: Vec<FieldChange>,
    },
    /// Somebody removed it.
    Deleted(Ended),
    /// It had to make room.
    Evicted(Ended),
    /// It was never stored, or not since a stated time.
    Absent {
        /// The horizon: nothing was stored under this key after it. The epoch means "never stored", proven.
        #[serde(rename = "since_ns")]
        since: Time,
        /// The closest entry of the same subject.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        nearest: Option<Box<Nearest>>,
    },
}

impl Reason {
    /// The place in the order in which the primary reason is chosen.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Unavailable { .. } => 0,
            Self::Corrupt { .. } => 1,
            Self::Version { .. } => 2,
            Self::Expired { .. } => 3,
            Self::Incompatible { .. } => 4,
            Self::Deleted(_) => 5,
            Self::Evicted(_) => 6,
            Self::Absent { .. } => 7,
        }
    }

    /// The word of the closed set that reports use.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Corrupt { .. } => "corrupt",
            Self::Version { .. } => "version",
            Self::Expired { .. } => "expired",
            Self::Incompatible { .. } => "incompatible",
            Self::Deleted(_) => "deleted",
            Self::Evicted(_) => "evicted",
            Self::Absent { .. } => "absent",
        }
    }

    /// All the words, in the order in which the primary reason is chosen.
    pub const WORDS: [&'static str; 8] = [
        "unavailable",
        "corrupt",
        "version",
        "expired",
        "incompatible",
        "deleted",
        "evicted",
        "absent",
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { what } => write!(f, "unavailable: {what}"),
            Self::Corrupt { what } => write!(f, "corrupt: {what}"),
            Self::Version { stored, wanted } => {
                write!(f, "version: stored in format {stored}, format {wanted} wanted")
            }
            Self::Expired { age, ttl, limit_by, pruned } => {
                let limit = match limit_by {
                    LimitBy::Writer => "TTL",
                    LimitBy::Reader => "accepted at most",
                };
                write!(f, "expired: age {}, {limit} {}", human(*age), human(*ttl))?;
                pruned.as_ref().map_or(Ok(()), |ended| write!(f, "; body pruned {ended}"))
            }
            Self::Incompatible { changes } => {
                let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                write!(f, "incompatible: {}", changes.join(", "))
            }
            Self::Deleted(ended) => write!(f, "deleted {ended}"),
            Self::Evicted(ended) => write!(f, "evicted {ended}"),
            Self::Absent { since, nearest } => {
                if *since == Time::EPOCH {
                    f.write_str("absent: never stored")?;
                } else {
                    write!(
                        f,
                        "absent: nothing stored since {since}; what was before is forgotten or lost"
                    )?;
                }
                let Some(nearest) = nearest else { return Ok(()) };
                let changes: Vec<String> =
                    nearest.differs.iter().map(ToString::to_string).collect();
                write!(f, "; the nearest entry differs in {}", changes.join(", "))
            }
        }
    }
}

/// Every obstacle of one miss, the primary one first. Never empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Reason>", into = "Vec<Reason>")]
pub struct Reasons(Vec<Reason>);

impl Reasons {
    /// The set with one reason.
    #[must_use]
    pub fn one(reason: Reason) -> Self {
        Self(vec![reason])
    }

    /// The set of `reasons` in the fixed order, or `None` when there is none (then it is a hit).
    #[must_use]
    pub fn from_vec(mut reasons: Vec<Reason>) -> Option<Self> {
        reasons.sort_by_key(Reason::rank);
        if reasons.is_empty() { None } else { Some(Self(reasons)) }
    }

    /// The one reason to show first.
    #[must_use]
    pub fn primary(&self) -> &Reason {
        &self.0[0]
    }

    /// All of them, the primary one first.
    #[must_use]
    pub fn all(&self) -> &[Reason] {
        &self.0
    }

    /// Whether a reason with this [`Reason::word`] is among them.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|reason| reason.word() == word)
    }

    pub(crate) fn all_mut(&mut self) -> &mut [Reason] {
        &mut self.0
    }
}

impl TryFrom<Vec<Reason>> for Reasons {
    type Error = &'static str;

    fn try_from(reasons: Vec<Reason>) -> Result<Self, Self::Error> {
        Self::from_vec(reasons).ok_or("a miss has at least one reason")
    }
}

impl From<Reasons> for Vec<Reason> {
    fn from(reasons: Reasons) -> Self {
        reasons.0
    }
}

impl fmt::Display for Reasons {
    /// The primary reason, then the others after "also".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.primary().fmt(f)?;
        for other in &self.0[1..] {
            write!(f, " (also {other})")?;
        }
        Ok(())
    }
}

/// Spans as whole nanoseconds in JSON.
pub(crate) mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(crate::time::span_ns(*span))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expired() -> Reason {
        Reason::Expired {
            age: Duration::from_secs(708_480),
            ttl: Duration::from_secs(604_800),
            limit_by: LimitBy::Writer,
            pruned: None,
        }
    }

    #[test]
    fn the_primary_reason_is_chosen_by_the_fixed_order() {
        let absent = Reason::Absent { since: Time::EPOCH, nearest: None };
        let version = Reason::Version { stored: 1, wanted: 2 };
        let all = Reasons::from_vec(vec![absent, expired(), version]).unwrap();
        assert_eq!(all.primary().word(), "version");
        assert_eq!(all.to_string().matches("also").count(), 2);
        assert!(Reasons::from_vec(Vec::new()).is_none());
    }

    #[test]
    fn a_reason_reads_as_one_sentence() {
        assert_eq!(expired().to_string(), "expired: age 8.2 d, TTL 7 d");
        let never = Reason::Absent { since: Time::EPOCH, nearest: None };
        assert_eq!(never.to_string(), "absent: never stored");
    }

    #[test]
    fn reasons_survive_json() {
        let all = Reasons::from_vec(vec![expired()]).unwrap();
        let text = serde_json::to_string(&all).unwrap();
        assert!(text.contains(r#""reason":"expired""#), "{text}");
        assert_eq!(serde_json::from_str::<Reasons>(&text).unwrap(), all);
        assert!(serde_json::from_str::<Reasons>("[]").is_err());
    }

    #[test]
    fn the_words_are_in_the_order_of_the_ranks() {
        assert_eq!(Reason::WORDS[usize::from(expired().rank())], "expired");
    }
}
