//! The answer to a look-up.
//!
//! Every answer says which version of the entry it saw, when that was stored and at which time it was judged
//! (`generation`, `created`, `t`), so that a history of answers can be checked afterwards without guessing.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::envelope::Gen;
use crate::fingerprint::Fingerprint;
use crate::reason::Reasons;
use crate::time::Time;

/// What a reader asks for besides the key.
///
/// ```
/// use std::time::Duration;
/// use amorsize_cache::{Cache, Key, Namespace, Options, Put, Want};
///
/// # fn main() -> amorsize_cache::Result<()> {
/// let cache = Cache::open("memory:", &Options::default())?;
/// let key = Key::new(&Namespace::new("mine")?, "answer");
/// cache.put(&key, b"42", &Put { fmt: 1, ..Put::ttl(Duration::from_secs(60)) })?;
/// assert_eq!(cache.get(&key, &Want::fmt(1)).word(), "hit");
/// assert_eq!(cache.get(&key, &Want::fmt(2)).word(), "version");
/// let fresh = Want { max_age: Some(Duration::ZERO), ..Want::fmt(1) }; // can only be stricter than the writer
/// assert_eq!(cache.get(&key, &fresh).word(), "expired");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Want {
    /// The payload format it understands.
    pub fmt: u32,
    /// The greatest age it accepts; it can only be stricter than the writer's TTL.
    pub max_age: Option<Duration>,
    /// The machine it asks for; without one, an entry of any machine will do.
    pub fingerprint: Option<Fingerprint>,
    /// Leave out the search for the nearest entry when there is none under this key.
    pub skip_nearest: bool,
}

impl Want {
    /// Asks for payload format `fmt`, of any age and machine.
    #[must_use]
    pub fn fmt(fmt: u32) -> Self {
        Self { fmt, ..Self::default() }
    }
}

/// The answer to a look-up: the value, or every reason why not.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Lookup {
    /// The value.
    Hit(Hit),
    /// The reasons.
    Miss(Miss),
}

/// A value that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The value, as it was stored.
    #[serde(skip)]
    pub value: Arc<[u8]>,
    /// The version of the entry, for [`Store::cas`](crate::store::Store::cas).
    #[serde(rename = "gen")]
    pub generation: Gen,
    /// When it was stored.
    #[serde(rename = "created_ns")]
    pub created: Time,
    /// The time the answer is true for.
    #[serde(rename = "t_ns")]
    pub t: Time,
    /// The time to live its writer gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Duration>,
    /// What it cost to compute; zero when unknown.
    pub cost: Duration,
    /// Whether it is so close to its end, for what it costs, that it should be computed again now. The moment is a
    /// function of the entry, not of chance.
    pub refresh_due: bool,
}

impl Hit {
    /// How long ago it was stored.
    #[must_use]
    pub const fn age(&self) -> Duration {
        self.t.since(self.created)
    }
}

/// A value that was not found, with every reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// Every obstacle, the primary one first.
    pub reasons: Reasons,
    /// The version of the entry, if there is a readable one.
    #[serde(rename = "gen")]
    pub generation: Option<Gen>,
    /// When the entry was stored, if there is a readable one.
    #[serde(rename = "created_ns")]
    pub created: Option<Time>,
    /// The time the answer is true for.
    #[serde(rename = "t_ns")]
    pub t: Time,
    /// The value, whole, when it is still there in spite of the reasons (expired, other machine, other version).
    #[serde(skip)]
    pub stale: Option<Arc<[u8]>>,
}

impl Lookup {
    /// The hit, if it is one.
    #[must_use]
    pub fn hit(self) -> Option<Hit> {
        match self {
            Self::Hit(hit) => Some(hit),
            Self::Miss(_) => None,
        }
    }

    /// The miss, if it is one.
    #[must_use]
    pub fn miss(self) -> Option<Miss> {
        match self {
            Self::Hit(_) => None,
            Self::Miss(miss) => Some(miss),
        }
    }

    /// `hit`, or the word of the primary reason.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Hit(_) => "hit",
            Self::Miss(miss) => miss.reasons.primary().word(),
        }
    }

    /// The version of the entry that the answer is about.
    #[must_use]
    pub const fn generation(&self) -> Option<Gen> {
        match self {
            Self::Hit(hit) => Some(hit.generation),
            Self::Miss(miss) => miss.generation,
        }
    }

    /// When that entry was stored.
    #[must_use]
    pub const fn created(&self) -> Option<Time> {
        match self {
            Self::Hit(hit) => Some(hit.created),
            Self::Miss(miss) => miss.created,
        }
    }

    /// The time the answer is true for.
    #[must_use]
    pub const fn t(&self) -> Time {
        match self {
            Self::Hit(hit) => hit.t,
            Self::Miss(miss) => miss.t,
        }
    }
}
