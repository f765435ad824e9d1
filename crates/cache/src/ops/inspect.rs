//! Operations that only look.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;

use crate::envelope::{Envelope, Gen, State};
use crate::error::{Kind, Result};
use crate::fingerprint::SideId;
use crate::judge::{Sides, judge};
use crate::key::{Key, KeyId, Namespace};
use crate::lookup::{Lookup, Miss, Want};
use crate::reason::{Nearest, Reason, Reasons};
use crate::store::{Meta, Problem, Reader, Row, Scan, Snapshot};
use crate::time::Time;

/// At most so many entries of the same subject are compared to find the nearest.
const SIBLINGS_MAX: usize = 256;
/// A record that lies further in the future than this comes from a clock that is wrong.
pub(crate) const SKEW_NS_MAX: u64 = 5_000_000_000;

/// A reader as a source of side texts; what cannot be read counts as unknown.
#[derive(Debug)]
pub struct SidesOf<'a, R: ?Sized>(pub &'a R);

impl<R: Reader + ?Sized> Sides for SidesOf<'_, R> {
    fn text(&self, id: SideId) -> Option<Arc<str>> {
        if id.is_none() { None } else { self.0.side(id).ok().flatten() }
    }
}

/// No side texts at all.
#[derive(Debug, Clone, Copy)]
pub struct NoSides;

impl Sides for NoSides {
    fn text(&self, _: SideId) -> Option<Arc<str>> {
        None
    }
}

/// Looks a key up; see [`Reader::get`].
pub(crate) fn get<R: Reader + ?Sized>(store: &R, key: &Key, want: &Want) -> Lookup {
    let snapshot = match store.read(key.id()) {
        Ok(snapshot) => snapshot,
        Err(error) => return unavailable(&error),
    };
    let mut lookup = judge(key.id(), &snapshot, want, &SidesOf(store));
    if let Lookup::Miss(miss) = &mut lookup
        && !want.skip_nearest
    {
        add_nearest(store, key, miss);
    }
    lookup
}

/// The answer of a store that cannot be read.
pub(crate) fn unavailable(error: &crate::Error) -> Lookup {
    Lookup::Miss(Miss {
        reasons: Reasons::one(Reason::Unavailable { what: error.to_string() }),
        generation: None,
        created: None,
        t: Time::EPOCH,
        stale: None,
    })
}

/// Names the nearest entry of the same subject in a miss whose reason is `Absent`. It is advice: tombstones count
/// like live entries, so that pruning does not change it, and an error leaves it out.
pub(crate) fn add_nearest<R: Reader + ?Sized>(store: &R, key: &Key, miss: &mut Miss) {
    for reason in miss.reasons.all_mut() {
        if let Reason::Absent { nearest, .. } = reason {
            *nearest = nearest_of(store, key).map(Box::new);
        }
    }
}

