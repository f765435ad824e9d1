//! From an outcome to a word: serial or not, and what kind of wrong.
//!
//! The serial set decides *whether*; what each party does alone decides *what*. A party that was turned away with
//! an error that says so, and left nothing behind, was guarded against, not harmed. A party that failed because the
//! hold outlasted its own patience says something about the hold, not about the program.

use crate::experiment::Op;
use crate::outcome::{Answer, Exit, Outcome};
use crate::serial::SerialSet;
use crate::stage::{Held, Run};
use amorsize_finding::Shown;
use regex::Regex;
use std::sync::LazyLock;
use std::time::Duration;

/// What a forced outcome turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// One of the serial orders gives it.
    Serial(Order),
    /// A party was turned away, said so, and changed nothing.
    TurnedAway { party: Op, said: String },
    /// No serial order gives it.
    NotSerial { shown: Shown, why: String },
    /// The hold itself made a party fail.
    Artefact(String),
    /// The other party gave up waiting; in a shorter hold it may not.
    Impatient(String),
}

/// Which order explains an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The held party came first.
    HeldFirst,
    /// The held party came second.
    HeldSecond,
    /// Both orders give it.
    Either,
}

static CONFLICT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)could not serialize|serialization failure|deadlock|is locked|lock(ed)? by|lock not|\bbusy\b|another (process|instance)|conflict|already (exists|running|in use|taken|held)|duplicate key|unique constraint|integrityerror|fileexists|precondition failed|try again|would block|temporarily unavailable|version mismatch|watcherror|(cas|compare.and.swap) (failed|mismatch)|stale (write|version|object)|concurrent (update|modification)",
    )
});

static PATIENCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)time[d -]*out|lock wait|is locked|busy|deadline exceeded|canceling statement due")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

/// Judges a run in which `held` was held while the other one ran.
pub(crate) fn judge(set: &SerialSet, run: &Run, held: Op) -> Judgement {
    let outcome = Outcome::of(&run.answers);
    let other = held.other();
    let as_first = outcome == *set.first(held);
    let as_second = outcome == *set.first(other);
    match (as_first, as_second) {
        (true, true) => return Judgement::Serial(Order::Either),
        (true, false) => return Judgement::Serial(Order::HeldFirst),
        (false, true) => return Judgement::Serial(Order::HeldSecond),
        (false, false) => {}
    }
    for op in [held, held.other()] {
        if outcome.answer(op).is_some_and(|answer| answer.exit == Exit::TimedOut) {
            let why = format!("{op} did not end within the bound for one command");
            return Judgement::Artefact(why);
        }
    }
    if let Some(why) = impatient(set, run, &outcome, held) {
        return Judgement::Impatient(why);
    }
    if let Some(turned_away) = turned_away(set, run, &outcome) {
        return turned_away;
    }
    let (shown, why) = kind(set, &outcome, held);
    Judgement::NotSerial { shown, why }
}

/// Whether the answer is one the party gives in some serial order.
fn known(set: &SerialSet, outcome: &Outcome, op: Op) -> bool {
    let answer = outcome.answer(op);
    answer == set.ab.answer(op) || answer == set.ba.answer(op)
}

fn impatient(set: &SerialSet, run: &Run, outcome: &Outcome, held: Op) -> Option<String> {
    let other = held.other();
    let waited = matches!(run.held, Some(Held::Waited(_) | Held::Busy));
    let usual = set.took.get(&other).copied().unwrap_or_default();
    let took = run.took.get(&other).copied().unwrap_or_default();
    let slow = waited || took > usual * 2 + Duration::from_millis(150);
    if slow && !known(set, outcome, other) && PATIENCE.is_match(&said(run, outcome, other)) {
        return Some(format!("{other} ran into its own time-out while {held} was held"));
    }
    None
}

