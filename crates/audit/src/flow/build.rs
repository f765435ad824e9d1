//! Puts the bodies of helpers where their calls stand.

use amorsize_facts::event::{
    Await, Block, Call, Clause, Cond, EventId, EventKind, Function, FunctionId, Lang, Node, Path,
    Root, Step, ValueId, ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{OnceCell, RefCell};

use super::{AbsPath, Round, Uid};
use super::{Arg, Attempt, Catch, Ev, Flow, Fork, Frame, FrameId, Inlined, Item, Question, Region};
use crate::link::{Callee, ClassId, FnId, Tree};
use crate::slice::leaves;

/// States that the explorations of one function visit together.
const STATES_MAX: usize = 40_000;
/// Calls within calls that are followed.
const DEPTH_MAX: u8 = 5;
/// The same where following them all left no room.
const DEPTH_LEAST: u8 = 1;
/// Events of one flow.
const EVENTS_MAX: usize = 400;

/// Which functions touch a store or a lock, themselves or through what they call.
pub(crate) struct Touching {
    touching: FxHashSet<FnId>,
    /// Closures that run where they stand.
    in_place: FxHashSet<FnId>,
}

impl Touching {
    /// Finds them by a fixed point over the calls.
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut touching: FxHashSet<FnId> = FxHashSet::default();
        let mut in_place: FxHashSet<FnId> = FxHashSet::default();
        let mut callers: FxHashMap<FnId, Vec<FnId>> = FxHashMap::default();
        let mut todo = Vec::new();
        for id in tree.all() {
            let function = tree.function(id);
            let mut touches = tree.file(id).lang == Lang::Go && only_runs_argument(function);
            function.each_event(|event| match &event.kind {
                EventKind::Call(call) => {
                    let given = closures_given(function, call);
                    in_place.extend(given.map(|closure| FnId { file: id.file, func: closure.0 }));
                    for callee in tree.resolve(id, None, call) {
                        if tree.parent(callee.id).is_some() {
                            in_place.insert(callee.id);
                        }
                        callers.entry(callee.id).or_default().push(id);
                    }
                    for (_, callee) in tree.handed(id, None, call) {
                        callers.entry(callee.id).or_default().push(id);
                    }
                    for callee in tree.overrides(id, call) {
                        callers.entry(callee).or_default().push(id);
                    }
                }
                EventKind::Spawn(spawn) => {
                    if let Some(callee) = tree.spawned(id, None, spawn.target) {
                        callers.entry(callee.id).or_default().push(id);
                    }
                }
                EventKind::Check(e) => touches |= !function.store(e.store).confined,
                EventKind::Read(e) => touches |= !function.store(e.store).confined,
                EventKind::Act(e) => touches |= !function.store(e.store).confined,
                EventKind::Enumerate(e) => touches |= !function.store(e.store).confined,
                EventKind::Acquire(_)
                | EventKind::Release(_)
                | EventKind::Prune(_)
                | EventKind::Chance(_)
                | EventKind::TxBegin(_)
                | EventKind::TxEnd(_) => touches = true,
                _ => {}
            });
            if touches {
                touching.insert(id);
                todo.push(id);
            }
            // A closure that touches makes its parent touch.
            if let Some(parent) = tree.parent(id) {
                callers.entry(id).or_default().push(parent);
            }
        }
        while let Some(id) = todo.pop() {
            for caller in callers.get(&id).into_iter().flatten() {
                if touching.insert(*caller) {
                    todo.push(*caller);
                }
            }
        }
        Self { touching, in_place }
    }

    /// Does it?
    pub(crate) fn contains(&self, id: FnId) -> bool {
        self.touching.contains(&id)
    }

    /// Whether it is a closure that runs where it stands, hence is part of the function around it.
    pub(crate) fn runs_in_place(&self, id: FnId) -> bool {
        self.in_place.contains(&id)
    }
}

