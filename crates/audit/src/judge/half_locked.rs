//! What is done without the lock that others hold: a caller may hold it, and the code cannot say.

use amorsize_facts::event::{EventKind, Lang, Path, Root, Scope, StoreKind, ValueKind};
use amorsize_finding::Consequence;

use super::explore::{Found, Other};
use super::kept::kept_for_others;
use super::locked_row::locked_by_callers;
use super::pattern::{LockAt, locks_at};
use super::reach::meets_own_thread;

use crate::flow::{AbsPath, AbsRoot, Flow};
use crate::held::Locking;
use crate::shared::has_lock;
use crate::slice::{AbsPlace, Target};

/// Whether one side of a witness is there only because somebody does not take the lock that the
/// others take.
pub(super) fn half_locked(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    let memory = !matches!(
        target.kind,
        StoreKind::File | StoreKind::Sql | StoreKind::Orm | StoreKind::Remote | StoreKind::Api
    );
    let at_act = locks_at(flow, locking, found.pair.act);
    let held = at_act.iter().any(|lock| lock.scope >= Scope::Host);
    if target.kind == StoreKind::File && !held && locking.all_called_under(flow.entry, Scope::Host)
    {
        return Some("somebody calls it without the lock that its callers hold".to_owned());
    }
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    let guarded = !at_act.is_empty() || asks_for_lock(flow);
    let met = kept_for_others(flow, found.pair, guarded);
    if target.kind == StoreKind::File && go && !held && guarded && !met {
        return Some("another process works on what is locked in this one".to_owned());
    }
    if target.kind == StoreKind::File && matches!(found.other, Other::Mutator { .. }) {
        let lock = at_act.iter().find(|lock| lock.scope >= Scope::Host)?;
        return Some(format!("somebody works on the file without `{}`", lock.path.text()));
    }
    if locked_by_callers(flow, locking, target) {
        return Some("a caller has not locked the row in the same transaction".to_owned());
    }
    if !memory {
        return None;
    }
    if target.kind == StoreKind::Cell && found.harm.consequence == Consequence::StaleAnswer {
        return Some("what is stored was made from what was seen at the check".to_owned());
    }
    if let (Other::Mutator { label, bare: true, .. }, Some(lock)) = (&found.other, at_act.first()) {
        return Some(format!(
            "`{label}`, which does not take `{}`, runs at the same time",
            lock.path.text()
        ));
    }
    let at_check = locks_at(flow, locking, found.pair.check);
    let own = |lock: &LockAt| is_beside(&lock.path, target);
    if asks_for_lock(flow) && !lets_go(flow) && !at_act.iter().chain(&at_check).any(own) {
        return Some("a caller does not hold the lock that others hold here".to_owned());
    }
    if !at_act.is_empty() || !at_check.is_empty() {
        return None;
    }
    let mark = match &flow.event(found.pair.act).kind {
        EventKind::Act(act) => act.value,
        _ => None,
    };
    let func = flow.frames[flow.frame_of(found.pair.act) as usize].func;
    let marks = mark.is_some_and(|value| {
        matches!(flow.tree.function(func).value(value).kind, ValueKind::Literal(_))
    });
    if target.kind == StoreKind::Cell && !found.pair.data && marks {
        return Some("a caller does not hold the lock under which it is changed".to_owned());
    }
    if locking.called_under_lock(flow.entry) {
        return Some("a caller does not hold the lock that others hold here".to_owned());
    }
    if works_for_another(flow, locking, target) {
        return Some("somebody calls it without the lock of what it works on".to_owned());
    }
    let built = matches!(target.kind, StoreKind::Synchronised | StoreKind::Atomic);
    let started = meets_own_thread(flow, target, &found.other);
    let uncalled = flow.tree.is_private(flow.entry) && !locking.called(flow.entry);
    (!built && !started && uncalled && !is_handed_out(flow))
        .then(|| "somebody calls it without a lock".to_owned())
}

/// Whether another function of the module hands the entry out as a value: whoever gets it runs it when he likes.
fn is_handed_out(flow: &Flow<'_, '_>) -> bool {
    let own = flow.tree.function(flow.entry);
    let file = flow.tree.file(flow.entry);
    let named = |name: &str| name.rsplit('.').next() == Some(own.name.as_str());
    file.lang == Lang::Python
        && flow.tree.class_of(flow.entry).is_none()
        && file.functions.iter().any(|function| {
            let mut given = false;
            function.each_event(|event| {
                let EventKind::Return(ret) = &event.kind else { return };
                given |= ret.values.iter().any(|value| match &function.value(*value).kind {
                    ValueKind::Load(Path { root: Root::Global(name), steps }) => {
                        steps.is_empty() && named(name.as_str())
                    }
                    ValueKind::Named(name) => named(name.as_str()),
                    _ => false,
                });
            });
            given
        })
}

/// Whether the name or the comment of a function says that its callers hold a lock.
fn asks_for_lock(flow: &Flow<'_, '_>) -> bool {
    let entry = flow.tree.function(flow.entry);
    let doc = entry.doc.as_deref().unwrap_or_default().to_ascii_lowercase();
    let name = entry.name.as_str().to_ascii_lowercase();
    doc.contains("lock")
        && ["hold", "held", "caller", "acquired", "called with"].iter().any(|w| doc.contains(w))
        || ["locked", "nolock", "unsafe"].iter().any(|word| name.contains(word))
}

/// Whether a function gives back a lock that it has not taken itself.
fn lets_go(flow: &Flow<'_, '_>) -> bool {
    let mut taken = Vec::new();
    let own = (0_u32..).zip(&flow.events).filter(|(_, ev)| ev.frame == 0);
    own.into_iter().any(|(uid, _)| match &flow.event(uid).kind {
        EventKind::Acquire(acquire) => {
            taken.push(flow.path(0, &acquire.lock));
            false
        }
        EventKind::Release(release) => !taken.contains(&flow.path(0, &release.lock)),
        _ => false,
    })
}

/// Whether a lock lies in the object, or in one around it, that holds the store.
fn is_beside(lock: &AbsPath, target: &Target) -> bool {
    let AbsPlace::Path(store) = &target.place else { return true };
    let around = lock.steps.len().saturating_sub(1);
    lock.root == store.root && store.steps.starts_with(&lock.steps[..around])
}

/// Whether a method that nobody calls by its own name works on the parts of another object, and has
/// no lock of its own: whoever hands it on may hold the lock of that object.
fn works_for_another(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let inner = path.root == AbsRoot::Receiver && path.steps.len() > 1;
    let unlocked = |class| !has_lock(flow.tree, class);
    flow.tree.file(flow.entry).lang == Lang::Go
        && inner
        && target.kind != StoreKind::Synchronised
        && flow.tree.class_of(flow.entry).is_some_and(unlocked)
        && !locking.called(flow.entry)
}
