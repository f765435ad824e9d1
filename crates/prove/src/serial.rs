//! The serial set: what the two come to one after the other, and each alone.
//!
//! Each order runs three times. An outcome that differs from run to run makes the whole question undecidable, and
//! the set says what varied instead of guessing which of them was right.

use crate::error::Result;
use crate::experiment::Op;
use crate::history::{Rows, Step};
use crate::outcome::{Answer, Exit, Outcome, one_line};
use crate::stage::{Act, Pace, Run, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often each order runs.
pub(crate) const REPEATS: usize = 3;

/// What one after the other comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct SerialSet {
    pub(crate) ab: Outcome,
    pub(crate) ba: Outcome,
    /// Each alone.
    pub(crate) only: BTreeMap<Op, Outcome>,
    /// The state nobody touched.
    pub(crate) untouched: Option<Answer>,
    /// What each does when it comes first: the boundaries.
    pub(crate) steps: BTreeMap<Op, Vec<Step>>,
    /// The least number of boundaries that was seen, where it differs from run to run.
    pub(crate) steps_least: BTreeMap<Op, usize>,
    pub(crate) took: BTreeMap<Op, Duration>,
    pub(crate) quiet_max: Duration,
    pub(crate) answer_max: Duration,
    /// How often equal rounds of steps follow each other.
    pub(crate) usual: Rows,
    pub(crate) complaints: BTreeMap<Op, String>,
    pub(crate) blind: BTreeSet<String>,
    pub(crate) runs: usize,
}

/// Why there is no serial set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoSet {
    /// The setup failed.
    Setup(String),
    /// A command took longer than its bound.
    TimedOut(Op),
    /// A command could not be started at all (the shell did not find it).
    NotRunnable(Op, String),
    /// The same order came to different things.
    Unstable(Vec<String>),
}

impl SerialSet {
    /// The outcome when `op` comes first.
    pub(crate) fn first(&self, op: Op) -> &Outcome {
        if op == Op::B { &self.ba } else { &self.ab }
    }

    /// Runs both orders and each alone.
    pub(crate) fn measure(
        stage: &dyn Stage,
        pace: Pace,
    ) -> Result<std::result::Result<Self, NoSet>> {
        let mut set = Self::default();
        let mut unstable = vec![];
        for first in [Op::A, Op::B] {
            let acts = order(first);
            let mut seen: Vec<Run> = vec![];
            for _ in 0..REPEATS {
                let run = stage.play(&acts, pace, &Rows::default())?;
                set.runs += 1;
                if let Some(no_set) = unusable(&run) {
                    return Ok(Err(no_set));
                }
                set.quiet_max = set.quiet_max.max(run.quiet_max);
                set.answer_max = set.answer_max.max(run.answer_max);
                set.usual.learn(&run.steps);
                set.blind.extend(run.blind.iter().cloned());
                for (op, took) in &run.took {
                    let longest = set.took.entry(*op).or_default();
                    *longest = (*longest).max(*took);
                }
                seen.push(run);
            }
            unstable.extend(varying(first, &seen));
            set.keep(first, &seen);
        }
        if !unstable.is_empty() {
            return Ok(Err(NoSet::Unstable(unstable)));
        }
        for op in [Op::A, Op::B] {
            let run = stage.play(
                &[Act::Run(Op::Setup), Act::Run(op), Act::Run(Op::Probe)],
                pace,
                &Rows::default(),
            )?;
            set.runs += 1;
            set.only.insert(op, Outcome::of(&run.answers));
        }
        let run =
            stage.play(&[Act::Run(Op::Setup), Act::Run(Op::Probe)], pace, &Rows::default())?;
        set.runs += 1;
        set.untouched = Outcome::of(&run.answers).state;
        Ok(Ok(set))
    }

    /// Whether a step says "you came second", and does not when its party comes first.
    pub(crate) fn is_refusal(&self, step: &Step) -> bool {
        let Some(note) = step.note.as_deref().filter(|_| step.failed) else { return false };
        let own = self.steps.get(&step.party).map(Vec::as_slice).unwrap_or_default();
        let usual = own.iter().any(|s| s.label == step.label && s.note == step.note);
        !usual && says_second(note)
    }

    fn keep(&mut self, first: Op, seen: &[Run]) {
        // The last run: what the first one warmed (prepared scripts, caches of a server) the held runs find warm too.
        let Some(run) = seen.last() else { return };
        let outcome = Outcome::of(&run.answers);
        if first == Op::A {
            self.ab = outcome;
            self.complaints.clone_from(&run.complaints);
        } else {
            self.ba = outcome;
        }
        let count = |run: &Run| own(run, first).count();
        let least = seen.iter().map(count).min().unwrap_or_default();
        if seen.iter().any(|other| count(other) != least) {
            self.steps_least.insert(first, least);
        }
        self.steps.insert(first, own(run, first).cloned().collect());
    }
}

/// Whether a note is the answer of something that decides between two.
fn says_second(note: &str) -> bool {
    const WORDS: &[&str] = &[
        "already there",
        "taken already",
        "(nil)",
        "NOT_STORED",
        "EXISTS",
        "UPDATE 0",
        "INSERT 0 0",
        "could not serialize",
        "deadlock",
        "(23505)",
        "(55P03)",
    ];
    WORDS.iter().any(|word| note.contains(word))
}

fn own(run: &Run, op: Op) -> impl Iterator<Item = &Step> {
    run.steps.iter().filter(move |step| step.party == op)
}

/// The acts of one order.
pub(crate) fn order(first: Op) -> [Act; 4] {
    [Act::Run(Op::Setup), Act::Run(first), Act::Run(first.other()), Act::Run(Op::Probe)]
}

fn unusable(run: &Run) -> Option<NoSet> {
    let setup = run.answers.get(&Op::Setup);
    if let Some(answer) = setup.filter(|answer| answer.exit != Exit::Code(0)) {
        let complaint = run.complaints.get(&Op::Setup).map(String::as_str).unwrap_or_default();
        let said = if complaint.is_empty() { &answer.output } else { complaint };
        // Of a traceback the last line says what it was.
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = if said.starts_with("Traceback") { last } else { said };
        return Some(NoSet::Setup(format!("{}: {}", answer.exit, one_line(said, 300))));
    }
    for (op, answer) in &run.answers {
        if answer.exit == Exit::TimedOut {
            return Some(NoSet::TimedOut(*op));
        }
        if matches!(answer.exit, Exit::Code(126 | 127)) {
            let complaint =
                run.complaints.get(op).map(|text| one_line(text, 200)).unwrap_or_default();
            return Some(NoSet::NotRunnable(*op, complaint));
        }
    }
    None
}

fn varying(first: Op, seen: &[Run]) -> Vec<String> {
    let mut found = vec![];
    let outcomes: Vec<Outcome> = seen.iter().map(|run| Outcome::of(&run.answers)).collect();
    for op in [Op::A, Op::B, Op::Probe] {
        let answers: BTreeSet<String> =
            outcomes.iter().filter_map(|o| o.answer(op)).map(Answer::short).collect();
        let differ = outcomes.iter().any(|outcome| outcome.answer(op) != outcomes[0].answer(op));
        if differ {
            let shown: Vec<String> = answers.iter().map(|answer| format!("`{answer}`")).collect();
            let order = format!("{first};{}", first.other());
            found.push(format!("in {order} {op} gave {}", shown.join(", then ")));
        }
    }
    found
}
