//! The mask family: a loss that is not looked at, or an error that is turned into an ordinary
//! answer.

use std::cmp::Reverse;

use amorsize_facts::event::{
    Act, ActKind, Atomicity, Call, EventKind, LOGGED, Literal, Meaning, Name, Root, SqlVerb,
    StoreKind, ValueId, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::claimed::claims_by_error;
use super::explore::{Draft, Other};
use super::heard::if_told;
use super::outside::{outside_deleter, outside_writer};
use super::pattern::Grip;
use super::reported::says_yes;
use super::sense::migrates;
use super::set_once::set_once;
use crate::explore::{Cell, Domain, End, NOTHING, Scene, seek_within};
use crate::flow::{Catch, Flow, Item, Uid};
use crate::shared::{Guarded, Sharing, sharing};
use crate::slice::{Day, Locks, Pair, Target, compile, compile_on, touches};

/// Writes of one block that are tried in turn, the last first.
const WRITES_MAX: usize = 4;

/// Judges every act of the entry whose failure or result the entry keeps to itself.
pub(crate) fn masks(flow: &Flow<'_, '_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if !migrates(flow) {
        swallowed(flow, &flow.items, &mut drafts);
    }
    for uid in flow.uids() {
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
                    && let Some(place) = quiet_answer(flow, handler)
                {
                    let mut writes = Vec::new();
                    written(flow, &attempt.body, &mut writes);
                    let error = handler.types.first().copied().unwrap_or(Name::new("Exception"));
                    let told = writes.into_iter().rev().take(WRITES_MAX);
                    let told = told.filter_map(|act| swallow(flow, act, error, place));
                    let told = told.map(|draft| if_logged(flow, handler, draft));
                    let told = told.map(|draft| if_told(flow, place, draft));
                    // Where an older value stays, more is lost than where there was none.
                    let told: Vec<Draft> = told.collect();
                    let worst = told.iter().position(keeps_old).unwrap_or(0);
                    drafts.extend(told.into_iter().nth(worst));
                }
                swallowed(flow, &attempt.body, drafts);
            }
            _ => {
                for block in flow.own_blocks(item) {
                    swallowed(flow, block, drafts);
                }
            }
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
                    | "RedisError"
                    | "MemcacheError"
                    | "PyMongoError"
            )
        })
}

