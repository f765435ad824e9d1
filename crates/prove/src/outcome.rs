//! What a run came to: the answers of both parties and the state afterwards.
//!
//! Outcomes are compared whole. What a person declared volatile is cut out first, so that a time stamp in an
//! output does not make every run look new. Standard error is evidence, not part of the answer, unless asked for.

use crate::experiment::{Experiment, Op};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It ended by itself with this code.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
    /// It was ended because it took longer than its bound.
    TimedOut,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit {code}"),
            Self::Signal(signal) => write!(f, "killed by signal {signal}"),
            Self::TimedOut => f.write_str("timed out"),
        }
    }
}

/// What one command answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Answer {
    /// How it ended.
    pub exit: Exit,
    /// What it printed, volatile parts cut out.
    pub output: String,
    /// What it printed on standard error, when that counts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub errors: String,
}

impl Answer {
    /// The answer in one line.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = one_line(&self.output, 120);
        if !self.errors.is_empty() {
            text = format!("{text} ! {}", one_line(&self.errors, 60));
        }
        match (&self.exit, text.is_empty()) {
            (Exit::Code(0), false) => text,
            (Exit::Code(0), true) => "exit 0, no output".to_owned(),
            (exit, true) => exit.to_string(),
            (exit, false) => format!("{text} ({exit})"),
        }
    }
}

/// Cuts a text down to one line of at most `limit` characters.
#[must_use]
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() <= limit {
        return joined;
    }
    joined.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// The answers of both parties and of the probe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// What A answered, if it ran.
    pub a: Option<Answer>,
    /// What B answered, if it ran.
    pub b: Option<Answer>,
    /// What the probe read afterwards, if there is one.
    pub state: Option<Answer>,
}

impl Outcome {
    pub(crate) fn of(answers: &BTreeMap<Op, Answer>) -> Self {
        Self {
            a: answers.get(&Op::A).cloned(),
            b: answers.get(&Op::B).cloned(),
            state: answers.get(&Op::Probe).cloned(),
        }
    }

    /// The answer of one party.
    #[must_use]
    pub fn answer(&self, op: Op) -> Option<&Answer> {
        match op {
            Op::A => self.a.as_ref(),
            Op::B => self.b.as_ref(),
            Op::Probe => self.state.as_ref(),
            Op::Setup | Op::Evict => None,
        }
    }

    /// Names the parts in which two outcomes differ.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<Op> {
        [Op::A, Op::B, Op::Probe]
            .into_iter()
            .filter(|op| self.answer(*op) != other.answer(*op))
            .collect()
    }
}

/// Makes an answer of what a command printed.
pub(crate) fn answer(experiment: &Experiment, exit: Exit, output: &str, errors: &str) -> Answer {
    let errors = if experiment.compare_stderr { errors } else { "" };
    Answer { exit, output: steady(experiment, output), errors: steady(experiment, errors) }
}

fn steady(experiment: &Experiment, text: &str) -> String {
    let mut text = text.trim_end().to_owned();
    for pattern in &experiment.ignore {
        text = pattern.replace_all(&text, "…").into_owned();
    }
    text
}
