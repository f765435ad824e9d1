//! Decisions across stores: a store is changed under its lock, and the decision was read from
//! another store that the lock does not guard.

use amorsize_facts::event::{ActKind, Call, EventKind, Lang, LockMode, Root, Step, StoreKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::pattern::{Grip, locks_at};
use crate::explore::{Domain, Lost, Mode, Op, OpKind, Program, Scene, Value, When, Witness};
use crate::flow::{AbsPath, AbsRoot, Flow, Uid};
use crate::held::Locking;
use crate::link::Tree;
use crate::slice::{AbsPlace, Day, Locks, Pair, Target, compile_on};

/// Choices of branches that are not understood, per slice.
const VARIANTS_MAX: u32 = 8;

/// Judges the entry's decisions that rest on another party's store.
pub(crate) fn across(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return None;
    }
    let all = flow.uids();
    let looks: Vec<(Uid, AbsPath)> =
        all.clone().filter_map(|uid| Some((uid, foreign_read(flow, uid)?))).collect();
    let (look, store) = looks.first()?.clone();
    let held = locks_at(flow, locking, look);
    let lock = held.iter().find(|lock| lock.mode == LockMode::Exclusive)?;
    let act = { all }.find(|uid| *uid > look && own_write(flow, *uid))?;
    let same = locks_at(flow, locking, act).iter().any(|other| other.taken == lock.taken);
    if !same {
        return None;
    }
    let target = flow.target(act).or_else(|| flow.store_of(act))?;
    // What one look lists, a later one gets by its key.
    let got = looks.iter().find(|(uid, path)| {
        *uid > look
            && *path == store
            && lists(flow, look)
            && !lists(flow, *uid)
            && flow.frame_of(*uid) == 0
    });
    let places = Places { look, got: got.map(|(uid, _)| *uid), act };
    let around = locking.around(flow.entry);
    let held: Vec<(AbsPath, Mode)> = around
        .iter()
        .filter(|held| held.mode == LockMode::Exclusive)
        .map(|held| (flow.path(0, &held.lock), Mode::Write))
        .collect();
    let witness = witness(flow, &target, &places, &held)?;
    let (rule, consequence, does) = match places.got {
        Some(_) => (120, Consequence::WrongAnswer, "removes from the other store what was listed"),
        None => (108, Consequence::StaleAnswer, "stores a newer value there, without this lock"),
    };
    Some(Draft {
        rule,
        verdict: Verdict::Conditional,
        consequence,
        target: Target {
            place: AbsPlace::Path(store.clone()),
            kind: StoreKind::Synchronised,
            key_uid: places.got.unwrap_or(look),
            ..target
        },
        pair: Pair { check: look, act: places.got.unwrap_or(act), data: false },
        witness: Some(witness),
        other: Other::Outside(does),
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

/// The look into the other store, a second one by key, and the act that rests on them.
struct Places {
    look: Uid,
    got: Option<Uid>,
    act: Uid,
}

/// The function from its code, the other store as cell 1, and somebody who changes that store in
/// between: what is decided no longer holds when it is acted upon.
fn witness(
    flow: &Flow<'_, '_>,
    target: &Target,
    places: &Places,
    held: &[(AbsPath, Mode)],
) -> Option<Witness> {
    let foreign: Vec<Uid> = std::iter::once(places.look).chain(places.got).collect();
    for variant in 0..VARIANTS_MAX {
        let mut locks = Locks::default();
        let day = Day { foreign: &foreign, ..Day::default() };
        let slice = compile_on(flow, target, &mut locks, (variant, day), held)?;
        let mut program = slice.program.clone();
        // What is queued is what was seen in the other store.
        let source = places.got.unwrap_or(places.look);
        let seen = program.ops.iter().find_map(|op| match op.kind {
            OpKind::Observe { cell: 1, into } if op.site == source => Some(into),
            _ => None,
        });
        for op in &mut program.ops {
            if op.site == places.act
                && let (OpKind::Write { value, .. }, Some(seen)) = (&mut op.kind, seen)
            {
                *value = Value::Same(seen);
            }
        }
        let scene = Scene {
            programs: vec![program, stranger(places.got.is_some())],
            cells: vec![Domain::PLAIN, Domain::LIVE],
            locks: locks.0.len(),
            silent: vec![false, true],
        };
        let until = places.got.unwrap_or(places.act);
        let found = crate::explore::seek_within(&scene, &flow.purse, &|steps, _| {
            let at = |site: Uid| steps.iter().position(|s| s.site == site && s.thread == 0);
            let changed = steps.iter().position(|step| step.thread == 1);
            let acted = at(places.act).is_some();
            matches!((at(places.look), changed, at(until)), (Some(s), Some(w), Some(a)) if s < w && w < a)
                && acted
        });
        if let Some(found) = found {
            return Some(*found);
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    None
}

/// Somebody who changes the other store and does not take this lock.
fn stranger(removes: bool) -> Program {
    let lost = Lost::Ignore;
    let kind = if removes {
        OpKind::Delete { cell: 1, when: When::Present, into: 0, lost }
    } else {
        OpKind::Write { cell: 1, value: Value::Own(1), when: When::Always, into: 0, lost }
    };
    Program { label: String::new(), ops: vec![Op { kind, site: u32::MAX }] }
}

/// Whether a look asks for all keys or entries.
fn lists(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    match &flow.event(uid).kind {
        EventKind::Call(call) => call.name.as_str().starts_with("List"),
        kind => matches!(kind, EventKind::Enumerate(_)),
    }
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
