//! One running command: started, watched, released, ended within its bound.
//!
//! It gets its own process group, reads nothing, and writes into files of ours, so that a daemon it leaves behind
//! cannot keep us waiting for the end of a pipe.

use super::activity::{MARK, Moment, end_marked};
use crate::bounded::{copy, exit_of, read_back, scratch};
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Op};
use crate::gate::Gates;
use crate::history::{Event, Recorder, Tap};
use crate::outcome::{Answer, Exit, answer};
use amorsize_os::clock::Stopwatch;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A command that was started.
#[derive(Debug)]
pub(super) struct Party {
    op: Op,
    group: Pid,
    events: Receiver<Event>,
    release: Option<Sender<()>>,
    output: File,
    errors: File,
    watch: Stopwatch,
    exit: Option<Exit>,
    took: Duration,
    pub(super) quiet_max: Duration,
    last_look: Option<(Moment, Stopwatch)>,
    /// By what its descendants are known; a setup may leave a server behind, so it has none.
    mark: Option<String>,
    /// Gates serve for as long as somebody holds the tap.
    _tap: Arc<Tap>,
}

/// How far a party came within a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has ended.
    Exited,
    /// It stands before its boundary.
    Held,
    /// It does nothing any more.
    Quiet(String),
    /// The time was over.
    TimeUp,
}

impl Party {
    /// Starts a command, under the gates if it is one of the pair.
    pub(super) fn start(
        experiment: &Experiment,
        (gates, held): (&Gates, bool),
        op: Op,
        hold_at: Option<usize>,
        recorder: &Recorder,
    ) -> Result<Self> {
        let text = experiment.command(op).unwrap_or("true");
        let (output, errors) = (scratch()?, scratch()?);
        let (events_in, events) = channel();
        let (release, released) = channel();
        let tap = Arc::new(Tap::new(op, hold_at, recorder.clone(), events_in.clone(), released));
        let (text, port) = reach(text, gates, held.then_some(&tap))?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &text])
            .current_dir(&experiment.directory)
            .stdin(Stdio::null())
            .stdout(copy(&output)?)
            .stderr(copy(&errors)?)
            .process_group(0);
        if let (Some(wire), Some(port)) = (&gates.wire, port) {
            wire.point(&mut command, &port);
        }
        let mark = held.then(next_mark);
        if let Some(mark) = &mark {
            command.env(MARK, mark);
            gates.attach(&mut command, &tap)?;
        }
        let mut child =
            command.spawn().map_err(|error| Error::io(format!("could not start {op}"), error))?;
        // The gate's ends of its pipes live in the command; it must not outlast the start.
        drop(command);
        let group = Pid::from_child(&child);
        let wait = move || events_in.send(Event::Exited(child.wait())).ok();
        std::thread::Builder::new()
            .name("prove-wait".to_owned())
            .spawn(wait)
            .map_err(|error| Error::io("could not start a thread", error))?;
        Ok(Self {
            op,
            group,
            events,
            release: Some(release),
            output,
            errors,
            watch: Stopwatch::start(),
            exit: None,
            took: Duration::ZERO,
            quiet_max: Duration::ZERO,
            last_look: None,
            mark,
            _tap: tap,
        })
    }

    /// Waits until it ends, is held, stands still for `quiet`, or the time is up.
    pub(super) fn wait(&mut self, limit: Duration, quiet: Option<Duration>) -> Progress {
        if self.exit.is_some() {
            return Progress::Exited;
        }
        let watch = Stopwatch::start();
        // A wait in slices is one wait: what was still before goes on being still.
        let root = self.root();
        let (mut before, mut still_since) =
            self.last_look.take().unwrap_or_else(|| (Moment::of(root), Stopwatch::start()));
        loop {
            match self.events.recv_timeout(LOOK_EVERY.min(watch.left_of(limit))) {
                Ok(Event::Held) => return Progress::Held,
                Ok(Event::Exited(status)) => {
                    self.exit = Some(exit_of(&status));
                    self.took = self.watch.elapsed();
                    return Progress::Exited;
                }
                Err(RecvTimeoutError::Disconnected) => return Progress::TimeUp,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Moment::of(self.root());
            if before.still(&now) {
                let still = still_since.elapsed();
                self.quiet_max = self.quiet_max.max(still);
                if quiet.is_some_and(|quiet| still >= now.patience(quiet)) {
                    return Progress::Quiet(now.waits_on());
                }
            } else {
                still_since = Stopwatch::start();
            }
            before = now;
            if watch.elapsed() >= limit {
                self.last_look = Some((before, still_since));
                return Progress::TimeUp;
            }
        }
    }

    /// Lets it pass the boundary it stands before.
    pub(super) fn release(&mut self) {
        if let Some(release) = self.release.take() {
            release.send(()).ok();
        }
    }

    /// Waits for its end; ends it when the time is up.
    pub(super) fn finish(&mut self, limit: Duration) {
        self.release();
        let watch = Stopwatch::start();
        while self.exit.is_none() {
            match self.wait(watch.left_of(limit), None) {
                Progress::Exited | Progress::Held => {}
                Progress::Quiet(_) | Progress::TimeUp => self.end(),
            }
        }
        // What it left running would meet the next run.
        kill_process_group(self.group, Signal::KILL).ok();
        if let Some(mark) = &self.mark {
            end_marked(mark);
        }
    }

    fn end(&mut self) {
        kill_process_group(self.group, Signal::KILL).ok();
        self.exit = Some(Exit::TimedOut);
        self.took = self.watch.elapsed();
    }

    fn root(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
    }

    pub(super) fn took(&self) -> Duration {
        self.took
    }

    /// What it answered, and what it wrote on standard error.
    pub(super) fn answer(&mut self, experiment: &Experiment) -> Result<(Answer, String)> {
        let output = read_back(&mut self.output)?;
        let errors = read_back(&mut self.errors)?;
        let exit = self.exit.clone().unwrap_or(Exit::TimedOut);
        Ok((answer(experiment, exit, &output, &errors), errors))
    }

    pub(super) fn op(&self) -> Op {
        self.op
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        if self.exit.is_none() {
            self.release();
            kill_process_group(self.group, Signal::KILL).ok();
        }
    }
}

fn next_mark() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The command with the port it is to reach the server at, where there is a proxy.
fn reach(text: &str, gates: &Gates, tap: Option<&Arc<Tap>>) -> Result<(String, Option<String>)> {
    let Some(wire) = &gates.wire else { return Ok((text.to_owned(), None)) };
    let port = match tap {
        Some(tap) => wire.open(tap)?.to_string(),
        None => wire.server_port().to_owned(),
    };
    Ok((text.replace("{port}", &port), Some(port)))
}
