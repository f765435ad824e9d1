//! The raw system calls of the gate, and the hand-over of the listener.
//!
//! The child writes its process id *before* the filter stands, installs the filter, puts the listener at a known
//! descriptor number and waits in `poll`, which is never filtered. We copy the listener out of the child
//! (`pidfd_getfd`) and let it go on. No filtered call is needed in between, so nobody waits for somebody who
//! waits for him.
#![expect(unsafe_code, reason = "seccomp notification has no typed interface")]

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

const RECEIVE: libc::Ioctl = 0xC050_2100_u32 as libc::Ioctl;
const SEND: libc::Ioctl = 0xC018_2101_u32 as libc::Ioctl;
const ID_VALID: libc::Ioctl = 0x4008_2102;
const SET_MODE_FILTER: libc::c_long = 1;
const NEW_LISTENER: libc::c_long = 1 << 3;
const WAIT_KILLABLE: libc::c_long = 1 << 5;
const CONTINUE: u32 = 1;
/// Where the child puts the listener; below every usual limit, above every usual descriptor.
const LISTENER_FD: RawFd = 973;
const HAND_OVER: Duration = Duration::from_secs(10);
const HAND_OVER_STEP: Duration = Duration::from_micros(100);

/// One call that waits for our answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Notice {
    pub(super) id: u64,
    pub(super) thread: u32,
    pub(super) number: i64,
    pub(super) arguments: [u64; 6],
}

/// Makes the command install the filter between fork and exec.
pub(super) fn install_before_exec(
    command: &mut Command,
    mut program: Vec<libc::sock_filter>,
    hello: OwnedFd,
    go: OwnedFd,
) {
    let install = move || {
        let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
        install(&program, hello.as_raw_fd(), go.as_raw_fd())
    };
    // SAFETY: the closure runs between fork and exec; it only makes system calls on values that were built
    // before the fork, and allocates nothing.
    unsafe { command.pre_exec(install) };
}

fn install(program: &libc::sock_fprog, hello: RawFd, go: RawFd) -> io::Result<()> {
    let id = std::process::id().to_ne_bytes();
    // SAFETY: the buffer is four bytes long and lives across the call.
    check(unsafe { libc::write(hello, id.as_ptr().cast(), id.len()) })?;
    // Without us nobody answers its calls: it must not go on alone when we are interrupted.
    // SAFETY: the call takes no pointers.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } as isize)?;
    // SAFETY: the call takes no pointers.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } as isize)?;
    let mut listener = set_filter(program, NEW_LISTENER | WAIT_KILLABLE);
    if listener.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::EINVAL)) {
        listener = set_filter(program, NEW_LISTENER);
    }
    let listener = RawFd::try_from(listener?).map_err(|_| io::ErrorKind::InvalidData)?;
    // SAFETY: both are plain numbers; the listener was just made by this process.
    check(unsafe { libc::dup3(listener, LISTENER_FD, libc::O_CLOEXEC) } as isize)?;
    let mut ready = libc::pollfd { fd: go, events: libc::POLLIN, revents: 0 };
    // SAFETY: the array has one element and lives across the call.
    check(unsafe { libc::poll(&raw mut ready, 1, 10_000) } as isize).map(drop)
}

fn set_filter(program: &libc::sock_fprog, flags: libc::c_long) -> io::Result<isize> {
    let pointer = std::ptr::from_ref(program);
    // SAFETY: the program points at a live array of the stated length; the kernel copies it.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, flags, pointer) };
    check(isize::try_from(result).unwrap_or(-1))
}

fn check(result: isize) -> io::Result<isize> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Copies the listener out of the child and lets it go on; nothing if the child never came that far.
pub(super) fn take_listener(hello: OwnedFd, go: &OwnedFd) -> Option<OwnedFd> {
    let mut id = [0_u8; 4];
    std::fs::File::from(hello).read_exact(&mut id).ok()?;
    let pid = Pid::from_raw(i32::from_ne_bytes(id))?;
    let child = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let watch = amorsize_os::clock::Stopwatch::start();
    let listener = loop {
        match pidfd_getfd(&child, LISTENER_FD, PidfdGetfdFlags::empty()) {
            Ok(listener) => break listener,
            Err(rustix::io::Errno::BADF) if watch.elapsed() < HAND_OVER => {
                std::thread::sleep(HAND_OVER_STEP);
            }
            Err(_) => return None,
        }
    };
    let sent = rustix::io::write(go, b"!").is_ok();
    sent.then_some(listener)
}

/// Takes the next call; `None` when it was withdrawn in the meantime.
pub(super) fn receive(listener: BorrowedFd<'_>) -> io::Result<Option<Notice>> {
    // SAFETY: the structure consists of integers, for which all zeros is a value.
    let mut raw: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes one structure of this size into a live variable.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), RECEIVE, &raw mut raw) };
    if result < 0 {
        let error = io::Error::last_os_error();
        return match error.raw_os_error() {
            Some(libc::ENOENT | libc::EINTR) => Ok(None),
            _ => Err(error),
        };
    }
    Ok(Some(Notice {
        id: raw.id,
        thread: raw.pid,
        number: i64::from(raw.data.nr),
        arguments: raw.data.args,
    }))
}

/// Whether the call still waits: what was read of its arguments before is then its own.
pub(super) fn still_waits(listener: BorrowedFd<'_>, id: u64) -> bool {
    // SAFETY: the kernel reads eight bytes from a live variable.
    unsafe { libc::ioctl(listener.as_raw_fd(), ID_VALID, &raw const id) == 0 }
}

/// Lets the call run.
pub(super) fn let_run(listener: BorrowedFd<'_>, id: u64) {
    answer(listener, libc::seccomp_notif_resp { id, val: 0, error: 0, flags: CONTINUE });
}

/// Answers the call with an error in its place.
pub(super) fn refuse(listener: BorrowedFd<'_>, id: u64, errno: i32) {
    answer(listener, libc::seccomp_notif_resp { id, val: 0, error: -errno, flags: 0 });
}

fn answer(listener: BorrowedFd<'_>, mut response: libc::seccomp_notif_resp) {
    // A caller that was killed in the meantime needs no answer, so the result says nothing.
    // SAFETY: the kernel reads one structure of this size from a live variable.
    unsafe { libc::ioctl(listener.as_raw_fd(), SEND, &raw mut response) };
}
