//! The tables: modules, functions, classes and their hierarchy.

use std::sync::{Arc, OnceLock};

use amorsize_facts::event::{
    Class, EventKind, FileFacts, Function, FunctionId, Lang, Name, Root, Step, Value, ValueKind,
};
use rustc_hash::FxHashSet;

use super::handed_fields::HandedFields;
use super::tables::{Tables, class_part};
use crate::own_threads::OwnThreads;
use crate::served::Served;
use crate::slice::collects_garbage;

/// A function of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FnId {
    /// Index of the file.
    pub file: u32,
    /// Index in the file.
    pub func: u32,
}

/// A class of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClassId {
    /// Index of the file.
    pub file: u32,
    /// Index in the file.
    pub class: u32,
}

/// What is taken as a lock.
#[derive(Debug)]
struct Taken {
    /// Classes whose methods take a lock of their receiver.
    classes: FxHashSet<ClassId>,
    /// Fields that a module of Python takes as locks of `self`, by its file.
    fields: FxHashSet<(u32, Name)>,
}

/// Whether some of the files are of a language: what is asked only of its trees needs no other to be linked.
pub(super) fn has_some(files: &[FileFacts], lang: Lang) -> bool {
    files.iter().any(|file| file.lang == lang)
}

/// The facts of all files of one root, linked.
pub(crate) struct Tree<'f> {
    /// The files.
    pub files: &'f [FileFacts],
    /// What is read off names alone, whatever the functions do.
    pub(super) tables: Arc<Tables>,
    /// Whether the functions collect garbage, found where somebody asks.
    collecting: Vec<Vec<OnceLock<bool>>>,
    /// What is taken as a lock, found where somebody asks.
    taken: OnceLock<Taken>,
    /// Whether each class owns a lock, found where somebody asks.
    locked: Vec<Vec<OnceLock<bool>>>,
    /// Functions that requests run, found where somebody asks.
    served: OnceLock<Served>,
    own_threads: OnceLock<OwnThreads>,
    /// Names of functions that somebody calls without taking notice of the answer, found where somebody asks.
    unheard: OnceLock<FxHashSet<Name>>,
    /// Fields that functions of Go are handed bare, found where somebody asks.
    handed_fields: OnceLock<HandedFields>,
}

impl<'f> Tree<'f> {
    /// The methods that objects start on threads of their own.
    pub(crate) fn own_threads(&self) -> &OwnThreads {
        self.own_threads.get_or_init(|| OwnThreads::of(self))
    }

    /// The functions that requests run.
    pub(crate) fn served(&self) -> &Served {
        self.served.get_or_init(|| Served::of(self))
    }

    /// The fields that functions of Go are handed bare.
    pub(crate) fn handed_fields(&self) -> &HandedFields {
        self.handed_fields.get_or_init(|| HandedFields::of(self))
    }

    /// The names of functions that somebody calls without taking notice of the answer.
    pub(crate) fn unheard(&self) -> &FxHashSet<Name> {
        self.unheard.get_or_init(|| {
            let mut found = FxHashSet::default();
            for id in self.all().filter(|id| !self.is_test(*id)) {
                self.function(id).each_event(|event| {
                    if let EventKind::Call(call) = &event.kind
                        && !call.used.any()
                    {
                        found.insert(call.name);
                    }
                });
            }
            found
        })
    }

    /// Finds ahead what most who judge ask of the whole tree: nobody waits for who asks first.
    pub(crate) fn ask_ahead(&self) {
        self.taken();
        self.served();
        self.own_threads();
        self.unheard();
    }

    /// The tree of files of which nothing is known yet.
    #[must_use]
    pub(crate) fn new(files: &'f [FileFacts]) -> Self {
        Self::on(files, &Arc::new(Tables::of(files)))
    }

    /// The tree of files whose names are known.
    #[must_use]
    pub(crate) fn on(files: &'f [FileFacts], tables: &Arc<Tables>) -> Self {
        Self {
            files,
            tables: Arc::clone(tables),
            collecting: files.iter().map(|it| vec![OnceLock::new(); it.functions.len()]).collect(),
            taken: OnceLock::new(),
            locked: files.iter().map(|file| vec![OnceLock::new(); file.classes.len()]).collect(),
            served: OnceLock::new(),
            own_threads: OnceLock::new(),
            unheard: OnceLock::new(),
            handed_fields: OnceLock::new(),
        }
    }

    /// What is taken as a lock.
    fn taken(&self) -> &Taken {
        self.taken.get_or_init(|| self.find_taken())
    }

