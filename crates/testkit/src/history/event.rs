//! What an actor did and what it was told: plain data, independent of any engine.

/// The key of a call that concerns every key (evict, clear, prune).
pub const EVERY_KEY: u32 = u32::MAX;

/// What a write stores, apart from the moment and the generation it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Time to live in nanoseconds; unique among the writes of a key, which tells its writer.
    pub ttl: u64,
    /// Format version of the payload.
    pub fmt: u32,
    /// Which system fingerprint it was stored under.
    pub fp: u32,
    /// Identity of the value.
    pub body: u64,
}

/// What a reader accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// The reader's own age limit in nanoseconds.
    pub max_age: u64,
    /// The wanted format version.
    pub fmt: u32,
    /// The reader's fingerprint.
    pub fp: u32,
}

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A look-up.
    Look(Want),
    /// Store, whatever is there.
    Put(Record),
    /// Store if nothing live is there.
    Add(Record),
    /// Store if the generation is still this one.
    Cas(u64, Record),
    /// Remove what is there.
    Remove,
    /// Remove live bodies to make room; concerns every key.
    Evict,
    /// Remove everything; concerns every key.
    Clear,
    /// Remove the bodies of expired entries; concerns every key and no answer.
    Prune,
}

impl Call {
    /// The record this call would store.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        match self {
            Self::Put(record) | Self::Add(record) | Self::Cas(_, record) => Some(record),
            Self::Look(_) | Self::Remove | Self::Evict | Self::Clear | Self::Prune => None,
        }
    }
}

/// What has become of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is there (pruned or not: the specification does not know pruning).
    Live,
    /// It was removed to make room.
    Evicted,
    /// It was removed on request.
    Deleted,
}

/// The reasons of a miss as a set; the empty set is a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Reasons(u16);

impl Reasons {
    /// No reason: a hit.
    pub const HIT: Self = Self(0);
    /// Nothing stored.
    pub const ABSENT: Self = Self(1);
    /// Too old.
    pub const EXPIRED: Self = Self(2);
    /// Another format version.
    pub const VERSION: Self = Self(4);
    /// Another system.
    pub const INCOMPATIBLE: Self = Self(8);
    /// Removed on request.
    pub const DELETED: Self = Self(16);
    /// Removed to make room.
    pub const EVICTED: Self = Self(32);
    /// The bytes are wrong.
    pub const CORRUPT: Self = Self(64);

    const NAMES: [(Self, &str); 7] = [
        (Self::ABSENT, "absent"),
        (Self::EXPIRED, "expired"),
        (Self::VERSION, "version"),
        (Self::INCOMPATIBLE, "incompatible"),
        (Self::DELETED, "deleted"),
        (Self::EVICTED, "evicted"),
        (Self::CORRUPT, "corrupt"),
    ];

    /// This set with `other` added when `condition` holds.
    #[must_use]
    pub const fn with(self, other: Self, condition: bool) -> Self {
        if condition { Self(self.0 | other.0) } else { self }
    }

    /// Tells whether every reason of `other` is in this set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits, for a log.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set with these bits; unknown bits are dropped.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 127)
    }
}

impl std::fmt::Display for Reasons {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::HIT {
            return out.write_str("hit");
        }
        let names: Vec<_> =
            Self::NAMES.iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| *name).collect();
        out.write_str(&names.join("+"))
    }
}

/// The state of a key as an answer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// The time the answer was judged by.
    pub t: u64,
    /// The generation of what was seen; 0 when nothing was.
    pub gen_seen: u64,
    /// The reasons.
    pub reasons: Reasons,
    /// The value's identity, on a hit.
    pub body: Option<u64>,
    /// When the record was stored, where the answer says so.
    pub created: Option<u64>,
    /// The record's TTL, where the answer says so.
    pub ttl: Option<u64>,
    /// For *absent*: the horizon; 0 means "never stored".
    pub since: u64,
}

/// What a call was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A look-up's answer.
    Saw(Sight),
    /// The write took effect: its generation and the time it was judged by.
    Stored {
        /// The generation it made.
        made: u64,
        /// When, by the store's time.
        at: u64,
    },
    /// The write was refused because of what is there.
    Refused(Sight),
    /// Certainly nothing happened (busy, unreachable); says nothing about the key.
    NotDone,
}

/// The end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// When the answer was there, on the monotonic clock all actors share.
    pub end: u64,
    /// The wall clock the store judges by, after the call.
    pub clock_to: u64,
    /// The answer.
    pub answer: Answer,
}

/// One call of one actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Who.
    pub actor: u32,
    /// On which key.
    pub key: u32,
    /// What.
    pub call: Call,
    /// When it was made, on the monotonic clock all actors share.
    pub start: u64,
    /// The wall clock the store judges by, before the call.
    pub clock_from: u64,
    /// The answer; `None` when the actor was killed or does not know.
    pub done: Option<Done>,
}
