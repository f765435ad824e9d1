//! Which functions of Go more than one goroutine can be in at a time.
//!
//! Read off who calls and who starts them: what only a constructor or a start-up runs, runs once, and
//! what only the one loop runs that an object starts for itself never meets itself. A name alone
//! decides only where the word says that it is done at the beginning.

use amorsize_facts::event::{
    Await, Block, EventKind, FunctionKind, Lang, LoopKind, Name, Node, Root, Step, StoreKind,
    ValueId, ValueKind,
};
use rustc_hash::FxHashMap;

use crate::held::{Locking, begins};
use crate::link::{ClassId, FnId, Tree};

/// Callers of callers that are looked at.
const CALLERS_DEPTH: u8 = 4;
/// Callers between a loop and what it does.
const LOOP_DEPTH: u8 = 6;

/// Functions that are started as a goroutine: by whom, and whether in a loop.
#[derive(Debug, Default)]
pub(crate) struct Started(FxHashMap<FnId, Vec<(FnId, bool)>>);

impl Started {
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut found = Self::default();
        for id in tree.all() {
            found.within(tree, id, &tree.function(id).body, false);
        }
        found
    }

    /// Who starts a function, and whether in a loop.
    pub(crate) fn by(&self, id: FnId) -> Option<&[(FnId, bool)]> {
        self.0.get(&id).map(Vec::as_slice)
    }

    fn within(&mut self, tree: &Tree<'_>, id: FnId, block: &Block, looped: bool) {
        for node in block {
            if let Some(event) = node.event() {
                if let EventKind::Spawn(spawn) = &event.kind
                    && let Some(callee) = started(tree, id, spawn.target)
                {
                    self.0.entry(callee).or_default().push((id, looped));
                }
                continue;
            }
            let looped = looped || matches!(node, Node::Loop(_));
            node.blocks().into_iter().for_each(|block| self.within(tree, id, block, looped));
        }
    }
}

/// The function that a `go` statement starts: a closure, or the one function of the package that is
/// called so.
pub(crate) fn started(tree: &Tree<'_>, from: FnId, value: ValueId) -> Option<FnId> {
    let function = tree.function(from);
    let name = match &function.value(value).kind {
        ValueKind::Closure(closure) => return Some(FnId { file: from.file, func: closure.0 }),
        ValueKind::Named(name) => {
            return tree.free_in(from.file, Name::new(name.as_str().strip_prefix('.')?));
        }
        ValueKind::Field(of, name) => match made(tree, from, *of) {
            Some(class) => return tree.method(class, *name),
            None => *name,
        },
        ValueKind::Load(path) => {
            let Some((Step::Field(name), before)) = path.steps.split_last() else { return None };
            let class = match &path.root {
                Root::Receiver if before.is_empty() => tree.class_of(from),
                Root::Local { name, .. } if before.is_empty() => {
                    let origin = function.origins.iter().find(|(known, _)| known == name);
                    origin.and_then(|(_, value)| made(tree, from, *value))
                }
                _ => None,
            };
            match class {
                Some(class) => return tree.method(class, *name),
                None => *name,
            }
        }
        _ => return None,
    };
    let package = tree.package(from.file);
    let mut found = tree.methods_named(name).iter().filter(|id| tree.package(id.file) == package);
    let first = *found.next()?;
    found.next().is_none().then_some(first)
}

/// The class of an object that a function makes.
fn made(tree: &Tree<'_>, from: FnId, value: ValueId) -> Option<ClassId> {
    match &tree.function(from).value(value).kind {
        ValueKind::New(name, _) => tree.class_named(from.file, *name),
        _ => None,
    }
}

impl Locking<'_, '_> {
    /// The loop of its own goroutine, started once for each object, that alone runs a function.
    pub(crate) fn only_in_loop(&self, id: FnId) -> Option<FnId> {
        let go = self.tree().file(id).lang == Lang::Go;
        go.then(|| self.in_loop(id, CALLERS_DEPTH)).flatten()
    }

