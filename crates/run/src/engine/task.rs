//! One process with its items: started, read from, ended.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use amorsize_os::child::{Child, Ended, Send, Start};
use amorsize_os::ready::Ready;

use crate::error::{Error, Result};
use crate::item::Item;
use crate::kept::{Kept, Store};

/// Items on their way, also between two tries.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) items: Vec<Item>,
    pub(super) ordinal: u64,
    pub(super) attempt: u32,
    /// Recorded as failed by an earlier run.
    pub(super) again: bool,
}

/// A running process.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) work: Work,
    pub(super) child: Child,
    pub(super) started_ns: u64,
    pub(super) kill_at_ns: Option<u64>,
    pub(super) timed_out: bool,
    pub(super) cut_short: bool,
    /// Killed to free memory: it is started again and nothing is counted.
    pub(super) pushed_out: bool,
    pub(super) out: Kept,
    pub(super) err: Kept,
}

/// Which of a task's handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handle {
    End,
    Out,
    Err,
}

pub(super) fn number_of(slot: usize, handle: Handle) -> u64 {
    (slot as u64) * 4
        + match handle {
            Handle::End => 0,
            Handle::Out => 1,
            Handle::Err => 2,
        }
}

pub(super) fn handle_of(number: u64) -> (usize, Handle) {
    let handle = match number % 4 {
        0 => Handle::End,
        1 => Handle::Out,
        _ => Handle::Err,
    };
    (usize::try_from(number / 4).unwrap_or(usize::MAX), handle)
}

/// What a process is started with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Launch<'a> {
    pub(super) program: &'a Path,
    pub(super) words: &'a [std::ffi::OsString],
    pub(super) stdin: BorrowedFd<'a>,
    pub(super) collect: bool,
}

pub(super) fn launch(launch: &Launch<'_>) -> io::Result<Child> {
    let (name, arguments) = launch
        .words
        .split_first()
        .map_or((OsStr::new(""), &[][..]), |split| (split.0.as_os_str(), split.1));
    Child::start(&Start {
        program: launch.program,
        name,
        arguments,
        stdin: launch.stdin,
        collect: launch.collect,
    })
}

impl Task {
    /// Watches the handles of a new task in `slot`.
    pub(super) fn watch(&self, ready: &Ready, slot: usize) -> io::Result<()> {
        ready.add(self.child.handle(), number_of(slot, Handle::End))?;
        if let Some(pipe) = &self.child.stdout {
            ready.add(pipe.as_fd(), number_of(slot, Handle::Out))?;
        }
        if let Some(pipe) = &self.child.stderr {
            ready.add(pipe.as_fd(), number_of(slot, Handle::Err))?;
        }
        Ok(())
    }

    /// Reads what there is, once; closes the pipe at its end.
    pub(super) fn read(
        &mut self,
        which: Handle,
        store: &mut Store,
        block: &mut [u8],
    ) -> Result<()> {
        let (pipe, kept) = match which {
            Handle::Out => (&mut self.child.stdout, &mut self.out),
            _ => (&mut self.child.stderr, &mut self.err),
        };
        read_once(pipe, kept, store, block).map(drop)
    }

    /// Reads everything that is left without waiting for a grandchild that keeps the pipe open.
    pub(super) fn drain(&mut self, store: &mut Store, block: &mut [u8]) -> Result<()> {
        while read_once(&mut self.child.stdout, &mut self.out, store, block)? {}
        while read_once(&mut self.child.stderr, &mut self.err, store, block)? {}
        Ok(())
    }

    /// Asks it to end; `at_ns` is when it is killed if it has not.
    pub(super) fn end(&mut self, send: Send, kill_at_ns: u64) {
        self.child.signal(send);
        self.kill_at_ns = Some(kill_at_ns);
    }

    /// Whether it has ended.
    pub(super) fn reap(&self) -> Result<Option<Ended>> {
        self.child.reap().map_err(|error| Error::system("wait for a process", error))
    }
}

/// Whether there was something.
fn read_once(
    pipe: &mut Option<OwnedFd>,
    kept: &mut Kept,
    store: &mut Store,
    block: &mut [u8],
) -> Result<bool> {
    let Some(handle) = pipe else { return Ok(false) };
    match amorsize_os::ready::read(handle.as_fd(), block) {
        Ok(0) => {
            *pipe = None;
            Ok(false)
        }
        Ok(count) => {
            store.add(kept, &block[..count])?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(Error::system("read the output of an item", error)),
    }
}
