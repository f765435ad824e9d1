//! Rows that callers lock before they hand them on: `select_for_update().get(pk=self.pk)`, and then the method of the
//! row that changes it.

use amorsize_facts::event::{EventId, EventKind, Place, StoreKind};

use crate::flow::Flow;
use crate::held::Locking;
use crate::link::FnId;
use crate::slice::{AbsPlace, Target};

/// Whether all that call the entry have locked a row of the target's model before, or its comment asks them to.
pub(super) fn locked_by_callers(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
) -> bool {
    let AbsPlace::Model(model) = target.place else { return false };
    if target.kind != StoreKind::Orm || model.is_empty() {
        return false;
    }
    let mut sites = locking.sites_by_name(flow.entry);
    sites.retain(|(caller, _)| *caller != flow.entry && !flow.tree.is_test(*caller));
    let locks = |(caller, event): &(FnId, EventId)| locks_before(flow, *caller, *event, target);
    asks_for_a_locked_row(flow) || !sites.is_empty() && sites.iter().all(locks)
}

/// `This should be called in a transaction with the row locked for update.`
fn asks_for_a_locked_row(flow: &Flow<'_, '_>) -> bool {
    let doc = flow.tree.function(flow.entry).doc.as_deref().unwrap_or_default();
    doc.to_ascii_lowercase().contains("locked for update")
}

/// Whether a function reads a row of the model for update before one of its calls.
fn locks_before(flow: &Flow<'_, '_>, caller: FnId, call: EventId, target: &Target) -> bool {
    let tree = flow.tree;
    let AbsPlace::Model(ours) = target.place else { return false };
    let class = tree.class_named(flow.entry.file, ours);
    let function = tree.function(caller);
    let (mut locked, mut before) = (false, true);
    function.each_event(|event| {
        before &= event.id != call;
        if let (EventKind::Read(read), true) = (&event.kind, before)
            && let Place::Model(theirs) = function.store(read.store).place
        {
            let same = class.is_some() && tree.class_named(caller.file, theirs) == class;
            locked |= read.locks && (same || caller.file == flow.entry.file && theirs == ours);
        }
        if let EventKind::TxEnd(_) = event.kind {
            locked &= !before;
        }
    });
    locked
}
