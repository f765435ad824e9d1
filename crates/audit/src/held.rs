//! Which locks are held where, and which locks all callers of a function hold.
//!
//! A helper called only under the lock needs no lock of its own; whether that is so is read off
//! all call sites in the tree, never off a name. Call sites in constructors, tests and at import
//! time do not count: nobody else is there.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use amorsize_facts::event::{
    Await, Block, Call, EventId, EventKind, FunctionKind, Lang, LockMode, Name, Node, Path, Root,
    Scope, Step, ValueId, ValueKind,
};
use rustc_hash::FxHashMap;

use crate::goroutines::Started;
use crate::link::{FnId, Tree, is_manager};

/// A lock in the words of the function that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub lock: Path,
    pub mode: LockMode,
    pub scope: Scope,
    /// Where it was taken.
    pub line: u32,
    /// Which acquisition, within the function.
    pub taken: u32,
}

/// Callers of callers that are looked at.
const CALLERS_DEPTH: u8 = 3;

/// Locks held at each store event and call of one function.
pub(crate) type HeldAt = FxHashMap<EventId, Vec<Held>>;

/// Answers which locks are held, with what is known about callers remembered.
pub(crate) struct Locking<'t, 'f> {
    tree: &'t Tree<'f>,
    calls: Arc<Calls<'f>>,
    within: RefCell<FxHashMap<FnId, Rc<HeldAt>>>,
    nets: RefCell<FxHashMap<FnId, Rc<Net>>>,
    around: RefCell<FxHashMap<FnId, Option<Vec<Held>>>>,
}

/// Who calls whom in the tree: found once, shared by all threads.
struct Calls<'f> {
    callers: FxHashMap<FnId, Vec<(FnId, &'f Call, EventId)>>,
    /// Closures that another function runs: who hands it over, how, to whom, and where it is run there.
    runs: FxHashMap<FnId, Vec<Run<'f>>>,
    started: Started,
    /// Calls of methods on objects that the code does not name, by the name of the method, where hardly
    /// any two methods of the tree are called so.
    unnamed: FxHashMap<Name, Vec<(FnId, EventId)>>,
}

/// A closure handed over.
#[derive(Clone, Copy)]
struct Run<'f> {
    from: FnId,
    call: &'f Call,
    event: EventId,
    /// The function that runs it, and the event in there; `None` where nobody knows.
    inside: Option<(FnId, EventId)>,
}

/// What a call of a function leaves behind of locks.
#[derive(Clone, Debug, Default)]
struct Net {
    taken: Vec<Held>,
    given: Vec<Path>,
}

/// Helpers within helpers that are looked into for locks.
const NET_DEPTH_MAX: u8 = 3;

impl<'t, 'f> Locking<'t, 'f> {
    pub(crate) fn new(tree: &'t Tree<'f>) -> Self {
        let mut callers: FxHashMap<FnId, Vec<(FnId, &'f Call, EventId)>> = FxHashMap::default();
        let mut unnamed = rare_methods(tree);
        for id in tree.all() {
            tree.function(id).each_event(|event| {
                if let EventKind::Call(call) = &event.kind {
                    let callees = tree.resolve(id, None, call);
                    if callees.is_empty()
                        && let Some(sites) = unnamed.get_mut(&call.name)
                    {
                        sites.push((id, event.id));
                    }
                    for callee in callees {
                        callers.entry(callee.id).or_default().push((id, call, event.id));
                    }
                }
            });
        }
        let calls = Calls { callers, runs: runs(tree), started: Started::of(tree), unnamed };
        Self::on(tree, Arc::new(calls))
    }

    fn on(tree: &'t Tree<'f>, calls: Arc<Calls<'f>>) -> Self {
        Self {
            tree,
            calls,
            within: RefCell::default(),
            nets: RefCell::default(),
            around: RefCell::default(),
        }
    }

    /// What makes one of its own for another thread, which then remembers by itself.
    pub(crate) fn shared(&self) -> impl Fn() -> Self + Sync + use<'t, 'f> {
        let (tree, calls) = (self.tree, Arc::clone(&self.calls));
        move || Self::on(tree, Arc::clone(&calls))
    }

    pub(crate) const fn tree(&self) -> &'t Tree<'f> {
        self.tree
    }

    pub(crate) fn started(&self) -> &Started {
        &self.calls.started
    }

    /// Whether anybody in the tree calls the function.
    pub(crate) fn called(&self, id: FnId) -> bool {
        self.calls.callers.get(&id).is_some_and(|callers| !callers.is_empty())
    }

    /// The functions that call it.
    pub(crate) fn callers(&self, id: FnId) -> impl Iterator<Item = FnId> + '_ {
        self.calls.callers.get(&id).into_iter().flatten().map(|(caller, ..)| *caller)
    }

