//! Files written so that a reader sees the old one or the new one, whole, and never a third.
//!
//! [`publish`] writes a temporary file of a name nobody else uses, syncs it and renames it over the target in
//! the same directory. A link is followed and the file behind it replaced, which keeps its permissions; what is no file
//! (a device, a pipe) is never replaced but written to. [`read_bounded`] reads through one handle and refuses what is
//! larger than the caller expects. Nothing here asks whether a name exists before using it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{At as _, Result};

static NEXT_TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// A temporary file beside its target that is removed unless it is published; where the target is a device or a pipe, that
/// itself.
#[derive(Debug)]
pub struct Unpublished {
    file: File,
    target: PathBuf,
    /// What is to be renamed or removed; none where the target is written to as it stands.
    temporary: Option<PathBuf>,
}

/// What a target is now.
enum Target {
    /// Nothing yet, or a file: the path to rename to, and the permissions to keep.
    File(PathBuf, Option<Permissions>),
    /// A device or a pipe.
    Stream(File),
}

impl Unpublished {
    /// Creates a temporary file beside `target`, under a name that no other writer uses.
    ///
    /// # Errors
    /// When the file cannot be created, or the target is a folder.
    pub fn beside(target: &Path) -> Result<Self> {
        let (path, permissions) = match Target::of(target).at("write", target)? {
            Target::File(path, permissions) => (path, permissions),
            Target::Stream(file) => {
                return Ok(Self { file, target: target.to_path_buf(), temporary: None });
            }
        };
        let temporary = temporary_name(&path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = options.open(&temporary).at("create", target)?;
        let unpublished = Self { file, target: path, temporary: Some(temporary) };
        if let Some(permissions) = permissions {
            unpublished.file.set_permissions(permissions).at("keep the permissions of", target)?;
        }
        Ok(unpublished)
    }

    /// Syncs the bytes and renames the file over its target.
    ///
    /// # Errors
    /// When the disk is full or the rename is refused; the target is then untouched.
    pub fn publish(mut self) -> Result<()> {
        let Some(temporary) = &self.temporary else { return Ok(()) };
        self.file.sync_all().at("write", &self.target)?;
        std::fs::rename(temporary, &self.target).at("write", &self.target)?;
        self.temporary = None;
        sync_directory_of(&self.target);
        Ok(())
    }
}

impl Target {
    fn of(target: &Path) -> io::Result<Self> {
        match OpenOptions::new().write(true).open(target) {
            Ok(file) => {
                let metadata = file.metadata()?;
                if !metadata.is_file() {
                    return Ok(Self::Stream(file));
                }
                Ok(Self::File(std::fs::canonicalize(target)?, Some(metadata.permissions())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::File(target.to_path_buf(), None))
            }
            Err(error) => {
                // A file that may not be written may still be replaced.
                let metadata = std::fs::metadata(target)?;
                if !metadata.is_file() {
                    return Err(error);
                }
                Ok(Self::File(std::fs::canonicalize(target)?, Some(metadata.permissions())))
            }
        }
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
        if let Some(temporary) = &self.temporary {
            // The file is ours by its unique name; failing to remove it loses nothing but space.
            drop(std::fs::remove_file(temporary));
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

/// Opens a file to read it, and nothing but a file: what is a folder, a pipe or a device is refused, and not waited for.
///
/// # Errors
/// When it cannot be opened, or with [`io::ErrorKind::InvalidInput`] when it is no file.
pub fn open_plain(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path).at("open", path)?;
    let metadata = file.metadata().at("look at", path)?;
    if metadata.is_file() {
        return Ok(file);
    }
    let what = if metadata.is_dir() { "a folder" } else { "a device or a pipe" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a file")))
        .at("open", path)
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

/// Marks a folder as one that backups need not keep, as cachedir.org describes it. A mark that is there stays as it is, and a
/// folder that cannot be marked is as good a folder.
pub fn mark_as_cache(folder: &Path) {
    const TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55\n\
        # This folder holds what Amorsize remembers and can measure again; see https://bford.info/cachedir/\n";
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if let Ok(mut file) = options.open(folder.join("CACHEDIR.TAG")) {
        drop(file.write_all(TAG));
    }
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
    #[cfg(unix)]
    fn a_file_behind_a_link_is_replaced_and_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("tool.py"), dir.path().join("link"));
        publish(&target, b"old").unwrap();
        std::fs::set_permissions(&target, Permissions::from_mode(0o750)).unwrap();
        std::os::unix::fs::symlink("tool.py", &link).unwrap();
        publish(&link, b"new").unwrap();
        assert_eq!(read_bounded(&target, 100).unwrap(), b"new");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_written_to_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        publish(&link, b"gone").unwrap();
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("/dev/full", &link).unwrap();
        assert_eq!(publish(&link, b"too much").unwrap_err().io_kind(), io::ErrorKind::StorageFull);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(publish(dir.path(), b"x").unwrap_err().io_kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_is_refused_without_waiting_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        for path in [&pipe, dir.path(), Path::new("/dev/null")] {
            let error = open_plain(path).unwrap_err();
            assert_eq!(error.io_kind(), io::ErrorKind::InvalidInput, "{error}");
        }
        assert_eq!(
            open_plain(&dir.path().join("none")).unwrap_err().io_kind(),
            io::ErrorKind::NotFound
        );
    }

    #[test]
    fn a_folder_is_marked_once() {
        let dir = tempfile::tempdir().unwrap();
        mark_as_cache(dir.path());
        let tag = dir.path().join("CACHEDIR.TAG");
        assert!(
            read_bounded(&tag, 1000)
                .unwrap()
                .starts_with(b"Signature: 8a477f597d28d172789f06886806bc55")
        );
        std::fs::write(&tag, "Signature: of somebody else").unwrap();
        mark_as_cache(dir.path());
        assert_eq!(read_bounded(&tag, 1000).unwrap(), b"Signature: of somebody else");
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
