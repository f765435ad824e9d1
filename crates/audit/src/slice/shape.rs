//! What can be told from the shape of a block: where it begins, and whether its end is reached.

use amorsize_facts::event::{EventKind, Lang, LockKind, LoopKind};

use super::maintenance::{collects, is_maintenance};
use super::target::{Target, touches};
use crate::flow::{Flow, FrameId, Item, Question, Region, Round, Uid};

/// Whether a frame is a clean-up, by what it does or by its name: what it takes is expired, or too
/// much.
pub(crate) fn cleans_up(flow: &Flow<'_, '_>, frame: FrameId) -> bool {
    collects(flow, frame)
        || is_maintenance(flow.tree.function(flow.frames[frame as usize].func).name)
}

/// The first event of a block: what a loop without a call of its own is known by.
pub(crate) fn first_event(items: &[Item<'_>]) -> Option<Uid> {
    items.iter().find_map(|item| match item {
        Item::Event(uid) | Item::Unlock(uid, _) => Some(*uid),
        Item::Branch(fork) => first_event(&fork.then).or_else(|| first_event(&fork.other)),
        Item::Loop(round) => first_event(&round.head).or_else(|| first_event(&round.body)),
        Item::Try(attempt) => first_event(&attempt.body),
        Item::With(region) => first_event(&region.enter).or_else(|| first_event(&region.body)),
        Item::Call(inlined) => Some(inlined.call),
        Item::Within(items) => first_event(items),
    })
}

/// Whether no way through a block reaches its end.
pub(crate) fn leaves(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) => matches!(
            flow.event(*uid).kind,
            EventKind::Return(_) | EventKind::Raise(_) | EventKind::Break | EventKind::Continue
        ),
        Item::Branch(fork) => leaves(flow, &fork.then) && leaves(flow, &fork.other),
        Item::With(region) => leaves(flow, &region.body),
        Item::Try(attempt) => {
            (leaves(flow, &attempt.body) || leaves(flow, &attempt.otherwise))
                && attempt.handlers.iter().all(|handler| leaves(flow, &handler.body))
        }
        Item::Loop(round) => round.kind == LoopKind::Forever && !jumps(flow, &round.body, false),
        Item::Call(inlined) => ends_within(flow, &inlined.body),
        Item::Within(items) => leaves(flow, items),
        Item::Unlock(..) => false,
    })
}

/// Whether the region that a context manager runs leaves.
pub(super) fn ends_within(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Within(items) => leaves(flow, items),
        Item::With(region) => ends_within(flow, &region.body),
        Item::Try(attempt) => ends_within(flow, &attempt.body),
        _ => false,
    })
}

/// Whether a block breaks out of (`on` false) or goes on with (`on` true) the loop it stands in.
pub(super) fn jumps(flow: &Flow<'_, '_>, items: &[Item<'_>], on: bool) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) => match flow.event(*uid).kind {
            EventKind::Break => !on,
            EventKind::Continue => on,
            _ => false,
        },
        Item::Branch(fork) => jumps(flow, &fork.then, on) || jumps(flow, &fork.other, on),
        Item::With(region) => jumps(flow, &region.body, on),
        Item::Try(attempt) => {
            jumps(flow, &attempt.body, on)
                || jumps(flow, &attempt.otherwise, on)
                || attempt.handlers.iter().any(|handler| jumps(flow, &handler.body, on))
        }
        Item::Within(items) => jumps(flow, items, on),
        Item::Loop(_) | Item::Call(_) | Item::Unlock(..) => false,
    })
}

/// Whether a region of Go is the body of a `once`: it ran before any of those who meet came by.
pub(super) fn runs_once(flow: &Flow<'_, '_>, region: &Region<'_>) -> bool {
    flow.tree.file(flow.entry).lang == Lang::Go
        && region.enter.iter().any(|item| {
            matches!(item, Item::Event(uid)
                if matches!(&flow.event(*uid).kind, EventKind::Acquire(acquire)
                    if acquire.kind == LockKind::Once))
        })
}

/// Whether a round looks at the store anew: rows that a query gave before the loop are gone through once.
pub(super) fn looks_again(flow: &Flow<'_, '_>, target: &Target, round: &Round<'_>) -> bool {
    let asked = match &round.cond {
        Some(Question::All(clauses) | Question::Any(clauses)) => {
            clauses.iter().any(|(before, _)| looks_anew(flow, target, before))
        }
        _ => false,
    };
    asked || looks_anew(flow, target, &round.head) || looks_anew(flow, target, &round.body)
}

fn looks_anew(flow: &Flow<'_, '_>, target: &Target, items: &[Item<'_>]) -> bool {
    let within = |items: &[Item<'_>]| looks_anew(flow, target, items);
    items.iter().any(|item| match item {
        Item::Event(uid) => {
            !matches!(&flow.event(*uid).kind, EventKind::Check(check) if check.of.is_some())
                && touches(flow, target, *uid).is_some()
        }
        Item::Unlock(..) => false,
        Item::Branch(fork) => within(&fork.then) || within(&fork.other),
        Item::Loop(round) => looks_again(flow, target, round) || within(&round.otherwise),
        Item::Try(attempt) => {
            within(&attempt.body)
                || within(&attempt.otherwise)
                || within(&attempt.finally)
                || attempt.handlers.iter().any(|handler| within(&handler.body))
        }
        Item::With(region) => within(&region.enter) || within(&region.body) || within(&region.exit),
        Item::Call(inlined) => within(&inlined.body),
        Item::Within(items) => within(items),
    })
}
