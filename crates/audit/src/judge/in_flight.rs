//! Marks of what is in flight: `if key in self._busy: return None … self._busy.add(key)` under a lock, then work
//! without it, then `self._busy.discard(key)` under it again. As long as the mark is there, whoever asks for it in the
//! critical section of his change turns away, and what a witness has him change meanwhile cannot be.

use amorsize_facts::event::{
    Act, ActKind, Block, CheckKind, Cond, Event, EventId, EventKind, Function, FunctionKind, Key,
    Node, Path, Place, Root, Seen, Step as PathStep, StoreKind, ValueId, contains, leaves,
};

use super::explore::Other;
use super::pattern::{LockAt, locks_at};
use crate::explore::{Step, Witness};
use crate::flow::{AbsRoot, Flow, Uid};
use crate::held::Locking;
use crate::link::FnId;
use crate::slice::{AbsPlace, Target};

/// A mark that the function sets, and what takes it away.
struct Mark {
    test: Uid,
    set: Uid,
    drops: Vec<Uid>,
    /// What bears the mark, and which of its entries.
    of: Path,
    key: u64,
}

/// Whether a witness needs somebody to change what another one has marked as in flight.
pub(super) fn passes_a_mark(
    (flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>),
    target: &Target,
    (other, witness): (&Other, &Witness),
) -> bool {
    let mut marks = marks(flow, locking);
    marks.retain(|mark| bears(flow, target, mark) && !is_dropped_elsewhere(flow, mark));
    let sections = Sections { flow, locking };
    marks.iter().any(|mark| {
        witness.steps.iter().enumerate().any(|(at, step)| {
            let keeps_off = match other {
                Other::Same => sections.asks_before(mark, step.site),
                Other::Mutator { path, label, line, .. } => {
                    step.thread == 1 && rival_asks(flow, locking, mark, (path, label, *line))
                }
                _ => false,
            };
            keeps_off && changes(step) && sections.in_flight(mark, witness, at)
        })
    })
}

/// Whether the marks are kept where the entries are: those of one object say nothing of what all objects share.
fn bears(flow: &Flow<'_, '_>, target: &Target, mark: &Mark) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let root = flow.path(flow.frame_of(mark.set), &mark.of).root;
    root == path.root || matches!(root, AbsRoot::Global(..) | AbsRoot::Class(_))
}

/// Whether another function of the file takes such marks away, whosever they are.
fn is_dropped_elsewhere(flow: &Flow<'_, '_>, mark: &Mark) -> bool {
    let own = |id: FnId| flow.frames.iter().any(|frame| frame.func == id);
    let facts = flow.tree.file(flow.entry);
    let all = (0_u32..).zip(&facts.functions);
    let class = flow.tree.class_of(flow.entry);
    let mut others = all.filter(|(func, function)| {
        let id = FnId { file: flow.entry.file, func: *func };
        !own(id)
            && (mark.of.root != Root::Receiver || flow.tree.class_of(id) == class)
            && !matches!(function.kind, FunctionKind::Constructor | FunctionKind::Module)
    });
    others.any(|(_, function)| {
        let mut drops = false;
        function.each_event(|event| {
            if let EventKind::Act(act) = &event.kind {
                let takes = matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear);
                let place = &function.store(act.store).place;
                drops |= takes && matches!(place, Place::Path(path) if *path == mark.of);
            }
        });
        drops
    })
}

fn changes(step: &Step) -> bool {
    ["stores", "removes", "publishes"].iter().any(|word| step.result.starts_with(word))
}

