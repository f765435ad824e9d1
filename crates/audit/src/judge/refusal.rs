//! Functions that send some callers away: what they answer then is no result that is handed out, and who is sent
//! away by the system instead is sent away all the same.

use amorsize_facts::event::{
    ActKind, Atomicity, EventKind, Lang, Literal, Root, StoreKind, ValueId, ValueKind,
};
use amorsize_finding::Consequence;

use super::sense::refuses_what_exists;
use crate::explore::{End, Witness};
use crate::flow::Flow;
use crate::slice::{Pair, refuses};

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

/// Whether who comes second is told so by an error, whether the look or the act finds it out: an
/// act that fails where something is says the same as the look before it.
///
/// Where one after the other would be let in, and only something of another kind is refused (`if isdir: return`,
/// `if exists: raise`), nobody was to be sent away.
pub(super) fn refused_either_way(
    flow: &Flow<'_, '_>,
    pair: Pair,
    consequence: Consequence,
    witness: &Witness,
) -> bool {
    let exclusive = matches!(&flow.event(pair.act).kind, EventKind::Act(act)
        if act.atomicity == Atomicity::Exclusive && act.kind != ActKind::Delete);
    if !exclusive || consequence != Consequence::Crash {
        return false;
    }
    // Go sends away by what it returns.
    let raises = flow.tree.file(flow.entry).lang == Lang::Python;
    if raises && !witness.serial_ends.iter().any(|end| matches!(end, End::Raised(_))) {
        return false;
    }
    let file = flow.store_of(pair.act).is_some_and(|of| of.kind == StoreKind::File);
    // Whoever finds the file raises an error.
    let raised = (pair.check..pair.act)
        .any(|uid| matches!(flow.event(uid).kind, EventKind::Raise(_)) && flow.frame_of(uid) == 0);
    file && (raised || refuses(flow) || refuses_what_exists(flow, pair))
}