    /// Whether somebody calls it while holding a lock of whatever name, directly or further up.
    pub(crate) fn called_under_lock(&self, id: FnId) -> bool {
        self.under_lock(id, CALLERS_DEPTH)
    }

    fn under_lock(&self, id: FnId, left: u8) -> bool {
        self.calls.callers.get(&id).into_iter().flatten().any(|(caller, _, event)| {
            let held = self.within(*caller).get(event).is_some_and(|held| !held.is_empty());
            held || (left > 0 && *caller != id && self.under_lock(*caller, left - 1))
        })
    }

    /// Whether all who call it hold a lock that reaches so far, of whatever name, themselves or
    /// further up.
    pub(crate) fn all_called_under(&self, id: FnId, reach: Scope) -> bool {
        self.all_under(id, reach, CALLERS_DEPTH)
    }

    fn all_under(&self, id: FnId, reach: Scope, left: u8) -> bool {
        let under = |caller: FnId, event: EventId| {
            let within = self.within(caller);
            let held = within.get(&event).map_or(&[][..], Vec::as_slice);
            held.iter().any(|held| held.scope >= reach)
                || left > 0 && caller != id && self.all_under(caller, reach, left - 1)
        };
        let mut sites = self.sites(id).filter(|site| !is_test(&self.tree.file(site.0).path));
        let mut some = false;
        sites.all(|(caller, _, event)| {
            some = true;
            under(caller, event)
        }) && some
    }

    /// Whether only constructors, initialisers and tests call it, directly or further up: nobody
    /// else has the object yet.
    pub(crate) fn only_at_start(&self, id: FnId) -> bool {
        self.at_start(id, CALLERS_DEPTH)
    }

    fn at_start(&self, id: FnId, left: u8) -> bool {
        let callers = self.calls.callers.get(&id).map_or(&[][..], Vec::as_slice);
        !callers.is_empty()
            && callers.iter().all(|(caller, ..)| {
                begins(self.tree, *caller)
                    || makes(self.tree, *caller)
                    || (left > 0 && *caller != id && self.at_start(*caller, left - 1))
            })
    }

    /// Whether only the import of modules runs it, directly or through such functions.
    pub(crate) fn only_imported(&self, id: FnId) -> bool {
        self.imported(id, CALLERS_DEPTH)
    }

    fn imported(&self, id: FnId, left: u8) -> bool {
        let mut callers = self.callers(id).peekable();
        callers.peek().is_some()
            && callers.all(|caller| {
                self.tree.function(caller).kind == FunctionKind::Module
                    || left > 0
                        && caller != id
                        && self.tree.is_private(caller)
                        && self.imported(caller, left - 1)
            })
    }

    /// Whether somebody calls it, directly or further up, while holding a lock that an object of an
    /// unknown type was asked for: `with repo.lock():`.
    pub(crate) fn called_by_agreement(&self, id: FnId) -> bool {
        self.by_agreement(id, CALLERS_DEPTH)
    }

