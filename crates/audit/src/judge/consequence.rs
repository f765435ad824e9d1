//! What a witness does to whoever relies on the answer.

use amorsize_finding::{Consequence, Severity, Verdict};

use crate::explore::{Answer, Cell, End, FAILED, NOTHING, OpKind, Program, SENT_AWAY, Witness};

/// How the answer `true` is written down.
const YES: u32 = 1;

/// What a witness shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Harm {
    pub consequence: Consequence,
    /// Whether the state that is left is right, and only an answer is not.
    pub answer_only: bool,
}

/// Reads the consequence off a witness. `None` if nobody is harmed: the outcome differs from every
/// serial one, but only in what a bystander saw.
pub(crate) fn harm(witness: &Witness, programs: &[Program], unknown_value: bool) -> Option<Harm> {
    let ends = &witness.outcome.ends;
    if ends.contains(&End::Stuck) {
        // Who waits for whom is another question, and a slice knows too few locks to answer it.
        return None;
    }
    if let Some(thread) = ends.iter().position(|end| matches!(end, End::Raised(_))) {
        let own = thread == 0 || programs.len() == 2 && programs[0] == programs[1];
        let returned = ends[thread] == End::Raised(FAILED);
        if own && (returned || raised_by_step(witness, thread)) {
            return Some(Harm { consequence: Consequence::Crash, answer_only: false });
        }
    }
    let twice = programs.len() >= 2 && programs[0] == programs[1];
    // One acted, both answer with what nobody set: the answers say nothing.
    let silent = ends.iter().all(|end| *end == End::Seen(crate::explore::Obs::Took(false)));
    let acted = |thread: u8| did(witness, thread);
    if twice && both_hear_yes(witness) {
        return Some(Harm { consequence: Consequence::DoubleWin, answer_only: true });
    }
    if twice && silent && (acted(0) != acted(1)) {
        return None;
    }
    let stored = |thread: u8| {
        witness.steps.iter().any(|step| step.thread == thread && step.result.starts_with("stores"))
    };
    let removed_live = witness.steps.iter().any(|step| step.result.ends_with("in force"));
    let lost = lost(witness);
    if lost && removed_live {
        return Some(Harm { consequence: Consequence::LostWrite, answer_only: false });
    }
    if twice && stored(0) && stored(1) {
        if derives(&programs[0]) && !lost {
            let passed = both_passed(ends, &witness.serial_ends);
            let consequence =
                if passed { Consequence::DoubleWin } else { Consequence::DuplicateWork };
            return Some(Harm { consequence, answer_only: true });
        }
        if derives(&programs[0]) {
            return Some(Harm { consequence: Consequence::LostUpdate, answer_only: false });
        }
        let alike = unknown_value && !both_are_told(ends, &programs[0]);
        let consequence = if alike { Consequence::DuplicateWork } else { Consequence::DoubleWin };
        return Some(Harm { consequence, answer_only: !lost });
    }
    if lost {
        return Some(Harm { consequence: Consequence::LostUpdate, answer_only: false });
    }
    let back = witness.steps.iter().any(|step| step.result.starts_with("removes"))
        && matches!(witness.outcome.cells.first(), Some(Cell::Live(_)));
    if back {
        return Some(Harm { consequence: Consequence::StaleAnswer, answer_only: false });
    }
    // Who has done nothing at all has not won.
    let tried = |thread: u8| {
        witness.steps.iter().any(|step| {
            step.thread == thread
                && ["stores", "removes", "changes", "publishes", "fails"]
                    .iter()
                    .any(|word| step.result.starts_with(word))
        })
    };
    let alike = || ends[0] == ends[1] || hand_out_their_own(witness);
    if twice && ends.len() >= 2 && alike() && tried(0) && tried(1) {
        return Some(Harm { consequence: Consequence::DoubleWin, answer_only: true });
    }
    let acted = witness.steps.iter().any(|step| {
        step.thread == 0
            && (step.result.starts_with("stores") || step.result.starts_with("removes"))
    });
    acted.then_some(Harm { consequence: Consequence::WrongAnswer, answer_only: true })
}

/// Whether somebody stored or removed anything.
fn did(witness: &Witness, thread: u8) -> bool {
    witness.steps.iter().any(|step| {
        step.thread == thread
            && (step.result.starts_with("stores") || step.result.starts_with("removes"))
    })
}

/// Whether only one of both did it, and both are told that they did.
fn both_hear_yes(witness: &Witness) -> bool {
    let ends = &witness.outcome.ends;
    ends.first() == Some(&End::Label(YES))
        && both_passed(ends, &witness.serial_ends)
        && !lost(witness)
        && did(witness, 0) != did(witness, 1)
}

fn lost(witness: &Witness) -> bool {
    witness.lost.iter().any(|lost| *lost)
}

/// Whether each of two hands out what it made of what it found, which one of them took away.
fn hand_out_their_own(witness: &Witness) -> bool {
    let did = |word: &str| witness.steps.iter().any(|step| step.result.starts_with(word));
    // Who puts something there may be told what the other one put.
    did("removes")
        && !did("stores")
        && (0..2).all(|thread: u8| {
            let own = format!("returns {}'s value", crate::explore::actor(thread));
            let last = witness.steps.iter().rev().find(|step| step.thread == thread);
            last.is_some_and(|step| step.result == own)
        })
}

/// Whether both were given one constant answer of a function that has several: `return True` says to each
/// that it was the one.
fn both_are_told(ends: &[End], program: &Program) -> bool {
    let [End::Label(first), End::Label(second)] = ends else { return false };
    let others = program
        .ops
        .iter()
        .any(|op| matches!(op.kind, OpKind::Return(Answer::Label(label)) if label != *first));
    // Who is not sent away is told by that.
    let sends_away =
        program.ops.iter().any(|op| op.kind == OpKind::Return(Answer::Label(SENT_AWAY)));
    first == second && (*first != NOTHING || sends_away) && others
}

/// Whether both went through and were told the same, where one after the other the second one is
/// refused: of what there was enough for one, both took.
fn both_passed(ends: &[End], serial: &[End]) -> bool {
    let [End::Label(first), End::Label(second)] = ends else { return false };
    let refused = |end: &End| match end {
        End::Label(other) => other != first,
        // An error that it makes.
        End::Raised(_) | End::Made(_) => true,
        _ => false,
    };
    first == second && serial.iter().any(refused)
}

fn raised_by_step(witness: &Witness, thread: usize) -> bool {
    witness
        .steps
        .iter()
        .rev()
        .find(|step| usize::from(step.thread) == thread)
        .is_some_and(|step| step.result.starts_with("fails"))
}

fn derives(program: &Program) -> bool {
    program.ops.iter().any(|op| {
        matches!(op.kind, OpKind::Write { value: crate::explore::Value::Derived { .. }, .. })
    })
}

/// How much it matters.
pub(crate) fn severity(consequence: Consequence, verdict: Verdict) -> Severity {
    let full = match consequence {
        Consequence::DuplicateWork => Severity::Note,
        Consequence::WrongAnswer
        | Consequence::LimitExceeded
        | Consequence::WrongReason
        | Consequence::SilentFailure
        | Consequence::StaleAnswer
        | Consequence::FlakyAnswer => Severity::Warning,
        _ => Severity::Error,
    };
    match verdict {
        Verdict::Open => full,
        // What hangs on an assumption is said, and stops nobody's build.
        Verdict::Conditional | Verdict::Closed => Severity::Note,
    }
}
