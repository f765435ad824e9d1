//! Leases on a server: a lock with a time to live that is deleted by its name alone, and a lock
//! whose time to live is set by a second command.
//!
//! Both need no second look at the entry, so no pair of check and act shows them: what is missed is
//! the question whose lock it is by now, or what is left behind when the first command was the last.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, Function, FunctionKind, Key, Literal, Meaning, Place,
    Store, StoreKind, Text, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::pattern::Grip;
use super::variants::{Cut, one_round, seek_through};
use crate::explore::{
    Domain, Lost, Op, OpKind, Program, Scene, Test, Value, When, Witness, seek_within,
};
use crate::flow::{Flow, Trail, Uid};
use crate::slice::{Day, Pair, Target, Touch, touches};

/// How somebody ends between the two commands.
pub(super) const DIED: &str = "the process has died";

/// Judges every lease that the entry takes or gives back.
pub(crate) fn leases(flow: &Flow<'_, '_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for uid in flow.uids() {
        let EventKind::Act(act) = &flow.event(uid).kind else { continue };
        let one = matches!(act.kind, ActKind::Delete | ActKind::Update) && act.expects.is_none();
        if !one || act.atomicity != Atomicity::Plain {
            continue;
        }
        let Some(target) = flow.target(uid) else { continue };
        if !matches!(target.kind, StoreKind::Remote | StoreKind::Api) || target.keys.is_empty() {
            continue;
        }
        let found = if act.kind == ActKind::Delete {
            given_back(flow, &target, uid)
        } else {
            limited_later(flow, &target, uid)
        };
        drafts.extend(found);
    }
    drafts
}

/// A lock with a time to live, deleted without asking whose it is by now.
fn given_back(flow: &Flow<'_, '_>, target: &Target, delete: Uid) -> Option<Draft> {
    let looked = (0..delete).rev().any(|uid| {
        matches!(flow.event(uid).kind, EventKind::Check(_) | EventKind::Read(_))
            && touches(flow, target, uid) == Some(Touch::Entry)
    });
    if looked {
        return None;
    }
    let claim = (0..delete).rev().find(|uid| {
        takes(flow, *uid).is_some() && touches(flow, target, *uid) == Some(Touch::Entry)
    });
    let lasts = |uid: &Uid| !takes(flow, *uid).is_some_and(|act| runs_out(flow, target, *uid, act));
    if let Some(claim) = claim.filter(lasts)
        && stored_beside(flow, delete)
        && let Some(draft) = taken_back(flow, target, (claim, delete))
    {
        return Some(draft);
    }
    let taken = (0..delete).rev().find(|uid| {
        takes(flow, *uid).is_some_and(|act| runs_out(flow, target, *uid, act))
            && touches(flow, target, *uid) == Some(Touch::Entry)
    });
    let mut assumption = None;
    if taken.is_none() {
        if !speaks_of_a_lock(flow, delete) || !taken_beside(flow, delete) {
            return None;
        }
    } else if !speaks_of_a_lock(flow, delete) {
        assumption = Some("the work takes longer than the entry lives".to_owned());
    }
    let site = taken.unwrap_or(delete);
    let witness = taken_over(flow, target, (taken, delete))?;
    Some(Draft {
        rule: 161,
        verdict: if assumption.is_some() { Verdict::Conditional } else { Verdict::Open },
        consequence: Consequence::LostWrite,
        target: target.clone(),
        pair: Pair { check: site, act: delete, data: false },
        witness: Some(witness),
        other: Other::Outside("takes the lock after it ran out"),
        why_shared: "the server is shared by all its clients".to_owned(),
        assumption,
        grip: Grip::None,
        guard: None,
    })
}

