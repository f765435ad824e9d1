//! What runs a function of a program of Go: the goroutines that lead to it, and the servers that hand it
//! their requests.
//!
//! It finds what the code shows. A method that is called through an interface is run by whoever calls that
//! method of it; a function that is handed on as a value, by whoever it is handed to.

use std::collections::VecDeque;

use amorsize_facts::event::{
    Call, EventKind, Function, Lang, Name, Path, Root, Step, TypeRef, ValueId, ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::held::{Locking, begins, is_test};
use crate::link::{ClassId, FnId, Tree};

/// Callers of callers that are looked at.
const DEPTH: u8 = 8;
/// Functions that are looked at. Whoever is reached by so many is hardly reached by one.
const SEEN_MAX: usize = 4_000;
/// Methods of one name that a call on an object of unknown type may mean.
const NAMESAKES_MAX: usize = 4;

/// What runs a function.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    /// Whether something runs it several times at once: a server for its requests, a loop that starts
    /// goroutines.
    many: bool,
    /// Goroutines that lead there and functions that are handed on, each with who does so.
    each: FxHashSet<(FnId, FnId)>,
}

impl Origins {
    /// Whether two of them are shown to be there at a time, of its own or of the other's.
    pub(crate) fn meet(&self, other: Option<&Self>) -> bool {
        let others = other.into_iter().flat_map(|other| &other.each);
        let each: FxHashSet<&(FnId, FnId)> = self.each.iter().chain(others).collect();
        self.many || other.is_some_and(|other| other.many) || each.len() > 1
    }
}

/// Calls and mentions of functions that are no calls of one certain function.
#[derive(Debug, Default)]
pub(crate) struct Hearsay {
    /// Calls by the name of the method, of an interface where its type is known.
    called: FxHashMap<Name, Vec<(FnId, Option<ClassId>)>>,
    /// Who hands a function on as a value, and whether to what calls it for each request.
    handed: FxHashMap<FnId, Vec<(FnId, bool)>>,
}

impl Hearsay {
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut found = Self::default();
        let files = (0_u32..).zip(tree.files).filter(|(_, file)| file.lang == Lang::Go);
        let of_go: FxHashSet<u32> =
            files.filter(|(_, file)| !is_test(&file.path)).map(|(n, _)| n).collect();
        for id in tree.all().filter(|id| of_go.contains(&id.file)) {
            let mut registered: Vec<ValueId> = Vec::new();
            tree.function(id).each_event(|event| {
                if let EventKind::Call(call) = &event.kind {
                    found.hear(tree, id, call);
                    if registers(call) {
                        registered.extend(&call.args);
                    }
                }
            });
            for (n, value) in (0_u32..).zip(&tree.function(id).values) {
                if let Some(meant) = meant(tree, id, &value.kind) {
                    let many = registered.contains(&ValueId(n));
                    found.handed.entry(meant).or_default().push((id, many));
                }
            }
        }
        found
    }

    fn hear(&mut self, tree: &Tree<'_>, from: FnId, call: &Call) {
        let namesakes = tree.methods_named(call.name).len();
        if namesakes == 0 || call.receiver.is_none() && call.receiver_value.is_none() {
            return;
        }
        let of = receiver_class(tree, from, call);
        if (of.is_some() || namesakes <= NAMESAKES_MAX) && tree.resolve(from, None, call).is_empty()
        {
            self.called.entry(call.name).or_default().push((from, of));
        }
    }

    /// Who may call a method of an object that only an interface is known of, or nothing.
    fn callers<'h>(&'h self, tree: &'h Tree<'_>, id: FnId) -> impl Iterator<Item = FnId> + 'h {
        let function = tree.function(id);
        let sites = self.called.get(&function.name).filter(|_| function.receiver.is_some());
        let class = tree.class_of(id);
        let is_one = move |interface: ClassId| {
            let asked = tree.asked(interface);
            let has = |name: &Name| class.is_some_and(|own| tree.method(own, *name).is_some());
            !asked.is_empty() && asked.iter().all(has)
        };
        let sites = sites.into_iter().flatten();
        sites.filter(move |(_, of)| of.is_none_or(is_one)).map(|(by, _)| *by)
    }
}

/// The class of the tree that a call's receiver is by its type.
fn receiver_class(tree: &Tree<'_>, from: FnId, call: &Call) -> Option<ClassId> {
    if let Some(of) = &call.receiver_type {
        return tree.class_named(from.file, of.name);
    }
    let path = call.receiver.as_ref()?;
    let (Root::Receiver, [Step::Field(field)]) = (&path.root, path.steps.as_slice()) else {
        return None;
    };
    let (file, of) = tree.field_type(tree.class_of(from)?, *field)?;
    tree.class_named(file, of.name)
}