/// The writes to tables and servers within a block, of the block's own function.
fn written(flow: &Flow<'_, '_>, items: &[Item<'_>], found: &mut Vec<Uid>) {
    for item in items {
        match item {
            Item::Event(uid) | Item::Unlock(uid, _) => {
                let EventKind::Act(act) = &flow.event(*uid).kind else { continue };
                let writes =
                    matches!(act.kind, ActKind::Create | ActKind::Insert | ActKind::Update);
                let shared = flow.store_of(*uid).is_some_and(|of| {
                    matches!(of.kind, StoreKind::Sql | StoreKind::Orm | StoreKind::Remote)
                });
                if writes && shared && flow.frame_of(*uid) == 0 {
                    found.push(*uid);
                }
            }
            _ => {
                for block in flow.own_blocks(item) {
                    written(flow, block, found);
                }
            }
        }
    }
}

/// Whether a value that was there before is still there after the write that failed.
fn keeps_old(draft: &Draft) -> bool {
    draft.witness.as_ref().is_some_and(|witness| witness.start == witness.outcome.cells)
        && draft
            .witness
            .as_ref()
            .is_some_and(|witness| !matches!(witness.start.first(), Some(Cell::Absent)))
}

/// Where a handler answers with a constant, if it neither raises, retries nor looks again; `None`
/// within if it only goes on.
fn quiet_answer(flow: &Flow<'_, '_>, handler: &Catch<'_>) -> Option<Option<Uid>> {
    let mut place = None;
    for item in &handler.body {
        match item {
            Item::Event(uid) | Item::Unlock(uid, _) => match &flow.event(*uid).kind {
                EventKind::Return(ret) => {
                    place = Some(*uid);
                    match &ret.constant {
                        Some(Literal::Bool(_) | Literal::Nil) => {}
                        None if ret.values.is_empty() => {}
                        _ => return None,
                    }
                }
                EventKind::Raise(_) | EventKind::Act(_) | EventKind::Continue => return None,
                EventKind::Call(call) if ends_the_process(call) => return None,
                _ => {}
            },
            _ => return None,
        }
    }
    Some(place)
}

/// Whether a call ends the process: nobody gets an answer.
fn ends_the_process(call: &Call) -> bool {
    matches!(call.callee.as_str(), "os._exit" | "os.abort" | "sys.exit" | "exit" | "quit")
        || matches!(call.name.as_str(), "_exit" | "abort")
}

/// Whoever reads the log is told of a failure that a handler writes into it as an error.
fn if_logged(flow: &Flow<'_, '_>, handler: &Catch<'_>, draft: Draft) -> Draft {
    let logged = handler.body.iter().any(|item| {
        let Item::Event(uid) = item else { return false };
        matches!(&flow.event(*uid).kind, EventKind::Call(call)
            if call.name == LOGGED)
    });
    if !logged {
        return draft;
    }
    let assumption = Some("nobody reads the log that the failure is written into".to_owned());
    Draft { verdict: Verdict::Conditional, assumption, ..draft }
}

/// The function on a day on which the store refuses `act`: the error is caught, and the caller gets
/// an ordinary answer.
fn swallow(flow: &Flow<'_, '_>, act: Uid, error: Name, place: Option<Uid>) -> Option<Draft> {
    let target = flow.target(act).or_else(|| flow.store_of(act))?;
    // A cache on a server may do without what it could not store, unless it says that it has stored it.
    let only_if_claimed = target.kind == StoreKind::Remote;
    let mut best: Option<Draft> = None;
    for variant in 0..8 {
        let mut locks = Locks::default();
        let day = Day { refused: Some((act, error)), ..Day::default() };
        let Some(slice) = compile_on(flow, &target, &mut locks, (variant, day), &[]) else { break };
        let scene = Scene {
            programs: vec![slice.program.clone()],
            cells: Vec::new(),
            locks: locks.0.len(),
            silent: vec![false],
        };
        for start in [Domain::LIVE, Domain::ABSENT] {
            let scene = Scene { cells: vec![start], ..scene.clone() };
            let found = seek_within(&scene, &flow.purse, &|steps, outcome| {
                steps.iter().any(|step| step.site == act && step.result.starts_with("fails"))
                    && !matches!(outcome.ends.first(), Some(End::Raised(_) | End::Stuck))
                    && (!only_if_claimed || outcome.ends.first() == Some(&End::Label(1)))
            });
            let Some(found) = found else { continue };
            let draft = Draft {
                rule: 301,
                verdict: Verdict::Open,
                consequence: Consequence::SilentFailure,
                target: target.clone(),
                pair: Pair { check: act, act: place.unwrap_or(act), data: false },
                witness: Some(*found),
                other: Other::Same,
                why_shared: String::new(),
                assumption: None,
                grip: Grip::None,
                guard: None,
            };
            if best.is_none() || keeps_old(&draft) && !best.as_ref().is_some_and(keeps_old) {
                best = Some(draft);
            }
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    best
}

/// Whether an act only sees to it that there is an empty container: whoever made it, it is there.
fn ensures(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let func = flow.frames[flow.frame_of(uid) as usize].func;
    act.value.is_some_and(|value| {
        matches!(&flow.tree.function(func).value(value).kind,
            ValueKind::New(_, inputs) | ValueKind::Tuple(inputs) if inputs.is_empty())
    })
}

/// Whether an act is a statement that says how many rows it changed.
fn counted(act: &Act) -> bool {
    act.sql
        .as_ref()
        .is_some_and(|sql| sql.verb == SqlVerb::Update && !sql.filter.is_empty() && !sql.relative)
}

/// Whether what is there now is looked at after a swap: whoever won, its value is taken.
fn looks_again(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    (uid + 1..u32::try_from(flow.events.len()).unwrap_or(0)).any(|later| {
        matches!(flow.event(later).kind, EventKind::Read(_) | EventKind::Check(_))
            && touches(flow, target, later).is_some()
    })
}

/// Whether an act tells who was first.
fn claimed(act: &Act) -> bool {
    act.atomicity == Atomicity::Conditional
        && matches!(act.means, Meaning::Won | Meaning::Current)
        && matches!(act.kind, ActKind::Create | ActKind::Insert)
}

/// Whether an act compares and swaps: who does not ask whether it worked may have changed nothing.
fn swaps(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    // What is not deleted because it has changed since is not lost.
    act.expects.is_some()
        && act.atomicity == Atomicity::Conditional
        && act.kind != ActKind::Delete
        && !marks(flow, uid, act)
        && !set_once(flow, uid, act)
}

/// Whether a swap puts one constant in the place of another, or of what the caller saw: who comes
/// second finds what it wanted, or something newer than what was to go.
fn marks(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let kind = |id: ValueId| &function.value(id).kind;
    let constant = |id: Option<ValueId>| {
        id.is_some_and(|id| match kind(id) {
            ValueKind::Literal(_) => true,
            // A constant of the package has a name.
            ValueKind::Load(path) => matches!(path.root, Root::Global(_)) && path.steps.is_empty(),
            _ => false,
        })
    };
    let seen_before = act.expects.is_some_and(|id| matches!(kind(id), ValueKind::Param(_)));
    // What is swapped for nothing is taken away, unless it has changed since.
    let removed = act.value.is_some_and(|id| function.is_nil(id));
    // Of two answers the one that is not expected is there already: the swap is an "or", or an "and".
    let either =
        act.expects.is_some_and(|id| matches!(kind(id), ValueKind::Literal(Literal::Bool(_))));
    removed || either || constant(act.value) && (seen_before || constant(act.expects))
}

/// An act that tells whether it took effect, in a function that reports success without asking.
fn ignored(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> Option<Draft> {
    let unheard = claims_by_error(flow, uid, act);
    if act.used.any() && !unheard {
        return None;
    }
    let (counted, claimed) = (counted(act), claimed(act));
    let swapped = swaps(flow, uid, act);
    if !counted && !claimed && !swapped {
        return None;
    }
    let target = flow.target(uid)?;
    if swapped && looks_again(flow, &target, uid) {
        return None;
    }
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
        let other = if counted { outside_deleter() } else { outside_writer() };
        let scene = Scene {
            programs: vec![slice.program.clone(), other],
            cells: vec![slice.domain(&target)],
            locks: locks.0.len(),
            silent: vec![false, true],
        };
        let found = seek_within(&scene, &flow.purse, &|steps, outcome| {
            let lost = steps.iter().any(|step| {
                step.thread == 0 && step.site == uid && step.result == "changes nothing"
            });
            let yes = matches!(outcome.ends.first(), Some(End::Label(_)));
            if unheard {
                return lost && yes && steps.iter().any(|step| step.thread == 1);
            }
            if swapped {
                return lost && !matches!(outcome.ends.first(), Some(End::Raised(_) | End::Stuck));
            }
            lost && says_yes(flow)
                && yes
                && outcome.ends.first() != Some(&End::Label(NOTHING))
                && steps.iter().any(|step| step.thread == 1)
                && outcome.ends.first() == Some(&End::Label(1))
        });
        if let Some(found) = found {
            return Some(Draft {
                rule: if swapped { 163 } else { 302 },
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
