//! What a program in Go itself shows of goroutines that meet in a window. A lock that somebody takes
//! for the store shows it; that a type owns one does not. Where nothing shows it, a witness hangs on
//! an agreement that the code does not spell out, and the finding says on which.

use amorsize_facts::event::{
    ActKind, EventKind, Lang, Literal, LockMode, Place, Root, Step, StoreKind, TypeRef, ValueId,
    ValueKind,
};

use super::explore::{Found, Other};
use super::pattern::{LockAt, locks_at};
use super::sense::words;
use super::targets::guarded;
use crate::flow::{AbsPath, AbsRoot, Ev, Flow, FrameId, Uid};
use crate::held::Locking;
use crate::link::{ClassId, FnId, Tree};
use crate::mutators::{Home, Mutators, home_of};
use crate::shared::has_lock;
use crate::slice::{AbsPlace, Pair, Target};

/// What must hold for two goroutines to be there at the same time, unless the program shows it.
pub(super) fn unshown(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    found: &Found,
) -> Option<String> {
    let built = matches!(target.kind, StoreKind::Synchronised | StoreKind::Atomic);
    let plain = matches!(target.kind, StoreKind::Map | StoreKind::Cell | StoreKind::List);
    if flow.tree.file(flow.entry).lang != Lang::Go || !built && !plain {
        return None;
    }
    let said = |holds: bool, what: &str| holds.then(|| what.to_owned());
    let by_lock = if built {
        behind_interface(flow, target).or_else(|| {
            said(is_part_of_one(flow, mutators, target, found), "several goroutines use one object")
        })
    } else {
        without_lock(flow, (locking, mutators), target, found)
    };
    // Who sets a mark, does nothing else and tells nobody does it twice.
    let idle = || {
        let acts = |ev: &Ev<'_>| match &ev.event.kind {
            EventKind::Spawn(_) => ev.frame == flow.frame_of(found.pair.act),
            EventKind::Call(call) => call.callee == "close",
            _ => false,
        };
        flow.tree.function(flow.entry).returns.is_empty() && !flow.events.iter().any(acts)
    };
    let passed =
        found.other == Other::Same && !found.pair.data && idle() && sets_mark(flow, found.pair.act);
    by_lock
        .or_else(|| said(passed, "two goroutines pass the mark before one has set it"))
        .or_else(|| {
            said(found.anew, "what was seen first outweighs what is looked up under the lock")
        })
        .or_else(|| in_its_life(flow, target, found))
        .or_else(|| said(only_logged(flow, target), "a line too many in a log matters"))
        .or_else(|| not_met(flow, locking, found))
}

/// Whether a program of the tree runs this, all of whose callers can hence be seen, and none of them shows
/// two goroutines that meet here.
fn not_met(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, found: &Found) -> Option<String> {
    let tree = flow.tree;
    if !locking.in_a_program(flow.entry) {
        return None;
    }
    let own = locking.origins(flow.entry);
    let Other::Mutator { label, path, .. } = &found.other else {
        let said = "two goroutines of the program run this at the same time";
        return (!own.meet(None)).then(|| said.to_owned());
    };
    let rival = tree.named_in(path, label).map(|id| locking.origins(id));
    (!own.meet(rival.as_ref()))
        .then(|| format!("`{label}` runs at the same time, on another goroutine"))
}

/// Whether all that is asked of the size is whether there is anything at all, and what is done makes it
/// smaller: there is no limit that could be passed.
pub(super) fn asks_for_none(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let shrinks = matches!(&flow.event(pair.act).kind, EventKind::Act(act)
        if matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear));
    if !target.size || !shrinks || flow.tree.file(flow.entry).lang != Lang::Go {
        return false;
    }
    let counted = flow.event(pair.check).id;
    let function = flow.tree.function(flow.frames[flow.frame_of(pair.check) as usize].func);
    let counts = |value: &ValueId| matches!(&function.value(*value).kind, ValueKind::Result(event, _) if *event == counted);
    let mut asked = function.values.iter().filter_map(|value| match &value.kind {
        ValueKind::Op(_, inputs) if inputs.iter().any(counts) => Some(inputs),
        _ => None,
    });
    let none = |value: &ValueId| {
        matches!(&function.value(*value).kind, ValueKind::Literal(Literal::Int(0)))
    };
    let mut some = false;
    asked.all(|inputs| {
        some = true;
        inputs.iter().any(none)
    }) && some
}

