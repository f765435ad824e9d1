//! Functions that requests run: handlers of a server, and what they call. Two requests are served at
//! the same time, by threads or by processes of one program.

use amorsize_facts::event::{EventKind, Function, Lang, Name};
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
}

impl Served {
    /// Follows the calls of all handlers of Python files.
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut served = Self::default();
        let mut todo: Vec<(FnId, bool, u8)> = Vec::new();
        for id in tree.all().filter(|id| tree.file(*id).lang == Lang::Python) {
            let function = tree.function(id);
            if is_test(&tree.file(id).path) {
                continue;
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

    /// Whether they do so in one process.
    pub(crate) fn by_threads(&self, id: FnId) -> bool {
        self.threads.contains(&id)
    }
}

fn is_test(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part.starts_with("test") || part == "conftest.py")
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
