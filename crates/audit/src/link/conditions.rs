//! The locks of condition variables of Go: `sync.NewCond(&n.mu)` waits with `n.mu`, and who takes `n.wake.L` takes
//! `n.mu`; `sync.NewCond(n.RLocker())` does so with the read side of it.

use std::sync::Arc;

use amorsize_facts::event::{
    Act, Event, EventKind, FileFacts, Function, Lang, Literal, LockMode, Name, Op, Path, Place,
    Root, Step, ValueId, ValueKind,
};
use rustc_hash::FxHashMap;

use super::tables::Tables;
use super::tree::{ClassId, FnId, Tree, has_some};

/// What the field of an object is made of by the vocabulary.
const MADE: &str = "#cond";
/// The lock of a condition variable.
const LOCKER: &str = "L";
/// What gives the read side of a lock.
const READ_SIDE: &str = "RLocker";

/// A lock of the same object, and the side of it that is taken.
type Behind = (Name, LockMode);
/// What stands behind the condition variables of each type; `None` where that is not one lock.
type Known = FxHashMap<(ClassId, Name), Option<Behind>>;

/// Calls the lock of a condition variable by the name of the lock that it was made with.
pub(crate) fn name_locks_of_conditions(files: &mut [FileFacts], tables: &Arc<Tables>) {
    if !has_some(files, Lang::Go) {
        return;
    }
    let renamed: Vec<(FnId, FxHashMap<Name, Behind>)> = {
        let tree = Tree::on(files, tables);
        let mut known = Known::default();
        let go = |id: &FnId| tree.file(*id).lang == Lang::Go;
        tree.all().filter(go).for_each(|id| learn(&tree, id, &mut known));
        if known.is_empty() {
            return;
        }
        let of = |id: FnId| {
            let class = tree.class_of(id).or_else(|| tree.class_of(tree.parent(id)?))?;
            let own = known.iter().filter(|((of, _), _)| *of == class);
            let own: FxHashMap<_, _> =
                own.filter_map(|((_, field), behind)| Some((*field, (*behind)?))).collect();
            (!own.is_empty()).then_some((id, own))
        };
        tree.all().filter(go).filter_map(of).collect()
    };
    for (id, own) in renamed {
        let function = &mut files[id.file as usize].functions[id.func as usize];
        let receiver = function.receiver.as_ref().map(|receiver| receiver.name);
        let behind = |path: &Path| behind(path, receiver, &own);
        function.each_event_mut(|event| rename(event, &behind));
    }
}

/// The lock behind `n.wake.L`, if that is what a path leads to.
fn behind(
    path: &Path,
    receiver: Option<Name>,
    own: &FxHashMap<Name, Behind>,
) -> Option<(Path, LockMode)> {
    // A closure of a method has the receiver from around it.
    let on_object = match path.root {
        Root::Receiver => true,
        Root::Captured(_) => receiver.is_none(),
        _ => false,
    };
    let [Step::Field(field), Step::Field(locker)] = path.steps.as_slice() else { return None };
    let (lock, mode) = own.get(field).filter(|_| on_object && *locker == LOCKER)?;
    Some((Path { root: path.root.clone(), steps: vec![Step::Field(*lock)] }, *mode))
}

fn rename(event: &mut Event, behind: &impl Fn(&Path) -> Option<(Path, LockMode)>) {
    let (lock, mode) = match &mut event.kind {
        EventKind::Acquire(taken) => (&mut taken.lock, &mut taken.mode),
        EventKind::Release(given) => (&mut given.lock, &mut given.mode),
        _ => return,
    };
    if let Some(found) = behind(lock) {
        (*lock, *mode) = found;
    }
}