fn nearest_of<R: Reader + ?Sized>(store: &R, key: &Key) -> Option<Nearest> {
    let mut best: Option<(usize, Nearest)> = None;
    let mut seen = 0;
    let prefix = key.id().subject_prefix();
    let scan = Scan { prefix: &prefix, with_bodies: false };
    let scanned = store.scan(scan, &mut |row| {
        seen += 1;
        let sibling = Key::from_name(&row.name).ok().filter(|sibling| {
            sibling.id() != key.id()
                && sibling.namespace() == key.namespace()
                && sibling.subject() == key.subject()
        });
        if let Some(sibling) = sibling {
            let differs = key.differences(&sibling);
            if best.as_ref().is_none_or(|(least, _)| differs.len() < *least) {
                best = Some((differs.len(), Nearest { id: row.id.to_string(), differs }));
            }
        }
        let is_enough = seen >= SIBLINGS_MAX || best.as_ref().is_some_and(|(least, _)| *least == 1);
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    scanned.ok().and(best).map(|(_, nearest)| nearest)
}

/// Everything there is to say about one key.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    /// The id.
    pub id: String,
    /// The key, if its name is known.
    pub name: Option<String>,
    /// `hit`, or the word of the primary reason.
    pub verdict: &'static str,
    /// Every reason of a miss.
    pub reasons: Option<Reasons>,
    /// What the record says, if it can be read.
    pub record: Option<RecordFacts>,
    /// The envelope as it lies in the store, in hexadecimal digits.
    pub envelope: Option<String>,
    /// When it was last used, as far as processes have reported; nothing when nobody has since it was stored.
    #[serde(rename = "used_ns")]
    pub used: Option<Time>,
    /// What holds for the whole store.
    pub meta: Meta,
    /// The time everything was judged by.
    #[serde(rename = "t_ns")]
    pub t: Time,
}

/// What a record says about itself.
#[derive(Debug, Clone, Serialize)]
pub struct RecordFacts {
    /// What it is.
    pub state: State,
    /// The format of the value.
    pub fmt: u32,
    /// Its version.
    #[serde(rename = "gen")]
    pub generation: Gen,
    /// When the value was stored.
    #[serde(rename = "created_ns")]
    pub created: Time,
    /// The writer's time to live; nothing for ever.
    pub ttl_ns: Option<u64>,
    /// Who stored it.
    pub stored_by: Option<String>,
    /// What it cost to compute.
    pub cost_ns: u64,
    /// The text of the machine it was computed on.
    pub fingerprint: Option<String>,
    /// When its body went.
    #[serde(rename = "ended_ns")]
    pub ended: Option<Time>,
    /// Who made it go.
    pub ended_by: Option<String>,
    /// The length of the value.
    pub body_bytes: u32,
}

/// Explains one key; see [`Reader::why`].
pub(crate) fn why<R: Reader + ?Sized>(store: &R, id: &KeyId, want: &Want) -> Result<Why> {
    let snapshot = store.read(id)?;
    let sides = SidesOf(store);
    let lookup = judge(id, &snapshot, want, &sides);
    let (name, used) = name_and_use(store, id)?;
    let record = crate::judge::readable(id, &snapshot).map(|envelope| facts(&envelope, &sides));
    let envelope =
        snapshot.record.as_ref().map(|record| crate::key::hex(record.envelope.as_slice()));
    Ok(Why {
        id: id.to_string(),
        name,
        verdict: lookup.word(),
        reasons: lookup.miss().map(|miss| miss.reasons),
        envelope,
        used: used.filter(|used| record.as_ref().is_some_and(|record| *used > record.created)),
        record,
        meta: snapshot.meta,
        t: snapshot.t(),
    })
}

fn facts(envelope: &Envelope, sides: &dyn Sides) -> RecordFacts {
    let has_ended = envelope.state != State::Live;
    let text = |id: SideId| sides.text(id).map(|text| text.to_string());
    RecordFacts {
        state: envelope.state,
        fmt: envelope.fmt,
        generation: envelope.generation,
        created: envelope.created,
        ttl_ns: (envelope.ttl_ns != u64::MAX).then_some(envelope.ttl_ns),
        stored_by: text(SideId(u128::from(envelope.stored_by))),
        cost_ns: envelope.cost_ns,
        fingerprint: text(envelope.fingerprint),
        ended: has_ended.then_some(envelope.ended),
        ended_by: text(SideId(u128::from(envelope.ended_by))),
        body_bytes: envelope.body_len,
    }
}

/// The name kept beside one entry, and when it was last used.
fn name_and_use<R: Reader + ?Sized>(
    store: &R,
    id: &KeyId,
) -> Result<(Option<String>, Option<Time>)> {
    let (mut name, mut used) = (None, None);
    let scan = Scan { prefix: id.as_bytes(), with_bodies: false };
    store.scan(scan, &mut |row| {
        name = Some(row.name.to_string());
        used = Some(row.used);
        ControlFlow::Break(())
    })?;
    Ok((name, used))
}

/// Finds keys by the first digits of their id or by a piece of their subject; see [`Reader::find`].
pub(crate) fn find<R: Reader + ?Sized>(store: &R, text: &str, limit: usize) -> Result<Vec<Key>> {
    let mut found = Vec::new();
    let digits = text.to_ascii_lowercase();
    store.scan(Scan::default(), &mut |row| {
        if let Ok(key) = Key::from_name(&row.name)
            && (row.id.to_string().starts_with(&digits) || key.subject().to_string().contains(text))
        {
            found.push(key);
        }
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(found)
}

/// How many entries there are and what they take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Live and unexpired.
    pub live: u64,
    /// Expired, the body still there.
    pub expired: u64,
    /// Expired, the body cleaned away.
    pub pruned: u64,
    /// Gone for want of room.
    pub evicted: u64,
    /// Removed.
    pub deleted: u64,
    /// With an envelope that cannot be read.
    pub corrupt: u64,
    /// Bytes of all bodies.
    pub body_bytes: u64,
}

/// The figures of a store.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Stats {
    /// Where it is.
    pub location: String,
    /// All entries.
    pub total: Count,
    /// Entries by namespace; those whose name cannot be read count under `?`.
    pub namespaces: BTreeMap<String, Count>,
    /// Room the store takes.
    pub store_bytes: u64,
    /// How often each answer was given, as far as processes have reported.
    pub answers: BTreeMap<String, u64>,
    /// What holds for the whole store.
    pub meta: Meta,
    /// The time everything was judged by.
    #[serde(rename = "t_ns")]
    pub t: Time,
    /// How far the newest record or prune lies ahead of this clock, when that is more than five seconds: some
    /// host's clock is wrong.
    pub clock_skew_ns: Option<u64>,
    /// Entries that repairs have set aside.
    pub aside: usize,
}

/// Counts; see [`Reader::stats`].
pub(crate) fn stats<R: Reader + ?Sized>(store: &R) -> Result<Stats> {
    let mut rows: Vec<(String, Option<Envelope>, u64)> = Vec::new();
    let scanned = store.scan(Scan::default(), &mut |row| {
        let namespace = Key::from_name(&row.name)
            .map_or_else(|_| "?".to_owned(), |key| key.namespace().to_string());
        rows.push((namespace, decode(&row).ok(), row.body_len));
        ControlFlow::Continue(())
    })?;
    let t = scanned.t();
    let mut stats = Stats {
        location: store.location(),
        store_bytes: store.weight()?,
        answers: store.counts()?,
        meta: scanned.meta,
        t,
        aside: store.aside()?.len(),
        ..Stats::default()
    };
    let mut newest = scanned.meta.hwm;
    for (namespace, envelope, body_len) in rows {
        newest = newest.max(envelope.map_or(Time::EPOCH, |envelope| envelope.created));
        tally(&mut stats.total, envelope.as_ref(), body_len, t);
        tally(stats.namespaces.entry(namespace).or_default(), envelope.as_ref(), body_len, t);
    }
    let ahead_ns = newest.ns().saturating_sub(scanned.clock.ns());
    stats.clock_skew_ns = (ahead_ns > SKEW_NS_MAX).then_some(ahead_ns);
    Ok(stats)
}

fn tally(count: &mut Count, envelope: Option<&Envelope>, body_len: u64, t: Time) {
    count.body_bytes += body_len;
    let slot = match envelope.map(|envelope| (envelope.state, envelope.is_expired(t))) {
        None => &mut count.corrupt,
        Some((State::Live, false)) => &mut count.live,
        Some((State::Live, true)) => &mut count.expired,
        Some((State::Pruned, _)) => &mut count.pruned,
        Some((State::Evicted, _)) => &mut count.evicted,
        Some((State::Deleted, _)) => &mut count.deleted,
    };
    *slot += 1;
}

fn decode(row: &Row) -> Result<Envelope, String> {
    match &row.damage {
        Some(what) => Err(what.clone()),
        None => Envelope::decode(row.record.envelope.as_slice(), &row.id)
            .map_err(|what| what.to_string()),
    }
}

/// What a check of everything found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verified {
    /// Entries looked at.
    pub entries: u64,
    /// What is wrong; nothing when the store is whole.
    pub problems: Vec<Problem>,
}

