//! Which system calls can be boundaries, and where their arguments stand: one table, two architectures.
//!
//! The numbers are the published ones of both architectures, as data, so that either table can be checked on any host;
//! calls that only x86-64 has carry no number for the other.

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
    /// The name the kernel's headers give it.
    kernel: &'static str,
    x86_64: i64,
    aarch64: i64,
    /// The word it is shown with.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) effect: Effect,
}

impl Call {
    /// Its number on the architecture this is compiled for.
    pub(super) const fn number(&self) -> i64 {
        if cfg!(target_arch = "x86_64") { self.x86_64 } else { self.aarch64 }
    }

    /// Whether only sockets make the call interesting.
    pub(super) fn socket_only(&self) -> bool {
        matches!(self.shape, Shape::Connect)
            || matches!(self.name, "sendto" | "sendmsg" | "sendmmsg" | "recvfrom" | "recvmsg")
    }
}

const fn row(
    kernel: &'static str,
    (x86_64, aarch64): (i64, i64),
    name: &'static str,
    shape: Shape,
    effect: Effect,
) -> Call {
    Call { kernel, x86_64, aarch64, name, shape, effect }
}

/// No such call on that architecture.
const NONE: i64 = -1;

const PLAIN: Shape = Shape::Path { at: None, path: 0 };
const PAIR: Shape = Shape::Paths { from: (None, 0), to: (None, 1) };
const PAIR_AT: Shape = Shape::Paths { from: (Some(0), 1), to: (Some(2), 3) };

const fn at(path: usize) -> Shape {
    Shape::Path { at: Some(path - 1), path }
}

const fn fd(fd: usize) -> Shape {
    Shape::Descriptor { fd }
}

use Effect::{Creates, Lists, Locks, Looks, Opens, Other, Reads, Removes, Renames, Writes};

#[rustfmt::skip]
const TABLE: &[Call] = &[
    row("openat", (257, 56), "open", at(1), Opens),
    row("openat2", (437, 437), "openat2", at(1), Opens),
    row("newfstatat", (262, 79), "stat", at(1), Looks),
    row("statx", (332, 291), "stat", at(1), Looks),
    row("faccessat", (269, 48), "access", at(1), Looks),
    row("faccessat2", (439, 439), "access", at(1), Looks),
    row("readlinkat", (267, 78), "readlink", at(1), Looks),
    row("unlinkat", (263, 35), "unlink", at(1), Removes),
    row("mkdirat", (258, 34), "mkdir", at(1), Creates),
    row("mknodat", (259, 33), "mknod", at(1), Creates),
    row("fchmodat", (268, 53), "chmod", at(1), Other),
    row("fchmodat2", (452, 452), "chmod", at(1), Other),
    row("utimensat", (280, 88), "utime", at(1), Other),
    row("truncate", (76, 45), "truncate", PLAIN, Writes),
    row("renameat", (264, 38), "rename", PAIR_AT, Renames),
    row("renameat2", (316, 276), "rename", PAIR_AT, Renames),
    row("linkat", (265, 37), "link", PAIR_AT, Creates),
    row("symlinkat", (266, 36), "symlink", Shape::Target { at: Some(1), path: 2 }, Creates),
    row("read", (0, 63), "read", fd(0), Reads),
    row("readv", (19, 65), "read", fd(0), Reads),
    row("pread64", (17, 67), "read", fd(0), Reads),
    row("preadv", (295, 69), "read", fd(0), Reads),
    row("preadv2", (327, 286), "read", fd(0), Reads),
    row("write", (1, 64), "write", fd(0), Writes),
    row("writev", (20, 66), "write", fd(0), Writes),
    row("pwrite64", (18, 68), "write", fd(0), Writes),
    row("pwritev", (296, 70), "write", fd(0), Writes),
    row("pwritev2", (328, 287), "write", fd(0), Writes),
    row("ftruncate", (77, 46), "truncate", fd(0), Writes),
    row("copy_file_range", (326, 285), "copy_file_range", fd(2), Writes),
    row("sendfile", (40, 71), "sendfile", fd(0), Writes),
    row("getdents64", (217, 61), "list", fd(0), Lists),
    row("flock", (73, 32), "flock", fd(0), Locks),
    row("fcntl", (72, 25), "lock", fd(0), Locks),
    row("mmap", (9, 222), "mmap", fd(4), Other),
    row("connect", (42, 203), "connect", Shape::Connect, Other),
    row("sendto", (44, 206), "sendto", Shape::Send(Payload::Buffer), Other),
    row("sendmsg", (46, 211), "sendmsg", Shape::Send(Payload::Message), Other),
    row("sendmmsg", (307, 269), "sendmmsg", Shape::Send(Payload::Message), Other),
    row("recvfrom", (45, 207), "recvfrom", Shape::Receive, Other),
    row("recvmsg", (47, 212), "recvmsg", Shape::Receive, Other),
    row("io_uring_setup", (425, 425), "io_uring_setup", Shape::Refused, Other),
    row("open", (2, NONE), "open", PLAIN, Opens),
    row("creat", (85, NONE), "creat", PLAIN, Opens),
    row("stat", (4, NONE), "stat", PLAIN, Looks),
    row("lstat", (6, NONE), "stat", PLAIN, Looks),
    row("access", (21, NONE), "access", PLAIN, Looks),
    row("readlink", (89, NONE), "readlink", PLAIN, Looks),
    row("unlink", (87, NONE), "unlink", PLAIN, Removes),
    row("rmdir", (84, NONE), "rmdir", PLAIN, Removes),
    row("mkdir", (83, NONE), "mkdir", PLAIN, Creates),
    row("mknod", (133, NONE), "mknod", PLAIN, Creates),
    row("chmod", (90, NONE), "chmod", PLAIN, Other),
    row("utime", (132, NONE), "utime", PLAIN, Other),
    row("utimes", (235, NONE), "utime", PLAIN, Other),
    row("rename", (82, NONE), "rename", PAIR, Renames),
    row("link", (86, NONE), "link", PAIR, Creates),
    row("symlink", (88, NONE), "symlink", Shape::Target { at: None, path: 1 }, Creates),
    row("getdents", (78, NONE), "list", fd(0), Lists),
];

