//! Two callers in one: one took away the entry that was found wanting, another one made it anew. Each of
//! them alone spoils nothing where entries are only made that are missing; together they put a fresh
//! entry in the place of the one that was judged, and whoever judged it takes the fresh one away.

use amorsize_facts::event::{Lang, StoreKind};
use amorsize_finding::Consequence;

use super::apart::may_meet;
use super::consequence::Harm;
use super::evidence::begins_or_ends;
use super::explore::Other;
use crate::explore::{OpKind, Program, Value, When, Witness};
use crate::flow::Flow;
use crate::held::{Locking, is_test};
use crate::mutators::{Mutator, Seat, program, ways};
use crate::slice::{Locks, Slice, Target};

/// A participant that takes the entry away and makes it anew, each step under the locks it is done under,
/// where the tree does the one and the other.
pub(super) fn replacer(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (slice, locks): (&Slice, &mut Locks),
    (known, seat): (&[Mutator<'_>], &Seat<'_>),
) -> Option<(Program, Other)> {
    let memory = matches!(target.kind, StoreKind::Map | StoreKind::Synchronised);
    let deletes = slice.program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. }));
    let keyed = memory && !target.size && !target.keys.is_empty();
    if !keyed || !deletes || flow.tree.file(flow.entry).lang != Lang::Go || is_alone(flow, locking)
    {
        return None;
    }
    let mut part = |removes: bool| {
        known.iter().find_map(|mutator| {
            let name = flow.tree.function(mutator.function).qualified.as_str();
            let may = !mutator.confined
                && !begins_or_ends(name)
                && !is_test(&flow.tree.file(mutator.function).path)
                && mutator.act.key.value.is_some()
                && may_meet(flow, locking, target, mutator);
            let held =
                ways(flow.tree, locking, mutator, seat).into_iter().next().filter(|_| may)?;
            let mut one = program(flow.tree, mutator, target, &held, locks)?;
            let wanted = one.ops.iter_mut().any(|op| match &mut op.kind {
                OpKind::Delete { .. } => removes,
                // What is there stays, as whoever makes it sees to.
                OpKind::Write { value: Value::Own(_), when, .. } => {
                    *when = When::Absent;
                    !removes
                }
                _ => false,
            });
            wanted.then_some((mutator, one))
        })
    };
    let (_, first) = part(true)?;
    let (maker, second) = part(false)?;
    let both = Program {
        label: if first.label == second.label {
            second.label
        } else {
            format!("{}, then {}", first.label, second.label)
        },
        ops: first.ops.into_iter().chain(second.ops).collect(),
    };
    let path = flow.tree.file(maker.function).path.clone();
    let (label, line) = (both.label.clone(), maker.event.span.line);
    Some((both, Other::Mutator { label, path, line, bare: false, both: true }))
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
