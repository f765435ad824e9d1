//! Files that are taken for whole because they are there: `if not exists(path): write(path)` in place, and the path
//! goes to whoever asked. Who comes while it is written finds it, and works with half of it.

use amorsize_facts::event::{
    ActKind, Call, CheckKind, EventKind, Key, Lang, Scope as Reach, StoreKind, ValueId, ValueKind,
};

use super::explore::{Draft, Other};
use super::kept::kept_for_others;
use super::pattern::locks_at;
use super::publish::{draft, looks_once};
use super::readers::takes_torn_for_none;
use super::sense::{own_or_tool, words};
use super::variants::{Cut, callers_hold, seek_through};
use crate::explore::{Domain, Scene, seek_within};
use crate::flow::{Flow, FrameId, Item, Uid};
use crate::held::Locking;
use crate::slice::{Day, Pair, Publishing, Target};

/// A writer in place, and another run of the same function that finds the file there.
pub(super) fn taken_for_whole(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    open: Uid,
) -> Option<Draft> {
    let EventKind::Act(act) = &flow.event(open).kind else { return None };
    let keys = flow.keys_of(flow.frame_of(open), &act.key);
    let look = looked_before(flow, locking, open, &keys)?;
    let pair = Pair { check: look, act: open, data: false };
    let own = own_or_tool(flow, target, pair) || is_to_be_locked(flow, open);
    if own || !goes_on_with_it(flow, (look, open), &keys) || !kept_for_others(flow, pair, false) {
        return None;
    }
    met_half_done(flow, locking, target, pair)
}

/// The look whether there is anything at the path, under no lock that the write is under.
pub(super) fn looked_before(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    write: Uid,
    keys: &[u64],
) -> Option<Uid> {
    let same = |uid: Uid, key: &Key| {
        flow.keys_of(flow.frame_of(uid), key).iter().any(|number| keys.contains(number))
    };
    (0..write).find(|uid| {
        matches!(&flow.event(*uid).kind, EventKind::Check(check)
            if check.what == CheckKind::Presence
                && flow.store_of(*uid).is_some_and(|store| store.kind == StoreKind::File)
                && same(*uid, &check.key))
            && !shares_a_lock(flow, locking, (*uid, write))
    })
}

/// The run of two in which one finds there what the other has only begun.
pub(super) fn met_half_done(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    pair: Pair,
) -> Option<Draft> {
    let held = callers_hold(flow, locking, target);
    if !held.is_empty() {
        return None;
    }
    let publishing = Some(Publishing { write: pair.act, rename: None });
    let cut = Cut { target, day: Day { publishing, ..Day::default() }, held: &held };
    let witness = seek_through(flow, &cut, &mut |slice, locks| {
        let scene = Scene {
            programs: vec![slice.program.clone(), looks_once()],
            // It is written because it is not there.
            cells: vec![Domain::ABSENT],
            locks: locks.0.len(),
            silent: vec![false, false],
        };
        let found = seek_within(&scene, &flow.purse, &|steps, _| {
            steps.iter().any(|step| step.thread == 1 && step.result == "sees half a value")
        });
        found.map(|found| *found)
    })?;
    let label = flow.tree.function(flow.entry).qualified.as_str().to_owned();
    let line = flow.place_in_entry(pair.check).map_or(0, |at| flow.event(at).span.line);
    let path = flow.tree.file(flow.entry).path.clone();
    let other = Other::mutator(label, &path, line, true);
    Some(draft((flow, locking), target, pair, (witness, other)))
}

/// Whether one lock for processes is held from the look to the write, or at both.
fn shares_a_lock(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, (look, open): (Uid, Uid)) -> bool {
    let at_open = locks_at(flow, locking, open);
    locks_at(flow, locking, look).iter().any(|lock| {
        lock.scope >= Reach::Host && at_open.iter().any(|other| other.path == lock.path)
    })
}

/// Whether the path goes to whoever asked, or the file is opened by it: whether it is there was all that was asked.
fn goes_on_with_it(flow: &Flow<'_, '_>, (look, open): (Uid, Uid), keys: &[u64]) -> bool {
    // What is one path or another may be this one: `full_path = cache_path if cache else url`.
    let leads_there = |frame: FrameId, value: ValueId| {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let ways = match &function.value(value).kind {
            ValueKind::Phi(ways) => ways.as_slice(),
            _ => &[],
        };
        ways.iter().chain([&value]).any(|way| keys.contains(&flow.canon(frame, *way)))
    };
    let given_back =
        flow.returned(0, 0).into_iter().any(|(value, frame)| leads_there(frame, value));
    given_back
        || sees_to_it(flow)
        || flow.uids().filter(|uid| *uid > look && *uid != open).any(|uid| {
            if uid < open && !is_answered_with(flow, (uid, open)) {
                return false;
            }
            let key = match &flow.event(uid).kind {
                EventKind::Act(act) if act.kind == ActKind::OpenRead => Some(&act.key),
                EventKind::Read(read) if !read.by_handle => Some(&read.key),
                EventKind::Call(call) if uid > open && reads_by_name(call) => {
                    let frame = flow.frame_of(uid);
                    return call.args.first().is_some_and(|path| leads_there(frame, *path));
                }
                _ => None,
            };
            let frame = flow.frame_of(uid);
            key.is_some_and(|key| {
                flow.keys_of(frame, key).iter().any(|number| keys.contains(number))
                    || key.value.is_some_and(|value| leads_there(frame, value))
            })
        })
}

