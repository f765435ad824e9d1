//! What a witness hangs on although the store is shared.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, CheckKind, Confidence, EventKind, FunctionKind, Lang, Op, Place, Root,
    Scope as Reach, StoreKind, ValueId, ValueKind, says_any,
};
use amorsize_finding::Consequence;

use super::closable::has_to_be_closed;
use super::doubts_of_files::doubts_of_file;
use super::doubts_of_rows::doubts_of_row;
use super::empty_file::{made_alike, made_anew};
use super::explore::{Found, Other};
use super::others::CLEARS;
use super::reported::tells_who_won;
use super::sense::replaceable;
use super::single_use::is_for_one;
use crate::flow::{AbsPath, AbsRoot, Flow, Uid};
use crate::slice::{AbsPlace, Pair, Target, beside, refuses, sends_away, touches};

/// What servers, and the libraries that speak to them, are called.
const SERVERS: &[&str] = &[
    "redis",
    "memcache",
    "etcd",
    "hazelcast",
    "valkey",
    "consul",
    "couchbase",
    "aerospike",
    "paramiko",
    "asyncssh",
    "ftplib",
];

/// Whether the look is for a state or a size, which who acts later computes anew.
fn asks_how_it_is(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    matches!(&flow.event(pair.check).kind, EventKind::Check(check)
        if matches!(check.what, CheckKind::State | CheckKind::Size))
}

/// Whether a size that was looked at is compared with how much there may be, and not only with nothing.
fn asks_for_room(flow: &Flow<'_, '_>, check: Uid) -> bool {
    let EventKind::Check(look) = &flow.event(check).kind else { return false };
    let function = flow.tree.function(flow.frames[flow.frame_of(check) as usize].func);
    let zero = |id: &ValueId| matches!(&function.value(*id).kind, ValueKind::Literal(_));
    function.values.iter().any(|value| {
        matches!(&value.kind, ValueKind::Op(Op::Lt | Op::Le | Op::Gt | Op::Ge, sides)
            if sides.contains(&look.result) && !sides.iter().any(zero))
    })
}

/// What a look hangs on after which another one was asked for what is written.
fn looked_up_later(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<&'static str> {
    if !found.recomputed || target.room {
        return None;
    }
    if asks_how_it_is(flow, found.pair) && !counts_what_is_limited(flow, found.pair) {
        return Some("the limit that was checked first may not be passed");
    }
    // The later look is told of by itself, if anybody comes between it and the act.
    let updates = found.harm.consequence == Consequence::LostUpdate;
    (updates
        && target.scope < Reach::Host
        && !weighs(flow, found.pair.check)
        && !tells_who_won(flow))
    .then_some("what was seen first outweighs what was looked up later")
}

/// Whether a count is weighed against how much there may be, which is no number of the code, and counted up by that act.
fn counts_what_is_limited(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let frame = flow.frame_of(pair.check);
    let EventKind::Check(look) = &flow.event(pair.check).kind else { return false };
    let seen = look.of.and_then(|event| flow.uid(frame, event)).map(|uid| &flow.event(uid).kind);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let literal = |id: &ValueId| matches!(&function.value(*id).kind, ValueKind::Literal(_));
    let count = |id: &ValueId| match seen {
        Some(EventKind::Read(read)) => {
            read.result == *id
                || matches!(function.value(*id).kind, ValueKind::Part(of, 0) if of == read.result)
        }
        _ => look.result == *id,
    };
    let weighed = function.values.iter().any(|value| {
        matches!(&value.kind, ValueKind::Op(Op::Lt | Op::Le | Op::Gt | Op::Ge, sides)
            if sides.iter().any(count) && !sides.iter().any(literal))
    });
    weighed
        && matches!(&flow.event(pair.act).kind, EventKind::Act(act)
            if act.atomicity == Atomicity::Relative)
}