    fn by_agreement(&self, id: FnId, left: u8) -> bool {
        let named = self.sites(id).map(|(caller, _, event)| (caller, event));
        let unnamed = self.calls.unnamed.get(&self.tree.function(id).name);
        let unnamed = unnamed.filter(|_| self.tree.class_of(id).is_some());
        let sites: Vec<(FnId, EventId)> =
            named.chain(unnamed.into_iter().flatten().copied()).collect();
        sites.into_iter().any(|(caller, event)| {
            let held = self.within(caller);
            let asked = held
                .get(&event)
                .is_some_and(|held| held.iter().any(|held| is_asked_for(held.lock.steps.last())));
            asked || left > 0 && caller != id && self.by_agreement(caller, left - 1)
        })
    }

    /// The calls of a function: who calls it, how, and where.
    pub(crate) fn sites(&self, id: FnId) -> impl Iterator<Item = (FnId, &'f Call, EventId)> + '_ {
        self.calls.callers.get(&id).into_iter().flatten().copied()
    }

    /// The locks the function itself holds at its events.
    pub(crate) fn within(&self, id: FnId) -> Rc<HeldAt> {
        if let Some(known) = self.within.borrow().get(&id) {
            return known.clone();
        }
        let mut walk = Walk::new(self, id, NET_DEPTH_MAX);
        walk.managed = self.managed(id);
        walk.block(&self.tree.function(id).body);
        let found = Rc::new(walk.at);
        self.within.borrow_mut().insert(id, found.clone());
        found
    }

    fn walk(&self, id: FnId, managed: FxHashMap<EventId, Vec<Held>>) -> HeldAt {
        let mut walk = Walk::new(self, id, 0);
        walk.managed = managed;
        walk.block(&self.tree.function(id).body);
        walk.at
    }

    /// The locks that context managers of the tree hold while they yield, by the call that makes
    /// them; in the caller's words.
    fn managed(&self, id: FnId) -> FxHashMap<EventId, Vec<Held>> {
        let mut found = FxHashMap::default();
        self.tree.function(id).each_event(|event| {
            let EventKind::Call(call) = &event.kind else { return };
            for callee in self.tree.resolve(id, None, call) {
                let manager = self.tree.function(callee.id);
                if callee.id == id || !is_manager(manager) {
                    continue;
                }
                let at = self.walk(callee.id, FxHashMap::default());
                manager.each_event(|inner| {
                    if let (EventKind::Await(Await::Yield), Some(held)) =
                        (&inner.kind, at.get(&inner.id))
                    {
                        let own = |held: &&Held| match held.lock.root {
                            Root::Receiver => callee.own,
                            Root::Global(_) | Root::Class(_) => true,
                            _ => false,
                        };
                        let held: Vec<Held> = held.iter().filter(own).cloned().collect();
                        found.insert(event.id, held);
                    }
                });
            }
        });
        found
    }

    /// What a call of the function leaves behind.
    fn net(&self, id: FnId, left: u8) -> Rc<Net> {
        if let Some(known) = self.nets.borrow().get(&id) {
            return known.clone();
        }
        let function = self.tree.function(id);
        let mut touches = false;
        function.each_event(|event| {
            touches |= matches!(event.kind, EventKind::Acquire(_) | EventKind::Release(_));
        });
        let mut net = Net::default();
        if touches && left > 0 {
            // A recursive call changes nothing: it is not looked into again.
            self.nets.borrow_mut().insert(id, Rc::default());
            let mut walk = Walk::new(self, id, left - 1);
            walk.block(&function.body);
            if !amorsize_facts::event::leaves(&function.body) {
                walk.left();
            }
            net = walk.net();
        }
        let net = Rc::new(net);
        self.nets.borrow_mut().insert(id, net.clone());
        net
    }

    /// A path of a callee in the words of its caller.
    fn outwards(&self, path: &Path, callee: FnId, call: &Call) -> Option<Path> {
        let base = match &path.root {
            Root::Receiver => match &call.receiver {
                Some(receiver) => receiver.clone(),
                None if self.tree.parent(callee).is_some() => Path::root(Root::Receiver),
                None => return None,
            },
            Root::Param(n) => call.paths.iter().find(|(at, _)| at == n).map(|(_, p)| p.clone())?,
            Root::Global(_) | Root::Class(_) => return Some(path.clone()),
            _ => return None,
        };
        let steps = base.steps.iter().chain(&path.steps).copied().collect();
        Some(Path { root: base.root, steps })
    }

    /// The locks under which a closure that was handed over runs.
    fn around_run(&self, run: Run<'f>, left: u8) -> Vec<Held> {
        let mut held = self.within(run.from).get(&run.event).cloned().unwrap_or_default();
        if let Some((callee, event)) = run.inside {
            let inner = self.within(callee).get(&event).cloned().unwrap_or_default();
            held.extend(inner.into_iter().filter_map(|held| {
                Some(Held { lock: self.outwards(&held.lock, callee, run.call)?, ..held })
            }));
        }
        held.extend(self.around_bounded(run.from, left.saturating_sub(1)));
        held
    }

    /// The locks held whenever the function is entered.
    pub(crate) fn around(&self, id: FnId) -> Vec<Held> {
        self.around_bounded(id, 5)
    }

    fn around_bounded(&self, id: FnId, left: u8) -> Vec<Held> {
        if let Some(known) = self.around.borrow().get(&id) {
            return known.clone().unwrap_or_default();
        }
        if left == 0 || !self.relies_on_callers(id) {
            return Vec::new();
        }
        // A recursive call adds nothing: while it is looked at, it is not counted.
        self.around.borrow_mut().insert(id, None);
        let mut common: Option<Vec<Held>> = None;
        for run in self.calls.runs.get(&id).into_iter().flatten() {
            let seen = self.around_run(*run, left);
            common = Some(match common {
                None => seen,
                Some(before) => before
                    .into_iter()
                    .filter(|held| seen.iter().any(|other| other.lock == held.lock))
                    .collect(),
            });
        }
        for (caller, call, event) in self.calls.callers.get(&id).into_iter().flatten() {
            let confined = begins(self.tree, *caller)
                || makes(self.tree, *caller)
                || self.at_start(*caller, CALLERS_DEPTH);
            let unresolved = self.around.borrow().get(caller).is_some_and(Option::is_none);
            if confined || unresolved || *caller == id {
                continue;
            }
            let mut held = self.within(*caller).get(event).cloned().unwrap_or_default();
            held.extend(self.around_bounded(*caller, left - 1));
            let seen: Vec<Held> =
                held.iter().filter_map(|held| self.translate(held, *caller, id, call)).collect();
            common = Some(match common {
                None => seen,
                Some(before) => before
                    .into_iter()
                    .filter_map(|held| {
                        let other = seen.iter().find(|other| other.lock == held.lock)?;
                        let mode =
                            if other.mode == LockMode::Shared { other.mode } else { held.mode };
                        Some(Held { mode, ..held })
                    })
                    .collect(),
            });
        }
        let common = common.unwrap_or_default();
        self.around.borrow_mut().insert(id, Some(common.clone()));
        common
    }

    /// Whether all callers are in sight, or the code says that callers hold the lock.
    fn relies_on_callers(&self, id: FnId) -> bool {
        if self.tree.is_private(id) || self.tree.function(id).parent.is_some() {
            return true;
        }
        let function = self.tree.function(id);
        let name = function.name.as_str().to_ascii_lowercase();
        let doc = function.doc.as_deref().unwrap_or_default().to_ascii_lowercase();
        ["locked", "nolock", "withoutlock", "unlocked", "unsafe"].iter().any(|w| name.contains(w))
            || (doc.contains("lock")
                && (doc.contains("hold") || doc.contains("held") || doc.contains("caller")))
            || self.called(id)
    }

    /// The same lock in the words of the callee.
    fn translate(&self, held: &Held, caller: FnId, callee: FnId, call: &Call) -> Option<Held> {
        match &held.lock.root {
            Root::Receiver => {
                let closure = self.tree.parent(callee).is_some();
                let own = closure
                    || call
                        .receiver
                        .as_ref()
                        .is_none_or(|path| path.root == Root::Receiver && path.steps.is_empty());
                let has = self.tree.class_of(callee).is_some() || closure;
                let _ = caller;
                (own && has).then(|| held.clone())
            }
            Root::Global(_) | Root::Class(_) => Some(held.clone()),
            _ => {
                // `c.mu` of a local `c`, and the call is on `c`.
                let path = call.receiver.as_ref()?;
                if held.lock.starts_with(path) {
                    let steps = held.lock.steps[path.steps.len()..].to_vec();
                    let lock = Path { root: Root::Receiver, steps };
                    return Some(Held { lock, ..held.clone() });
                }
                None
            }
        }
    }
}

/// Whether a lock is what a method gives, `repo.lock()`, and not that of a decorator, whose name is a
/// path.
fn is_asked_for(last: Option<&Step>) -> bool {
    matches!(last, Some(Step::Getter(name)) if !name.as_str().contains('.'))
}

/// Methods of one name that a call of that name may still be told to mean.
const NAMESAKES_MAX: usize = 2;

/// The names of Python's methods that hardly another one bears.
fn rare_methods(tree: &Tree<'_>) -> FxHashMap<Name, Vec<(FnId, EventId)>> {
    let mut count: FxHashMap<Name, usize> = FxHashMap::default();
    for id in tree.all() {
        if tree.file(id).lang == Lang::Python && tree.class_of(id).is_some() {
            *count.entry(tree.function(id).name).or_default() += 1;
        }
    }
    count.retain(|_, count| *count <= NAMESAKES_MAX);
    count.into_keys().map(|name| (name, Vec::new())).collect()
}

/// Finds the closures that are handed to another function.
fn runs<'f>(tree: &Tree<'f>) -> FxHashMap<FnId, Vec<Run<'f>>> {
    let mut found: FxHashMap<FnId, Vec<Run<'f>>> = FxHashMap::default();
    for from in tree.all() {
        let function = tree.function(from);
        if tree.file(from).lang != Lang::Go {
            continue;
        }
        function.each_event(|event| {
            let EventKind::Call(call) = &event.kind else { return };
            let handed = call.args.iter().zip(0_u16..);
            for (value, n) in handed {
                let ValueKind::Closure(closure) = function.value(*value).kind else { continue };
                let callees = tree.resolve(from, None, call);
                let inside = match callees.as_slice() {
                    [callee] => runs_param(tree, callee.id, n).map(|event| (callee.id, event)),
                    _ => None,
                };
                let run = Run { from, call, event: event.id, inside };
                let closure = FnId { file: from.file, func: closure.0 };
                found.entry(closure).or_default().push(run);
            }
            if let Some(value) = call.receiver_value
                && let ValueKind::Closure(closure) = function.value(value).kind
            {
                let run = Run { from, call, event: event.id, inside: None };
                let closure = FnId { file: from.file, func: closure.0 };
                found.entry(closure).or_default().push(run);
            }
        });
    }
    found
}

