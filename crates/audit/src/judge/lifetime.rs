//! Who is there once at a time although nothing locks: what a program does when it starts or ends, what a controller does
//! for one object after the other, and what a function's own documentation forbids.

use amorsize_facts::event::{ActKind, EventKind, Lang, Name, Root, StoreKind, ValueId, ValueKind};

use super::disclaimed::{method_is_for_one, object_is_for_one};
use super::evidence::begins_or_ends;
use super::explore::{Found, Other};
use super::kept::several_at_a_time;
use super::sense::words;
use crate::flow::{AbsRoot, Flow, FrameId, Trail};
use crate::link::{ClassId, Tree};
use crate::slice::Target;
use amorsize_finding::Consequence;

/// What must hold for two to be there.
pub(super) fn once_at_a_time(
    flow: &Flow<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    let said = |holds: bool, what: &str| holds.then(|| what.to_owned());
    said(method_is_for_one(flow), "somebody calls it although its documentation forbids that")
        .or_else(|| {
            said(
                object_is_for_one(flow, target),
                "two goroutines use one object although its documentation forbids that",
            )
        })
        .or_else(|| {
            said(
                target.kind == StoreKind::Api && reconciles(flow),
                "two workers of the controller work on one object at a time",
            )
        })
        .or_else(|| {
            said(
                outlives(target) && sets_up_an_application(flow),
                "two runs of this program start or end at the same time",
            )
        })
        .or_else(|| {
            said(
                target.kind == StoreKind::File
                    && found.other == Other::Same
                    && clears_up_its_own(flow, found),
                "two participants end one object at the same time",
            )
        })
        .or_else(|| {
            said(reads_what_is_closed(flow, found), "it is used while somebody else closes it")
        })
}

/// Whether a function of Python reads what it has just found or made, and whoever takes it away ends an object's life.
fn reads_what_is_closed(flow: &Flow<'_, '_>, found: &Found) -> bool {
    let ends = matches!(&found.other, Other::Mutator { label, .. } if begins_or_ends(label));
    flow.tree.file(flow.entry).lang == Lang::Python
        && ends
        && found.harm.consequence == Consequence::Crash
        && matches!(flow.event(found.pair.act).kind, EventKind::Read(_))
}

/// Whether the class of the entry is a controller of Go, whose queue hands one object to one worker at a time,
/// and again where it failed.
fn reconciles(flow: &Flow<'_, '_>) -> bool {
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    flow.tree.file(flow.entry).lang == Lang::Go
        && class.is_some_and(|class| flow.tree.method(class, Name::new("Reconcile")).is_some())
}

fn outlives(target: &Target) -> bool {
    matches!(target.kind, StoreKind::File | StoreKind::Sql | StoreKind::Orm)
}

/// Whether a method of Python sets up, or takes down, the one object that is the program.
fn sets_up_an_application(flow: &Flow<'_, '_>) -> bool {
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    flow.tree.file(flow.entry).lang == Lang::Python
        && is_of_life(flow, true)
        && class.is_some_and(|class| is_application(flow.tree, class))
}

fn is_application(tree: &Tree<'_>, class: ClassId) -> bool {
    tree.ancestry(class).into_iter().any(|class| {
        let bases = &tree.class(class).bases;
        bases.iter().any(|base| Tree::type_word(base).as_str().ends_with("Application"))
    })
}

/// Whether the name says that an object ends, or begins if that is asked for as well.
fn is_of_life(flow: &Flow<'_, '_>, begins: bool) -> bool {
    let name = words(flow.tree.function(flow.entry).name.as_str());
    let first = name.iter().find(|word| !word.is_empty()).map_or("", String::as_str);
    let ends = matches!(
        first,
        "stop" | "close" | "cleanup" | "shutdown" | "teardown" | "destroy" | "terminate" | "exit"
    );
    ends || begins && matches!(first, "init" | "initialize" | "initialise" | "setup" | "start")
}

/// Whether an object of Python removes, at its end or with itself, a file that nothing but the object names.
fn clears_up_its_own(flow: &Flow<'_, '_>, found: &Found) -> bool {
    let act = found.pair.act;
    let EventKind::Act(removal) = &flow.event(act).kind else { return false };
    flow.tree.file(flow.entry).lang == Lang::Python
        && removal.kind == ActKind::Delete
        && removal.key.value.is_some_and(|value| {
            let frame = flow.frame_of(act);
            let kept = || {
                let held = flow.value_path(frame, value);
                held.is_some_and(|path| path.root == AbsRoot::Receiver)
            };
            let ends = is_of_life(flow, false);
            ends && kept()
                || (ends || removes_itself(flow))
                    && named_by_the_object(flow, frame, value)
                    && !several_at_a_time(flow, found.pair)
        })
}

/// Whether a method says no more than that it removes, and hence removes the object.
fn removes_itself(flow: &Flow<'_, '_>) -> bool {
    let name = flow.tree.function(flow.entry).name;
    matches!(name.as_str(), "delete" | "unlink" | "purge")
}

/// Whether a path is made of what the object keeps, and of nothing that a caller hands in.
fn named_by_the_object(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    let mut trail = Trail::from([(frame, value)], 32);
    let mut own = false;
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let function = flow.tree.function(activation.func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Load(path) => own |= frame == 0 && path.root == Root::Receiver,
            ValueKind::Receiver => own |= frame == 0,
            ValueKind::Param(_) if activation.parent.is_none() => return false,
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Result(event, _) => {
                if let Some(EventKind::Call(call)) = function.event(*event).map(|event| &event.kind)
                {
                    let on = call.receiver.as_ref().is_some_and(|path| path.root == Root::Receiver);
                    own |= frame == 0 && on;
                    let given = call.receiver_value.into_iter().chain(call.args.iter().copied());
                    trail.follow(given.map(|value| (frame, value)));
                }
            }
            _ => {}
        }
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    own && !trail.is_cut()
}