/// Whether what a call is given is run for each request: `mux.HandleFunc("/", serve)`, `NewRPCFunc(status)`.
fn registers(call: &Call) -> bool {
    let name = call.name.as_str();
    let verb = matches!(name, "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "Get" | "Post" | "Put");
    verb && call.args.len() > 1
        || ["Handle", "Func", "Route", "Endpoint"].iter().any(|word| name.contains(word))
}

/// The function that a value is.
fn meant(tree: &Tree<'_>, from: FnId, kind: &ValueKind) -> Option<FnId> {
    match kind {
        ValueKind::Named(name) => match name.as_str().rsplit_once('.')? {
            ("", own) => tree.free_in(from.file, Name::new(own)),
            (module, own) => {
                let name = Name::new(own);
                tree.module(module).iter().find_map(|file| tree.free_in(*file, name))
            }
        },
        ValueKind::Load(Path { root: Root::Receiver, steps }) => match steps.as_slice() {
            [Step::Field(name)] => tree.method(tree.class_of(from)?, *name),
            _ => None,
        },
        ValueKind::Load(Path { root: Root::Local { .. } | Root::Param(_), steps }) => {
            match steps.last()? {
                Step::Field(name) => only_method(tree, from, *name),
                _ => None,
            }
        }
        ValueKind::Field(_, name) => only_method(tree, from, *name),
        _ => None,
    }
}

/// The one method of the package that is called so, unless a field is.
fn only_method(tree: &Tree<'_>, from: FnId, name: Name) -> Option<FnId> {
    let package = tree.package(from.file);
    let mut found = tree.methods_named(name).iter().filter(|id| tree.package(id.file) == package);
    let first = *found.next()?;
    found.next().is_none().then_some(first)
}

impl Locking<'_, '_> {
    /// What runs a function of a program.
    pub(crate) fn origins(&self, id: FnId) -> Origins {
        let mut found = Origins::default();
        let mut seen = FxHashSet::default();
        // Beyond the start of a goroutine it only matters whether several are started at once.
        let mut todo = VecDeque::from([(id, false, DEPTH)]);
        while let Some((id, beyond, left)) = todo.pop_front() {
            if !seen.insert((id, beyond)) || self.is_beginning(id) {
                continue;
            }
            let (callers, starts) = (self.all_callers(id), self.all_starts(id));
            found.many |= seen.len() > SEEN_MAX
                || serves(self.tree().function(id))
                || starts.iter().any(|(_, many)| *many);
            if found.many {
                return found;
            }
            if !beyond {
                found.each.extend(starts.iter().map(|(by, _)| (id, *by)));
            }
            if left > 0 {
                todo.extend(callers.into_iter().map(|by| (by, beyond, left - 1)));
                todo.extend(starts.into_iter().map(|(by, _)| (by, true, left - 1)));
            }
        }
        found
    }

    /// Whether a function is of those that the program begins with, or of its tests.
    fn is_beginning(&self, id: FnId) -> bool {
        let tree = self.tree();
        let function = tree.function(id);
        let main = function.name == "main" && function.receiver.is_none();
        main || begins(tree, id) || tree.is_test(id)
    }

    /// Who runs a function on its own goroutine.
    fn all_callers(&self, id: FnId) -> Vec<FnId> {
        let tree = self.tree();
        if let Some(outer) = tree.parent(id) {
            let started = self.started().by(id).is_some();
            return if started { Vec::new() } else { vec![outer] };
        }
        let named = self.callers(id).filter(|by| *by != id);
        named.chain(self.hearsay().callers(tree, id)).collect()
    }

    /// Who runs a function where they stand, tests aside; `None` where somebody starts a goroutine for it or hands it
    /// on.
    pub(crate) fn only_callers(&self, id: FnId) -> Option<Vec<FnId>> {
        // Who calls a function by its name has named it.
        let calls = |by: FnId| self.callers(id).any(|caller| caller == by);
        let handed = self.hearsay().handed.get(&id).into_iter().flatten();
        if self.started().by(id).is_some() || handed.into_iter().any(|(by, _)| !calls(*by)) {
            return None;
        }
        let callers = self.all_callers(id).into_iter();
        Some(callers.filter(|by| !self.tree().is_test(*by)).collect())
    }

    /// Who starts a goroutine for it or hands it on, and whether for several at once.
    pub(crate) fn all_starts(&self, id: FnId) -> Vec<(FnId, bool)> {
        let starts = self.started().by(id).unwrap_or_default();
        let handed = self.hearsay().handed.get(&id).map_or(&[][..], Vec::as_slice);
        let known = |by: FnId| starts.iter().any(|(start, _)| *start == by);
        let handed = handed.iter().filter(|(by, _)| !known(*by));
        starts.iter().chain(handed).copied().collect()
    }
}

/// Whether a function is one that a server runs for its requests: `(w http.ResponseWriter, r *http.Request)`, or
/// a method `(ctx, *GetRequest) (*GetResponse, error)`.
fn serves(function: &Function) -> bool {
    let of = |n: usize| function.params.get(n).and_then(|param| param.type_ref.as_ref());
    let is = |of: Option<&TypeRef>, word: &str| of.is_some_and(|of| Tree::type_word(of) == word);
    let ends = |of: Option<&TypeRef>, word: &str| {
        of.is_some_and(|of| of.pointer && Tree::type_word(of).as_str().ends_with(word))
    };
    is(of(0), "ResponseWriter") && is(of(1), "Request")
        || function.receiver.is_some()
            && function.params.len() == 2
            && is(of(0), "Context")
            && ends(of(1), "Request")
            && ends(function.returns.first(), "Response")
}
