//! The loop that answers the calls of one party, and the words it finds for them.

use super::calls::{self, Call, Effect, Payload, Shape};
use super::files::{Memory, Named};
use super::sys::{self, Notice};
use super::{Watches, peer};
use crate::gate::payload;
use crate::history::{Boundary, Tap};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::HashMap;
use std::os::fd::BorrowedFd;

/// `LOCK_NB`: the caller does not wait.
const LOCK_AT_ONCE: u64 = 4;

/// Serves until the last process under the filter has gone.
pub(super) fn serve(listener: BorrowedFd<'_>, watches: &Watches, tap: &Tap) {
    let mut service = Service { listener, watches, tap, last_request: HashMap::new() };
    loop {
        let mut fds = [PollFd::from_borrowed_fd(listener, PollFlags::IN)];
        let wait = Timespec { tv_sec: 1, tv_nsec: 0 };
        match poll(&mut fds, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
        let ready = fds[0].revents();
        if ready.contains(PollFlags::IN) {
            match sys::receive(listener) {
                Ok(Some(notice)) => service.handle(notice),
                Ok(None) => {}
                Err(_) => return,
            }
        } else if ready.intersects(PollFlags::HUP | PollFlags::ERR) {
            return;
        }
    }
}

struct Service<'a> {
    listener: BorrowedFd<'a>,
    watches: &'a Watches,
    tap: &'a Tap,
    /// The step of the last request on a connection, to which an answer belongs.
    last_request: HashMap<u64, (usize, payload::Request)>,
}

