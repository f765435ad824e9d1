//! Decorators of the tree that take a lock around what they decorate: `@lock`, whose wrapper reads `with self.lock:
//! return func(self, …)`. What stands in such a function runs under that lock.
//!
//! Runs once over the facts before they are linked for the audit. Only a decorator all of whose calls of the function
//! are under one lock counts, and only where nothing below it hands the function on to be run later.

use std::sync::Arc;

use amorsize_facts::event::{
    Acquire, Await, Block, Call, Event, EventId, EventKind, FileFacts, Function, FunctionKind,
    Lang, Name, Node, Path, Place, Release, Root, Span, Step, Value, ValueId, ValueKind, Via, With,
};
use rustc_hash::FxHashMap;

use super::decorators::{decorator, gives_back, is_given, is_given_to, is_param_around};
use super::tables::Tables;
use super::tree::{FnId, Tree};

/// Functions within functions of a decorator that are looked into.
const DEPTH_MAX: u8 = 3;

/// What a decorator of the tree does with what it decorates.
#[derive(Clone, Debug, Default)]
struct Wrapper {
    /// The locks under which it calls it each time, and the function that takes them.
    held: Vec<(FnId, Acquire)>,
    /// Whether it calls it at all, or gives it back as it is.
    runs: bool,
    /// Whether it calls it where a coroutine awaits it.
    awaits: bool,
}

/// Puts the bodies of decorated functions under the locks of their decorators.
pub(crate) fn wrapped(files: &mut [FileFacts], tables: &Arc<Tables>) {
    for (id, lock) in locked(files, tables) {
        let function = &mut files[id.file as usize].functions[id.func as usize];
        put_under(function, lock);
    }
}

/// The functions that a decorator of the tree runs under a lock, and that lock in their own words.
fn locked(files: &[FileFacts], tables: &Arc<Tables>) -> Vec<(FnId, Acquire)> {
    if !files.iter().any(|file| file.functions.iter().any(may_be_wrapped)) {
        return Vec::new();
    }
    let tree = Tree::on(files, tables);
    let mut known: FxHashMap<FnId, Wrapper> = FxHashMap::default();
    let mut found = Vec::new();
    for id in tree.all() {
        let function = tree.function(id);
        if tree.file(id).lang != Lang::Python || !may_be_wrapped(function) {
            continue;
        }
        let mut inside = true;
        // The last one stands next to the function.
        for name in function.decorators.iter().rev() {
            let Some(decorator) = decorator(&tree, id, *name) else { continue };
            let wrapper =
                known.entry(decorator).or_insert_with(|| Wrapper::of(&tree, decorator)).clone();
            inside &= wrapper.runs && (wrapper.awaits || !function.is_async);
            let own = wrapper.held.iter().filter(|_| inside);
            // A lock for each key, or each call, is not one lock for the function.
            let own = own.filter(|(_, lock)| lock.key.is_none());
            let lock = own.filter_map(|(taker, lock)| {
                let path = in_words_of(&tree, id, *taker, lock)?;
                (!path.steps.contains(&Step::Item)).then_some((*taker, lock, path))
            });
            found.extend(lock.map(|(_, lock, path)| (id, Acquire { lock: path, ..lock.clone() })));
        }
    }
    found
}

/// Whether a decorator may hold something while the function runs: what yields runs when it is asked for more.
fn may_be_wrapped(function: &Function) -> bool {
    let mut yields = false;
    if !function.decorators.is_empty() {
        function.each_event(|event| yields |= matches!(event.kind, EventKind::Await(Await::Yield)));
    }
    !function.decorators.is_empty() && !yields
}

impl Wrapper {
    fn of(tree: &Tree<'_>, decorator: FnId) -> Self {
        let mut wrapper = Self::default();
        let mut calls = 0;
        wrapper.look(tree, decorator, &mut calls, 0);
        wrapper.runs = calls > 0 || gives_back(tree.function(decorator));
        if gets_away(tree, decorator) {
            wrapper.held.clear();
        }
        wrapper
    }

