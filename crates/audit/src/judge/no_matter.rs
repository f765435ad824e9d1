//! Windows of Go in which nothing is lost, as the code around them shows: objects of an API server that
//! were listed, what is borrowed from a pool, what sets up an object, and what a revision is asked for
//! again. Each names what must hold for it to matter.

use amorsize_facts::event::{
    Act, ActKind, EventKind, Lang, Op, Root, Step, StoreKind, ValueId, ValueKind,
};

use super::explore::Found;
use super::pattern::{Grip, grip, locks_at};
use super::sense::words;
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::held::Locking;
use crate::slice::{Pair, Target, grows, touches};

/// What must hold for a window to matter.
pub(super) fn no_matter(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return None;
    }
    let pair = found.pair;
    let what = if only_listed(flow, target, pair) {
        "an object that was listed has become another one of its name"
    } else if borrows(flow, target, pair) {
        "more is put back than was taken out"
    } else if is_for_tests(flow) {
        "others than tests call it"
    } else if sets_up(flow) {
        "it is set up while others use it already"
    } else if asks_revision(flow, locking, pair) {
        "the revision that is asked for again does not tell of the change"
    } else {
        return None;
    };
    Some(what.to_owned())
}

/// Whether objects of an API server are listed, and then changed or removed each by its name, or one
/// of another kind is made: the server knows an object by its name and version.
fn only_listed(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let lists = matches!(flow.event(pair.check).kind, EventKind::Enumerate(_));
    let EventKind::Act(act) = &flow.event(pair.act).kind else { return false };
    if target.kind != StoreKind::Api || !lists {
        return false;
    }
    let kinds = || kind_of(flow, pair.check).zip(kind_of(flow, pair.act));
    match act.kind {
        ActKind::Update | ActKind::Delete => true,
        ActKind::Create => kinds().is_some_and(|(listed, made)| listed != format!("{made}List")),
        _ => false,
    }
}

/// The type of the object that an event of an API server is given.
fn kind_of(flow: &Flow<'_, '_>, uid: Uid) -> Option<String> {
    let (_, key) = flow.event(uid).kind.target()?;
    let mut trail = Trail::from([(flow.frame_of(uid), key?.value?)], 16);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        match &flow.tree.function(activation.func).value(value).kind {
            ValueKind::New(name, _) => {
                return name.as_str().rsplit('.').next().map(str::to_owned);
            }
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Op(Op::Convert, inputs) => {
                trail.follow(inputs.first().map(|input| (frame, *input)));
            }
            _ => {}
        }
    }
    None
}

/// Whether a helper looks and takes something out, and another one puts something back later: a pool.
fn borrows(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let (looks, acts) = (flow.frame_of(pair.check), flow.frame_of(pair.act));
    let takes = |uid: Uid| {
        flow.frame_of(uid) == looks
            && matches!(flow.event(uid).kind, EventKind::Act(_))
            && touches(flow, target, uid).is_some()
            && !grows(flow, &target.place, uid)
    };
    let listed = matches!(target.kind, StoreKind::List | StoreKind::Cell);
    listed
        && looks != 0
        && looks != acts
        && grows(flow, &target.place, pair.act)
        && flow.uids().any(takes)
}

/// Whether the comment of a function says that tests use it.
fn is_for_tests(flow: &Flow<'_, '_>) -> bool {
    let doc = flow.tree.function(flow.entry).doc.as_deref().unwrap_or_default();
    let doc = doc.to_ascii_lowercase();
    [
        "used in tests",
        "used by tests",
        "used for test",
        "for testing only",
        "only for test",
        "used in unit tests",
    ]
    .iter()
    .any(|said| doc.contains(said))
}

/// Whether a method sets up its object and hands it on: `m.WithMetrics(registry)`.
fn sets_up(flow: &Flow<'_, '_>) -> bool {
    let function = flow.tree.function(flow.entry);
    let named = function
        .name
        .as_str()
        .strip_prefix("With")
        .is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let (mut some, mut itself) = (false, true);
    function.each_event(|event| {
        if let EventKind::Return(ret) = &event.kind {
            some = true;
            itself &= matches!(ret.values.as_slice(), [value]
                if matches!(function.value(*value).kind, ValueKind::Receiver));
        }
    });
    named && some && itself
}

/// Whether a revision is asked for between the look and the act, under the lock that the act holds, and
/// what is out of date goes no further.
fn asks_revision(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, pair: Pair) -> bool {
    let at_act = locks_at(flow, locking, pair.act);
    let own = flow.chain(pair.act);
    let gives_up = |uid: Uid| {
        (uid..pair.act).any(|later| {
            matches!(flow.event(later).kind, EventKind::Return(_))
                && flow.chain(pair.act).contains(&flow.frame_of(later))
        })
    };
    !at_act.is_empty()
        && (pair.check + 1..pair.act).any(|uid| {
            own.contains(&flow.frame_of(uid))
                && is_about_revision(flow, uid)
                && matches!(grip(&locks_at(flow, locking, uid), &at_act), Grip::Whole(_))
                && gives_up(uid)
        })
}

/// Whether a helper is called that says by its name whether something is out of date, or that compares
/// what is by its name a revision.
fn is_about_revision(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Call(call) = &flow.event(uid).kind else { return false };
    let tells =
        |name: &str, known: &[&str]| words(name).iter().any(|word| known.contains(&word.as_str()));
    let numbered = |frame: FrameId| {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        function.values.iter().any(|value| {
            matches!(&value.kind, ValueKind::Load(path)
                if matches!(path.steps.last(), Some(Step::Field(name))
                    if tells(name.as_str(), &["rev", "revision", "generation", "gen", "epoch"])))
        })
    };
    tells(call.name.as_str(), &["obsolete", "outdated", "superseded", "stale"])
        || flow.callee(flow.frame_of(uid), flow.event(uid).id).is_some_and(numbered)
}

/// Whether an entry is what a method of its key gives for constants: whoever stores it stores the same.
pub(super) fn made_of_key(flow: &Flow<'_, '_>, act: &Act, frame: FrameId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let (Some(value), Some(key)) = (act.value, act.key.value) else { return false };
    let key = flow.canon(frame, key);
    let ways = match &function.value(value).kind {
        ValueKind::Phi(ways) => ways.clone(),
        _ => vec![value],
    };
    let constant = |value: &ValueId| match &function.value(*value).kind {
        ValueKind::Literal(_) | ValueKind::Named(_) => true,
        ValueKind::Load(path) => matches!(path.root, Root::Global(_)),
        _ => false,
    };
    flow.tree.file(flow.entry).lang == Lang::Go
        && ways.iter().any(|value| {
            let ValueKind::Result(event, _) = &function.value(*value).kind else { return false };
            let called = flow.uid(frame, *event).map(|uid| &flow.event(uid).kind);
            matches!(called, Some(EventKind::Call(call))
                if call.receiver_value.is_some_and(|on| flow.canon(frame, on) == key)
                    && call.args.iter().all(constant))
        })
}
