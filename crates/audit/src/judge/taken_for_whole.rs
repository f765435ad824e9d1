//! Files that are taken for whole because they are there: `if not exists(path): write(path)` in place, and the path
//! goes to whoever asked. Who comes while it is written finds it, and works with half of it.

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, Key, Lang, Scope as Reach, StoreKind, ValueId, ValueKind,
};

use super::explore::{Draft, Other};
use super::kept::kept_for_others;
use super::pattern::locks_at;
use super::publish::{draft, looks_once};
use super::sense::{own_or_tool, words};
use super::variants::{Cut, callers_hold, seek_through};
use crate::explore::{Domain, Scene, seek_within};
use crate::flow::{Flow, FrameId, Uid};
use crate::held::Locking;
use crate::slice::{Day, Pair, Publishing, Target};

/// A writer in place, and another run of the same function that finds the file there.
pub(super) fn taken_for_whole(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    open: Uid,
) -> Option<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Python {
        return None;
    }
    let EventKind::Act(act) = &flow.event(open).kind else { return None };
    let keys = flow.keys_of(flow.frame_of(open), &act.key);
    let same = |uid: Uid, key: &Key| {
        flow.keys_of(flow.frame_of(uid), key).iter().any(|number| keys.contains(number))
    };
    let look = (0..open).find(|uid| {
        matches!(&flow.event(*uid).kind, EventKind::Check(check)
            if check.what == CheckKind::Presence
                && flow.store_of(*uid).is_some_and(|store| store.kind == StoreKind::File)
                && same(*uid, &check.key))
            && !shares_a_lock(flow, locking, (*uid, open))
    })?;
    let pair = Pair { check: look, act: open, data: false };
    let own = own_or_tool(flow, target, pair);
    if own || !goes_on_with_it(flow, open, &keys) || !kept_for_others(flow, pair, false) {
        return None;
    }
    let held = callers_hold(flow, locking, target);
    if !held.is_empty() {
        return None;
    }
    let publishing = Some(Publishing { write: open, rename: None });
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
    let line = flow.place_in_entry(look).map_or(0, |at| flow.event(at).span.line);
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
fn goes_on_with_it(flow: &Flow<'_, '_>, open: Uid, keys: &[u64]) -> bool {
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
        || flow.uids().filter(|uid| *uid > open).any(|uid| {
            let key = match &flow.event(uid).kind {
                EventKind::Act(act) if act.kind == ActKind::OpenRead => Some(&act.key),
                EventKind::Read(read) if !read.by_handle => Some(&read.key),
                _ => None,
            };
            let frame = flow.frame_of(uid);
            key.is_some_and(|key| {
                flow.keys_of(frame, key).iter().any(|number| keys.contains(number))
                    || key.value.is_some_and(|value| leads_there(frame, value))
            })
        })
}

/// Whether the function is by its name for having the file there, and answers nothing: whoever calls it opens the
/// file afterwards.
fn sees_to_it(flow: &Flow<'_, '_>) -> bool {
    let silent = !flow.events.iter().any(|ev| {
        ev.frame == 0 && matches!(&ev.event.kind, EventKind::Return(ret) if !ret.values.is_empty())
    });
    let named = words(flow.tree.function(flow.entry).name.as_str());
    silent && named.iter().any(|word| matches!(word.as_str(), "download" | "fetch" | "ensure"))
}
