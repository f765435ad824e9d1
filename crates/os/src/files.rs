//! Files written so that a reader sees the old one or the new one, whole, and never a third.
//!
//! [`publish`] writes a temporary file of a name nobody else uses, syncs it and renames it over the target in
//! the same directory. [`read_bounded`] reads through one handle and refuses what is larger than the caller
//! expects. Nothing here asks whether a name exists before using it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{At as _, Result};

static NEXT_TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// A temporary file beside its target that is removed unless it is published.
#[derive(Debug)]
pub struct Unpublished {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Unpublished {
    /// Creates a temporary file beside `target`, under a name that no other writer uses.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn beside(target: &Path) -> Result<Self> {
        let temporary = temporary_name(target);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = options.open(&temporary).at("create", &temporary)?;
        Ok(Self { file, temporary, target: target.to_path_buf(), published: false })
    }

    /// Syncs the bytes and renames the file over its target.
    ///
    /// # Errors
    /// When the disk is full or the rename is refused; the target is then untouched.
    pub fn publish(mut self) -> Result<()> {
        self.file.sync_all().at("sync", &self.temporary)?;
        std::fs::rename(&self.temporary, &self.target).at("rename to", &self.target)?;
        self.published = true;
        sync_directory_of(&self.target);
        Ok(())
    }
}

impl io::Write for Unpublished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Unpublished {
    fn drop(&mut self) {
        if !self.published {
            // The file is ours by its unique name; failing to remove it loses nothing but space.
            drop(std::fs::remove_file(&self.temporary));
        }
    }
}

/// Replaces the file at `target` by `bytes`, whole or not at all.
///
/// # Errors
/// When the directory cannot be written or the disk is full; the old file is then untouched.
pub fn publish(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = Unpublished::beside(target)?;
    file.write_all(bytes).at("write", target)?;
    file.publish()
}

/// Reads a whole file of at most `limit` bytes through one handle.
///
/// # Errors
/// When the file cannot be opened or read, or holds more than `limit` bytes.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = File::open(path).at("open", path)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).at("read", path)?;
    if bytes.len() as u64 > limit {
        let error = io::Error::new(io::ErrorKind::FileTooLarge, format!("over {limit} bytes"));
        return Err(error).at("read", path);
    }
    Ok(bytes)
}

/// Makes a directory and its parents, readable by its owner alone, and succeeds if it is there already.
///
/// # Errors
/// When a parent cannot be written or a file stands in the way.
pub fn private_directory(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).at("create directory", path)
}

fn temporary_name(target: &Path) -> PathBuf {
    let count = NEXT_TEMPORARY.fetch_add(1, Ordering::Relaxed);
    // The start time tells two processes apart that had the same number one after the other.
    let me = crate::process::Identity::of_this_process();
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}-{}-{count}.tmp", me.pid, me.started));
    target.with_file_name(name)
}

fn sync_directory_of(target: &Path) {
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // The rename is already visible; a file system that cannot sync a directory has nothing more to give.
    if let Ok(directory) = File::open(parent) {
        drop(directory.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_replaces_the_whole_file_and_leaves_no_temporary() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.json");
        publish(&target, b"first").unwrap();
        publish(&target, b"2nd").unwrap();
        assert_eq!(read_bounded(&target, 100).unwrap(), b"2nd");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_unpublished_file_vanishes_and_the_target_stays() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.json");
        publish(&target, b"old").unwrap();
        let mut file = Unpublished::beside(&target).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(read_bounded(&target, 100).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn two_writers_at_once_never_mix_their_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.json");
        std::thread::scope(|scope| {
            for writer in 0..4_u8 {
                let target = &target;
                scope.spawn(move || {
                    for _ in 0..50 {
                        publish(target, &[writer; 512]).unwrap();
                    }
                });
            }
        });
        let bytes = read_bounded(&target, 4096).unwrap();
        assert_eq!(bytes.len(), 512);
        assert!(bytes.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_larger_file_than_expected_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("big");
        publish(&target, &[0; 11]).unwrap();
        let error = read_bounded(&target, 10).unwrap_err();
        assert_eq!(error.io_kind(), io::ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("big"));
    }
}
