//! Decorators of the tree, and what they make of the function that they are given.

use amorsize_facts::event::{Call, EventKind, Function, Name, Root, ValueId, ValueKind};

use super::tree::{FnId, Tree};

/// The function of the tree that decorates.
pub(crate) fn decorator(tree: &Tree<'_>, id: FnId, name: Name) -> Option<FnId> {
    let text = name.as_str().split(['(', ' ']).next()?;
    let callee = tree.by_name(tree.parent(id).unwrap_or(id), Name::new(text))?;
    (callee.id != id).then_some(callee.id)
}

/// Whether a decorator gives back what it was given.
pub(crate) fn gives_back(function: &Function) -> bool {
    let mut found = false;
    function.each_event(|event| {
        if let EventKind::Return(ret) = &event.kind {
            let param =
                |value: &ValueId| matches!(function.value(*value).kind, ValueKind::Param(0));
            found |= ret.values.iter().any(param);
        }
    });
    found
}

/// Whether what is called was handed to a function around this one.
pub(crate) fn is_given(tree: &Tree<'_>, id: FnId, function: &Function, call: &Call) -> bool {
    let called = call.receiver_value.filter(|_| call.receiver.is_none());
    called.is_some_and(|value| is_given_to(tree, id, function, value))
}

/// Whether a value was handed to a function around this one.
pub(crate) fn is_given_to(tree: &Tree<'_>, id: FnId, function: &Function, value: ValueId) -> bool {
    let ValueKind::Load(path) = &function.value(value).kind else { return false };
    let Root::Captured(name) = path.root else { return false };
    path.steps.is_empty() && is_param_around(tree, id, name)
}

/// Whether a name is a parameter of a function around.
pub(super) fn is_param_around(tree: &Tree<'_>, id: FnId, name: Name) -> bool {
    let mut around = tree.parent(id);
    while let Some(outer) = around {
        if tree.function(outer).params.iter().any(|param| param.name == name) {
            return true;
        }
        around = tree.parent(outer);
    }
    false
}
