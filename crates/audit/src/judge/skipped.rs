//! A folder that is looked for and made within a block whose errors are kept quiet: whoever finds
//! that somebody else was faster leaves the block, and the rest of it is not done.

use amorsize_facts::event::{ActKind, CheckKind, EventKind, Lang, StoreKind};
use amorsize_finding::{Consequence, Verdict};

use super::coin::holds;
use super::explore::{Draft, Other};
use super::kept::kept_for_others;
use super::pattern::Grip;
use super::sense::{is_tool, own_or_tool};
use super::variants::{Cut, seek_through};
use crate::explore::{Domain, End, Scene, seek_within};
use crate::flow::{Attempt, Catch, Flow, Item, Uid};
use crate::slice::{Day, Pair, Target, touches};

/// Judges every block of the entry that keeps its errors quiet.
pub(crate) fn skipped(flow: &Flow<'_, '_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if flow.tree.file(flow.entry).lang == Lang::Python {
        look(flow, &flow.items, &mut drafts);
    }
    drafts
}

fn look(flow: &Flow<'_, '_>, items: &[Item<'_>], drafts: &mut Vec<Draft>) {
    for item in items {
        if let Item::Try(attempt) = item
            && attempt.handlers.iter().any(|handler| is_quiet(flow, handler))
            && let Some((pair, target)) = made_within(flow, attempt)
            && let Some(draft) = told(flow, pair, target)
        {
            drafts.push(draft);
        }
        for block in flow.own_blocks(item) {
            look(flow, block, drafts);
        }
    }
}

/// Whether a handler does nothing with the error, and takes it from all the block.
fn is_quiet(flow: &Flow<'_, '_>, handler: &Catch<'_>) -> bool {
    let events = |item: &Item<'_>| match item {
        Item::Event(uid) => {
            matches!(flow.event(*uid).kind, EventKind::Call(_) | EventKind::Raise(_))
        }
        _ => true,
    };
    let whole = handler.types.iter().any(|name| {
        let last = name.as_str().rsplit('.').next().unwrap_or_default();
        matches!(last, "OSError" | "IOError" | "EnvironmentError" | "Exception")
    });
    whole && !handler.body.iter().any(events)
}

/// A folder that the block looks for, makes if it is missing, and goes on to write something else.
fn made_within(flow: &Flow<'_, '_>, attempt: &Attempt<'_>) -> Option<(Pair, Target)> {
    let within = |uid: Uid| attempt.body.iter().any(|item| holds(item, uid));
    let events = flow.uids();
    let file = |uid: Uid, kinds: &[ActKind]| match &flow.event(uid).kind {
        EventKind::Act(act) => {
            kinds.contains(&act.kind)
                && flow.store_of(uid).is_some_and(|store| store.kind == StoreKind::File)
        }
        _ => false,
    };
    let own = |uid: &Uid| flow.frame_of(*uid) == 0 && within(*uid);
    for make in events.clone().filter(own).filter(|uid| file(*uid, &[ActKind::Create])) {
        let Some(target) = flow.target(make) else { continue };
        let asked = (0..make).rev().filter(own).find(|uid| {
            matches!(&flow.event(*uid).kind, EventKind::Check(check) if check.what == CheckKind::Presence)
                && touches(flow, &target, *uid).is_some()
        });
        let goes_on = events.clone().any(|uid| {
            uid > make
                && own(&uid)
                && touches(flow, &target, uid).is_none()
                && file(
                    uid,
                    &[ActKind::OpenWrite, ActKind::Create, ActKind::Write, ActKind::Rename],
                )
        });
        if let Some(check) = asked.filter(|_| goes_on) {
            return Some((Pair { check, act: make, data: false }, target));
        }
    }
    None
}

fn told(flow: &Flow<'_, '_>, pair: Pair, target: Target) -> Option<Draft> {
    if target.confined || own_or_tool(flow, &target, pair) {
        return None;
    }
    let cut = Cut { target: &target, day: Day::default(), held: &[] };
    let witness = seek_through(flow, &cut, &mut |slice, locks| {
        let scene = Scene {
            programs: vec![slice.program.clone(), slice.program.clone()],
            cells: vec![Domain::ABSENT],
            locks: locks.0.len(),
            silent: vec![false, true],
        };
        seek_within(&scene, &flow.purse, &|steps, outcome| {
            let late = steps.iter().any(|step| {
                step.thread == 0 && step.site == pair.act && step.result == "fails, handled"
            });
            late && !matches!(outcome.ends.first(), Some(End::Raised(_) | End::Stuck))
        })
        .map(|found| *found)
    })?;
    let meets = kept_for_others(flow, pair, false) && !is_tool(flow);
    let assumption = (!meets).then(|| "another process works on the same path".to_owned());
    Some(Draft {
        rule: 140,
        verdict: if meets { Verdict::Open } else { Verdict::Conditional },
        consequence: Consequence::SilentFailure,
        target,
        pair,
        witness: Some(witness),
        other: Other::Same,
        why_shared: String::new(),
        assumption,
        grip: Grip::None,
        guard: None,
    })
}