    fn find_taken(&self) -> Taken {
        let (mut classes, mut fields) = (FxHashSet::default(), FxHashSet::default());
        for id in self.all() {
            let go = self.file(id).lang == Lang::Go;
            let mut takes = false;
            let values = if go { &[][..] } else { self.function(id).values.as_slice() };
            fields.extend(values.iter().filter_map(method_of_lock).map(|field| (id.file, field)));
            self.function(id).each_event(|event| {
                let EventKind::Acquire(acquire) = &event.kind else { return };
                takes |= acquire.lock.root == Root::Receiver;
                if let (false, Some(Step::Field(field))) = (go, acquire.lock.steps.first()) {
                    fields.insert((id.file, *field));
                }
            });
            if go
                && takes
                && let Some(class) = self.class_of(id)
            {
                classes.insert(class);
            }
        }
        Taken { classes, fields }
    }

    /// Whether a field is a lock by more than its name: Go knows the types of fields, in Python a module of
    /// the class takes it. What is called a lock may as well be the name or the descriptor of a file.
    #[must_use]
    pub(crate) fn is_taken(&self, class: ClassId, field: Name) -> bool {
        self.files[class.file as usize].lang == Lang::Go
            || self
                .ancestry(class)
                .into_iter()
                .any(|at| self.taken().fields.contains(&(at.file, field)))
    }

    /// Whether a class owns a lock, as `find` tells of those that nobody has asked about yet.
    pub(crate) fn owns_lock(&self, class: ClassId, find: impl FnOnce() -> bool) -> bool {
        *self.locked[class.file as usize][class.class as usize].get_or_init(find)
    }

    /// Whether methods of the class take a lock of their receiver.
    #[must_use]
    pub(crate) fn locks_itself(&self, class: ClassId) -> bool {
        self.taken().classes.contains(&class)
    }

