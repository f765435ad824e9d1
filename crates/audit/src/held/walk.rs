//! One walk through a function: the locks it holds at each of its events, and what its call leaves behind.

use amorsize_facts::event::{
    Await, Block, Call, Event, EventId, EventKind, Lang, Node, Path, Return, ValueId, ValueKind,
    Via,
};
use rustc_hash::FxHashMap;

use super::locking::{Held, HeldAt, Locking, Net};
use crate::link::{FnId, Tree};

pub(super) struct Walk<'l, 't, 'f> {
    locking: &'l Locking<'t, 'f>,
    id: FnId,
    /// Helpers that may still be looked into.
    left: u8,
    pub(super) at: HeldAt,
    held: Vec<Held>,
    count: u32,
    /// What context managers hold for their regions.
    pub(super) managed: FxHashMap<EventId, Vec<Held>>,
    /// Locks given back that were not taken here.
    given: Vec<Path>,
    /// What runs on the way out of the regions around, innermost last.
    exits: Vec<&'f Block>,
    /// The locks held and given back at each way out, and whether an error is returned there.
    ends: Vec<(Vec<Held>, Vec<Path>, bool)>,
    /// Locks taken by a call, and the value by which they are given back.
    handles: Vec<(ValueId, Path)>,
}

impl<'l, 't, 'f> Walk<'l, 't, 'f> {
    pub(super) fn new(locking: &'l Locking<'t, 'f>, id: FnId, left: u8) -> Self {
        Self {
            locking,
            id,
            left,
            at: HeldAt::default(),
            held: Vec::new(),
            count: 0,
            managed: FxHashMap::default(),
            given: Vec::new(),
            exits: Vec::new(),
            ends: Vec::new(),
            handles: Vec::new(),
        }
    }

    /// Begins with what callers hold: a holding from before the first of the function's own.
    pub(super) fn enter_with(&mut self, around: Vec<Held>) {
        self.held = around.into_iter().map(|held| Held { taken: 0, ..held }).collect();
    }

    /// Notes what is held when the function is left here.
    pub(super) fn left(&mut self, failed: bool) {
        let (held, given, at) = (self.held.clone(), self.given.clone(), self.at.clone());
        let exits = std::mem::take(&mut self.exits);
        for exit in exits.iter().rev() {
            self.block(exit);
        }
        self.exits = exits;
        self.at = at;
        let held = std::mem::replace(&mut self.held, held);
        let given = std::mem::replace(&mut self.given, given);
        self.ends.push((held, given, failed));
    }

    /// Whether the last of what is returned is an error of Go's that is there.
    fn returns_error(&self, ret: &Return) -> bool {
        let function = self.locking.tree.function(self.id);
        function.returns.last().is_some_and(|of| of.name == "error")
            && ret.values.len() == function.returns.len()
            && ret.values.last().is_some_and(|value| !function.is_nil(*value))
    }

    pub(super) fn net(self) -> Net {
        // Who is told that it failed holds nothing, and goes on with nothing.
        let through = self.ends.iter().any(|(held, _, failed)| !failed && !held.is_empty());
        let mut ends = self.ends.into_iter().filter(|(.., failed)| !through || !failed);
        let Some((mut taken, mut given, _)) = ends.next() else { return Net::default() };
        for (held, back, _) in ends {
            taken.retain(|known| held.iter().any(|other| other.lock == known.lock));
            given.retain(|known| back.contains(known));
        }
        Net { taken, given }
    }

    /// The locks that a call takes for its caller, or gives back.
    fn call(&mut self, event: &Event, call: &Call) {
        let tree = self.locking.tree;
        let value = call.receiver_value.filter(|_| call.receiver.is_none());
        if let Some(value) = value.or_else(|| run_argument(tree, self.id, call)) {
            let given: Vec<Path> = self
                .handles
                .iter()
                .filter(|(handle, _)| {
                    *handle == value || part_of(tree, self.id, value) == Some(*handle)
                })
                .map(|(_, path)| path.clone())
                .collect();
            given.iter().for_each(|path| self.release(path));
        }
        if self.left == 0 || tree.file(self.id).lang != Lang::Go {
            return;
        }
        let Some(callee) = runs(tree, self.id, call).filter(|callee| *callee != self.id) else {
            return;
        };
        let net = self.locking.net(callee, self.left);
        for path in &net.given {
            if let Some(path) = self.locking.outwards(path, callee, call) {
                self.release(&path);
            }
        }
        for held in &net.taken {
            if let Some(lock) = self.locking.outwards(&held.lock, callee, call) {
                self.count += 1;
                self.handles.push((call.result, lock.clone()));
                let (taken, line) = (self.count, event.span.line);
                self.held.push(Held { lock, taken, line, ..held.clone() });
            }
        }
    }

    fn release(&mut self, lock: &Path) {
        match self.held.iter().rposition(|held| held.lock == *lock) {
            Some(at) => {
                self.held.remove(at);
            }
            None => self.given.push(lock.clone()),
        }
    }