/// A refusal that says what it is, and that changed nothing: in words, or by a call that decides between two.
fn turned_away(set: &SerialSet, run: &Run, outcome: &Outcome) -> Option<Judgement> {
    for op in [Op::A, Op::B] {
        let answer = outcome.answer(op)?;
        let is_told = answer.exit != Exit::Code(0) || !answer.output.is_empty();
        let refused = is_told && !known(set, outcome, op);
        let alone = set.only.get(&op.other())?;
        let nothing_left =
            outcome.state == alone.state && outcome.answer(op.other()) == alone.answer(op.other());
        if !refused || !nothing_left {
            continue;
        }
        let said = said(run, outcome, op);
        if let Some(found) = CONFLICT.find(&said) {
            let line = said.lines().find(|line| line.contains(found.as_str())).unwrap_or_default();
            let said = crate::outcome::one_line(line, 140);
            return Some(Judgement::TurnedAway { party: op, said });
        }
        if let Some(step) = run.steps.iter().find(|step| step.party == op && set.is_refusal(step)) {
            let note = step.note.as_deref().unwrap_or_default();
            let said = format!("`{note}` by `{}`", crate::outcome::one_line(&step.label, 80));
            return Some(Judgement::TurnedAway { party: op, said });
        }
    }
    None
}

fn said(run: &Run, outcome: &Outcome, op: Op) -> String {
    let output = outcome.answer(op).map(|answer| answer.output.as_str()).unwrap_or_default();
    let complaint = run.complaints.get(&op).map(String::as_str).unwrap_or_default();
    format!("{output}\n{complaint}")
}

/// Names what is wrong with an outcome that no order gives.
fn kind(set: &SerialSet, outcome: &Outcome, held: Op) -> (Shown, String) {
    let other = held.other();
    let state_known = outcome.state == set.ab.state || outcome.state == set.ba.state;
    let fresh: Vec<Op> = [held, other].into_iter().filter(|op| !known(set, outcome, *op)).collect();
    if !state_known && let Some(found) = lost(set, outcome, held, &fresh) {
        return found;
    }
    let first = |op: Op| outcome.answer(op) == set.first(op).answer(op);
    let second = |op: Op| outcome.answer(op) == set.first(op.other()).answer(op);
    let differs = |op: Op| set.ab.answer(op) != set.ba.answer(op);
    if fresh.is_empty() && first(Op::A) && first(Op::B) && (differs(Op::A) || differs(Op::B)) {
        return (Shown::DoubleWin, "A and B each answered as though it had come first".to_owned());
    }
    let explained = state_known
        || outcome.state == set.untouched
        || set.only.values().any(|only| only.state == outcome.state);
    if !explained || fresh.is_empty() && !state_known {
        let what = match &outcome.state {
            Some(state) if state.exit != Exit::Code(0) => "the state cannot be read any more",
            _ => "the state is one that neither order leaves, and neither does A or B alone",
        };
        return (Shown::Torn, what.to_owned());
    }
    if let Some(op) = fresh.first() {
        let answer = outcome.answer(*op).map(Answer::short).unwrap_or_default();
        let why = format!("{op} answered `{answer}`, which it does in neither order");
        return (Shown::WrongReason, why);
    }
    if second(Op::A) && second(Op::B) && (differs(Op::A) || differs(Op::B)) {
        let why = "A and B each answered as though the other had come first".to_owned();
        return (Shown::WrongReason, why);
    }
    if outcome.state == set.first(other).state || outcome.state == set.first(held).state {
        return (
            Shown::Stale,
            "the answers are of one order and the state is of the other".to_owned(),
        );
    }
    (Shown::NotSerial, "no order gives these answers together with this state".to_owned())
}

