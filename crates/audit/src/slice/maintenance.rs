//! Clean-up: functions that judge how old what they listed is, and delete it, and those named so.

use std::cell::RefCell;
use std::collections::HashMap;

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, Function, Key, Name, ValueKind, says_any,
};
use rustc_hash::FxBuildHasher;

use crate::flow::{Flow, FrameId, Trail, Uid};

/// Whether a key is one of those that a listing gave.
pub(super) fn lists(function: &Function, key: &Key) -> bool {
    let mut trail = Trail::from(key.value, 24);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Element(_) => return true,
            kind @ (ValueKind::Part(..)
            | ValueKind::Op(..)
            | ValueKind::Result(..)
            | ValueKind::Field(..)) => {
                trail.follow(kind.inputs());
            }
            _ => {}
        }
    }
    false
}

/// Whether a frame collects garbage.
pub(crate) fn collects(flow: &Flow<'_, '_>, frame: FrameId) -> bool {
    flow.tree.collects(flow.frames[frame as usize].func)
}

/// Whether a function collects garbage: it judges how old what it listed is, and deletes it.
pub(crate) fn collects_garbage(function: &Function) -> bool {
    let (mut judges, mut deletes) = (false, false);
    function.each_event(|event| match &event.kind {
        EventKind::Check(check) => {
            // What a loop over a map has in hand is judged without its key.
            let listed = check.of.and_then(|of| function.event(of));
            let in_hand = listed.is_some_and(|of| matches!(of.kind, EventKind::Enumerate(_)));
            judges |= check.what == CheckKind::Expiry && (in_hand || lists(function, &check.key));
        }
        EventKind::Act(act) => {
            deletes |=
                matches!(act.kind, ActKind::Delete | ActKind::Take) && lists(function, &act.key);
        }
        _ => {}
    });
    judges && deletes
}

/// Whether an event deletes what a listing gave.
pub(crate) fn removes_each(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    matches!(&flow.event(uid).kind, EventKind::Act(act)
        if matches!(act.kind, ActKind::Delete | ActKind::Take) && lists(function, &act.key))
}

/// Whether the frame, or one that called it, is maintenance by its name.
pub(crate) fn maintains(flow: &Flow<'_, '_>, frame: FrameId) -> bool {
    let mut at = Some(frame);
    while let Some(frame) = at {
        let activation = &flow.frames[frame as usize];
        if activation.parent.is_some() && is_maintenance(flow.tree.function(activation.func).name) {
            return true;
        }
        at = activation.parent.map(|(parent, _)| parent);
    }
    false
}

thread_local! {
    static CLEANS: RefCell<HashMap<Name, bool, FxBuildHasher>> = RefCell::default();
}

/// Whether a name says that it cleans up.
pub(crate) fn is_maintenance(name: Name) -> bool {
    CLEANS.with_borrow_mut(|known| *known.entry(name).or_insert_with(|| cleans(name.as_str())))
}

fn cleans(name: &str) -> bool {
    let words = [
        "prune",
        "cull",
        "evict",
        "expire",
        "clean",
        "purge",
        "sweep",
        "trim",
        "tidy",
        "reap",
        "housekeep",
        "scrub",
        "drop_old",
        "remove_stale",
        "vacuum",
        "collect_garbage",
        "remove_old",
        "delete_old",
    ];
    // So short a word stands in many others.
    let begins = |part: &str| part.get(..2).is_some_and(|first| first.eq_ignore_ascii_case("gc"));
    says_any(name, &words) || name.split('_').any(begins)
}
