//! What the parties did, in the order in which they did it.
//!
//! A gate tells its [`Tap`] about every boundary *before* the call goes through. The tap numbers it, writes it
//! into the shared [`Recorder`], and keeps the gate waiting while the party is to be held. Only one boundary of a
//! party passes at a time, so a party that is held stands still as a whole.

use crate::experiment::Op;
use amorsize_os::clock::Stopwatch;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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

impl Step {
    /// Whether it is a line of a program's source, which tells nothing of what it reads or writes.
    pub(crate) fn is_line(&self) -> bool {
        let place = self.label.split(' ').next().unwrap_or_default();
        place.rsplit_once(':').is_some_and(|(file, line)| {
            (file.ends_with(".py") || file.ends_with(".go")) && line.parse::<u32>().is_ok()
        })
    }
}

#[derive(Debug, Default)]
struct Log {
    steps: Vec<Step>,
    blind: BTreeSet<String>,
    /// Requests that have not been answered yet.
    asking: BTreeMap<Op, (String, Stopwatch)>,
    answer_max: Duration,
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

    /// The request a party has been waiting to see answered, and for how long.
    pub(crate) fn unanswered(&self, party: Op) -> Option<(String, Duration)> {
        let log = self.log();
        log.asking.get(&party).map(|(label, watch)| (label.clone(), watch.elapsed()))
    }

    /// The longest time in which a request was answered.
    pub(crate) fn answer_max(&self) -> Duration {
        self.log().answer_max
    }

    /// What a party does again and again at the end of its history, more often than `usual` allows.
    pub(crate) fn repeating(&self, party: Op, usual: &Rows) -> Option<String> {
        let log = self.log();
        let labels: Vec<&str> = own_labels(&log.steps, party);
        (1..=PERIOD_MAX).find_map(|period| {
            let times = row_at(&labels, labels.len(), period);
            (times > usual.bound(period)).then(|| labels[labels.len() - period].to_owned())
        })
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

    /// Says that the party now waits for the answer to a request.
    pub(crate) fn asked(&self, label: &str) {
        let asking = (label.to_owned(), Stopwatch::start());
        self.recorder.log().asking.insert(self.party, asking);
    }

    /// Says that an answer has come.
    pub(crate) fn answered(&self) {
        let mut log = self.recorder.log();
        if let Some((_, watch)) = log.asking.remove(&self.party) {
            log.answer_max = log.answer_max.max(watch.elapsed());
        }
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

/// The longest round of steps that counts as doing the same again.
const PERIOD_MAX: usize = 8;

/// More rounds than this, and more than twice the usual, are trying again and again.
const ROUNDS_MIN: usize = 4;

/// How often rounds of each length follow each other when nobody is in the way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows([usize; PERIOD_MAX]);

impl Rows {
    /// Takes a history into account in which nobody was in the way.
    pub(crate) fn learn(&mut self, steps: &[Step]) {
        for party in [Op::A, Op::B] {
            let labels = own_labels(steps, party);
            for period in 1..=PERIOD_MAX {
                let longest = (0..=labels.len()).map(|end| row_at(&labels, end, period)).max();
                self.0[period - 1] = self.0[period - 1].max(longest.unwrap_or(0));
            }
        }
    }

    fn bound(&self, period: usize) -> usize {
        ROUNDS_MIN.max(2 * self.0[period - 1])
    }
}

fn own_labels(steps: &[Step], party: Op) -> Vec<&str> {
    steps.iter().filter(|step| step.party == party).map(|step| step.label.as_str()).collect()
}

/// How many equal rounds of that length end at `end`.
fn row_at(labels: &[&str], end: usize, period: usize) -> usize {
    const ROUNDS_MAX: usize = 64;
    let Some(start) = end.checked_sub(period) else { return 0 };
    let round = &labels[start..end];
    let before = labels[..start].rchunks_exact(period).take(ROUNDS_MAX);
    1 + before.take_while(|other| *other == round).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(labels: &[&str]) -> Recorder {
        let recorder = Recorder::default();
        for label in labels {
            recorder.push(Step {
                party: Op::B,
                boundary: 1,
                label: (*label).to_owned(),
                note: None,
                failed: false,
                handshake: false,
            });
        }
        recorder
    }

    #[test]
    fn rounds_that_are_not_usual_are_noticed() {
        let usual = steps(&["open", "read", "read", "read", "close"]);
        let mut rows = Rows::default();
        rows.learn(&usual.steps());
        assert_eq!(usual.repeating(Op::B, &rows), None);
        let tries = ["lock", "unlock"].repeat(6);
        assert!(steps(&tries).repeating(Op::B, &rows).is_some());
        assert_eq!(steps(&["read"; 6]).repeating(Op::B, &rows), None, "six reads are twice three");
        assert!(steps(&["read"; 7]).repeating(Op::B, &rows).is_some());
    }
}
