//! The excuse "something evicted it": a second set of outcomes, with an eviction allowed anywhere.
//!
//! It is looked at only once an outcome outside the serial set has been forced. An outcome that the second set
//! explains is still proved when nothing in its history deleted anything: then nothing *was* evicted.

use crate::error::Result;
use crate::experiment::Op;
use crate::stage::{Act, Pace, Run, Stage};
use crate::sweep::{Hit, Sweep, same_outcome};
use std::collections::BTreeSet;

/// What an eviction explains.
#[derive(Debug, Clone, Default)]
pub(crate) struct Excuse {
    /// The hits (held party, boundary) that an eviction would explain.
    pub(crate) explained: BTreeSet<(Op, usize)>,
}

impl Excuse {
    /// Whether the hit is explained, and by something that really happened.
    pub(crate) fn covers(&self, hit: &Hit) -> Cover {
        if !self.explained.contains(&(hit.held, hit.at)) {
            return Cover::Not;
        }
        match hit.run.steps.iter().find(|step| deletes(&step.label)) {
            Some(step) => Cover::Deleted(step.label.clone()),
            None => Cover::NothingDeleted,
        }
    }
}

/// How far an eviction covers an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cover {
    /// Not even an eviction gives it.
    Not,
    /// An eviction gives it, and something was deleted in its history.
    Deleted(String),
    /// An eviction would give it, but nothing was deleted.
    NothingDeleted,
}

/// Builds the second set, as far as the hits need it.
pub(crate) fn excuse(stage: &dyn Stage, pace: Pace, sweep: &mut Sweep) -> Result<Option<Excuse>> {
    let mut found = Excuse::default();
    let mut open: Vec<Hit> = sweep.hits.clone();
    for acts in schedules(sweep) {
        if open.is_empty() {
            break;
        }
        sweep.runs += 1;
        let run: Run = stage.play(&acts, pace, &sweep.set.usual)?;
        open.retain(|hit| {
            let same = same_outcome(hit, &run);
            if same {
                found.explained.insert((hit.held, hit.at));
            }
            !same
        });
    }
    Ok(Some(found))
}

/// Both orders with an eviction between the operations, then inside each of them.
fn schedules(sweep: &Sweep) -> Vec<Vec<Act>> {
    let (setup, evict, probe) = (Act::Run(Op::Setup), Act::Run(Op::Evict), Act::Run(Op::Probe));
    let mut found = vec![];
    for first in [Op::A, Op::B] {
        let (one, two) = (Act::Run(first), Act::Run(first.other()));
        found.push(vec![setup, evict, one, two, probe]);
        found.push(vec![setup, one, evict, two, probe]);
        found.push(vec![setup, one, two, evict, probe]);
    }
    for first in [Op::A, Op::B] {
        let other = Act::Run(first.other());
        for step in sweep.set.steps.get(&first).into_iter().flatten().filter(|step| !step.handshake)
        {
            let inside = Act::Hold { op: first, at: step.boundary, inside: Op::Evict, look: false };
            found.push(vec![setup, inside, other, probe]);
            found.push(vec![setup, other, inside, probe]);
        }
    }
    found
}

/// Whether a boundary deletes something: by the first word of any of its statements.
fn deletes(label: &str) -> bool {
    const WORDS: &[&str] = &[
        "UNLINK",
        "RMDIR",
        "DELETE",
        "DEL",
        "DROP",
        "TRUNCATE",
        "FLUSHALL",
        "FLUSHDB",
        "FLUSH_ALL",
        "MD",
    ];
    label.split(';').any(|statement| {
        let upper = statement.trim_start().to_ascii_uppercase();
        let word = upper.split([' ', '(']).next().unwrap_or_default();
        WORDS.contains(&word) && !upper.starts_with("TRUNCATE(")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions_are_told_from_reads() {
        for label in ["unlink(cache/k.json)", "DELETE FROM t", "DEL k", "BEGIN; DELETE FROM t"] {
            assert!(deletes(label), "{label}");
        }
        for label in ["open(cache/k.json) read", "GET deleted", "SELECT 1"] {
            assert!(!deletes(label), "{label}");
        }
    }
}
