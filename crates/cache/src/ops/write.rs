//! Operations that write one entry.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::envelope::{Cause, Envelope, Gen, State, bound_sum};
use crate::error::{Kind, Result};
use crate::fingerprint::{Fingerprint, SideId};
use crate::judge::{judge, live, readable};
use crate::key::{Key, KeyId};
use crate::lookup::{Lookup, Want};
use crate::reason::Reasons;
use crate::store::{Actor, BodyEdit, Change, Edit, LeaseEdit, LeaseToken, Snapshot, Store, Target};
use crate::time::{Time, span_ns};

use super::inspect::NoSides;

/// Largest value that is accepted.
pub const BODY_BYTES_MAX: usize = 256 << 20;

/// How a value is stored.
#[derive(Debug, Clone, Default)]
pub struct Put {
    /// How long it may be used; `None` for ever.
    pub ttl: Option<Duration>,
    /// The format of the value.
    pub fmt: u32,
    /// The machine it was computed on; `None` when that does not matter.
    pub fingerprint: Option<Fingerprint>,
    /// What it cost to compute; with a TTL, expensive values are refreshed before they expire.
    pub cost: Duration,
    /// Store it only while this lease is held.
    pub lease: Option<LeaseToken>,
}

impl Put {
    /// Stores for `ttl`.
    #[must_use]
    pub fn ttl(ttl: Duration) -> Self {
        Self { ttl: Some(ttl), ..Self::default() }
    }
}

/// A value that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// The version the entry has now.
    #[serde(rename = "gen")]
    pub generation: Gen,
    /// When the value counts as stored.
    #[serde(rename = "created_ns")]
    pub created: Time,
    /// The time the answer is true for.
    #[serde(rename = "t_ns")]
    pub t: Time,
}

/// Why a conditional write did nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// Something live is there already.
    Exists,
    /// Nothing live is there, for these reasons.
    NotLive(Reasons),
    /// The entry has another version than the one expected.
    OtherGeneration,
    /// The lease has ended, or somebody else has it.
    LeaseLost,
    /// The entry is not a whole number.
    NotANumber,
    /// The sum does not fit in 64 bits.
    Overflow,
}

/// The answer of a write. An unconditional `put` without a lease is never refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// It was stored.
    Stored(Stored),
    /// Nothing was changed.
    Refused {
        /// Why.
        why: Refusal,
        /// The version of the entry that is there.
        generation: Option<Gen>,
        /// When that was stored.
        created: Option<Time>,
        /// The time the answer is true for.
        t: Time,
    },
}

impl Written {
    /// What was stored, if it was.
    #[must_use]
    pub const fn stored(&self) -> Option<Stored> {
        match self {
            Self::Stored(stored) => Some(*stored),
            Self::Refused { .. } => None,
        }
    }

    fn refused(key: &KeyId, snapshot: &Snapshot, why: Refusal) -> Self {
        let envelope = readable(key, snapshot);
        Self::Refused {
            why,
            generation: envelope.map(|envelope| envelope.generation),
            created: envelope.map(|envelope| envelope.created),
            t: snapshot.t(),
        }
    }
}

/// The answer of [`Store::incr`].
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Counted {
    /// The number now; nothing when it was refused.
    pub value: Option<i64>,
    /// What was written.
    pub written: Written,
}

/// The answer of [`Store::remove`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Whether something live was there.
    pub existed: bool,
    /// The version of the tombstone; nothing when there was no entry at all.
    #[serde(rename = "gen")]
    pub generation: Option<Gen>,
    /// The time the answer is true for.
    #[serde(rename = "t_ns")]
    pub t: Time,
}

/// A value on its way into the store, with everything that does not depend on the snapshot.
struct Payload<'a> {
    key: &'a KeyId,
    body: Arc<[u8]>,
    body_sum: u64,
    how: &'a Put,
    by: &'a Actor,
}

impl<'a> Payload<'a> {
    fn new(key: &'a KeyId, value: &[u8], how: &'a Put, by: &'a Actor) -> Result<Self> {
        if value.len() > BODY_BYTES_MAX {
            let what =
                format!("a value of {} bytes is over the limit of {BODY_BYTES_MAX}", value.len());
            return Err(Kind::Input.because(what));
        }
        Ok(Self { key, body: value.into(), body_sum: bound_sum(value, key), how, by })
    }

    /// The change that stores it.
    fn store(&self, snapshot: &Snapshot) -> (Written, Change) {
        let t = snapshot.t();
        let generation = next_generation(self.key, snapshot);
        let fingerprint = self.how.fingerprint.as_ref().filter(|known| !known.id().is_none());
        let envelope = Envelope {
            state: State::Live,
            cause: Cause::None,
            fmt: self.how.fmt,
            generation,
            created: t,
            ttl_ns: self.how.ttl.map_or(u64::MAX, span_ns),
            cost_ns: span_ns(self.how.cost),
            fingerprint: fingerprint.map_or(SideId::NONE, Fingerprint::id),
            ended: Time::EPOCH,
            ended_by: 0,
            body_sum: self.body_sum,
            body_len: u32::try_from(self.body.len()).expect("bounded above"),
            stored_by: self.by.storer_id(),
        };
        let machine = fingerprint.map(Fingerprint::to_side);
        let change = Change {
            aside: unreadable(self.key, snapshot),
            edit: Edit::Write { envelope, body: BodyEdit::Set(Arc::clone(&self.body)) },
            lease: release_if_held(snapshot),
            sides: machine.into_iter().chain([self.by.storer().clone()]).collect(),
            ..Change::none()
        };
        (Written::Stored(Stored { generation, created: t, t }), change)
    }

