//! Who is far up from a function: the person that runs a command, and the lock of a whole storage that is taken
//! wherever the storage is asked for something.

use amorsize_facts::event::{
    EventKind, FileFacts, FunctionKind, Import, Lang, Literal, Name, Root, Step, ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::locking::{CALLERS_DEPTH, Locking};
use crate::link::{FnId, Tree, folder};

/// What the whole tree says of those who are far up.
#[derive(Debug, Default)]
pub(crate) struct Far {
    /// Locks that methods give, `with storage.lock(…)`, by the name of the method, and the folders where they are
    /// taken.
    taken: FxHashMap<Name, FxHashSet<String>>,
    /// Locks that objects keep for others, `with repository.lock:`, by the name of the field, and the modules where
    /// they are taken of an object that is not the own one.
    kept: FxHashMap<Name, FxHashSet<u32>>,
    /// Modules that are run and not imported.
    scripts: FxHashSet<u32>,
}

impl Far {
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let mut far = Self::default();
        let mut imported: FxHashSet<&str> = FxHashSet::default();
        for file in tree.files.iter().filter(|file| file.lang == Lang::Python) {
            for import in &file.imports {
                imported.extend(import.target.as_str().split('.'));
            }
        }
        for id in tree.all().filter(|id| tree.file(*id).lang == Lang::Python) {
            let file = tree.file(id);
            if tree.is_test(id) {
                continue;
            }
            let function = tree.function(id);
            let runs = |value: &amorsize_facts::event::Value| matches!(&value.kind, ValueKind::Literal(Literal::Text(text)) if text.as_str() == "__main__");
            if function.kind == FunctionKind::Module
                && function.values.iter().any(runs)
                && !imported.contains(stem(&file.path))
            {
                far.scripts.insert(id.file);
            }
            function.each_event(|event| {
                let EventKind::Acquire(acquire) = &event.kind else { return };
                let steps = acquire.lock.steps.as_slice();
                match steps.last() {
                    Some(Step::Getter(name)) if !name.as_str().contains('.') => {
                        far.taken.entry(*name).or_default().insert(folder(&file.path).to_owned());
                    }
                    Some(Step::Field(name))
                        if acquire.lock.root != Root::Receiver || steps.len() > 1 =>
                    {
                        far.kept.entry(*name).or_default().insert(id.file);
                    }
                    _ => {}
                }
            });
        }
        far
    }
}

