//! What engines hand out: snapshots, rows, leases and the meta record.
//!
//! These are plain values. Bytes that come from the store stay raw here ([`RawEnvelope`]): whether they are whole is
//! for [`judge`](crate::judge::judge) to say, so that damage becomes a reason instead of an engine's error.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use amorsize_os::process::{Identity, Life, host_name};
use serde::{Deserialize, Serialize};

use crate::envelope::{ENVELOPE_BYTES, Gen};
use crate::fingerprint::{Side, SideId};
use crate::key::{Key, KeyId};
use crate::time::Time;

/// What holds for the whole store; read in the same snapshot as the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meta {
    /// The highest time that any prune has judged by. Never falls.
    pub hwm: Time,
    /// Nothing is known any more about records of a generation up to this one, unless they are still there. 0 means
    /// nothing was ever forgotten. Never falls.
    pub floor: Gen,
    /// When a writer first saw its clock more than a day past `hwm`; the epoch when none does. See `ops::prune`.
    pub sighted: Time,
}

/// Room for the envelopes of later versions too.
const ENVELOPE_BYTES_MAX: usize = ENVELOPE_BYTES + 32;

/// An envelope as it lies in the store, whole or not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawEnvelope {
    bytes: [u8; ENVELOPE_BYTES_MAX],
    len: usize,
}

impl RawEnvelope {
    /// Takes over whatever bytes the store holds; of too many, so many are kept that they stay wrong.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let len = bytes.len().min(ENVELOPE_BYTES_MAX);
        let mut own = [0; ENVELOPE_BYTES_MAX];
        own[..len].copy_from_slice(&bytes[..len]);
        Self { bytes: own, len }
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl std::fmt::Debug for RawEnvelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawEnvelope({})", crate::key::hex(self.as_slice()))
    }
}

/// An entry as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its envelope.
    pub envelope: RawEnvelope,
    /// Its body, if there is one (and, in a scan, if bodies were asked for).
    pub body: Option<Arc<[u8]>>,
}

/// Everything about one key at one instant, and the clock read after that instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// What holds for the whole store.
    pub meta: Meta,
    /// The entry, if there is one.
    pub record: Option<Record>,
    /// The lease, if there is one; only looked for inside [`Store::transact`](super::Store::transact).
    pub lease: Option<Lease>,
    /// The clock (the server's, where there is one), read after the rest was fixed.
    pub clock: Time,
    /// What the engine found broken around this key; then `record` means nothing.
    pub damage: Option<String>,
}

impl Snapshot {
    /// The time to judge by.
    #[must_use]
    pub fn t(&self) -> Time {
        self.clock.max(self.meta.hwm)
    }
}

/// Proof of holding a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseToken(pub u64);

/// The right to compute the value of one key, given to one caller at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Proof of holding it.
    pub token: LeaseToken,
    /// When it ends by itself.
    #[serde(rename = "until_ns")]
    pub until: Time,
    /// Who holds it.
    pub owner: Owner,
    /// The version of the entry it was given for, if there was one.
    #[serde(rename = "gen")]
    pub generation: Option<Gen>,
}

impl Lease {
    /// Whether it still counts at `t`: not past its end, and its owner not known to be dead.
    #[must_use]
    pub fn holds(&self, t: Time) -> bool {
        t <= self.until && self.owner.identity().life() != Life::Dead
    }

    /// The text an engine keeps.
    ///
    /// # Panics
    /// Never: every lease can be written as JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a lease has only strings and numbers")
    }

    /// The lease in a text that an engine kept; a text that is not one counts as no lease.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The process that holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its number.
    pub pid: u32,
    /// When it started, so that a reused number is not taken for it.
    pub started: u64,
    /// The boot it belongs to, which also tells hosts apart.
    pub boot: String,
    /// Its host, for people.
    pub host: String,
}

impl Owner {
    /// The calling process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let Identity { pid, started, boot } = Identity::of_this_process();
        Self { pid, started, boot, host: host_name() }
    }

    /// What the system is asked about it.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { pid: self.pid, started: self.started, boot: self.boot.clone() }
    }
}

/// Who acts on a store: written into tombstones, so that a miss can say who made the entry go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    owner: Owner,
    side: Side,
    storer: Side,
}