/// An entry that is made for the first one only and then taken back by its name, while another method
/// stores whatever is there.
fn taken_back(flow: &Flow<'_, '_>, target: &Target, (claim, delete): (Uid, Uid)) -> Option<Draft> {
    let value = Value::Own(0);
    let stores = OpKind::Write { cell: 0, value, when: When::Always, into: 0, lost: Lost::Ignore };
    let other = Program {
        label: "somebody who stores a value".to_owned(),
        ops: vec![Op { kind: stores, site: u32::MAX }],
    };
    let witness = against(flow, target, (other, Domain::ABSENT), &|at| {
        let made = at(0, claim, "stores");
        let (stored, lost) = (at(1, u32::MAX, "stores"), at(0, delete, "removes"));
        made.is_some() && made < stored && stored.is_some() && stored < lost
    })?;
    Some(Draft {
        rule: 161,
        verdict: Verdict::Conditional,
        consequence: Consequence::LostWrite,
        target: target.clone(),
        pair: Pair { check: claim, act: delete, data: false },
        witness: Some(witness),
        other: Other::Outside("stores a value in between"),
        why_shared: "the server is shared by all its clients".to_owned(),
        assumption: Some("somebody stores a value under the same name in between".to_owned()),
        grip: Grip::None,
        guard: None,
    })
}

/// A lock that is taken by one command, and gets its time to live by the next.
fn limited_later(flow: &Flow<'_, '_>, target: &Target, limit: Uid) -> Option<Draft> {
    let EventKind::Act(act) = &flow.event(limit).kind else { return None };
    if act.value.is_some() || in_a_transaction(flow) {
        return None;
    }
    let taken = (0..limit).rev().find(|uid| {
        takes(flow, *uid).is_some_and(|act| is_for_ever(flow, *uid, act))
            && touches(flow, target, *uid) == Some(Touch::Entry)
    })?;
    let (witness, mended) = left_behind(flow, target, (taken, limit))?;
    let assumption =
        mended.then(|| "nobody asks for it again: who does gives it its end".to_owned());
    Some(Draft {
        rule: 162,
        verdict: if mended { Verdict::Conditional } else { Verdict::Open },
        consequence: Consequence::Deadlock,
        target: target.clone(),
        pair: Pair { check: taken, act: limit, data: false },
        witness: Some(witness),
        other: Other::Same,
        why_shared: "the server is shared by all its clients".to_owned(),
        assumption,
        grip: Grip::None,
        guard: None,
    })
}

/// Whether an entry is made without an end: none is given, or a zero, which means the same.
fn is_for_ever(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    act.ttl.is_none_or(|ttl| {
        matches!(function.value(ttl).kind, ValueKind::Literal(Literal::Int(0) | Literal::Nil))
    })
}

/// The holder as it stands, whose time to live ends before the delete: somebody else takes the
/// lock, and loses it. Where the lock was taken by another method it is there from the beginning.
fn taken_over(
    flow: &Flow<'_, '_>,
    target: &Target,
    (taken, delete): (Option<Uid>, Uid),
) -> Option<Witness> {
    let ends = OpKind::Delete { cell: 0, when: When::Present, into: 0, lost: Lost::Ignore };
    let value = Value::Own(0);
    let takes = OpKind::Write { cell: 0, value, when: When::Absent, into: 0, lost: Lost::Ignore };
    let ops = [ends, takes].map(|kind| Op { kind, site: u32::MAX }).to_vec();
    let other = Program { label: "another holder".to_owned(), ops };
    let start = if taken.is_some() { Domain::ABSENT } else { Domain::LIVE };
    against(flow, target, (other, start), &|at| {
        let first = taken.map_or(Some(0), |taken| at(0, taken, "stores"));
        let (Some(first), Some(ended), Some(lost)) =
            (first, at(1, u32::MAX, "removes"), at(0, delete, "removes"))
        else {
            return false;
        };
        let took = at(1, u32::MAX, "stores").is_some_and(|took| ended < took && took < lost);
        first <= ended && took
    })
}

/// Tells where a thread did something at a place, if it did.
type DidAt<'s> = dyn Fn(u8, Uid, &str) -> Option<usize> + 's;

