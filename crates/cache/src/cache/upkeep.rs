//! What belongs to a process: which entries it used, which answers it gave, and when it is its turn to clean up.
//!
//! Look-ups only note things down in memory. Every [`EVERY`]th write of the process does at most [`STEPS`] steps of
//! cleaning: a constant cost for each write, by count and never by chance. Look-ups never clean.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::key::{Hasher, KeyId};
use crate::lookup::Lookup;
use crate::ops::maintain::{self, Evict};
use crate::reason::Reason;
use crate::store::{Store, UseBatch};
use crate::time::Time;

/// So many writes pay together for one round of cleaning.
const EVERY: u64 = 16;
/// Entries one round cleans at most, of each kind.
const STEPS: usize = 32;
/// So many writes pay together for one look at the size of the store.
const WEIGH_EVERY: u64 = 1_024;
/// When a bound is passed, the store is brought down to this share of it.
const EVICT_TO_PERCENT: u64 = 90;
/// At most so many uses are noted before they are reported.
const USES_MAX: usize = 65_536;
/// The answers that are counted: every reason's word, and a hit.
const ANSWERS: usize = Reason::WORDS.len() + 1;

/// What a process has noted down.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    writes: AtomicU64,
    weigh_at: AtomicU64,
    answers: [AtomicU64; ANSWERS],
    used: Mutex<std::collections::HashMap<KeyId, Time>>,
    /// Where the next round of cleaning goes on; nothing before the first.
    cursor: Mutex<Option<Option<KeyId>>>,
}

impl Upkeep {
    /// Notes an answer. Never waits: when another thread is noting, the use is not counted.
    pub(super) fn note(&self, id: &KeyId, lookup: &Lookup) {
        let slot = match lookup {
            Lookup::Hit(_) => ANSWERS - 1,
            Lookup::Miss(miss) => usize::from(miss.reasons.primary().rank()),
        };
        self.answers[slot].fetch_add(1, Ordering::Relaxed);
        if let Lookup::Hit(hit) = lookup
            && let Ok(mut used) = self.used.try_lock()
            && (used.len() < USES_MAX || used.contains_key(id))
        {
            used.insert(*id, hit.t);
        }
    }

    /// Does what is due after a write. Cleaning that fails (the store is busy, the clock jumped) is left to a later
    /// writer: it changes no answer.
    pub(super) fn after_write(&self, store: &dyn Store, bytes_max: Option<u64>) {
        let write = self.writes.fetch_add(1, Ordering::Relaxed) + 1;
        if write.is_multiple_of(EVERY) {
            self.clean(store);
        }
        if let Some(bytes_max) = bytes_max
            && write.is_multiple_of(WEIGH_EVERY)
            && write >= self.weigh_at.load(Ordering::Relaxed)
        {
            self.weigh(store, bytes_max, write);
        }
        if write.is_multiple_of(WEIGH_EVERY) {
            drop(self.report(store));
        }
    }

    /// One round of cleaning, from where the last one stopped. Another thread's round is enough.
    fn clean(&self, store: &dyn Store) {
        let Ok(mut cursor) = self.cursor.try_lock() else { return };
        // A process begins at a place of its own, so that many short ones do not all clean the same entries.
        let from = cursor.unwrap_or_else(|| Some(first_place(store)));
        *cursor = Some(maintain::upkeep(store, from, STEPS).unwrap_or(from));
    }

    fn weigh(&self, store: &dyn Store, bytes_max: u64, write: u64) {
        if store.weight().is_ok_and(|weight| weight <= bytes_max) {
            return;
        }
        drop(self.report(store));
        let to = bytes_max / 100 * EVICT_TO_PERCENT;
        drop(store.evict(&Evict { bytes_max: Some(to), entries_max: None }));
        // What is left is not live entries; looking again at once would find the same.
        self.weigh_at.store(write + 16 * WEIGH_EVERY, Ordering::Relaxed);
    }

    /// Reports what was noted, and forgets it.
    pub(super) fn report(&self, store: &dyn Store) -> crate::Result<()> {
        let mut batch = UseBatch::default();
        for (slot, count) in self.answers.iter().enumerate() {
            let count = count.swap(0, Ordering::Relaxed);
            if count > 0 {
                let word = Reason::WORDS.get(slot).copied().unwrap_or("hit");
                batch.counts.insert(word.to_owned(), count);
            }
        }
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        batch.used = used.into_iter().collect();
        if batch.is_empty() { Ok(()) } else { store.record_use(&batch) }
    }
}

/// A place in the store that depends on the process alone.
fn first_place(store: &dyn Store) -> KeyId {
    let owner = store.actor().owner();
    let mut hash = Hasher::new("first place");
    hash.field(&owner.pid.to_le_bytes());
    hash.field(&owner.started.to_le_bytes());
    KeyId::from_bytes(hash.take())
}
