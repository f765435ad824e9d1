//! The stores that are asked how much they hold before more is put in.

use amorsize_facts::event::{
    CheckKind, EventKind, Op, Path, Root, Scope, Step, ValueId, ValueKind,
};

use super::sense::words;
use crate::flow::{Flow, FrameId, Trail};
use crate::slice::{Target, grows, touches};

/// Every store of the process that is judged by its size, or by a limit of its own, and grows later.
pub(super) fn rooms(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    let events = flow.uids();
    for uid in events.clone() {
        let EventKind::Check(check) = &flow.event(uid).kind else { continue };
        let asked = match check.what {
            CheckKind::Size => true,
            CheckKind::State => is_within_a_limit(flow, flow.frame_of(uid), check.result),
            _ => false,
        };
        let Some(target) = flow.store_of(uid).filter(|target| asked && within(target)) else {
            continue;
        };
        let target = Target { size: true, room: true, ..target };
        let known = found.iter().any(|known| known.place == target.place);
        let mut later = events.clone().filter(|act| *act > uid);
        let fills = later
            .any(|act| grows(flow, &target.place, act) && touches(flow, &target, act).is_some());
        if !known && fills {
            found.push(target);
        }
    }
    found
}

fn within(target: &Target) -> bool {
    target.scope <= Scope::Process
}

/// Whether a test compares a number with one that is by its name the most there may be.
fn is_within_a_limit(flow: &Flow<'_, '_>, frame: FrameId, test: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let ValueKind::Result(_, inputs) = &function.value(test).kind else { return false };
    let compared = inputs.iter().find_map(|input| match &function.value(*input).kind {
        ValueKind::Op(Op::Lt | Op::Le | Op::Gt | Op::Ge, sides) => Some(sides),
        _ => None,
    });
    let Some(sides) = compared else { return false };
    let mut trail = Trail::from(sides.iter().copied(), 24);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        let named = match kind {
            ValueKind::Load(path) => says_limit(&last(path)),
            ValueKind::Field(_, name) | ValueKind::Named(name) => says_limit(name.as_str()),
            ValueKind::Param(n) => function
                .params
                .get(usize::from(*n))
                .is_some_and(|param| says_limit(param.name.as_str())),
            _ => false,
        };
        if named {
            return true;
        }
        trail.follow(kind.inputs());
    }
    false
}

fn last(path: &Path) -> String {
    match (path.steps.last(), &path.root) {
        (Some(Step::Field(name) | Step::Getter(name)), _) => name.as_str().to_owned(),
        (_, Root::Global(name) | Root::Captured(name)) => name.as_str().to_owned(),
        _ => String::new(),
    }
}

fn says_limit(name: &str) -> bool {
    words(name).iter().any(|word| {
        word.starts_with("max")
            || matches!(
                word.as_str(),
                "limit" | "cap" | "capacity" | "quota" | "budget" | "burst" | "bound" | "allowed"
            )
    })
}
