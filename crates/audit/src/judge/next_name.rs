//! The next free name, told by a listing: `max(numbers of what is there) + 1`. Two who list at the same time find the
//! same name free, and work in one folder, or one of them fails.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, Lang, Literal, Name, Op as Operator, Path, Place, Root,
    StoreKind, ValueId, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::coin::holds;
use super::explore::{Draft, Other};
use super::own_names::names_itself;
use super::pattern::{Grip, locks_at};
use super::sense::is_tool;
use crate::explore::{
    Domain, Lost, Op, OpKind, Program, Scene, Step, Test, Value, When, Witness, seek_within,
};
use crate::flow::{Flow, Item, Trail, Uid};
use crate::held::Locking;
use crate::slice::Pair;

/// Values looked at behind a name.
const STEPS_MAX: u8 = 48;

/// Judges what the entry makes under a name that it counted up.
pub(crate) fn next_name(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Python {
        return None;
    }
    flow.uids().find_map(|made| {
        let EventKind::Act(act) = &flow.event(made).kind else { return None };
        let makes = matches!(act.kind, ActKind::Create | ActKind::OpenWrite) && !act.by_handle;
        let target = flow.target(made).filter(|target| makes && target.kind == StoreKind::File)?;
        let listed = listing_behind(flow, made, act)?;
        let free = locks_at(flow, locking, listed).is_empty()
            && locks_at(flow, locking, made).is_empty()
            && locking.around(flow.entry).is_empty();
        let own = target.confined || names_itself(flow, flow.frame_of(made), &act.key);
        if !free || own || is_caught(&flow.items, made) {
            return None;
        }
        let refused = act.atomicity == Atomicity::Exclusive;
        let witness = witness(flow, (listed, made), refused)?;
        let assumption = is_tool(flow)
            .then(|| "two runs of this tool work on the same files at the same time".to_owned());
        Some(Draft {
            rule: 140,
            verdict: if assumption.is_some() { Verdict::Conditional } else { Verdict::Open },
            consequence: if refused { Consequence::Crash } else { Consequence::DoubleWin },
            target,
            pair: Pair { check: listed, act: made, data: false },
            witness: Some(witness),
            other: Other::Same,
            why_shared: "files are shared by all processes".to_owned(),
            assumption,
            grip: Grip::None,
            guard: None,
        })
    })
}

/// The listing from which the name of what is made was counted up: a number that is one more than another one, or
/// how many there are.
fn listing_behind(flow: &Flow<'_, '_>, made: Uid, act: &Act) -> Option<Uid> {
    let frame = flow.frame_of(made);
    let key = act.key.value?;
    let (mut counted, mut listing) = (false, None);
    let mut trail = Trail::from([(frame, key)], STEPS_MAX);
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        let one = |part: &ValueId| {
            matches!(function.value(*part).kind, ValueKind::Literal(Literal::Int(1)))
        };
        match kind {
            ValueKind::Op(Operator::Len, _) => counted = true,
            ValueKind::Op(Operator::Add, parts) => counted |= parts.iter().any(one),
            ValueKind::Param(n) => trail.follow(flow.handed_in(frame, *n)),
            ValueKind::Result(event, _) => {
                if let Some(callee) = flow.callee(frame, *event) {
                    let given = flow.returned(callee, 0).into_iter();
                    trail.follow(given.map(|(value, at)| (at, value)));
                }
                if let Some(uid) = flow.uid(frame, *event)
                    && let EventKind::Enumerate(all) = &flow.event(uid).kind
                {
                    let store = function.store(all.store);
                    listing = listing.or((store.kind == StoreKind::File).then_some(uid));
                    // What a comprehension made of the listing is listed in its turn.
                    if let Place::Path(Path { root: Root::Value(of), .. }) = &store.place {
                        trail.follow([(frame, *of)]);
                    }
                }
            }
            _ => {}
        }
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    let listed = |uid: &Uid| {
        *uid < made
            && matches!(flow.event(*uid).kind, EventKind::Enumerate(_))
            && flow.store_of(*uid).is_some_and(|store| store.kind == StoreKind::File)
    };
    // What a loop has put into a list of numbers comes from there, too.
    let through = || flow.deps(frame, key, None).events.iter().copied().find(listed);
    if counted { listing.filter(listed).or_else(through) } else { None }
}

/// Whether somebody who finds the name taken is heard.
fn is_caught(items: &[Item<'_>], uid: Uid) -> bool {
    let within = |items: &[Item<'_>]| items.iter().any(|item| holds(item, uid));
    let catches = |types: &[Name]| {
        types.is_empty()
            || types.iter().any(|name| {
                let last = name.as_str().rsplit('.').next().unwrap_or_default();
                matches!(
                    last,
                    "FileExistsError" | "OSError" | "IOError" | "EnvironmentError" | "Exception"
                )
            })
    };
    items.iter().any(|item| match item {
        Item::Try(attempt) => {
            within(&attempt.body) && attempt.handlers.iter().any(|handler| catches(handler.types))
                || is_caught(&attempt.body, uid)
                || attempt.handlers.iter().any(|handler| is_caught(&handler.body, uid))
                || is_caught(&attempt.otherwise, uid)
        }
        Item::With(region) => is_caught(&region.body, uid),
        Item::Branch(fork) => is_caught(&fork.then, uid) || is_caught(&fork.other, uid),
        Item::Loop(round) => is_caught(&round.body, uid),
        Item::Within(items) => is_caught(items, uid),
        Item::Call(_) | Item::Event(_) | Item::Unlock(..) => false,
    })
}

/// Both list before either has made it.
fn witness(flow: &Flow<'_, '_>, (listed, made): (Uid, Uid), refused: bool) -> Option<Witness> {
    let when = if refused { When::Absent } else { When::Always };
    let lost = if refused { Lost::Raise("FileExistsError") } else { Lost::Ignore };
    let ops = [
        (OpKind::Observe { cell: 0, into: 0 }, listed),
        // Who sees it takes another name.
        (OpKind::Branch { test: Test::Absent(0), yes: 2, no: 3 }, listed),
        (OpKind::Write { cell: 0, value: Value::Own(0), when, into: 1, lost }, made),
    ];
    let ops = ops.into_iter().map(|(kind, site)| Op { kind, site }).collect();
    let program = Program { label: String::new(), ops };
    let scene = Scene {
        programs: vec![program.clone(), program],
        cells: vec![Domain::ABSENT],
        locks: 0,
        silent: vec![false, false],
    };
    let both = |steps: &[Step], _: &_| {
        steps.iter().filter(|step| step.site == made).count() > 1
            && (!refused
                || steps.iter().any(|step| {
                    step.result.starts_with("fails") || step.result.starts_with("raises")
                }))
    };
    seek_within(&scene, &flow.purse, &both).map(|found| *found)
}
