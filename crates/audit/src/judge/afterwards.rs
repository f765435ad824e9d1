//! What a function says after its act is another party's: it stores, gives the lock back, and looks
//! again for what it hands out.

use amorsize_facts::event::{ActKind, Call, EventKind, Lang, Root, StoreKind, ValueId, ValueKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::others::others;
use super::pattern::{Grip, grip, locks_at};
use super::variants::{Cut, seek_through};
use crate::explore::{
    Answer, Domain, Lost, Op, OpKind, Program, Scene, Value, Verdict as Explored, When,
    interleave_within, seek_within,
};
use crate::flow::{Flow, Trail, Uid};
use crate::held::Locking;
use crate::mutators::Mutators;
use crate::shared::{Guarded, Sharing, sharing};
use crate::slice::{Day, Pair, Target, Touch, touches};

/// Judges what the entry looks at after it has stored something.
pub(crate) fn afterwards(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
) -> Vec<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return Vec::new();
    }
    let all = flow.uids();
    let stores = all.clone().filter(|uid| {
        matches!(&flow.event(*uid).kind, EventKind::Act(act)
            if matches!(act.kind, ActKind::Insert | ActKind::Create | ActKind::Update))
    });
    let mut drafts = Vec::new();
    for act in stores {
        let Some(target) = flow.target(act).filter(|target| !target.confined) else { continue };
        if !matches!(target.kind, StoreKind::Map | StoreKind::Synchronised) {
            continue;
        }
        let later = all.clone().skip_while(|uid| *uid <= act);
        for look in later.filter(|uid| flow.frame_of(*uid) == 0) {
            let found = match &flow.event(look).kind {
                EventKind::Read(_) => read_back(flow, (locking, mutators), &target, (act, look)),
                EventKind::Enumerate(_) => told(flow, locking, &target, (act, look)),
                _ => None,
            };
            drafts.extend(found);
        }
    }
    drafts.truncate(1);
    drafts
}

/// The entry that was stored under a lock is read once more without it, and handed out.
fn read_back(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    (act, look): (Uid, Uid),
) -> Option<Draft> {
    let EventKind::Read(read) = &flow.event(look).kind else { return None };
    let at_act = locks_at(flow, locking, act);
    let at_look = locks_at(flow, locking, look);
    let lock = at_act.first().filter(|lock| lock.taken.0 != u32::MAX)?.clone();
    let apart = !at_look.iter().any(|held| held.path == lock.path);
    if !apart
        || touches(flow, target, look) != Some(Touch::Entry)
        || !is_returned(flow, read.result)
    {
        return None;
    }
    let guarded = Guarded { here: true, beside: false };
    let Sharing::Yes(why_shared) = sharing(flow, target, guarded) else { return None };
    let cut = Cut { target, day: Day::default(), held: &[] };
    let mut who = None;
    let witness = seek_through(flow, &cut, &mut |slice, locks| {
        let takers = others(flow, (locking, mutators), target, slice, locks).into_iter();
        let takers = takers.filter(|(program, _)| {
            program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. }))
        });
        takers.into_iter().find_map(|(program, other)| {
            let scene = Scene {
                programs: vec![slice.program.clone(), program],
                cells: vec![Domain::ABSENT],
                locks: locks.0.len(),
                silent: vec![false, true],
            };
            let found = seek_within(&scene, &flow.purse, &|steps, _| {
                let own = |site: Uid| steps.iter().position(|s| s.thread == 0 && s.site == site);
                let gone =
                    steps.iter().position(|s| s.thread == 1 && s.result.starts_with("removes"));
                matches!((own(act), gone, own(look)), (Some(a), Some(b), Some(c)) if a < b && b < c)
            })?;
            who = Some(other);
            Some(*found)
        })
    })?;
    Some(Draft {
        rule: 104,
        verdict: Verdict::Open,
        consequence: Consequence::WrongAnswer,
        target: target.clone(),
        pair: Pair { check: act, act: look, data: false },
        witness: Some(witness),
        other: who?,
        why_shared,
        assumption: None,
        grip: grip(&at_act, &at_look),
        guard: None,
    })
}

/// The whole store is listed after the act and handed to a function that was given: two of them may
/// be told in the wrong order.
fn told(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (act, look): (Uid, Uid),
) -> Option<Draft> {
    let EventKind::Enumerate(listing) = &flow.event(look).kind else { return None };
    let whole = touches(flow, target, look) == Some(Touch::Whole);
    let around = grip(&locks_at(flow, locking, act), &locks_at(flow, locking, look));
    let tells = flow.events.iter().any(|ev| {
        ev.frame == 0
            && matches!(&ev.event.kind, EventKind::Call(call)
                if call.args.contains(&listing.result) && is_callback(flow, call))
    });
    if !whole || !tells || matches!(around, Grip::Whole(_)) {
        return None;
    }
    let put = |cell, value, site| Op {
        kind: OpKind::Write { cell, value, when: When::Always, into: 1, lost: Lost::Ignore },
        site,
    };
    let ops = vec![
        put(0, Value::Own(act), act),
        Op { kind: OpKind::Observe { cell: 0, into: 0 }, site: look },
        put(1, Value::Same(0), look),
        Op { kind: OpKind::Return(Answer::Label(1)), site: look },
    ];
    let program = Program { label: String::new(), ops };
    let scene = Scene {
        programs: vec![program.clone(), program],
        cells: vec![Domain::ABSENT, Domain::ABSENT],
        locks: 0,
        silent: vec![true, true],
    };
    let Explored::Witness(witness) = interleave_within(&scene, &flow.purse) else { return None };
    Some(Draft {
        rule: 102,
        verdict: Verdict::Conditional,
        consequence: Consequence::WrongAnswer,
        target: target.clone(),
        pair: Pair { check: act, act: look, data: false },
        witness: Some(*witness),
        other: Other::Same,
        why_shared: "the store has a lock of its own, which is free in between".to_owned(),
        assumption: Some("who is told takes the last list it was given for the newest".to_owned()),
        grip: around,
        guard: None,
    })
}

/// Whether the entry returns the very value.
fn is_returned(flow: &Flow<'_, '_>, result: ValueId) -> bool {
    let function = flow.tree.function(flow.entry);
    flow.returned(0, 0).into_iter().filter(|(_, frame)| *frame == 0).any(|(value, _)| {
        let mut trail = Trail::from([value], 8);
        while let Some(value) = trail.step() {
            if value == result {
                return true;
            }
            if let ValueKind::Part(of, 0) = function.value(value).kind {
                trail.follow([of]);
            }
        }
        false
    })
}

/// Whether a call runs a function that the object was given.
fn is_callback(flow: &Flow<'_, '_>, call: &Call) -> bool {
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let own = call
        .receiver
        .as_ref()
        .is_some_and(|path| path.root == Root::Receiver && path.steps.is_empty());
    own && class.is_some_and(|class| {
        flow.tree.method(class, call.name).is_none()
            && flow.tree.field_type(class, call.name).is_some()
    })
}
