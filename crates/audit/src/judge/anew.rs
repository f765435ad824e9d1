//! Windows that only look like ones: the act is decided anew under its own lock, or what a
//! participant did came wholly before or after what the other one did.
//!
//! The exploration knows one entry and decides what it does not understand by choice; a way through
//! a re-check that the code cannot take looks like a window then. What is asked again by the same
//! question within the act's own critical section is no window of the first look.

use amorsize_facts::event::{
    ActKind, Atomicity, CheckKind, EventKind, Lang, Op, Outcome, StoreKind, ValueId, ValueKind,
};
use amorsize_finding::Consequence;

use super::explore::Other;
use super::pattern::{Grip, grip, locks_at};
use super::reported::says_yes_or_no;
use crate::explore::{Step, Witness};
use crate::flow::{Flow, Item, Uid};
use crate::held::Locking;
use crate::slice::{Pair, Slice, Target, Touch, names_a_conflict, touches};

/// Whether two participants took turns at all: what one did before the other began is no race.
pub(super) fn alternates(witness: &Witness) -> bool {
    let mut turns = 0;
    let mut last = None;
    for step in &witness.steps {
        if last != Some(step.thread) {
            turns += 1;
            last = Some(step.thread);
        }
    }
    turns > 2
}

/// Whether anybody else did anything between the look and the act of one who did both.
pub(super) fn is_split(witness: &Witness, threads: &[u8], pair: Pair) -> bool {
    threads.iter().any(|thread| {
        let own = |step: &&Step, site: Uid| step.thread == *thread && step.site == site;
        let after = witness.steps.iter().skip_while(|step| !own(step, pair.check));
        let between = |last: &Step| {
            after
                .clone()
                .take_while(|step| !std::ptr::eq(*step, last))
                .any(|step| step.thread != *thread)
        };
        witness.steps.iter().rfind(|step| own(step, pair.act)).is_some_and(between)
    })
}

/// Whether all that was done is that a participant took away what it had put there itself: a claim
/// given back, of which others only saw that it was there.
pub(super) fn gives_back(witness: &Witness) -> bool {
    let changed = |thread: u8| {
        witness.steps.iter().filter(move |step| {
            step.thread == thread
                && ["stores", "removes", "publishes"].iter().any(|w| step.result.starts_with(w))
        })
    };
    let mut own = changed(0);
    changed(1).next().is_none()
        && own.next().is_some_and(|step| step.result.starts_with("stores"))
        && own.next_back().is_some_and(|step| step.result.starts_with("removes"))
}

/// Whether the act of a pair is decided again, by the question of the first look, while the lock is
/// held that the act is done under.
pub(super) fn decided_anew(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (slice, pair): (&Slice, Pair),
    other: &Other,
) -> bool {
    if matches!(other, Other::Mutator { bare: true, .. } | Other::Outside(_)) {
        return false;
    }
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    // Whoever goes through a list asks each time whether the entry is there.
    let listed = go && matches!(flow.event(pair.check).kind, EventKind::Enumerate(_));
    let asked = if listed { Some(CheckKind::Presence) } else { question(flow, pair.check) };
    // What is changed by what it was just now is not decided by it.
    let decides = |look: Uid| {
        let mut from = slice.pairs.iter().filter(|p| p.check == look).peekable();
        from.peek().is_some() && from.all(|p| !p.data && p.act == pair.act)
    };
    // A helper that looks where to put something stores either way; one that looks whether there is something to
    // remove does not remove what is not there.
    let here = flow.common(pair.check, pair.act);
    let removes =
        |look: Uid| go && is_delete(flow, pair.act) && asks_only_whether(flow, pair, look);
    (pair.check..pair.act).any(|look| {
        let at = flow.frame_of(look);
        let leaves = leaves_between(flow, target, (look, pair.act));
        if go && at != here && leaves && says_so_anyway(flow, (look, pair.act)) {
            return false;
        }
        (at == here || go && leaves || removes(look))
            && question(flow, look).is_some_and(|what| Some(what) == asked)
            && touches(flow, target, look) == Some(Touch::Entry)
            && (leaves || decides(look))
            && under_one_lock(flow, locking, target, (look, pair.act))
    })
}