    fn in_loop(&self, id: FnId, left: u8) -> Option<FnId> {
        let tree = self.tree();
        let callers: Vec<FnId> = self.used_by(id).collect();
        if let Some(starts) = self.started().0.get(&id) {
            let once = starts.iter().all(|(by, looped)| !looped && begins_something(tree, *by));
            return (once && callers.is_empty() && runs_forever(&tree.function(id).body))
                .then_some(id);
        }
        if left == 0 || !is_in_sight(tree, id) {
            return None;
        }
        let mut roots = callers.iter().map(|caller| self.in_loop(*caller, left - 1));
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    /// Whether all that leads to a method is one place that starts a goroutine for an object it has at
    /// hand: each object has a goroutine of its own.
    pub(crate) fn one_for_each(&self, id: FnId) -> bool {
        let mut starts = Vec::new();
        self.tree().file(id).lang == Lang::Go
            && self.all_from_starts(id, CALLERS_DEPTH, &mut starts)
            && starts.len() == 1
    }

    fn all_from_starts(&self, id: FnId, left: u8, starts: &mut Vec<FnId>) -> bool {
        let tree = self.tree();
        if left == 0 || !tree.is_private(id) || self.started().0.contains_key(&id) {
            return false;
        }
        let own = tree.class_of(id);
        let mut sites = self.sites(id).filter(|(by, ..)| !tree.is_test(*by)).peekable();
        own.is_some()
            && sites.peek().is_some()
            && sites.all(|(by, call, _)| {
                let Some(path) = call.receiver.as_ref().filter(|path| path.steps.is_empty()) else {
                    return false;
                };
                if path.root == Root::Receiver {
                    return by == id
                        || tree.class_of(by) == own && self.all_from_starts(by, left - 1, starts);
                }
                if !starts.contains(&by) {
                    starts.push(by);
                }
                let handed =
                    matches!(path.root, Root::Local { .. } | Root::Param(_) | Root::Captured(_));
                handed && self.started().0.contains_key(&by)
            })
    }

    /// The one loop that runs a function, proven or not to be run once.
    pub(crate) fn loop_of(&self, id: FnId) -> Option<FnId> {
        self.only_in_loop(id).or_else(|| self.only_through_loop(id))
    }

    /// The loop around its own messages, or of the thread that is started for it, through which alone
    /// a function is reached, though nothing shows that there is one such goroutine or thread alone.
    pub(crate) fn only_through_loop(&self, id: FnId) -> Option<FnId> {
        self.through_loop(id, LOOP_DEPTH)
    }

    fn through_loop(&self, id: FnId, left: u8) -> Option<FnId> {
        let tree = self.tree();
        let once = |starts: &Vec<(FnId, bool)>| starts.iter().all(|(_, looped)| !looped);
        let go = tree.file(id).lang == Lang::Go;
        let starts = self.started().0.get(&id);
        let works = if go { starts.is_none_or(once) } else { starts.is_some_and(once) };
        let own = (works && takes_messages(tree, id)).then_some(id);
        // A loop that another one runs through is a part of that.
        self.around_loop(id, left).or(own)
    }

    fn around_loop(&self, id: FnId, left: u8) -> Option<FnId> {
        let tree = self.tree();
        if left == 0 || self.started().0.contains_key(&id) {
            return None;
        }
        // A closure that nobody starts runs where it stands.
        if let Some(outer) = tree.parent(id) {
            return self.through_loop(outer, left - 1);
        }
        if !is_in_sight(tree, id) {
            return None;
        }
        // What is done once more before the loop begins does not meet it.
        let callers = self.used_by(id).map(|caller| (caller, self.through_loop(caller, left - 1)));
        let mut roots = callers
            .filter(|(caller, root)| root.is_some() || !begins_something(tree, *caller))
            .map(|(_, root)| root);
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    /// Whether a function is of those that are run at the start, before anybody else works on what
    /// it works on.
    pub(crate) fn starts_up(&self, id: FnId, kind: StoreKind) -> bool {
        self.tree().file(id).lang == Lang::Go && self.at_start_up(id, kind, CALLERS_DEPTH)
    }

    fn at_start_up(&self, id: FnId, kind: StoreKind, left: u8) -> bool {
        let tree = self.tree();
        let name = tree.function(id).name;
        // An exported `Init` belongs to the life of the object; what it loads with is its own.
        let loads = left < CALLERS_DEPTH && name == "Init" && tree.class_of(id).is_some();
        if tree.function(id).kind == FunctionKind::Free && name == "main"
            || loads
            || is_of_start(name.as_str(), kind)
        {
            return true;
        }
        let mut callers = self.used_by(id).peekable();
        let all = |caller: FnId| {
            begins(tree, caller)
                || is_maker(tree, caller)
                || left > 0 && self.at_start_up(caller, kind, left - 1)
        };
        callers.peek().is_some() && callers.all(all)
    }

    /// Who calls a function, tests and itself aside.
    fn used_by(&self, id: FnId) -> impl Iterator<Item = FnId> + '_ {
        let tree = self.tree();
        self.callers(id).filter(move |by| *by != id && !tree.is_test(*by))
    }
}

/// Whether all who call a function can be seen: it is not exported, or is a method of a type that is not.
fn is_in_sight(tree: &Tree<'_>, id: FnId) -> bool {
    let own = || {
        let class = tree.class_of(id).map(|class| tree.class(class).name);
        class.is_some_and(|name| {
            name.as_str()
                .rsplit('.')
                .next()
                .is_some_and(|word| word.starts_with(char::is_lowercase))
        })
    };
    tree.is_private(id) || tree.file(id).lang == Lang::Go && own()
}

fn is_maker(tree: &Tree<'_>, id: FnId) -> bool {
    let name = tree.function(id).name.as_str();
    ["New", "new"].iter().any(|word| name.starts_with(word))
}

/// Whether a function is one that an object is set going by.
fn begins_something(tree: &Tree<'_>, id: FnId) -> bool {
    let name = tree.function(id).name.as_str().to_ascii_lowercase();
    // A service calls what it is told of its start by `OnStart`.
    let name = name.strip_prefix("on").unwrap_or(&name);
    ["new", "start", "run", "open", "init"].iter().any(|word| name.starts_with(word))
}

/// Whether the name says that it is done at the beginning. What is made where it is missing is often
/// called `init` as well, hence counts for what outlives the process only.
fn is_of_start(name: &str, kind: StoreKind) -> bool {
    let end =
        name.char_indices().skip(1).find(|(_, c)| c.is_uppercase()).map_or(name.len(), |c| c.0);
    let word = name[..end].to_ascii_lowercase();
    match word.as_str() {
        "setup" | "bootstrap" | "replay" | "restore" | "recover" | "migrate" => true,
        "init" | "initialize" | "initialise" => kind == StoreKind::File,
        _ => false,
    }
}

/// Whether a method goes round for its object and takes what comes: messages of a channel, or what
/// its name says that it loops for; of Python, where threads are started for it, any loop.
fn takes_messages(tree: &Tree<'_>, id: FnId) -> bool {
    let function = tree.function(id);
    let go = tree.file(id).lang == Lang::Go;
    let named = !go || function.name.as_str().to_ascii_lowercase().ends_with("loop");
    tree.class_of(id).is_some() && goes_round(&function.body, named)
}

fn goes_round(body: &Block, named: bool) -> bool {
    body.iter().any(|node| match node {
        Node::Loop(round) if round.kind == LoopKind::Each => begins_with_message(&round.body),
        Node::Loop(round) if named || waits_for_messages(&round.body) => true,
        _ => {
            node.event().is_none()
                && node.blocks().into_iter().any(|in_it| goes_round(in_it, named))
        }
    })
}

/// Whether each round of a loop begins with a message: `for event := range events`.
fn begins_with_message(body: &Block) -> bool {
    let first = body.first().and_then(|node| node.event());
    first.is_some_and(|event| matches!(event.kind, EventKind::Await(Await::Channel)))
}

fn waits_for_messages(body: &Block) -> bool {
    body.iter().any(|node| match node.event() {
        Some(event) => matches!(event.kind, EventKind::Await(Await::Channel)),
        None => node.blocks().into_iter().any(waits_for_messages),
    })
}

/// Whether a body goes round until it is told to stop.
fn runs_forever(body: &Block) -> bool {
    body.iter().any(|node| {
        matches!(node, Node::Loop(round) if round.kind == LoopKind::Forever)
            || !matches!(node, Node::Loop(_))
                && node.event().is_none()
                && node.blocks().into_iter().any(runs_forever)
    })
}
