//! [`Memory`]: shards, meta and side tables.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use amorsize_os::clock::Clock;

use crate::envelope::Gen;
use crate::error::Result;
use crate::fingerprint::{Side, SideId};
use crate::key::KeyId;
use crate::store::{
    Actor, Change, Meta, Pick, Problem, Raise, Reader, Row, Scan, Scanned, Snapshot, Store, Sweep,
    Swept, Target, UseBatch,
};
use crate::sync::{AtomicU64, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::time::Time;

use super::shard::Shard;

const SHARDS: usize = 16;
/// Damaged entries kept for inspection.
const ASIDE_MAX: usize = 1_000;

/// A store in memory.
pub struct Memory {
    shards: [RwLock<Shard>; SHARDS],
    hwm: AtomicU64,
    floor: AtomicU64,
    sighted: AtomicU64,
    sides: RwLock<BTreeMap<SideId, Arc<str>>>,
    counts: Mutex<BTreeMap<String, u64>>,
    aside: Mutex<Vec<(Row, String)>>,
    clock: Arc<dyn Clock>,
    actor: Actor,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl Memory {
    /// An empty store that judges by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, actor: Actor) -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            hwm: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            sighted: AtomicU64::new(0),
            sides: RwLock::default(),
            counts: Mutex::default(),
            aside: Mutex::default(),
            clock,
            actor,
        }
    }

    fn place(id: &KeyId) -> usize {
        usize::from(id.as_bytes()[8]) % SHARDS
    }

    fn shard(&self, id: &KeyId) -> RwLockReadGuard<'_, Shard> {
        self.shards[Self::place(id)].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard_mut(&self, id: &KeyId) -> RwLockWriteGuard<'_, Shard> {
        self.shards[Self::place(id)].write().unwrap_or_else(PoisonError::into_inner)
    }

    fn load_meta(&self) -> Meta {
        Meta {
            hwm: Time::from_ns(self.hwm.load(Ordering::SeqCst)),
            floor: Gen(self.floor.load(Ordering::SeqCst)),
            sighted: Time::from_ns(self.sighted.load(Ordering::SeqCst)),
        }
    }

    fn now(&self) -> Time {
        Time::from_ns(self.clock.now_ns())
    }

    fn scanned(&self) -> Scanned {
        let meta = self.load_meta();
        Scanned { meta, clock: self.now() }
    }

    fn raise_meta(&self, raise: &Raise) {
        self.hwm.fetch_max(raise.hwm.ns(), Ordering::SeqCst);
        self.floor.fetch_max(raise.floor.0, Ordering::SeqCst);
        if let Some(sighted) = raise.sighted {
            self.sighted.store(sighted.ns(), Ordering::SeqCst);
        }
    }

    fn keep_sides(&self, sides: &[Side]) {
        if sides.is_empty() {
            return;
        }
        let mut known = self.sides.write().unwrap_or_else(PoisonError::into_inner);
        for side in sides {
            known.entry(side.id).or_insert_with(|| side.text.as_str().into());
        }
    }

    /// What goes with an entry's change, in the order that keeps snapshots true: first meta and texts, then the entry.
    fn apply(&self, shard: &mut Shard, target: &Target<'_>, change: &Change, t: Time) {
        self.raise_meta(&change.raise);
        self.keep_sides(&change.sides);
        if let Some(why) = &change.aside
            && let Some(row) = shard.row(target.id(), true)
        {
            let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
            if aside.len() < ASIDE_MAX {
                aside.push((row, why.clone()));
            }
        }
        shard.apply(target, change, t);
    }

    /// The ids a sweep is to visit, at most `limit`, in its order.
    fn picked(&self, sweep: &Sweep<'_>) -> Vec<KeyId> {
        let mut found: Vec<(Time, KeyId)> = Vec::new();
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let fits = |(_, id): &(Time, KeyId)| id.as_bytes().starts_with(sweep.prefix);
            match sweep.pick {
                Pick::Expired { before } => {
                    found.extend(shard.expired(before).filter(fits).take(sweep.limit));
                }
                Pick::Ended { before } => {
                    found.extend(shard.ended(before).filter(fits).take(sweep.limit));
                }
                Pick::LeastUsed => found.extend(shard.uses().filter(fits)),
                Pick::After { last } => found.extend(
                    shard
                        .range(sweep.prefix, last, false)
                        .map(|row| (Time::EPOCH, row.id))
                        .take(sweep.limit),
                ),
            }
        }
        found.sort_unstable();
        found.truncate(sweep.limit);
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Changes the raw bytes of an entry behind the engine's back, for tests of damage.
    #[cfg(any(test, feature = "testkit"))]
    pub fn tamper(&self, id: &KeyId, with: &mut dyn FnMut(&mut crate::store::Record)) -> bool {
        self.shard_mut(id).tamper(id, with)
    }
}

