//! Which system calls can be boundaries, and where their arguments stand: one table, two architectures.
//!
//! The numbers come from `libc` and are right for the architecture this is compiled for; calls that only
//! x86-64 has are listed apart.

/// Where a call names what it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A path, relative to the descriptor in `at` or to the working directory.
    Path { at: Option<usize>, path: usize },
    /// Two paths: from and to.
    Paths { from: (Option<usize>, usize), to: (Option<usize>, usize) },
    /// Only the second path names something watched (`symlink`).
    Target { at: Option<usize>, path: usize },
    /// An open file, and perhaps a socket.
    Descriptor { fd: usize },
    /// A socket and an address.
    Connect,
    /// A socket and what is sent.
    Send(Payload),
    /// A socket from which an answer is taken.
    Receive,
    /// A way around the gate that is refused.
    Refused,
}

/// Where the bytes that are sent stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// Address and length in arguments 1 and 2.
    Buffer,
    /// An array of buffers in arguments 1 and 2.
    Vector,
    /// A message header in argument 1.
    Message,
}

/// What a call does to the thing it names; decides the words and what is worth noting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Looks,
    Opens,
    Creates,
    Removes,
    Renames,
    Reads,
    Writes,
    Locks,
    Lists,
    Other,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) number: i64,
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) effect: Effect,
}

impl Call {
    /// Whether only sockets make the call interesting.
    pub(super) fn socket_only(&self) -> bool {
        matches!(self.shape, Shape::Connect)
            || matches!(self.name, "sendto" | "sendmsg" | "sendmmsg" | "recvfrom" | "recvmsg")
    }
}

const fn row(number: i64, name: &'static str, shape: Shape, effect: Effect) -> Call {
    Call { number, name, shape, effect }
}

const fn at(path: usize) -> Shape {
    Shape::Path { at: Some(path - 1), path }
}

const fn fd(fd: usize) -> Shape {
    Shape::Descriptor { fd }
}

use Effect::{Creates, Lists, Locks, Looks, Opens, Other, Reads, Removes, Renames, Writes};

const COMMON: &[Call] = &[
    row(libc::SYS_openat, "open", at(1), Opens),
    row(libc::SYS_openat2, "openat2", at(1), Opens),
    row(libc::SYS_newfstatat, "stat", at(1), Looks),
    row(libc::SYS_statx, "stat", at(1), Looks),
    row(libc::SYS_faccessat, "access", at(1), Looks),
    row(libc::SYS_faccessat2, "access", at(1), Looks),
    row(libc::SYS_readlinkat, "readlink", at(1), Looks),
    row(libc::SYS_unlinkat, "unlink", at(1), Removes),
    row(libc::SYS_mkdirat, "mkdir", at(1), Creates),
    row(libc::SYS_mknodat, "mknod", at(1), Creates),
    row(libc::SYS_fchmodat, "chmod", at(1), Other),
    row(libc::SYS_utimensat, "utime", at(1), Other),
    row(libc::SYS_truncate, "truncate", Shape::Path { at: None, path: 0 }, Writes),
    row(
        libc::SYS_renameat,
        "rename",
        Shape::Paths { from: (Some(0), 1), to: (Some(2), 3) },
        Renames,
    ),
    row(
        libc::SYS_renameat2,
        "rename",
        Shape::Paths { from: (Some(0), 1), to: (Some(2), 3) },
        Renames,
    ),
    row(libc::SYS_linkat, "link", Shape::Paths { from: (Some(0), 1), to: (Some(2), 3) }, Creates),
    row(libc::SYS_symlinkat, "symlink", Shape::Target { at: Some(1), path: 2 }, Creates),
    row(libc::SYS_read, "read", fd(0), Reads),
    row(libc::SYS_readv, "read", fd(0), Reads),
    row(libc::SYS_pread64, "read", fd(0), Reads),
    row(libc::SYS_preadv, "read", fd(0), Reads),
    row(libc::SYS_preadv2, "read", fd(0), Reads),
    row(libc::SYS_write, "write", fd(0), Writes),
    row(libc::SYS_writev, "write", fd(0), Writes),
    row(libc::SYS_pwrite64, "write", fd(0), Writes),
    row(libc::SYS_pwritev, "write", fd(0), Writes),
    row(libc::SYS_pwritev2, "write", fd(0), Writes),
    row(libc::SYS_ftruncate, "truncate", fd(0), Writes),
    row(libc::SYS_copy_file_range, "copy_file_range", fd(2), Writes),
    row(libc::SYS_sendfile, "sendfile", fd(0), Writes),
    row(libc::SYS_getdents64, "list", fd(0), Lists),
    row(libc::SYS_flock, "flock", fd(0), Locks),
    row(libc::SYS_fcntl, "lock", fd(0), Locks),
    row(libc::SYS_mmap, "mmap", fd(4), Other),
    row(libc::SYS_connect, "connect", Shape::Connect, Other),
    row(libc::SYS_sendto, "sendto", Shape::Send(Payload::Buffer), Other),
    row(libc::SYS_sendmsg, "sendmsg", Shape::Send(Payload::Message), Other),
    row(libc::SYS_sendmmsg, "sendmmsg", Shape::Send(Payload::Message), Other),
    row(libc::SYS_recvfrom, "recvfrom", Shape::Receive, Other),
    row(libc::SYS_recvmsg, "recvmsg", Shape::Receive, Other),
    row(libc::SYS_io_uring_setup, "io_uring_setup", Shape::Refused, Other),
];