/// The marks that a function sets in the critical section in which it asks for them.
fn marks(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Vec<Mark> {
    let sections = Sections { flow, locking };
    let mut found = Vec::new();
    for set in flow.uids() {
        let Some((act, of)) = marking(flow, set, &[ActKind::Insert, ActKind::Create]) else {
            continue;
        };
        let frame = flow.frame_of(set);
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let Some(key) = act.key.value else { continue };
        let asks = |test: &Uid| {
            flow.frame_of(*test) == frame
                && asked(function, flow.event(*test)).is_some_and(|(path, asked, result)| {
                    path == of
                        && same(asked, &act.key)
                        && follows(&function.body, result, flow.event(set).id, false)
                })
                && sections.one(*test, set)
        };
        let Some(test) = (0..set).rev().find(asks) else { continue };
        let drops = |uid: &Uid| {
            let taken = marking(flow, *uid, &[ActKind::Delete, ActKind::Take, ActKind::Clear]);
            taken.is_some_and(|(_, path)| {
                flow.path(flow.frame_of(*uid), path) == flow.path(frame, of)
            })
        };
        let drops: Vec<Uid> = flow.uids().filter(drops).collect();
        if !drops.is_empty() {
            found.push(Mark { test, set, drops, of: of.clone(), key: flow.canon(frame, key) });
        }
    }
    found
}

/// What is done to an entry of a set or a table of the process.
fn marking<'f>(flow: &Flow<'_, 'f>, uid: Uid, kinds: &[ActKind]) -> Option<(&'f Act, &'f Path)> {
    let EventKind::Act(act) = &flow.event(uid).kind else { return None };
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let store = function.store(act.store);
    let plain = matches!(store.kind, StoreKind::Map | StoreKind::List);
    match &store.place {
        Place::Path(path) if plain && kinds.contains(&act.kind) => Some((act, path)),
        _ => None,
    }
}

/// What a check for presence asks, where it is one.
fn asked<'f>(function: &'f Function, event: &'f Event) -> Option<(&'f Path, &'f Key, ValueId)> {
    let EventKind::Check(check) = &event.kind else { return None };
    let Place::Path(path) = &function.store(check.store).place else { return None };
    let asks = check.what == CheckKind::Presence && check.means == Seen::Present;
    asks.then_some((path, &check.key, check.result))
}

fn same(one: &Key, other: &Key) -> bool {
    one.value.is_some() && (one.value == other.value || one.shape == other.shape)
}

/// Whether an event stands behind a branch that turns away whoever is told yes: beside it, or `within` what stands
/// beside it as well.
fn follows(block: &Block, asked: ValueId, event: EventId, within: bool) -> bool {
    let turned = block.iter().position(|node| match node {
        Node::Branch(branch) => match &branch.cond {
            Cond::Value(value) => *value == asked && leaves(&branch.then),
            Cond::Not(inner) => {
                matches!(**inner, Cond::Value(value) if value == asked) && leaves(&branch.other)
            }
            _ => false,
        },
        _ => false,
    });
    if let Some(at) = turned {
        return block[at + 1..].iter().any(|node| match node {
            Node::Event(found) => found.id == event,
            other => within && other.blocks().into_iter().any(|inner| contains(inner, event)),
        });
    }
    block
        .iter()
        .any(|node| node.blocks().into_iter().any(|inner| follows(inner, asked, event, within)))
}

/// Whether an event stands in a block that leaves the function, and the later one does not stand in it.
fn leaves_before(block: &Block, event: EventId, later: EventId) -> bool {
    block.iter().flat_map(Node::blocks).filter(|inner| contains(inner, event)).any(|inner| {
        returns(inner) && !contains(inner, later) || leaves_before(inner, event, later)
    })
}

/// Whether a block ends with the function.
fn returns(block: &Block) -> bool {
    leaves(block)
        && block
            .last()
            .and_then(Node::event)
            .is_some_and(|last| matches!(last.kind, EventKind::Return(_) | EventKind::Raise(_)))
}

/// The critical sections of a flow.
struct Sections<'s, 't, 'f> {
    flow: &'s Flow<'t, 'f>,
    locking: &'s Locking<'t, 'f>,
}

