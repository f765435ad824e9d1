//! Waits until one of many handles has something to say, and hears Ctrl-C as one of them.

use std::fs::File;
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::epoll;

/// The most handles told of by one wait; the others are told of by the next.
const EVENTS_AT_ONCE: usize = 256;

/// A set of handles, each with a number of the caller's.
#[derive(Debug)]
pub struct Ready {
    epoll: OwnedFd,
}

impl Ready {
    /// An empty set.
    ///
    /// # Errors
    /// When the system has no room for one.
    pub fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)? })
    }

    /// Adds a handle; it leaves by itself when it is closed everywhere, or by [`Self::remove`].
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] for a plain file, which is always ready.
    pub fn add(&self, handle: impl AsFd, number: u64) -> io::Result<()> {
        let data = epoll::EventData::new_u64(number);
        Ok(epoll::add(&self.epoll, handle, data, epoll::EventFlags::IN)?)
    }

    /// Takes a handle out.
    pub fn remove(&self, handle: impl AsFd) {
        // A handle that is not in the set is as good as taken out.
        epoll::delete(&self.epoll, handle).unwrap_or(());
    }

    /// Waits until a handle is ready or `limit` has passed, and puts the numbers of the ready ones in `numbers`.
    ///
    /// # Errors
    /// When the set itself is broken.
    pub fn wait(&self, limit: Option<Duration>, numbers: &mut Vec<u64>) -> io::Result<()> {
        numbers.clear();
        let limit = limit.map(|limit| rustix::time::Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(limit.subsec_nanos()),
        });
        let mut events = [MaybeUninit::uninit(); EVENTS_AT_ONCE];
        match epoll::wait(&self.epoll, &mut events, limit.as_ref()) {
            Ok((events, _)) => numbers.extend(events.iter().map(|event| event.data.u64())),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Hears the signals that ask this process to end.
#[derive(Debug)]
pub struct Interrupts {
    heard: UnixStream,
    ids: Vec<signal_hook::SigId>,
}

impl Interrupts {
    /// From now on Ctrl-C and a request to terminate no longer end the process but are heard here.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        let (heard, told) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        let mut ids = Vec::new();
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        // Whoever quits does not want to ask twice: it counts as two.
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGQUIT] {
            // `nohup` has seen to it that a terminal that goes away changes nothing, and that stays so.
            if signal == SIGHUP && is_ignored(SIGHUP) {
                continue;
            }
            ids.push(signal_hook::low_level::pipe::register(signal, told.try_clone()?)?);
        }
        Ok(Self { heard, ids })
    }

    /// How many were heard since the last call.
    pub fn take(&mut self) -> usize {
        let mut bytes = [0; 16];
        self.heard.read(&mut bytes).unwrap_or(0)
    }
}

impl AsFd for Interrupts {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.heard.as_fd()
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}

/// Whether this process was started so that a signal does nothing; false where the system does not say.
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Hears Ctrl-Z, so that what this process has started can be made to stand still with it.
#[derive(Debug)]
pub struct Suspensions {
    heard: UnixStream,
    id: signal_hook::SigId,
}

impl Suspensions {
    /// From now on Ctrl-Z no longer stops this process but is heard here.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        let (heard, told) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        let id = signal_hook::low_level::pipe::register(signal_hook::consts::SIGTSTP, told)?;
        Ok(Self { heard, id })
    }

    /// Whether one was heard since the last call.
    pub fn take(&mut self) -> bool {
        let mut bytes = [0; 16];
        self.heard.read(&mut bytes).is_ok_and(|count| count > 0)
    }

    /// Stops this process until somebody lets it go on.
    pub fn stop_here(&self) {
        // It is this process's own signal to itself, which is always allowed.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)
            .unwrap_or(());
    }
}

impl AsFd for Suspensions {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.heard.as_fd()
    }
}

impl Drop for Suspensions {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.id);
    }
}

/// Whether reading from a handle would not wait now.
#[must_use]
pub fn readable(handle: std::os::fd::BorrowedFd<'_>) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut asked = [PollFd::from_borrowed_fd(handle, PollFlags::IN)];
    // What cannot be asked is read: a read tells more than a guess.
    poll(&mut asked, Some(&Timespec::default())).map_or(true, |ready| ready > 0)
}

/// Reads once.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] when there is nothing yet, or what the system says.
pub fn read(handle: std::os::fd::BorrowedFd<'_>, block: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(handle, block)?)
}

/// A file without a name in `directory`, gone with its last handle.
///
/// # Errors
/// When the directory cannot be written to.
pub fn unnamed_file(directory: &std::path::Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    match rustix::fs::open(directory, flags, Mode::RUSR | Mode::WUSR) {
        Ok(handle) => Ok(File::from(handle)),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::ISDIR | rustix::io::Errno::INVAL) => {
            named_then_removed(directory)
        }
        Err(error) => Err(error.into()),
    }
}

/// For file systems without unnamed files.
fn named_then_removed(directory: &std::path::Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    let pid = std::process::id();
    for attempt in 0..1000 {
        let path = directory.join(format!(".amorsize-{pid}-{attempt}"));
        match options.open(&path) {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Gives the space of a part of a file back to the system, where it can.
pub fn give_back(file: &File, from: u64, length: u64) {
    use rustix::fs::FallocateFlags;
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    // A file system that cannot do it keeps the space until the file is closed.
    rustix::fs::fallocate(file, flags, from, length).unwrap_or(());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek as _, Write as _};

    #[test]
    fn the_ready_one_is_told_by_its_number() {
        let (reader, mut writer) = io::pipe().unwrap();
        let (quiet, _kept) = io::pipe().unwrap();
        let ready = Ready::new().unwrap();
        ready.add(&reader, 7).unwrap();
        ready.add(&quiet, 8).unwrap();
        let mut numbers = vec![1];
        ready.wait(Some(Duration::ZERO), &mut numbers).unwrap();
        assert!(numbers.is_empty());
        writer.write_all(b"x").unwrap();
        ready.wait(None, &mut numbers).unwrap();
        assert_eq!(numbers, [7]);
        ready.remove(&reader);
        ready.wait(Some(Duration::ZERO), &mut numbers).unwrap();
        assert!(numbers.is_empty());
    }

    #[test]
    fn an_interrupt_is_heard_and_counted() {
        let mut interrupts = Interrupts::listen().unwrap();
        assert_eq!(interrupts.take(), 0);
        signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
        assert_eq!(interrupts.take(), 1);
        signal_hook::low_level::raise(signal_hook::consts::SIGQUIT).unwrap();
        assert_eq!(interrupts.take(), 2);
        // The Rust runtime ignores the one and nobody the other.
        let (pipe, user) = (signal_hook::consts::SIGPIPE, signal_hook::consts::SIGUSR2);
        assert!(is_ignored(pipe) && !is_ignored(user));
        let mut suspensions = Suspensions::listen().unwrap();
        assert!(!suspensions.take());
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP).unwrap();
        assert!(suspensions.take() && !suspensions.take());
    }

    #[test]
    fn an_unnamed_file_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        for make in [unnamed_file, named_then_removed] {
            let mut file = make(directory.path()).unwrap();
            file.write_all(b"abc").unwrap();
            give_back(&file, 0, 1);
            file.rewind().unwrap();
            let mut text = Vec::new();
            file.read_to_end(&mut text).unwrap();
            assert_eq!(text.len(), 3);
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }
}