impl Reader for Memory {
    fn location(&self) -> String {
        "memory:".to_owned()
    }

    fn read(&self, key: &KeyId) -> Result<Snapshot> {
        let shard = self.shard(key);
        let record = shard.record(key).cloned();
        let meta = self.load_meta();
        drop(shard);
        Ok(Snapshot { meta, record, lease: None, clock: self.now(), damage: None })
    }

    fn meta(&self) -> Result<Scanned> {
        Ok(self.scanned())
    }

    fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Scanned> {
        // All shards at once, so that what is shown is one snapshot; the rows share their bodies.
        let guards: Vec<_> = self
            .shards
            .iter()
            .map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let mut rows: Vec<Row> = guards
            .iter()
            .flat_map(|shard| shard.range(scan.prefix, None, scan.with_bodies))
            .collect();
        let meta = self.load_meta();
        drop(guards);
        rows.sort_unstable_by_key(|row| row.id);
        for row in rows {
            if visit(row).is_break() {
                break;
            }
        }
        Ok(Scanned { meta, clock: self.now() })
    }

    fn side(&self, id: SideId) -> Result<Option<Arc<str>>> {
        Ok(self.sides.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned())
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        Ok(self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn weight(&self) -> Result<u64> {
        let bytes =
            |shard: &RwLock<Shard>| shard.read().unwrap_or_else(PoisonError::into_inner).bytes();
        Ok(self.shards.iter().map(bytes).sum())
    }

    fn aside(&self) -> Result<Vec<Problem>> {
        let aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = |(row, why): &(Row, String)| Problem {
            id: Some(row.id.to_string()),
            name: Some(row.name.to_string()),
            what: why.clone(),
        };
        Ok(aside.iter().map(problem).collect())
    }
}

impl Store for Memory {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn transact(
        &self,
        targets: &[Target<'_>],
        with_bodies: bool,
        decide: &mut dyn FnMut(usize, &Snapshot) -> Change,
    ) -> Result<()> {
        let mut places: Vec<usize> =
            targets.iter().map(|target| Self::place(target.id())).collect();
        places.sort_unstable();
        places.dedup();
        // Always in ascending order, so that two transactions cannot wait for each other.
        let mut guards: BTreeMap<usize, RwLockWriteGuard<'_, Shard>> = places
            .into_iter()
            .map(|at| (at, self.shards[at].write().unwrap_or_else(PoisonError::into_inner)))
            .collect();
        let mut changes = Vec::with_capacity(targets.len());
        for (at, target) in targets.iter().enumerate() {
            let shard = &guards[&Self::place(target.id())];
            let mut record = shard.record(target.id()).cloned();
            if let Some(record) = record.as_mut().filter(|_| !with_bodies) {
                record.body = None;
            }
            let lease = shard.lease(target.id()).cloned();
            let meta = self.load_meta();
            let snapshot = Snapshot { meta, record, lease, clock: self.now(), damage: None };
            let change = decide(at, &snapshot);
            shard.check(target, &change)?;
            changes.push((change, snapshot.t()));
        }
        for (target, (change, t)) in targets.iter().zip(&changes) {
            let shard = guards.get_mut(&Self::place(target.id())).expect("locked above");
            self.apply(shard, target, change, *t);
        }
        Ok(())
    }

    fn sweep(
        &self,
        sweep: Sweep<'_>,
        decide: &mut dyn FnMut(&Row, &Scanned) -> Change,
    ) -> Result<Swept> {
        let ids = self.picked(&sweep);
        for id in &ids {
            let mut shard = self.shard_mut(id);
            let Some(row) = shard.row(id, sweep.with_bodies) else { continue };
            let scanned = self.scanned();
            let change = decide(&row, &scanned);
            let target = Target::Id(id);
            shard.check(&target, &change)?;
            self.apply(&mut shard, &target, &change, row.used);
        }
        Ok(Swept { visited: ids.len(), last: ids.last().copied(), gone: Vec::new() })
    }

    fn raise(&self, raise: Raise) -> Result<()> {
        self.raise_meta(&raise);
        Ok(())
    }

    fn settle(&self, meta: Meta) -> Result<()> {
        self.hwm.store(meta.hwm.ns(), Ordering::SeqCst);
        self.floor.store(meta.floor.0, Ordering::SeqCst);
        self.sighted.store(meta.sighted.ns(), Ordering::SeqCst);
        Ok(())
    }

    fn record_use(&self, batch: &UseBatch) -> Result<()> {
        for (id, at) in &batch.used {
            self.shard(id).mark_used(id, *at);
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (word, count) in &batch.counts {
            *counts.entry(word.clone()).or_default() += count;
        }
        Ok(())
    }
}
