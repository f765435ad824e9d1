//! Functions that send some callers away: what they answer then is no result that is handed out, and who is sent
//! away by the system instead is sent away all the same.

use amorsize_facts::event::{
    ActKind, Atomicity, EventKind, Lang, Literal, Root, StoreKind, ValueId, ValueKind,
};
use amorsize_finding::Consequence;

use super::explore::Found;
use crate::flow::Flow;
use crate::slice::Target;

/// Whether a result of a Go function says how it went, and hands nothing out.
pub(super) fn answers_only(flow: &Flow<'_, '_>, part: usize) -> bool {
    let returns = &flow.tree.function(flow.entry).returns;
    returns.get(part).is_some_and(|of| matches!(of.name.as_str(), "error" | "bool"))
}

/// Whether a Go function tells some callers that they came too late: a plain no, or an error that
/// it does not have from the look.
pub(super) fn turns_away(flow: &Flow<'_, '_>) -> bool {
    let function = flow.tree.function(flow.entry);
    let sentinel = |value: ValueId| match &function.value(value).kind {
        ValueKind::Load(path) => matches!(path.root, Root::Global(_)) && path.steps.is_empty(),
        ValueKind::Named(_) => true,
        _ => false,
    };
    flow.tree.file(flow.entry).lang == Lang::Go
        && flow.events.iter().filter(|ev| ev.frame == 0).any(|ev| match &ev.event.kind {
            EventKind::Return(ret) => {
                let no = |value: &ValueId| {
                    matches!(function.value(*value).kind, ValueKind::Literal(Literal::Bool(false)))
                };
                ret.values.first().is_some_and(no)
                    || ret.values.last().is_some_and(|value| sentinel(*value))
            }
            _ => false,
        })
}

/// Whether who finds a file raises an error, and who makes it is told by the system if it is there by then: both
/// are refused.
pub(super) fn refused_by_the_system(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> bool {
    let EventKind::Act(act) = &flow.event(found.pair.act).kind else { return false };
    target.kind == StoreKind::File
        && found.harm.consequence == Consequence::Crash
        && act.kind == ActKind::OpenWrite
        && act.atomicity == Atomicity::Exclusive
        && (found.pair.check..found.pair.act).any(|uid| {
            matches!(flow.event(uid).kind, EventKind::Raise(_)) && flow.frame_of(uid) == 0
        })
}