/// Whether the entry tells its caller by a yes that it was the one, whatever its helper found when it looked again:
/// nothing of the helper's answer is asked for but an error, and the helper has none to tell.
fn says_so_anyway(flow: &Flow<'_, '_>, (look, act): (Uid, Uid)) -> bool {
    if !says_yes_or_no(flow) {
        return false;
    }
    let entry = flow.tree.function(flow.entry);
    let Some(call) = flow.place(act, 0) else { return false };
    let EventKind::Call(call) = &flow.event(call).kind else { return false };
    // What a helper answers in vain stands for nothing, and of several answers each for itself.
    let of_call = |id: &ValueId| {
        *id == call.result
            || matches!(entry.value(*id).kind, ValueKind::Part(of, _) if of == call.result)
    };
    let error = |id: &ValueId| matches!(entry.value(*id).kind, ValueKind::Part(of, 1..) if of == call.result);
    let asked = entry.values.iter().any(|value| {
        let plain = matches!(&value.kind, ValueKind::Op(Op::Eq | Op::Ne, sides)
            if sides.iter().any(error) && sides.iter().any(|id| entry.is_nil(*id)));
        let part = matches!(value.kind, ValueKind::Part(of, _) if of == call.result);
        !plain && !part && value.kind.inputs().any(|id| of_call(&id))
    });
    let handed_on = flow.events.iter().any(|ev| {
        ev.frame == 0
            && matches!(&ev.event.kind, EventKind::Return(ret) if ret.values.first().is_some_and(of_call))
    });
    let helper = flow.tree.function(flow.frames[flow.frame_of(look) as usize].func);
    // Who finds it there leaves first, and says so by an error or not at all.
    let mut ways = (look + 1..act).filter(|uid| flow.frame_of(*uid) == flow.frame_of(look));
    let silent = ways.find_map(|uid| match &flow.event(uid).kind {
        EventKind::Return(ret) => Some(match ret.values.as_slice() {
            [] | [_] => true,
            [.., last] => helper.is_nil(*last),
        }),
        EventKind::Raise(_) => Some(false),
        _ => None,
    });
    !asked && !handed_on && silent == Some(true)
}

/// Whether nothing is asked of what was read but whether it is there, before it is looked for again: nobody was asked
/// about it who might have said something else of another one.
fn asks_only_whether(flow: &Flow<'_, '_>, pair: Pair, again: Uid) -> bool {
    let (frame, event) = (flow.frame_of(pair.check), flow.event(pair.check).id);
    let leads: Vec<Uid> =
        flow.chain(pair.act).into_iter().filter_map(|frame| flow.place(pair.act, frame)).collect();
    let asked = flow.uids().filter(|uid| flow.frame_of(*uid) == frame).any(|uid| {
        matches!(&flow.event(uid).kind, EventKind::Check(check)
            if check.of == Some(event) && check.what != CheckKind::Presence)
    });
    let others = (pair.check + 1..again)
        .any(|uid| matches!(flow.event(uid).kind, EventKind::Call(_)) && !leads.contains(&uid));
    !asked && !others && asks_for_presence(flow, pair.check)
}

/// Whether a look tells whether there is an entry, and not only what it holds: `_, ok := m[k]`, `m[k] != nil`.
fn asks_for_presence(flow: &Flow<'_, '_>, look: Uid) -> bool {
    let EventKind::Read(read) = &flow.event(look).kind else { return true };
    let function = flow.tree.function(flow.frames[flow.frame_of(look) as usize].func);
    function.values.iter().any(|value| match &value.kind {
        ValueKind::Part(of, 1) => *of == read.result,
        ValueKind::Op(Op::Eq | Op::Ne | Op::Is | Op::IsNot, sides) => {
            sides.contains(&read.result) && sides.iter().any(|id| function.is_nil(*id))
        }
        _ => false,
    })
}

fn is_delete(flow: &Flow<'_, '_>, act: Uid) -> bool {
    matches!(&flow.event(act).kind, EventKind::Act(act) if act.kind == ActKind::Delete)
}

/// Whether what an act writes is made from a later look as well, under the lock that the act holds.
pub(super) fn merged_anew(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (slice, pair): (&Slice, Pair),
    consequence: Consequence,
) -> bool {
    let later = |p: &&Pair| p.data && p.act == pair.act && p.check > pair.check;
    // What comes back by an act is what that act has looked up.
    (pair.data || consequence == Consequence::StaleAnswer)
        && slice
            .pairs
            .iter()
            .filter(later)
            .any(|p| under_one_lock(flow, locking, target, (p.check, p.act)))
}

