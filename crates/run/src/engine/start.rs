//! Starting processes: what may start, with which items, and what happens when it cannot.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd as _;
use std::path::Path;

use super::emit::Ending;
use super::local::Local;
use super::task::{self, Launch, Task, Work};
use crate::error::{Error, Result};
use crate::halt::Verdict;
use crate::item::Item;
use crate::journal::Known;
use crate::kept::Kept;
use crate::outcome::Outcome;

/// The longest command line of a batch; every system takes it.
const BATCH_BYTES: usize = 120 << 10;
/// A sample is made of at least so many processes.
const SAMPLE_PARTS: u64 = 4;
/// Endings that may wait for their turn before starts wait for them.
const WAITING_MOST: usize = 65_536;

/// What came of starting a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// It runs, or what kept it from running is its result.
    Started,
    /// The system had no room for it; its items wait for the next one that ends.
    NoRoom,
}

impl Local<'_> {
    pub(super) fn start_what_may(&mut self) -> Result<()> {
        self.held_by_memory = false;
        while self.verdict == Verdict::Go
            && self.running < self.control.workers()
            && self.emitter.waiting() < WAITING_MOST
        {
            if self.enough_measured() {
                self.summary.measured_enough = true;
                self.verdict = Verdict::Soon;
                return Ok(());
            }
            if self.retries.is_empty() && !self.has_next()? {
                return Ok(());
            }
            let now = self.now_ns();
            let (learnt, workers) = (self.control.memory_bytes(), self.control.workers());
            if !self.memory.admits(now, &self.tasks, self.running, learnt, workers) {
                self.held_by_memory = true;
                return Ok(());
            }
            let Some(work) = self.retries.pop_front().or_else(|| self.next_work()) else {
                return Ok(());
            };
            if self.start(work)? == Begun::NoRoom {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) fn enough_measured(&self) -> bool {
        let Some(sampling) = self.options.sampling else { return false };
        let started = self.summary.ended() + self.running;
        let time = u64::try_from(sampling.time_most.as_nanos()).unwrap_or(u64::MAX);
        started >= sampling.items_most
            || (self.summary.ended() >= 3 && self.now_ns() > time)
            || self.control.is_certain()
    }

    /// Skips what the journal knows; whether an item is there to be run.
    pub(super) fn has_next(&mut self) -> Result<bool> {
        loop {
            if self.queue.judged().is_some() {
                return Ok(true);
            }
            let Some(key) = self.queue.peek_key() else {
                if self.queue.is_done() || !self.queue.refill()? {
                    return Ok(false);
                }
                continue;
            };
            let known = self.emitter.journal().map_or(Known::New, |journal| journal.next(key));
            if known != Known::Finished {
                self.queue.judge(known == Known::Failed);
                return Ok(true);
            }
            self.queue.pop();
            self.summary.skipped += 1;
        }
    }

    /// The items of the next process.
    pub(super) fn next_work(&mut self) -> Option<Work> {
        let again = self.queue.judged() == Some(true);
        let first = self.queue.pop()?;
        let mut items = vec![first];
        if self.options.template.batches() && !again {
            self.fill_batch(&mut items);
        }
        self.ordinals += 1;
        Some(Work { items, ordinal: self.ordinals, attempt: 1, again })
    }

    pub(super) fn fill_batch(&mut self, items: &mut Vec<Item>) {
        let mut wanted = self.control.next_chunk(self.queue.left() + 1);
        if let Some(sampling) = self.options.sampling {
            // A sample is several sizes of process, and no more items than it was given.
            wanted = wanted.min((sampling.items_most / SAMPLE_PARTS).max(1));
        }
        let fixed = self.options.template.bytes();
        let mut bytes = fixed + items.first().map_or(0, |item| item.bytes() + fixed / 8 + 9);
        while (items.len() as u64) < wanted {
            let Ok(true) = self.has_next() else { return };
            if self.queue.judged() == Some(true) {
                return;
            }
            bytes += self.queue.peek_bytes().unwrap_or(0) + fixed / 8 + 9;
            if bytes > BATCH_BYTES {
                return;
            }
            items.extend(self.queue.pop());
        }
    }

    pub(super) fn start(&mut self, work: Work) -> Result<Begun> {
        let slot = self.tasks.iter().position(Option::is_none).unwrap_or(self.tasks.len());
        let words = self.options.template.expand(&work.items, slot);
        let started_ns = self.now_ns();
        let found;
        let program = match &self.options.program {
            Some(program) => Some(program.as_path()),
            None => {
                let name = words.first().map(OsString::as_os_str).unwrap_or_default();
                found = amorsize_os::child::find_program(name, &self.options.path);
                found.as_deref()
            }
        };
        let Some(program) = program else {
            let error = format!("no program {:?} was found", name_of(&words));
            return self.could_not_start(work, 127, error).map(|()| Begun::Started);
        };
        let launched = self.launch(program, &words);
        let child = match launched {
            Ok(child) => child,
            Err(error) if is_for_now(&error) && self.running > 0 => {
                // The system has no room for so many; what runs will make some when it ends, and not before.
                self.retries.push_front(work);
                self.control.bound_workers(self.running);
                return Ok(Begun::NoRoom);
            }
            Err(error) => {
                let error = why_not(&error);
                return self.could_not_start(work, 126, error).map(|()| Begun::Started);
            }
        };
        let items = work.items.len() as u64;
        let task = Task {
            work,
            child,
            started_ns,
            kill_at_ns: None,
            timed_out: false,
            cut_short: false,
            pushed_out: false,
            out: Kept::default(),
            err: Kept::default(),
        };
        let watched = task.watch(&self.ready, slot);
        watched.map_err(|error| Error::system("watch a process", error))?;
        if slot == self.tasks.len() {
            self.tasks.push(Some(task));
        } else {
            self.tasks[slot] = Some(task);
        }
        self.running += 1;
        self.summary.processes += 1;
        self.summary.workers_peak = self.summary.workers_peak.max(self.running);
        let now = self.now_ns();
        self.control.started(now, now - started_ns, items);
        Ok(Begun::Started)
    }

    pub(super) fn launch(
        &self,
        program: &Path,
        words: &[OsString],
    ) -> std::io::Result<amorsize_os::child::Child> {
        let collect = !self.options.ungroup;
        task::launch(&Launch { program, words, stdin: self.no_input.as_fd(), collect })
    }

    pub(super) fn could_not_start(&mut self, work: Work, code: i32, error: String) -> Result<()> {
        let outcome = Outcome {
            items: work.items,
            ordinal: work.ordinal,
            exit: Some(code),
            signal: None,
            timed_out: false,
            cut_short: false,
            attempt: work.attempt,
            started_ns: self.now_ns(),
            wall_ns: 0,
            user_ns: 0,
            system_ns: 0,
            memory_bytes: 0,
            error: Some(error),
        };
        let (out, err) = (Kept::default(), Kept::default());
        self.conclude(Ending { outcome, again: work.again, span: 1, out, err })
    }
}

/// Why a process could not be started, in words that say what to do.
fn why_not(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::ArgumentListTooLong {
        return "the item is longer than the system takes as an argument (128 KiB); \
                put it into a file and give its name"
            .to_owned();
    }
    const NOT_A_PROGRAM: i32 = 8;
    if error.raw_os_error() == Some(NOT_A_PROGRAM) {
        return "it is no program of this machine and has no #! line; name what runs it, as in `sh FILE`".to_owned();
    }
    error.to_string()
}

/// Whether the system refused because of a limit that frees itself as processes end.
fn is_for_now(error: &std::io::Error) -> bool {
    // EAGAIN: too many processes; EMFILE, ENFILE: too many files; ENOMEM: no memory.
    matches!(error.raw_os_error(), Some(11 | 12 | 23 | 24))
}

/// The words an error uses for a program.
fn name_of(words: &[OsString]) -> String {
    words.first().map(OsString::as_os_str).unwrap_or(OsStr::new("")).to_string_lossy().into_owned()
}