    pub(super) fn block(&mut self, block: &'f Block) {
        for node in block {
            match node {
                Node::Event(event) => self.event(event),
                Node::With(with) => {
                    self.block(&with.enter);
                    let before = self.held.len();
                    for node in &with.enter {
                        let taken = node.event().and_then(|event| self.managed.get(&event.id));
                        for held in taken.cloned().unwrap_or_default() {
                            self.count += 1;
                            self.held.push(Held { taken: self.count, ..held });
                        }
                    }
                    let managed = self.held[before..].to_vec();
                    self.exits.push(&with.exit);
                    self.block(&with.body);
                    self.exits.pop();
                    self.block(&with.exit);
                    self.held.retain(|held| !managed.contains(held));
                }
                Node::Branch(branch) => {
                    let conds: Vec<&'f Block> = node.blocks();
                    for block in &conds[..conds.len() - 2] {
                        self.block(block);
                    }
                    let before = self.held.clone();
                    self.block(&branch.then);
                    let then = std::mem::replace(&mut self.held, before.clone());
                    self.block(&branch.other);
                    let leaves_then = amorsize_facts::event::leaves(&branch.then);
                    let leaves_other = amorsize_facts::event::leaves(&branch.other);
                    self.held = match (leaves_then, leaves_other) {
                        (true, true) => before,
                        (true, false) => std::mem::take(&mut self.held),
                        (false, true) => then,
                        (false, false) => {
                            let other = std::mem::take(&mut self.held);
                            then.into_iter().filter_map(|held| merged(held, &other)).collect()
                        }
                    };
                }
                Node::Loop(_) | Node::Try(_) => {
                    for block in node.blocks() {
                        let before = self.held.clone();
                        self.block(block);
                        if amorsize_facts::event::leaves(block) {
                            self.held = before;
                        }
                    }
                }
            }
        }
    }

    fn event(&mut self, event: &'f Event) {
        match &event.kind {
            EventKind::Return(ret) => {
                let failed = self.returns_error(ret);
                self.left(failed);
            }
            EventKind::Acquire(acquire) => {
                self.count += 1;
                self.held.push(Held {
                    lock: acquire.lock.clone(),
                    mode: acquire.mode,
                    scope: acquire.scope,
                    line: event.span.line,
                    taken: self.count,
                    whole: acquire.via == Via::Decorator,
                });
            }
            EventKind::Release(release) => {
                self.release(&release.lock);
            }
            EventKind::Call(call) => {
                if !self.held.is_empty() {
                    self.at.insert(event.id, self.held.clone());
                }
                self.call(event, call);
            }
            EventKind::Check(_)
            | EventKind::Read(_)
            | EventKind::Act(_)
            | EventKind::Enumerate(_)
            | EventKind::Prune(_)
            | EventKind::Await(Await::Yield)
                if !self.held.is_empty() =>
            {
                self.at.insert(event.id, self.held.clone());
            }
            _ => {}
        }
    }
}

/// A lock that is held on both ways; given back and taken again on one of them, it is another holding.
fn merged(held: Held, other: &[Held]) -> Option<Held> {
    let same = |known: &&Held| known.lock == held.lock && known.mode == held.mode;
    let known = other.iter().find(same)?;
    Some(if known.taken > held.taken { known.clone() } else { held })
}

/// The only function that a call runs: one of the tree, or a closure that the caller made, `lock := func() { … }`.
fn runs(tree: &Tree<'_>, id: FnId, call: &Call) -> Option<FnId> {
    let made = call.receiver_value.map(|value| &tree.function(id).value(value).kind);
    if let (Some(ValueKind::Closure(closure)), None) = (made, &call.receiver) {
        return Some(FnId { file: id.file, func: closure.0 });
    }
    match tree.resolve(id, None, call).as_slice() {
        [callee] => Some(callee.id),
        _ => None,
    }
}

/// The argument that the called helper runs or gives back: `unlock(release)`.
fn run_argument(tree: &Tree<'_>, id: FnId, call: &Call) -> Option<ValueId> {
    let callees = tree.resolve(id, None, call);
    let [callee] = callees.as_slice() else { return None };
    let helper = tree.function(callee.id);
    let mut run = None;
    helper.each_event(|event| {
        let value = match &event.kind {
            EventKind::Call(inner) if inner.receiver.is_none() => inner.receiver_value,
            _ => None,
        };
        if let Some(ValueKind::Param(n)) = value.map(|value| &helper.value(value).kind) {
            run = Some(usize::from(*n));
        }
    });
    call.args.get(run?).copied()
}

/// The whole that a value is a part of.
fn part_of(tree: &Tree<'_>, id: FnId, value: ValueId) -> Option<ValueId> {
    match tree.function(id).value(value).kind {
        ValueKind::Part(of, _) => Some(of),
        _ => None,
    }
}
