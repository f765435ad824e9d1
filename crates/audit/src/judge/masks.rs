//! The mask family: a loss that is not looked at, or an error that is turned into an ordinary
//! answer.

use std::cmp::Reverse;

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, Literal, Meaning, Name, SqlVerb, StoreKind, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other, outside_deleter};
use super::pattern::Grip;
use crate::explore::{
    Answer, Domain, End, Lost, NOTHING, Op, OpKind, Program, Scene, Value, When, seek,
};
use crate::flow::{Catch, Flow, Item, Uid};
use crate::shared::{Guarded, Sharing, sharing};
use crate::slice::{Locks, Pair, compile};

/// Judges every act of the entry whose failure or result the entry keeps to itself.
pub(crate) fn masks(flow: &Flow<'_, '_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    swallowed(flow, &flow.items, &mut drafts);
    for uid in 0..u32::try_from(flow.events.len()).unwrap_or(0) {
        if flow.frame_of(uid) == 0
            && let EventKind::Act(act) = &flow.event(uid).kind
            && let Some(draft) = ignored(flow, uid, act)
        {
            drafts.push(draft);
        }
    }
    // Of several statements whose count nobody reads, the one that loses most is told.
    drafts.sort_by_key(|draft| match &flow.event(draft.pair.check).kind {
        EventKind::Act(act) => Reverse(act.sql.as_ref().map_or(0, |sql| sql.columns.len())),
        _ => Reverse(0),
    });
    drafts
}