/// What has to come in between where an entry of a server is made here, or found to be there, and then read.
fn made_here(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<&'static str> {
    let makes = |uid: Uid| {
        matches!(&flow.event(uid).kind, EventKind::Act(act)
            if act.kind == ActKind::Create && act.atomicity == Atomicity::Exclusive)
            && touches(flow, target, uid).is_some()
    };
    let reads = matches!(flow.event(found.pair.act).kind, EventKind::Read(_));
    let outside = matches!(found.other, Other::Outside(_));
    (reads
        && outside
        && target.kind == StoreKind::Remote
        && (found.pair.check..found.pair.act).any(makes))
    .then_some("somebody removes what was just made")
}

/// Whether what was read is compared with how much it may be, where it was read or where a helper hands it out.
fn weighs(flow: &Flow<'_, '_>, look: Uid) -> bool {
    if !matches!(flow.event(look).kind, EventKind::Read(_)) {
        return false;
    }
    flow.chain(look).into_iter().any(|frame| {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let own = |id: &ValueId| {
            frame == flow.frame_of(look)
                && matches!(&flow.event(look).kind, EventKind::Read(read) if read.result == *id)
        };
        let handed = |id: &ValueId| {
            let kind = &function.value(*id).kind;
            frame != flow.frame_of(look)
                && matches!(kind, ValueKind::Result(..) | ValueKind::Part(_, 0))
                && flow.deps(frame, *id, None).events.contains(&look)
        };
        function.values.iter().any(|value| match &value.kind {
            ValueKind::Op(Op::Lt | Op::Le | Op::Gt | Op::Ge, sides) => {
                sides.iter().any(|side| own(side) || handed(side))
            }
            ValueKind::Op(Op::Eq | Op::Ne, sides) => {
                sides.iter().any(own) && !sides.iter().any(|id| function.is_nil(*id))
            }
            _ => false,
        })
    })
}

/// What a witness hangs on although the store is shared.
pub(super) fn doubts(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<String> {
    let event = &flow.event(found.pair.act).kind;
    let act = if let EventKind::Act(act) = event { Some(act) } else { None };
    let deletes =
        act.is_some_and(|act| matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear));
    if found.other == Other::Outside(CLEARS) {
        return Some("somebody removes the file while this runs".to_owned());
    }
    if target.kind == StoreKind::File
        && let Some(why) = doubts_of_file(flow, target, found)
            .or_else(|| made_alike(flow, found).or_else(|| made_anew(flow, target, found)))
    {
        return Some(why.to_owned());
    }
    let expires = matches!(&flow.event(found.pair.check).kind, EventKind::Check(check) if check.what == CheckKind::Expiry);
    if let Some(why) = changed_elsewhere(flow, target, found)
        .or_else(|| retried(flow, found))
        .or_else(|| made_here(flow, target, found))
        .or_else(|| looked_up_later(flow, target, found))
    {
        return Some(why.to_owned());
    }
    let against = matches!(found.other, Other::Mutator { .. });
    let stale = expires || found.harm.consequence == Consequence::LostWrite;
    let told = opens_what_goes(flow, found) || makes_new(flow, act.map(Box::as_ref));
    if against && target.kind == StoreKind::File && !stale && !told {
        return Some("the file is changed while this runs".to_owned());
    }
    // A list that holds more than it may is too long, whatever is in it.
    let appends = act.is_some_and(|act| act.kind == ActKind::Append)
        && !(target.size && asks_for_room(flow, found.pair.check));
    if appends && target.kind == StoreKind::List && !tells_who_won(flow) {
        return Some("an item that is in the list twice matters".to_owned());
    }
    if target.size && !target.room && target.scope > Reach::Process {
        return Some("losing more entries than necessary matters".to_owned());
    }
    if replaceable(flow, target, found) && !has_to_be_closed(flow, target) {
        return Some("losing a cached entry costs more than getting it again".to_owned());
    }
    if let Some(why) = doubts_of_row(flow, target, found, act.map(Box::as_ref)) {
        return Some(why.to_owned());
    }
    if found.harm.consequence == Consequence::DuplicateWork {
        return Some("two results of the same computation are not interchangeable".to_owned());
    }
    if beside(flow, target, found.pair.check) {
        return Some("what is listed and what is looked up are not changed together".to_owned());
    }
    if let Some(why) = removed_later(flow, target, found).filter(|_| deletes) {
        return Some(why.to_owned());
    }
    // A helper that is given the store may not know what its caller knows.
    let guessed = target.confidence == Confidence::Guess && !known_to_caller(flow, target);
    if guessed && !named_so(flow, target) && !is_timed(flow, target) {
        return Some("the receiver is the kind of store its name suggests".to_owned());
    }
    if flow.tree.function(flow.entry).kind == FunctionKind::Module {
        return Some("two processes run this module at the same time".to_owned());
    }
    if found.harm.consequence == Consequence::WrongAnswer && found.harm.answer_only {
        return Some("a caller relies on the answer while the entry is being changed".to_owned());
    }
    None
}

