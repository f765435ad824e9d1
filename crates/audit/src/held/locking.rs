//! The locks that a function holds at its events, and who calls it under which.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use amorsize_facts::event::{
    Await, Call, EventId, EventKind, FunctionKind, Lang, LockMode, Name, Path, Root, Scope, Step,
    ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::far::Far;
use super::walk::Walk;
use crate::goroutines::Started;
use crate::link::{FnId, Tree, is_manager};
use crate::origins::Hearsay;
use crate::programs::run_by_programs;

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
    /// Whether a decorator holds it around a whole function, whatever stands in there.
    pub whole: bool,
}

/// Callers of callers that are looked at.
pub(super) const CALLERS_DEPTH: u8 = 3;

/// Locks held at each store event and call of one function.
pub(crate) type HeldAt = FxHashMap<EventId, Vec<Held>>;

/// Answers which locks are held, with what is known about callers remembered.
pub(crate) struct Locking<'t, 'f> {
    pub(super) tree: &'t Tree<'f>,
    pub(super) calls: Arc<Calls<'f>>,
    pub(super) within: RefCell<FxHashMap<FnId, Rc<HeldAt>>>,
    pub(super) nets: RefCell<FxHashMap<(FnId, u8), Rc<Net>>>,
    pub(super) around: RefCell<FxHashMap<FnId, Vec<Held>>>,
}

/// Who calls whom in the tree: found once, shared by all threads.
pub(super) struct Calls<'f> {
    pub(super) callers: FxHashMap<FnId, Vec<(FnId, &'f Call, EventId)>>,
    /// Closures that another function runs: who hands it over, how, to whom, and where it is run there.
    pub(super) runs: FxHashMap<FnId, Vec<Run<'f>>>,
    pub(super) started: Started,
    /// Calls of methods of Python on objects that the code does not name, by the name of the method.
    pub(super) unnamed: FxHashMap<Name, Vec<(FnId, EventId)>>,
    /// Found where somebody asks, as are the packages that programs of the tree run, and who is far up.
    hearsay: OnceLock<Hearsay>,
    programs: OnceLock<FxHashSet<u32>>,
    far: OnceLock<Far>,
}

/// A closure handed over.
#[derive(Clone, Copy)]
pub(super) struct Run<'f> {
    pub(super) from: FnId,
    pub(super) call: &'f Call,
    pub(super) event: EventId,
    /// The function that runs it, and the event in there; `None` where nobody knows.
    pub(super) inside: Option<(FnId, EventId)>,
}

/// What a call of a function leaves behind of locks.
#[derive(Clone, Debug, Default)]
pub(super) struct Net {
    pub(super) taken: Vec<Held>,
    pub(super) given: Vec<Path>,
}

/// Helpers within helpers that are looked into for locks.
pub(super) const NET_DEPTH_MAX: u8 = 3;

