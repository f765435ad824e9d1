//! A lock file that is removed by its name while others wait for the lock on what they have open: they get a lock
//! that nobody else meets, because whoever comes later makes a new file of that name.

use amorsize_facts::event::{
    Acquire, Act, ActKind, EventKind, Lang, LockKind, Name, Root, Step, StoreKind, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::own_names::names_itself;
use super::pattern::Grip;
use super::readers::spelled;
use super::sense::is_tool;
use crate::explore::{
    CellId, Domain, LockId, Lost, Mode, Op, OpKind, Program, Scene, Step as Taken, When, Witness,
    seek_within,
};
use crate::flow::{Flow, Uid};
use crate::link::Tree;
use crate::slice::Pair;

const NAME: CellId = 0;
const LOCK: LockId = 0;

/// Judges what the entry removes by name.
pub(crate) fn unlinked(flow: &Flow<'_, '_>) -> Option<Draft> {
    if flow.tree.file(flow.entry).lang != Lang::Python {
        return None;
    }
    flow.uids().filter(|uid| flow.frame_of(*uid) == 0).find_map(|uid| {
        let EventKind::Act(act) = &flow.event(uid).kind else { return None };
        let removes =
            act.kind == ActKind::Delete && !act.by_handle && !names_itself(flow, 0, &act.key);
        if !removes {
            return None;
        }
        let target = flow.target(uid).filter(|target| target.kind == StoreKind::File)?;
        let own = locked_here(flow, act);
        let locked = own.is_some() || locked_by_class(flow, act);
        if target.confined || !locked || looks_again(flow.tree, flow.entry.file) {
            return None;
        }
        let witness = witness(flow, (own.unwrap_or(uid), uid))?;
        let assumption = is_tool(flow)
            .then(|| "two runs of this tool work on the same files at the same time".to_owned());
        Some(Draft {
            rule: 142,
            verdict: if assumption.is_some() { Verdict::Conditional } else { Verdict::Open },
            consequence: Consequence::DoubleWin,
            target,
            pair: Pair { check: own.unwrap_or(uid), act: uid, data: false },
            witness: Some(witness),
            other: Other::Outside("opens it and waits for the lock"),
            why_shared: "files are shared by all processes".to_owned(),
            assumption,
            grip: Grip::None,
            guard: None,
        })
    })
}

const fn is_of_a_file(acquire: &Acquire) -> bool {
    matches!(acquire.kind, LockKind::File)
}

/// Where the entry locks the file that it removes.
fn locked_here(flow: &Flow<'_, '_>, act: &Act) -> Option<Uid> {
    let keys = flow.keys_of(0, &act.key);
    flow.uids().find(|uid| {
        let EventKind::Acquire(acquire) = &flow.event(*uid).kind else { return false };
        let frame = flow.frame_of(*uid);
        is_of_a_file(acquire)
            && acquire
                .key
                .as_ref()
                .is_some_and(|key| flow.keys_of(frame, key).iter().any(|key| keys.contains(key)))
    })
}

/// Whether another method of the class locks the file of that name, which the object keeps.
fn locked_by_class(flow: &Flow<'_, '_>, act: &Act) -> bool {
    let Some(class) = flow.class.or_else(|| flow.tree.class_of(flow.entry)) else { return false };
    let Some(name) = spelled(&act.key).filter(|name| name.contains("{self.")) else { return false };
    let called = format!("{} {name}", flow.tree.class(class).name).to_ascii_lowercase();
    if !["lock", "mutex", "pid"].iter().any(|word| called.contains(word)) {
        // What is locked while it is written is not there to be locked.
        return false;
    }
    let lock = Name::new(&format!(".{name}"));
    flow.tree.ancestry(class).into_iter().flat_map(|class| flow.tree.methods_of(class)).any(|id| {
        let mut locked = false;
        flow.tree.function(id).each_event(|event| {
            if let EventKind::Acquire(acquire) = &event.kind {
                locked |= is_of_a_file(acquire)
                    && acquire.lock.steps.is_empty()
                    && acquire.lock.root == Root::Global(lock);
            }
        });
        locked
    })
}

/// Whether the module knows that a locked file may have lost its name: it compares what is open with what the name
/// stands for. On Windows nobody removes what is open.
fn looks_again(tree: &Tree<'_>, file: u32) -> bool {
    let windows = tree.files[file as usize].imports.iter().any(|import| import.target == "msvcrt");
    windows
        || tree.all().filter(|id| id.file == file).any(|id| {
            let function = tree.function(id);
            let mut same = function.values.iter().any(|value| match &value.kind {
                ValueKind::Field(_, name) => *name == "st_ino",
                ValueKind::Load(path) => {
                    path.steps.last() == Some(&Step::Field(Name::new("st_ino")))
                }
                _ => false,
            });
            function.each_event(|event| {
                if let EventKind::Call(call) = &event.kind {
                    same |= matches!(call.name.as_str(), "samestat" | "sameopenfile" | "samefile");
                }
            });
            same
        })
}

/// Who waits has the file open and holds its lock when the name has gone.
fn witness(flow: &Flow<'_, '_>, (locked, removed): (Uid, Uid)) -> Option<Witness> {
    let at = |kind: OpKind, site: u32| Op { kind, site };
    let take = || OpKind::Acquire { lock: LOCK, mode: Mode::Write };
    let removes = OpKind::Delete { cell: NAME, when: When::Always, into: 0, lost: Lost::Ignore };
    let owner = Program {
        label: String::new(),
        ops: vec![
            at(take(), locked),
            at(removes, removed),
            at(OpKind::Release { lock: LOCK }, removed),
        ],
    };
    let looks = |into| at(OpKind::Observe { cell: NAME, into }, u32::MAX);
    let waits = Program {
        label: String::new(),
        ops: vec![
            looks(0),
            at(take(), u32::MAX),
            looks(1),
            at(OpKind::Release { lock: LOCK }, u32::MAX),
        ],
    };
    let scene = Scene {
        programs: vec![owner, waits],
        cells: vec![Domain::LIVE],
        locks: 1,
        silent: vec![false, false],
    };
    let bereft = |steps: &[Taken], _: &_| {
        let mut saw =
            steps.iter().filter(|step| step.thread == 1 && step.result.starts_with("sees"));
        matches!((saw.next(), saw.next()), (Some(first), Some(then))
            if first.result != "sees nothing" && then.result == "sees nothing")
    };
    seek_within(&scene, &flow.purse, &bereft).map(|found| *found)
}