/// An execution of the flow against somebody else in which the steps come as wanted.
fn against(
    flow: &Flow<'_, '_>,
    target: &Target,
    (other, start): (Program, Domain),
    wanted: &dyn Fn(&DidAt<'_>) -> bool,
) -> Option<Witness> {
    let cut = Cut { target, day: Day::default(), held: &[] };
    seek_through(flow, &cut, &mut |slice, locks| {
        let scene = Scene {
            programs: vec![one_round(slice.program.clone()), other.clone()],
            cells: vec![start],
            locks: locks.0.len(),
            silent: vec![false, true],
        };
        let found = seek_within(&scene, &flow.purse, &|steps, _| {
            wanted(&|thread, site, did| {
                steps.iter().position(|step| {
                    step.thread == thread && step.site == site && step.result.starts_with(did)
                })
            })
        });
        found.map(|found| *found)
    })
}

/// Somebody who dies before the lock has its end, and somebody who comes later and does not get it;
/// and whether the later one gives the lock its end by the same command. Who looks for a lock without
/// an end and gives it one by another has mended it.
fn left_behind(
    flow: &Flow<'_, '_>,
    target: &Target,
    (taken, limit): (Uid, Uid),
) -> Option<(Witness, bool)> {
    let cut = Cut { target, day: Day::default(), held: &[] };
    let (mut left, mut same, mut mended) = (None, None, false);
    seek_through(flow, &cut, &mut |slice, locks| {
        let later = one_round(slice.program.clone());
        let mut dies = later.clone();
        for op in dies.ops.iter_mut().filter(|op| op.site == limit) {
            op.kind = OpKind::Raise(DIED);
        }
        let scene = |later: Program| Scene {
            programs: vec![dies.clone(), later],
            cells: vec![Domain::ABSENT],
            locks: locks.0.len(),
            silent: vec![false, false],
        };
        let found = |later: Program, by: &dyn Fn(Option<Uid>) -> bool| {
            seek_within(&scene(later), &flow.purse, &|steps, _| {
                let did = |thread: u8, site: Uid, what: &dyn Fn(&str) -> bool| {
                    steps.iter().position(|step| {
                        step.thread == thread && step.site == site && what(&step.result)
                    })
                };
                let died = did(0, limit, &|_| true);
                let refused = did(1, taken, &|result| !result.starts_with("stores"));
                let gives = steps
                    .iter()
                    .find(|step| step.thread == 1 && limits(flow, target, step.site))
                    .map(|step| step.site);
                matches!((died, refused), (Some(died), Some(refused)) if died < refused)
                    && by(gives)
            })
        };
        let any = either_way(later.clone());
        mended |= found(any.clone(), &|by| by.is_some_and(|site| site != limit)).is_some();
        same = same.take().or_else(|| found(any, &|by| by == Some(limit)));
        left = left.take().or_else(|| found(later, &|by| by.is_none()));
        None
    });
    let (found, same) = same.map_or((left, false), |same| (Some(same), true));
    found.filter(|_| !mended).map(|found| (*found, same))
}

/// The program, whatever it sees of an entry that is there: how long that has yet to live is known to
/// nobody here.
fn either_way(mut program: Program) -> Program {
    for op in &mut program.ops {
        if let OpKind::Branch { test, yes, no } = op.kind
            && !matches!(test, Test::Won(_) | Test::Absent(_))
        {
            op.kind = OpKind::Chance { heads: yes, tails: no };
        }
    }
    program
}

/// The act that makes an entry for the one who is first.
fn takes<'f>(flow: &Flow<'_, 'f>, uid: Uid) -> Option<&'f Act> {
    match &flow.event(uid).kind {
        EventKind::Act(act) => claims(act).then_some(&**act),
        _ => None,
    }
}

fn claims(act: &Act) -> bool {
    matches!(act.kind, ActKind::Create | ActKind::Insert)
        && act.atomicity == Atomicity::Conditional
        && act.means == Meaning::Won
        && act.used.any()
}

/// Whether an event gives the entry its end.
fn limits(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    matches!(&flow.event(uid).kind, EventKind::Act(act)
        if act.kind == ActKind::Update && act.value.is_none())
        && touches(flow, target, uid) == Some(Touch::Entry)
}

/// Whether the entry goes by itself some day.
fn runs_out(flow: &Flow<'_, '_>, target: &Target, uid: Uid, act: &Act) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let limited = || {
        (uid + 1..u32::try_from(flow.events.len()).unwrap_or(0))
            .any(|later| limits(flow, target, later))
    };
    act.ttl.is_some() || dated(function, act) || limited()
}

