//! Locks that are taken by agreement: a repository's, a store's. Who calls takes it, far up or through
//! an object that the code does not name, and what works on the files below relies on that.

use amorsize_facts::event::{Lang, Step, StoreKind};

use super::drawn::writes_what_it_drew;
use super::explore::{Found, Other};
use super::kept::several_at_a_time;
use super::pattern::{LockAt, locks_at};
use crate::flow::{Flow, Uid};
use crate::held::{Locking, reads_a_command_line};
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

/// What a witness hangs on where only commands lead to a function: of files, and of rows that only such commands
/// work on.
pub(super) fn by_hand(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    let lead = || locking.only_by_hand(flow.entry);
    let alone = match target.kind {
        StoreKind::File => {
            lead() && !several_at_a_time(flow, found.pair) && !writes_what_it_drew(flow, found.pair)
        }
        StoreKind::Orm | StoreKind::Sql => reads_a_command_line(flow.tree, flow.entry) || lead(),
        _ => false,
    };
    // What another part of the command does is the command's as well.
    let path = &flow.tree.file(flow.entry).path;
    let own = match &found.other {
        Other::Same => true,
        Other::Mutator { path: other, .. } => target.kind != StoreKind::File && other == path,
        _ => false,
    };
    (own && alone).then(|| "two people run this command at the same time".to_owned())
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
    if let Some(lock) = locking.lock_of_the_storage(flow.entry) {
        return Some(format!("somebody works with the storage without its `{lock}`"));
    }
    locking
        .called_by_agreement(flow.entry)
        .then(|| "somebody calls it without the lock that its callers hold".to_owned())
}
