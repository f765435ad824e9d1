//! The tables: modules, functions, classes and their hierarchy.

use std::sync::{OnceLock, RwLock};

use amorsize_facts::event::{
    Class, EventKind, FileFacts, Function, FunctionId, FunctionKind, Lang, Name, Root, Step, Value,
    ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Callee;
use super::handed_fields::HandedFields;
use crate::held::is_test;
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
    free: FxHashMap<(u32, Name), Vec<FnId>>,
    /// The functions that stand in another one.
    nested: FxHashMap<FnId, Vec<FnId>>,
    methods: FxHashMap<(u32, Name, Name), FnId>,
    by_method: FxHashMap<Name, Vec<FnId>>,
    classes: FxHashMap<Name, Vec<ClassId>>,
    modules: FxHashMap<String, Vec<u32>>,
    /// What the tree itself is called, where it is a module of Go.
    own: Option<&'f str>,
    packages: Vec<u32>,
    /// Which files are those of tests.
    tests: Vec<bool>,
    /// What the functions are methods of, found where somebody asks.
    classes_of: Vec<Vec<OnceLock<Option<ClassId>>>>,
    /// Whether the functions collect garbage, found where somebody asks.
    collecting: Vec<Vec<OnceLock<bool>>>,
    /// What names mean in each file, found where somebody asks.
    pub(super) meant: RwLock<FxHashMap<(u32, Name), Option<Callee>>>,
    bases: FxHashMap<ClassId, Vec<ClassId>>,
    derived: FxHashMap<ClassId, Vec<ClassId>>,
    /// The classes with all that are derived from them, found where somebody asks.
    families: Vec<Vec<OnceLock<Vec<ClassId>>>>,
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

    /// Builds the tables.
    #[must_use]
    pub(crate) fn new(files: &'f [FileFacts]) -> Self {
        let mut tree = Self {
            files,
            free: FxHashMap::default(),
            nested: FxHashMap::default(),
            methods: FxHashMap::default(),
            by_method: FxHashMap::default(),
            classes: FxHashMap::default(),
            modules: FxHashMap::default(),
            own: None,
            packages: packages(files),
            tests: files.iter().map(|file| is_test(&file.path)).collect(),
            classes_of: files.iter().map(|it| vec![OnceLock::new(); it.functions.len()]).collect(),
            collecting: files.iter().map(|it| vec![OnceLock::new(); it.functions.len()]).collect(),
            meant: RwLock::default(),
            bases: FxHashMap::default(),
            derived: FxHashMap::default(),
            families: files.iter().map(|it| vec![OnceLock::new(); it.classes.len()]).collect(),
            taken: OnceLock::new(),
            locked: files.iter().map(|file| vec![OnceLock::new(); file.classes.len()]).collect(),
            served: OnceLock::new(),
            own_threads: OnceLock::new(),
            unheard: OnceLock::new(),
            handed_fields: OnceLock::new(),
        };
        for (index, file) in (0_u32..).zip(files) {
            tree.add(index, file);
        }
        if let Some(module) = own_module(files) {
            let root = (0_u32..).zip(files).filter(|(_, file)| is_at_root(file));
            let root: Vec<u32> = root.map(|(index, _)| index).collect();
            if !root.is_empty() {
                tree.modules.insert(module.to_owned(), root);
            }
            tree.own = Some(module);
        }
        tree.inherit();
        tree
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

    fn add(&mut self, index: u32, file: &FileFacts) {
        let package = self.packages[index as usize];
        for (func, function) in (0_u32..).zip(&file.functions) {
            let id = FnId { file: index, func };
            if let Some(FunctionId(func)) = function.parent {
                self.nested.entry(FnId { file: index, func }).or_default().push(id);
            }
            match (&function.receiver, class_part(function)) {
                (Some(receiver), _) if file.lang == Lang::Go => {
                    self.methods.entry((package, receiver.class, function.name)).or_insert(id);
                    self.by_method.entry(function.name).or_default().push(id);
                }
                (_, Some(class)) => {
                    self.methods.entry((package, class, function.name)).or_insert(id);
                    self.by_method.entry(function.name).or_default().push(id);
                }
                _ if function.parent.is_none() => {
                    self.free.entry((package, function.name)).or_default().push(id);
                }
                _ => {}
            }
        }
        for (class, facts) in (0_u32..).zip(&file.classes) {
            let last = facts.name.last_word();
            self.classes.entry(last).or_default().push(ClassId { file: index, class });
        }
        for suffix in module_names(file) {
            self.modules.entry(suffix).or_default().push(index);
        }
    }

    fn inherit(&mut self) {
        let mut bases = Vec::new();
        for (index, file) in (0_u32..).zip(self.files) {
            for (class, facts) in (0_u32..).zip(&file.classes) {
                let id = ClassId { file: index, class };
                for base in &facts.bases {
                    if let Some(found) = self.class_named(index, base.name)
                        && found != id
                    {
                        bases.push((id, found));
                    }
                }
            }
        }
        for (class, base) in bases {
            self.bases.entry(class).or_default().push(base);
            self.derived.entry(base).or_default().push(class);
        }
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
        self.tests[id.file as usize]
    }

    /// The facts of a class.
    #[must_use]
    pub(crate) fn class(&self, id: ClassId) -> &'f Class {
        &self.files[id.file as usize].classes[id.class as usize]
    }

    /// A number for the package (Go) or module (other languages) of a file.
    #[must_use]
    pub(crate) fn package(&self, file: u32) -> u32 {
        self.packages[file as usize]
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
        *self.classes_of[id.file as usize][id.func as usize].get_or_init(find)
    }

    /// The class a name stands for, seen from a file.
    #[must_use]
    pub(crate) fn class_named(&self, from: u32, name: Name) -> Option<ClassId> {
        let text = name.as_str();
        let found = self.classes.get(&name.last_word())?;
        let package = self.packages[from as usize];
        let near = found.iter().find(|class| self.packages[class.file as usize] == package);
        let bare = text.trim_start_matches('.');
        if !bare.contains(['.', '/']) {
            return near.copied();
        }
        let (module, _) = text.rsplit_once('.')?;
        let files = self.module(module);
        // Re-exported from a package's front page: accept the only class of that name.
        let only = || (found.len() == 1).then(|| found[0]);
        if bare.len() < text.len() {
            // `from .stores import Store`: a module of that name stands near more than once in a tree.
            let beside = |file: u32| folder(&self.files[file as usize].path);
            let meant = found.iter().filter(|class| files.contains(&class.file));
            let meant = meant.max_by_key(|class| beside(class.file) == beside(from));
            return meant.copied().or_else(only);
        }
        found.iter().find(|class| files.contains(&class.file)).copied().or_else(only)
    }

    /// The files of a module or package named as in an import.
    #[must_use]
    pub(crate) fn module(&self, name: &str) -> &[u32] {
        let trimmed = name.trim_start_matches('.');
        let within = self.own.and_then(|own| trimmed.strip_prefix(own)?.strip_prefix('/'));
        if let Some(files) = within.and_then(|folder| self.modules.get(folder)) {
            return files;
        }
        let mut rest = trimmed;
        loop {
            if let Some(files) = self.modules.get(rest) {
                return files;
            }
            let Some((_, shorter)) = rest.split_once(['.', '/']) else { return &[] };
            if !shorter.contains(['.', '/']) && trimmed.len() > shorter.len() + 12 {
                return &[];
            }
            rest = shorter;
        }
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
        let found = self.free.get(&(self.packages[file as usize], name))?;
        found.iter().find(|id| id.file == file).or_else(|| found.first()).copied()
    }

    /// The functions that stand in another one.
    pub(crate) fn within(&self, outer: FnId) -> impl Iterator<Item = FnId> + '_ {
        self.nested.get(&outer).into_iter().flatten().copied()
    }

    /// A function of that name that stands in another one.
    pub(crate) fn nested_in(&self, outer: FnId, name: Name) -> Option<FnId> {
        let mut inner = self.nested.get(&outer)?.iter().copied();
        inner.find(|id| self.function(*id).name == name)
    }

    /// A method as the class has it: its own, or the first inherited one.
    #[must_use]
    pub(crate) fn method(&self, class: ClassId, name: Name) -> Option<FnId> {
        self.method_bounded(class, name, 12)
    }

    fn method_bounded(&self, class: ClassId, name: Name, depth: u8) -> Option<FnId> {
        let key = (self.packages[class.file as usize], self.class(class).name, name);
        if let Some(found) = self.methods.get(&key) {
            return Some(*found);
        }
        if depth == 0 {
            return None;
        }
        let bases = self.bases.get(&class)?;
        bases.iter().find_map(|base| self.method_bounded(*base, name, depth - 1))
    }

    /// The methods that a class has of its own.
    pub(crate) fn methods_of(&self, class: ClassId) -> impl Iterator<Item = FnId> + '_ {
        let (package, name) = (self.packages[class.file as usize], self.class(class).name);
        let own = move |key: &(u32, Name, Name)| key.0 == package && key.1 == name;
        self.methods.iter().filter(move |(key, _)| own(key)).map(|(_, id)| *id)
    }

    /// A method as the bases of the class have it.
    pub(crate) fn inherited(&self, class: ClassId, name: Name) -> Option<FnId> {
        let bases = self.bases.get(&class)?;
        bases.iter().find_map(|base| self.method(*base, name))
    }

    /// The methods that an interface asks for, through what it embeds.
    pub(crate) fn asked(&self, interface: ClassId) -> Vec<Name> {
        let all = self.ancestry(interface);
        all.into_iter().flat_map(|class| self.class(class).requires.iter().copied()).collect()
    }

    /// Every method of that name.
    pub(crate) fn methods_named(&self, name: Name) -> &[FnId] {
        self.by_method.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The class and everything derived from it.
    #[must_use]
    pub(crate) fn family(&self, class: ClassId) -> &[ClassId] {
        let known = &self.families[class.file as usize][class.class as usize];
        known.get_or_init(|| self.find_family(class))
    }

    fn find_family(&self, class: ClassId) -> Vec<ClassId> {
        let mut all = vec![class];
        let mut next = 0;
        while let Some(class) = all.get(next).copied() {
            next += 1;
            for derived in self.derived.get(&class).into_iter().flatten() {
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
            for base in self.bases.get(&class).into_iter().flatten() {
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
            match self.bases.get(&top).and_then(|bases| bases.first()) {
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

/// The class part of `Class.method`, for functions that belong to a class.
fn class_part(function: &Function) -> Option<Name> {
    if let Some(receiver) = &function.receiver {
        return Some(receiver.class);
    }
    let in_class = matches!(
        function.kind,
        FunctionKind::Method
            | FunctionKind::ClassMethod
            | FunctionKind::StaticMethod
            | FunctionKind::Constructor
    );
    if !in_class || function.parent.is_some() {
        return None;
    }
    function.qualified.as_str().rsplit_once('.').map(|(class, _)| Name::new(class))
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

/// Every dotted (or slashed) suffix under which a file may be imported.
fn module_names(file: &FileFacts) -> Vec<String> {
    let path = file.path.as_str();
    let (stem, separator) = match file.lang {
        Lang::Go => (folder(path).to_owned(), '/'),
        _ => {
            let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
            let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
            (stem.replace('/', "."), '.')
        }
    };
    let mut names = Vec::new();
    let mut rest = stem.as_str();
    while !rest.is_empty() {
        names.push(rest.to_owned());
        rest = rest.split_once(separator).map_or("", |(_, shorter)| shorter);
    }
    names
}

/// Whether a file belongs to the Go package that the tree begins with.
fn is_at_root(file: &FileFacts) -> bool {
    file.lang == Lang::Go && !file.path.contains('/') && !file.path.ends_with("_test.go")
}

/// The name by which the packages of a Go module import the one at its root: what most of them put before
/// the folders that are there.
fn own_module(files: &[FileFacts]) -> Option<&str> {
    let go = || files.iter().filter(|file| file.lang == Lang::Go);
    let folders: FxHashSet<&str> =
        go().filter_map(|file| Some(file.path.rsplit_once('/')?.0)).collect();
    let mut before: FxHashMap<&str, usize> = FxHashMap::default();
    for import in go().flat_map(|file| &file.imports) {
        let target = import.target.as_str();
        for (at, _) in target.match_indices('/') {
            if folders.contains(&target[at + 1..]) && target[..at].contains('.') {
                *before.entry(&target[..at]).or_default() += 1;
            }
        }
    }
    before.into_iter().max_by_key(|(name, times)| (*times, *name)).map(|(name, _)| name)
}

/// Files of one Go package share a number; every other file has its own.
fn packages(files: &[FileFacts]) -> Vec<u32> {
    let mut dirs: FxHashMap<(&str, Name), u32> = FxHashMap::default();
    (0_u32..)
        .zip(files)
        .map(|(index, file)| match file.lang {
            Lang::Go => *dirs.entry((folder(&file.path), file.package)).or_insert(index),
            _ => index,
        })
        .collect()
}