/// Whether a container that locks itself stands in an object that does not: its other fields are changed
/// with no lock around, its maps by any of its methods, or what else it has by the very functions at hand.
fn is_part_of_one(
    flow: &Flow<'_, '_>,
    mutators: &Mutators<'_>,
    target: &Target,
    found: &Found,
) -> bool {
    let tree = flow.tree;
    let Some((Home::Field(class, _), _)) = home_of(flow, target) else { return false };
    if has_lock(tree, class) {
        return false;
    }
    mutators.is_for_one(class)
        || [found.pair.check, found.pair.act].into_iter().any(|uid| {
            let id = flow.frames[flow.frame_of(uid) as usize].func;
            let function = tree.function(id);
            let mut bare = false;
            function.each_event(|event| {
                let EventKind::Act(act) = &event.kind else { return };
                let store = function.store(act.store);
                bare |= store.kind == StoreKind::Cell
                    && matches!(&store.place, Place::Path(path)
                        if path.root == Root::Receiver && path.steps.len() == 1);
            });
            bare && tree.class_of(id) == Some(class)
        })
}

/// Whether nobody holds a lock where the entry is looked at, nor where it is changed: the callers
/// may agree on one, or there is one goroutine for each object.
fn without_lock(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    found: &Found,
) -> Option<String> {
    let held = |uid: Uid| -> Vec<LockAt> {
        let all = locks_at(flow, locking, uid).into_iter();
        all.filter(|lock| may_be_for(&lock.path, target)).collect()
    };
    let at_act = held(found.pair.act);
    if at_act.is_empty() && held(found.pair.check).is_empty() {
        let known = guarded(flow, mutators, target);
        // A lock that is taken for nothing at all is forgotten; one that is taken elsewhere is for that.
        let for_all = is_open_to_all(flow, locking)
            && (known.here || !known.beside && owns_mutex(flow))
            && !locking.called_under_lock(flow.entry);
        return (!for_all)
            .then(|| "two goroutines get here without a lock that both respect".to_owned());
    }
    // One caller reads, another one changes: what is common to them is the weaker one.
    let lent = |lock: &LockAt| lock.taken.0 == FrameId::MAX && lock.mode == LockMode::Shared;
    (!at_act.is_empty() && at_act.iter().all(lent))
        .then(|| "a caller that holds the lock for reading only makes it change this".to_owned())
}

/// Whether anybody may call a function: it is exported, or so is what calls it, which takes the lock
/// of its object itself and hence does not hold it yet, or no more.
fn is_open_to_all(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> bool {
    let tree = flow.tree;
    let locks = |id: FnId| {
        let mut own = false;
        tree.function(id).each_event(|event| {
            own |= matches!(&event.kind, EventKind::Acquire(acquire)
                if acquire.lock.root == Root::Receiver && acquire.lock.steps.len() <= 1);
        });
        own && !tree.is_private(id) && tree.class_of(id) == tree.class_of(flow.entry)
    };
    let mut callers = locking.callers(flow.entry).filter(|id| !tree.is_test(*id));
    !tree.is_private(flow.entry)
        || tree.class_of(flow.entry).is_some()
            && callers.next().is_some_and(|first| locks(first) && callers.all(locks))
}

/// Whether the type of the entry's receiver holds a mutex of its own.
fn owns_mutex(flow: &Flow<'_, '_>) -> bool {
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let mutex = |of: &TypeRef| matches!(Tree::type_word(of).as_str(), "Mutex" | "RWMutex");
    class.is_some_and(|class| {
        let facts = flow.tree.class(class);
        let held = facts.fields.iter().filter_map(|field| field.type_ref.as_ref());
        held.chain(&facts.bases).any(mutex)
    })
}

/// Whether a lock may be one for the store: it lies in the same object, or in none that was handed in.
fn may_be_for(lock: &AbsPath, target: &Target) -> bool {
    let AbsPlace::Path(store) = &target.place else { return true };
    let own = matches!(lock.root, AbsRoot::Receiver | AbsRoot::Param(_));
    let handed = matches!(store.root, AbsRoot::Receiver | AbsRoot::Param(_));
    lock.root == store.root || !own || !handed
}

/// Whether the store is an interface of the tree, of whose implementations none has a lock.
fn behind_interface(flow: &Flow<'_, '_>, target: &Target) -> Option<String> {
    let AbsPlace::Path(AbsPath { root: AbsRoot::Receiver, steps }) = &target.place else {
        return None;
    };
    let tree = flow.tree;
    let mut class = flow.class.or_else(|| tree.class_of(flow.entry))?;
    for step in steps {
        let Step::Field(field) = step else { return None };
        let (file, of) = tree.field_type(class, *field)?;
        class = tree.class_named(file, of.name)?;
        if tree.class(class).is_interface {
            let mut made = implementations(tree, class).peekable();
            let known = made.peek().is_some();
            let unlocked =
                known && !made.any(|class| has_lock(tree, class) || is_client(tree, class));
            return unlocked.then(|| format!("several goroutines share one `{}`", of.name));
        }
    }
    None
}

/// Whether a class works through a client of a database, which serves several at a time.
fn is_client(tree: &Tree<'_>, class: ClassId) -> bool {
    let client = |of: &TypeRef| {
        let word = Tree::type_word(of);
        tree.class_named(class.file, of.name).is_none()
            && ["DB", "Client", "Conn", "Pool", "Database"]
                .iter()
                .any(|end| word.as_str().ends_with(end))
    };
    tree.class(class).fields.iter().filter_map(|field| field.type_ref.as_ref()).any(client)
}

fn implementations<'t>(
    tree: &'t Tree<'_>,
    interface: ClassId,
) -> impl Iterator<Item = ClassId> + 't {
    let asked = tree.asked(interface);
    let first = asked.first().map_or(&[][..], |name| tree.methods_named(*name));
    first
        .iter()
        .filter_map(|id| tree.class_of(*id))
        .filter(move |class| asked.iter().all(|name| tree.method(*class, *name).is_some()))
}

