//! Objects of which two are not as good as one: what has a lock, what has to be ended, what counts or changes what
//! it holds. Whoever stores a second one leaves the first with those who have it already.

use amorsize_facts::event::{Call, EventKind, Name, Place, Root, StoreKind};

use crate::flow::{Flow, FrameId};
use crate::link::{ClassId, Tree};
use crate::shared::has_lock;

/// The names of what ends an object.
const ENDS: [&str; 6] = ["Close", "Stop", "Shutdown", "Destroy", "Disconnect", "Terminate"];

/// Whether a call of a function makes an object that has to be ended.
pub(super) fn makes_what_ends(flow: &Flow<'_, '_>, frame: FrameId, call: &Call) -> bool {
    makes(flow, frame, call, |class| is_ended(flow.tree, class))
}

/// Whether a call makes an object with a lock of its own: whoever has the one does not meet who has the other.
pub(super) fn makes_what_locks(flow: &Flow<'_, '_>, frame: FrameId, call: &Call) -> bool {
    makes(flow, frame, call, |class| has_lock(flow.tree, class))
}

/// Whether a call of a function makes an object of such a class, by its declared result.
fn makes(flow: &Flow<'_, '_>, frame: FrameId, call: &Call, such: impl Fn(ClassId) -> bool) -> bool {
    let from = flow.frames[frame as usize].func;
    call.receiver.is_none()
        && flow.tree.resolve(from, None, call).into_iter().any(|callee| {
            let made = flow.tree.function(callee.id).returns.first();
            let class = made.and_then(|ty| flow.tree.class_named(callee.id.file, ty.name));
            class.is_some_and(&such)
        })
}

/// Whether an object of the class has to be ended: it, or what its interface asks for, has a method
/// for that which wants nothing.
pub(super) fn is_ended(tree: &Tree<'_>, class: ClassId) -> bool {
    let asked = tree.asked(class);
    ENDS.iter().any(|name| {
        let name = Name::new(name);
        asked.contains(&name)
            || tree.method(class, name).is_some_and(|id| tree.function(id).params.len() <= 1)
    })
}

/// Whether a method of the class changes what its object holds.
pub(super) fn changes_itself(tree: &Tree<'_>, class: ClassId) -> bool {
    tree.methods_of(class).any(|id| {
        let function = tree.function(id);
        let mut changes = false;
        function.each_event(|event| {
            let EventKind::Act(act) = &event.kind else { return };
            let store = function.store(act.store);
            let Place::Path(path) = &store.place else { return };
            let held = matches!(
                store.kind,
                StoreKind::Cell | StoreKind::Map | StoreKind::List | StoreKind::Atomic
            );
            changes |= held && path.root == Root::Receiver && !path.steps.is_empty();
        });
        changes
    })
}

/// Whether a function makes by its name what lets only so much through, or counts: who begins anew
/// forgets what was let through before.
pub(super) fn makes_what_counts(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("new")
        && ["limiter", "breaker", "bucket", "counter", "throttle"]
            .iter()
            .any(|word| name.ends_with(word))
}

/// Whether a call runs what its owner was given to make new objects with: `g.new()`, `p.factory(key)`.
pub(super) fn runs_a_factory(flow: &Flow<'_, '_>, frame: FrameId, call: &Call) -> bool {
    let name = call.name.as_str().to_ascii_lowercase();
    let made = matches!(
        name.strip_suffix("func").or_else(|| name.strip_suffix("fn")).unwrap_or(&name),
        "new" | "factory" | "ctor" | "constructor" | "create" | "newitem" | "newobject"
    );
    let from = flow.frames[frame as usize].func;
    made && flow.tree.resolve(from, None, call).is_empty()
}