/// Whether the code between a look and an act may return without having changed anything: the look
/// then decides, whatever else does.
fn leaves_between(flow: &Flow<'_, '_>, target: &Target, (look, act): (Uid, Uid)) -> bool {
    let frame = flow.frame_of(look);
    let untouched = (look + 1..act).take_while(|uid| {
        !matches!(flow.event(*uid).kind, EventKind::Act(_)) || touches(flow, target, *uid).is_none()
    });
    flow.chain(act).contains(&frame)
        && untouched
            .filter(|uid| flow.frame_of(*uid) == frame)
            .any(|uid| matches!(flow.event(uid).kind, EventKind::Return(_)))
}

/// Whether one acquisition of a lock that reaches far enough covers a look and an act.
pub(super) fn under_one_lock(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (look, act): (Uid, Uid),
) -> bool {
    let grip = grip(&locks_at(flow, locking, look), &locks_at(flow, locking, act));
    matches!(grip, Grip::Whole(lock) if lock.scope >= target.scope)
}

fn question(flow: &Flow<'_, '_>, uid: Uid) -> Option<CheckKind> {
    match &flow.event(uid).kind {
        EventKind::Check(check) => Some(check.what),
        EventKind::Read(_) => Some(CheckKind::Presence),
        _ => None,
    }
}

/// Whether both ends of a pair change the entry by so much, in one step each: taken back is not lost.
pub(super) fn counts_back(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    [pair.check, pair.act].into_iter().all(|uid| {
        matches!(&flow.event(uid).kind, EventKind::Act(act)
            if act.atomicity == Atomicity::Relative)
    })
}

/// Whether an act removes only what is still as it was seen.
pub(super) fn spares_the_fresh(flow: &Flow<'_, '_>, act: Uid) -> bool {
    matches!(&flow.event(act).kind, EventKind::Act(act)
        if act.kind == ActKind::Delete
            && act.expects.is_some()
            && act.atomicity == Atomicity::Conditional)
}

/// Whether the entry is watched on a server before the act: what has changed meanwhile fails the commit.
pub(super) fn watched(flow: &Flow<'_, '_>, target: &Target, act: Uid) -> bool {
    target.kind == StoreKind::Remote
        && (0..act).any(|uid| {
            matches!(&flow.event(uid).kind, EventKind::Read(read) if read.locks)
                && touches(flow, target, uid) == Some(Touch::Entry)
        })
}

/// Whether a pair is made of two calls of one helper: what lies between them is the helper's own
/// business, and is told of there.
pub(super) fn of_one_helper(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let memory = match target.kind {
        StoreKind::Sql | StoreKind::Orm | StoreKind::Remote | StoreKind::Api => false,
        StoreKind::File => flow.tree.file(flow.entry).lang == Lang::Go,
        _ => true,
    };
    let (check, act) = (flow.frame_of(pair.check), flow.frame_of(pair.act));
    let function = |frame: u32| flow.frames[frame as usize].func;
    memory && check != act && check != 0 && act != 0 && function(check) == function(act)
}

/// Whether a new object's conflict is dealt with where it comes up: an ORM sends the INSERT when the
/// session is flushed, and a handler waits for it there.
pub(super) fn settled_at_flush(flow: &Flow<'_, '_>, added: Uid) -> bool {
    let creates = matches!(&flow.event(added).kind, EventKind::Act(act)
        if act.kind == ActKind::Create && act.failure != Outcome::Silent);
    creates && settles(flow, &flow.items, added)
}

fn settles(flow: &Flow<'_, '_>, items: &[Item<'_>], added: Uid) -> bool {
    items.iter().any(|item| {
        let here = match item {
            Item::Try(attempt) => {
                let expects =
                    attempt.handlers.iter().flat_map(|handler| handler.types).any(|name| {
                        let last = name.as_str().rsplit('.').next().unwrap_or_default();
                        names_a_conflict(last)
                            || matches!(last, "DatabaseError" | "SQLAlchemyError")
                    });
                expects && attempt.body.iter().any(|item| flushes(flow, item, added))
            }
            _ => false,
        };
        here || flow.own_blocks(item).into_iter().any(|block| settles(flow, block, added))
    })
}

fn flushes(flow: &Flow<'_, '_>, item: &Item<'_>, added: Uid) -> bool {
    match item {
        Item::Event(uid) => {
            *uid > added
                && match &flow.event(*uid).kind {
                    EventKind::Call(call) => call.name == "flush",
                    EventKind::TxEnd(end) => end.commit,
                    _ => false,
                }
        }
        _ => flow.own_blocks(item).into_iter().flatten().any(|item| flushes(flow, item, added)),
    }
}
