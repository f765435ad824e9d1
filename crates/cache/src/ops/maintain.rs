//! Operations on many entries: prune, evict, forget, clear, repair.
//!
//! Prune and evict are different things. Prune cleans away bodies that no reader may use any more and changes no
//! answer. Evict drops bodies that could still be used, for want of room, and says so. Forget drops tombstones and
//! raises the horizon. Each works in rounds of bounded size, so that no writer waits long.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::envelope::{Cause, Envelope, Gen, State};
use crate::error::{Kind, Result};
use crate::judge::readable;
use crate::key::{KeyId, Namespace};
use crate::store::{
    BodyEdit, Change, Edit, Pick, Problem, Raise, Row, Scan, Scanned, Store, Sweep, Swept,
};
use crate::time::Time;

use super::inspect::{damage_of, prefix_of, snapshot_of};
use super::write::end;

/// Entries in one round.
const ROUND: usize = 1_000;
/// Entries in one round of an eviction, which has to look at all of them each time.
const EVICT_ROUND: usize = 20_000;
/// A prune judges by a time this far back, so that hosts whose clocks differ a little agree.
pub const MARGIN: Duration = Duration::from_secs(5);
/// A clock this far past everything the store has judged by is not believed at once.
pub const JUMP_MAX: Duration = Duration::from_hours(24);
/// A jump that was first seen this long ago, by a clock that agrees, is believed.
pub const JUMP_SETTLES: Duration = Duration::from_mins(10);
/// A jump further than this is never believed without force: such a clock was never set.
pub const JUMP_BELIEVED_MAX: Duration = Duration::from_hours(400 * 24);
/// Tombstones are kept at least this long.
pub const KEEP: Duration = Duration::from_hours(30 * 24);
/// At most so many tombstones are kept.
pub const TOMBSTONES_MAX: usize = 1_000_000;

/// How to prune.
///
/// ```
/// use std::time::Duration;
/// use amorsize_cache::{Cache, Key, Namespace, Options, Prune, Put, Want};
///
/// # fn main() -> amorsize_cache::Result<()> {
/// let cache = Cache::open("memory:", &Options::default())?;
/// let key = Key::new(&Namespace::new("mine")?, "short-lived");
/// cache.put(&key, b"v", &Put::ttl(Duration::ZERO))?;
/// assert_eq!(cache.get(&key, &Want::default()).word(), "expired");
/// let pruned = cache.prune(&Prune { margin: Duration::ZERO, ..Prune::default() })?;
/// assert_eq!(pruned.pruned, 1);
/// assert_eq!(cache.get(&key, &Want::default()).word(), "expired"); // pruning changes no answer
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Prune {
    /// Only this namespace.
    pub namespace: Option<Namespace>,
    /// Judge by a time this far back.
    pub margin: Duration,
    /// Believe the clock even if it has jumped.
    pub force: bool,
    /// Stop after so many entries; `None` for all.
    pub limit: Option<usize>,
}

impl Default for Prune {
    fn default() -> Self {
        Self { namespace: None, margin: MARGIN, force: false, limit: None }
    }
}

/// What a prune did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Bodies cleaned away.
    pub pruned: usize,
    /// The time it judged by.
    #[serde(rename = "t_ns")]
    pub t: Time,
    /// Whether there may be more (the limit was reached).
    pub more: bool,
}

/// Prunes; see [`Store::prune`].
///
/// A clock that is more than a day past the highest time any prune has judged by is refused, because one host in
/// the far future would expire everything. The refusal is noted; when ten minutes later a prune comes whose clock
/// agrees (a machine that was simply switched off for a week), it is believed.
pub(crate) fn prune<S: Store + ?Sized>(store: &S, how: &Prune) -> Result<Pruned> {
    let now = store.meta()?;
    let t = now.clock.minus(how.margin).max(now.meta.hwm);
    if !how.force {
        check_jump(store, &now)?;
    }
    let limit = how.limit.unwrap_or(usize::MAX);
    let prefix = prefix_of(how.namespace.as_ref());
    let (mut pruned, mut last) = (0, None);
    loop {
        let round = if store.is_indexed_by_time() { ROUND.min(limit - pruned) } else { ROUND };
        let pick = if store.is_indexed_by_time() {
            Pick::Expired { before: t }
        } else {
            Pick::After { last }
        };
        let sweep = Sweep { pick, prefix: &prefix, limit: round, with_bodies: false };
        let before = pruned;
        let (swept, changed) = one_round(store, sweep, &mut |row, scanned, changed| {
            let room = before + changed.len() < limit;
            let change = prune_one(row, t, scanned, store.actor()).filter(|_| room)?;
            Some(((), change))
        })?;
        pruned = before + changed.len();
        last = swept.last;
        if pruned >= limit {
            return Ok(Pruned { pruned, t, more: true });
        }
        // A round by index without a change would come back the same (rows with a broken index entry): stop there.
        let is_stuck = store.is_indexed_by_time() && pruned == before;
        if swept.visited < round || is_stuck {
            return Ok(Pruned { pruned, t, more: false });
        }
    }
}