/// Whether a call is by its name one that reads the file it is given: `pd.read_csv(path)`, `zip.OpenReader(path)`.
fn reads_by_name(call: &Call) -> bool {
    let named = words(call.name.as_str());
    let first = named.iter().find(|word| !word.is_empty());
    first.is_some_and(|word| matches!(word.as_str(), "read" | "load" | "open" | "parse"))
}

/// Whether a function of Go opens what it locks: nobody reads that.
fn is_to_be_locked(flow: &Flow<'_, '_>, open: Uid) -> bool {
    flow.tree.file(flow.entry).lang == Lang::Go
        && flow.chain(open).into_iter().any(|frame| {
            let name = flow.tree.function(flow.frames[frame as usize].func).name.as_str();
            words(name).iter().any(|word| matches!(word.as_str(), "lock" | "flock"))
        })
}

/// Whether what the file holds is the answer where it is there, and what does not parse is heard of.
fn is_answered_with(flow: &Flow<'_, '_>, (read, open): (Uid, Uid)) -> bool {
    is_left_by(flow, &flow.items, (read, open))
        && reads_content(flow, read)
        && !hears_of_it(flow, read)
}

/// Whether an event reads what a file holds, and not what is said of it: its size, its age.
fn reads_content(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Read(read) = &flow.event(uid).kind else { return true };
    let frame = flow.frame_of(uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let is_it = |value: &ValueId| {
        *value == read.result || function.value(*value).kind == ValueKind::Part(read.result, 0)
    };
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    flow.events.iter().filter(|ev| ev.frame == frame).any(|ev| match &ev.event.kind {
        EventKind::Return(ret) => go && ret.values.iter().any(is_it),
        EventKind::Call(call) => {
            (go || call.name.as_str().contains("load")) && call.args.iter().any(is_it)
        }
        _ => false,
    })
}

/// Whether the function ends on the way on which it reads, and does not write there: what it found is its answer.
fn is_left_by(flow: &Flow<'_, '_>, items: &[Item<'_>], (read, open): (Uid, Uid)) -> bool {
    items.iter().any(|item| {
        let ways = flow.own_blocks(item);
        ways.iter().find(|way| holds(flow, way, read)).is_some_and(|way| {
            let ends = matches!(item, Item::Branch(_)) && leaves(flow, way);
            ends && !holds(flow, way, open) || is_left_by(flow, way, (read, open))
        })
    })
}

pub(super) fn holds(flow: &Flow<'_, '_>, items: &[Item<'_>], wanted: Uid) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) | Item::Unlock(uid, _) => *uid == wanted,
        Item::Call(inlined) => holds(flow, &inlined.body, wanted),
        Item::With(region) => [&region.enter, &region.body, &region.exit]
            .into_iter()
            .any(|block| holds(flow, block, wanted)),
        other => flow.own_blocks(other).into_iter().any(|way| holds(flow, way, wanted)),
    })
}

/// Whether a block ends with an answer.
pub(super) fn leaves(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    match items.last() {
        Some(Item::Event(uid) | Item::Unlock(uid, _)) => {
            matches!(flow.event(*uid).kind, EventKind::Return(_))
        }
        Some(item @ (Item::With(_) | Item::Within(_) | Item::Try(_))) => {
            flow.own_blocks(item).into_iter().any(|way| leaves(flow, way))
        }
        _ => false,
    }
}

/// Whether the function makes the file again where what it finds there does not parse.
fn hears_of_it(flow: &Flow<'_, '_>, read: Uid) -> bool {
    let frame = flow.frame_of(read);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    takes_torn_for_none(&function.body, flow.event(read).span.line)
}

/// Whether the function is by its name for having the file there, and answers nothing: whoever calls it opens the
/// file afterwards.
pub(super) fn sees_to_it(flow: &Flow<'_, '_>) -> bool {
    // A function of Go answers with an error, if anything went wrong, and begins with what it is for.
    let most = usize::from(flow.tree.file(flow.entry).lang == Lang::Go);
    let silent = !flow.events.iter().any(|ev| {
        ev.frame == 0 && matches!(&ev.event.kind, EventKind::Return(ret) if ret.values.len() > most)
    });
    let named = words(flow.tree.function(flow.entry).name.as_str());
    let counts = if most == 0 { named.len() } else { 1 };
    let mut named = named.iter().filter(|word| !word.is_empty()).take(counts);
    silent && named.any(|word| matches!(word.as_str(), "download" | "fetch" | "ensure"))
}
