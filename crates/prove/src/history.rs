//! What the parties did, in the order in which they did it.
//!
//! A gate tells its [`Tap`] about every boundary *before* the call goes through. The tap numbers it, writes it
//! into the shared [`Recorder`], and keeps the gate waiting while the party is to be held. Only one boundary of a
//! party passes at a time, so a party that is held stands still as a whole.

use crate::experiment::Op;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most steps a history keeps; what comes after is counted only.
const STEPS_MAX: usize = 20_000;

/// One thing a party did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Who did it.
    pub party: Op,
    /// The number of the boundary, counted from 1 for each party.
    pub boundary: usize,
    /// What it was.
    pub label: String,
    /// What it met: a missing file, an error from the server, `UPDATE 0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether it failed or changed nothing.
    pub failed: bool,
    /// Whether it only opens a session: nothing of the shared state is read or written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub handshake: bool,
}

#[derive(Debug, Default)]
struct Log {
    steps: Vec<Step>,
    blind: BTreeSet<String>,
}

/// The history of one run, shared by the gates of both parties.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Log>>);

impl Recorder {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, step: Step) -> usize {
        let mut log = self.log();
        if log.steps.len() < STEPS_MAX {
            log.steps.push(step);
        }
        log.steps.len() - 1
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        self.log().steps.clone()
    }

    pub(crate) fn blind(&self) -> BTreeSet<String> {
        self.log().blind.clone()
    }

    /// Notes something the gate cannot see.
    pub(crate) fn blind_spot(&self, text: impl Into<String>) {
        self.log().blind.insert(text.into());
    }
}

/// What a party tells the conductor.
#[derive(Debug)]
pub(crate) enum Event {
    /// It stands before the boundary it was to be held at.
    Held,
    /// It has ended.
    Exited(std::io::Result<std::process::ExitStatus>),
}

/// The place where one party's boundaries pass.
#[derive(Debug)]
pub(crate) struct Tap {
    party: Op,
    hold_at: Option<usize>,
    recorder: Recorder,
    events: Sender<Event>,
    passing: Mutex<Passing>,
}

#[derive(Debug)]
struct Passing {
    count: usize,
    release: Receiver<()>,
}

/// What a gate knows about a boundary before the call goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) label: String,
    pub(crate) handshake: bool,
}

impl Tap {
    pub(crate) fn new(
        party: Op,
        hold_at: Option<usize>,
        recorder: Recorder,
        events: Sender<Event>,
        release: Receiver<()>,
    ) -> Self {
        Self {
            party,
            hold_at,
            recorder,
            events,
            passing: Mutex::new(Passing { count: 0, release }),
        }
    }

    /// Records a boundary and returns once the party may pass it.
    pub(crate) fn pass(&self, boundary: Boundary) -> usize {
        let mut passing = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        passing.count += 1;
        if self.hold_at == Some(passing.count) {
            // Whoever conducts has gone when either channel is closed; then nothing is held any more.
            if self.events.send(Event::Held).is_ok() {
                passing.release.recv().ok();
            }
        }
        self.recorder.push(Step {
            party: self.party,
            boundary: passing.count,
            label: boundary.label,
            note: None,
            failed: false,
            handshake: boundary.handshake,
        })
    }

    /// Writes down what the call met.
    pub(crate) fn note(&self, step: usize, text: &str, failed: bool) {
        let mut log = self.recorder.log();
        let Some(step) = log.steps.get_mut(step).filter(|step| step.party == self.party) else {
            return;
        };
        match &mut step.note {
            Some(note) if note.contains(text) => {}
            Some(note) if note.len() > 200 => {}
            Some(note) => {
                note.push_str(", ");
                note.push_str(text);
            }
            none => *none = Some(text.to_owned()),
        }
        step.failed |= failed;
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }
}