/// What is to be noted of an entry and changed about it, if anything.
type Decision<T> = Option<(T, Change)>;
/// Decides by the entry, the time, and what else is decided in the same round so far.
type Decide<'a, T> = &'a mut dyn FnMut(&Row, &Scanned, &BTreeMap<KeyId, T>) -> Decision<T>;

/// One round of a sweep, and what was decided of each entry that was changed. An engine asks again about an entry that
/// somebody else changed under it, and then only the last word counts; a decision sees what else is decided so far.
fn one_round<S: Store + ?Sized, T>(
    store: &S,
    sweep: Sweep<'_>,
    decide: Decide<'_, T>,
) -> Result<(Swept, BTreeMap<KeyId, T>)> {
    let mut decided = BTreeMap::new();
    let swept = store.sweep(sweep, &mut |row, scanned| {
        decided.remove(&row.id);
        let Some((note, change)) = decide(row, scanned, &decided) else { return Change::none() };
        decided.insert(row.id, note);
        change
    })?;
    decided.retain(|id, _| !swept.gone.contains(id));
    Ok((swept, decided))
}

/// Rounds over all entries that begin with a prefix; `done` gets what each has changed.
pub(super) fn all_rounds<S: Store + ?Sized, T>(
    store: &S,
    prefix: &[u8],
    with_bodies: bool,
    decide: &mut dyn FnMut(&Row, &Scanned) -> Decision<T>,
    done: &mut dyn FnMut(usize, BTreeMap<KeyId, T>),
) -> Result<()> {
    let mut last = None;
    loop {
        let sweep = Sweep { pick: Pick::After { last }, prefix, limit: ROUND, with_bodies };
        let (swept, decided) =
            one_round(store, sweep, &mut |row, scanned, _| decide(row, scanned))?;
        done(swept.visited, decided);
        last = swept.last;
        if swept.visited < ROUND {
            return Ok(());
        }
    }
}

/// One step of the cleaning that writes pay for: visits at most `steps` entries after `last`, prunes the expired ones and
/// forgets tombstones older than [`KEEP`]; returns where to go on. The engine's indexes are used where there are any.
pub(crate) fn upkeep<S: Store + ?Sized>(
    store: &S,
    last: Option<KeyId>,
    steps: usize,
) -> Result<Option<KeyId>> {
    if store.is_indexed_by_time() {
        store.prune(&Prune { limit: Some(steps), ..Prune::default() })?;
        store.forget(&Forget { older_than: KEEP, keep_max: None, limit: Some(steps) })?;
        return Ok(None);
    }
    let now = store.meta()?;
    let may_prune = check_jump(store, &now).is_ok();
    let t = now.clock.minus(MARGIN).max(now.meta.hwm);
    let old = now.t().minus(KEEP);
    let sweep = Sweep { pick: Pick::After { last }, prefix: &[], limit: steps, with_bodies: false };
    let swept = store.sweep(sweep, &mut |row, scanned| {
        forget_one(row, old)
            .or_else(|| prune_one(row, t, scanned, store.actor()).filter(|_| may_prune))
            .unwrap_or_default()
    })?;
    Ok(swept.last.filter(|_| swept.visited == steps))
}

fn prune_one(row: &Row, t: Time, scanned: &Scanned, actor: &crate::store::Actor) -> Option<Change> {
    let envelope = Envelope::decode(row.record.envelope.as_slice(), &row.id).ok()?;
    if envelope.state != State::Live || !envelope.is_expired(t) {
        return None;
    }
    let envelope = Envelope {
        state: State::Pruned,
        cause: Cause::Ttl,
        // The generation stays: pruning is not a change of state.
        ended: scanned.t(),
        ended_by: actor.short_id(),
        body_sum: 0,
        body_len: 0,
        ..envelope
    };
    Some(Change {
        edit: Edit::Write { envelope, body: BodyEdit::Drop },
        raise: Raise { hwm: t, sighted: sighting_over(scanned), ..Raise::default() },
        sides: vec![actor.side().clone()],
        ..Change::none()
    })
}

fn sighting_over(scanned: &Scanned) -> Option<Time> {
    (scanned.meta.sighted != Time::EPOCH).then_some(Time::EPOCH)
}

