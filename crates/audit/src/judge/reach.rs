//! Who gets at a store of a Python module or object that looks as if it belonged to all: what a thread
//! keeps for itself, what only the import runs, and what one person's tool does are for one alone.

use amorsize_facts::event::{ActKind, EventKind, Lang, Literal, Op, StoreKind, ValueKind};

use super::explore::Other;
use super::sense::{is_in_a_tool, words};
use crate::flow::{AbsRoot, Flow, Trail, Uid};
use crate::held::{Locking, reads_a_command_line};
use crate::link::FnId;
use crate::mutators::{Mutators, home_of};
use crate::shared::Sharing;
use crate::slice::{AbsPlace, Target, touches};
use crate::spoken::speaks_of_threads;

/// What is left of a sharing once it is known who gets there.
pub(super) fn reached(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    sharing: Sharing,
) -> Sharing {
    let AbsPlace::Path(path) = &target.place else { return sharing };
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    if !python || sharing == Sharing::No {
        return sharing;
    }
    let own = is_of_one_thread(flow, target) && !is_emptied_elsewhere(flow, mutators, target);
    if own || is_kept_per_thread(flow, target) {
        return Sharing::No;
    }
    let of_module = matches!(path.root, AbsRoot::Global(..) | AbsRoot::Class(_));
    if of_module && flow.tree.is_private(flow.entry) && locking.only_imported(flow.entry) {
        return Sharing::No;
    }
    if !matches!(sharing, Sharing::Yes(_)) {
        return sharing;
    }
    if names_a_thread(flow, target) {
        return Sharing::If("a thread works on the entry of another thread".to_owned());
    }
    let told = is_in_a_tool(flow) || reads_a_command_line(flow.tree, flow.entry);
    if of_module && told {
        return Sharing::If("several threads of this tool run it".to_owned());
    }
    if of_module && target.kind == StoreKind::Cell && is_to_be_called_once(flow, target) {
        return Sharing::If("it is called while another call of it has not returned".to_owned());
    }
    sharing
}

/// Whether one of the two participants runs on a thread that their object starts, and the other one does not: they
/// work on the object at the same time.
pub(super) fn meets_own_thread(flow: &Flow<'_, '_>, target: &Target, other: &Other) -> bool {
    let of_object = matches!(&target.place, AbsPlace::Path(path)
        if path.root == AbsRoot::Receiver && !path.steps.is_empty());
    let Other::Mutator { label, path, .. } = other else { return false };
    let tree = flow.tree;
    let Some(class) = flow.class.or_else(|| tree.class_of(flow.entry)).filter(|_| of_object) else {
        return false;
    };
    let named =
        |id: &FnId| tree.function(*id).qualified == label.as_str() && tree.file(*id).path == *path;
    let Some(mutator) =
        tree.ancestry(class).into_iter().find_map(|class| tree.methods_of(class).find(named))
    else {
        return false;
    };
    let begins_or_ends = |id: FnId| {
        words(tree.function(id).name.as_str()).iter().any(|word| {
            matches!(
                word.as_str(),
                "init"
                    | "start"
                    | "stop"
                    | "close"
                    | "join"
                    | "shutdown"
                    | "terminate"
                    | "cancel"
                    | "exit"
            )
        })
    };
    let runs = |id: FnId| tree.own_threads().runs(tree, class, id);
    runs(flow.entry) != runs(mutator) && !begins_or_ends(flow.entry) && !begins_or_ends(mutator)
}

/// Whether another function empties the whole store, whoever's the entries are.
fn is_emptied_elsewhere(flow: &Flow<'_, '_>, mutators: &Mutators<'_>, target: &Target) -> bool {
    let home = home_of(flow, target).map(|(home, _)| home);
    let known = mutators.of_target(home.as_ref());
    known.iter().any(|other| other.act.kind == ActKind::Clear && other.function != flow.entry)
}

/// Whether the key is made of what tells the running thread or task from all others.
fn is_of_one_thread(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return false };
    let frame = flow.frame_of(target.key_uid);
    let mut trail = Trail::from(key.value.map(|value| (frame, value)), 32);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let kind = &flow.tree.function(activation.func).value(value).kind;
        let called = match kind {
            ValueKind::Result(event, _) => flow.uid(frame, *event).and_then(|uid| {
                let EventKind::Call(call) = &flow.event(uid).kind else { return None };
                Some(call.name)
            }),
            ValueKind::Named(name) => Some(*name),
            ValueKind::Op(Op::Call, inputs) => {
                let callee = inputs
                    .first()
                    .map(|callee| &flow.tree.function(activation.func).value(*callee).kind);
                match callee {
                    Some(ValueKind::Literal(Literal::Text(name))) => Some(*name),
                    _ => None,
                }
            }
            _ => None,
        };
        let word =
            called.map(|name| name.as_str().rsplit('.').next().unwrap_or_default().to_owned());
        if matches!(
            word.as_deref(),
            Some("get_ident" | "get_native_id" | "current_thread" | "current_task" | "getcurrent")
        ) {
            return true;
        }
        if let ValueKind::Param(n) = kind
            && let Some(Some(arg)) = activation.args.get(usize::from(*n))
            && let Some(given) = arg.value
            && activation.parent.is_some()
        {
            trail.follow([(arg.frame, given)]);
        }
        // What is so on one of two ways is not always so.
        if !matches!(kind, ValueKind::Phi(_)) {
            trail.follow(kind.inputs().map(|input| (frame, input)));
        }
    }
    false
}

/// Whether the key is by its type a thread or a task: each works on its own entry, unless told otherwise.
fn names_a_thread(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let frame = flow.frame_of(target.key_uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return false };
    let Some(ValueKind::Param(n)) = key.value.map(|value| &function.value(value).kind) else {
        return false;
    };
    function.params.get(usize::from(*n)).and_then(|param| param.type_ref.as_ref()).is_some_and(
        |of| matches!(of.name.as_str(), "threading.Thread" | "asyncio.Task" | "Thread"),
    )
}

/// Whether the class that works on the store says that each thread has one of its own.
fn is_kept_per_thread(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let func = flow.frames[flow.frame_of(target.key_uid) as usize].func;
    let class = flow.tree.class_of(func).map(|class| flow.tree.class(class));
    class.and_then(|class| class.doc.as_deref()).and_then(speaks_of_threads) == Some(false)
}

/// Whether a second call is refused as such, before anything is set: it is for the start of a program.
fn is_to_be_called_once(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let sets = |uid: &Uid| {
        matches!(flow.event(*uid).kind, EventKind::Act(_)) && touches(flow, target, *uid).is_some()
    };
    let first = flow.uids().find(sets).unwrap_or(0);
    flow.uids().filter(|uid| flow.frame_of(*uid) == 0).any(|uid| {
        let EventKind::Raise(raise) = &flow.event(uid).kind else { return false };
        raise.type_name == "RuntimeError" || uid < first && !raise.type_name.is_empty()
    })
}
