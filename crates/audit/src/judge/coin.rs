//! The coin family: does the same call on the same state answer differently because maintenance
//! ran, or because a coin fell on its other side?

use amorsize_facts::event::{ActKind, CheckKind, EventKind, ValueId, ValueKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::pattern::Grip;
use crate::explore::{Coin, End, Outcome, Step, Witness, flip};
use crate::flow::{Flow, FrameId, Item, Question, Uid};
use crate::held::Locking;
use crate::shared::{Guarded, Sharing, sharing};
use crate::slice::{
    Day, Locks, Pair, Target, Touch, apart, collects, compile_on, first_event, is_maintenance,
    leaves, removes_each, touches,
};

/// The one state that clean-up changes.
const EXPIRED: crate::explore::Domain =
    crate::explore::Domain { absent: false, live: false, expired: true };

/// Calls within calls in which a clean-up is looked for.
const CALLS_MAX: u8 = 3;

/// Judges every entry of which the flow asks after something may have cleaned up.
pub(crate) fn coins(flow: &Flow<'_, '_>, _locking: &Locking<'_, '_>) -> Vec<Draft> {
    let mut maintenance = Vec::new();
    find(flow, &flow.items, &mut maintenance);
    if maintenance.is_empty() {
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for target in asked(flow) {
        if matches!(sharing(flow, &target, Guarded { here: true, beside: false }), Sharing::No)
            && target.confined
        {
            continue;
        }
        for call in &maintenance {
            let found = one(flow, &target, *call);
            if found.is_empty() {
                continue;
            }
            if !drafts.iter().any(|known| known.target.place == target.place) {
                drafts.extend(found);
            }
            break;
        }
    }
    drafts
}

/// Calls, loops and events that clean up, by what they do or by name.
fn find(flow: &Flow<'_, '_>, items: &[Item<'_>], found: &mut Vec<Uid>) {
    for item in items {
        match item {
            Item::Event(uid) | Item::Unlock(uid, _) => {
                if matches!(flow.event(*uid).kind, EventKind::Prune(_)) {
                    found.push(*uid);
                }
            }
            Item::Call(inlined) => {
                let frame = &flow.frames[inlined.frame as usize];
                let name = flow.tree.function(frame.func).name;
                if frame.depth <= CALLS_MAX {
                    if is_maintenance(name) || collects(flow, inlined.frame) {
                        found.push(inlined.call);
                    }
                    find(flow, &inlined.body, found);
                }
            }
            Item::Branch(fork) => {
                find(flow, &fork.then, found);
                find(flow, &fork.other, found);
            }
            Item::Try(attempt) => {
                find(flow, &attempt.body, found);
                find(flow, &attempt.finally, found);
            }
            Item::With(region) => find(flow, &region.body, found),
            Item::Within(items) => find(flow, items, found),
            Item::Loop(round) => {
                // A helper's loop is known by its call.
                let first = first_event(&round.body);
                found.extend(first.filter(|uid| {
                    flow.frame_of(*uid) == 0
                        && collects(flow, 0)
                        && removes_listed(flow, &round.body)
                }));
            }
        }
    }
}

/// Whether a loop's own steps delete what was listed.
fn removes_listed(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) | Item::Unlock(uid, _) => removes_each(flow, *uid),
        Item::Branch(fork) => removes_listed(flow, &fork.then) || removes_listed(flow, &fork.other),
        Item::Try(attempt) => removes_listed(flow, &attempt.body),
        Item::With(region) => removes_listed(flow, &region.body),
        Item::Within(items) => removes_listed(flow, items),
        Item::Loop(round) => removes_listed(flow, &round.body),
        Item::Call(_) => false,
    })
}