#[cfg(target_arch = "x86_64")]
const LEGACY: &[Call] = &[
    row(libc::SYS_open, "open", Shape::Path { at: None, path: 0 }, Opens),
    row(libc::SYS_creat, "creat", Shape::Path { at: None, path: 0 }, Opens),
    row(libc::SYS_stat, "stat", Shape::Path { at: None, path: 0 }, Looks),
    row(libc::SYS_lstat, "stat", Shape::Path { at: None, path: 0 }, Looks),
    row(libc::SYS_access, "access", Shape::Path { at: None, path: 0 }, Looks),
    row(libc::SYS_readlink, "readlink", Shape::Path { at: None, path: 0 }, Looks),
    row(libc::SYS_unlink, "unlink", Shape::Path { at: None, path: 0 }, Removes),
    row(libc::SYS_rmdir, "rmdir", Shape::Path { at: None, path: 0 }, Removes),
    row(libc::SYS_mkdir, "mkdir", Shape::Path { at: None, path: 0 }, Creates),
    row(libc::SYS_mknod, "mknod", Shape::Path { at: None, path: 0 }, Creates),
    row(libc::SYS_chmod, "chmod", Shape::Path { at: None, path: 0 }, Other),
    row(libc::SYS_utime, "utime", Shape::Path { at: None, path: 0 }, Other),
    row(libc::SYS_utimes, "utime", Shape::Path { at: None, path: 0 }, Other),
    row(libc::SYS_rename, "rename", Shape::Paths { from: (None, 0), to: (None, 1) }, Renames),
    row(libc::SYS_link, "link", Shape::Paths { from: (None, 0), to: (None, 1) }, Creates),
    row(libc::SYS_symlink, "symlink", Shape::Target { at: None, path: 1 }, Creates),
    row(libc::SYS_getdents, "list", fd(0), Lists),
];

#[cfg(not(target_arch = "x86_64"))]
const LEGACY: &[Call] = &[];

/// The architecture as the kernel names it in a notification.
#[cfg(target_arch = "x86_64")]
pub(super) const ARCHITECTURE: u32 = 0xC000_003E;
/// The architecture as the kernel names it in a notification.
#[cfg(target_arch = "aarch64")]
pub(super) const ARCHITECTURE: u32 = 0xC000_00B7;

/// No architecture we know the table of: the filter then lets everything through, and the dry run says so.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) const ARCHITECTURE: u32 = 0;

/// Every row for this architecture.
pub(super) fn all() -> impl Iterator<Item = &'static Call> {
    COMMON.iter().chain(LEGACY)
}

/// The row of a call, by its number.
pub(super) fn find(number: i64) -> Option<&'static Call> {
    all().find(|call| call.number == number)
}

/// How the bytes of a plain write stand, when its descriptor is a socket.
pub(super) fn payload(call: &Call) -> Option<Payload> {
    if call.number == libc::SYS_write {
        return Some(Payload::Buffer);
    }
    (call.number == libc::SYS_writev).then_some(Payload::Vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_call_stands_twice_in_the_table() {
        let numbers: BTreeSet<i64> = all().map(|call| call.number).collect();
        assert_eq!(numbers.len(), all().count());
        assert!(all().count() < 200, "the filter's jumps reach 255 instructions");
    }
}