impl<'t, 'f> Locking<'t, 'f> {
    pub(crate) fn new(tree: &'t Tree<'f>) -> Self {
        let mut callers: FxHashMap<FnId, Vec<(FnId, &'f Call, EventId)>> = FxHashMap::default();
        let mut unnamed = methods_of_python(tree);
        for id in tree.all() {
            tree.function(id).each_event(|event| {
                if let EventKind::Call(call) = &event.kind {
                    let callees = tree.resolve(id, None, call);
                    if callees.is_empty()
                        && let Some(sites) = unnamed.get_mut(&call.name)
                    {
                        sites.push((id, event.id));
                    }
                    // What is asked of `self` is asked of a class derived from it as well.
                    let derived = tree.overrides(id, call).into_iter();
                    let derived = derived.filter(|of| callees.iter().all(|own| own.id != *of));
                    let derived: Vec<FnId> = derived.collect();
                    for callee in callees.iter().map(|callee| callee.id).chain(derived) {
                        callers.entry(callee).or_default().push((id, call, event.id));
                    }
                }
            });
        }
        let calls = Calls {
            callers,
            runs: runs(tree),
            started: Started::of(tree),
            unnamed,
            hearsay: OnceLock::new(),
            programs: OnceLock::new(),
            far: OnceLock::new(),
        };
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

    pub(super) fn far(&self) -> &Far {
        self.calls.far.get_or_init(|| Far::of(self.tree))
    }

    pub(crate) fn started(&self) -> &Started {
        &self.calls.started
    }

    /// Calls and mentions of functions that are no calls of one certain function.
    pub(crate) fn hearsay(&self) -> &Hearsay {
        self.calls.hearsay.get_or_init(|| Hearsay::of(self.tree))
    }

    /// Whether a program of the tree runs a function, all of whose callers can hence be seen.
    pub(crate) fn in_a_program(&self, id: FnId) -> bool {
        let programs = self.calls.programs.get_or_init(|| run_by_programs(self.tree));
        programs.contains(&self.tree.package(id.file))
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
        let mut sites = self.sites(id).filter(|site| !self.tree.is_test(site.0));
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

    pub(super) fn at_start(&self, id: FnId, left: u8) -> bool {
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
        self.sites_by_name(id).into_iter().any(|(caller, event)| {
            let held = self.within(caller);
            let asked = held
                .get(&event)
                .is_some_and(|held| held.iter().any(|held| is_asked_for(held.lock.steps.last())));
            asked || left > 0 && caller != id && self.by_agreement(caller, left - 1)
        })
    }

    /// The calls of a function, and those that mean it by their name alone where few are called so.
    pub(crate) fn sites_by_name(&self, id: FnId) -> Vec<(FnId, EventId)> {
        let named = self.sites(id).map(|(caller, _, event)| (caller, event));
        let rare = self.tree.methods_named(self.tree.function(id).name).len() <= NAMESAKES_MAX;
        let unnamed = self.by_name(id).iter().filter(|_| rare);
        named.chain(unnamed.copied()).collect()
    }

    /// The calls that may mean a method of Python, on objects that the code does not name.
    pub(super) fn by_name(&self, id: FnId) -> &[(FnId, EventId)] {
        let method = self.tree.class_of(id).is_some();
        let name = self.tree.function(id).name;
        self.calls.unnamed.get(&name).filter(|_| method).map_or(&[], Vec::as_slice)
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

    /// The locks held at its events, those with which it is entered as well, as long as it keeps them.
    pub(crate) fn throughout(&self, id: FnId) -> Rc<HeldAt> {
        let around = self.around(id);
        if around.is_empty() {
            return self.within(id);
        }
        let mut walk = Walk::new(self, id, NET_DEPTH_MAX);
        walk.managed = self.managed(id);
        walk.enter_with(around);
        walk.block(&self.tree.function(id).body);
        Rc::new(walk.at)
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

    /// What a call of the function leaves behind, as far as so many helpers within helpers tell.
    pub(super) fn net(&self, id: FnId, left: u8) -> Rc<Net> {
        if let Some(known) = self.nets.borrow().get(&(id, left)) {
            return known.clone();
        }
        let function = self.tree.function(id);
        let mut touches = false;
        function.each_event(|event| {
            touches |= matches!(event.kind, EventKind::Acquire(_) | EventKind::Release(_));
        });
        let mut net = Net::default();
        if touches && left > 0 {
            let mut walk = Walk::new(self, id, left - 1);
            walk.block(&function.body);
            if !amorsize_facts::event::leaves(&function.body) {
                walk.left(false);
            }
            net = walk.net();
        }
        let net = Rc::new(net);
        self.nets.borrow_mut().insert((id, left), net.clone());
        net
    }

    /// A path of a callee in the words of its caller.
    pub(super) fn outwards(&self, path: &Path, callee: FnId, call: &Call) -> Option<Path> {
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
}

/// Whether a lock is what a method gives, `repo.lock()`, and not that of a decorator, whose name is a
/// path.
fn is_asked_for(last: Option<&Step>) -> bool {
    matches!(last, Some(Step::Getter(name)) if !name.as_str().contains('.'))
}

/// Methods of one name that a call of that name may still be told to mean.
const NAMESAKES_MAX: usize = 2;

/// The names of Python's methods.
fn methods_of_python(tree: &Tree<'_>) -> FxHashMap<Name, Vec<(FnId, EventId)>> {
    let methods =
        tree.all().filter(|id| tree.file(*id).lang == Lang::Python && tree.class_of(*id).is_some());
    methods.map(|id| (tree.function(id).name, Vec::new())).collect()
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

/// Whether a function runs before anybody else is there: a constructor, import time, `init`, a test.
pub(crate) fn begins(tree: &Tree<'_>, id: FnId) -> bool {
    let function = tree.function(id);
    let first = tree.file(id).lang == Lang::Go && function.name.as_str() == "init";
    first && function.kind == FunctionKind::Free
        || matches!(function.kind, FunctionKind::Constructor | FunctionKind::Module)
        || tree.is_test(id)
}

/// Whether a function makes the object that its callees work on.
pub(super) fn makes(tree: &Tree<'_>, id: FnId) -> bool {
    let name = tree.function(id).name.as_str();
    tree.file(id).lang == Lang::Go && ["New", "new"].iter().any(|word| name.starts_with(word))
}

/// Whether a path is that of a test.
pub(crate) fn is_test(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default();
    file.starts_with("test_")
        || file.starts_with("conftest.")
        || file.ends_with("_test.go")
        || file.ends_with("_testing.go")
        || file.ends_with("_test.py")
        || file.ends_with("_tests.py")
        || matches!(file, "tests.py" | "testutils.py" | "testutil.py" | "test_utils.py")
        || file.ends_with(".go")
            && ["mock", "fake"].iter().any(|word| {
                let rest = file.strip_prefix(word).is_some_and(|rest| rest.starts_with('_'));
                rest || file.trim_end_matches(".go").ends_with(&format!("_{word}"))
            })
        || parts.any(|dir| {
            matches!(dir, "tests" | "test" | "testing" | "testdata" | "__tests__")
                || file.ends_with(".go") && is_for_tests(dir)
        })
}

/// Whether a package of Go helps those who test: `httptest`, `testutil`, `mocks`.
fn is_for_tests(dir: &str) -> bool {
    let word = matches!(dir, "latest" | "attest" | "contest" | "greatest" | "nearest" | "protest");
    dir.ends_with("test") && !word
        || matches!(
            dir,
            "testutil"
                | "testutils"
                | "testhelper"
                | "testhelpers"
                | "mock"
                | "mocks"
                | "fake"
                | "fakes"
        )
}
