//! Functions that requests run: handlers of a server, and what they call. Two requests are served at
//! the same time, by threads or by processes of one program. So is what a loop starts on threads: the
//! method of one object of a module, or of the object that starts them.

use amorsize_facts::event::{
    Block, EventKind, Function, Lang, Name, Node, Path, Root, Scope, Step, ValueId, ValueKind,
};
use rustc_hash::FxHashSet;

use crate::link::{ClassId, FnId, Tree};

/// Calls from a handler to what it runs.
const DEPTH_MAX: u8 = 4;

/// The functions that requests run.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// By several threads or processes.
    all: FxHashSet<FnId>,
    /// By several threads of one process.
    threads: FxHashSet<FnId>,
    /// By several threads that one object starts for itself.
    of_one: FxHashSet<FnId>,
}

impl Served {
    /// Follows the calls of all handlers of Python files.
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut served = Self::default();
        let mut todo: Vec<(FnId, bool, u8)> = Vec::new();
        for id in tree.all().filter(|id| tree.file(*id).lang == Lang::Python) {
            let function = tree.function(id);
            if tree.is_test(id) {
                continue;
            }
            let mut started = Vec::new();
            starts_in(tree, id, (&function.body, false), &mut started);
            for (method, own) in started {
                served.threads.insert(method);
                if own {
                    served.of_one.insert(method);
                }
            }
            if is_routed(function) || is_of_handler(tree, id, function) {
                todo.push((id, !function.is_async, DEPTH_MAX));
            }
        }
        while let Some((id, threads, left)) = todo.pop() {
            let new = served.all.insert(id) | (threads && served.threads.insert(id));
            if !new || left == 0 {
                continue;
            }
            tree.function(id).each_event(|event| {
                if let EventKind::Call(call) = &event.kind
                    && let [callee] = tree.resolve(id, tree.class_of(id), call).as_slice()
                {
                    todo.push((callee.id, threads, left - 1));
                }
            });
        }
        served
    }

    /// Whether several requests run a function at the same time.
    pub(crate) fn meets(&self, id: FnId) -> bool {
        self.all.contains(&id)
    }

    /// Whether one object starts several threads that run a function of its own.
    pub(crate) fn by_own_threads(&self, id: FnId) -> bool {
        self.of_one.contains(&id)
    }

    /// Whether they do so in one process.
    pub(crate) fn by_threads(&self, id: FnId) -> bool {
        self.threads.contains(&id)
    }
}

/// Whether a thread or a pool is given a method of that name to run, in its own file or in one that imports its class.
pub(crate) fn is_started(tree: &Tree<'_>, id: FnId) -> bool {
    let name = tree.function(id).name;
    let class = tree.class_of(id).map(|class| tree.class(class).name);
    let knows = |by: &FnId| {
        by.file == id.file
            || tree.file(*by).imports.iter().any(|import| {
                let word = import.target.as_str().rsplit('.').next();
                class.is_some_and(|class| word == Some(class.as_str()))
            })
    };
    tree.all().filter(knows).any(|by| {
        let function = tree.function(by);
        let mut started = false;
        function.each_event(|event| {
            if let EventKind::Spawn(spawn) = &event.kind {
                started |= match &function.value(spawn.target).kind {
                    ValueKind::Load(path) => {
                        matches!(path.steps.last(), Some(Step::Field(field)) if *field == name)
                    }
                    ValueKind::Field(_, field) => *field == name,
                    _ => false,
                };
            }
        });
        started
    })
}

/// `@app.route("/…")`, `@router.get("/…")`, `@api_view`.
fn is_routed(function: &Function) -> bool {
    function.decorators.iter().any(|decorator| {
        let text = decorator.as_str();
        let mut parts = text.rsplit('.');
        let last = parts.next().unwrap_or_default();
        let of = parts.next().unwrap_or_default().to_ascii_lowercase();
        let router = ["app", "router", "api", "bp", "blueprint", "web", "server"];
        match last {
            "route" => !of.is_empty(),
            "get" | "post" | "put" | "delete" | "patch" => {
                router.iter().any(|word| of == *word || of.ends_with(&format!("_{word}")))
            }
            "api_view" | "require_POST" | "require_GET" | "require_http_methods" => true,
            _ => false,
        }
    })
}

/// `do_POST` of a handler, `post` of a view.
fn is_of_handler(tree: &Tree<'_>, id: FnId, function: &Function) -> bool {
    let verb = matches!(
        function.name.as_str(),
        "do_GET" | "do_POST" | "do_PUT" | "do_DELETE" | "get" | "post" | "put" | "delete" | "patch"
    );
    let Some(class) = tree.class_of(id).filter(|_| verb) else { return false };
    bases(tree, class).iter().any(|base| {
        let word = base.as_str().rsplit('.').next().unwrap_or_default();
        let raw = matches!(word, "BaseHTTPRequestHandler" | "SimpleHTTPRequestHandler");
        let view =
            matches!(word, "MethodView" | "APIView" | "Resource" | "View" | "GenericAPIView");
        raw && function.name.as_str().starts_with("do_") || view
    })
}

fn bases(tree: &Tree<'_>, class: ClassId) -> Vec<Name> {
    let all = tree.ancestry(class).into_iter();
    all.flat_map(|class| tree.class(class).bases.iter().map(|base| base.name)).collect()
}

/// The methods that a loop starts on threads, and whether they are of the object that starts them.
fn starts_in(
    tree: &Tree<'_>,
    id: FnId,
    (block, again): (&Block, bool),
    found: &mut Vec<(FnId, bool)>,
) {
    for node in block {
        match node {
            Node::Event(event) => {
                if let EventKind::Spawn(spawn) = &event.kind
                    && again
                    && spawn.scope == Scope::Thread
                {
                    found.extend(method_of(tree, id, spawn.target));
                }
            }
            other => {
                let again = again || matches!(other, Node::Loop(_));
                for inner in other.blocks() {
                    starts_in(tree, id, (inner, again), found);
                }
            }
        }
    }
}

/// The method that a bound method is, of an object of the module or of the one at hand.
fn method_of(tree: &Tree<'_>, id: FnId, target: ValueId) -> Option<(FnId, bool)> {
    let ValueKind::Load(Path { root, steps }) = &tree.function(id).value(target).kind else {
        return None;
    };
    let [Step::Field(method)] = steps.as_slice() else { return None };
    match root {
        Root::Receiver => Some((tree.method(tree.class_of(id)?, *method)?, true)),
        Root::Global(name) => {
            let own = name.as_str().strip_prefix('.')?;
            let mut globals = tree.files[id.file as usize].globals.iter();
            let object = globals.find(|global| global.name == *own)?;
            let class = tree.class_named(id.file, object.type_ref.as_ref()?.name)?;
            Some((tree.method(class, *method)?, false))
        }
        _ => None,
    }
}
