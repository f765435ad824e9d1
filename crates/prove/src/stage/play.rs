//! What is played, how patiently, and what came of it.

use crate::error::Result;
use crate::experiment::Op;
use crate::history::{Rows, Step};
use crate::outcome::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One act of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Runs an operation to its end.
    Run(Op),
    /// Holds `op` before its `at`-th boundary, runs `inside` as far as it comes, and releases; with `look` the state
    /// is read once before the release.
    Hold { op: Op, at: usize, inside: Op, look: bool },
}

/// How patient a hold is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// After this long without any activity the other party is taken to wait.
    pub(crate) quiet: Duration,
    /// After this long without an answer to its request it is taken to wait for it.
    pub(crate) answer: Duration,
    /// After this long the hold ends in any case.
    pub(crate) hold: Duration,
}

/// What came of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// The party ended before it came to the boundary.
    NotReached,
    /// The other party ran to its end while the first stood still.
    Finished,
    /// The other party could not go on until the first was released.
    Waited(String),
    /// The other party was still busy when the hold had to end.
    Busy,
}

/// What came of a schedule.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub(crate) answers: BTreeMap<Op, Answer>,
    /// What each wrote on standard error, as evidence.
    pub(crate) complaints: BTreeMap<Op, String>,
    pub(crate) took: BTreeMap<Op, Duration>,
    /// The longest stretch in which a party was seen to do nothing.
    pub(crate) quiet_max: Duration,
    /// The longest time in which a request was answered.
    pub(crate) answer_max: Duration,
    pub(crate) steps: Vec<Step>,
    pub(crate) blind: BTreeSet<String>,
    pub(crate) held: Option<Held>,
    /// The state while a party was held, when it was asked for and could be read.
    pub(crate) looked: Option<Answer>,
}

/// Plays schedules.
pub(crate) trait Stage {
    /// Plays one schedule from its start.
    fn play(&self, acts: &[Act], pace: Pace, usual: &Rows) -> Result<Run>;
}