fn check_jump<S: Store + ?Sized>(store: &S, now: &Scanned) -> Result<()> {
    let (hwm, sighted) = (now.meta.hwm, now.meta.sighted);
    if hwm == Time::EPOCH || now.clock.since(hwm) <= JUMP_MAX {
        return Ok(());
    }
    let is_believable = now.clock.since(hwm) <= JUMP_BELIEVED_MAX;
    if is_believable && sighted != Time::EPOCH && now.clock >= sighted.plus(JUMP_SETTLES) {
        return Ok(());
    }
    if sighted == Time::EPOCH || now.clock < sighted {
        store.raise(Raise { sighted: Some(now.clock), ..Raise::default() })?;
    }
    let ahead = crate::time::human(now.clock.since(hwm));
    Err(Kind::ClockJump.because(format!(
        "this clock ({}) is {ahead} past everything the store was ever pruned by; if it is right, prune again in \
         {} or with force",
        now.clock,
        crate::time::human(JUMP_SETTLES),
    )))
}

/// A bound on the size of a store.
#[derive(Debug, Clone, Default)]
pub struct Evict {
    /// Bodies and names together, in bytes.
    pub bytes_max: Option<u64>,
    /// Live entries.
    pub entries_max: Option<u64>,
}

/// What an eviction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Evicted {
    /// Bodies dropped.
    pub evicted: u64,
    /// Bytes of live entries before.
    pub bytes_before: u64,
    /// Bytes of live entries after.
    pub bytes_after: u64,
}

/// Evicts the least recently used; see [`Store::evict`].
pub(crate) fn evict<S: Store + ?Sized>(store: &S, how: &Evict) -> Result<Evicted> {
    let (mut bytes, mut entries) = (0_u64, 0_u64);
    store.scan(Scan::default(), &mut |row| {
        if is_live(&row) {
            bytes += size_of(&row);
            entries += 1;
        }
        std::ops::ControlFlow::Continue(())
    })?;
    let mut done = Evicted { evicted: 0, bytes_before: bytes, bytes_after: bytes };
    let is_over = |bytes: u64, entries: u64| {
        how.bytes_max.is_some_and(|max| bytes > max)
            || how.entries_max.is_some_and(|max| entries > max)
    };
    while is_over(bytes, entries) {
        let sweep =
            Sweep { pick: Pick::LeastUsed, prefix: &[], limit: EVICT_ROUND, with_bodies: false };
        // The sum is kept beside the map, because adding it up for every entry would take for ever.
        let (mut freed, mut counted) = (0_u64, 0_usize);
        let (_, gone) = one_round(store, sweep, &mut |row, scanned, gone: &BTreeMap<_, u64>| {
            if gone.len() != counted {
                (freed, counted) = (gone.values().sum(), gone.len());
            }
            let left = entries.saturating_sub(counted as u64);
            if !is_over(bytes.saturating_sub(freed), left) || !is_live(row) {
                return None;
            }
            let size = size_of(row);
            (freed, counted) = (freed + size, counted + 1);
            let snapshot = snapshot_of(row, scanned.meta, scanned.clock);
            let (_, change) =
                end(&row.id, &snapshot, State::Evicted, Cause::SizeBound, store.actor());
            Some((size, change))
        })?;
        bytes = bytes.saturating_sub(gone.values().sum());
        entries = entries.saturating_sub(gone.len() as u64);
        done.evicted += gone.len() as u64;
        if gone.is_empty() {
            break;
        }
    }
    done.bytes_after = bytes;
    Ok(done)
}

fn is_live(row: &Row) -> bool {
    Envelope::decode(row.record.envelope.as_slice(), &row.id)
        .is_ok_and(|envelope| envelope.state == State::Live)
}

fn size_of(row: &Row) -> u64 {
    row.body_len + row.name.len() as u64 + crate::envelope::ENVELOPE_BYTES as u64
}

/// Which tombstones to drop.
#[derive(Debug, Clone)]
pub struct Forget {
    /// Those whose body went longer ago than this.
    pub older_than: Duration,
    /// And, of the rest, the oldest until at most so many are left. Counting them takes a look at every entry;
    /// `None` leaves it out.
    pub keep_max: Option<usize>,
    /// Stop after so many; `None` for all.
    pub limit: Option<usize>,
}

impl Default for Forget {
    fn default() -> Self {
        Self { older_than: KEEP, keep_max: Some(TOMBSTONES_MAX), limit: None }
    }
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Tombstones dropped.
    pub forgotten: usize,
    /// The horizon now: a look-up of what was forgotten says "absent since" this.
    pub floor: Gen,
}

