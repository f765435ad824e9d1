//! What was taken off a list is not among what the list is walked for later: `last = files.pop(); os.unlink(last)`, and
//! then `for file in files: os.unlink(file)` are about different entries.

use amorsize_facts::event::{EventKind, ValueId, ValueKind};

use super::target::Target;
use crate::flow::{Flow, FrameId, Trail, Uid};

/// Whether an event and the target are about different entries of one list.
pub(super) fn apart_by_popping(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    apart(flow, target.key_uid, uid)
}

/// Whether two events are about different entries of one list.
pub(crate) fn apart(flow: &Flow<'_, '_>, one: Uid, other: Uid) -> bool {
    let (early, late) = (one.min(other), one.max(other));
    let known = |uid: Uid| usize::try_from(uid).is_ok_and(|uid| uid < flow.events.len());
    if one == other || !known(one) || !known(other) {
        return false;
    }
    let frame = flow.frame_of(late);
    frame == flow.frame_of(early)
        && taken(flow, frame, early, popped)
            .is_some_and(|list| taken(flow, frame, late, walked) == Some(list))
}

type Taking = fn(&Flow<'_, '_>, FrameId, ValueId) -> Option<ValueId>;

/// The list from which the key of an event is taken in that way.
fn taken(flow: &Flow<'_, '_>, frame: FrameId, uid: Uid, how: Taking) -> Option<ValueId> {
    let (_, key) = flow.event(uid).kind.target()?;
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let mut trail = Trail::from(key?.value, 16);
    while let Some(value) = trail.step() {
        if let Some(list) = how(flow, frame, value) {
            return Some(list);
        }
        if let ValueKind::Op(..) | ValueKind::Part(..) | ValueKind::Item(..) | ValueKind::New(..) =
            function.value(value).kind
        {
            trail.follow(function.value(value).kind.inputs());
        }
    }
    None
}

fn popped(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<ValueId> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let ValueKind::Result(event, _) = function.value(value).kind else { return None };
    match &flow.event(flow.uid(frame, event)?).kind {
        EventKind::Call(call) if matches!(call.name.as_str(), "pop" | "popleft") => {
            call.receiver_value
        }
        _ => None,
    }
}

fn walked(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<ValueId> {
    match flow.tree.function(flow.frames[frame as usize].func).value(value).kind {
        ValueKind::Element(list) => Some(list),
        _ => None,
    }
}
