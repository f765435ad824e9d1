//! What is read off the names in a tree: modules, functions, classes and their hierarchy.
//!
//! Nothing in here depends on what functions do, hence it is found once, however often the facts are made plainer.

use std::collections::hash_map::Entry;
use std::sync::{OnceLock, RwLock};

use amorsize_facts::event::{FileFacts, Function, FunctionId, FunctionKind, Lang, Name};
use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Callee;
use super::tree::{ClassId, FnId, folder};
use crate::held::is_test;

/// The tables of a tree's names.
pub(crate) struct Tables {
    pub(super) free: FxHashMap<(u32, Name), Vec<FnId>>,
    /// The functions that stand in another one.
    pub(super) nested: FxHashMap<FnId, Vec<FnId>>,
    pub(super) methods: FxHashMap<(u32, Name, Name), FnId>,
    pub(super) by_method: FxHashMap<Name, Vec<FnId>>,
    /// The methods of each class of a package, as they stand.
    pub(super) by_class: FxHashMap<(u32, Name), Vec<FnId>>,
    classes: FxHashMap<Name, Vec<ClassId>>,
    modules: FxHashMap<String, Vec<u32>>,
    /// What the tree itself is called, where it is a module of Go.
    own: Option<String>,
    pub(super) packages: Vec<u32>,
    /// Which files are those of tests.
    pub(super) tests: Vec<bool>,
    pub(super) bases: FxHashMap<ClassId, Vec<ClassId>>,
    pub(super) derived: FxHashMap<ClassId, Vec<ClassId>>,
    /// What the functions are methods of, found where somebody asks.
    pub(super) classes_of: Vec<Vec<OnceLock<Option<ClassId>>>>,
    /// The classes with all that are derived from them, found where somebody asks.
    pub(super) families: Vec<Vec<OnceLock<Vec<ClassId>>>>,
    /// What names mean in each file, found where somebody asks.
    pub(super) meant: RwLock<FxHashMap<(u32, Name), Option<Callee>>>,
    /// What derived classes make of a method, found where somebody asks.
    pub(super) overridden: RwLock<FxHashMap<(ClassId, Name), Vec<FnId>>>,
}

impl Tables {
    /// Builds the tables.
    #[must_use]
    pub(crate) fn of(files: &[FileFacts]) -> Self {
        let mut tables = Self {
            free: FxHashMap::default(),
            nested: FxHashMap::default(),
            methods: FxHashMap::default(),
            by_method: FxHashMap::default(),
            by_class: FxHashMap::default(),
            classes: FxHashMap::default(),
            modules: FxHashMap::default(),
            own: None,
            packages: packages(files),
            tests: files.iter().map(|file| is_test(&file.path)).collect(),
            bases: FxHashMap::default(),
            derived: FxHashMap::default(),
            classes_of: files.iter().map(|it| vec![OnceLock::new(); it.functions.len()]).collect(),
            families: files.iter().map(|it| vec![OnceLock::new(); it.classes.len()]).collect(),
            meant: RwLock::default(),
            overridden: RwLock::default(),
        };
        for (index, file) in (0_u32..).zip(files) {
            tables.add(index, file);
        }
        if let Some(module) = own_module(files) {
            let root = (0_u32..).zip(files).filter(|(_, file)| is_at_root(file));
            let root: Vec<u32> = root.map(|(index, _)| index).collect();
            if !root.is_empty() {
                tables.modules.insert(module.to_owned(), root);
            }
            tables.own = Some(module.to_owned());
        }
        tables.inherit(files);
        tables
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
                    self.add_method((package, receiver.class), function.name, id);
                }
                (_, Some(class)) => self.add_method((package, class), function.name, id),
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

    fn add_method(&mut self, class: (u32, Name), name: Name, id: FnId) {
        if let Entry::Vacant(first) = self.methods.entry((class.0, class.1, name)) {
            first.insert(id);
            self.by_class.entry(class).or_default().push(id);
        }
        self.by_method.entry(name).or_default().push(id);
    }

    fn inherit(&mut self, files: &[FileFacts]) {
        let mut bases = Vec::new();
        for (index, file) in (0_u32..).zip(files) {
            for (class, facts) in (0_u32..).zip(&file.classes) {
                let id = ClassId { file: index, class };
                for base in &facts.bases {
                    if let Some(found) = self.class_named(files, index, base.name)
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

    /// The class a name stands for, seen from a file.
    #[must_use]
    pub(super) fn class_named(
        &self,
        files: &[FileFacts],
        from: u32,
        name: Name,
    ) -> Option<ClassId> {
        let text = name.as_str();
        let found = self.classes.get(&name.last_word())?;
        let package = self.packages[from as usize];
        let near = found.iter().find(|class| self.packages[class.file as usize] == package);
        let bare = text.trim_start_matches('.');
        if !bare.contains(['.', '/']) {
            return near.copied();
        }
        let (module, _) = text.rsplit_once('.')?;
        let modules = self.module(module);
        // Re-exported from a package's front page: accept the only class of that name.
        let only = || (found.len() == 1).then(|| found[0]);
        if bare.len() < text.len() {
            // `from .stores import Store`: a module of that name stands near more than once in a tree.
            let beside = |file: u32| folder(&files[file as usize].path);
            let meant = found.iter().filter(|class| modules.contains(&class.file));
            let meant = meant.max_by_key(|class| beside(class.file) == beside(from));
            return meant.copied().or_else(only);
        }
        found.iter().find(|class| modules.contains(&class.file)).copied().or_else(only)
    }

    /// The files of a module or package named as in an import.
    #[must_use]
    pub(super) fn module(&self, name: &str) -> &[u32] {
        let trimmed = name.trim_start_matches('.');
        let within =
            self.own.as_deref().and_then(|own| trimmed.strip_prefix(own)?.strip_prefix('/'));
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
}

/// The class part of `Class.method`, for functions that belong to a class.
pub(super) fn class_part(function: &Function) -> Option<Name> {
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
