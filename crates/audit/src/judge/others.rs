//! Who else takes part: the other mutators of a store, and whoever may be outside of the tree.

use amorsize_facts::event::{
    ActKind, Call, EventKind, Lang, Name, Root, Scope as Reach, Step, StoreKind,
};

use super::apart::{are_two_keys, may_meet};
use super::explore::Other;
use super::kept::kept_for_others;
use super::outside::{is_draft, outside_deleter, writer_of_files};
use super::replaced::replacer;

use crate::explore::{Op, OpKind, Program, Value, When};
use crate::flow::{AbsPath, AbsRoot, Flow, Uid};
use crate::held::Locking;
use crate::link::FnId;
use crate::mutators::{Mutator, Mutators, Seat, Way, home_of, program, ways};
use crate::shared::deals_with_threads;
use crate::slice::{AbsPlace, Locks, Pair, Slice, Target};
use crate::turns::{lives_on_a_loop, turn};

/// What somebody outside of the tree does to files that are kept.
pub(super) const CLEARS: &str = "removes the file";
/// Helpers on the way from the entry to one of them.
const HELPERS_MAX: usize = 8;
/// Other mutators a slice is explored against.
const MUTATORS_MAX: usize = 5;

/// The other mutators of the store, and whoever may be outside.
pub(super) fn others(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    slice: &Slice,
    locks: &mut Locks,
) -> Vec<(Program, Other)> {
    let (home, base) = home_of(flow, target).unzip();
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let base = base.flatten();
    let seat = Seat { base: base.as_ref(), class };
    let mut found: Vec<(Program, Other)> = Vec::new();
    let known = mutators.of_target(home.as_ref());
    let in_line = one_after_the_other(flow, (locking, mutators), target);
    let own = |op: &Op| matches!(op.kind, OpKind::Write { value: Value::Own(_), .. });
    let clears = target.kind == StoreKind::Atomic
        && flow.tree.file(flow.entry).lang == Lang::Python
        && slice.program.ops.iter().any(own);
    for mutator in known {
        // What the function does itself is its twin's part, under the function's own guards.
        let own = mutator.function == flow.entry
            || runs_in_place(flow, mutator)
            || is_done_by(flow, slice, mutator) && is_a_helper_of(flow, locking, mutator.function);
        if found.len() >= MUTATORS_MAX || mutator.confined || own {
            continue;
        }
        let near = || {
            same_folder(flow, mutator.function) || beside_the_look(flow, target, mutator.function)
        };
        let other_file = || !near() || sets_the_mode(flow, mutator) || is_draft(flow, mutator);
        if target.kind == StoreKind::File && other_file()
            || !may_meet(flow, locking, target, mutator)
        {
            continue;
        }
        if in_line(mutator.function) {
            continue;
        }
        let file = flow.tree.file(mutator.function);
        if flow.tree.is_test(mutator.function) {
            continue;
        }
        let in_turn = target.scope <= Reach::Thread
            && lives_on_a_loop(flow)
            && !deals_with_threads(flow.tree, mutator.function.file);
        for mut held in ways(flow.tree, locking, mutator, &seat) {
            // A lock that the flow has no words for keeps it from nothing here.
            let bare = held.is_empty() || locked_by_others_only(locking, mutator, (&seat, &held));
            held.extend(in_turn.then(turn));
            let Some(mut program) = program(flow.tree, mutator, target, &held, locks) else {
                break;
            };
            if clears {
                told_apart(&mut program);
            }
            let shape: Vec<OpKind> = program.ops.iter().map(|op| op.kind).collect();
            if found
                .iter()
                .any(|(known, _)| known.ops.iter().map(|op| op.kind).eq(shape.iter().copied()))
            {
                continue;
            }
            let label = program.label.clone();
            let line = mutator.event.span.line;
            found.push((program, Other::mutator(label, &file.path, line, bare)));
        }
    }
    if target.place == AbsPlace::Model(Name::EMPTY) {
        return found;
    }
    outsiders(flow, known, target, (slice, locks), &mut found);
    replacer(flow, locking, target, (slice, locks), (known, &seat), &mut found);
    found
}

/// Which functions the goroutine of the entry runs as well, so that it does the one after the other.
fn one_after_the_other<'m>(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&'m Locking<'_, '_>, &'m Mutators<'_>),
    target: &Target,
) -> impl Fn(FnId) -> bool + use<'m> {
    let looped = locking.loop_of(flow.entry).filter(|_| target.scope <= Reach::Process);
    let run = only_run(flow, (locking, mutators), target);
    move |id| {
        looped.is_some() && locking.loop_of(id) == looped
            || run.is_some() && locking.single_run(mutators, id) == run
    }
}

/// The method of the entry's object that does this, of which one run at most is under way for each object.
pub(super) fn only_run(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
) -> Option<FnId> {
    // What is reached through a field may be another object's, too.
    let own = matches!(&target.place, AbsPlace::Path(path) if path.root == AbsRoot::Receiver
        && path.steps.iter().filter(|step| matches!(step, Step::Field(_))).count() == 1);
    let within = own && target.scope <= Reach::Process;
    within.then(|| locking.single_run(mutators, flow.entry)).flatten()
}

/// Whether all that a mutator does to a file is to say who may read it; what else is handed the path may fill it.
fn sets_the_mode(flow: &Flow<'_, '_>, mutator: &Mutator<'_>) -> bool {
    let mut handed_on = false;
    flow.tree.function(mutator.function).each_event(|event| {
        if let EventKind::Call(call) = &event.kind {
            handed_on |= call.args.iter().any(|arg| mutator.act.key.value == Some(*arg));
        }
    });
    !handed_on && mutator.act.fields.iter().any(|field| *field == "mode")
}

