//! Windows of Go in which nothing is lost, as the code around them shows: objects of an API server that
//! were listed, what is borrowed from a pool, what sets up an object, what is written only where it
//! differs, and what a revision is asked for again. Each names what must hold for it to matter.

use amorsize_facts::event::{
    ActKind, EventKind, Lang, Op, Path, Place, Step, StoreKind, ValueId, ValueKind,
};

use super::explore::{Found, Other};
use super::pattern::{Grip, grip, locks_at};
use super::sense::{tells_who_won, words};
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::held::Locking;
use crate::slice::{AbsPlace, Pair, Target, grows, refuses, touches};

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
    } else if sets_up(flow) {
        "it is set up while others use it already"
    } else if writes_what_differs(flow, target, pair) {
        "it matters who writes what both would write"
    } else if asks_revision(flow, locking, target, pair) {
        "the revision that is asked for again does not tell of the change"
    } else {
        return None;
    };
    Some(what.to_owned())
}

/// Whether a number or an entry is changed by what it is just then, in one continuous section of a lock
/// that the twin takes as well.
pub(super) fn in_one_section(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (pair, other): (Pair, &Other),
) -> bool {
    let whole = || {
        let grip =
            grip(&locks_at(flow, locking, pair.check), &locks_at(flow, locking, pair.act));
        matches!(grip, Grip::Whole(lock) if lock.scope >= target.scope)
    };
    let here = flow.frame_of(pair.check) == flow.frame_of(pair.act);
    *other == Other::Same
        && pair.data
        && here
        && flow.event(pair.check).span.line == flow.event(pair.act).span.line
        && flow.tree.file(flow.entry).lang == Lang::Go
        && whole()
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
                let arg = activation.args.get(usize::from(*n)).and_then(Option::as_ref);
                trail.follow(arg.and_then(|arg| Some((arg.frame, arg.value?))));
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

/// Whether what is written is compared with what is there, and nobody is turned away: whoever comes
/// second finds, or writes, the same.
fn writes_what_differs(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let EventKind::Act(act) = &flow.event(pair.act).kind else { return false };
    let writes = matches!(act.kind, ActKind::Insert | ActKind::Update);
    let Some(value) = act.value.filter(|_| writes && !pair.data && !refuses(flow) && !tells_who_won(flow)) else {
        return false;
    };
    let wanted = flow.canon(flow.frame_of(pair.act), value);
    (0..).zip(&flow.frames).any(|(frame, activation)| {
        let function = flow.tree.function(activation.func);
        let same = |value: &ValueId| flow.canon(frame, *value) == wanted;
        let seen = |value: &ValueId| reads(flow, target, frame, *value);
        function.values.iter().any(|value| {
            let sides = match &value.kind {
                ValueKind::Op(Op::Eq | Op::Ne, sides) => sides,
                ValueKind::Result(event, given) if compares(flow, frame, *event) => given,
                ValueKind::Op(Op::Call, given) => given,
                _ => return false,
            };
            sides.iter().any(same) && sides.iter().any(|side| !same(side) && seen(side))
        })
    })
}

/// Whether an event is a call that compares what it is given: `bytes.Equal`, `reflect.DeepEqual`.
fn compares(flow: &Flow<'_, '_>, frame: FrameId, event: amorsize_facts::event::EventId) -> bool {
    flow.uid(frame, event).is_some_and(|uid| {
        matches!(&flow.event(uid).kind, EventKind::Call(call)
            if words(call.name.as_str()).iter().any(|word| word == "equal" || word == "equals"))
    })
}

/// Whether a value comes from a look at the store.
fn reads(flow: &Flow<'_, '_>, target: &Target, frame: FrameId, value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    if let ValueKind::Load(path) = &function.value(value).kind
        && AbsPlace::Path(flow.path(frame, path)) == target.place
    {
        return true;
    }
    flow.deps(frame, value, None).events.iter().any(|uid| {
        touches(flow, target, *uid).is_some()
            && matches!(flow.event(*uid).kind, EventKind::Read(_) | EventKind::Check(_))
    })
}

/// Whether a revision is asked for between the look and the act, under the lock that the act holds, and
/// what is out of date goes no further.
fn asks_revision(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    pair: Pair,
) -> bool {
    let at_act = locks_at(flow, locking, pair.act);
    let own = flow.frame_of(pair.act);
    let gives_up = |uid: Uid| {
        (uid..pair.act).any(|later| {
            matches!(flow.event(later).kind, EventKind::Return(_))
                && flow.chain(pair.act).contains(&flow.frame_of(later))
        })
    };
    !at_act.is_empty()
        && (pair.check + 1..pair.act).any(|uid| {
            flow.frame_of(uid) != own
                && touches(flow, target, uid).is_none()
                && is_about_revision(flow, uid)
                && matches!(grip(&locks_at(flow, locking, uid), &at_act), Grip::Whole(_))
                && gives_up(uid)
        })
}

/// Whether a look is at a number that is by its name a revision, or stands in a helper that says whether
/// something is out of date.
fn is_about_revision(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let looks = matches!(flow.event(uid).kind, EventKind::Check(_) | EventKind::Read(_));
    let tells = |name: &str, known: &[&str]| {
        words(name).iter().any(|word| known.contains(&word.as_str()))
    };
    let field = |path: &Path| match path.steps.last() {
        Some(Step::Field(name)) => {
            tells(name.as_str(), &["rev", "revision", "version", "generation", "gen", "epoch"])
        }
        _ => false,
    };
    let numbered = flow.event(uid).kind.target().is_some_and(|(store, _)| {
        matches!(&function.store(store).place, Place::Path(path) if field(path))
    });
    looks
        && (numbered
            || tells(function.name.as_str(), &["obsolete", "outdated", "superseded", "stale"]))
}