/// Whether an act writes what everybody writes there, to a variable: that something has been done.
fn sets_mark(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(mark) = &flow.event(act).kind else { return false };
    let function = flow.tree.function(flow.frames[flow.frame_of(act) as usize].func);
    let variable = matches!(function.store(mark.store).kind, StoreKind::Cell | StoreKind::Atomic);
    variable
        && mark
            .value
            .is_some_and(|value| matches!(function.value(value).kind, ValueKind::Literal(_)))
}

/// Whether one side of the witness is the beginning or the end of the object's life, which comes
/// once, and mostly alone.
fn in_its_life(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<String> {
    match &found.other {
        Other::Mutator { label, .. } if begins_or_ends(label) => {
            Some(format!("`{label}` runs while others are still at work"))
        }
        Other::Same
            if target.keys.is_empty()
                && begins_or_ends(flow.tree.function(flow.entry).qualified.as_str()) =>
        {
            Some("two goroutines begin or end one object at the same time".to_owned())
        }
        _ => None,
    }
}

pub(super) fn begins_or_ends(qualified: &str) -> bool {
    let name = qualified.rsplit('.').find(|part| !part.starts_with("func")).unwrap_or_default();
    let mut said = words(name).into_iter().filter(|word| !word.is_empty());
    let first = said.next().unwrap_or_default();
    // Whoever serves one request, or one connection, does so beside the others.
    let serves = first == "serve" && said.next().is_none_or(|of| of == "forever" || of == "tls");
    serves
        || matches!(
            first.as_str(),
            "start"
                | "starting"
                | "stop"
                | "stopping"
                | "close"
                | "closing"
                | "shutdown"
                | "teardown"
                | "destroy"
                | "init"
                | "initialize"
                | "initialise"
        )
}

/// Whether one goroutine that goes round runs a helper, and otherwise only the beginning and the end of
/// its object's life.
pub(super) fn in_turn(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> bool {
    let ends = |id: FnId| begins_or_ends(flow.tree.function(id).qualified.as_str());
    let mut callers = locking.callers(flow.entry).peekable();
    flow.tree.is_private(flow.entry)
        && callers.peek().is_some()
        && callers.all(|caller| locking.loop_of(caller).is_some() || ends(caller))
}

/// Whether all that hangs on the entry is by its name whether a line is logged.
fn only_logged(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let entry = flow.tree.function(flow.entry).name;
    let said = format!("{} {}", path.text(), entry);
    words(&said).iter().any(|word| matches!(word.as_str(), "log" | "logged" | "logging" | "warned"))
}