/// Where a function calls one of its parameters.
fn runs_param(tree: &Tree<'_>, id: FnId, n: u16) -> Option<EventId> {
    let function = tree.function(id);
    let mut found = None;
    function.each_event(|event| {
        if let EventKind::Call(call) = &event.kind
            && call.receiver.is_none()
            && let Some(value) = call.receiver_value
            && matches!(function.value(value).kind, ValueKind::Param(at) if at == n)
        {
            found.get_or_insert(event.id);
        }
    });
    found
}

struct Walk<'l, 't, 'f> {
    locking: &'l Locking<'t, 'f>,
    id: FnId,
    /// Helpers that may still be looked into.
    left: u8,
    at: HeldAt,
    held: Vec<Held>,
    count: u32,
    /// What context managers hold for their regions.
    managed: FxHashMap<EventId, Vec<Held>>,
    /// Locks given back that were not taken here.
    given: Vec<Path>,
    /// What runs on the way out of the regions around, innermost last.
    exits: Vec<&'f Block>,
    /// The locks held at each way out.
    ends: Vec<(Vec<Held>, Vec<Path>)>,
    /// Locks taken by a call, and the value by which they are given back.
    handles: Vec<(ValueId, Path)>,
}

impl<'l, 't, 'f> Walk<'l, 't, 'f> {
    fn new(locking: &'l Locking<'t, 'f>, id: FnId, left: u8) -> Self {
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

    /// Notes what is held when the function is left here.
    fn left(&mut self) {
        let (held, given, at) = (self.held.clone(), self.given.clone(), self.at.clone());
        let exits = std::mem::take(&mut self.exits);
        for exit in exits.iter().rev() {
            self.block(exit);
        }
        self.exits = exits;
        self.at = at;
        let held = std::mem::replace(&mut self.held, held);
        let given = std::mem::replace(&mut self.given, given);
        self.ends.push((held, given));
    }

    fn net(self) -> Net {
        let mut ends = self.ends.into_iter();
        let Some((mut taken, mut given)) = ends.next() else { return Net::default() };
        for (held, back) in ends {
            taken.retain(|known| held.iter().any(|other| other.lock == known.lock));
            given.retain(|known| back.contains(known));
        }
        Net { taken, given }
    }

    /// The locks that a call takes for its caller, or gives back.
    fn call(&mut self, event: &amorsize_facts::event::Event, call: &Call) {
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
        let callees = tree.resolve(self.id, None, call);
        let [callee] = callees.as_slice() else { return };
        if callee.id == self.id {
            return;
        }
        let net = self.locking.net(callee.id, self.left);
        for path in &net.given {
            if let Some(path) = self.locking.outwards(path, callee.id, call) {
                self.release(&path);
            }
        }
        for held in &net.taken {
            if let Some(lock) = self.locking.outwards(&held.lock, callee.id, call) {
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

    fn block(&mut self, block: &'f Block) {
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

    fn event(&mut self, event: &'f amorsize_facts::event::Event) {
        match &event.kind {
            EventKind::Return(_) => self.left(),
            EventKind::Acquire(acquire) => {
                self.count += 1;
                self.held.push(Held {
                    lock: acquire.lock.clone(),
                    mode: acquire.mode,
                    scope: acquire.scope,
                    line: event.span.line,
                    taken: self.count,
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

/// Whether a function runs before anybody else is there: a constructor, import time, `init`, a test.
pub(crate) fn begins(tree: &Tree<'_>, id: FnId) -> bool {
    let function = tree.function(id);
    let file = tree.file(id);
    let first = file.lang == Lang::Go && function.name.as_str() == "init";
    first && function.kind == FunctionKind::Free
        || matches!(function.kind, FunctionKind::Constructor | FunctionKind::Module)
        || is_test(&file.path)
}

/// Whether a function makes the object that its callees work on.
fn makes(tree: &Tree<'_>, id: FnId) -> bool {
    let name = tree.function(id).name.as_str();
    tree.file(id).lang == Lang::Go && ["New", "new"].iter().any(|word| name.starts_with(word))
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

/// Whether a path is that of a test.
pub(crate) fn is_test(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default();
    file.starts_with("test_")
        || file.starts_with("conftest.")
        || file.ends_with("_test.go")
        || file.ends_with("_test.py")
        || file.ends_with("_tests.py")
        || file == "tests.py"
        || file.ends_with(".go") && (file.starts_with("mock_") || file.ends_with("_mock.go"))
        || parts.any(|dir| {
            matches!(dir, "tests" | "test" | "testing" | "testdata" | "__tests__")
                || file.ends_with(".go") && is_for_tests(dir)
        })
}

/// Whether a package of Go helps those who test: `httptest`, `testutil`, `mocks`.
fn is_for_tests(dir: &str) -> bool {
    let word = matches!(dir, "latest" | "attest" | "contest" | "greatest" | "nearest" | "protest");
    dir.ends_with("test") && !word
        || matches!(dir, "testutil" | "testutils" | "testhelper" | "testhelpers" | "mock" | "mocks")
}