    /// The facts of a function.
    #[must_use]
    pub(crate) fn function(&self, id: FnId) -> &'f Function {
        &self.files[id.file as usize].functions[id.func as usize]
    }

    /// The file of a function.
    #[must_use]
    pub(crate) fn file(&self, id: FnId) -> &'f FileFacts {
        &self.files[id.file as usize]
    }

    /// Whether a function collects garbage.
    #[must_use]
    pub(crate) fn collects(&self, id: FnId) -> bool {
        let known = &self.collecting[id.file as usize][id.func as usize];
        *known.get_or_init(|| collects_garbage(self.function(id)))
    }

    /// Whether a function stands in a file of tests.
    #[must_use]
    pub(crate) fn is_test(&self, id: FnId) -> bool {
        self.tables.tests[id.file as usize]
    }

    /// The facts of a class.
    #[must_use]
    pub(crate) fn class(&self, id: ClassId) -> &'f Class {
        &self.files[id.file as usize].classes[id.class as usize]
    }

    /// A number for the package (Go) or module (other languages) of a file.
    #[must_use]
    pub(crate) fn package(&self, file: u32) -> u32 {
        self.tables.packages[file as usize]
    }

    /// Every function.
    pub(crate) fn all(&self) -> impl Iterator<Item = FnId> + use<'f> {
        (0_u32..).zip(self.files).flat_map(|(file, facts)| {
            (0..u32::try_from(facts.functions.len()).unwrap_or(0))
                .map(move |func| FnId { file, func })
        })
    }

    /// The class a function is a method of.
    #[must_use]
    pub(crate) fn class_of(&self, id: FnId) -> Option<ClassId> {
        let find = || {
            let function = self.function(id);
            let receiver = function.receiver.as_ref().map(|receiver| receiver.class);
            self.class_named(id.file, receiver.or_else(|| class_part(function))?)
        };
        *self.tables.classes_of[id.file as usize][id.func as usize].get_or_init(find)
    }

    /// The class a name stands for, seen from a file.
    #[must_use]
    pub(crate) fn class_named(&self, from: u32, name: Name) -> Option<ClassId> {
        self.tables.class_named(self.files, from, name)
    }

    /// The files of a module or package named as in an import.
    #[must_use]
    pub(crate) fn module(&self, name: &str) -> &[u32] {
        self.tables.module(name)
    }

    /// The function of a file that bears a name, whole.
    pub(crate) fn named_in(&self, path: &str, qualified: &str) -> Option<FnId> {
        let (file, facts) = (0_u32..).zip(self.files).find(|(_, facts)| facts.path == path)?;
        let mut all = (0_u32..).zip(&facts.functions);
        let (func, _) = all.find(|(_, function)| function.qualified == qualified)?;
        Some(FnId { file, func })
    }

    /// A free function of the package of `file`.
    pub(crate) fn free_in(&self, file: u32, name: Name) -> Option<FnId> {
        let found = self.tables.free.get(&(self.tables.packages[file as usize], name))?;
        found.iter().find(|id| id.file == file).or_else(|| found.first()).copied()
    }

    /// The functions that stand in another one.
    pub(crate) fn within(&self, outer: FnId) -> impl Iterator<Item = FnId> + '_ {
        self.tables.nested.get(&outer).into_iter().flatten().copied()
    }

    /// A function of that name that stands in another one.
    pub(crate) fn nested_in(&self, outer: FnId, name: Name) -> Option<FnId> {
        let mut inner = self.tables.nested.get(&outer)?.iter().copied();
        inner.find(|id| self.function(*id).name == name)
    }

    /// A method as the class has it: its own, or the first inherited one.
    #[must_use]
    pub(crate) fn method(&self, class: ClassId, name: Name) -> Option<FnId> {
        self.method_bounded(class, name, 12)
    }

    fn method_bounded(&self, class: ClassId, name: Name, depth: u8) -> Option<FnId> {
        let key = (self.tables.packages[class.file as usize], self.class(class).name, name);
        if let Some(found) = self.tables.methods.get(&key) {
            return Some(*found);
        }
        if depth == 0 {
            return None;
        }
        let bases = self.tables.bases.get(&class)?;
        bases.iter().find_map(|base| self.method_bounded(*base, name, depth - 1))
    }

    /// The methods that a class has of its own, in the order in which they stand.
    pub(crate) fn methods_of(&self, class: ClassId) -> impl Iterator<Item = FnId> + '_ {
        let key = (self.tables.packages[class.file as usize], self.class(class).name);
        self.tables.by_class.get(&key).into_iter().flatten().copied()
    }

    /// A method as the bases of the class have it.
    pub(crate) fn inherited(&self, class: ClassId, name: Name) -> Option<FnId> {
        let bases = self.tables.bases.get(&class)?;
        bases.iter().find_map(|base| self.method(*base, name))
    }

    /// The methods that an interface asks for, through what it embeds.
    pub(crate) fn asked(&self, interface: ClassId) -> Vec<Name> {
        let all = self.ancestry(interface);
        all.into_iter().flat_map(|class| self.class(class).requires.iter().copied()).collect()
    }

    /// Every method of that name.
    pub(crate) fn methods_named(&self, name: Name) -> &[FnId] {
        self.tables.by_method.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The class and everything derived from it.
    #[must_use]
    pub(crate) fn family(&self, class: ClassId) -> &[ClassId] {
        let known = &self.tables.families[class.file as usize][class.class as usize];
        known.get_or_init(|| self.find_family(class))
    }

    fn find_family(&self, class: ClassId) -> Vec<ClassId> {
        let mut all = vec![class];
        let mut next = 0;
        while let Some(class) = all.get(next).copied() {
            next += 1;
            for derived in self.tables.derived.get(&class).into_iter().flatten() {
                if !all.contains(derived) && all.len() < 64 {
                    all.push(*derived);
                }
            }
        }
        all
    }

    /// The class and everything it is derived from.
    #[must_use]
    pub(crate) fn ancestry(&self, class: ClassId) -> Vec<ClassId> {
        let mut all = vec![class];
        let mut next = 0;
        while let Some(class) = all.get(next).copied() {
            next += 1;
            for base in self.tables.bases.get(&class).into_iter().flatten() {
                if !all.contains(base) && all.len() < 32 {
                    all.push(*base);
                }
            }
        }
        all
    }

    /// The topmost class in the tree that this one is derived from.
    #[must_use]
    pub(crate) fn topmost(&self, class: ClassId) -> ClassId {
        let mut top = class;
        for _ in 0..12 {
            match self.tables.bases.get(&top).and_then(|bases| bases.first()) {
                Some(base) => top = *base,
                None => break,
            }
        }
        top
    }

    /// The function a closure stands in.
    #[must_use]
    pub(crate) fn parent(&self, id: FnId) -> Option<FnId> {
        let FunctionId(func) = self.function(id).parent?;
        Some(FnId { file: id.file, func })
    }
}

/// The field whose `acquire` or `release` a value is.
fn method_of_lock(value: &Value) -> Option<Name> {
    let ValueKind::Load(path) = &value.kind else { return None };
    match (&path.root, path.steps.as_slice()) {
        (Root::Receiver, [Step::Field(field), Step::Field(method)])
            if matches!(method.as_str(), "acquire" | "release") =>
        {
            Some(*field)
        }
        _ => None,
    }
}

/// The folder that a path lies in; nothing where it lies at the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
