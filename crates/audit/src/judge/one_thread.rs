//! What an object of Python's shows of the threads that meet on it. That its type owns a lock shows that there are
//! threads, not that two methods meet which both leave the lock alone, or which change the same under it or not.

use amorsize_facts::event::{Lang, Scope as Reach, StoreKind};

use super::explore::{Found, Other};
use super::pattern::locks_at;
use super::reach::meets_own_thread;
use crate::flow::{AbsRoot, Flow};
use crate::held::Locking;
use crate::link::FnId;
use crate::mutators::{Mutators, home_of};
use crate::served::is_started;
use crate::shared::{class_around, has_lock};
use crate::slice::{AbsPlace, Target};

/// What must hold for another method to run in the window, on a thread of its own.
pub(super) fn on_one_thread(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    found: &Found,
) -> Option<String> {
    let plain = matches!(target.kind, StoreKind::Map | StoreKind::Cell | StoreKind::List);
    let AbsPlace::Path(path) = &target.place else { return None };
    let of_object = matches!(path.root, AbsRoot::Receiver | AbsRoot::Param(_) | AbsRoot::Value(..));
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    if !python || !plain || !of_object || target.scope >= Reach::Host {
        return None;
    }
    let Other::Mutator { label, path: at, .. } = &found.other else { return None };
    let class = flow.class.or_else(|| class_around(flow.tree, flow.entry))?;
    if !has_lock(flow.tree, class) {
        return None;
    }
    let locked = |uid| !locks_at(flow, locking, uid).is_empty();
    let shown = locked(found.pair.check)
        || locked(found.pair.act)
        || runs_on_threads(flow, flow.entry)
        || flow.tree.named_in(at, label).is_some_and(|rival| runs_on_threads(flow, rival))
        || meets_own_thread(flow, target, &found.other)
        || always_locked(flow, mutators, target);
    (!shown).then(|| format!("`{label}` runs at the same time, on another thread"))
}

/// Whether the tree runs a function on threads of its own, or for requests.
fn runs_on_threads(flow: &Flow<'_, '_>, id: FnId) -> bool {
    let served = flow.tree.served();
    served.by_threads(id) || served.by_own_threads(id) || is_started(flow.tree, id)
}

/// Whether whoever changes it does so under a lock.
fn always_locked(flow: &Flow<'_, '_>, mutators: &Mutators<'_>, target: &Target) -> bool {
    let home = home_of(flow, target).map(|(home, _)| home);
    let mut changes = mutators.of_target(home.as_ref()).iter().filter(|change| !change.confined);
    changes.all(|change| !change.held.is_empty())
}