/// The closures that a call is given.
fn closures_given(function: &Function, call: &Call) -> impl Iterator<Item = FunctionId> {
    let named = call.named.iter().map(|(_, value)| value);
    let values = call.args.iter().chain(named).chain(call.receiver_value.as_ref());
    values.filter_map(|value| match function.value(*value).kind {
        ValueKind::Closure(closure) => Some(closure),
        _ => None,
    })
}

/// Whether a function does nothing but run what it is handed: `func unlock(f func()) { f() }`.
fn only_runs_argument(function: &Function) -> bool {
    let (mut events, mut runs) = (0, false);
    function.each_event(|event| {
        events += 1;
        if let EventKind::Call(call) = &event.kind
            && let Some(value) = call.receiver_value.filter(|_| call.receiver.is_none())
        {
            runs |= matches!(function.value(value).kind, ValueKind::Param(_));
        }
    });
    runs && events == 1
}

/// Builds the flows of `entry` on the concrete class: where helpers took up the room that the entry's
/// own events need, a second one that follows only what it calls itself.
pub(crate) fn flows<'t, 'f>(
    tree: &'t Tree<'f>,
    touching: &'t Touching,
    entry: FnId,
    class: Option<ClassId>,
) -> Vec<Flow<'t, 'f>> {
    let deep = build(tree, touching, entry, class);
    let full = deep.events.len() >= EVENTS_MAX;
    let shallow = full.then(|| build_within(tree, touching, (entry, class), DEPTH_LEAST));
    std::iter::once(deep).chain(shallow).collect()
}

/// Builds the flow of `entry` on the concrete class.
pub(crate) fn build<'t, 'f>(
    tree: &'t Tree<'f>,
    touching: &'t Touching,
    entry: FnId,
    class: Option<ClassId>,
) -> Flow<'t, 'f> {
    build_within(tree, touching, (entry, class), DEPTH_MAX)
}

fn build_within<'t, 'f>(
    tree: &'t Tree<'f>,
    touching: &'t Touching,
    (entry, class): (FnId, Option<ClassId>),
    depth_max: u8,
) -> Flow<'t, 'f> {
    let flow = Flow {
        tree,
        touching,
        entry,
        class,
        frames: Vec::new(),
        events: Vec::new(),
        items: Vec::new(),
        truncated: false,
        calls: FxHashMap::default(),
        index: Vec::new(),
        purse: crate::explore::Purse::of(STATES_MAX),
        places: Vec::new(),
        seats: Vec::new(),
        canon: RefCell::default(),
        made_from: RefCell::default(),
        stored: OnceCell::new(),
        on_a_loop: OnceCell::new(),
        carriers: OnceCell::new(),
        contents: RefCell::default(),
    };
    let mut builder = Builder { flow, touching, depth_max, held: Vec::new(), leaves: false };
    builder.flow.frames.push(Frame {
        func: entry,
        class,
        parent: None,
        lexical: None,
        receiver: None,
        args: Vec::new(),
        depth: 0,
    });
    let items = builder.block(0, &tree.function(entry).body);
    builder.flow.items = items;
    builder.flow.canon.borrow_mut().clear();
    builder.flow.places.resize_with(builder.flow.events.len(), OnceCell::new);
    builder.flow.seats.resize_with(builder.flow.events.len(), OnceCell::new);
    builder.flow
}

/// A function that a value stands for.
enum Passed {
    /// A closure, and the frame it was made in.
    Closure(FrameId, FunctionId),
    /// The method that gives a lock back.
    Unlock(AbsPath),
}

pub(super) struct Builder<'t, 'f, 'b> {
    pub(super) flow: Flow<'t, 'f>,
    touching: &'b Touching,
    depth_max: u8,
    /// Locks that are held at the present place, as far as the text tells.
    pub(super) held: Vec<AbsPath>,
    /// Whether the next thing that is done is to return.
    pub(super) leaves: bool,
}