/// Finds handlers that swallow the failure of a write to a shared table.
fn swallowed(flow: &Flow<'_, '_>, items: &[Item<'_>], drafts: &mut Vec<Draft>) {
    for item in items {
        match item {
            Item::Try(attempt) => {
                let handler = attempt.handlers.iter().find(|handler| is_broad(handler.types));
                if let Some(handler) = handler
                    && let Some(act) = last_write(flow, &attempt.body)
                    && let Some(answer) = quiet_answer(flow, handler)
                    && let Some(draft) = swallow(flow, act, answer)
                {
                    drafts.push(draft);
                }
                swallowed(flow, &attempt.body, drafts);
            }
            Item::Branch(fork) => {
                swallowed(flow, &fork.then, drafts);
                swallowed(flow, &fork.other, drafts);
            }
            Item::With(region) => swallowed(flow, &region.body, drafts),
            Item::Loop(round) => swallowed(flow, &round.body, drafts),
            Item::Within(items) => swallowed(flow, items, drafts),
            Item::Call(inlined) => {
                if flow.is_manager(inlined.frame) {
                    swallowed(flow, &inlined.body, drafts);
                }
            }
            Item::Event(_) | Item::Unlock(..) => {}
        }
    }
}

/// Whether a handler catches more than the conflict it may have been written for.
fn is_broad(types: &[Name]) -> bool {
    types.is_empty()
        || types.iter().any(|name| {
            let name = name.as_str();
            let last = name.rsplit('.').next().unwrap_or(name);
            matches!(
                last,
                "Exception"
                    | "BaseException"
                    | "DatabaseError"
                    | "Error"
                    | "OperationalError"
                    | "SQLAlchemyError"
            )
        })
}

/// The last write to a table within a block, of the block's own function.
fn last_write(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> Option<Uid> {
    items.iter().rev().find_map(|item| match item {
        Item::Event(uid) | Item::Unlock(uid, _) => {
            let EventKind::Act(act) = &flow.event(*uid).kind else { return None };
            let target = flow.store_of(*uid)?;
            let writes = matches!(act.kind, ActKind::Create | ActKind::Insert | ActKind::Update);
            let table = matches!(target.kind, StoreKind::Sql | StoreKind::Orm);
            (writes && table && flow.frame_of(*uid) == 0).then_some(*uid)
        }
        Item::Branch(fork) => {
            last_write(flow, &fork.other).or_else(|| last_write(flow, &fork.then))
        }
        Item::With(region) => last_write(flow, &region.body),
        Item::Try(attempt) => last_write(flow, &attempt.body),
        Item::Loop(round) => last_write(flow, &round.body),
        Item::Within(items) => last_write(flow, items),
        Item::Call(inlined) if flow.is_manager(inlined.frame) => last_write(flow, &inlined.body),
        Item::Call(_) => None,
    })
}

/// The constant a handler answers with, if it neither raises, retries nor looks again.
fn quiet_answer(flow: &Flow<'_, '_>, handler: &Catch<'_>) -> Option<(u32, Option<Uid>)> {
    let mut answer = NOTHING;
    let mut place = None;
    for item in &handler.body {
        match item {
            Item::Event(uid) | Item::Unlock(uid, _) => match &flow.event(*uid).kind {
                EventKind::Return(ret) => {
                    place = Some(*uid);
                    match &ret.constant {
                        Some(Literal::Bool(yes)) => answer = u32::from(*yes),
                        Some(Literal::Nil) => answer = NOTHING,
                        None if ret.values.is_empty() => answer = NOTHING,
                        _ => return None,
                    }
                }
                EventKind::Raise(_) | EventKind::Act(_) | EventKind::Continue => return None,
                _ => {}
            },
            _ => return None,
        }
    }
    Some((answer, place))
}

fn swallow(flow: &Flow<'_, '_>, act: Uid, (answer, place): (u32, Option<Uid>)) -> Option<Draft> {
    let target = flow.target(act).or_else(|| flow.store_of(act))?;
    // Register 1 is never set, so the condition never holds: the database refuses.
    let refused = OpKind::Write {
        cell: 0,
        value: Value::Own(0),
        when: When::Unchanged(1),
        into: 0,
        lost: Lost::Goto(1),
    };
    let ops = vec![
        Op { kind: refused, site: act },
        Op { kind: OpKind::Return(Answer::Label(answer)), site: act },
    ];
    let label = flow.tree.function(flow.entry).qualified.as_str().to_owned();
    let scene = Scene {
        programs: vec![Program { label, ops }],
        cells: vec![Domain::LIVE],
        locks: 0,
        silent: vec![false],
    };
    let found = seek(&scene, &|steps, outcome| {
        steps.iter().any(|step| step.result.starts_with("fails"))
            && !matches!(outcome.ends.first(), Some(End::Raised(_)))
    })?;
    Some(Draft {
        rule: 301,
        verdict: Verdict::Open,
        consequence: Consequence::SilentFailure,
        target,
        pair: Pair { check: act, act: place.unwrap_or(act), data: false },
        witness: Some(*found),
        other: Other::Same,
        why_shared: String::new(),
        assumption: None,
        grip: Grip::None,
        guard: None,
    })
}

/// Whether an act only sees to it that there is an empty container: whoever made it, it is there.
fn ensures(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let func = flow.frames[flow.frame_of(uid) as usize].func;
    act.value.is_some_and(|value| {
        matches!(&flow.tree.function(func).value(value).kind,
            ValueKind::New(_, inputs) | ValueKind::Tuple(inputs) if inputs.is_empty())
    })
}

/// An act that tells whether it took effect, in a function that reports success without asking.
fn ignored(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> Option<Draft> {
    if act.used.any() {
        return None;
    }
    let counted = act
        .sql
        .as_ref()
        .is_some_and(|sql| sql.verb == SqlVerb::Update && !sql.filter.is_empty() && !sql.relative);
    let claimed = act.atomicity == Atomicity::Conditional
        && matches!(act.means, Meaning::Won | Meaning::Current)
        && matches!(act.kind, ActKind::Create | ActKind::Insert);
    if !counted && !claimed {
        return None;
    }
    let target = flow.target(uid)?;
    let assumption = match sharing(flow, &target, Guarded::default()) {
        Sharing::No => return None,
        Sharing::If(what) => Some(what),
        Sharing::Yes(_) => None,
    };
    if target.confined || ensures(flow, uid, act) {
        return None;
    }
    let mut locks = Locks::default();
    for variant in 0..8 {
        let slice = compile(flow, &target, &mut locks, variant, &[])?;
        let other = if counted { outside_deleter() } else { super::explore::outside_writer() };
        let scene = Scene {
            programs: vec![slice.program.clone(), other],
            cells: vec![slice.domain(&target)],
            locks: locks.0.len(),
            silent: vec![false, true],
        };
        let found = seek(&scene, &|steps, outcome| {
            let lost = steps.iter().any(|step| {
                step.thread == 0 && step.site == uid && step.result == "changes nothing"
            });
            let told = flow.events.iter().any(|ev| {
                ev.frame == 0
                    && matches!(&ev.event.kind, EventKind::Return(ret)
                        if ret.constant == Some(Literal::Bool(true)))
            });
            let yes = matches!(outcome.ends.first(), Some(End::Label(_)));
            lost && told
                && yes
                && outcome.ends.first() != Some(&End::Label(NOTHING))
                && steps.iter().any(|step| step.thread == 1)
                && outcome.ends.first() == Some(&End::Label(1))
        });
        if let Some(found) = found {
            return Some(Draft {
                rule: 302,
                verdict: if assumption.is_some() { Verdict::Conditional } else { Verdict::Open },
                consequence: Consequence::SilentFailure,
                target,
                pair: Pair { check: uid, act: uid, data: false },
                witness: Some(*found),
                other: Other::Outside(if counted { "removes the row" } else { "stores its own" }),
                why_shared: String::new(),
                assumption,
                grip: Grip::None,
                guard: None,
            });
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    None
}
