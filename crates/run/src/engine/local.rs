//! The engine for this machine: one thread, many processes, handles instead of polling.

use std::collections::VecDeque;
use std::fs::File;
use std::time::Duration;

use amorsize_os::child::Send;
use amorsize_os::clock::{Clock as _, Stopwatch, SystemClock};
use amorsize_os::ready::{Interrupts, Ready, Suspensions};
use amorsize_sizing::Controller;

use super::emit::{Emitter, To};
use super::memory::Memory;
use super::options::{Face, Options};
use super::task::{self, Handle, Task, Work};
use crate::error::{Error, Result};
use crate::halt::Verdict;
use crate::journal::Journal;
use crate::kept::Store;
use crate::outcome::{Logs, Summary, seconds};
use crate::results::Results;
use crate::source::Queue;

const SIGNALS: u64 = u64::MAX;
const ITEMS: u64 = u64::MAX - 1;
const SUSPENSIONS: u64 = u64::MAX - 2;

/// Runs the command over the items and returns how it went.
///
/// # Errors
/// When the run as a whole cannot go on: the journal cannot be written, the items cannot be read, the output cannot be
/// written. Items that fail are counted, not errors.
pub fn run(options: &Options, queue: Queue, face: &mut dyn Face) -> Result<Summary> {
    options.check()?;
    let mut local = Local::new(options, queue, face)?;
    let outcome = local.drive();
    if outcome.is_err() {
        local.abandon();
    }
    outcome?;
    Ok(local.close())
}

pub(super) struct Local<'a> {
    pub(super) options: &'a Options,
    pub(super) face: &'a mut dyn Face,
    pub(super) queue: Queue,
    pub(super) retries: VecDeque<Work>,
    pub(super) control: Controller,
    pub(super) memory: Memory,
    pub(super) tasks: Vec<Option<Task>>,
    pub(super) running: u64,
    pub(super) ordinals: u64,
    pub(super) ready: Ready,
    pub(super) interrupts: Interrupts,
    pub(super) suspensions: Suspensions,
    pub(super) interrupted: usize,
    pub(super) items_watched: bool,
    pub(super) held_by_memory: bool,
    pub(super) verdict: Verdict,
    pub(super) emitter: Emitter,
    pub(super) store: Store,
    pub(super) summary: Summary,
    pub(super) watch: Stopwatch,
    /// How long the run has stood still.
    pub(super) paused_ns: u64,
    pub(super) no_input: File,
    pub(super) block: Vec<u8>,
    pub(super) ticks: Option<(u64, (u64, u64))>,
    pub(super) shown_ns: u64,
    pub(super) delay_share: f64,
    /// The time this thread had waited for a CPU when it was last looked at.
    pub(super) own_delay_ns: u64,
    pub(super) cpu_ns: u64,
    /// Items that succeeded and failed, as the halting rule counts them.
    pub(super) halting: (u64, u64),
}

impl<'a> Local<'a> {
    fn new(options: &'a Options, queue: Queue, face: &'a mut dyn Face) -> Result<Self> {
        let journal = match &options.journal {
            Some(j) => Some(Journal::open(&j.path, options.template.text(), j.mode)?),
            None => None,
        };
        let resumed = options.journal.as_ref().is_some_and(|j| j.mode != crate::journal::Mode::New);
        let results = options.results.as_deref().map(Results::open).transpose()?;
        let epoch_s = seconds(SystemClock.now_ns());
        let (log, joblog) = (options.log.as_deref(), options.joblog.as_deref());
        let logs = Logs::open(log, joblog, epoch_s, resumed)?;
        let system = |doing: &'static str| move |error| Error::system(doing, error);
        let ready = Ready::new().map_err(system("watch processes"))?;
        let interrupts = Interrupts::listen().map_err(system("listen for Ctrl-C"))?;
        ready.add(&interrupts, SIGNALS).map_err(system("listen for Ctrl-C"))?;
        let suspensions = Suspensions::listen().map_err(system("listen for Ctrl-Z"))?;
        ready.add(&suspensions, SUSPENSIONS).map_err(system("listen for Ctrl-Z"))?;
        let damaged = journal.as_ref().map_or(0, Journal::damaged);
        Ok(Self {
            options,
            face,
            queue,
            retries: VecDeque::new(),
            control: Controller::new(options.rules),
            memory: Memory::new(options.memory_per_job, options.memory_free),
            tasks: Vec::new(),
            running: 0,
            ordinals: 0,
            ready,
            interrupts,
            suspensions,
            interrupted: 0,
            items_watched: false,
            held_by_memory: false,
            verdict: Verdict::Go,
            emitter: Emitter::new(options, journal, results, logs),
            store: Store::new(&options.scratch),
            summary: Summary { damaged, ..Summary::default() },
            watch: Stopwatch::start(),
            paused_ns: 0,
            no_input: amorsize_os::child::no_input().map_err(system("open the null device"))?,
            block: vec![0; 64 << 10],
            ticks: amorsize_os::machine::cpu_ticks().map(|ticks| (0, ticks)),
            shown_ns: 0,
            delay_share: 0.0,
            own_delay_ns: amorsize_os::child::own_run_queue_delay_ns().unwrap_or(0),
            cpu_ns: 0,
            halting: (0, 0),
        })
    }

    /// The run's own time: it stands still while the run does, so a pause is nobody's cost and no limit's.
    pub(super) fn now_ns(&self) -> u64 {
        self.elapsed_ns() - self.paused_ns
    }

    fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.watch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn drive(&mut self) -> Result<()> {
        let mut numbers = Vec::new();
        loop {
            if self.verdict == Verdict::Go {
                self.queue.fill()?;
                self.start_what_may()?;
            }
            self.settle()?;
            let more =
                self.verdict == Verdict::Go && !(self.queue.is_done() && self.retries.is_empty());
            if self.running == 0 && !more {
                break;
            }
            self.watch_items(more)?;
            let limit = self.next_wake_ns().map(Duration::from_nanos);
            let waited = self.ready.wait(limit, &mut numbers);
            waited.map_err(|error| Error::system("wait for processes", error))?;
            for &number in &numbers {
                self.hear(number)?;
            }
            self.keep_time();
        }
        self.with_emitter(|emitter, to| emitter.finish(to))
    }

    fn hear(&mut self, number: u64) -> Result<()> {
        match number {
            SIGNALS => {
                let heard = self.interrupts.take();
                self.interrupt(heard);
                Ok(())
            }
            ITEMS => Ok(()),
            SUSPENSIONS => {
                self.suspend();
                Ok(())
            }
            number => {
                let (slot, handle) = task::handle_of(number);
                let Some(Some(task)) = self.tasks.get_mut(slot) else { return Ok(()) };
                match handle {
                    Handle::End => self.ended(slot),
                    which => task.read(which, &mut self.store, &mut self.block),
                }
            }
        }
    }

    /// The first Ctrl-C is passed on, the second one kills.
    fn interrupt(&mut self, heard: usize) {
        if heard == 0 {
            return;
        }
        self.interrupted += heard;
        self.summary.interrupted = true;
        self.verdict = Verdict::Now;
        let send = if self.interrupted > 1 { Send::Kill } else { Send::Interrupt };
        for task in self.tasks.iter_mut().flatten() {
            task.cut_short = true;
            task.child.signal(send);
        }
    }

    /// Ctrl-Z: what was started stands still with this process and goes on with it.
    fn suspend(&mut self) {
        if !self.suspensions.take() {
            return;
        }
        let signal = |tasks: &[Option<Task>], send| {
            tasks.iter().flatten().for_each(|task| task.child.signal(send));
        };
        signal(&self.tasks, Send::Stop);
        let before = self.elapsed_ns();
        self.suspensions.stop_here();
        let pause = self.elapsed_ns().saturating_sub(before);
        signal(&self.tasks, Send::Continue);
        self.paused_ns += pause;
        self.emitter.paused(pause);
    }

    /// Watches the items' stream while more are wanted, and not while they are not: it would never be silent.
    fn watch_items(&mut self, more: bool) -> Result<()> {
        let handle = self.queue.waits_on().filter(|_| more);
        let wanted = handle.is_some();
        match handle {
            Some(handle) if !self.items_watched => match self.ready.add(handle, ITEMS) {
                Ok(()) => self.items_watched = true,
                // A plain file is always ready and was read as far as is wanted.
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
                Err(error) => return Err(Error::system("watch the items", error)),
            },
            _ => {}
        }
        if !wanted && self.items_watched {
            self.queue.unwatch(&self.ready);
            self.items_watched = false;
        }
        Ok(())
    }

    pub(super) fn with_emitter(
        &mut self,
        act: impl FnOnce(&mut Emitter, &mut To<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut to = To {
            options: self.options,
            store: &mut self.store,
            face: self.face,
            summary: &mut self.summary,
        };
        act(&mut self.emitter, &mut to)
    }

    pub(super) fn settle(&mut self) -> Result<()> {
        self.with_emitter(|emitter, to| emitter.settle(to))
    }

    /// Ends what runs, after an error: nothing is left behind.
    fn abandon(&mut self) {
        for send in [Send::Terminate, Send::Kill] {
            let watch = Stopwatch::start();
            for task in self.tasks.iter().flatten() {
                task.child.signal(send);
            }
            let grace = Duration::from_nanos(super::time::GRACE_NS);
            let mut numbers = Vec::new();
            while self.tasks.iter().any(Option::is_some) && !watch.left_of(grace).is_zero() {
                for task in &mut self.tasks {
                    let gone = task.as_ref().is_some_and(|t| !matches!(t.reap(), Ok(None)));
                    if gone {
                        *task = None;
                    } else if let Some(task) = task {
                        // Nobody wants its output any more, and it must not stand still because of that.
                        task.child.stdout = None;
                        task.child.stderr = None;
                    }
                }
                if self.tasks.iter().any(Option::is_some)
                    && self.ready.wait(Some(watch.left_of(grace)), &mut numbers).is_err()
                {
                    break;
                }
            }
        }
    }

    fn close(mut self) -> Summary {
        let (elapsed_ns, active_ns) = (self.elapsed_ns(), self.now_ns());
        let waiting: usize = self.retries.iter().map(|work| work.items.len()).sum();
        let summary = &mut self.summary;
        summary.cut_short += waiting as u64;
        summary.left_failed = self.emitter.left_failed();
        let seen = summary.ended() + summary.cut_short + summary.skipped;
        summary.not_started = self.queue.total().map(|total| total.saturating_sub(seen));
        summary.workers = self.control.workers_proven();
        summary.chunk = self.control.next_chunk(u64::MAX >> 8).max(1);
        summary.elapsed_ns = elapsed_ns;
        summary.cpus_used = seconds(self.cpu_ns) / seconds(active_ns.max(1));
        let items = self.queue.total().unwrap_or(seen).saturating_sub(summary.skipped);
        summary.measurements =
            (self.control.costs().chunks() > 0).then(|| self.control.measurements(items));
        self.summary
    }
}
