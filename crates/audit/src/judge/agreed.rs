//! Locks that are taken by agreement: a repository's, a store's. Who calls takes it, far up or through
//! an object that the code does not name, and what works on the files below relies on that.

use amorsize_facts::event::{Lang, Step, StoreKind};

use super::explore::Found;
use super::pattern::{LockAt, locks_at};
use crate::flow::{Flow, Uid};
use crate::held::Locking;
use crate::slice::Target;

/// What a witness on files hangs on where such a lock is held.
pub(super) fn agreed(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    if target.kind != StoreKind::File || flow.tree.file(flow.entry).lang != Lang::Python {
        return None;
    }
    under_agreement(flow, locking, found.pair.act)
}

/// The lock of an unknown kind that is held where a file is worked on, or by callers: `with repo.lock():`
/// may keep out other processes, too.
pub(super) fn under_agreement(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    act: Uid,
) -> Option<String> {
    // A decorator that is told a name may lock a file of that name.
    let asked = |lock: &&LockAt| matches!(lock.path.steps.last(), Some(Step::Getter(_)));
    if let Some(lock) = locks_at(flow, locking, act).iter().find(asked) {
        let lock = lock.path.text();
        return Some(format!("another process works on these files without `{lock}`"));
    }
    locking
        .called_by_agreement(flow.entry)
        .then(|| "somebody calls it without the lock that its callers hold".to_owned())
}
