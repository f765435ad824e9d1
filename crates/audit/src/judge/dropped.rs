//! A helper that gives its caller's lock back while it runs what it was given: what the caller took
//! out under the lock is nowhere to be seen until that has run.

use amorsize_facts::event::{ActKind, EventKind, LockMode, Scope as Reach, StoreKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::pattern::{Grip, LockAt, locks_at};
use super::variants::{Cut, seek_through};
use crate::explore::{
    Answer, Domain, LockId, Lost, Mode, Op, OpKind, Program, Scene, Test, Value,
    Verdict as Explored, When, Witness, interleave_within,
};
use crate::flow::{AbsPath, AbsRoot, Flow, FrameId, Uid};
use crate::held::Locking;
use crate::slice::{AbsPlace, Day, Pair, Target};

/// Judges the callers of helpers that drop the lock.
pub(crate) fn dropped(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<Draft> {
    let all = flow.uids();
    let (release, lock) =
        all.clone().find_map(|uid| Some((uid, gives_back(flow, locking, uid)?)))?;
    let helper = flow.frame_of(release);
    let runs = all.clone().find(|uid| *uid > release && runs_what_it_got(flow, *uid, helper))?;
    let taken = { all }.take_while(|uid| *uid < release).filter(|uid| {
        flow.frame_of(*uid) == 0
            && takes_out(flow, *uid)
            && locks_at(flow, locking, *uid).iter().any(|held| held.path == lock.path)
    });
    let taken = taken.last()?;
    let target = flow.target(taken).or_else(|| flow.store_of(taken))?;
    let target = Target { key_uid: taken, scope: Reach::Thread, ..target };
    let witness = witness(flow, &target, (taken, runs), &lock.path)?;
    let name = flow.tree.function(flow.frames[helper as usize].func).name;
    Some(Draft {
        rule: 110,
        verdict: Verdict::Conditional,
        consequence: Consequence::WrongAnswer,
        target,
        pair: Pair { check: taken, act: runs, data: false },
        witness: Some(witness),
        other: Other::Outside("looks under the lock for what waits or has been dealt with"),
        why_shared: format!(
            "`{name}` gives `{}` back while it runs what it is given",
            lock.path.text()
        ),
        assumption: Some(
            "somebody who holds the lock expects everything to be either still there or dealt with"
                .to_owned(),
        ),
        grip: Grip::Gap(lock),
        guard: None,
    })
}

/// The lock of the caller that an event of a helper gives back.
fn gives_back(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, uid: Uid) -> Option<LockAt> {
    let EventKind::Release(release) = &flow.event(uid).kind else { return None };
    let frame = flow.frame_of(uid);
    if frame == 0 || flow.frames[frame as usize].lexical.is_some() {
        return None;
    }
    let path = flow.path(frame, &release.lock);
    let own = (0..uid).any(|other| {
        flow.frame_of(other) == frame
            && matches!(&flow.event(other).kind, EventKind::Acquire(acquire)
                if flow.path(frame, &acquire.lock) == path)
    });
    if own || path.root != AbsRoot::Receiver {
        return None;
    }
    let call = flow.place(uid, 0)?;
    locks_at(flow, locking, call)
        .into_iter()
        .find(|held| held.path == path && held.mode == LockMode::Exclusive)
}

/// Whether a helper calls a function that it was handed.
fn runs_what_it_got(flow: &Flow<'_, '_>, uid: Uid, helper: FrameId) -> bool {
    let EventKind::Call(call) = &flow.event(uid).kind else { return false };
    let function = flow.tree.function(flow.frames[helper as usize].func);
    let handed = |name| function.params.iter().any(|param| param.name == name);
    let nameless = call.callee.is_empty() && call.receiver.is_none() && !function.params.is_empty();
    flow.frame_of(uid) == helper && (nameless || handed(call.name) || handed(call.callee))
}

/// Whether an event of the caller takes something out of a store of its receiver.
fn takes_out(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    let Some(target) = flow.store_of(uid) else { return false };
    let kept = matches!(
        target.kind,
        StoreKind::Map | StoreKind::List | StoreKind::Queue | StoreKind::Cell
    );
    let AbsPlace::Path(path) = &target.place else { return false };
    let removes =
        matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Update | ActKind::Insert);
    kept && removes && path.root == AbsRoot::Receiver && !path.steps.is_empty()
}

/// The caller as it stands, and somebody who holds the lock and finds the entry neither waiting
/// (cell 0) nor dealt with (cell 1).
fn witness(
    flow: &Flow<'_, '_>,
    target: &Target,
    (taken, runs): (Uid, Uid),
    path: &AbsPath,
) -> Option<Witness> {
    let day = Day { foreign: &[runs], ..Day::default() };
    let cut = Cut { target, day, held: &[] };
    seek_through(flow, &cut, &mut |slice, locks| {
        let mut caller = slice.program.clone();
        let mut deals = false;
        for op in &mut caller.ops {
            op.kind = match op.kind {
                OpKind::Observe { cell: 1, into } => {
                    deals = true;
                    let (value, when, lost) = (Value::Own(runs), When::Always, Lost::Ignore);
                    OpKind::Write { cell: 1, value, when, into, lost }
                }
                // What is left of a list that something was taken from is without it.
                OpKind::Write { cell: 0, into, .. } if op.site == taken => {
                    OpKind::Delete { cell: 0, when: When::Present, into, lost: Lost::Ignore }
                }
                other => other,
            };
        }
        let scene = Scene {
            programs: vec![caller, looks_for_it(locks.id(path))],
            cells: vec![Domain::LIVE, Domain::ABSENT],
            locks: locks.0.len(),
            silent: vec![true, false],
        };
        match interleave_within(&scene, &flow.purse) {
            Explored::Witness(found) if deals => Some(*found),
            _ => None,
        }
    })
}

fn looks_for_it(lock: LockId) -> Program {
    let ops = [
        OpKind::Acquire { lock, mode: Mode::Write },
        OpKind::Observe { cell: 0, into: 0 },
        OpKind::Observe { cell: 1, into: 1 },
        OpKind::Release { lock },
        OpKind::Branch { test: Test::Absent(0), yes: 5, no: 6 },
        OpKind::Branch { test: Test::Absent(1), yes: 7, no: 6 },
        OpKind::Return(Answer::Label(1)),
        OpKind::Return(Answer::Label(2)),
    ];
    let ops = ops.into_iter().map(|kind| Op { kind, site: u32::MAX }).collect();
    Program { label: String::new(), ops }
}