/// Whether the value that is stored tells the time after which the lock counts as given back.
fn dated(function: &Function, act: &Act) -> bool {
    let mut trail = Trail::from(act.value, 16);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        if matches!(kind, ValueKind::Now) {
            return true;
        }
        trail.follow(kind.inputs());
    }
    false
}

/// Whether another method of the class takes the lock that is deleted here: same client, same name.
fn taken_beside(flow: &Flow<'_, '_>, delete: Uid) -> bool {
    beside(flow, delete, &|function, act| {
        act.key.text.as_ref().is_some_and(|text| !text.0.is_empty())
            && claims(act)
            && (act.ttl.is_some() || dated(function, act))
    })
}

/// Whether another method of the class stores a value there, whatever is there.
fn stored_beside(flow: &Flow<'_, '_>, delete: Uid) -> bool {
    beside(flow, delete, &|_, act| {
        matches!(act.kind, ActKind::Insert | ActKind::Update)
            && act.atomicity == Atomicity::Plain
            && act.value.is_some()
    })
}

/// Whether another method of the class does such a thing to the entry that is deleted here.
fn beside(flow: &Flow<'_, '_>, delete: Uid, does: &dyn Fn(&Function, &Act) -> bool) -> bool {
    let tree = flow.tree;
    let here = flow.frames[flow.frame_of(delete) as usize].func;
    let function = tree.function(here);
    let Some(class) = tree.class_of(here) else { return false };
    let Some((store, Some(key))) = flow.event(delete).kind.target() else { return false };
    let Some(name) = named(function, key) else { return false };
    let place = &function.store(store).place;
    tree.all().filter(|other| other.file == class.file).any(|other| {
        let beside = tree.function(other);
        let own = tree.class_of(other) == Some(class);
        if !own || other == here || beside.kind == FunctionKind::Constructor {
            return false;
        }
        let mut found = false;
        beside.each_event(|event| {
            let EventKind::Act(act) = &event.kind else { return };
            let same = named(beside, &act.key).as_ref() == Some(&name)
                && at_one(&beside.store(act.store).place, place, beside.store(act.store));
            found |= same && does(beside, act);
        });
        found
    })
}

/// How a method names an entry: by a text, or by a parameter.
fn named(function: &Function, key: &Key) -> Option<String> {
    if let Some(text) = key.text.as_ref().filter(|text| !text.0.is_empty()) {
        return Some(spelled(text));
    }
    let ValueKind::Param(n) = function.value(key.value?).kind else { return None };
    Some(function.params.get(usize::from(n))?.name.as_str().to_owned())
}

/// A key as the code spells it, free of what is numbered within one function.
fn spelled(text: &Text) -> String {
    text.to_string()
}

fn at_one(a: &Place, b: &Place, store: &Store) -> bool {
    store.kind == StoreKind::Remote && a == b
}

fn in_a_transaction(flow: &Flow<'_, '_>) -> bool {
    flow.events.iter().any(|ev| matches!(ev.event.kind, EventKind::TxBegin(_)))
}

/// Whether the names around say that the entry is a lock.
fn speaks_of_a_lock(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let key = flow.event(uid).kind.target().and_then(|(_, key)| key?.text.as_ref());
    let text = key.map(spelled).unwrap_or_default();
    let said = format!("{} {text}", function.qualified).to_ascii_lowercase().replace("block", "");
    ["lock", "mutex", "lease", "semaphore", "exclusive", "running", "leader"]
        .iter()
        .any(|word| said.contains(word))
}