impl Locking<'_, '_> {
    /// The lock that the storage a method belongs to gives to those who work with it: `with storage.lock():` stands
    /// outside of the folder in which a class has such a method. What only constructors run is done before.
    pub(crate) fn lock_of_the_storage(&self, id: FnId) -> Option<Name> {
        let tree = self.tree();
        if tree.file(id).lang != Lang::Python || tree.class_of(id).is_none() {
            return None;
        }
        if let Some(kept) = self.lock_of_the_object(id) {
            return Some(kept);
        }
        let here = folder(&tree.file(id).path);
        let own = |home: &str| {
            home.contains('/')
                && here
                    .strip_prefix(home)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let gives = |name: Name, takers: &FxHashSet<String>| {
            tree.methods_named(name).iter().any(|method| {
                let home = folder(&tree.file(*method).path);
                own(home) && takers.iter().any(|taker| !taker.starts_with(home))
            })
        };
        let mut found: Vec<Name> = self
            .far()
            .taken
            .iter()
            .filter(|(name, takers)| gives(**name, takers))
            .map(|(name, _)| *name)
            .filter(|name| *name != tree.function(id).name)
            .collect();
        found.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        found.first().copied().filter(|_| !self.only_at_start(id))
    }

    /// The lock that an object keeps, and that those who work with the object take of it in another module.
    fn lock_of_the_object(&self, id: FnId) -> Option<Name> {
        let tree = self.tree();
        let ancestry = tree.ancestry(tree.class_of(id)?);
        let outside = |takers: &FxHashSet<u32>| {
            takers.iter().any(|file| ancestry.iter().all(|class| class.file != *file))
        };
        let mut fields = ancestry.iter().flat_map(|class| &tree.class(*class).fields);
        let found = fields.find(|field| self.far().kept.get(&field.name).is_some_and(outside))?;
        (!self.only_at_start(id)).then_some(found.name)
    }

    /// Whether only commands that a person runs lead to a function: all who call it are in such modules, or are
    /// called by such.
    pub(crate) fn only_by_hand(&self, id: FnId) -> bool {
        self.tree().file(id).lang == Lang::Python
            && !self.tree().served().meets(id)
            && (self.is_script(id) || self.by_hand(id, CALLERS_DEPTH))
    }

    fn by_hand(&self, id: FnId, left: u8) -> bool {
        let named = self.sites(id).map(|(caller, ..)| caller);
        let unnamed = self.by_name(id).iter().map(|(caller, _)| *caller);
        let mut callers = named
            .chain(unnamed)
            .filter(|caller| *caller != id && !self.tree().is_test(*caller))
            .peekable();
        callers.peek().is_some()
            && callers.all(|caller| {
                is_command(self.tree(), caller)
                    || self.is_script(caller)
                    || left > 0 && self.by_hand(caller, left - 1)
            })
    }

    fn is_script(&self, id: FnId) -> bool {
        self.far().scripts.contains(&id.file)
    }
}

/// Whether a function belongs to a command that a person runs: by the folder it stands in, or by what it is of.
pub(crate) fn is_command(tree: &Tree<'_>, id: FnId) -> bool {
    let file = tree.file(id);
    let main = file.lang == Lang::Go && tree.function(id).name == "main";
    stands_with_commands(&file.path) || main || reads_a_command_line(tree, id)
}

/// Whether a function is of a command line: its module reads one, or its class extends a command. What is imported
/// within a function, or only where the module is run, says nothing of the others.
pub(crate) fn reads_a_command_line(tree: &Tree<'_>, id: FnId) -> bool {
    let file = tree.file(id);
    let body = tree.function(id).span;
    let around = |line: u32| (body.line..=body.end_line).contains(&line);
    let reads = file.lang == Lang::Python
        && file.imports.iter().any(|import| {
            let module = import.target.as_str().split('.').next();
            matches!(module, Some("argparse" | "optparse" | "click"))
                && (at_the_margin(file, import) || around(import.span.line))
        });
    let commands = |class| {
        let mut bases = tree.class(class).bases.iter();
        bases.any(|base| Tree::type_word(base).as_str().ends_with("Command"))
    };
    reads || tree.class_of(id).is_some_and(|class| tree.ancestry(class).into_iter().any(commands))
}

/// Whether an import stands at the left margin of its module: the first name on its line is no further in than the
/// words before it reach.
fn at_the_margin(file: &FileFacts, import: &Import) -> bool {
    let there = file.imports.iter().filter(|other| other.span.line == import.span.line);
    let first = there.map(|other| other.span.column).min();
    let before = match import.target.as_str().rsplit_once('.') {
        Some((module, _)) => "from ".len() + module.len() + " import ".len(),
        None => "import ".len(),
    };
    first.is_none_or(|column| column as usize <= before + 1)
}

/// Whether a module stands where the commands of a program do.
pub(crate) fn stands_with_commands(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(
            part,
            "commands"
                | "command"
                | "script"
                | "scripts"
                | "tools"
                | "cmd"
                | "bin"
                | "cli"
                | "cli.py"
                | "hack"
                | "build"
                | "release"
                | "setup.py"
                | "conf.py"
                | "noxfile.py"
                | "fabfile.py"
                | "__main__.py"
        )
    })
}

/// The name that others import a module by.
fn stem(path: &str) -> &str {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file.strip_suffix(".py") {
        Some("__init__") => folder.rsplit('/').next().unwrap_or_default(),
        Some(name) => name,
        None => file,
    }
}