    /// Whether the lease it is stored under is still held, and nobody has removed the entry since (always, without one).
    fn may_store(&self, snapshot: &Snapshot) -> bool {
        let Some(token) = self.how.lease else { return true };
        let Some(lease) = snapshot.lease.as_ref().filter(|lease| lease.token == token) else {
            return false;
        };
        // A clear goes from entry to entry and leaves leases alone; the tombstone tells.
        readable(self.key, snapshot).is_none_or(|envelope| {
            envelope.state != State::Deleted || Some(envelope.generation) == lease.generation
        })
    }
}

/// Stores a value; see [`Store::put`].
pub(crate) fn put<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    value: &[u8],
    how: &Put,
) -> Result<Written> {
    conditional(store, key, value, how, false, &|_| None)
}

/// Stores a value where nothing live is; see [`Store::add`].
pub(crate) fn add<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    value: &[u8],
    how: &Put,
) -> Result<Written> {
    let exists = |snapshot: &Snapshot| live(key.id(), snapshot).map(|_| Refusal::Exists);
    conditional(store, key, value, how, true, &exists)
}

/// Stores a value where something live is; see [`Store::replace`].
pub(crate) fn replace<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    value: &[u8],
    how: &Put,
) -> Result<Written> {
    let missing = |snapshot: &Snapshot| not_live(key.id(), snapshot).map(Refusal::NotLive);
    conditional(store, key, value, how, true, &missing)
}

/// Stores a value over one version; see [`Store::cas`].
pub(crate) fn cas<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    expected: Option<Gen>,
    value: &[u8],
    how: &Put,
) -> Result<Written> {
    let differs = |snapshot: &Snapshot| {
        let found = readable(key.id(), snapshot).map(|envelope| envelope.generation);
        let is_unreadable = found.is_none() && snapshot.record.is_some();
        (is_unreadable || found != expected).then_some(Refusal::OtherGeneration)
    };
    conditional(store, key, value, how, false, &differs)
}

fn conditional<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    value: &[u8],
    how: &Put,
    with_body: bool,
    refusal: &dyn Fn(&Snapshot) -> Option<Refusal>,
) -> Result<Written> {
    let payload = Payload::new(key.id(), value, how, store.actor())?;
    one(store, Target::Key(key), with_body, &mut |snapshot| {
        if !payload.may_store(snapshot) {
            return (Written::refused(key.id(), snapshot, Refusal::LeaseLost), Change::none());
        }
        match refusal(snapshot) {
            Some(why) => (Written::refused(key.id(), snapshot, why), Change::none()),
            None => payload.store(snapshot),
        }
    })
}

/// Gives a live entry a new time to live; see [`Store::touch`].
pub(crate) fn touch<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    ttl: Option<Duration>,
) -> Result<Written> {
    one(store, Target::Key(key), true, &mut |snapshot| {
        let Some(mut envelope) = live(key.id(), snapshot) else {
            return missing(key.id(), snapshot);
        };
        let t = snapshot.t();
        let age_ns = span_ns(t.since(envelope.created));
        // The value keeps its age; only its end moves.
        envelope.ttl_ns = ttl.map_or(u64::MAX, |ttl| age_ns.saturating_add(span_ns(ttl)));
        envelope.generation = next_generation(key.id(), snapshot);
        let stored = Stored { generation: envelope.generation, created: envelope.created, t };
        let edit = Edit::Write { envelope, body: BodyEdit::Keep };
        (Written::Stored(stored), Change { edit, ..Change::none() })
    })
}

/// Adds to a number; see [`Store::incr`].
pub(crate) fn incr<S: Store + ?Sized>(store: &S, key: &Key, by: i64, how: &Put) -> Result<Counted> {
    let refused = |snapshot: &Snapshot, why: Refusal| {
        let written = Written::refused(key.id(), snapshot, why);
        (Counted { value: None, written }, Change::none())
    };
    let first = Payload::new(key.id(), by.to_string().as_bytes(), how, store.actor())?;
    one(store, Target::Key(key), true, &mut |snapshot| {
        if !first.may_store(snapshot) {
            return refused(snapshot, Refusal::LeaseLost);
        }
        let Some(envelope) = live(key.id(), snapshot) else {
            let (written, change) = first.store(snapshot);
            return (Counted { value: Some(by), written }, change);
        };
        let body = snapshot.record.as_ref().and_then(|record| record.body.clone());
        let number = body.and_then(|body| std::str::from_utf8(&body).ok()?.parse::<i64>().ok());
        let Some(number) = number else { return refused(snapshot, Refusal::NotANumber) };
        let Some(value) = number.checked_add(by) else {
            return refused(snapshot, Refusal::Overflow);
        };
        let (written, change) = count_on(key.id(), snapshot, envelope, value, store.actor());
        (Counted { value: Some(value), written }, change)
    })
}

