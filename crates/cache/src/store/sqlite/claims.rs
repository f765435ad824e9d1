//! Which store files this process has open.
//!
//! Record locks belong to a process, not to a handle: when *any* descriptor of a file is closed, every lock the process
//! holds on that file is gone, SQLite's too. Then another process takes itself for the last one, and removes the log that
//! is still written to. So a file is looked at raw (its header, its log, its shared memory) only while no handle of
//! this process has it open, and what has to stay open is closed after the last handle.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amorsize_os::memory::SharedWords;

use super::hot::HEAD_WORDS;

/// Device and number of a file.
type FileId = (u64, u64);

static OPEN: Mutex<BTreeMap<FileId, Open>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Default)]
struct Open {
    handles: usize,
    shared_memory: Option<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// `None` when the system would not map it.
    words: Option<Arc<SharedWords>>,
    /// Closed after the last handle; see above.
    _file: File,
}

/// The right to open a store: one at a time in a process, from the raw look to the first connection.
pub(super) struct Opening(MutexGuard<'static, BTreeMap<FileId, Open>>);

impl Opening {
    pub(super) fn begin() -> Self {
        Self(lock())
    }

    /// Whether this process has the file open already, so that it must not be looked at raw.
    pub(super) fn is_open(&self, path: &Path) -> bool {
        id_of(path).is_ok_and(|id| self.0.contains_key(&id))
    }

    /// Counts one more handle on the file.
    pub(super) fn claim(mut self, path: &Path) -> std::io::Result<Claim> {
        let id = id_of(path)?;
        self.0.entry(id).or_default().handles += 1;
        Ok(Claim { id })
    }
}

/// One handle on a file. It is dropped after the handle's connections.
#[derive(Debug)]
pub(super) struct Claim {
    id: FileId,
}

impl Claim {
    /// The head of the memory in which all processes share the state of the log, mapped once for all handles of this
    /// process. None of them may let go of SQLite's own locks meanwhile: they keep the file from being cut.
    pub(super) fn shared_memory(&self, store: &Path) -> Option<Arc<SharedWords>> {
        let mut all = lock();
        let open = all.get_mut(&self.id)?;
        if open.shared_memory.is_none() {
            let file = File::open(super::wal::beside(store, "-shm")).ok()?;
            let words = SharedWords::map(&file, HEAD_WORDS).ok().map(Arc::new);
            open.shared_memory = Some(Shared { words, _file: file });
        }
        open.shared_memory.as_ref()?.words.clone()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut all = lock();
        if let Some(open) = all.get_mut(&self.id) {
            open.handles -= 1;
            if open.handles == 0 {
                all.remove(&self.id);
            }
        }
    }
}

fn lock() -> MutexGuard<'static, BTreeMap<FileId, Open>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn id_of(path: &Path) -> std::io::Result<FileId> {
    std::fs::metadata(path).map(|of| (of.dev(), of.ino()))
}
