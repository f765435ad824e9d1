//! Which rule a pair of check and act falls under.

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, LockMode, Op, SqlVerb, StoreKind, ValueKind,
};

use crate::flow::{AbsPath, Flow, FrameId, Trail, Uid};
use crate::held::Locking;
use crate::slice::{Pair, Target};

/// A lock held at an event, in the words of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockAt {
    pub path: AbsPath,
    pub mode: LockMode,
    pub scope: amorsize_facts::event::Scope,
    pub line: u32,
    /// Which acquisition: equal for one continuous holding.
    pub taken: (FrameId, u32),
}

/// The locks held at an event, through all frames and by the callers of the entry.
pub(crate) fn locks_at(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, uid: Uid) -> Vec<LockAt> {
    let mut found = Vec::new();
    for held in locking.around(flow.entry) {
        let path = flow.path(0, &held.lock);
        let taken = (FrameId::MAX, held.taken);
        found.push(LockAt { path, mode: held.mode, scope: held.scope, line: held.line, taken });
    }
    for frame in flow.chain(uid) {
        let Some(here) = flow.place(uid, frame) else { continue };
        if matches!(flow.event(here).kind, EventKind::Spawn(_)) {
            // What is started does not hold the locks of who started it.
            found.clear();
            continue;
        }
        let function = flow.frames[frame as usize].func;
        let within = locking.within(function);
        for held in within.get(&flow.event(here).id).into_iter().flatten() {
            let path = flow.path(frame, &held.lock);
            let taken = (frame, held.taken);
            found.push(LockAt { path, mode: held.mode, scope: held.scope, line: held.line, taken });
        }
    }
    let again: Vec<bool> =
        found.iter().map(|lock| taken_again(flow, locking, (lock, &found), uid)).collect();
    let mut again = again.into_iter();
    found.retain(|_| !again.next().unwrap_or_default());
    found
}

/// Whether a lock that the callers hold has been given back before an event where it is held once more:
/// others came in between.
fn taken_again(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    (lock, held): (&LockAt, &[LockAt]),
    uid: Uid,
) -> bool {
    let outer = lock.taken.0 == FrameId::MAX;
    let own = |other: &LockAt| other.taken.0 != FrameId::MAX && other.path == lock.path;
    outer
        && held.iter().any(own)
        && (0..uid).any(|before| {
            let event = flow.event(before);
            let EventKind::Release(release) = &event.kind else { return false };
            let frame = flow.frame_of(before);
            let within = locking.within(flow.frames[frame as usize].func);
            let mut own = within.get(&event.id).into_iter().flatten();
            flow.path(frame, &release.lock) == lock.path
                && !own.any(|held| flow.path(frame, &held.lock) == lock.path)
        })
}

/// How the locks at the check and at the act relate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grip {
    /// None at one of them.
    None,
    /// One continuous holding.
    Whole(LockAt),
    /// The same lock, taken twice.
    Gap(LockAt),
    /// Shared at the check, exclusive at the act.
    Upgrade(LockAt),
    /// Different locks.
    Different(LockAt, LockAt),
}

pub(crate) fn grip(at_check: &[LockAt], at_act: &[LockAt]) -> Grip {
    for check in at_check {
        if let Some(act) = at_act.iter().find(|act| act.path == check.path) {
            if act.taken == check.taken {
                if act.mode == LockMode::Exclusive {
                    return Grip::Whole(act.clone());
                }
                continue;
            }
            return if check.mode == LockMode::Shared && act.mode == LockMode::Exclusive {
                Grip::Upgrade(check.clone())
            } else {
                Grip::Gap(check.clone())
            };
        }
    }
    match (at_check.first(), at_act.first()) {
        (Some(check), Some(act)) if check.path != act.path => {
            Grip::Different(check.clone(), act.clone())
        }
        _ => Grip::None,
    }
}

/// The number of the rule.
#[expect(clippy::cognitive_complexity, reason = "a table from pattern to rule")]
pub(crate) fn rule(
    flow: &Flow<'_, '_>,
    target: &Target,
    pair: Pair,
    grip: &Grip,
    reason: bool,
) -> u16 {
    let check = &flow.event(pair.check).kind;
    let act = &flow.event(pair.act).kind;
    let deletes = matches!(act, EventKind::Act(act)
        if matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear));
    let aged = matches!(check, EventKind::Check(check) if check.what == CheckKind::Expiry)
        || judged_by_age(flow, pair.check);
    let lists = matches!(check, EventKind::Enumerate(_));
    if target.size {
        return 170;
    }
    if let EventKind::Act(act) = act
        && act.expects.is_some()
    {
        return 163;
    }
    if let Grip::Whole(lock) | Grip::Gap(lock) = grip
        && dropped_between(flow, pair, lock)
    {
        return 110;
    }
    let vanished = matches!(act, EventKind::Act(act) if act.kind == ActKind::OpenRead);
    if vanished && matches!(check, EventKind::Check(_) | EventKind::Read(_)) && reason {
        return 303;
    }
    match target.kind {
        StoreKind::File if pair.data && !deletes => 103,
        StoreKind::File => file(flow, check, act, deletes, aged, pair),
        StoreKind::Sql if deletes && aged => 131,
        StoreKind::Sql if lists => 120,
        StoreKind::Sql => 150,
        StoreKind::Orm if pair.data => 152,
        StoreKind::Orm => 151,
        StoreKind::Remote | StoreKind::Api if deletes && aged => 131,
        StoreKind::Remote | StoreKind::Api if deletes && is_lock_text(flow, pair) => 161,
        StoreKind::Synchronised if pair.data && !computes(flow, pair.act) => 102,
        _ if pair.data => 103,
        StoreKind::Remote | StoreKind::Api if lists => 120,
        StoreKind::Remote | StoreKind::Api => 160,
        _ if deletes && aged => 131,
        _ => match grip {
            Grip::Upgrade(_) => 105,
            Grip::Gap(_) => 104,
            Grip::Different(..) => 106,
            Grip::None | Grip::Whole(_) if awaits_between(flow, pair) => 109,
            Grip::None | Grip::Whole(_) if lists => 120,
            Grip::None | Grip::Whole(_) if target.kind == StoreKind::Cell => 107,
            Grip::None | Grip::Whole(_) if target.kind == StoreKind::Synchronised => 102,
            Grip::None | Grip::Whole(_) => 101,
        },
    }
}

