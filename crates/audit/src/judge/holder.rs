//! Which object of Go a store is part of, read off the types along its path: what a struct holds by
//! value is the struct's own, and what two types keep each behind a private field of its own and
//! under a lock of its own is not one thing.

use amorsize_facts::event::{Lang, Name, Path, Place, Root, Step};

use crate::flow::Flow;
use crate::held::Locking;
use crate::link::{ClassId, FnId, Tree};
use crate::mutators::Mutator;
use crate::slice::Target;

/// The object that a store is part of, and the fields from there to the store.
struct Holder {
    class: ClassId,
    steps: Vec<Step>,
    /// The type whose field points to the object, and the field.
    owner: Option<(ClassId, Name)>,
}

/// Whether a mutator may change the very store of the target, as far as the types tell.
pub(super) fn may_be_part_of_one(
    flow: &Flow<'_, '_>,
    target: &Target,
    mutator: &Mutator<'_>,
) -> bool {
    let tree = flow.tree;
    let ours = flow.event(target.key_uid).kind.target().and_then(|(store, _)| {
        let id = flow.frames[flow.frame_of(target.key_uid) as usize].func;
        holder(tree, id, &tree.function(id).store(store).place)
    });
    let theirs = &tree.function(mutator.function).store(mutator.act.store).place;
    let theirs = holder(tree, mutator.function, theirs);
    let Some((ours, theirs)) = ours.zip(theirs) else { return true };
    if !may_be_within(tree, &ours, &theirs) && !may_be_within(tree, &theirs, &ours) {
        return false;
    }
    let within = |inner: &Holder, outer: &Holder| {
        inner.steps.len() > outer.steps.len()
            && outer.owner.is_some_and(|(owner, _)| !related(tree, owner, inner.class))
    };
    if within(&ours, &theirs) {
        // A pointer that another type keeps leads to what was made for it, not into the middle of this.
        return false;
    }
    match (&ours.owner, &theirs.owner) {
        (Some(ours), Some(theirs)) if !related(tree, ours.0, theirs.0) => {
            let private = |name: Name| name.as_str().starts_with(char::is_lowercase);
            !(private(ours.1) && private(theirs.1) && under_its_owner(mutator))
        }
        _ => true,
    }
}

/// Whether a mutator works on a struct that it is given, of which the target's is one that its object
/// holds by value, and which nobody hands to it.
pub(super) fn is_given_another(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    mutator: &Mutator<'_>,
) -> bool {
    let tree = flow.tree;
    let given = match mutator.base.as_ref().map(|base| (&base.root, base.steps.is_empty())) {
        Some((Root::Param(n), true)) => *n,
        _ => return false,
    };
    let ours = flow.event(target.key_uid).kind.target().and_then(|(store, _)| {
        let id = flow.frames[flow.frame_of(target.key_uid) as usize].func;
        match &tree.function(id).store(store).place {
            Place::Path(path) => path.steps.len().checked_sub(2).map(|at| path.steps[at]),
            _ => None,
        }
    });
    let Some(field) = ours.filter(|step| matches!(step, Step::Field(_))) else { return false };
    let mut sites = locking.sites(mutator.function).peekable();
    sites.peek().is_some()
        && !sites.any(|(_, call, _)| {
            let path = call.paths.iter().find(|(n, _)| *n == given).map(|(_, path)| path);
            path.is_some_and(|path| path.steps.last() == Some(&field))
        })
}

/// Whether the mutator holds a lock of the object whose method it is.
fn under_its_owner(mutator: &Mutator<'_>) -> bool {
    let Some(base) = &mutator.base else { return false };
    base.root == Root::Receiver
        && !base.steps.is_empty()
        && mutator
            .held
            .iter()
            .any(|held| held.lock.root == Root::Receiver && !held.lock.starts_with(base))
}

/// Whether the inner store may be the outer one, or a part that the outer one holds by value.
fn may_be_within(tree: &Tree<'_>, outer: &Holder, inner: &Holder) -> bool {
    let Some(before) = outer.steps.len().checked_sub(inner.steps.len()) else { return false };
    if outer.steps[before..] != inner.steps[..] {
        return false;
    }
    let mut class = outer.class;
    for step in &outer.steps[..before] {
        let Step::Field(field) = step else { return true };
        let Some((file, of)) = tree.field_type(class, *field) else { return true };
        let Some(next) = tree.class_named(file, of.name) else { return true };
        class = next;
    }
    related(tree, class, inner.class)
}

fn related(tree: &Tree<'_>, a: ClassId, b: ClassId) -> bool {
    a == b || tree.ancestry(a).contains(&b) || tree.ancestry(b).contains(&a)
}

fn holder(tree: &Tree<'_>, id: FnId, place: &Place) -> Option<Holder> {
    if tree.file(id).lang != Lang::Go {
        return None;
    }
    let Place::Path(Path { root, steps }) = place else { return None };
    let mut class = match root {
        Root::Receiver => tree.class_of(id)?,
        Root::Param(n) => {
            let of = tree.function(id).params.get(usize::from(*n))?.type_ref.as_ref()?;
            tree.class_named(id.file, of.name)?
        }
        _ => return None,
    };
    let mut found = Holder { class, steps: steps.clone(), owner: None };
    for (at, step) in steps.iter().enumerate().take(steps.len().saturating_sub(1)) {
        let Step::Field(field) = step else { break };
        let Some((file, of)) = tree.field_type(class, *field) else { break };
        let Some(inner) = tree.class_named(file, of.name) else { break };
        if of.pointer || tree.class(inner).is_interface {
            found = Holder {
                class: inner,
                steps: steps[at + 1..].to_vec(),
                owner: Some((class, *field)),
            };
        }
        class = inner;
    }
    Some(found)
}