/// What it hangs on where the rival is another function that changes a variable of the module or of this function's
/// task.
fn changed_elsewhere(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<&'static str> {
    if !matches!(found.other, Other::Mutator { .. }) {
        return None;
    }
    if target.kind == StoreKind::Cell && flow.tree.function(flow.entry).is_async {
        return Some("another coroutine changes the variable while this one waits");
    }
    // What a client in a variable of the module speaks to is changed by anybody.
    let plain = matches!(target.place, AbsPlace::Path(AbsPath { root: AbsRoot::Global(..), .. }));
    let here = target.scope <= Reach::Process;
    // Several requests at a time are threads enough for who reads once more what it has found or made.
    let fails = found.harm.consequence == Consequence::Crash
        && !matches!(flow.event(found.pair.act).kind, EventKind::Act(_));
    let threads = fails && flow.tree.served().meets(flow.entry);
    let classes = matches!(target.place, AbsPlace::Path(AbsPath { root: AbsRoot::Class(..), .. }));
    let twice = matches!(flow.event(found.pair.check).kind, EventKind::Read(_));
    let plain = plain || fails && classes && twice;
    (plain && here && !threads && flow.tree.file(flow.entry).lang == Lang::Python)
        .then_some("the module's variable changes while other threads use it")
}

/// What it hangs on where a decorator runs the function again in which something fails.
fn retried(flow: &Flow<'_, '_>, found: &Found) -> Option<&'static str> {
    let again = flow.chain(found.pair.act).into_iter().any(|frame| {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        function.decorators.iter().any(|name| says_any(name.as_str(), &["retry", "retries"]))
    });
    (again && found.harm.consequence == Consequence::Crash)
        .then_some("the next attempt fails as well")
}

/// What it hangs on that an entry is removed that has gone, or is another one, by then.
fn removed_later(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<&'static str> {
    if by_own_id(flow, found.pair) {
        return Some("an id that was taken away is given to another entry");
    }
    if found.harm.consequence != Consequence::DoubleWin {
        return None;
    }
    if answers(flow) && !is_for_one(flow, target, found.pair) {
        return Some("a caller relies on being told that it alone removed the entry");
    }
    // What is only known by its contract may well refuse to remove what has gone, and who asks whether it did is told.
    let by_contract =
        target.kind == StoreKind::Synchronised && target.confidence != Confidence::Certain;
    let asked = matches!(&flow.event(found.pair.act).kind, EventKind::Act(act) if act.used.tested);
    (by_contract && asked).then_some("removing what has gone does not fail")
}

