//! A cache and its source as the two cells of a scene: who fills the cache, and who changes both, step by step under the
//! locks that each of them holds.

use amorsize_facts::event::{EventKind, LockMode};

use super::explore::{Other, Party};
use super::pattern::{LockAt, locks_at};
use super::stale_fill::{Does, Fill, Touch, runs_on_a_loop};
use crate::explore::{
    Answer, LockId, Lost, Mode, NOTHING, Op, OpKind, Pc, Program, Test, Value, When,
};
use crate::flow::{Flow, FrameId, Uid};
use crate::held::Locking;
use crate::slice::Locks;
use crate::turns::turn;

/// The cells.
const CACHE: u8 = 0;
const SOURCE: u8 = 1;

/// One party as the explorer runs it: its steps in their order, under the locks that are held there.
struct Steps<'s, 't, 'f> {
    flow: &'s Flow<'t, 'f>,
    locking: &'s Locking<'t, 'f>,
    locks: &'s mut Locks,
    ops: Vec<Op>,
    /// What is held, and where it was taken.
    held: Vec<(LockAt, LockId, Uid)>,
    /// The branches that lead out, and what they have to give back.
    out: Vec<(usize, Vec<(LockId, Uid)>)>,
}

impl<'s, 't, 'f> Steps<'s, 't, 'f> {
    fn new((flow, locking): (&'s Flow<'t, 'f>, &'s Locking<'t, 'f>), locks: &'s mut Locks) -> Self {
        Self { flow, locking, locks, ops: Vec::new(), held: Vec::new(), out: Vec::new() }
    }

    /// One step, under the locks that are held at it.
    fn step(&mut self, kind: OpKind, site: Uid) {
        let wanted = held_at((self.flow, self.locking), site);
        self.hold(&wanted, site);
        self.push(kind, site);
    }

    fn push(&mut self, kind: OpKind, site: Uid) {
        self.ops.push(Op { kind, site });
    }

    /// Goes on only if the test holds.
    fn only_if(&mut self, test: Test, site: Uid) {
        let given = self.held.iter().rev().map(|(_, lock, taken)| (*lock, *taken)).collect();
        self.out.push((self.ops.len(), given));
        self.push(OpKind::Branch { test, yes: pc(self.ops.len() + 1), no: 0 }, site);
    }

    /// Gives back what is no longer held at the next step, and takes what is.
    fn hold(&mut self, wanted: &[LockAt], site: Uid) {
        let kept = |held: &LockAt| {
            wanted.iter().any(|lock| lock.path == held.path && lock.taken == held.taken)
        };
        let (stay, go): (Vec<_>, Vec<_>) = self.held.drain(..).partition(|(held, ..)| kept(held));
        self.held = stay;
        for (_, lock, taken) in go.into_iter().rev() {
            self.push(OpKind::Release { lock }, taken);
        }
        for lock in wanted {
            // Whoever holds a lock already takes it once.
            if self.held.iter().any(|(held, ..)| held.path == lock.path) {
                continue;
            }
            let taken = self.taken_at(lock).unwrap_or(site);
            let id = self.locks.id(&lock.path);
            let mode = if lock.mode == LockMode::Shared { Mode::Read } else { Mode::Write };
            self.push(OpKind::Acquire { lock: id, mode }, taken);
            self.held.push((lock.clone(), id, taken));
        }
    }

    /// The event that takes a lock.
    fn taken_at(&self, lock: &LockAt) -> Option<Uid> {
        self.flow.uids().find(|uid| {
            let event = self.flow.event(*uid);
            self.flow.frame_of(*uid) == lock.taken.0
                && event.span.line == lock.line
                && matches!(event.kind, EventKind::Acquire(_))
        })
    }

    fn program(mut self) -> Program {
        let last = self.ops.last().map_or(0, |op| op.site);
        self.hold(&[], last);
        for (at, given) in std::mem::take(&mut self.out) {
            self.push(OpKind::Return(Answer::Label(NOTHING)), last);
            let out = pc(self.ops.len());
            if let OpKind::Branch { no, .. } = &mut self.ops[at].kind {
                *no = out;
            }
            for (lock, taken) in given {
                self.push(OpKind::Release { lock }, taken);
            }
        }
        let label = self.flow.tree.function(self.flow.entry).qualified.as_str().to_owned();
        Program { label, ops: self.ops }
    }
}

