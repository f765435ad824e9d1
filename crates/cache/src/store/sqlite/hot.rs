//! Entries that were read lately, kept as long as nobody has written.
//!
//! The head of the shared memory of the log changes with every commit of every process, before the commit returns. An
//! entry is kept together with the head that was there both before and after it was read, and is used again only where
//! the head, read anew at every look-up, is still the same: so there was a moment during the look-up at which the store
//! held exactly this entry. What another process has changed can not be served, whatever it changed and whenever.
//! (The head counts commits and carries the salts and the running checksum of the log, so it does not come back.)
//!
//! The head is mapped, as SQLite itself maps it, and read only by the process that opened it: a forked child holds no
//! lock that would keep the file from being cut or replaced.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use amorsize_os::memory::{SharedWords, incarnation};

use crate::key::KeyId;
use crate::store::{Meta, Record};

use super::wal::HEAD_BYTES;

/// Most entries that are kept.
const ENTRIES_MAX: usize = 4_096;
/// Most bytes of bodies that are kept.
const BYTES_MAX: usize = 16 << 20;
/// After so many look-ups the first attempt is made: a short process would not get its effort back.
const AFTER: u32 = 8;
/// While others keep writing, at most so many look-ups in a row do not even ask.
const REST_MAX: u32 = 64;

/// The head of the shared memory.
pub(super) type Head = [u64; HEAD_WORDS];
/// How long it is.
pub(super) const HEAD_WORDS: usize = HEAD_BYTES / size_of::<u64>();

/// The entries kept by one handle.
#[derive(Debug, Default)]
pub(super) struct Hot {
    /// The process that may use it.
    owner: Option<NonZero<u64>>,
    shared: OnceLock<Option<Arc<SharedWords>>>,
    kept: RwLock<Kept>,
    /// Look-ups until the head is asked again.
    rest: AtomicU32,
    /// How long the next rest is.
    next_rest: AtomicU32,
}

#[derive(Debug)]
struct Kept {
    head: Head,
    entries: HashMap<KeyId, (Meta, Record)>,
    bytes: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self { head: [0; HEAD_WORDS], entries: HashMap::new(), bytes: 0 }
    }
}

impl Hot {
    /// Nothing yet, for the calling process.
    pub(super) fn new() -> Self {
        Self { owner: Some(incarnation()), rest: AtomicU32::new(AFTER), ..Self::default() }
    }

    /// Nothing, ever.
    pub(super) fn never() -> Self {
        let this = Self::default();
        drop(this.shared.set(None));
        this
    }

    /// The head as it is now; `None` when this look-up is to go without.
    pub(super) fn head(&self, map: impl FnOnce() -> Option<Arc<SharedWords>>) -> Option<Head> {
        if let Some(None) = self.shared.get() {
            return None;
        }
        let rest = self.rest.load(Ordering::Relaxed);
        if rest > 0 {
            self.rest.store(rest - 1, Ordering::Relaxed);
            return None;
        }
        if self.owner != Some(incarnation()) {
            return None;
        }
        read(self.shared.get_or_init(map).as_deref()?)
    }

    /// What was kept under the same head.
    pub(super) fn find(&self, head: &Head, key: &KeyId) -> Option<(Meta, Record)> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if kept.head != *head {
            return None;
        }
        kept.entries.get(key).cloned()
    }

    /// Keeps an entry that was read after `head` was; nothing is kept when there was a commit meanwhile.
    pub(super) fn keep(&self, head: &Head, key: &KeyId, meta: Meta, record: &Record) {
        let is_new = self.kept.read().unwrap_or_else(PoisonError::into_inner).head != *head;
        if is_new {
            // Somebody has written since. The first look-up after that only notes it, so that a store that is
            // written all the time costs its readers next to nothing.
            let rest = self.next_rest.load(Ordering::Relaxed);
            self.rest.store(rest, Ordering::Relaxed);
            self.next_rest.store((rest * 2 + 1).min(REST_MAX), Ordering::Relaxed);
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            *kept = Kept { head: *head, ..Kept::default() };
            return;
        }
        self.next_rest.store(0, Ordering::Relaxed);
        let now = self.shared.get().and_then(|shared| read(shared.as_deref()?));
        let bytes = record.body.as_ref().map_or(0, |body| body.len());
        if now.as_ref() != Some(head) || bytes > BYTES_MAX / 16 {
            return;
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.head != *head {
            return;
        }
        if kept.entries.len() >= ENTRIES_MAX || kept.bytes + bytes > BYTES_MAX {
            kept.entries.clear();
            kept.bytes = 0;
        }
        if kept.entries.insert(*key, (meta, record.clone())).is_none() {
            kept.bytes += bytes;
        }
    }
}

fn read(shared: &SharedWords) -> Option<Head> {
    let head = shared.read();
    // A head of zeros is one that nobody has written yet.
    (head != [0; HEAD_WORDS]).then_some(head)
}
