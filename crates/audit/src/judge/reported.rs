//! What a function reports to its caller of what became of its call: a yes or a no, what there was before, an error.

use amorsize_facts::event::{CheckKind, EventKind, Literal, ValueId, ValueKind};

use crate::flow::Flow;
use crate::slice::Pair;

/// Whether a caller is told by a yes or a no what became of its call, or what there was before.
pub(super) fn tells_who_won(flow: &Flow<'_, '_>) -> bool {
    let function = flow.tree.function(flow.entry);
    let asked = |value: ValueId| {
        let ValueKind::Result(event, _) = &function.value(value).kind else { return false };
        flow.uid(0, *event).is_some_and(|uid| {
            matches!(&flow.event(uid).kind, EventKind::Check(check) if check.what == CheckKind::Presence)
        })
    };
    flow.events.iter().any(|ev| {
        ev.frame == 0
            && matches!(&ev.event.kind, EventKind::Return(ret)
                if matches!(ret.constant, Some(Literal::Bool(_)))
                    || ret.values.iter().any(|value| asked(*value)))
    })
}

/// Whether the caller is told by a plain yes, or a plain no, whether it was the one.
pub(super) fn says_yes_or_no(flow: &Flow<'_, '_>) -> bool {
    says(flow, true) && says(flow, false)
}

/// Whether a function tells its caller by a plain yes that it worked.
pub(super) fn says_yes(flow: &Flow<'_, '_>) -> bool {
    says(flow, true)
}

fn says(flow: &Flow<'_, '_>, answer: bool) -> bool {
    flow.events.iter().any(|ev| {
        ev.frame == 0
            && matches!(&ev.event.kind, EventKind::Return(ret)
                if ret.constant == Some(Literal::Bool(answer)))
    })
}

/// Whether who finds an entry is told so by an error.
pub(super) fn raises_between(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    (pair.check..pair.act).any(|uid| matches!(flow.event(uid).kind, EventKind::Raise(_)))
}
