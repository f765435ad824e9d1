//! Who is at the other end of a stopped thread's socket.
//!
//! The socket is copied out of the process for a moment (`pidfd_getfd`) and asked for its peer; what waits to be
//! read on it is looked at without being taken.

use super::Watches;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SocketAddrAny, getpeername, recv};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use std::os::fd::{AsFd as _, OwnedFd};

const PEEK_BYTES: usize = 4096;
/// How long an answer is waited for before the party is let into its own wait.
const PEEK_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 60_000_000 };

/// A watched connection of a party.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) shown: String,
    /// The same for all calls on the same connection.
    pub(super) identity: u64,
    socket: OwnedFd,
}

/// Looks at a descriptor of a stopped thread; nothing unless it is a watched connection.
pub(super) fn of(thread: u32, descriptor: u64, watches: &Watches) -> Option<Peer> {
    if !watches.sockets() {
        return None;
    }
    let number = i32::try_from(descriptor & 0xffff_ffff).ok()?;
    let link = std::fs::read_link(format!("/proc/{thread}/fd/{number}")).ok()?;
    let link = link.to_string_lossy();
    let inode = link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
    let process = pidfd_open(process_of(thread)?, PidfdFlags::empty()).ok()?;
    let socket = pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok()?;
    let shown = watched(&getpeername(&socket).ok()??, watches)?;
    Some(Peer { shown, identity: inode, socket })
}

impl Peer {
    /// What the server has answered and the party has not yet taken.
    pub(super) fn peek(&self) -> Option<Vec<u8>> {
        let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
        poll(&mut fds, Some(&PEEK_WAIT)).ok()?;
        let mut bytes = vec![0; PEEK_BYTES];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        let (count, _) = recv(self.socket.as_fd(), bytes.as_mut_slice(), flags).ok()?;
        bytes.truncate(count);
        Some(bytes)
    }
}

fn process_of(thread: u32) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    Pid::from_raw(line.trim().parse().ok()?)
}

fn watched(address: &SocketAddrAny, watches: &Watches) -> Option<String> {
    if let Ok(address) = std::net::SocketAddr::try_from(address.clone()) {
        return watches.ports.contains(&address.port()).then(|| address.to_string());
    }
    let address = rustix::net::SocketAddrUnix::try_from(address.clone()).ok()?;
    let path = address.path()?.to_string_lossy().into_owned();
    watches.unix.contains(&path).then_some(path)
}

/// Words for the address in a `connect`, if it is a watched one.
pub(super) fn address_label(bytes: &[u8], watches: &Watches) -> Option<String> {
    let family = u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?);
    let port = || Some(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?));
    let watched = |port: u16| watches.ports.contains(&port).then_some(port);
    match i32::from(family) {
        libc::AF_INET => {
            let host: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            watched(port()?).map(|port| format!("{}:{port}", std::net::Ipv4Addr::from(host)))
        }
        libc::AF_INET6 => {
            let host: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            watched(port()?).map(|port| format!("[{}]:{port}", std::net::Ipv6Addr::from(host)))
        }
        libc::AF_UNIX => {
            let path = bytes.get(2..)?.split(|byte| *byte == 0).next()?;
            let path = String::from_utf8_lossy(path).into_owned();
            watches.unix.contains(&path).then_some(path)
        }
        _ => None,
    }
}
