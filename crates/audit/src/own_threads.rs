//! The threads that an object starts on methods of its own: `Thread(target=self._sweep).start()`, the `run` of what is
//! a thread itself. What such a method works on is worked on by whoever calls the other methods, at the same time.

use amorsize_facts::event::{EventKind, Lang, Name, Path, Root, Scope, Step, ValueKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::link::{ClassId, FnId, Tree};

/// Calls from what a thread begins with to what it runs.
const DEPTH_MAX: u8 = 3;

/// By class, the methods that such a thread runs.
#[derive(Debug, Default)]
pub(crate) struct OwnThreads(FxHashMap<ClassId, FxHashSet<FnId>>);

impl OwnThreads {
    /// Looks through all classes of Python.
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut all = Self::default();
        for id in tree.all().filter(|id| tree.file(*id).lang == Lang::Python) {
            let Some(class) = tree.class_of(id).filter(|_| !tree.is_test(id)) else {
                continue;
            };
            let mut begun = Vec::new();
            starts(tree, id, &mut begun);
            if tree.function(id).name == "run" && is_a_thread(tree, class) {
                begun.push(id);
            }
            for method in begun {
                all.follow(tree, class, method, DEPTH_MAX);
            }
        }
        all
    }

    fn follow(&mut self, tree: &Tree<'_>, class: ClassId, id: FnId, left: u8) {
        if !self.0.entry(class).or_default().insert(id) || left == 0 {
            return;
        }
        tree.function(id).each_event(|event| {
            let EventKind::Call(call) = &event.kind else { return };
            let own = call.receiver.as_ref().is_some_and(|path| path.root == Root::Receiver);
            if own && let [callee] = tree.resolve(id, Some(class), call).as_slice() {
                self.follow(tree, class, callee.id, left - 1);
            }
        });
    }

    /// Whether a thread that an object of the class starts runs a method.
    pub(crate) fn runs(&self, tree: &Tree<'_>, class: ClassId, id: FnId) -> bool {
        tree.ancestry(class)
            .iter()
            .any(|class| self.0.get(class).is_some_and(|all| all.contains(&id)))
    }
}

fn is_a_thread(tree: &Tree<'_>, class: ClassId) -> bool {
    tree.ancestry(class).into_iter().any(|class| {
        let bases = &tree.class(class).bases;
        bases.iter().any(|base| matches!(Tree::type_word(base).as_str(), "Thread" | "Timer"))
    })
}

/// The methods of its own object that a function starts on threads.
fn starts(tree: &Tree<'_>, id: FnId, found: &mut Vec<FnId>) {
    let function = tree.function(id);
    function.each_event(|event| {
        let EventKind::Spawn(spawn) = &event.kind else { return };
        if spawn.scope != Scope::Thread {
            return;
        }
        if let ValueKind::Load(Path { root: Root::Receiver, steps }) =
            &function.value(spawn.target).kind
            && let [Step::Field(method)] = steps.as_slice()
        {
            let method: Name = *method;
            found.extend(tree.class_of(id).and_then(|class| tree.method(class, method)));
        }
    });
}
