//! Functions of Go that send some callers away: what they answer then is no result that is handed out.

use amorsize_facts::event::{EventKind, Lang, Literal, Root, ValueId, ValueKind};

use crate::flow::Flow;

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
