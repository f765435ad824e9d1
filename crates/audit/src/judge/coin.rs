//! The coin family: does the same call on the same state answer differently because maintenance
//! ran, or because a coin fell on its other side?

use amorsize_facts::event::{ActKind, CheckKind, EventKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::pattern::Grip;
use crate::explore::{Coin, End, Outcome, Witness, flip};
use crate::flow::{Flow, Item, Uid};
use crate::held::Locking;
use crate::shared::{Sharing, sharing};
use crate::slice::{Locks, Pair, Target, Touch, compile_with, is_maintenance, touches};

/// The one state that clean-up changes.
const EXPIRED: crate::explore::Domain =
    crate::explore::Domain { absent: false, live: false, expired: true };

/// Judges every entry of which the flow asks after something may have cleaned up.
pub(crate) fn coins(flow: &Flow<'_, '_>, _locking: &Locking<'_, '_>) -> Vec<Draft> {
    let mut maintenance = Vec::new();
    find(flow, &flow.items, &mut maintenance);
    if maintenance.is_empty() {
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for target in asked(flow) {
        if matches!(sharing(flow, &target), Sharing::No) && target.confined {
            continue;
        }
        for call in &maintenance {
            if let Some(draft) = one(flow, &target, *call) {
                if !drafts.iter().any(|known| known.target.place == draft.target.place) {
                    drafts.push(draft);
                }
                break;
            }
        }
    }
    drafts
}

/// Calls and events that clean up, by name or by what they do.
fn find(flow: &Flow<'_, '_>, items: &[Item<'_>], found: &mut Vec<Uid>) {
    for item in items {
        match item {
            Item::Event(uid) => {
                if matches!(flow.event(*uid).kind, EventKind::Prune(_)) {
                    found.push(*uid);
                }
            }
            Item::Call(inlined) => {
                let callee = flow.frames[inlined.frame as usize].func;
                let name = flow.tree.function(callee).name.as_str();
                if flow.frames[inlined.frame as usize].depth <= 2 && is_maintenance(name) {
                    found.push(inlined.call);
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
            Item::Loop(_) => {}
        }
    }
}

/// The entries whose state the flow asks for by their own key.
fn asked(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for uid in 0..u32::try_from(flow.events.len()).unwrap_or(0) {
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

fn one(flow: &Flow<'_, '_>, target: &Target, call: Uid) -> Option<Draft> {
    let callee = flow.callee(flow.frame_of(call), flow.event(call).id);
    let within = |uid: Uid| callee.is_some_and(|callee| flow.chain(uid).contains(&callee));
    let all = 0..u32::try_from(flow.events.len()).unwrap_or(0);
    let check = all.clone().find(|uid| {
        *uid > call
            && !within(*uid)
            && !matches!(flow.event(*uid).kind, EventKind::Act(ref act) if act.kind != ActKind::OpenRead)
            && touches(flow, target, *uid) == Some(Touch::Entry)
    })?;
    let removal = all.clone().find(|uid| {
        (within(*uid) || *uid == call) && matches!(&flow.event(*uid).kind, EventKind::Prune(_))
            || within(*uid)
                && matches!(&flow.event(*uid).kind, EventKind::Act(act)
                    if matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear))
                && touches(flow, target, *uid).is_some()
    })?;
    let own = flow.common(call, check) == 0;
    if !own {
        return None;
    }
    let chance =
        { all }.any(|uid| uid < call && matches!(flow.event(uid).kind, EventKind::Chance(_)));
    for variant in 0..4 {
        let mut locks = Locks::default();
        let coin_at = (!chance).then_some(call);
        let slice = compile_with(flow, target, &mut locks, variant, &[], coin_at)?;
        if let Some(coin) = flip(&slice.program, &[EXPIRED], locks.0.len()) {
            let removed =
                coin.heads.iter().chain(&coin.tails).any(|step| {
                    step.site == removal && step.result.starts_with("removes the expired")
                });
            if removed {
                return Some(draft(
                    target,
                    Pair { check, act: removal, data: false },
                    &coin,
                    chance,
                    call,
                ));
            }
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    None
}

fn draft(target: &Target, pair: Pair, coin: &Coin, chance: bool, call: Uid) -> Draft {
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
        lost: Vec::new(),
    };
    let _ = call;
    Draft {
        rule: if chance { 202 } else { 201 },
        verdict: Verdict::Open,
        consequence: if chance { Consequence::FlakyAnswer } else { Consequence::WrongReason },
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