/// Setting an event twice is setting it once; who clears it loses each time that it was set.
fn told_apart(program: &mut Program) {
    for op in &mut program.ops {
        if let OpKind::Write { value: value @ Value::Pure(_), .. } = &mut op.kind {
            *value = Value::Own(1);
        }
    }
}

/// Adds whoever may be outside of the tree, where nobody in it does the same.
fn outsiders(
    flow: &Flow<'_, '_>,
    known: &[Mutator<'_>],
    target: &Target,
    (slice, locks): (&Slice, &mut Locks),
    found: &mut Vec<(Program, Other)>,
) {
    let everywhere = target.scope > Reach::Process;
    // A bare UPDATE or INSERT of somebody who does the other one otherwise is half a writer.
    let writes = found.iter().any(|(program, _)| {
        program.ops.iter().any(|op| matches!(op.kind, OpKind::Write { when: When::Always, .. }))
    });
    let deletes_here = slice.program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. }));
    if everywhere && deletes_here && !writes {
        let writer = writer_of_files(flow, known, target, locks);
        found.push((writer, Other::Outside("stores a new value")));
    }
    // On a server, whoever deletes the entry in between sees it come back.
    let deletes = found
        .iter()
        .any(|(program, _)| program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. })));
    let remote = matches!(target.kind, StoreKind::Remote | StoreKind::Api);
    // Who deletes other keys by name leaves this one alone.
    let deletes = deletes
        || known.iter().any(|mutator| {
            mutator.act.kind == ActKind::Delete
                && target.kind == StoreKind::Remote
                && are_two_keys(flow, target, mutator)
        });
    if everywhere && remote && !deletes_here && !deletes {
        found.push((outside_deleter(), Other::Outside("deletes it")));
    }
    // Somebody clears a folder that is kept for later, and whoever had looked opens what has gone.
    let opened = |pair: &Pair| {
        target.kind == StoreKind::File
            && matches!(flow.event(pair.check).kind, EventKind::Check(_))
            && opens(flow, pair.act)
            && kept_for_others(flow, *pair, false)
    };
    if !deletes_here && !deletes && slice.pairs.iter().any(opened) {
        found.push((outside_deleter(), Other::Outside(CLEARS)));
    }
}

fn opens(flow: &Flow<'_, '_>, act: Uid) -> bool {
    match &flow.event(act).kind {
        EventKind::Act(act) => act.kind == ActKind::OpenRead,
        other => matches!(other, EventKind::Read(_)),
    }
}

/// Whether a mutator takes no lock itself, and those who hold one around it do so for another object, or come to it
/// through one: whether that is at work at the same time is another question.
fn locked_by_others_only(
    locking: &Locking<'_, '_>,
    mutator: &Mutator<'_>,
    (seat, held): (&Seat<'_>, &Way),
) -> bool {
    let takes = locking.within(mutator.function).contains_key(&mutator.event.id);
    let foreign = |lock: &AbsPath| matches!(lock.root, AbsRoot::External(_));
    let through = |call: &Call| {
        call.receiver
            .as_ref()
            .is_some_and(|path| path.root == Root::Receiver && !path.steps.is_empty())
    };
    !takes
        && (held.iter().all(|(lock, ..)| foreign(lock))
            || seat.is_own() && locking.sites(mutator.function).any(|(_, call, _)| through(call)))
}

/// Whether the entry comes to the very place after a look of its own, on the way through its branches that is looked
/// at: whoever runs the entry on another way does something else.
fn is_done_by(flow: &Flow<'_, '_>, slice: &Slice, mutator: &Mutator<'_>) -> bool {
    slice.pairs.iter().any(|pair| {
        flow.event(pair.act).id == mutator.event.id
            && flow.frames[flow.frame_of(pair.act) as usize].func == mutator.function
    })
}

/// Whether a mutator is a helper that the entry alone runs, itself or through such helpers: what it does is done by
/// somebody who runs the entry.
fn is_a_helper_of(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, id: FnId) -> bool {
    let tree = flow.tree;
    if tree.file(id).lang != Lang::Go {
        return false;
    }
    let mut helpers = vec![id];
    let mut at = 0;
    while let Some(id) = helpers.get(at).copied() {
        at += 1;
        let inlined = flow.frames.iter().any(|frame| frame.func == id);
        // Of two ways to run it one may go without the lock of the other.
        let twice = locking.sites(id).count() > 1;
        if twice || !inlined || !tree.is_private(id) || at > HELPERS_MAX {
            return false;
        }
        let Some(callers) = locking.only_callers(id).filter(|callers| !callers.is_empty()) else {
            return false;
        };
        for by in callers {
            if by != flow.entry && !helpers.contains(&by) {
                helpers.push(by);
            }
        }
    }
    true
}

/// Whether the mutator is a closure of the entry that the entry runs itself, where it stands.
fn runs_in_place(flow: &Flow<'_, '_>, mutator: &Mutator<'_>) -> bool {
    flow.tree.parent(mutator.function).is_some()
        && flow
            .frames
            .iter()
            .any(|frame| frame.func == mutator.function && frame.lexical == Some(0))
}

/// Files are one store; only what the same module does to them is taken to meet this entry.
pub(super) fn same_folder(flow: &Flow<'_, '_>, other: FnId) -> bool {
    flow.tree.package(other.file) == flow.tree.package(flow.entry.file)
}

/// Whether a function stands in the module in which the file is looked at or worked on for the entry: the
/// backend behind it.
fn beside_the_look(flow: &Flow<'_, '_>, target: &Target, other: FnId) -> bool {
    let looks = flow.frames[flow.frame_of(target.key_uid) as usize].func;
    flow.tree.file(looks).lang == Lang::Python
        && flow.tree.package(other.file) == flow.tree.package(looks.file)
}