impl<'f> Builder<'_, 'f, '_> {
    fn block(&mut self, frame: FrameId, block: &'f Block) -> Vec<Item<'f>> {
        let mut items = Vec::with_capacity(block.len());
        for (at, node) in block.iter().enumerate() {
            let next = block.get(at + 1).and_then(Node::event);
            self.leaves = next.is_some_and(|event| matches!(event.kind, EventKind::Return(_)));
            match node {
                Node::Event(event) => self.event(frame, event, &mut items),
                Node::Branch(branch) => {
                    let cond = self.question(frame, &branch.cond);
                    let held = self.held.clone();
                    let then = self.block(frame, &branch.then);
                    let after = std::mem::replace(&mut self.held, held);
                    let other = self.block(frame, &branch.other);
                    if leaves(&self.flow, &other) {
                        self.held = after;
                    } else if !leaves(&self.flow, &then) {
                        let more = after.len() > self.held.len();
                        if more {
                            self.held = after;
                        }
                    }
                    items.push(Item::Branch(Box::new(Fork { cond, then, other })));
                }
                Node::Loop(each) => {
                    let head = self.block(frame, &each.head);
                    let cond = each.cond.as_ref().map(|cond| self.question(frame, cond));
                    let body = self.block(frame, &each.body);
                    let otherwise = self.block(frame, &each.otherwise);
                    let round = Round { kind: each.kind, head, cond, body, otherwise };
                    items.push(Item::Loop(Box::new(round)));
                }
                Node::Try(tried) => {
                    let body = self.block(frame, &tried.body);
                    let handlers = tried
                        .handlers
                        .iter()
                        .map(|handler| Catch {
                            types: &handler.types,
                            body: self.block(frame, &handler.body),
                        })
                        .collect();
                    let otherwise = self.block(frame, &tried.otherwise);
                    let finally = self.block(frame, &tried.finally);
                    items.push(Item::Try(Box::new(Attempt { body, handlers, otherwise, finally })));
                }
                Node::With(with) => {
                    let enter = self.block(frame, &with.enter);
                    let body = self.block(frame, &with.body);
                    let exit = self.block(frame, &with.exit);
                    self.region(Region { enter, body, exit }, &mut items);
                }
            }
        }
        items
    }

    /// A region; where its context manager is a generator of the tree, the region runs within that.
    fn region(&self, mut region: Region<'f>, items: &mut Vec<Item<'f>>) {
        let manager = region.enter.iter().rposition(
            |item| matches!(item, Item::Call(inlined) if self.flow.is_manager(inlined.frame)),
        );
        let Some(at) = manager else {
            items.push(Item::With(Box::new(region)));
            return;
        };
        let rest = region.enter.split_off(at + 1);
        let Some(Item::Call(mut inlined)) = region.enter.pop() else { return };
        items.append(&mut region.enter);
        region.enter = rest;
        let mut within = Some(vec![Item::With(Box::new(region))]);
        put_at_yield(&self.flow, &mut inlined.body, &mut within);
        items.push(Item::Call(inlined));
        // A generator that never yields never runs the region either; nothing is lost by showing it.
        items.extend(within.take().map(Item::Within));
    }

    fn question(&mut self, frame: FrameId, cond: &'f Cond) -> Question<'f> {
        match cond {
            Cond::Unknown => Question::Unknown,
            Cond::Value(value) => Question::Value(frame, *value),
            Cond::Not(inner) => Question::Not(Box::new(self.question(frame, inner))),
            Cond::All(clauses) => Question::All(self.clauses(frame, clauses)),
            Cond::Any(clauses) => Question::Any(self.clauses(frame, clauses)),
        }
    }

    fn clauses(
        &mut self,
        frame: FrameId,
        clauses: &'f [Clause],
    ) -> Vec<(Vec<Item<'f>>, Question<'f>)> {
        clauses
            .iter()
            .map(|clause| (self.block(frame, &clause.before), self.question(frame, &clause.cond)))
            .collect()
    }

    fn number(&mut self, frame: FrameId, event: EventId, uid: Uid) {
        let (frame, event) = (frame as usize, event.0 as usize);
        let index = &mut self.flow.index;
        if index.len() <= frame {
            index.resize_with(frame + 1, Vec::new);
        }
        if index[frame].len() <= event {
            index[frame].resize(event + 1, Uid::MAX);
        }
        index[frame][event] = uid;
    }

    /// Whether what is waited for is a coroutine of the tree, which runs on without a pause until
    /// it waits itself.
    fn runs_on(&self, items: &[Item<'f>]) -> bool {
        let Some(Item::Call(inlined)) = items.last() else { return false };
        let func = self.flow.frames[inlined.frame as usize].func;
        self.flow.tree.function(func).is_async
    }

    fn event(
        &mut self,
        frame: FrameId,
        event: &'f amorsize_facts::event::Event,
        items: &mut Vec<Item<'f>>,
    ) {
        let uid = Uid::try_from(self.flow.events.len()).unwrap_or(Uid::MAX);
        if self.flow.events.len() >= EVENTS_MAX {
            self.flow.truncated = true;
            return;
        }
        self.flow.events.push(Ev { frame, event });
        self.number(frame, event.id, uid);
        if matches!(event.kind, EventKind::Await(Await::Await)) && self.runs_on(items) {
            return;
        }
        items.push(Item::Event(uid));
        match &event.kind {
            EventKind::Acquire(acquire) => {
                let lock = self.flow.path(frame, &acquire.lock);
                self.held.push(lock);
            }
            EventKind::Release(_) => drop(self.held.pop()),
            _ => {}
        }
        if let EventKind::Spawn(spawn) = &event.kind {
            items.extend(self.started(frame, uid, spawn));
        }
        let EventKind::Call(call) = &event.kind else { return };
        let known = self.flow.frames.len();
        if let Some(passed) = self.passed(frame, call) {
            items.extend(self.run_passed(frame, uid, call, passed));
            return;
        }
        if let Some(inlined) = self.callee(frame, uid, call) {
            items.push(inlined);
        }
        items.extend(self.handed(frame, uid, call));
        for closure in self.closures(frame, call) {
            // The callee ran it already, under whatever locks it takes.
            let ran = self.flow.frames[known..].iter().any(|inner| {
                inner.lexical == Some(frame) && inner.func.func == closure.0 && inner.depth > 1
            });
            if !ran && let Some(inlined) = self.closure(frame, uid, Some(call), closure) {
                items.push(inlined);
            }
        }
    }

    /// What a call of a value calls, as far as it was handed in or returned within this flow.
    fn passed(&self, frame: FrameId, call: &'f Call) -> Option<Passed> {
        let named = !call.callee.is_empty() || call.receiver.is_some();
        let value = call.receiver_value.filter(|_| !named)?;
        match self.function_of(frame, value, 6)? {
            // A closure that is called where it stands.
            Passed::Closure(at, _) if at == frame => None,
            found => Some(found),
        }
    }

    fn function_of(&self, frame: FrameId, value: ValueId, left: u8) -> Option<Passed> {
        let left = left.checked_sub(1)?;
        let activation = &self.flow.frames[frame as usize];
        let function = self.flow.tree.function(activation.func);
        let argument = |frame: FrameId, n: usize| {
            let arg = self.flow.frames[frame as usize].args.get(n)?.as_ref()?;
            self.function_of(arg.frame, arg.value?, left)
        };
        match &function.value(value).kind {
            ValueKind::Closure(id) => Some(Passed::Closure(frame, *id)),
            ValueKind::Param(n) => argument(frame, usize::from(*n)),
            ValueKind::Load(path) => match (&path.root, path.steps.as_slice()) {
                (Root::Captured(name), []) => {
                    let outer = activation.lexical?;
                    let func = self.flow.frames[outer as usize].func;
                    let params = &self.flow.tree.function(func).params;
                    argument(outer, params.iter().position(|param| param.name == *name)?)
                }
                (root, [steps @ .., Step::Field(method)])
                    if matches!(method.as_str(), "Unlock" | "RUnlock" | "release" | "Release") =>
                {
                    let path = Path { root: root.clone(), steps: steps.to_vec() };
                    Some(Passed::Unlock(self.flow.path(frame, &path)))
                }
                _ => None,
            },
            ValueKind::Result(event, _) => {
                let callee = self.flow.callee(frame, *event)?;
                let returned = self.flow.returned(callee, 0);
                returned.into_iter().find_map(|(value, at)| self.function_of(at, value, left))
            }
            ValueKind::Part(of, n) => {
                let ValueKind::Result(event, _) = &function.value(*of).kind else { return None };
                let callee = self.flow.callee(frame, *event)?;
                let returned = self.flow.returned(callee, usize::from(*n));
                returned.into_iter().find_map(|(value, at)| self.function_of(at, value, left))
            }
            _ => None,
        }
    }

    fn run_passed(
        &mut self,
        frame: FrameId,
        uid: Uid,
        call: &'f Call,
        passed: Passed,
    ) -> Option<Item<'f>> {
        let (lexical, id) = match passed {
            Passed::Unlock(path) => return Some(Item::Unlock(uid, path)),
            Passed::Closure(lexical, id) => (lexical, id),
        };
        let around = &self.flow.frames[lexical as usize];
        let (callee, class) = (FnId { file: around.func.file, func: id.0 }, around.class);
        if !self.touching.contains(callee) || !self.may_enter(frame, callee) {
            return None;
        }
        let receiver = Some(self.flow.receiver(lexical));
        let args = self.arguments(frame, callee, call);
        Some(self.enter(frame, uid, callee, class, Some(lexical), receiver, args))
    }

    fn callee(&mut self, frame: FrameId, uid: Uid, call: &'f Call) -> Option<Item<'f>> {
        let activation = &self.flow.frames[frame as usize];
        let found = self.flow.tree.resolve(activation.func, activation.class, call);
        let [callee] = found.as_slice() else { return None };
        if !self.touching.contains(callee.id) || !self.may_enter(frame, callee.id) {
            return None;
        }
        let receiver = match (&call.receiver, callee.own) {
            (_, true) if call.receiver.is_none() => Some(self.flow.receiver(frame)),
            (Some(path), _) => Some(self.flow.path(frame, path)),
            (None, _) => None,
        };
        let args = self.arguments(frame, callee.id, call);
        let lexical = self.flow.tree.function(callee.id).parent.map(|_| frame);
        Some(self.enter(frame, uid, callee.id, callee.class, lexical, receiver, args))
    }

    /// Functions of the tree that are handed to something that calls them: `retry(self._load, key)`.
    fn handed(&mut self, frame: FrameId, uid: Uid, call: &'f Call) -> Vec<Item<'f>> {
        let activation = &self.flow.frames[frame as usize];
        let (func, class) = (activation.func, activation.class);
        let mut found = Vec::new();
        for (n, callee) in self.flow.tree.handed(func, class, call) {
            let given = call.args.get(n + 1..).unwrap_or_default();
            found.extend(self.run(frame, uid, callee, given));
        }
        found
    }

    pub(super) fn run(
        &mut self,
        frame: FrameId,
        uid: Uid,
        callee: Callee,
        given: &[ValueId],
    ) -> Option<Item<'f>> {
        if !self.touching.contains(callee.id) || !self.may_enter(frame, callee.id) {
            return None;
        }
        let receiver = callee.own.then(|| self.flow.receiver(frame));
        let function = self.flow.tree.function(callee.id);
        let mut args: Vec<Option<Arg>> = vec![None; function.params.len()];
        for (slot, value) in args.iter_mut().zip(given) {
            *slot = Some(Arg { frame, value: Some(*value), path: None });
        }
        Some(self.enter(frame, uid, callee.id, callee.class, None, receiver, args))
    }

    fn arguments(&self, frame: FrameId, callee: FnId, call: &Call) -> Vec<Option<Arg>> {
        let function = self.flow.tree.function(callee);
        let mut args: Vec<Option<Arg>> = vec![None; function.params.len()];
        for (n, slot) in args.iter_mut().enumerate() {
            let value = call.args.get(n).copied();
            let path = call.paths.iter().find(|(at, _)| usize::from(*at) == n);
            let path = path.map(|(_, path): &(u16, Path)| self.flow.path(frame, path));
            if value.is_some() || path.is_some() {
                *slot = Some(Arg { frame, value, path });
            }
        }
        for (name, value) in &call.named {
            if let Some(n) = function.params.iter().position(|param| param.name == *name) {
                args[n] = Some(Arg { frame, value: Some(*value), path: None });
            }
        }
        args
    }

    fn closures(&self, frame: FrameId, call: &Call) -> Vec<FunctionId> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let named = call.named.iter().map(|(_, value)| value);
        call.args
            .iter()
            .chain(named)
            .chain(call.receiver_value.as_ref())
            .filter_map(|value| match &function.value(*value).kind {
                ValueKind::Closure(id) => Some(*id),
                _ => None,
            })
            .collect()
    }

    pub(super) fn closure(
        &mut self,
        frame: FrameId,
        uid: Uid,
        call: Option<&'f Call>,
        id: FunctionId,
    ) -> Option<Item<'f>> {
        let file = self.flow.frames[frame as usize].func.file;
        let callee = FnId { file, func: id.0 };
        if !self.touching.contains(callee) || !self.may_enter(frame, callee) {
            return None;
        }
        let class = self.flow.frames[frame as usize].class;
        let receiver = Some(self.flow.receiver(frame));
        // What it is called with is known where it is called itself.
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let called = call.filter(|call| {
            call.receiver_value.is_some_and(
                |value| matches!(function.value(value).kind, ValueKind::Closure(own) if own == id),
            )
        });
        let args = called.map_or_else(Vec::new, |call| self.arguments(frame, callee, call));
        Some(self.enter(frame, uid, callee, class, Some(frame), receiver, args))
    }

    fn may_enter(&mut self, frame: FrameId, callee: FnId) -> bool {
        let depth = self.flow.frames[frame as usize].depth;
        if depth >= self.depth_max || self.flow.events.len() >= EVENTS_MAX {
            self.flow.truncated = true;
            return false;
        }
        let mut at = Some(frame);
        while let Some(frame) = at {
            let activation = &self.flow.frames[frame as usize];
            if activation.func == callee {
                return false;
            }
            at = activation.parent.map(|(parent, _)| parent);
        }
        true
    }

    #[expect(clippy::too_many_arguments, reason = "one activation has that many parts")]
    fn enter(
        &mut self,
        frame: FrameId,
        uid: Uid,
        callee: FnId,
        class: Option<ClassId>,
        lexical: Option<FrameId>,
        receiver: Option<AbsPath>,
        args: Vec<Option<Arg>>,
    ) -> Item<'f> {
        let depth = self.flow.frames[frame as usize].depth + 1;
        let id = FrameId::try_from(self.flow.frames.len()).unwrap_or(FrameId::MAX);
        let parent = Some((frame, uid));
        self.flow.frames.push(Frame {
            func: callee,
            class,
            parent,
            lexical,
            receiver,
            args,
            depth,
        });
        let event = self.flow.event(uid).id;
        self.flow.calls.insert((frame, event), id);
        let body = self.block(id, &self.flow.tree.function(callee).body);
        Item::Call(Box::new(Inlined { call: uid, frame: id, body }))
    }
}

/// Puts the region where the generator yields, if it does.
fn put_at_yield<'f>(
    flow: &Flow<'_, 'f>,
    items: &mut [Item<'f>],
    within: &mut Option<Vec<Item<'f>>>,
) {
    for item in items {
        if within.is_none() {
            return;
        }
        match item {
            Item::Event(uid) if flow.yields(*uid) => {
                if let Some(region) = within.take() {
                    *item = Item::Within(region);
                }
            }
            Item::Branch(fork) => {
                put_at_yield(flow, &mut fork.then, within);
                put_at_yield(flow, &mut fork.other, within);
            }
            Item::Loop(round) => put_at_yield(flow, &mut round.body, within),
            Item::Try(attempt) => {
                put_at_yield(flow, &mut attempt.body, within);
                put_at_yield(flow, &mut attempt.otherwise, within);
            }
            Item::With(region) => put_at_yield(flow, &mut region.body, within),
            Item::Event(_) | Item::Call(_) | Item::Within(_) | Item::Unlock(..) => {}
        }
    }
}
