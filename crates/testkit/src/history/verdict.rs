//! What the checker found.

use std::collections::BTreeSet;
use std::fmt;

/// The kinds of untruth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A reason that does not hold at the answer's own time, one that is missing, or a wrong value.
    WrongReason,
    /// A write that had succeeded is not seen later.
    LostWrite,
    /// An add succeeded while something live was there, or two writes got one generation.
    ExtraWinner,
    /// An add was refused while nothing live was there, or another refusal without ground.
    NoWinner,
    /// A record that nobody wrote.
    Invented,
    /// A time outside of what the clocks allow.
    WrongTime,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::WrongReason,
        Self::LostWrite,
        Self::ExtraWinner,
        Self::NoWinner,
        Self::Invented,
        Self::WrongTime,
    ];

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongReason => "wrong reason",
            Self::LostWrite => "lost write",
            Self::ExtraWinner => "extra winner",
            Self::NoWinner => "no winner",
            Self::Invented => "invented record",
            Self::WrongTime => "wrong time",
        }
    }
}

/// One untruth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// On which key.
    pub key: u32,
    /// Its kind.
    pub fault: Fault,
    /// What was said and what is true.
    pub text: String,
}

/// The outcome of a check.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Operations checked.
    pub operations: u64,
    /// Calls without an answer.
    pub pending: u64,
    /// Untruths of each kind, in the order of [`Fault::ALL`].
    pub(super) counts: [u64; 6],
    /// Keys with at least one untruth.
    pub keys: BTreeSet<u32>,
    /// The first untruths, with their text.
    pub violations: Vec<Violation>,
}

const KEPT: usize = 20;

impl Verdict {
    /// How many untruths of one kind.
    #[must_use]
    pub const fn count(&self, fault: Fault) -> u64 {
        self.counts[fault as usize]
    }

    /// How many untruths in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Tells whether everything was true.
    #[must_use]
    pub fn is_truthful(&self) -> bool {
        self.total() == 0
    }

    /// Adds the outcome of another run.
    pub fn merge(&mut self, other: Self) {
        self.operations += other.operations;
        self.pending += other.pending;
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        self.keys.extend(other.keys);
        let room = KEPT.saturating_sub(self.violations.len());
        self.violations.extend(other.violations.into_iter().take(room));
    }

    pub(super) fn add(&mut self, key: u32, fault: Fault, text: impl FnOnce() -> String) {
        self.counts[fault as usize] += 1;
        self.keys.insert(key);
        if self.violations.len() < KEPT {
            self.violations.push(Violation { key, fault, text: text() });
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} operations, {} unanswered", self.operations, self.pending)?;
        for fault in Fault::ALL {
            write!(out, ", {} {}", self.count(fault), fault.name())?;
        }
        for violation in &self.violations {
            let Violation { key, fault, text } = violation;
            write!(out, "\n  key {key}: {}: {text}", fault.name())?;
        }
        Ok(())
    }
}