/// An effect that was reported done and is not there.
fn lost(set: &SerialSet, outcome: &Outcome, held: Op, fresh: &[Op]) -> Option<(Shown, String)> {
    let other = held.other();
    let alone = |op: Op| set.only.get(&op).is_some_and(|only| only.state == outcome.state);
    if alone(held) && !fresh.contains(&other) {
        let why = format!(
            "{other} completed, and its effect is gone: the state is what {held} alone leaves"
        );
        return Some((Shown::Lost, why));
    }
    if alone(other) && !fresh.contains(&held) {
        let why = format!(
            "{held} returned as usual, and the old value stays: the state is what {other} alone leaves"
        );
        return Some((Shown::Stale, why));
    }
    if outcome.state == set.untouched && fresh.len() < 2 {
        return Some((Shown::Lost, "the state is as though neither had run".to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn said(output: &str) -> Answer {
        Answer { exit: Exit::Code(0), output: output.to_owned(), errors: String::new() }
    }

    fn outcome(a: &str, b: &str, state: &str) -> Outcome {
        Outcome { a: Some(said(a)), b: Some(said(b)), state: Some(said(state)) }
    }

    fn run(outcome: &Outcome) -> Run {
        let mut answers = BTreeMap::new();
        for (op, answer) in [(Op::A, &outcome.a), (Op::B, &outcome.b), (Op::Probe, &outcome.state)]
        {
            answers.extend(answer.clone().map(|answer| (op, answer)));
        }
        Run { answers, ..Run::default() }
    }

    fn set(ab: Outcome, ba: Outcome, only: [&str; 2], untouched: &str) -> SerialSet {
        let alone = |op, state: &str| {
            let state = Some(said(state));
            (op, Outcome { state, ..Outcome::default() })
        };
        SerialSet {
            ab,
            ba,
            only: BTreeMap::from([alone(Op::A, only[0]), alone(Op::B, only[1])]),
            untouched: Some(said(untouched)),
            ..SerialSet::default()
        }
    }

    fn shown(set: &SerialSet, seen: &Outcome) -> Option<Shown> {
        match judge(set, &run(seen), Op::A) {
            Judgement::NotSerial { shown, .. } => Some(shown),
            _ => None,
        }
    }

    #[test]
    fn two_adds_that_both_win_are_a_double_win() {
        let set =
            set(outcome("True", "False", "a"), outcome("False", "True", "b"), ["a", "b"], "old");
        assert_eq!(shown(&set, &outcome("True", "True", "a")), Some(Shown::DoubleWin));
        assert_eq!(shown(&set, &outcome("True", "True", "b")), Some(Shown::DoubleWin));
        assert_eq!(shown(&set, &outcome("True", "False", "a")), None);
        assert_eq!(shown(&set, &outcome("False", "False", "a")), Some(Shown::WrongReason));
    }

    #[test]
    fn a_lost_increment_is_lost_and_a_silent_failure_is_stale() {
        let set = set(outcome("", "", "3"), outcome("", "", "3"), ["1", "2"], "0");
        assert_eq!(shown(&set, &outcome("", "", "1")), Some(Shown::Lost));
        assert_eq!(shown(&set, &outcome("", "", "2")), Some(Shown::Stale));
        assert_eq!(shown(&set, &outcome("", "", "0")), Some(Shown::Lost));
        assert_eq!(shown(&set, &outcome("", "", "7")), Some(Shown::Torn));
    }

    #[test]
    fn a_refusal_that_says_so_is_a_guard_and_a_crash_is_not() {
        let set = set(outcome("ok", "ok", "3"), outcome("ok", "ok", "3"), ["1", "2"], "0");
        let mut only = set;
        only.only.entry(Op::B).and_modify(|alone| alone.b = Some(said("ok")));
        let mut refused = outcome("", "ok", "2");
        refused.a = Some(Answer {
            exit: Exit::Code(1),
            output: "ERROR: could not serialize access".into(),
            errors: String::new(),
        });
        assert!(matches!(
            judge(&only, &run(&refused), Op::A),
            Judgement::TurnedAway { party: Op::A, .. }
        ));
        let told = |output: &str| Answer {
            exit: Exit::Code(0),
            output: output.into(),
            errors: String::new(),
        };
        refused.a = Some(told("busy, come back later"));
        assert!(matches!(judge(&only, &run(&refused), Op::A), Judgement::TurnedAway { .. }));
        refused.a = Some(told("0"));
        assert!(matches!(judge(&only, &run(&refused), Op::A), Judgement::NotSerial { .. }));
        refused.a = Some(Answer {
            exit: Exit::Code(1),
            output: "FileNotFoundError: k.json".into(),
            errors: String::new(),
        });
        assert!(matches!(judge(&only, &run(&refused), Op::A), Judgement::NotSerial { .. }));
    }
}