impl Service<'_> {
    fn handle(&mut self, notice: Notice) {
        let Some(call) = calls::find(notice.number) else {
            return sys::let_run(self.listener, notice.id);
        };
        if call.shape == Shape::Refused {
            self.tap.recorder().blind_spot("io_uring was asked for and answered: not supported");
            return sys::refuse(self.listener, notice.id, libc::ENOSYS);
        }
        match call.shape {
            Shape::Connect => self.connect(&notice),
            Shape::Send(kind) => self.request(&notice, kind),
            Shape::Receive => self.reply(&notice),
            Shape::Descriptor { fd } => self.descriptor(call, &notice, fd),
            Shape::Path { .. } | Shape::Paths { .. } | Shape::Target { .. } => {
                self.path(call, &notice);
            }
            Shape::Refused => {}
        }
        sys::let_run(self.listener, notice.id);
    }

    fn path(&self, call: &Call, notice: &Notice) {
        let memory = Memory::of(notice.thread);
        let named: Vec<Named> = match call.shape {
            Shape::Path { at, path } | Shape::Target { at, path } => {
                memory.named(notice, at, path).into_iter().collect()
            }
            Shape::Paths { from, to } => {
                let both = [memory.named(notice, from.0, from.1), memory.named(notice, to.0, to.1)];
                both.into_iter().flatten().collect()
            }
            _ => vec![],
        };
        if !named.iter().any(|named| named.matches(self.watches)) {
            return;
        }
        if !sys::still_waits(self.listener, notice.id) {
            return;
        }
        let flags = memory.open_flags(call, notice);
        let names: Vec<String> = named.iter().map(|n| n.shown(&self.watches.directory)).collect();
        let mut label = format!("{}({})", call.name, names.join(" -> "));
        if let Some(words) = flags.filter(|_| call.effect == Effect::Opens).map(flag_words) {
            label = format!("{label} {words}");
        }
        let step = self.tap.pass(Boundary { label, handshake: false });
        self.note_presence(call, flags, &named, step);
    }

    /// Looks, just before the call runs, whether it will find what it names.
    fn note_presence(&self, call: &Call, flags: Option<i32>, named: &[Named], step: usize) {
        let Some(first) = named.first() else { return };
        let there = std::fs::symlink_metadata(&first.path).is_ok();
        let creates = flags.is_some_and(|flags| flags & libc::O_CREAT != 0);
        let exclusive = flags.is_some_and(|flags| flags & libc::O_EXCL != 0);
        match call.effect {
            Effect::Opens if creates && exclusive && there => {
                self.tap.note(step, "already there", true);
            }
            Effect::Opens if creates => {}
            Effect::Opens | Effect::Removes | Effect::Renames | Effect::Other if !there => {
                self.tap.note(step, "not there", true);
            }
            Effect::Looks if !there => self.tap.note(step, "not there", false),
            Effect::Creates if named.last().is_some_and(Named::is_there) => {
                self.tap.note(step, "already there", true);
            }
            _ => {}
        }
    }

    fn descriptor(&mut self, call: &Call, notice: &Notice, fd: usize) {
        let descriptor = notice.arguments[fd];
        let memory = Memory::of(notice.thread);
        let Some(link) = memory.descriptor(descriptor) else { return };
        if link.starts_with("socket:") {
            match calls::payload(call) {
                Some(kind) => self.request(notice, kind),
                None if call.effect == Effect::Reads => self.reply(notice),
                None => {}
            }
            return;
        }
        if !link.starts_with('/') {
            return;
        }
        let named = Named::of_descriptor(&link);
        let watched = match call.effect {
            Effect::Lists => self.watches.lists(&named.path),
            _ => named.matches(self.watches),
        };
        if !watched {
            return;
        }
        if call.name == "mmap" {
            let (protection, flags) = (notice.arguments[2], notice.arguments[3]);
            if protection & 2 != 0 && flags & 1 != 0 {
                let shown = named.shown(&self.watches.directory);
                let text =
                    format!("{shown} is mapped shared and writable: writes to it are not seen");
                self.tap.recorder().blind_spot(text);
            }
            return;
        }
        let Some(word) = lock_word(call, notice, &memory) else { return };
        let shown = named.shown(&self.watches.directory);
        let step = self.tap.pass(Boundary { label: format!("{word}({shown})"), handshake: false });
        let tries = word == "flock" && notice.arguments[1] & LOCK_AT_ONCE != 0;
        if tries && memory.is_locked_by_another(descriptor) {
            self.tap.note(step, "taken already", true);
        }
    }

    fn connect(&self, notice: &Notice) {
        let memory = Memory::of(notice.thread);
        let length = usize::try_from(notice.arguments[2]).unwrap_or(0).min(128);
        let address = memory.bytes(notice.arguments[1], length);
        if let Some(shown) = peer::address_label(&address, self.watches) {
            let label = format!("connect {shown}");
            self.tap.pass(Boundary { label, handshake: true });
        }
    }

    fn request(&mut self, notice: &Notice, kind: Payload) {
        let Some(peer) = peer::of(notice.thread, notice.arguments[0], self.watches) else { return };
        let sent = Memory::of(notice.thread).payload(notice, kind);
        if !sys::still_waits(self.listener, notice.id) || sent.is_empty() {
            return;
        }
        let request = payload::request(&sent);
        if request.opaque {
            let text = format!("what is sent to {} cannot be read (TLS or unknown)", peer.shown);
            self.tap.recorder().blind_spot(text);
        }
        let label = request.label.clone();
        let step = self.tap.pass(Boundary { label, handshake: request.handshake });
        self.tap.asked(&request.label);
        self.last_request.insert(peer.identity, (step, request));
    }

    fn reply(&self, notice: &Notice) {
        let Some(peer) = peer::of(notice.thread, notice.arguments[0], self.watches) else { return };
        let Some((step, request)) = self.last_request.get(&peer.identity) else { return };
        let Some(bytes) = peer.peek() else { return };
        self.tap.answered();
        if let Some(reply) = payload::reply(&bytes, request) {
            self.tap.note(*step, &reply.text, reply.failed);
        }
    }
}

/// The word for a call on an open file; nothing for an `fcntl` that locks nothing.
fn lock_word(call: &Call, notice: &Notice, memory: &Memory) -> Option<&'static str> {
    const UNLOCK: i16 = 2;
    if call.name == "flock" {
        return Some(if notice.arguments[1] & 8 == 0 { "flock" } else { "unlock" });
    }
    if call.effect != Effect::Locks {
        return Some(call.name);
    }
    // F_SETLK, F_SETLKW and their open-file-description forms.
    if !matches!(notice.arguments[1], 6 | 7 | 37 | 38) {
        return None;
    }
    let kind = memory.bytes(notice.arguments[2], 2);
    let unlocks = kind.try_into().is_ok_and(|kind| i16::from_ne_bytes(kind) == UNLOCK);
    Some(if unlocks { "unlock" } else { "lock" })
}

fn flag_words(flags: i32) -> String {
    let mut words = vec![match flags & libc::O_ACCMODE {
        libc::O_WRONLY => "write",
        libc::O_RDWR => "read+write",
        _ => "read",
    }];
    for (flag, word) in [
        (libc::O_CREAT, "create"),
        (libc::O_EXCL, "exclusive"),
        (libc::O_TRUNC, "truncate"),
        (libc::O_APPEND, "append"),
    ] {
        if flags & flag != 0 {
            words.push(word);
        }
    }
    words.join(" ")
}
