//! What a witness bears out: a pair of look and act is told of only where it did the harm that the
//! finding speaks of, and only as long as the look was the last word.

use amorsize_facts::event::{ActKind, EventKind, Lang, Op, StoreKind, ValueKind};
use amorsize_finding::Consequence;

use super::consequence::Harm;
use super::sense::is_claim;
use crate::explore::Witness;
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::slice::{Pair, Target, refuses, touches};

/// Whether the act of a pair is what did the harm: who fails, fails there; what is lost, is lost by
/// something that stores or removes.
pub(super) fn did_the_harm(
    flow: &Flow<'_, '_>,
    harm: Harm,
    witness: &Witness,
    threads: &[u8],
    pair: Pair,
) -> bool {
    if flow.tree.file(flow.entry).lang != Lang::Python {
        return true;
    }
    match harm.consequence {
        Consequence::Crash => {
            let mut failed = witness
                .steps
                .iter()
                .filter(|step| threads.contains(&step.thread) && step.result.starts_with("fails:"))
                .peekable();
            failed.peek().is_none()
                || failed.any(|step| step.site == pair.act)
                || reads_and_replaces(flow, pair)
        }
        Consequence::LostUpdate
        | Consequence::LostWrite
        | Consequence::DoubleWin
        | Consequence::DuplicateWork => {
            matches!(&flow.event(pair.act).kind, EventKind::Act(act) if act.kind != ActKind::OpenRead)
        }
        _ => true,
    }
}

/// Whether a file is read and put in place anew: what others wrote in between is gone, whoever fails.
fn reads_and_replaces(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let act = |uid: Uid| match &flow.event(uid).kind {
        EventKind::Act(act) => Some(act.kind),
        _ => None,
    };
    act(pair.check) == Some(ActKind::OpenRead)
        && matches!(act(pair.act), Some(ActKind::Rename | ActKind::OpenWrite | ActKind::Write))
}

/// Whether a participant looked again after the other one was done, saw that nothing is there, and
/// stored what it computed of nothing: that is what it would have done alone.
pub(super) fn saw_the_last_word(witness: &Witness, pair: Pair) -> bool {
    let stored = |result: &str| result.starts_with("stores");
    let Some(act) = witness
        .steps
        .iter()
        .rposition(|step| step.thread == 0 && step.site == pair.act && stored(&step.result))
    else {
        return false;
    };
    let others = witness.steps[..act].iter().rposition(|step| step.thread == 1);
    let looked = witness.steps[..act].iter().rposition(|step| {
        step.thread == 0 && step.site != pair.check && step.result.starts_with("sees")
    });
    !pair.data
        && others.zip(looked).is_some_and(|(others, looked)| {
            looked > others && witness.steps[looked].result == "sees nothing"
        })
}

/// Whether a file of a cache is put in place whole by whoever did not find it: of two that fetched, each has
/// what it asked for, and one of both is kept.
pub(super) fn keeps_what_it_fetched(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let EventKind::Act(act) = &flow.event(pair.act).kind else { return false };
    let whole = target.kind == StoreKind::File && act.kind == ActKind::Rename;
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let class = class.map_or("", |class| flow.tree.class(class).name.as_str());
    let said = format!("{class} {}", flow.tree.function(flow.entry).name).to_ascii_lowercase();
    flow.tree.file(flow.entry).lang == Lang::Go
        && whole
        && said.contains("cache")
        && !refuses(flow)
        && !is_claim(flow, target, pair)
}

/// Whether a session is given the row that it has just handed out: it knows the row, and writes
/// what was changed of it. Nothing comes back by that.
pub(super) fn hands_back_its_row(flow: &Flow<'_, '_>, target: &Target, witness: &Witness) -> bool {
    if target.kind != StoreKind::Orm || flow.tree.file(flow.entry).lang != Lang::Python {
        return false;
    }
    witness.steps.iter().any(|step| {
        let known = usize::try_from(step.site).is_ok_and(|site| site < flow.events.len());
        if !known || !step.result.starts_with("stores") {
            return false;
        }
        let EventKind::Act(act) = &flow.event(step.site).kind else { return false };
        if act.kind != ActKind::Create {
            return false;
        }
        let mut trail = Trail::from(act.value.map(|value| (flow.frame_of(step.site), value)), 32);
        while let Some((frame, value)) = trail.step() {
            if let Some(read) = read_of(flow, target, frame, value) {
                let seen = |look: &crate::explore::Step| {
                    look.thread == step.thread
                        && look.site == read
                        && look.result.starts_with("sees")
                        && look.result != "sees nothing"
                };
                if witness.steps.iter().any(seen) {
                    return true;
                }
            }
            let function = flow.tree.function(flow.frames[frame as usize].func);
            match &function.value(value).kind {
                ValueKind::Phi(ways) | ValueKind::Op(Op::Or | Op::And, ways) => {
                    trail.follow(ways.iter().map(|way| (frame, *way)));
                }
                ValueKind::Op(Op::Convert, inputs) => {
                    trail.follow(inputs.first().map(|input| (frame, *input)));
                }
                ValueKind::Part(of, 0) => trail.follow([(frame, *of)]),
                ValueKind::Result(event, _) => {
                    if let Some(callee) = flow.callee(frame, *event) {
                        let given = flow.returned(callee, 0);
                        trail.follow(given.into_iter().map(|(value, at)| (at, value)));
                    }
                }
                _ => {}
            }
        }
        false
    })
}

/// The look at the target that a value is the result of.
fn read_of(
    flow: &Flow<'_, '_>,
    target: &Target,
    frame: FrameId,
    value: amorsize_facts::event::ValueId,
) -> Option<Uid> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let ValueKind::Result(event, _) = &function.value(value).kind else { return None };
    let uid = flow.uid(frame, *event)?;
    let reads = matches!(flow.event(uid).kind, EventKind::Read(_));
    (reads && touches(flow, target, uid).is_some()).then_some(uid)
}
