//! Witnesses that need a second caller who is nowhere to be seen, or a second object where there is
//! one: each names what it hangs on.

use amorsize_facts::event::{
    ActKind, Atomicity, EventKind, Lang, Literal, Meaning, Op, Scope as Reach, Step, StoreKind,
    ValueId, ValueKind,
};

use super::explore::{Found, Other};
use super::replaced::runs_again;
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::held::Locking;
use crate::mutators::{Home, home_of};
use crate::slice::{Pair, Target, touches};

/// What must hold for anybody to be there at the same time.
pub(super) fn alone(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    let served =
        matches!(target.kind, StoreKind::Sql | StoreKind::Orm | StoreKind::Remote | StoreKind::Api);
    if served {
        return None;
    }
    let twin = found.other == Other::Same;
    let within = target.scope <= Reach::Process;
    if let Some(round) = locking.only_through_loop(flow.entry).filter(|_| twin && within) {
        let name = flow.tree.function(round).qualified;
        return Some(format!("`{name}` runs twice at a time for one object"));
    }
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return None;
    }
    if locking.starts_up(flow.entry, target.kind) {
        return Some(
            "it runs again while others are at work, and not at the start only".to_owned(),
        );
    }
    if twin && locking.only_in_loop(flow.entry).is_some() {
        return Some("more than one goroutine runs the loop that does this".to_owned());
    }
    if twin && within && locking.one_for_each(flow.entry) {
        return Some("two goroutines are started for one object".to_owned());
    }
    if let Some(owner) = locking.under_its_owner(flow.entry).filter(|_| twin && within) {
        let owner = flow.tree.class(owner).name;
        return Some(format!("two of `{owner}`, each under a lock of its own, share this object"));
    }
    if runs_again(flow, found.pair, &found.other) {
        let name = flow.tree.function(flow.entry).qualified;
        return Some(format!("`{name}` runs twice at a time for one object"));
    }
    if twin && within && flow.tree.function(flow.entry).name == "Next" {
        return Some("several goroutines share one iterator".to_owned());
    }
    if within && !target.room && counts_up(flow, found.pair) {
        return Some("the limit that was checked first may not be passed".to_owned());
    }
    if found.pair.data && hands_back(flow, target, found.pair.act) {
        return Some("somebody replaces the object that is stored again as it is".to_owned());
    }
    None
}

/// Whether a number is looked at and then counted up or down in one step: nothing is lost but a
/// count too many.
fn counts_up(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    !pair.data
        && matches!(&flow.event(pair.act).kind, EventKind::Act(act)
            if act.atomicity == Atomicity::Relative && act.kind == ActKind::Update)
        && matches!(flow.event(pair.check).kind, EventKind::Check(_) | EventKind::Read(_))
}

/// Whether an act that is refused where somebody else was first says so to somebody who asks.
pub(super) fn hears_of_it(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(kind) = &flow.event(act).kind else { return false };
    // `actual, loaded := m.LoadOrStore(key, value)`, and `loaded` is asked.
    let either = kind.means == Meaning::Current && kind.atomicity == Atomicity::Conditional;
    flow.tree.file(flow.entry).lang == Lang::Go
        && (kind.expects.is_some() && (kind.used.tested || kind.used.returned)
            || either && (kind.used.tested || asks_helper(flow, act)))
}

/// Whether who calls the helper that an act stands in takes the second part of its answer.
fn asks_helper(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let helper = &flow.frames[flow.frame_of(act) as usize];
    let Some((caller, call)) = helper.parent else { return false };
    let EventKind::Call(call) = &flow.event(call).kind else { return false };
    let function = flow.tree.function(flow.frames[caller as usize].func);
    function
        .values
        .iter()
        .any(|value| matches!(value.kind, ValueKind::Part(of, 1) if of == call.result))
}

/// Whether an act stores the very pointer that was read out before: what was changed in the object
/// is in it whoever stores it.
fn hands_back(flow: &Flow<'_, '_>, target: &Target, act: Uid) -> bool {
    let EventKind::Act(kind) = &flow.event(act).kind else { return false };
    // What is put back as it was taken out, without a look into it, is what it was.
    let whole = target.kind == StoreKind::Synchronised;
    let Some(value) = kind.value.filter(|_| whole || holds_pointers(flow, target)) else {
        return false;
    };
    let mut trail = Trail::from([(flow.frame_of(act), value)], 32);
    let mut read = false;
    while let Some((frame, value)) = trail.step() {
        let kind = &flow.tree.function(flow.frames[frame as usize].func).value(value).kind;
        if whole && matches!(kind, ValueKind::Op(..)) {
            return false;
        }
        match same_thing(flow, frame, value) {
            Some(Source::Values(values)) => trail.follow(values),
            Some(Source::Event(uid)) if touches(flow, target, uid).is_some() => read = true,
            _ => return false,
        }
    }
    read && !trail.is_cut()
}

/// Where a thing comes from, unchanged.
enum Source {
    Values(Vec<(FrameId, ValueId)>),
    Event(Uid),
}

fn same_thing(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<Source> {
    let activation = &flow.frames[frame as usize];
    let function = flow.tree.function(activation.func);
    let here = |values: &[ValueId]| Source::Values(values.iter().map(|v| (frame, *v)).collect());
    match &function.value(value).kind {
        ValueKind::Param(n) => {
            let arg = activation.args.get(usize::from(*n))?.as_ref()?;
            Some(Source::Values(vec![(arg.frame, arg.value?)]))
        }
        ValueKind::Literal(Literal::Nil) => Some(here(&[])),
        ValueKind::Phi(ways) => Some(here(ways)),
        ValueKind::Op(Op::Convert, inputs) => Some(here(inputs.get(..1)?)),
        ValueKind::Part(of, 0) => Some(here(&[*of])),
        ValueKind::Result(event, _) => {
            let uid = flow.uid(frame, *event)?;
            match &flow.event(uid).kind {
                EventKind::Read(_) => Some(Source::Event(uid)),
                EventKind::Call(_) => {
                    let callee = flow.callee(frame, *event)?;
                    let given = flow.returned(callee, 0).into_iter();
                    Some(Source::Values(given.map(|(value, at)| (at, value)).collect()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a map of an object holds pointers.
pub(super) fn holds_pointers(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let Some((Home::Field(class, steps), _)) = home_of(flow, target) else { return false };
    let [Step::Field(field)] = steps.as_slice() else { return false };
    flow.tree
        .field_type(class, *field)
        .is_some_and(|(_, of)| of.name == "map" && of.args.last().is_some_and(|held| held.pointer))
}