/// Whether what a helper guesses of the store that it is given is sure where it comes from.
fn known_to_caller(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let here = |uid: Uid| touches(flow, target, uid).is_some();
    let given = |uid: Uid| {
        let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
        flow.event(uid).kind.target().is_some_and(|(store, _)| {
            matches!(&function.store(store).place, Place::Path(path)
                if matches!(path.root, Root::Param(_)) && path.steps.is_empty())
        })
    };
    let sure =
        |uid: Uid| flow.store_of(uid).is_some_and(|store| store.confidence != Confidence::Guess);
    let mut own = flow.uids().filter(|uid| here(*uid));
    own.all(|uid| flow.frame_of(uid) != 0 && given(uid) || sure(uid))
        && flow.uids().any(|uid| here(uid) && sure(uid))
}

/// Who asks whether a file is there, or lists it, and opens it fails, or says why wrongly, where the same
/// module deletes it.
fn opens_what_goes(flow: &Flow<'_, '_>, found: &Found) -> bool {
    let reads = match &flow.event(found.pair.act).kind {
        EventKind::Act(act) => act.kind == ActKind::OpenRead,
        other => matches!(other, EventKind::Read(_)),
    };
    let looks = match &flow.event(found.pair.check).kind {
        EventKind::Check(check) => check.what == CheckKind::Presence,
        EventKind::Enumerate(_) => true,
        _ => false,
    };
    let fails = matches!(found.harm.consequence, Consequence::Crash | Consequence::WrongReason);
    reads && looks && fails
}

/// Whether a file is made that was not to be there before: who comes second is to be refused.
fn makes_new(flow: &Flow<'_, '_>, act: Option<&Act>) -> bool {
    act.is_some_and(|act| matches!(act.kind, ActKind::OpenWrite | ActKind::Rename)) && refuses(flow)
}

/// Whether a caller is told anything. A function of Go that ends what it found and tells nobody
/// does so twice.
fn answers(flow: &Flow<'_, '_>) -> bool {
    !flow.tree.function(flow.entry).returns.is_empty()
        || sends_away(flow)
        || flow.tree.file(flow.entry).lang != Lang::Go
}

/// Whether entries are removed by an id that each of them has of its own: nobody but a generator
/// gives those, and hardly one of them twice.
fn by_own_id(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let between = pair.check.min(pair.act)..pair.check.max(pair.act);
    flow.tree.file(flow.entry).lang == Lang::Go
        && between.into_iter().any(|uid| {
            matches!(&flow.event(uid).kind, EventKind::Call(call) if call.args.is_empty()
                && call.receiver_value.is_some()
                && matches!(call.name.as_str(), "getID" | "GetID" | "getId" | "GetId" | "ID" | "id"))
        })
}

/// Whether what is called a cache is given a time to keep what it is given: no dictionary is.
fn is_timed(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let timed = |uid: Uid| match &flow.event(uid).kind {
        EventKind::Act(act) => act.ttl.is_some() && touches(flow, target, uid).is_some(),
        _ => false,
    };
    // What a variable of this function holds was made here, by a class that may do as it likes.
    let own = matches!(&target.place, AbsPlace::Path(AbsPath { root: AbsRoot::Local(..), .. }));
    target.kind == StoreKind::Remote && !own && flow.uids().any(timed)
}

/// Whether the names around bear out that a receiver of unknown type is a client of a server.
fn named_so(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let file = flow.tree.file(flow.entry).path.to_ascii_lowercase();
    let function = flow.tree.function(flow.entry).qualified.as_str().to_ascii_lowercase();
    let place = match &target.place {
        AbsPlace::Path(path) => path.text().to_ascii_lowercase(),
        _ => String::new(),
    };
    let imports = |word: &str| {
        let found = &flow.tree.file(flow.entry).imports;
        // Go names a module by its address: `github.com/hashicorp/consul/api`.
        let called = |path: &str| path.split(['/', '-']).any(|part| part.starts_with(word));
        found.iter().any(|import| called(import.target.as_str()))
    };
    target.kind == StoreKind::Remote
        && SERVERS
            .iter()
            .any(|w| file.contains(w) || function.contains(w) || place.contains(w) || imports(w))
}