impl Sections<'_, '_, '_> {
    fn held(&self, uid: Uid) -> Vec<LockAt> {
        locks_at(self.flow, self.locking, uid)
    }

    /// Whether two events stand in one continuous holding of a lock.
    fn one(&self, a: Uid, b: Uid) -> bool {
        let there = self.held(b);
        self.held(a).iter().any(|lock| {
            there.iter().any(|other| other.path == lock.path && other.taken == lock.taken)
        })
    }

    /// Whether a change stands behind the question for the mark, in its critical section.
    fn asks_before(&self, mark: &Mark, site: Uid) -> bool {
        let frame = self.flow.frame_of(mark.test);
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let test = self.flow.event(mark.test);
        let behind = asked(function, test).is_some_and(|(_, _, result)| {
            self.flow
                .place(site, frame)
                .is_some_and(|here| follows(&function.body, result, self.flow.event(here).id, true))
        });
        behind && self.one(mark.test, site) && self.is_keyed(mark, site)
    }

    /// Whether what is changed goes by the key that is marked.
    fn is_keyed(&self, mark: &Mark, site: Uid) -> bool {
        let EventKind::Act(act) = &self.flow.event(site).kind else { return false };
        let key = act.key.value;
        key.is_some_and(|key| self.flow.canon(self.flow.frame_of(site), key) == mark.key)
    }

    /// Whether the other one has set its mark and not taken it away when a step is done.
    fn in_flight(&self, mark: &Mark, witness: &Witness, at: usize) -> bool {
        let thread = witness.steps[at].thread;
        let others = |step: &&Step| step.thread != thread;
        let mut before = witness.steps[..at].iter().rev().filter(others);
        let last = before.find(|step| {
            self.one(mark.set, step.site)
                || mark.drops.iter().any(|drop| self.one(*drop, step.site))
        });
        let Some(last) = last.filter(|step| self.one(mark.set, step.site)) else { return false };
        let set = witness.steps[..at].iter().filter(others);
        let keyed = set.into_iter().any(|step| self.is_keyed(mark, step.site));
        // What it does next is done before the mark goes, or in the critical section in which it goes.
        let mut after = witness.steps[at + 1..].iter().filter(others);
        let next = after.find(|step| !self.held(step.site).is_empty());
        keyed
            && next.is_some_and(|next| {
                next.site > last.site
                    && !mark.drops.iter().any(|drop| {
                        (last.site..next.site).contains(drop)
                            && !self.one(*drop, next.site)
                            && !self.is_aside(*drop, next.site)
                    })
            })
    }

    /// Whether an event stands on a way that leaves the function without coming to a later one.
    fn is_aside(&self, event: Uid, later: Uid) -> bool {
        let frame = self.flow.common(event, later);
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let here = |uid: Uid| self.flow.place(uid, frame).map(|uid| self.flow.event(uid).id);
        let (Some(event), Some(later)) = (here(event), here(later)) else { return false };
        leaves_before(&function.body, event, later)
    }
}

/// Whether another function that changes the store asks for the mark before it does, under the lock that it holds.
fn rival_asks(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mark: &Mark,
    (path, label, line): (&str, &str, u32),
) -> bool {
    let Some(id) = flow.tree.named_in(path, label) else { return false };
    let class = |id: FnId| flow.tree.class_of(id);
    if mark.of.root == Root::Receiver && class(id) != flow.class.or_else(|| class(flow.entry)) {
        return false;
    }
    let function = flow.tree.function(id);
    let held = locking.throughout(id);
    let mut changes = Vec::new();
    let mut tests = Vec::new();
    function.each_event(|event| match &event.kind {
        EventKind::Act(act) if event.span.line == line => changes.push((event.id, act)),
        EventKind::Check(_) => tests.push(event),
        _ => {}
    });
    let marked = of_field(&mark.of);
    !changes.is_empty()
        && changes.iter().all(|(change, act)| {
            tests.iter().any(|test| {
                let Some((of, key, result)) = asked(function, test) else { return false };
                let one = held.get(&test.id).into_iter().flatten().any(|lock| {
                    let there = held.get(change).into_iter().flatten();
                    there.into_iter().any(|at| at.lock == lock.lock && at.taken == lock.taken)
                });
                marked.is_some()
                    && of_field(of) == marked
                    && of.root == mark.of.root
                    && same(key, &act.key)
                    && follows(&function.body, result, *change, true)
                    && one
            })
        })
}

fn of_field(path: &Path) -> Option<&[PathStep]> {
    Some(path.steps.as_slice()).filter(|steps| {
        !steps.is_empty() && steps.iter().all(|step| matches!(step, PathStep::Field(_)))
    })
}