/// The architecture as the kernel names it in a notification.
#[cfg(target_arch = "x86_64")]
pub(super) const ARCHITECTURE: u32 = 0xC000_003E;
/// The architecture as the kernel names it in a notification.
#[cfg(target_arch = "aarch64")]
pub(super) const ARCHITECTURE: u32 = 0xC000_00B7;

/// No architecture we know the table of: the filter then lets everything through, and the dry run says so.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) const ARCHITECTURE: u32 = 0;

/// Every row for this architecture; none for one whose table is not here.
pub(super) fn all() -> impl Iterator<Item = &'static Call> {
    TABLE.iter().filter(|call| ARCHITECTURE != 0 && call.number() != NONE)
}

/// The row of a call, by its number.
pub(super) fn find(number: i64) -> Option<&'static Call> {
    all().find(|call| call.number() == number)
}

/// How the bytes of a plain write stand, when its descriptor is a socket.
pub(super) fn payload(call: &Call) -> Option<Payload> {
    match call.kernel {
        "write" => Some(Payload::Buffer),
        "writev" => Some(Payload::Vector),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn no_call_stands_twice_in_either_table() {
        for number in [|call: &Call| call.x86_64, |call: &Call| call.aarch64] {
            let numbers: Vec<i64> = TABLE.iter().map(number).filter(|n| *n != NONE).collect();
            assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
            assert!(numbers.len() < 200, "the filter's jumps reach 255 instructions");
            assert!(numbers.len() > 35, "{}", numbers.len());
        }
    }

    #[test]
    fn the_numbers_are_those_of_libc_here() {
        let find = |kernel: &str| TABLE.iter().find(|call| call.kernel == kernel).unwrap().number();
        for (kernel, number) in [
            ("openat", libc::SYS_openat),
            ("newfstatat", libc::SYS_newfstatat),
            ("statx", libc::SYS_statx),
            ("unlinkat", libc::SYS_unlinkat),
            ("renameat2", libc::SYS_renameat2),
            ("linkat", libc::SYS_linkat),
            ("read", libc::SYS_read),
            ("pwrite64", libc::SYS_pwrite64),
            ("getdents64", libc::SYS_getdents64),
            ("flock", libc::SYS_flock),
            ("fcntl", libc::SYS_fcntl),
            ("mmap", libc::SYS_mmap),
            ("connect", libc::SYS_connect),
            ("sendto", libc::SYS_sendto),
            ("recvmsg", libc::SYS_recvmsg),
            ("io_uring_setup", libc::SYS_io_uring_setup),
        ] {
            assert_eq!(find(kernel), number, "{kernel}");
        }
    }

    /// The numbers in a header of the kernel, which a machine with a C compiler has.
    fn header(path: &str) -> BTreeMap<String, i64> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut found = BTreeMap::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if words.next() != Some("#define") {
                continue;
            }
            let (Some(name), Some(number)) = (words.next(), words.next()) else { continue };
            let name = name.strip_prefix("__NR3264_").or_else(|| name.strip_prefix("__NR_"));
            if let (Some(name), Ok(number)) = (name, number.parse()) {
                found.entry(name.to_owned()).or_insert(number);
            }
        }
        found
    }

    #[test]
    fn both_tables_are_those_of_the_kernels_headers() {
        let generic = header("/usr/include/asm-generic/unistd.h");
        for call in TABLE.iter().filter(|call| call.aarch64 != NONE) {
            let name = if call.kernel == "newfstatat" { "fstatat" } else { call.kernel };
            if let Some(number) = generic.get(name) {
                assert_eq!(call.aarch64, *number, "{name}");
            }
        }
        let own = header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
        for call in TABLE {
            if let Some(number) = own.get(call.kernel) {
                assert_eq!(call.x86_64, *number, "{}", call.kernel);
            }
        }
    }
}
