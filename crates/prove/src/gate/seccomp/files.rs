//! Reading what a stopped thread names: its memory, its descriptors, its working directory.
//!
//! Everything read here belongs to the stopped call only as long as the call still waits; the caller checks that
//! afterwards. A name that cannot be read is no name: the call then passes unseen, which the dry run shows.

use super::Watches;
use super::calls::{Call, Payload, Shape};
use super::sys::Notice;
use std::fs::File;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path, PathBuf};

const PATH_BYTES_MAX: usize = 4096;
const PAYLOAD_BYTES_MAX: usize = 4096;
const VECTORS_MAX: usize = 16;
const PAGE: u64 = 4096;

/// The memory and descriptors of a stopped thread.
#[derive(Debug)]
pub(super) struct Memory {
    thread: u32,
    memory: Option<File>,
}

impl Memory {
    pub(super) fn of(thread: u32) -> Self {
        Self { thread, memory: File::open(format!("/proc/{thread}/mem")).ok() }
    }

    /// Reads up to `length` bytes; fewer where the memory ends.
    pub(super) fn bytes(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let Some(memory) = &self.memory else { return vec![] };
        let mut filled = 0;
        while filled < length {
            // One page at a time: the next one may not be there.
            let from = address.wrapping_add(filled as u64);
            let in_page = usize::try_from(PAGE - from % PAGE).unwrap_or(length);
            let until = (filled + in_page).min(length);
            match memory.read_at(&mut bytes[filled..until], from) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        bytes.truncate(filled);
        bytes
    }

    fn text(&self, address: u64) -> Option<PathBuf> {
        let mut text = Vec::new();
        while text.len() < PATH_BYTES_MAX {
            let from = address.wrapping_add(text.len() as u64);
            let in_page = usize::try_from(PAGE - from % PAGE).ok()?.min(256);
            let piece = self.bytes(from, in_page);
            if let Some(end) = piece.iter().position(|byte| *byte == 0) {
                text.extend_from_slice(&piece[..end]);
                return Some(PathBuf::from(std::ffi::OsString::from_vec(text)));
            }
            if piece.is_empty() {
                return None;
            }
            text.extend(piece);
        }
        None
    }

    /// What a descriptor stands for.
    pub(super) fn descriptor(&self, number: u64) -> Option<String> {
        let number = i32::try_from(number & 0xffff_ffff).ok()?;
        let link = std::fs::read_link(format!("/proc/{}/fd/{number}", self.thread)).ok()?;
        Some(link.to_string_lossy().into_owned())
    }

    /// Whether somebody else holds a whole-file lock on what a descriptor stands for.
    pub(super) fn is_locked_by_another(&self, number: u64) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let own = format!("/proc/{}/fd/{}", self.thread, number & 0xffff_ffff);
        let Ok(file) = std::fs::metadata(own) else { return false };
        let inode = format!(":{}", file.ino());
        let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        locks.lines().any(|line| {
            let mut words = line.split_whitespace().skip(1);
            words.next() == Some("FLOCK") && words.any(|word| word.ends_with(&inode))
        })
    }

    /// The path a call names, made absolute; nothing for a call on a handle (an empty path).
    pub(super) fn named(&self, notice: &Notice, at: Option<usize>, path: usize) -> Option<Named> {
        let text = self.text(notice.arguments[path])?;
        if text.as_os_str().is_empty() {
            return None;
        }
        if text.is_absolute() {
            return Some(Named { path: lexical(&text), by_handle: false });
        }
        let start = at.map_or(libc::AT_FDCWD, |at| descriptor_number(notice.arguments[at]));
        let base = if start == libc::AT_FDCWD {
            format!("/proc/{}/cwd", self.thread)
        } else {
            format!("/proc/{}/fd/{start}", self.thread)
        };
        let base = std::fs::read_link(base).ok()?;
        Some(Named { path: lexical(&base.join(text)), by_handle: false })
    }

    /// The flags an open call carries.
    pub(super) fn open_flags(&self, call: &Call, notice: &Notice) -> Option<i32> {
        let low = |word: u64| i32::try_from(word & 0x7fff_ffff).ok();
        match call.name {
            "creat" => Some(libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC),
            "openat2" => {
                let how = self.bytes(notice.arguments[2], 8);
                low(u64::from_ne_bytes(how.try_into().ok()?))
            }
            "open" if matches!(call.shape, Shape::Path { at: Some(_), .. }) => {
                low(notice.arguments[2])
            }
            "open" => low(notice.arguments[1]),
            _ => None,
        }
    }

    /// The first bytes of what is sent.
    pub(super) fn payload(&self, notice: &Notice, kind: Payload) -> Vec<u8> {
        let (address, length) = (notice.arguments[1], notice.arguments[2]);
        match kind {
            Payload::Buffer => self.bytes(address, clip(length)),
            Payload::Vector => self.vectors(address, length),
            Payload::Message => {
                let header = self.bytes(address, 32);
                let word = |at: usize| {
                    header.get(at..at + 8).and_then(|w| w.try_into().ok()).map(u64::from_ne_bytes)
                };
                match (word(16), word(24)) {
                    (Some(vectors), Some(count)) => self.vectors(vectors, count),
                    _ => vec![],
                }
            }
        }
    }

    fn vectors(&self, address: u64, count: u64) -> Vec<u8> {
        let count = usize::try_from(count).unwrap_or(VECTORS_MAX).min(VECTORS_MAX);
        let mut payload = Vec::new();
        for vector in self.bytes(address, count * 16).chunks_exact(16) {
            let (base, length) = vector.split_at(8);
            let (Ok(base), Ok(length)) = (base.try_into(), length.try_into()) else { break };
            let length = clip(u64::from_ne_bytes(length)).min(PAYLOAD_BYTES_MAX - payload.len());
            payload.extend(self.bytes(u64::from_ne_bytes(base), length));
        }
        payload
    }
}

fn clip(length: u64) -> usize {
    usize::try_from(length).unwrap_or(PAYLOAD_BYTES_MAX).min(PAYLOAD_BYTES_MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a descriptor is the low half of its register")]
fn descriptor_number(argument: u64) -> i32 {
    argument as u32 as i32
}

/// A path a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: PathBuf,
    by_handle: bool,
}

impl Named {
    pub(super) fn of_descriptor(link: &str) -> Self {
        Self { path: PathBuf::from(link.trim_end_matches(" (deleted)")), by_handle: true }
    }

    pub(super) fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok()
    }

    /// Whether the path is watched, as it is written or with its folder resolved.
    pub(super) fn matches(&self, watches: &Watches) -> bool {
        if watches.matches(&self.path) {
            return true;
        }
        if self.by_handle {
            return false;
        }
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return false;
        };
        std::fs::canonicalize(folder)
            .is_ok_and(|real| real != folder && watches.matches(&real.join(name)))
    }

    pub(super) fn shown(&self, directory: &Path) -> String {
        match self.path.strip_prefix(directory) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            inside => inside.unwrap_or(&self.path).display().to_string(),
        }
    }
}

/// Removes `.` and `..` without asking the file system.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_go_away_without_looking() {
        assert_eq!(lexical(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(lexical(Path::new("/../a")), Path::new("/a"));
    }

    #[test]
    fn a_path_is_shown_from_where_one_stands() {
        let shown = |path| Named::of_descriptor(path).shown(Path::new("/home/a"));
        assert_eq!([shown("/home/a/k"), shown("/home/a"), shown("/etc")], ["k", ".", "/etc"]);
    }
}