/// Notes the condition variables that a function gives to the objects it makes, or to its own.
fn learn(tree: &Tree<'_>, id: FnId, known: &mut Known) {
    let function = tree.function(id);
    let made = |value: ValueId| match &function.value(value).kind {
        ValueKind::New(name, inputs) if *name == MADE => Some(inputs.first().copied()),
        _ => None,
    };
    for (object, field, value) in function.given.iter().chain(&function.holds) {
        let Some(lock) = made(*value) else { continue };
        let class = match &function.value(*object).kind {
            ValueKind::New(name, _) => tree.class_named(id.file, *name),
            _ => None,
        };
        let Some(class) = class else { continue };
        let behind = lock.and_then(|lock| lock_of(tree, function, (class, Some(*object)), lock));
        note(known, (class, *field), behind);
    }
    function.each_event(|event| {
        let EventKind::Act(act) = &event.kind else { return };
        if let Some((field, lock)) = given_to_own(function, act, &made)
            && let Some(class) = tree.class_of(id)
        {
            let behind = lock.and_then(|lock| lock_of(tree, function, (class, None), lock));
            note(known, (class, field), behind);
        }
    });
}

fn note(known: &mut Known, field: (ClassId, Name), behind: Option<Behind>) {
    let at = known.entry(field).or_insert(behind);
    if *at != behind {
        *at = None;
    }
}

/// The field of the receiver that is given a condition variable, and what that is made with.
fn given_to_own(
    function: &Function,
    act: &Act,
    made: &impl Fn(ValueId) -> Option<Option<ValueId>>,
) -> Option<(Name, Option<ValueId>)> {
    let lock = made(act.value?)?;
    match &function.store(act.store).place {
        Place::Path(Path { root: Root::Receiver, steps }) => match steps.as_slice() {
            [Step::Field(field)] => Some((*field, lock)),
            _ => None,
        },
        _ => None,
    }
}

/// The field of an object, its receiver where none is named, that a value is the lock in.
fn lock_of(
    tree: &Tree<'_>,
    function: &Function,
    (class, object): (ClassId, Option<ValueId>),
    lock: ValueId,
) -> Option<Behind> {
    let whole = |mode| embedded_lock(tree, class).map(|lock| (lock, mode));
    if Some(lock) == object {
        return whole(LockMode::Exclusive);
    }
    let given = function.given.iter().chain(&function.holds);
    let mut handed = given.filter(|(of, _, value)| Some(*of) == object && *value == lock);
    if let Some((_, field, _)) = handed.next() {
        return Some((*field, LockMode::Exclusive));
    }
    match &function.value(lock).kind {
        ValueKind::Field(of, name) if Some(*of) == object => Some((*name, LockMode::Exclusive)),
        ValueKind::Load(path) if object.is_none() => own_lock(path, &whole),
        ValueKind::Receiver if object.is_none() => whole(LockMode::Exclusive),
        ValueKind::Op(Op::Call, inputs) => {
            let [word, of] = inputs.as_slice() else { return None };
            let gives = matches!(&function.value(*word).kind, ValueKind::Literal(Literal::Text(word)) if *word == READ_SIDE);
            let (lock, _) = gives.then(|| lock_of(tree, function, (class, object), *of))??;
            Some((lock, LockMode::Shared))
        }
        ValueKind::Result(event, _) => {
            let mut found = None;
            function.each_event(|at| {
                if let EventKind::Call(call) = &at.kind
                    && at.id == *event
                    && call.name == READ_SIDE
                {
                    found = call.receiver.clone();
                }
            });
            let (lock, _) =
                found.filter(|_| object.is_none()).and_then(|p| own_lock(&p, &whole))?;
            Some((lock, LockMode::Shared))
        }
        _ => None,
    }
}

fn own_lock(path: &Path, whole: &impl Fn(LockMode) -> Option<Behind>) -> Option<Behind> {
    match path.steps.as_slice() {
        _ if path.root != Root::Receiver => None,
        [] => whole(LockMode::Exclusive),
        [Step::Field(field)] => Some((*field, LockMode::Exclusive)),
        _ => None,
    }
}

/// The only lock that a struct is made of without a name of its own: its methods are the struct's.
fn embedded_lock(tree: &Tree<'_>, class: ClassId) -> Option<Name> {
    let mut locks = tree.class(class).fields.iter().filter(|field| {
        let of = field.type_ref.as_ref().map(|of| of.name);
        field.embedded && of.is_some_and(|of| of == "sync.Mutex" || of == "sync.RWMutex")
    });
    let first = locks.next()?;
    locks.next().is_none().then_some(first.name)
}