/// Writes the next number over a live one, which keeps its age and its end.
fn count_on(
    key: &KeyId,
    snapshot: &Snapshot,
    mut envelope: Envelope,
    value: i64,
    actor: &Actor,
) -> (Written, Change) {
    let body: Arc<[u8]> = value.to_string().into_bytes().into();
    envelope.generation = next_generation(key, snapshot);
    envelope.body_sum = bound_sum(&body, key);
    envelope.body_len = u32::try_from(body.len()).expect("a number is short");
    envelope.stored_by = actor.storer_id();
    let stored =
        Stored { generation: envelope.generation, created: envelope.created, t: snapshot.t() };
    let edit = Edit::Write { envelope, body: BodyEdit::Set(body) };
    let sides = vec![actor.storer().clone()];
    (Written::Stored(stored), Change { edit, sides, ..Change::none() })
}

/// Removes an entry; see [`Store::remove`].
pub(crate) fn remove<S: Store + ?Sized>(store: &S, id: &KeyId) -> Result<Removed> {
    one(store, Target::Id(id), false, &mut |snapshot| {
        let t = snapshot.t();
        let lease = release_if_held(snapshot);
        if snapshot.record.is_none() {
            let removed = Removed { existed: false, generation: None, t };
            return (removed, Change { lease, ..Change::none() });
        }
        let envelope = readable(id, snapshot);
        let existed = envelope
            .is_some_and(|envelope| envelope.state == State::Live && !envelope.is_expired(t));
        if let Some(envelope) = envelope.filter(|envelope| envelope.state == State::Deleted) {
            let generation = Some(envelope.generation);
            return (Removed { existed, generation, t }, Change { lease, ..Change::none() });
        }
        let (generation, change) = end(id, snapshot, State::Deleted, Cause::Remove, store.actor());
        (Removed { existed, generation: Some(generation), t }, Change { lease, ..change })
    })
}

/// The change that turns an entry into a tombstone of a new version. Bytes that cannot be read are set aside.
pub(crate) fn end(
    id: &KeyId,
    snapshot: &Snapshot,
    state: State,
    cause: Cause,
    actor: &Actor,
) -> (Gen, Change) {
    let generation = next_generation(id, snapshot);
    let t = snapshot.t();
    let was = readable(id, snapshot).unwrap_or(Envelope {
        created: t,
        ttl_ns: u64::MAX,
        ..Envelope::EMPTY
    });
    let envelope = Envelope {
        state,
        cause,
        generation,
        ended: t,
        ended_by: actor.short_id(),
        body_sum: 0,
        body_len: 0,
        ..was
    };
    let change = Change {
        aside: unreadable(id, snapshot),
        edit: Edit::Write { envelope, body: BodyEdit::Drop },
        sides: vec![actor.side().clone()],
        ..Change::none()
    };
    (generation, change)
}

/// The version the next change of this entry gets.
pub(crate) fn next_generation(key: &KeyId, snapshot: &Snapshot) -> Gen {
    let last = readable(key, snapshot).map_or(0, |envelope| envelope.generation.0);
    let after = last.max(snapshot.meta.floor.0).saturating_add(1);
    Gen(snapshot.t().ns().max(after))
}

/// Runs one decision on one target and hands its answer out.
pub(crate) fn one<S: Store + ?Sized, T>(
    store: &S,
    target: Target<'_>,
    with_body: bool,
    decide: &mut dyn FnMut(&Snapshot) -> (T, Change),
) -> Result<T> {
    let mut answer = None;
    store.transact(&[target], with_body, &mut |_, snapshot| {
        let (value, change) = decide(snapshot);
        answer = Some(value);
        change
    })?;
    Ok(answer.expect("an engine that has committed has asked for the decision"))
}

pub(crate) fn release_if_held(snapshot: &Snapshot) -> LeaseEdit {
    if snapshot.lease.is_some() { LeaseEdit::Release } else { LeaseEdit::Keep }
}

/// Why the present bytes must be set aside before they are overwritten, if they must.
pub(crate) fn unreadable(key: &KeyId, snapshot: &Snapshot) -> Option<String> {
    let record = snapshot.record.as_ref()?;
    Envelope::decode(record.envelope.as_slice(), key).err().map(|what| what.to_string())
}

fn missing(key: &KeyId, snapshot: &Snapshot) -> (Written, Change) {
    let why = not_live(key, snapshot).map_or(Refusal::Exists, Refusal::NotLive);
    (Written::refused(key, snapshot, why), Change::none())
}

/// The reasons why nothing live is there, or `None` when something is.
fn not_live(key: &KeyId, snapshot: &Snapshot) -> Option<Reasons> {
    let fmt = readable(key, snapshot).map_or(0, |envelope| envelope.fmt);
    match judge(key, snapshot, &Want::fmt(fmt), &NoSides) {
        Lookup::Hit(_) => None,
        Lookup::Miss(miss) => Some(miss.reasons),
    }
}
