//! Whether anybody else can reach a store, and how we know.
//!
//! Files, tables and remote keys are shared by nature. Something in memory is shared when the code
//! itself says so: it is changed under a lock somewhere, it is a concurrent container, it belongs to
//! a module that deals with threads, its documentation means several threads. What merely could be
//! shared is judged under that assumption.

use amorsize_facts::event::{EventKind, FunctionKind, Lang, Scope, StoreKind};

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

/// What is changed under a lock somewhere in the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guarded {
    /// The store itself.
    pub here: bool,
    /// Something else of the same object, and not the store.
    pub beside: bool,
}

/// Judges a target of a flow.
pub(crate) fn sharing(flow: &Flow<'_, '_>, target: &Target, guarded: Guarded) -> Sharing {
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
    if in_a_reactor(flow.tree, flow.entry.file) {
        return if waits(flow) {
            Sharing::If("the same call is made again while this one waits".to_owned())
        } else {
            Sharing::No
        };
    }
    let begins = matches!(entry.kind, FunctionKind::Constructor | FunctionKind::Module);
    let built_for_it = matches!(target.kind, StoreKind::Synchronised | StoreKind::Atomic);
    match &path.root {
        AbsRoot::Local(..) => Sharing::No,
        AbsRoot::Receiver if begins => Sharing::No,
        AbsRoot::Param(_) if built_for_it => {
            Sharing::If("several callers are given the same object".to_owned())
        }
        _ if built_for_it && !matches!(path.root, AbsRoot::Local(..)) => {
            Sharing::Yes("it is a container made for concurrent use".to_owned())
        }
        AbsRoot::Global(..) | AbsRoot::Class(_) | AbsRoot::External(_) => {
            of_module(flow, target, begins, guarded)
        }
        AbsRoot::Receiver => of_object(flow, target, guarded),
        AbsRoot::Captured(..) => {
            Sharing::If("the enclosing function's variable is used by several threads".to_owned())
        }
        AbsRoot::Param(_) | AbsRoot::Value(_) => Sharing::No,
    }
}

/// Whether a module's variable is by its name what all callers share: a cache, a pool.
fn for_everybody(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let entry = flow.tree.function(flow.entry);
    let said = format!("{} {}", path.text(), entry.qualified).to_ascii_lowercase();
    ["cache", "pool", "session", "connection", "limiter"].iter().any(|word| said.contains(word))
}

/// Whether the module's objects live in the one thread of a reactor, where nothing runs between two
/// waits.
fn in_a_reactor(tree: &Tree<'_>, file: u32) -> bool {
    tree.files[file as usize].imports.iter().any(|import| {
        let target = import.target.as_str();
        target == "twisted" || target.starts_with("twisted.")
    })
}

fn waits(flow: &Flow<'_, '_>) -> bool {
    flow.events.iter().any(|ev| matches!(ev.event.kind, EventKind::Await(_)))
}

fn of_module(flow: &Flow<'_, '_>, target: &Target, begins: bool, guarded: Guarded) -> Sharing {
    let entry = flow.tree.function(flow.entry);
    if begins && entry.kind == FunctionKind::Module {
        return Sharing::No;
    }
    let lazily = target.kind == StoreKind::Cell;
    let file = flow.tree.file(flow.entry);
    if file.lang == Lang::Go {
        return if guarded.here {
            Sharing::Yes(
                "it is a variable of the package, and is changed under a lock elsewhere".to_owned(),
            )
        } else {
            Sharing::If("several goroutines call this".to_owned())
        };
    }
    if lazily && !knows_threads(flow.tree, flow.entry.file) {
        return Sharing::If("several threads call this for the first time".to_owned());
    }
    let meant = knows_threads(flow.tree, flow.entry.file) || for_everybody(flow, target);
    if !guarded.here && !meant {
        return Sharing::If("several threads call this at the same time".to_owned());
    }
    Sharing::Yes("it belongs to the module or class, hence to all threads".to_owned())
}

fn of_object(flow: &Flow<'_, '_>, target: &Target, guarded: Guarded) -> Sharing {
    let Some(class) = flow.class.or_else(|| class_around(flow)) else { return Sharing::No };
    let file = flow.tree.file(flow.entry);
    let one = || Sharing::If("one object is used by several threads".to_owned());
    if has_lock(flow.tree, class) {
        // A lock says what it is for by what is changed under it.
        return if guarded.here {
            Sharing::Yes("its type owns a lock, and changes it under a lock elsewhere".to_owned())
        } else if !guarded.beside {
            Sharing::Yes("its type owns a lock".to_owned())
        } else if file.lang == Lang::Go {
            Sharing::If("several goroutines use one object".to_owned())
        } else {
            one()
        };
    }
    if file.lang == Lang::Go {
        return Sharing::No;
    }
    if target.kind == StoreKind::Cell || target.kind == StoreKind::List {
        return Sharing::No;
    }
    let facts = flow.tree.class(class);
    match speaks_of_threads(facts.doc.as_deref().unwrap_or_default()) {
        Some(true) => return Sharing::Yes("its documentation speaks of threads".to_owned()),
        Some(false) => return Sharing::No,
        None => {}
    }
    let family = flow.tree.family(flow.tree.topmost(class));
    let locked = |class: &ClassId| has_lock(flow.tree, *class);
    if family.len() > 1 && family.iter().any(locked) || knows_threads(flow.tree, flow.entry.file) {
        return one();
    }
    let name = facts.name.as_str().to_ascii_lowercase();
    let for_sharing = ["cache", "store", "storage", "pool", "registry", "backend", "limiter"]
        .iter()
        .any(|word| name.contains(word));
    if for_sharing { one() } else { Sharing::No }
}

/// What a documentation says about use by several threads: that it is meant, that it is not, or
/// nothing.
fn speaks_of_threads(doc: &str) -> Option<bool> {
    let doc = doc.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| doc.contains(word));
    let not = [
        "not thread",
        "n't thread",
        "isn't concurrency",
        "non-concurrent",
        "not concurren",
        "not be shared",
        "single thread",
        "single-thread",
        "thread-local",
        "thread local",
        "threadlocal",
        "per thread",
        "per-thread",
        "one thread",
        "not intended to be",
        "not safe",
    ];
    if says(&not) {
        return Some(false);
    }
    let meant = [
        "thread-safe",
        "thread safe",
        "threadsafe",
        "multiple threads",
        "several threads",
        "different threads",
        "across threads",
        "concurren",
        "multi-thread",
        "multithread",
    ];
    says(&meant).then_some(true)
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