fn pc(at: usize) -> Pc {
    Pc::try_from(at).unwrap_or(Pc::MAX)
}

/// The locks at an event, and the turn of the loop that a coroutine runs on.
fn held_at((flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>), uid: Uid) -> Vec<LockAt> {
    let mut found = locks_at(flow, locking, uid);
    if runs_on_a_loop(flow) {
        let (path, mode, scope) = turn();
        let waits = |before: &Uid| matches!(flow.event(*before).kind, EventKind::Await(_));
        let turns = (0..uid).filter(waits).count();
        let taken = (FrameId::MAX, u32::try_from(turns).unwrap_or(u32::MAX));
        found.push(LockAt { path, mode, scope, line: 0, taken });
    }
    found
}

/// The entry on its way through the miss.
pub(super) fn filler(
    at: (&Flow<'_, '_>, &Locking<'_, '_>),
    fill: &Fill<'_>,
    locks: &mut Locks,
) -> Program {
    let mut steps = Steps::new(at, locks);
    for touch in fill.touches {
        let looks =
            touch.place == fill.cache && touch.does == Does::Looks && fill.keyed == touch.keyed;
        // What is looked at before the reading but first is looked at on the way through the hit.
        let again = looks && (fill.read..fill.fill).contains(&touch.uid);
        let lost = Lost::Ignore;
        match (touch.uid, touch.does) {
            (uid, Does::Puts(when)) if uid == fill.fill => {
                steps.step(
                    OpKind::Write { cell: CACHE, value: Value::Same(1), when, into: 2, lost },
                    uid,
                );
            }
            (uid, _) if uid == fill.look || again => {
                steps.step(OpKind::Observe { cell: CACHE, into: 0 }, uid);
                steps.only_if(Test::Absent(0), uid);
            }
            (uid, _) if uid == fill.read => {
                steps.step(OpKind::Observe { cell: SOURCE, into: 1 }, uid);
                steps.only_if(Test::Truthy(1), uid);
            }
            _ => {}
        }
    }
    steps.program()
}

/// The other function, with what it does to both.
pub(super) fn changer(
    at: (&Flow<'_, '_>, &Locking<'_, '_>),
    fill: &Fill<'_>,
    changes: &[Touch],
    locks: &mut Locks,
) -> Program {
    let mut steps = Steps::new(at, locks);
    for touch in changes {
        let cell = if touch.place == fill.cache { CACHE } else { SOURCE };
        let lost = Lost::Ignore;
        let kind = if let Does::Puts(_) = touch.does {
            OpKind::Write { cell, value: Value::Own(1), when: When::Always, into: 0, lost }
        } else {
            OpKind::Delete { cell, when: When::Present, into: 0, lost }
        };
        steps.step(kind, touch.uid);
    }
    steps.program()
}

/// The other party as the witness tells of it: its steps are numbered from now on.
pub(super) fn party(
    (flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>),
    (changes, program): (&[Touch], &mut Program),
) -> Other {
    let mut steps: Vec<Party> = Vec::new();
    for op in &mut program.ops {
        let file = flow.frames[flow.frame_of(op.site) as usize].func.file;
        let party = Party { file, span: flow.event(op.site).span };
        let at = steps.iter().position(|known| *known == party).unwrap_or_else(|| {
            steps.push(party);
            steps.len() - 1
        });
        op.site = u32::try_from(at).unwrap_or(u32::MAX);
    }
    let first = changes.first().map_or(0, |touch| flow.event(touch.uid).span.line);
    Other::Mutator {
        label: program.label.clone(),
        path: flow.tree.file(flow.entry).path.clone(),
        line: first,
        bare: changes.iter().all(|touch| locks_at(flow, locking, touch.uid).is_empty()),
        both: false,
        steps,
    }
}
