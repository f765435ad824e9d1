//! A file or folder that is opened only to be locked: it is a guard, and nothing that others write.

use amorsize_facts::event::{ActKind, EventKind, StoreKind};

use crate::flow::{Flow, Uid};

/// Whether an event opens what the same function locks by its handle and does nothing else to.
pub(super) fn only_locked(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let frame = flow.frame_of(uid);
    let Some((store, Some(key))) = flow.event(uid).kind.target() else { return false };
    let function = flow.tree.function(flow.frames[frame as usize].func);
    if function.store(store).kind != StoreKind::File {
        return false;
    }
    let opened = flow.event(uid).span;
    let (mut locked, mut used) = (false, false);
    function.each_event(|event| {
        let opens = matches!(&event.kind, EventKind::Act(act) if matches!(
            act.kind,
            ActKind::OpenRead | ActKind::OpenWrite | ActKind::Append | ActKind::Create
        ));
        match &event.kind {
            // A call that opens and locks at once gives the file to be read or written.
            EventKind::Acquire(acquire) if event.span != opened => {
                locked |= acquire.key.as_ref().is_some_and(|own| own.shape == key.shape);
            }
            // Who reads the file that it locks wants more of it than the lock.
            other => {
                let same = matches!(other.target(), Some((_, Some(own))) if own.shape == key.shape);
                used |= same && !opens;
            }
        }
    });
    locked && !used
}
