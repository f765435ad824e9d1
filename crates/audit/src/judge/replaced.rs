//! Two callers in one: one took away the entry that was found wanting, another one made it anew. Each of
//! them alone spoils nothing where entries are only made that are missing; together they put a fresh
//! entry in the place of the one that was judged, and whoever judged it takes the fresh one away.

use amorsize_facts::event::{EventKind, Lang, Root, StoreKind, ValueKind};
use amorsize_finding::Consequence;

use super::apart::may_meet;
use super::consequence::Harm;
use super::evidence::begins_or_ends;
use super::explore::Other;
use crate::explore::{OpKind, Program, Value, When, Witness};
use crate::flow::Flow;
use crate::held::Locking;
use crate::mutators::{Mutator, Seat, program, ways};
use crate::slice::{Locks, Pair, Slice, Target, touches};

/// Between the names of the two.
const THEN: &str = ", then ";

/// Adds a participant that takes the entry away and makes it anew, each step under the locks it is done under,
/// where the tree does the one and the other. Who overwrites an entry does alone what takes two otherwise.
pub(super) fn replacer(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (slice, locks): (&Slice, &mut Locks),
    (known, seat): (&[Mutator<'_>], &Seat<'_>),
    found: &mut Vec<(Program, Other)>,
) {
    let memory = matches!(target.kind, StoreKind::Map | StoreKind::Synchronised);
    let deletes = slice.program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. }));
    let keyed = memory && !target.size && !target.keys.is_empty();
    let overwrites = found
        .iter()
        .flat_map(|(program, _)| &program.ops)
        .any(|op| matches!(op.kind, OpKind::Write { when: When::Always, .. }));
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    if !keyed || !deletes || overwrites || !go || is_alone(flow, locking) {
        return;
    }
    let mut part = |removes: bool| {
        // Somebody else is told of before a second run of the function itself.
        let (own, others): (Vec<_>, Vec<_>) =
            known.iter().partition(|mutator| mutator.function == flow.entry);
        others.into_iter().chain(own).find_map(|mutator| {
            let held = may_take_part(flow, locking, target, mutator)
                .then(|| ways(flow.tree, locking, mutator, seat).into_iter().next())??;
            let mut one = program(flow.tree, mutator, target, &held, locks)?;
            does(&mut one, removes).then_some((mutator, one))
        })
    };
    let (Some((_, first)), Some((maker, second))) = (part(true), part(false)) else { return };
    let label = if first.label == second.label {
        second.label
    } else {
        format!("{}{THEN}{}", first.label, second.label)
    };
    let ops = first.ops.into_iter().chain(second.ops).collect();
    let (path, line) = (flow.tree.file(maker.function).path.clone(), maker.event.span.line);
    let other = Other::Mutator {
        label: label.clone(),
        path,
        line,
        bare: false,
        both: true,
        steps: Vec::new(),
    };
    // The beginning and the end of an object's life are told of where nothing else is.
    found.insert(0, (Program { label, ops }, other));
}

/// Whether the first of two callers in one is a second run of a function that goes through all entries: of such
/// there is one at a time, as a rule.
pub(super) fn runs_again(flow: &Flow<'_, '_>, pair: Pair, other: &Other) -> bool {
    let name = flow.tree.function(flow.entry).qualified;
    let listed = matches!(flow.event(pair.check).kind, EventKind::Enumerate(_));
    listed
        && matches!(other, Other::Mutator { both: true, label, .. }
        if label.split(THEN).next() == Some(name.as_str()))
}

/// Whether a mutator changes one entry of the target in the middle of its object's life.
fn may_take_part(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    mutator: &Mutator<'_>,
) -> bool {
    !mutator.confined
        && !begins_or_ends(flow.tree.function(mutator.function).qualified.as_str())
        && !flow.tree.is_test(mutator.function)
        && mutator.act.key.value.is_some()
        && !is_own_elsewhere(flow, target, mutator)
        && may_meet(flow, locking, target, mutator)
}

/// Whether the function itself changes, under a key that is the same for every caller, an entry that is not the
/// one in question: neither is it when another caller does so.
fn is_own_elsewhere(flow: &Flow<'_, '_>, target: &Target, mutator: &Mutator<'_>) -> bool {
    let function = flow.tree.function(mutator.function);
    let fixed = mutator.act.key.value.is_some_and(|key| match &function.value(key).kind {
        ValueKind::Literal(_) => true,
        ValueKind::Load(path) => matches!(path.root, Root::Global(_)) && path.steps.is_empty(),
        _ => false,
    });
    let own = || flow.uid(0, mutator.event.id);
    mutator.function == flow.entry
        && fixed
        && own().is_some_and(|own| touches(flow, target, own).is_none())
}

/// Whether a participant removes the entry, or else stores one of its own. What is there stays, as whoever
/// makes it sees to.
fn does(one: &mut Program, removes: bool) -> bool {
    one.ops.iter_mut().any(|op| match &mut op.kind {
        OpKind::Delete { .. } => removes,
        OpKind::Write { value: Value::Own(_), when, .. } => {
            *when = When::Absent;
            !removes
        }
        _ => false,
    })
}

/// Whether two callers in one did what they are brought in for: an entry that the function found there was
/// replaced, and the fresh one is gone. What a caller has put there itself, as a claim, nobody else takes away.
pub(super) fn takes_what_was_replaced(other: &Other, harm: Harm, witness: &Witness) -> bool {
    let stored = || {
        let mut own = witness.steps.iter().filter(|step| step.thread == 0);
        own.any(|step| step.result.starts_with("stores"))
    };
    !matches!(other, Other::Mutator { both: true, .. })
        || harm.consequence == Consequence::LostWrite && !stored()
}

/// Whether one goroutine alone does this: it needs a second one to have taken the entry away.
fn is_alone(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> bool {
    locking.only_through_loop(flow.entry).is_some()
        || locking.only_in_loop(flow.entry).is_some()
        || locking.one_for_each(flow.entry)
        || locking.loop_of(flow.entry).is_some()
}
