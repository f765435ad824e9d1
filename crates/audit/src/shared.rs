//! Whether anybody else can reach a store, and how we know.
//!
//! Files, tables and remote keys are shared by nature. Something in memory is shared when the code
//! itself says so: its class owns a lock, it is a concurrent container, it belongs to a module or
//! a class rather than to an object, its documentation speaks of threads.

use amorsize_facts::event::{FunctionKind, Lang, Scope, StoreKind};

use crate::flow::{AbsRoot, Flow};
use crate::link::{ClassId, Tree};
use crate::slice::{AbsPlace, Target};

/// What is known about who shares a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Shared, and why.
    Yes(String),
    /// Shared if this holds.
    If(String),
    /// Nobody else gets at it.
    No,
}

/// Judges a target of a flow.
pub(crate) fn sharing(flow: &Flow<'_, '_>, target: &Target) -> Sharing {
    if target.confined {
        return Sharing::No;
    }
    let entry = flow.tree.function(flow.entry);
    match target.kind {
        StoreKind::File => return Sharing::Yes("files are shared by all processes".to_owned()),
        StoreKind::Sql | StoreKind::Orm => {
            return Sharing::Yes("the table is shared by all connections".to_owned());
        }
        StoreKind::Remote | StoreKind::Api if target.scope >= Scope::Host => {
            return Sharing::Yes("the server is shared by all its clients".to_owned());
        }
        _ => {}
    }
    let AbsPlace::Path(path) = &target.place else { return Sharing::No };
    let begins = matches!(entry.kind, FunctionKind::Constructor | FunctionKind::Module);
    let built_for_it = matches!(target.kind, StoreKind::Synchronised | StoreKind::Atomic);
    match &path.root {
        AbsRoot::Local(..) => Sharing::No,
        AbsRoot::Receiver if begins => Sharing::No,
        _ if built_for_it && !matches!(path.root, AbsRoot::Local(..)) => {
            Sharing::Yes("it is a container made for concurrent use".to_owned())
        }
        AbsRoot::Global(..) | AbsRoot::Class(_) | AbsRoot::External(_) => {
            of_module(flow, target, begins)
        }
        AbsRoot::Receiver => of_object(flow, target),
        AbsRoot::Captured(..) => {
            Sharing::If("the enclosing function's variable is used by several threads".to_owned())
        }
        AbsRoot::Param(_) | AbsRoot::Value(_) => Sharing::No,
    }
}

fn of_module(flow: &Flow<'_, '_>, target: &Target, begins: bool) -> Sharing {
    let entry = flow.tree.function(flow.entry);
    if begins && entry.kind == FunctionKind::Module {
        return Sharing::No;
    }
    let lazily = target.kind == StoreKind::Cell;
    let file = flow.tree.file(flow.entry);
    if file.lang == Lang::Go {
        return if package_has_locks(flow.tree, flow.entry.file) {
            Sharing::Yes("it is a variable of the package, and the package uses locks".to_owned())
        } else {
            Sharing::If("several goroutines call this".to_owned())
        };
    }
    if lazily && !knows_threads(flow.tree, flow.entry.file) {
        return Sharing::If("several threads call this for the first time".to_owned());
    }
    Sharing::Yes("it belongs to the module or class, hence to all threads".to_owned())
}

fn of_object(flow: &Flow<'_, '_>, target: &Target) -> Sharing {
    let Some(class) = flow.class.or_else(|| class_around(flow)) else { return Sharing::No };
    let file = flow.tree.file(flow.entry);
    if has_lock(flow.tree, class) {
        return Sharing::Yes("its type owns a lock".to_owned());
    }
    if file.lang == Lang::Go {
        return Sharing::No;
    }
    if target.kind == StoreKind::Cell || target.kind == StoreKind::List {
        return Sharing::No;
    }
    let family = flow.tree.family(flow.tree.topmost(class));
    if family.len() > 1 && family.iter().any(|class| has_lock(flow.tree, *class)) {
        return Sharing::Yes("a sibling of its class owns a lock".to_owned());
    }
    let facts = flow.tree.class(class);
    let doc = facts.doc.as_deref().unwrap_or_default().to_ascii_lowercase();
    if doc.contains("thread") || doc.contains("concurren") {
        return Sharing::Yes("its documentation speaks of threads".to_owned());
    }
    if knows_threads(flow.tree, flow.entry.file) {
        return Sharing::If("one object is used by several threads".to_owned());
    }
    let name = facts.name.as_str().to_ascii_lowercase();
    let for_sharing = ["cache", "store", "storage", "pool", "registry", "backend", "limiter"]
        .iter()
        .any(|word| name.contains(word));
    if for_sharing {
        return Sharing::If("one object is used by several threads".to_owned());
    }
    Sharing::No
}

fn class_around(flow: &Flow<'_, '_>) -> Option<ClassId> {
    let mut at = Some(flow.entry);
    while let Some(id) = at {
        if let Some(class) = flow.tree.class_of(id) {
            return Some(class);
        }
        at = flow.tree.parent(id);
    }
    None
}

/// Whether a class or what it is derived from owns a lock.
pub(crate) fn has_lock(tree: &Tree<'_>, class: ClassId) -> bool {
    tree.ancestry(class).into_iter().any(|class| {
        let facts = tree.class(class);
        let by_field = facts.fields.iter().any(|field| {
            let word = field.type_ref.as_ref().map(Tree::type_word);
            word.is_some_and(|word| is_lock_word(word.as_str()))
                || (field.type_ref.is_none() && is_lock_name(field.name.as_str()))
        });
        by_field || facts.bases.iter().any(|base| is_lock_word(Tree::type_word(base).as_str()))
    })
}

fn is_lock_word(word: &str) -> bool {
    matches!(
        word,
        "Mutex"
            | "RWMutex"
            | "Lock"
            | "RLock"
            | "Condition"
            | "Semaphore"
            | "BoundedSemaphore"
            | "RwLock"
            | "ReentrantLock"
            | "ReadWriteLock"
            | "Once"
            | "allocate_lock"
    )
}

fn is_lock_name(name: &str) -> bool {
    let name = name.trim_matches('_').to_ascii_lowercase();
    name == "lock" || name == "mutex" || name.ends_with("_lock") || name.ends_with("_mutex")
}

fn package_has_locks(tree: &Tree<'_>, file: u32) -> bool {
    let package = tree.package(file);
    (0_u32..).zip(tree.files).any(|(index, facts)| {
        tree.package(index) == package
            && facts.imports.iter().any(|import| import.target.as_str() == "sync")
    })
}

/// Whether a module deals with threads at all.
fn knows_threads(tree: &Tree<'_>, file: u32) -> bool {
    let facts = &tree.files[file as usize];
    facts.imports.iter().any(|import| {
        let target = import.target.as_str();
        [
            "threading",
            "_thread",
            "concurrent.futures",
            "multiprocessing",
            "asyncio",
            "gevent",
            "sync",
        ]
        .iter()
        .any(|word| target == *word || target.starts_with(&format!("{word}.")))
    })
}
