//! Keys that are listed in one critical section and looked up in another, by code that does not expect
//! one of them to have gone: it goes through the pointer it did not get, or gives up with the error.

use amorsize_facts::event::{
    ActKind, EventKind, Lang, Literal, Op as Operator, StoreKind, ValueId, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::alone::holds_pointers;
use super::explore::{Draft, Other};
use super::pattern::{grip, locks_at};
use crate::explore::{Domain, Lost, Op, OpKind, Program, Scene, When, seek_within};
use crate::flow::{Flow, FrameId, Uid};
use crate::held::Locking;
use crate::mutators::{Mutator, Mutators, home_of};
use crate::slice::{Pair, Target, looks_up_listed, touches};

/// Judges the first look-up of each listing of the entry.
pub(crate) fn listed(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
) -> Vec<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for read in flow.uids() {
        if !matches!(flow.event(read).kind, EventKind::Read(_)) || !looks_up_listed(flow, read) {
            continue;
        }
        let Some(target) = flow.target(read).filter(|target| !target.confined) else { continue };
        let kept = matches!(target.kind, StoreKind::Map | StoreKind::Synchronised);
        if kept && !drafts.iter().any(|draft| draft.target.place == target.place) {
            drafts.extend(gone(flow, (locking, mutators), target, read));
        }
    }
    drafts
}

fn gone(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: Target,
    read: Uid,
) -> Option<Draft> {
    let listing = (0..read).rev().find(|uid| {
        matches!(flow.event(*uid).kind, EventKind::Enumerate(_))
            && touches(flow, &target, *uid).is_some()
    })?;
    // A helper that lists, chooses and looks up answers for itself.
    if flow.place(listing, 0) == flow.place(read, 0) {
        return None;
    }
    let (at_listing, at_read) = (locks_at(flow, locking, listing), locks_at(flow, locking, read));
    let grip = grip(&at_listing, &at_read);
    let both =
        at_listing.iter().any(|a| at_read.iter().any(|b| a.path == b.path && a.taken == b.taken));
    let guarded = !at_listing.is_empty() && !at_read.is_empty();
    let gap = !both && (guarded || target.kind == StoreKind::Synchronised);
    let alone = locking.loop_of(flow.entry).is_some();
    let consequence = fails(flow, &target, read).filter(|_| gap && !alone)?;
    let (home, _) = home_of(flow, &target)?;
    let deleter = mutators.of_target(Some(&home)).iter().find(|other| takes_away(flow, other))?;
    let programs = vec![looks(flow, listing, read), deletes(flow, deleter)];
    let (cells, silent) = (vec![Domain::LIVE], vec![false, true]);
    let scene = Scene { programs, cells, locks: 0, silent };
    let witness = seek_within(&scene, &flow.purse, &|steps, _| {
        steps.iter().any(|step| step.thread == 0 && step.result.starts_with("fails"))
    })?;
    let label = flow.tree.function(deleter.function).qualified.as_str().to_owned();
    let path = &flow.tree.file(deleter.function).path;
    let bare = deleter.held.is_empty();
    let other = Other::mutator(label, path, deleter.event.span.line, bare);
    Some(Draft {
        rule: 120,
        verdict: Verdict::Open,
        consequence,
        target,
        pair: Pair { check: listing, act: read, data: false },
        witness: Some(*witness),
        other,
        why_shared: "what is listed under a lock is shared".to_owned(),
        assumption: None,
        grip,
        guard: None,
    })
}

fn takes_away(flow: &Flow<'_, '_>, other: &Mutator<'_>) -> bool {
    matches!(other.act.kind, ActKind::Delete | ActKind::Take)
        && !other.confined
        && other.function != flow.entry
        && !flow.tree.is_test(other.function)
}

