//! Memory that other processes write, and a mark that says whether this is still the process that made it.
//!
//! [`SharedWords`] reads the beginning of a file that others have mapped too, without a system call. [`incarnation`] is
//! what the number of the process is used for elsewhere: a child made by `fork` must not use what its parent had open.
//! It costs a load instead of a system call and, unlike a number, never comes back.
//!
//! Deliberately absent: writing. Nothing here changes what others read.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::mm::{Advice, MapFlags, ProtFlags};

/// The first words of a file as they are now, whoever has written them.
///
/// The file has to keep its length as long as this lives: a process that reads mapped memory behind the end of a file
/// is killed (SIGBUS).
#[derive(Debug)]
pub struct SharedWords {
    words: NonNull<[AtomicU64]>,
}

// SAFETY: the words are only ever read, atomically, and stay mapped until the value is dropped.
#[expect(unsafe_code, reason = "a pointer to atomics may go to any thread")]
unsafe impl Send for SharedWords {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "a pointer to atomics may be shared by threads")]
unsafe impl Sync for SharedWords {}

impl SharedWords {
    /// Maps the first `count` words of `file`.
    ///
    /// # Errors
    /// When the file is shorter, or cannot be mapped.
    #[expect(unsafe_code, reason = "mapping memory")]
    pub fn map(file: &File, count: usize) -> Result<Self> {
        let bytes = count * size_of::<u64>();
        if file.metadata()?.len() < bytes as u64 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the file is too short to be mapped"));
        }
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of this program.
        let at = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                bytes,
                ProtFlags::READ,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let at = NonNull::new(at.cast()).ok_or(ErrorKind::OutOfMemory)?;
        Ok(Self { words: NonNull::slice_from_raw_parts(at, count) })
    }

    /// The first `N` words, each as it was at some moment during the call, in this order.
    ///
    /// # Panics
    /// When fewer were mapped.
    #[must_use]
    #[expect(unsafe_code, reason = "reading mapped memory")]
    pub fn read<const N: usize>(&self) -> [u64; N] {
        // SAFETY: mapped until this is dropped, aligned (a mapping begins at a page), and atomic: others write to it.
        let words = unsafe { self.words.as_ref() };
        std::array::from_fn(|i| words[i].load(Ordering::Acquire))
    }
}

impl Drop for SharedWords {
    #[expect(unsafe_code, reason = "unmapping memory")]
    fn drop(&mut self) {
        let bytes = self.words.len() * size_of::<u64>();
        // SAFETY: mapped by `map` with this length, and nothing refers to it any more.
        let unmapped = unsafe { rustix::mm::munmap(self.words.as_ptr().cast(), bytes) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

/// Which process this is, among itself and all that it was forked from.
///
/// Two calls agree exactly when no `fork` lies between them (by whatever system call: the kernel empties the word in
/// the child).
#[must_use]
pub fn incarnation() -> NonZero<u64> {
    static WORD: OnceLock<Option<Wiped>> = OnceLock::new();
    let Some(word) = WORD.get_or_init(Wiped::new) else {
        // A kernel without the advice (before 4.14).
        return NonZero::<u64>::MIN.saturating_add(std::process::id().into());
    };
    word.number()
}

/// A word that reads zero in a child.
struct Wiped(&'static AtomicU64);

impl Wiped {
    #[expect(unsafe_code, reason = "a page of its own, which is never given back")]
    fn new() -> Option<Self> {
        let bytes = rustix::param::page_size();
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of this program.
        let page = unsafe {
            let readable = ProtFlags::READ | ProtFlags::WRITE;
            rustix::mm::mmap_anonymous(std::ptr::null_mut(), bytes, readable, MapFlags::PRIVATE)
        };
        let page = page.ok()?;
        // SAFETY: the page is the one just mapped; the advice changes what a child sees of it, nothing else.
        unsafe { rustix::mm::madvise(page, bytes, Advice::LinuxWipeOnFork) }.ok()?;
        // SAFETY: aligned, zeroed, never unmapped, and accessed as an atomic only.
        Some(Self(unsafe { page.cast::<AtomicU64>().as_ref() }?))
    }

    fn number(&self) -> NonZero<u64> {
        // Ordinary memory, so a child goes on where its parent was.
        static LAST: AtomicU64 = AtomicU64::new(0);
        if let Some(number) = NonZero::new(self.0.load(Ordering::Relaxed)) {
            return number;
        }
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let set = self.0.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
        let number = set.err().unwrap_or(number);
        NonZero::new(number).unwrap_or(NonZero::<u64>::MIN)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn shared_words_follow_the_file() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&7_u64.to_ne_bytes(), 0).unwrap();
        file.write_all_at(&8_u64.to_ne_bytes(), 8).unwrap();
        let words = SharedWords::map(&file, 2).unwrap();
        assert_eq!(words.read(), [7, 8]);
        file.write_all_at(&9_u64.to_ne_bytes(), 8).unwrap();
        assert_eq!(words.read(), [7, 9]);
    }

    #[test]
    fn a_file_that_is_too_short_is_not_mapped() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[0; 15], 0).unwrap();
        assert_eq!(SharedWords::map(&file, 2).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    /// Whether `incarnation` says something else in a child.
    #[expect(unsafe_code, reason = "a fork without exec is what this is about")]
    fn differs_in_a_child() -> bool {
        let mine = incarnation();
        // SAFETY: the child only calls what is async-signal-safe: loads, stores, `_exit`.
        match unsafe { libc::fork() } {
            // SAFETY: as above.
            0 => unsafe { libc::_exit(i32::from(incarnation() == mine)) },
            child => {
                assert!(child > 0);
                let mut status = 0;
                // SAFETY: a child of this process, and a place for its status.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
            }
        }
    }

    #[test]
    fn a_child_is_another_incarnation() {
        let mine = incarnation();
        assert!(differs_in_a_child());
        assert_eq!(incarnation(), mine);
        assert_eq!(std::thread::spawn(incarnation).join().unwrap(), mine);
    }
}
