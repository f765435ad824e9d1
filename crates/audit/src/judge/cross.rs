//! Decisions across stores: a store is changed under its lock, and the decision was read from
//! another store that the lock does not guard.

use amorsize_facts::event::{ActKind, Call, EventKind, Lang, LockMode, Root, Step, StoreKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::pattern::{Grip, locks_at};
use crate::explore::{
    Answer, Domain, Lost, Op, OpKind, Program, Scene, Test, Value, Verdict as Explored, When,
    interleave,
};
use crate::flow::{AbsPath, AbsRoot, Flow, Uid};
use crate::held::Locking;
use crate::link::Tree;
use crate::slice::{AbsPlace, Pair, Target};

/// Judges the entry's decisions that rest on another party's store.
pub(crate) fn across(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return None;
    }
    let all = 0..u32::try_from(flow.events.len()).unwrap_or(0);
    let (look, store) = all.clone().find_map(|uid| {
        let path = foreign_read(flow, uid)?;
        Some((uid, path))
    })?;
    let held = locks_at(flow, locking, look);
    let lock = held.iter().find(|lock| lock.mode == LockMode::Exclusive)?;
    let act = { all }.find(|uid| *uid > look && own_write(flow, *uid))?;
    let same = locks_at(flow, locking, act).iter().any(|other| other.taken == lock.taken);
    if !same {
        return None;
    }
    let target = flow.store_of(act)?;
    let witness = witness(look, act)?;
    let place = AbsPlace::Path(store.clone());
    Some(Draft {
        rule: 108,
        verdict: Verdict::Conditional,
        consequence: Consequence::StaleAnswer,
        target: Target { place, kind: StoreKind::Synchronised, key_uid: look, ..target },
        pair: Pair { check: look, act, data: false },
        witness: Some(witness),
        other: Other::Outside("changes the other store without this lock"),
        why_shared: "it is another party's store, with a lock of its own".to_owned(),
        assumption: Some(format!(
            "`{}` is written by somebody who does not hold `{}`",
            store.text(),
            lock.path.text()
        )),
        grip: Grip::Whole(lock.clone()),
        guard: None,
    })
}

/// A look into a store behind an interface field of the receiver.
fn foreign_read(flow: &Flow<'_, '_>, uid: Uid) -> Option<AbsPath> {
    let frame = flow.frame_of(uid);
    let path = match &flow.event(uid).kind {
        EventKind::Call(call) => {
            if !looks(call) {
                return None;
            }
            flow.path(frame, call.receiver.as_ref()?)
        }
        EventKind::Read(_) | EventKind::Enumerate(_) => {
            let target = flow.store_of(uid)?;
            if target.kind != StoreKind::Synchronised {
                return None;
            }
            match target.place {
                AbsPlace::Path(path) => path,
                _ => return None,
            }
        }
        _ => return None,
    };
    let [Step::Field(field)] = path.steps.as_slice() else { return None };
    if path.root != AbsRoot::Receiver {
        return None;
    }
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry))?;
    let (from, type_ref) = flow.tree.field_type(class, *field)?;
    let behind = flow.tree.class_named(from, type_ref.name);
    let foreign = behind.is_some_and(|class| flow.tree.class(class).is_interface)
        || Tree::type_word(type_ref).as_str().ends_with("Getter")
        || Tree::type_word(type_ref).as_str().ends_with("Store");
    foreign.then_some(path)
}

fn looks(call: &Call) -> bool {
    let name = call.name.as_str();
    let field = call.receiver.as_ref().is_some_and(|path| path.root == Root::Receiver);
    field
        && ["Get", "List", "Has", "Contains", "Load", "Lookup", "Exists"]
            .iter()
            .any(|word| name.starts_with(word))
}

fn own_write(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    let writes = matches!(
        act.kind,
        ActKind::Insert | ActKind::Create | ActKind::Update | ActKind::Append | ActKind::Enqueue
    );
    writes
        && flow.store_of(uid).is_some_and(|target| {
            matches!(target.kind, StoreKind::Map | StoreKind::List | StoreKind::Queue)
                && matches!(&target.place, AbsPlace::Path(path)
                    if path.root == AbsRoot::Receiver && !path.steps.is_empty())
        })
}

/// Cell 0 is the other store, cell 1 what is queued here: what is queued was read before somebody
/// stored a newer one.
fn witness(look: Uid, act: Uid) -> Option<crate::explore::Witness> {
    let op = |kind, site| Op { kind, site };
    let ops = vec![
        op(OpKind::Acquire { lock: 0, mode: crate::explore::Mode::Write }, look),
        op(OpKind::Observe { cell: 0, into: 0 }, look),
        op(OpKind::Branch { test: Test::Absent(0), yes: 5, no: 3 }, look),
        op(
            OpKind::Write {
                cell: 1,
                value: Value::Same(0),
                when: When::Always,
                into: 1,
                lost: Lost::Ignore,
            },
            act,
        ),
        op(OpKind::Release { lock: 0 }, act),
        op(OpKind::Return(Answer::Label(0)), act),
    ];
    // The writer stores a newer object and tells the queue, under the queue's lock, as ever.
    let put = |cell| OpKind::Write {
        cell,
        value: Value::Own(1),
        when: When::Always,
        into: 0,
        lost: Lost::Ignore,
    };
    let writer = vec![
        op(put(0), u32::MAX),
        op(OpKind::Acquire { lock: 0, mode: crate::explore::Mode::Write }, u32::MAX),
        op(put(1), u32::MAX),
        op(OpKind::Release { lock: 0 }, u32::MAX),
    ];
    let scene = Scene {
        programs: vec![
            Program { label: String::new(), ops },
            Program { label: String::new(), ops: writer },
        ],
        cells: vec![Domain::LIVE, Domain::ABSENT],
        locks: 1,
        silent: vec![false, true],
    };
    match interleave(&scene) {
        Explored::Witness(witness) => Some(*witness),
        _ => direct(look, act),
    }
}

/// The plainest case: the other store changes between the look and the act.
fn direct(look: Uid, act: Uid) -> Option<crate::explore::Witness> {
    let op = |kind, site| Op { kind, site };
    let ops = vec![
        op(OpKind::Observe { cell: 0, into: 0 }, look),
        op(
            OpKind::Write {
                cell: 1,
                value: Value::Same(0),
                when: When::Always,
                into: 1,
                lost: Lost::Ignore,
            },
            act,
        ),
        op(OpKind::Return(Answer::Label(0)), act),
    ];
    let writer = vec![op(
        OpKind::Write {
            cell: 0,
            value: Value::Own(1),
            when: When::Always,
            into: 0,
            lost: Lost::Ignore,
        },
        u32::MAX,
    )];
    let scene = Scene {
        programs: vec![
            Program { label: String::new(), ops },
            Program { label: String::new(), ops: writer },
        ],
        cells: vec![Domain::LIVE, Domain::ABSENT],
        locks: 0,
        silent: vec![false, true],
    };
    crate::explore::seek(&scene, &|steps, outcome| {
        let written = steps.iter().position(|step| step.thread == 1);
        let acted = steps.iter().position(|step| step.site == act && step.thread == 0);
        let seen = steps.iter().position(|step| step.site == look);
        let _ = outcome;
        matches!((seen, written, acted), (Some(s), Some(w), Some(a)) if s < w && w < a)
    })
    .map(|found| *found)
}
