//! The turns of an event loop: what runs between two waits of a coroutine runs alone.
//!
//! A turn is modelled as a lock that every participant on the loop holds, and gives back where it
//! waits.

use amorsize_facts::event::{Field, LockMode, Name, Scope};

use crate::flow::{AbsPath, AbsRoot, Flow};
use crate::shared::{class_around, is_lock_name, is_lock_type};

/// The turn that a loop gives to one of its tasks at a time, as a lock that is held.
pub(crate) fn turn() -> (AbsPath, LockMode, Scope) {
    let root = AbsRoot::External(Name::EMPTY);
    (AbsPath { root, steps: Vec::new() }, LockMode::Exclusive, Scope::Task)
}

/// Whether a function is run by an event loop: it is a coroutine, or a method of an object whose
/// locks are for coroutines only.
pub(crate) fn lives_on_a_loop(flow: &Flow<'_, '_>) -> bool {
    *flow.on_a_loop.get_or_init(|| is_of_a_loop(flow))
}

fn is_of_a_loop(flow: &Flow<'_, '_>) -> bool {
    if flow.tree.function(flow.entry).is_async {
        return true;
    }
    let Some(class) = flow.class.or_else(|| class_around(flow.tree, flow.entry)) else {
        return false;
    };
    let mut locks = flow.tree.ancestry(class).into_iter().flat_map(|class| {
        let own = flow.tree.class(class).fields.iter();
        own.filter(|field| match &field.type_ref {
            Some(of) => is_lock_type(of),
            None => is_lock_name(field.name.as_str()),
        })
    });
    locks.next().is_some_and(is_of_tasks) && locks.all(is_of_tasks)
}

fn is_of_tasks(field: &Field) -> bool {
    field.type_ref.as_ref().is_some_and(|of| {
        let name = of.name.as_str();
        ["asyncio.", "anyio.", "trio."].iter().any(|module| name.starts_with(module))
    })
}