impl Actor {
    /// The calling process under the name of a program ("amorsize prune").
    #[must_use]
    pub fn named(program: &str) -> Self {
        let owner = Owner::of_this_process();
        let text = format!("{program} (pid {} on {})", owner.pid, owner.host);
        let side = Side { id: SideId::short(&text), text };
        let text = format!("{program} on {}", owner.host);
        let storer = Side { id: SideId::brief(&text), text };
        Self { owner, side, storer }
    }

    /// The process.
    #[must_use]
    pub const fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Its name for the side table.
    #[must_use]
    pub const fn side(&self) -> &Side {
        &self.side
    }

    /// Its name as one who stores values: without the process, because each entry keeps it and every name is kept for good.
    #[must_use]
    pub const fn storer(&self) -> &Side {
        &self.storer
    }

    /// The number of [`Actor::storer`] in an envelope.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "brief side ids have 32 bits")]
    pub const fn storer_id(&self) -> u32 {
        self.storer.id.0 as u32
    }

    /// The number of [`Actor::side`] in an envelope.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "short side ids have 64 bits")]
    pub const fn short_id(&self) -> u64 {
        self.side.id.0 as u64
    }
}

/// An entry that a write is about.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// By its whole key: it may be created.
    Key(&'a Key),
    /// By its id alone: it can be changed, but nothing can be created under it.
    Id(&'a KeyId),
}

impl Target<'_> {
    /// The id.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        match self {
            Self::Key(key) => key.id(),
            Self::Id(id) => id,
        }
    }

    /// The name to keep beside a new entry, if it is known.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Key(key) => Some(Cow::Owned(key.to_name())),
            Self::Id(_) => None,
        }
    }
}

/// An entry with its key and when it was last used, as a scan or a sweep shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: KeyId,
    /// Its name, as [`Key::to_name`] wrote it; may be damaged.
    pub name: Arc<str>,
    /// The entry.
    pub record: Record,
    /// The length of the body that is there, also when it was not fetched; 0 without one.
    pub body_len: u64,
    /// When it was last used, as far as processes have reported.
    pub used: Time,
    /// What the engine found broken around it.
    pub damage: Option<String>,
}

/// Which entries a scan visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scan<'a> {
    /// Only ids that begin with these bytes ([`Namespace::prefix`](crate::Namespace::prefix),
    /// [`KeyId::subject_prefix`]); empty for all.
    pub prefix: &'a [u8],
    /// Fetch the bodies too.
    pub with_bodies: bool,
}

/// What a scan saw besides the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// What holds for the whole store.
    pub meta: Meta,
    /// The clock, read after the snapshot.
    pub clock: Time,
}

impl Scanned {
    /// The time to judge the rows by.
    #[must_use]
    pub fn t(&self) -> Time {
        self.clock.max(self.meta.hwm)
    }
}

/// Which entries a sweep visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Live entries whose writer's TTL ended before this time, earliest first.
    Expired {
        /// The time.
        before: Time,
    },
    /// Live entries, the least recently used first.
    LeastUsed,
    /// Tombstones whose body went before this time, earliest first.
    Ended {
        /// The time.
        before: Time,
    },
    /// Every entry in an order of the engine's own that does not change, after the place of this id (which need not be
    /// there).
    After {
        /// The last id of the sweep before, or `None` to begin.
        last: Option<KeyId>,
    },
}

/// A bounded round of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep<'a> {
    /// Which entries.
    pub pick: Pick,
    /// Only ids that begin with these bytes; empty for all.
    pub prefix: &'a [u8],
    /// At most so many entries are visited.
    pub limit: usize,
    /// Fetch the bodies too.
    pub with_bodies: bool,
}

/// What a sweep did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Swept {
    /// How many entries it visited; fewer than the limit means there are no more.
    pub visited: usize,
    /// The last id visited, to go on from.
    pub last: Option<KeyId>,
    /// Entries that others have forgotten before what was decided of them could be written.
    pub gone: Vec<KeyId>,
}

/// Uses and counts that a process has gathered and now reports at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UseBatch {
    /// When entries were used; merged by maximum.
    pub used: BTreeMap<KeyId, Time>,
    /// How often each answer was given (`hit`, `expired`, …); merged by addition.
    pub counts: BTreeMap<String, u64>,
}

impl UseBatch {
    /// Whether there is nothing to report.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.is_empty() && self.counts.is_empty()
    }
}

/// Something wrong with a store or an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The entry, in hexadecimal digits, if it is about one.
    pub id: Option<String>,
    /// Its name, as far as it can be read.
    pub name: Option<String>,
    /// What is wrong.
    pub what: String,
}