fn looks(flow: &Flow<'_, '_>, listing: Uid, read: Uid) -> Program {
    let lost = Lost::Raise("nothing there");
    let ops = vec![
        Op { kind: OpKind::Observe { cell: 0, into: 0 }, site: listing },
        Op { kind: OpKind::Need { cell: 0, into: 1, lost }, site: read },
    ];
    Program { label: flow.tree.function(flow.entry).qualified.as_str().to_owned(), ops }
}

fn deletes(flow: &Flow<'_, '_>, deleter: &Mutator<'_>) -> Program {
    let kind = OpKind::Delete { cell: 0, when: When::Present, into: 0, lost: Lost::Ignore };
    let label = flow.tree.function(deleter.function).qualified.as_str().to_owned();
    Program { label, ops: vec![Op { kind, site: u32::MAX }] }
}

/// What becomes of the caller when the entry has gone.
fn fails(flow: &Flow<'_, '_>, target: &Target, read: Uid) -> Option<Consequence> {
    let pointers = holds_pointers(flow, target);
    flow.chain(read).into_iter().rev().find_map(|frame| {
        let here = flow.place(read, frame)?;
        if pointers && goes_through(flow, frame, here) {
            return Some(Consequence::Crash);
        }
        (frame == 0 && here != read && fails_for_it(flow, read) && hands_on_the_error(flow, here))
            .then_some(Consequence::WrongAnswer)
    })
}

/// Whether a field of what an event gave is used, and nobody asks whether there is anything.
fn goes_through(flow: &Flow<'_, '_>, frame: FrameId, event: Uid) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let id = flow.event(event).id;
    let is_it = |value: ValueId| match &function.value(value).kind {
        ValueKind::Result(of, _) => *of == id,
        _ => false,
    };
    let mut used = false;
    for value in &function.values {
        match &value.kind {
            ValueKind::Field(of, _) => used |= is_it(*of),
            ValueKind::Part(of, _) if is_it(*of) => return false,
            ValueKind::Op(Operator::Eq | Operator::Ne, sides)
                if sides.iter().any(|side| is_it(*side)) =>
            {
                return false;
            }
            _ => {}
        }
    }
    let asked = flow.events.iter().any(|ev| {
        ev.frame == frame
            && matches!(&ev.event.kind, EventKind::Check(check) if check.of == Some(id))
    });
    used && !asked
}

/// Whether a helper of the entry answers with an error of its own where the look-up gave nothing.
fn fails_for_it(flow: &Flow<'_, '_>, read: Uid) -> bool {
    let (frame, id) = (flow.frame_of(read), flow.event(read).id);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let here = || flow.events.iter().filter(|ev| ev.frame == frame);
    let asked =
        here().any(|ev| matches!(&ev.event.kind, EventKind::Check(check) if check.of == Some(id)));
    let fails = here().any(|ev| match &ev.event.kind {
        EventKind::Return(ret) if ret.values.len() > 1 => ret.values.last().is_some_and(|last| {
            !matches!(
                function.value(*last).kind,
                ValueKind::Literal(Literal::Nil | Literal::Bool(_)) | ValueKind::Part(..)
            )
        }),
        _ => false,
    });
    flow.chain(read).len() == 2 && asked && fails
}

/// Whether the error that a helper answers with is returned at once.
fn hands_on_the_error(flow: &Flow<'_, '_>, call: Uid) -> bool {
    let function = flow.tree.function(flow.entry);
    let id = flow.event(call).id;
    let is_error = |value: ValueId| match &function.value(value).kind {
        ValueKind::Part(of, 1..) => {
            matches!(&function.value(*of).kind, ValueKind::Result(event, _) if *event == id)
        }
        _ => false,
    };
    flow.events.iter().any(|ev| {
        ev.frame == 0
            && matches!(&ev.event.kind, EventKind::Return(ret)
                if ret.values.last().is_some_and(|last| is_error(*last))
                    && ret.values[..ret.values.len() - 1].iter().all(|value| function.is_nil(*value)))
    })
}
