//! A wait for a condition that is made true under another lock: the waker comes between the look and
//! the wait, nobody waits yet, and nobody wakes the waiter again.

use amorsize_facts::event::{EventKind, Lang, LockMode, StoreKind};
use amorsize_finding::{Consequence, Verdict};

use super::coin::holds;
use super::explore::{Draft, Other};
use super::pattern::{Grip, LockAt, locks_at};
use crate::explore::{
    Answer, Domain, Lost, Mode, Op, OpKind, Program, Scene, Test, Value, Verdict as Explored, When,
    interleave_within,
};
use crate::flow::{Flow, Item, Uid};
use crate::held::Locking;
use crate::link::FnId;
use crate::mutators::{Mutator, Mutators, Seat, home_of, ways};
use crate::slice::{Locks, Pair};

/// Judges every wait of the entry.
pub(crate) fn wakeups(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
) -> Option<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return None;
    }
    let all = flow.uids();
    let wait = all.clone().find(|uid| {
        flow.frame_of(*uid) == 0 && matches!(flow.event(*uid).kind, EventKind::Wait(_))
    })?;
    { all }
        .take_while(|uid| *uid < wait)
        .filter(|look| in_one_loop(&flow.items, *look, wait))
        .find_map(|look| lost(flow, (locking, mutators), look, wait))
}

/// A look at a variable that somebody changes without the lock that the waiter holds.
fn lost(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    look: Uid,
    wait: Uid,
) -> Option<Draft> {
    if !matches!(flow.event(look).kind, EventKind::Check(_) | EventKind::Read(_)) {
        return None;
    }
    let target =
        flow.target(look).filter(|target| target.kind == StoreKind::Cell && !target.confined)?;
    let at_look = locks_at(flow, locking, look);
    let own = || at_look.iter().filter(|held| held.taken.0 == 0);
    // Who waits holds the lock to wait with; where that is the read side of one, no other.
    let lock =
        own().find(|held| held.mode == LockMode::Exclusive).or_else(|| own().next())?.clone();
    let (home, base) = home_of(flow, &target)?;
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let seat = Seat { base: base.as_ref(), class };
    let bare = |mutator: &&Mutator<'_>| {
        !mutator.confined
            && mutator.function != flow.entry
            && !flow.tree.is_test(mutator.function)
            && !mutator.held.is_empty()
            && !takes_later(flow, mutator.function, &lock)
            && ways(flow.tree, locking, mutator, &seat)
                .iter()
                .any(|way| way.iter().all(|(path, ..)| *path != lock.path))
    };
    let waker = mutators.of_target(Some(&home)).iter().find(bare)?;
    let witness = witness(flow, &lock, look, wait)?;
    let file = flow.tree.file(waker.function);
    let label = flow.tree.function(waker.function).qualified.as_str().to_owned();
    let other = at_look.iter().rev().find(|held| held.path != lock.path);
    Some(Draft {
        rule: 106,
        verdict: Verdict::Open,
        consequence: Consequence::Deadlock,
        target,
        pair: Pair { check: look, act: wait, data: false },
        witness: Some(witness),
        other: Other::mutator(label, &file.path, waker.event.span.line, false),
        why_shared: "who waits is woken by another goroutine".to_owned(),
        assumption: None,
        grip: other.map_or(Grip::None, |other| Grip::Different(other.clone(), lock)),
        guard: None,
    })
}

/// Whether a waker takes the waiter's lock after all: it wakes under that lock then.
fn takes_later(flow: &Flow<'_, '_>, waker: FnId, lock: &LockAt) -> bool {
    let mut takes = false;
    flow.tree.function(waker).each_event(|event| {
        takes |= matches!(&event.kind, EventKind::Acquire(acquire)
            if acquire.lock.steps.last() == lock.path.steps.last());
    });
    takes
}

/// The waiter and the waker: what is looked at is cell 0, who waits stands in cell 1.
fn witness(
    flow: &Flow<'_, '_>,
    lock: &LockAt,
    look: Uid,
    wait: Uid,
) -> Option<crate::explore::Witness> {
    let mut locks = Locks::default();
    let lock = locks.id(&lock.path);
    let (into, lost) = (0, Lost::Ignore);
    let put = |cell, value| OpKind::Write { cell, value, when: When::Always, into: 1, lost };
    let waiter = [
        (OpKind::Acquire { lock, mode: Mode::Write }, look),
        (OpKind::Observe { cell: 0, into }, look),
        (OpKind::Branch { test: Test::Absent(into), yes: 3, no: 6 }, look),
        (put(1, Value::Own(wait)), wait),
        (OpKind::Release { lock }, wait),
        (OpKind::Return(Answer::Label(2)), wait),
        (OpKind::Release { lock }, wait),
        (OpKind::Return(Answer::Label(1)), wait),
    ];
    let waker = [
        (put(0, Value::Own(1)), u32::MAX),
        (OpKind::Delete { cell: 1, when: When::Present, into, lost }, u32::MAX),
    ];
    let program = |ops: &[(OpKind, u32)]| Program {
        label: String::new(),
        ops: ops.iter().map(|(kind, site)| Op { kind: *kind, site: *site }).collect(),
    };
    let scene = Scene {
        programs: vec![program(&waiter), program(&waker)],
        cells: vec![Domain::ABSENT, Domain::ABSENT],
        locks: locks.0.len(),
        silent: vec![false, true],
    };
    match interleave_within(&scene, &flow.purse) {
        Explored::Witness(found) => Some(*found),
        Explored::Serial | Explored::Bounded => None,
    }
}

/// Whether two events happen in one round of a loop, the innermost that holds the second.
fn in_one_loop(items: &[Item<'_>], look: Uid, wait: Uid) -> bool {
    let within = |items: &[Item<'_>], uid| items.iter().any(|item| holds(item, uid));
    items.iter().any(|item| match item {
        Item::Loop(round) => {
            let here = within(&round.head, look) || within(&round.body, look);
            within(&round.body, wait)
                && (in_one_loop(&round.body, look, wait) || here && !deeper(&round.body, wait))
        }
        Item::Branch(fork) => {
            in_one_loop(&fork.then, look, wait) || in_one_loop(&fork.other, look, wait)
        }
        Item::Try(attempt) => in_one_loop(&attempt.body, look, wait),
        Item::With(region) => in_one_loop(&region.body, look, wait),
        Item::Within(items) => in_one_loop(items, look, wait),
        Item::Event(_) | Item::Call(_) | Item::Unlock(..) => false,
    })
}

/// Whether a loop further in holds the event.
fn deeper(items: &[Item<'_>], uid: Uid) -> bool {
    items.iter().any(|item| matches!(item, Item::Loop(_)) && holds(item, uid))
}
