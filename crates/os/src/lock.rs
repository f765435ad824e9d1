//! An advisory lock on a file, between processes, with a deadline.
//!
//! A lock file can be removed and made anew while somebody waits for it; then two processes would each hold a
//! lock on a different file of one name. So a lock counts only if, once locked, the handle is still the file
//! that the name leads to. The kernel releases it when its owner dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

use crate::clock::Stopwatch;
use crate::error::{At as _, Error, Result};

/// How long one attempt sleeps before the next, at first and at most.
const PAUSE_FIRST: Duration = Duration::from_micros(200);
const PAUSE_MOST: Duration = Duration::from_millis(20);

/// An exclusive lock on a file, released on drop or when the process dies.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// Takes the lock on `path`, creating the file, and waits at most `deadline` for another owner.
    ///
    /// # Errors
    /// When the file cannot be opened, or with [`std::io::ErrorKind::TimedOut`] when another process kept it.
    pub fn acquire(path: &Path, deadline: Duration) -> Result<Self> {
        let watch = Stopwatch::start();
        let mut pause = PAUSE_FIRST;
        loop {
            if let Some(lock) = Self::try_acquire(path)? {
                return Ok(lock);
            }
            let left = watch.left_of(deadline);
            if left.is_zero() {
                let waited = format!("another process kept it for {deadline:?}");
                let error = std::io::Error::new(std::io::ErrorKind::TimedOut, waited);
                return Err(Error::new("lock", path, error));
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(PAUSE_MOST);
        }
    }

    /// Takes the lock on `path` if nobody else has it.
    ///
    /// # Errors
    /// When the file cannot be opened or locked for another reason than another owner.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).at("open", path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::new("lock", path, error)),
        }
        if is_linked_at(&file, path)? {
            return Ok(Some(Self { file, path: path.to_path_buf() }));
        }
        Ok(None)
    }

    /// The file that is locked.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether another process holds a POSIX record lock on any of `length` bytes from `start` of `file`.
///
/// # Errors
/// When the system cannot tell.
pub fn is_range_locked(file: &File, start: u64, length: u64) -> std::io::Result<bool> {
    let wanted = Flock {
        start,
        length,
        pid: None,
        typ: FlockType::WriteLock,
        offset_type: FlockOffsetType::Set,
    };
    Ok(fcntl_getlk(file, &wanted)?.is_some())
}

/// Whether a record lock on the file at `path` keeps a second owner out. On some file systems every lock is granted, and
/// whoever relies on one loses data without a word.
///
/// # Errors
/// When the file cannot be opened, or locks are refused altogether.
pub fn record_locks_work(path: &Path) -> Result<bool> {
    let open = || OpenOptions::new().read(true).write(true).open(path).at("open", path);
    let (one, two) = (open()?, open()?);
    let is_granted = |file: &File| try_record_lock(file).at("lock", path);
    Ok(!is_granted(&one)? || !is_granted(&two)?)
}

/// Takes a write lock on the first byte that belongs to the open file, not to the process; `false` when it is taken.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no typed library has locks of open files")]
fn try_record_lock(file: &File) -> std::io::Result<bool> {
    use std::os::fd::AsRawFd as _;
    // SAFETY: all fields of the structure are numbers, for which zero is a value.
    let mut wanted: libc::flock = unsafe { std::mem::zeroed() };
    wanted.l_type = libc::c_short::try_from(libc::F_WRLCK).unwrap_or_default();
    wanted.l_len = 1;
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and the structure outlives the call.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const wanted) };
    if done == 0 {
        return Ok(true);
    }
    let error = std::io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EACCES) => Ok(false),
        // A kernel without such locks: nothing can be said.
        Some(libc::EINVAL) => Ok(false),
        _ => Err(error),
    }
}

#[cfg(not(target_os = "linux"))]
fn try_record_lock(_: &File) -> std::io::Result<bool> {
    Ok(false)
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the handle releases the lock as well; this only does it at once.
        drop(self.file.unlock());
    }
}

fn is_linked_at(file: &File, path: &Path) -> Result<bool> {
    let ours = file.metadata().at("look at", path)?;
    match std::fs::metadata(path) {
        Ok(named) => Ok(named.dev() == ours.dev() && named.ino() == ours.ino()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::new("look at", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_waits_no_longer_than_its_deadline() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = FileLock::acquire(&path, Duration::ZERO).unwrap();
        let error = FileLock::acquire(&path, Duration::from_millis(5)).unwrap_err();
        assert_eq!(error.io_kind(), std::io::ErrorKind::TimedOut);
        drop(first);
        FileLock::acquire(&path, Duration::ZERO).unwrap();
    }

    #[test]
    fn a_local_folder_keeps_two_owners_of_a_record_lock_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert!(record_locks_work(&path).is_err(), "there is no file");
        std::fs::write(&path, b"").unwrap();
        assert!(record_locks_work(&path).unwrap());
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        assert!(try_record_lock(&file).unwrap());
        let other = OpenOptions::new().write(true).open(&path).unwrap();
        assert!(!try_record_lock(&other).unwrap());
    }

    #[test]
    fn a_lock_on_an_unlinked_file_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = FileLock::acquire(&path, Duration::ZERO).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = FileLock::acquire(&path, Duration::ZERO).unwrap();
        assert!(is_linked_at(&second.file, &path).unwrap());
        assert!(!is_linked_at(&first.file, &path).unwrap());
    }
}