    /// Looks at the functions within `outer` for calls of what one around them was given.
    fn look(&mut self, tree: &Tree<'_>, outer: FnId, calls: &mut u32, depth: u8) {
        for id in tree.within(outer) {
            let function = tree.function(id);
            let mut taken = Vec::new();
            let mut sites = Vec::new();
            sites_under(&function.body, &mut taken, &mut |call, held| {
                if is_given(tree, id, function, call) {
                    sites.push(held.to_vec());
                }
            });
            let asked = tested(&function.body);
            for mut held in sites {
                // Who does not ask whether it has a lock, `lock.acquire(**how)`, gives it back as if it had.
                held.retain(|lock| !lock.may_fail || !asked.contains(&lock.result));
                let here = held.into_iter().map(|lock| (id, lock));
                if *calls == 0 {
                    self.held = here.collect();
                    self.awaits = function.is_async;
                } else {
                    let here: Vec<_> = here.collect();
                    self.held
                        .retain(|(_, known)| here.iter().any(|(_, lock)| lock.lock == known.lock));
                    self.awaits |= function.is_async;
                }
                *calls += 1;
            }
            if depth < DEPTH_MAX {
                self.look(tree, id, calls, depth + 1);
            }
        }
    }
}

/// Whether the function may be run by others as well: it is given back as it is, handed on, or kept.
fn gets_away(tree: &Tree<'_>, outer: FnId) -> bool {
    let function = tree.function(outer);
    let given = |value: ValueId| {
        is_given_to(tree, outer, function, value)
            || matches!(function.value(value).kind, ValueKind::Param(0))
                && tree.within(outer).next().is_some()
    };
    let mut away = gives_back(function);
    function.each_event(|event| {
        away |= match &event.kind {
            EventKind::Call(call) if !only_looks(call.name.as_str()) => {
                let later = runs_later(call.name.as_str());
                call.args.iter().any(|arg| {
                    given(*arg) || later && is_result_of_given(tree, outer, function, *arg)
                })
            }
            EventKind::Spawn(spawn) => {
                let mut run = spawn.args.iter().chain([&spawn.target]);
                run.any(|arg| given(*arg) || is_result_of_given(tree, outer, function, *arg))
            }
            EventKind::Act(act) => {
                let named = |path: &Path| matches!(path.steps.last(), Some(Step::Field(field)) if *field == "__wrapped__");
                let place = &function.store(act.store).place;
                act.value.is_some_and(given)
                    && !matches!(place, Place::Path(path) if named(path))
            }
            _ => false,
        };
    });
    away || tree.within(outer).any(|inner| gets_away(tree, inner))
}

/// Whether a function does no more with another one than look at it, or take over what it is called.
fn only_looks(name: &str) -> bool {
    matches!(
        name,
        "wraps"
            | "update_wrapper"
            | "signature"
            | "iscoroutinefunction"
            | "isgeneratorfunction"
            | "callable"
            | "getattr"
            | "hasattr"
            | "id"
            | "repr"
            | "str"
    )
}

/// Whether a function runs a coroutine that it is given at another time.
fn runs_later(name: &str) -> bool {
    matches!(
        name,
        "create_task"
            | "ensure_future"
            | "run_coroutine_threadsafe"
            | "Task"
            | "start_soon"
            | "call_soon"
            | "spawn"
    )
}

/// Whether a value is what a call of the given function returned.
fn is_result_of_given(tree: &Tree<'_>, id: FnId, function: &Function, value: ValueId) -> bool {
    let ValueKind::Result(event, _) = &function.value(value).kind else { return false };
    let found = function.event(*event);
    found.is_some_and(
        |event| matches!(&event.kind, EventKind::Call(call) if is_given(tree, id, function, call)),
    )
}

/// The values that branches of a block test.
fn tested(block: &Block) -> Vec<ValueId> {
    let mut found = Vec::new();
    for node in block {
        if let Node::Branch(branch) = node {
            found.extend(branch.cond.values());
        }
        node.blocks().into_iter().for_each(|inner| found.extend(tested(inner)));
    }
    found
}