/// Checks everything; see [`Reader::verify`].
pub(crate) fn verify<R: Reader + ?Sized>(store: &R) -> Result<Verified> {
    let mut verified = Verified { entries: 0, problems: store.check()? };
    let scan = Scan { prefix: &[], with_bodies: true };
    let scanned = store.scan(scan, &mut |row| {
        verified.entries += 1;
        if let Some(what) = problem_of(&row) {
            let name = Key::from_name(&row.name).ok().map(|key| key.to_string());
            let id = Some(row.id.to_string());
            verified.problems.push(Problem { id, name, what });
        }
        ControlFlow::Continue(())
    });
    match scanned {
        Err(error) if error.kind() == Kind::Damaged => {
            let what = format!("the entries after {} cannot be read: {error}", verified.entries);
            verified.problems.push(Problem { id: None, name: None, what });
        }
        scanned => drop(scanned?),
    }
    Ok(verified)
}

/// What is wrong with one entry, its name and body included; `None` when it is whole.
pub(crate) fn problem_of(row: &Row) -> Option<String> {
    damage_of(row).or_else(|| match Key::from_name(&row.name) {
        Err(error) => Some(format!("its name cannot be read: {error}")),
        Ok(key) if *key.id() != row.id => Some("its name belongs to another key".to_owned()),
        Ok(_) => None,
    })
}

/// What stands in the way of ever using this entry, body included. A lost name does not: the value is still found
/// under its key.
pub(crate) fn damage_of(row: &Row) -> Option<String> {
    let envelope = match decode(row) {
        Ok(envelope) => envelope,
        Err(what) => return Some(what),
    };
    if envelope.state != State::Live {
        return None;
    }
    match &row.record.body {
        None => Some("the body is missing".to_owned()),
        Some(body) => envelope.check_body(body, &row.id).err().map(|what| what.to_string()),
    }
}

/// A key that [`Reader::warm`] did not find, and why.
#[derive(Debug, Clone)]
pub struct Nothing {
    /// The key.
    pub key: Key,
    /// Why there is nothing to use under it.
    pub reasons: Reasons,
}

/// Looks many keys up; see [`Reader::warm`].
pub(crate) fn warm<R: Reader + ?Sized>(store: &R, keys: &[Key], want: &Want) -> Vec<Nothing> {
    let miss_of = |key: &Key| {
        let miss = store.get(key, want).miss()?;
        Some(Nothing { key: key.clone(), reasons: miss.reasons })
    };
    keys.iter().filter_map(miss_of).collect()
}

/// The snapshot that a row of a scan stands for, to be judged like any other.
#[must_use]
pub fn snapshot_of(row: &Row, meta: Meta, clock: Time) -> Snapshot {
    Snapshot {
        meta,
        record: Some(row.record.clone()),
        lease: None,
        clock,
        damage: row.damage.clone(),
    }
}

/// The prefix that all entries of `namespace` begin with; empty for all.
pub(crate) fn prefix_of(namespace: Option<&Namespace>) -> Vec<u8> {
    namespace.map_or_else(Vec::new, |namespace| namespace.prefix().to_vec())
}