/// Forgets old tombstones; see [`Store::forget`].
pub(crate) fn forget<S: Store + ?Sized>(store: &S, how: &Forget) -> Result<Forgotten> {
    let before = store.meta()?.t().minus(how.older_than);
    let limit = how.limit.unwrap_or(usize::MAX);
    let mut forgotten = forget_before(store, before, limit)?;
    if let Some(keep_max) = how.keep_max {
        let mut tombstones = 0_usize;
        store.scan(Scan::default(), &mut |row| {
            tombstones += usize::from(is_tombstone(&row));
            std::ops::ControlFlow::Continue(())
        })?;
        let surplus = tombstones.saturating_sub(keep_max).min(limit - forgotten);
        forgotten += forget_before(store, Time::NEVER, surplus)?;
    }
    Ok(Forgotten { forgotten, floor: store.meta()?.meta.floor })
}

fn forget_before<S: Store + ?Sized>(store: &S, before: Time, at_most: usize) -> Result<usize> {
    // By number, the oldest have to go first; by age, the order does not matter.
    let by_age = before != Time::NEVER && !store.is_indexed_by_time();
    let (mut forgotten, mut last) = (0, None);
    while forgotten < at_most {
        let limit = if by_age { ROUND } else { EVICT_ROUND.min(at_most - forgotten) };
        let pick = if by_age { Pick::After { last } } else { Pick::Ended { before } };
        let sweep = Sweep { pick, prefix: &[], limit, with_bodies: false };
        let (swept, gone) = one_round(store, sweep, &mut |row, _, gone| {
            let room = forgotten + gone.len() < at_most;
            Some(((), forget_one(row, before).filter(|_| room)?))
        })?;
        forgotten += gone.len();
        last = swept.last;
        if swept.visited < limit || (!by_age && gone.is_empty()) {
            break;
        }
    }
    Ok(forgotten)
}

/// Forgets a tombstone that ended before a time. Damaged ones stay: their generation is not known, so no horizon would
/// be honest.
fn forget_one(row: &Row, before: Time) -> Option<Change> {
    let envelope = Envelope::decode(row.record.envelope.as_slice(), &row.id).ok()?;
    if envelope.state == State::Live || envelope.ended >= before {
        return None;
    }
    let raise = Raise { floor: envelope.generation, ..Raise::default() };
    Some(Change { edit: Edit::Forget, raise, ..Change::none() })
}

fn is_tombstone(row: &Row) -> bool {
    Envelope::decode(row.record.envelope.as_slice(), &row.id)
        .is_ok_and(|envelope| envelope.state != State::Live)
}

/// What a clear did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Cleared {
    /// Entries removed that were not removed already.
    pub cleared: usize,
}

/// Removes everything; see [`Store::clear`].
pub(crate) fn clear<S: Store + ?Sized>(
    store: &S,
    namespace: Option<&Namespace>,
) -> Result<Cleared> {
    let mut cleared = 0;
    let mut decide = |row: &Row, scanned: &Scanned| {
        let snapshot = snapshot_of(row, scanned.meta, scanned.clock);
        let is_gone =
            readable(&row.id, &snapshot).is_some_and(|envelope| envelope.state == State::Deleted);
        if is_gone || row.damage.is_some() {
            return None;
        }
        Some(((), end(&row.id, &snapshot, State::Deleted, Cause::Clear, store.actor()).1))
    };
    let prefix = prefix_of(namespace);
    all_rounds(store, &prefix, false, &mut decide, &mut |_, gone| cleared += gone.len())?;
    Ok(Cleared { cleared })
}

/// What a repair did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Repaired {
    /// Entries looked at.
    pub entries: usize,
    /// Those that were damaged and are aside now.
    pub set_aside: Vec<Problem>,
}

/// Sets damaged entries aside; see [`Store::repair`].
///
/// An entry is damaged when its own checksums say so. What its value means is no ground: a value that one program
/// cannot read may be another's.
pub(crate) fn repair<S: Store + ?Sized>(store: &S) -> Result<Repaired> {
    let mut repaired = Repaired::default();
    let mut decide = |row: &Row, scanned: &Scanned| {
        let what = damage_of(row).filter(|_| row.damage.is_none())?;
        let problem = Problem { id: Some(row.id.to_string()), name: None, what: what.clone() };
        let snapshot = snapshot_of(row, scanned.meta, scanned.clock);
        let (_, change) = end(&row.id, &snapshot, State::Deleted, Cause::Repair, store.actor());
        Some((problem, Change { aside: Some(what), ..change }))
    };
    all_rounds(store, &[], true, &mut decide, &mut |visited, set_aside| {
        repaired.entries += visited;
        repaired.set_aside.extend(set_aside.into_values());
    })?;
    Ok(repaired)
}