/// Hands each call of a block to `visit`, with the locks that are certainly held there.
fn sites_under(block: &Block, held: &mut Vec<Acquire>, visit: &mut dyn FnMut(&Call, &[Acquire])) {
    for node in block {
        match node {
            Node::Event(event) => match &event.kind {
                EventKind::Acquire(acquire) => held.push((**acquire).clone()),
                EventKind::Release(release) => held.retain(|lock| lock.lock != release.lock),
                EventKind::Call(call) => visit(call, held),
                _ => {}
            },
            Node::With(with) => {
                let before = held.len();
                sites_under(&with.enter, held, visit);
                sites_under(&with.body, held, visit);
                held.truncate(before);
                sites_under(&with.exit, held, visit);
            }
            Node::Try(tried) => {
                let before = held.clone();
                sites_under(&tried.body, held, visit);
                for handler in &tried.handlers {
                    sites_under(&handler.body, &mut before.clone(), visit);
                }
                sites_under(&tried.otherwise, held, visit);
                sites_under(&tried.finally, held, visit);
            }
            Node::Branch(_) | Node::Loop(_) => {
                for inner in node.blocks() {
                    sites_under(inner, &mut held.clone(), visit);
                }
            }
        }
    }
}

/// A lock of a wrapper in the words of the function that is wrapped.
fn in_words_of(tree: &Tree<'_>, id: FnId, wrapper: FnId, lock: &Acquire) -> Option<Path> {
    let path = &lock.lock;
    let own = matches!(tree.function(id).kind, FunctionKind::Method | FunctionKind::ClassMethod);
    match path.root {
        Root::Param(n) => {
            let variadic = tree.function(wrapper).params.get(usize::from(n))?.variadic;
            let steps = match (variadic, path.steps.as_slice()) {
                // `args[0].lock`: of the items only the first is an object with locks of its own.
                (true, [Step::Item, rest @ ..]) if own => rest,
                (false, steps) => steps,
                _ => return None,
            };
            let root = match n {
                0 if own => Root::Receiver,
                _ if own => Root::Param(n - 1),
                _ => Root::Param(n),
            };
            (!steps.is_empty()).then(|| Path { root, steps: steps.to_vec() })
        }
        Root::Global(name) if path.steps.is_empty() => {
            let file = tree.file(wrapper);
            let there = name.as_str().strip_prefix('.').filter(|_| wrapper.file != id.file);
            let name = there.map_or(name, |name| Name::new(&format!("{}.{name}", file.package)));
            Some(Path::root(Root::Global(name)))
        }
        // A lock that the decorator makes is one for each function.
        Root::Captured(name)
            if path.steps.is_empty()
                && !is_param_around(tree, wrapper, name)
                && tree.parent(id).is_none()
                && tree.parent(wrapper).is_some_and(|by| is_decorating(tree, by)) =>
        {
            let of = tree.function(id).qualified;
            Some(Path::root(Root::Global(Name::new(&format!(".{of}.{name}")))))
        }
        _ => None,
    }
}

/// Whether a function runs once for each function that it decorates, and not for each call of that.
fn is_decorating(tree: &Tree<'_>, id: FnId) -> bool {
    let function = tree.function(id);
    let given = function.params.first().map(|param| param.name);
    tree.within(id).any(|inner| {
        let wraps = tree.function(inner);
        let mut called = false;
        wraps.each_event(|event| {
            if let EventKind::Call(call) = &event.kind {
                let of = call.receiver_value.filter(|_| call.receiver.is_none());
                called |= of.is_some_and(|value| {
                    matches!(&wraps.value(value).kind, ValueKind::Load(path)
                        if path.steps.is_empty()
                            && matches!(path.root, Root::Captured(name) if Some(name) == given))
                });
            }
        });
        called
    })
}

/// Puts the whole body of a function under a lock.
fn put_under(function: &mut Function, acquire: Acquire) {
    let span = Span::default();
    let (first, second) = (EventId(function.events), EventId(function.events + 1));
    function.events += 2;
    let result = ValueId(u32::try_from(function.values.len()).unwrap_or(u32::MAX));
    function.values.push(Value { kind: ValueKind::Result(first, Vec::new()), shape: 0, span });
    let (lock, mode) = (acquire.lock.clone(), acquire.mode);
    let via = Via::Decorator;
    let enter = EventKind::Acquire(Box::new(Acquire {
        via,
        result,
        key: None,
        may_fail: false,
        ..acquire
    }));
    let exit = EventKind::Release(Box::new(Release { lock, mode, via }));
    let body = std::mem::take(&mut function.body);
    function.body = vec![Node::With(Box::new(With {
        enter: vec![Node::Event(Event { id: first, span, kind: enter })],
        body,
        exit: vec![Node::Event(Event { id: second, span, kind: exit })],
        span,
    }))];
}