/// Whether what an act writes is computed, and not merely handed on or made anew.
fn computes(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(kind) = &flow.event(act).kind else { return true };
    let Some(value) = kind.value else { return true };
    let frame = flow.frame_of(act);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let mut trail = Trail::from([value], 24);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Phi(ways) => trail.follow(ways),
            ValueKind::Op(Op::Convert, inputs) => trail.follow(inputs.first()),
            ValueKind::Part(of, _) | ValueKind::Field(of, _) => trail.follow([*of]),
            ValueKind::New(..) | ValueKind::Load(_) | ValueKind::Literal(_) => {}
            // What a read gave, as it stands.
            ValueKind::Result(event, _) => {
                let read = flow
                    .uid(frame, *event)
                    .is_some_and(|uid| matches!(flow.event(uid).kind, EventKind::Read(_)));
                if !read {
                    return true;
                }
            }
            _ => return true,
        }
    }
    trail.is_cut()
}

/// Whether a helper gives a lock back between check and act that it did not take.
fn dropped_between(flow: &Flow<'_, '_>, pair: Pair, lock: &LockAt) -> bool {
    (pair.check..pair.act).any(|uid| {
        let frame = flow.frame_of(uid);
        let EventKind::Release(release) = &flow.event(uid).kind else { return false };
        let deeper =
            flow.frames[frame as usize].depth > flow.frames[flow.frame_of(pair.act) as usize].depth;
        let taken_there = || {
            (0..uid).any(|other| {
                flow.frame_of(other) == frame
                    && matches!(&flow.event(other).kind, EventKind::Acquire(acquire)
                        if acquire.lock == release.lock)
            })
        };
        deeper && flow.path(frame, &release.lock) == lock.path && !taken_there()
    })
}

fn file(
    flow: &Flow<'_, '_>,
    check: &EventKind,
    act: &EventKind,
    deletes: bool,
    aged: bool,
    pair: Pair,
) -> u16 {
    let opened = matches!(check, EventKind::Read(_))
        || matches!(check, EventKind::Act(act) if act.kind == ActKind::OpenRead);
    if deletes && (aged || opened) {
        return 131;
    }
    let elsewhere = flow.frame_of(pair.check) != 0
        && flow.frame_of(pair.act) != 0
        && flow.frame_of(pair.check) != flow.frame_of(pair.act);
    if elsewhere && matches!(act, EventKind::Act(act) if act.kind != ActKind::OpenRead) {
        return 101;
    }
    if matches!(check, EventKind::Enumerate(_)) {
        return 120;
    }
    if is_lock_text(flow, pair) && !deletes { 144 } else { 140 }
}

/// Whether what was read is judged by its age somewhere in the flow.
fn judged_by_age(flow: &Flow<'_, '_>, read: Uid) -> bool {
    let frame = flow.frame_of(read);
    let id = flow.event(read).id;
    flow.events.iter().any(|ev| {
        ev.frame == frame
            && matches!(&ev.event.kind, EventKind::Check(check)
                if check.what == CheckKind::Expiry && check.of == Some(id))
    })
}

fn awaits_between(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let entry = flow.tree.function(flow.entry);
    entry.is_async
        && (pair.check..pair.act).any(|uid| matches!(flow.event(uid).kind, EventKind::Await(_)))
}

/// Whether the names around say that the entry is a lock.
pub(super) fn is_lock_text(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let frame = flow.frame_of(pair.act);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let qualified = function.qualified.as_str().to_ascii_lowercase();
    let key = flow.event(pair.act).kind.target().and_then(|(_, key)| key);
    let text = key.and_then(|key| key.text.as_ref()).map(|text| format!("{text:?}"));
    let text = text.unwrap_or_default().to_ascii_lowercase();
    let statement = matches!(&flow.event(pair.act).kind, EventKind::Act(act)
        if act.sql.as_ref().is_some_and(|sql| sql.verb == SqlVerb::Delete));
    !statement && (text.contains("lock") || qualified.contains("lock")) && !text.contains("block")
}