/// Whether a question of the kind `asks` decides that `uid` is reached: a branch around it asks
/// one, or one before it leaves on one.
fn decided(
    flow: &Flow<'_, '_>,
    items: &[Item<'_>],
    uid: Uid,
    asks: &dyn Fn(&Question<'_>) -> bool,
) -> bool {
    let mut left = false;
    for item in items {
        if holds(item, uid) {
            let deeper = |items: &[Item<'_>]| decided(flow, items, uid, asks);
            return left
                || match item {
                    Item::Event(_) | Item::Unlock(_, _) => false,
                    Item::Branch(fork) => {
                        asks(&fork.cond) || deeper(&fork.then) || deeper(&fork.other)
                    }
                    Item::Loop(round) => {
                        round.cond.as_ref().is_some_and(asks)
                            || deeper(&round.head)
                            || deeper(&round.body)
                    }
                    Item::Try(attempt) => {
                        deeper(&attempt.body)
                            || deeper(&attempt.otherwise)
                            || deeper(&attempt.finally)
                    }
                    Item::With(region) => deeper(&region.body),
                    Item::Within(items) => deeper(items),
                    Item::Call(inlined) => deeper(&inlined.body),
                };
        }
        if let Item::Branch(fork) = item {
            left |= (leaves(flow, &fork.then) || leaves(flow, &fork.other)) && asks(&fork.cond);
        }
    }
    false
}

/// Whether a coin decides that `uid` is reached.
fn by_chance(flow: &Flow<'_, '_>, items: &[Item<'_>], uid: Uid) -> bool {
    decided(flow, items, uid, &|question| asks_coin(flow, question))
}

/// Whether the fill of the store decides that `uid` is reached.
fn by_size(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    decided(flow, &flow.items, uid, &|question| asks_size(flow, question))
}

fn asks_size(flow: &Flow<'_, '_>, question: &Question<'_>) -> bool {
    match question {
        Question::Unknown => false,
        Question::Value(frame, value) => {
            flow.deps(*frame, *value, None).events.iter().any(|uid| {
                matches!(&flow.event(*uid).kind, EventKind::Check(check) if check.what == CheckKind::Size)
            })
        }
        Question::Not(inner) => asks_size(flow, inner),
        Question::All(clauses) | Question::Any(clauses) => {
            clauses.iter().any(|(_, clause)| asks_size(flow, clause))
        }
    }
}

/// Whether the flow itself judges the entry's age once the clean-up is over. Where it does not, a
/// clean-up that always runs is how age is judged.
fn judges_age(flow: &Flow<'_, '_>, target: &Target, call: Uid) -> bool {
    let callee = flow.callee(flow.frame_of(call), flow.event(call).id);
    (call + 1..u32::try_from(flow.events.len()).unwrap_or(0)).any(|uid| {
        matches!(&flow.event(uid).kind, EventKind::Check(check) if check.what == CheckKind::Expiry)
            && callee.is_none_or(|callee| !flow.chain(uid).contains(&callee))
            && touches(flow, target, uid) == Some(Touch::Entry)
    })
}

/// Whether an item is or contains the event.
pub(super) fn holds(item: &Item<'_>, uid: Uid) -> bool {
    let any = |items: &[Item<'_>]| items.iter().any(|item| holds(item, uid));
    match item {
        Item::Event(own) | Item::Unlock(own, _) => *own == uid,
        Item::Branch(fork) => any(&fork.then) || any(&fork.other),
        Item::Loop(round) => any(&round.head) || any(&round.body) || any(&round.otherwise),
        Item::Try(attempt) => {
            any(&attempt.body)
                || attempt.handlers.iter().any(|handler| any(&handler.body))
                || any(&attempt.otherwise)
                || any(&attempt.finally)
        }
        Item::With(region) => any(&region.enter) || any(&region.body) || any(&region.exit),
        Item::Within(items) => any(items),
        Item::Call(inlined) => any(&inlined.body),
    }
}

fn asks_coin(flow: &Flow<'_, '_>, question: &Question<'_>) -> bool {
    match question {
        Question::Unknown => false,
        Question::Value(frame, value) => thrown(flow, *frame, *value, 16),
        Question::Not(inner) => asks_coin(flow, inner),
        Question::All(clauses) | Question::Any(clauses) => {
            clauses.iter().any(|(_, clause)| asks_coin(flow, clause))
        }
    }
}

/// Whether a value is drawn by chance, through helpers and arguments.
fn thrown(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId, left: u8) -> bool {
    if left == 0 {
        return false;
    }
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let kind = &function.value(value).kind;
    match kind {
        ValueKind::Param(n) => {
            let args = &flow.frames[frame as usize].args;
            let arg = args.get(usize::from(*n)).and_then(Option::as_ref);
            arg.is_some_and(|arg| {
                arg.value.is_some_and(|value| thrown(flow, arg.frame, value, left - 1))
            })
        }
        ValueKind::Result(event, _) => {
            let drawn = flow
                .uid(frame, *event)
                .is_some_and(|uid| matches!(flow.event(uid).kind, EventKind::Chance(_)));
            let returned = flow.callee(frame, *event).is_some_and(|callee| {
                let values = flow.returned(callee, 0);
                values.into_iter().any(|(value, at)| thrown(flow, at, value, left - 1))
            });
            drawn || returned || kind.inputs().any(|input| thrown(flow, frame, input, left - 1))
        }
        _ => kind.inputs().any(|input| thrown(flow, frame, input, left - 1)),
    }
}

/// The entries whose state the flow asks for by their own key.
fn asked(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for uid in flow.uids() {
        let asks = match &flow.event(uid).kind {
            EventKind::Check(check) => check.what != CheckKind::Size,
            EventKind::Read(_) => true,
            EventKind::Act(act) => act.kind == ActKind::OpenRead,
            _ => false,
        };
        if !asks || flow.frame_of(uid) != 0 && flow.frames[flow.frame_of(uid) as usize].depth > 1 {
            continue;
        }
        let Some(target) = flow.target(uid) else { continue };
        let known = found.iter().any(|known| {
            known.place == target.place && known.keys.iter().any(|key| target.keys.contains(key))
        });
        if !known && found.len() < 8 {
            found.push(target);
        }
    }
    found
}

/// The clean-up `call` against the entry: one finding for the order, one more for the coin.
fn one(flow: &Flow<'_, '_>, target: &Target, call: Uid) -> Vec<Draft> {
    let Some((check, removals)) = destroyed(flow, target, call) else { return Vec::new() };
    let chance = by_chance(flow, &flow.items, call)
        || removals.iter().any(|removal| by_chance(flow, &flow.items, *removal));
    let sized = removals.iter().any(|removal| by_size(flow, *removal));
    if !chance && (!judges_age(flow, target, call) && !sized || ends_with(flow, &flow.items, call))
    {
        return Vec::new();
    }
    let rules: &[u16] = if chance { &[201, 202] } else { &[201] };
    for variant in 0..8 {
        let mut locks = Locks::default();
        let day = Day { coin_at: Some(call), ..Day::default() };
        let Some(slice) = compile_on(flow, target, &mut locks, (variant, day), &[]) else { break };
        if let Some(coin) = flip(&slice.program, &[EXPIRED], locks.0.len()) {
            let removed = coin.heads.iter().chain(&coin.tails).find(|step| {
                removals.contains(&step.site) && step.result.starts_with("removes the expired")
            });
            // What was taken off a list is not what the rest of it is walked for.
            let another =
                |step: &&Step| coin.heads.iter().any(|it| apart(flow, step.site, it.site));
            let removed = removed.filter(|step| !another(step));
            if let Some(removal) = removed.map(|step| step.site) {
                let pair = Pair { check, act: removal, data: false };
                return rules.iter().map(|rule| draft(target, pair, &coin, *rule)).collect();
            }
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    Vec::new()
}

/// Whether the branch in which a clean-up stands is left with it: nothing is asked afterwards.
fn ends_with(flow: &Flow<'_, '_>, items: &[Item<'_>], call: Uid) -> bool {
    items.iter().filter(|item| holds(item, call)).any(|item| match item {
        Item::Branch(fork) => [&fork.then, &fork.other].into_iter().any(|side| {
            side.iter().any(|item| holds(item, call)) && leaves(flow, side)
                || ends_with(flow, side, call)
        }),
        Item::Call(inlined) => inlined.call != call && ends_with(flow, &inlined.body, call),
        _ => flow.own_blocks(item).into_iter().any(|block| ends_with(flow, block, call)),
    })
}

/// The entry's own look after the clean-up, and the removals within the clean-up.
fn destroyed(flow: &Flow<'_, '_>, target: &Target, call: Uid) -> Option<(Uid, Vec<Uid>)> {
    let callee = flow.callee(flow.frame_of(call), flow.event(call).id);
    let listed = callee.is_none() && !matches!(flow.event(call).kind, EventKind::Prune(_));
    let part = |uid: Uid| match callee {
        Some(callee) => flow.chain(uid).contains(&callee),
        None if listed => touches(flow, target, uid) == Some(Touch::Each),
        None => uid == call,
    };
    let all = flow.uids();
    let check = all.clone().find(|uid| {
        *uid > call
            && !part(*uid)
            && !matches!(flow.event(*uid).kind, EventKind::Act(ref act) if act.kind != ActKind::OpenRead)
            && touches(flow, target, *uid) == Some(Touch::Entry)
    })?;
    let removes = |uid: &Uid| {
        part(*uid)
            && match &flow.event(*uid).kind {
                EventKind::Prune(_) => true,
                EventKind::Act(act) => {
                    matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear)
                        && touches(flow, target, *uid).is_some()
                }
                _ => false,
            }
    };
    let removals: Vec<Uid> = { all }.filter(removes).collect();
    (!removals.is_empty() && flow.common(call, check) == 0).then_some((check, removals))
}

fn draft(target: &Target, pair: Pair, coin: &Coin, rule: u16) -> Draft {
    let mut steps = coin.heads.clone();
    steps.extend(coin.tails.iter().map(|step| {
        let mut step = step.clone();
        step.thread = 1;
        step
    }));
    let witness = Witness {
        start: coin.start.clone(),
        steps,
        outcome: Outcome { ends: vec![End::Stuck; 0], cells: Vec::new() },
        summary: vec![
            "with the clean-up and without it, the same call gives different answers".to_owned(),
        ],
        serial: vec!["one answer for one state".to_owned()],
        serial_ends: Vec::new(),
        lost: Vec::new(),
    };
    Draft {
        rule,
        verdict: Verdict::Open,
        consequence: if rule == 202 { Consequence::FlakyAnswer } else { Consequence::WrongReason },
        target: target.clone(),
        pair,
        witness: Some(witness),
        other: Other::Coin,
        why_shared: String::new(),
        assumption: None,
        grip: Grip::None,
        guard: None,
    }
}
