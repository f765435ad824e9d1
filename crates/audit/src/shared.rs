//! Whether anybody else can reach a store, and how we know.
//!
//! Files, tables and remote keys are shared by nature. Something in memory is shared when the code
//! itself says so: it is changed under a lock somewhere, it is a concurrent container, it belongs to
//! a module that deals with threads, its documentation means several threads. What merely could be
//! shared is judged under that assumption.

use amorsize_facts::event::{
    ActKind, Call, EventKind, Function, FunctionKind, Lang, LockKind, Meaning, Name, Op, Place,
    Root, Scope, Step, StoreKind, TypeRef, ValueId, ValueKind, says_any,
};

use crate::flow::{AbsRoot, Flow, Origin, Trail};
use crate::link::{ClassId, FnId, Tree};
use crate::programs::runs_by_itself;
use crate::slice::{AbsPlace, Target};
use crate::spoken::{of_greenlets, speaks_of_threads};

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
        AbsRoot::Param(n)
            if built_for_it
                && path.steps.is_empty()
                && flow.tree.handed_fields().field(flow.entry, *n).is_some() =>
        {
            Sharing::Yes("it is a container made for concurrent use".to_owned())
        }
        AbsRoot::Param(_) if built_for_it => {
            Sharing::If("several callers are given the same object".to_owned())
        }
        AbsRoot::Value(_, origin) if is_fresh(flow, *origin, ORIGIN_STEPS_MAX) => Sharing::No,
        _ if built_for_it && !matches!(path.root, AbsRoot::Local(..)) => {
            Sharing::Yes("it is a container made for concurrent use".to_owned())
        }
        AbsRoot::Global(..) | AbsRoot::Class(_) | AbsRoot::External(_) => {
            of_module(flow, target, begins, guarded)
        }
        AbsRoot::Receiver | AbsRoot::Param(_) | AbsRoot::Value(..) if owner_locks(flow, target) => {
            // A lock says what it is for by what is changed under it.
            if guarded.here || !guarded.beside {
                Sharing::Yes("its type owns a lock".to_owned())
            } else {
                Sharing::If("several goroutines use one object".to_owned())
            }
        }
        AbsRoot::Receiver | AbsRoot::Param(_) | AbsRoot::Value(..) if is_locked(flow, path) => {
            let met = flow.class.or_else(|| class_around(flow.tree, flow.entry));
            let met = met.is_some_and(|class| is_served(flow, class));
            if !guarded.here && !met && path.root == AbsRoot::Receiver && is_python(flow) {
                // The lock that this function takes is for something else of the object.
                return Sharing::If(ONE_OBJECT.to_owned());
            }
            Sharing::Yes("it is used under a lock of the same object".to_owned())
        }
        AbsRoot::Receiver => of_object(flow, target, guarded),
        AbsRoot::Captured(..) if is_locked_outside(flow) => {
            Sharing::Yes("it is used under a lock that the enclosing function made".to_owned())
        }
        AbsRoot::Captured(..) => {
            Sharing::If("the enclosing function's variable is used by several threads".to_owned())
        }
        AbsRoot::Param(_) | AbsRoot::Value(..) => Sharing::No,
    }
}

/// Whether a module's variable is by its name what all callers share: a cache, a pool. What is run by itself starts
/// the threads that there are.
fn for_everybody(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    if runs_by_itself(flow.tree, flow.entry.file) {
        return false;
    }
    let entry = flow.tree.function(flow.entry);
    let said = format!("{} {}", path.text(), entry.qualified).to_ascii_lowercase();
    ["cache", "pool", "session", "connection", "limiter"].iter().any(|word| said.contains(word))
}

/// Whether the module's objects live in the one thread of a reactor, where nothing runs between two
/// waits.
pub(crate) fn in_a_reactor(tree: &Tree<'_>, file: u32) -> bool {
    tree.files[file as usize].imports.iter().any(|import| {
        let target = import.target.as_str();
        target == "twisted" || target.starts_with("twisted.")
    })
}

fn waits(flow: &Flow<'_, '_>) -> bool {
    flow.events.iter().any(|ev| matches!(ev.event.kind, EventKind::Await(_)))
}

/// What a store of an object hangs on whose type says nothing of threads.
const ONE_OBJECT: &str = "one object is used by several threads";

fn is_python(flow: &Flow<'_, '_>) -> bool {
    flow.tree.file(flow.entry).lang == Lang::Python
}

/// Steps back from a value to where it comes from.
const ORIGIN_STEPS_MAX: u8 = 8;

/// Whether a value is a new object, as far as can be told: what a constructor returned.
pub(crate) fn is_fresh(flow: &Flow<'_, '_>, origin: Origin, left: u8) -> bool {
    if left == 0 {
        return true;
    }
    let function = flow.tree.function(flow.frames[origin.frame as usize].func);
    let at = |value| Origin { value, ..origin };
    match &function.value(origin.value).kind {
        ValueKind::Part(of, 0) | ValueKind::Field(of, _) | ValueKind::Item(of, _) => {
            is_fresh(flow, at(*of), left - 1)
        }
        ValueKind::Op(Op::Convert, parts) => {
            parts.first().is_none_or(|part| is_fresh(flow, at(*part), left - 1))
        }
        ValueKind::Element(of) => is_fresh(flow, at(*of), left - 1),
        ValueKind::Load(_) | ValueKind::Receiver | ValueKind::Param(_) => false,
        ValueKind::Result(event, _) => match flow.uid(origin.frame, *event) {
            Some(uid) => match &flow.event(uid).kind {
                EventKind::Call(call) => makes(flow, origin.frame, call),
                EventKind::Read(_) | EventKind::Enumerate(_) => false,
                EventKind::Act(act) => act.means != Meaning::Current,
                _ => true,
            },
            None => true,
        },
        _ => true,
    }
}

/// Whether a call makes what it returns.
fn makes(flow: &Flow<'_, '_>, frame: crate::flow::FrameId, call: &Call) -> bool {
    let activation = &flow.frames[frame as usize];
    let found = flow.tree.resolve(activation.func, activation.class, call);
    if let [callee] = found.as_slice() {
        let function = flow.tree.function(callee.id);
        if function.kind == FunctionKind::Constructor {
            return true;
        }
        let mut kept = false;
        function.each_event(|event| {
            if let EventKind::Return(ret) = &event.kind
                && let Some(value) = ret.values.first()
            {
                kept |= is_kept(function, *value);
            }
        });
        return !kept;
    }
    let name = call.name.as_str().to_ascii_lowercase();
    let receiver = call
        .receiver
        .as_ref()
        .is_some_and(|path| !matches!(path.root, Root::Local { .. } | Root::Value(_)));
    !receiver
        || ["new", "make", "create", "build", "open", "clone", "copy", "dial", "with", "begin"]
            .iter()
            .any(|word| name.starts_with(word))
}

/// Whether a returned value is something that the function found, not made.
fn is_kept(function: &Function, value: ValueId) -> bool {
    let mut trail = Trail::from([value], 24);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Load(_) | ValueKind::Receiver => return true,
            ValueKind::Result(event, _) => match function.event(*event).map(|event| &event.kind) {
                Some(EventKind::Read(_)) => return true,
                Some(EventKind::Act(act)) if act.means == Meaning::Current => return true,
                _ => {}
            },
            ValueKind::Part(of, 0) | ValueKind::Item(of, _) | ValueKind::Field(of, _) => {
                trail.follow([*of]);
            }
            ValueKind::Op(Op::Convert, parts) | ValueKind::Phi(parts) => trail.follow(parts),
            _ => {}
        }
    }
    false
}

/// Whether the type that holds the store, as the function that touches it sees it, owns a lock.
fn owner_locks(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let frame = flow.frame_of(target.key_uid);
    let activation = &flow.frames[frame as usize];
    let function = flow.tree.function(activation.func);
    let Some((store, _)) = flow.event(target.key_uid).kind.target() else { return false };
    let Place::Path(path) = &function.store(store).place else { return false };
    let mut class = match &path.root {
        Root::Receiver => activation.class.or_else(|| flow.tree.class_of(activation.func)),
        Root::Param(n) => function
            .params
            .get(usize::from(*n))
            .and_then(|param| param.type_ref.as_ref())
            .and_then(|of| flow.tree.class_named(activation.func.file, of.name)),
        _ => None,
    };
    if flow.tree.file(activation.func).lang != Lang::Go {
        return false;
    }
    for step in &path.steps {
        let Some(at) = class else { return false };
        if has_lock(flow.tree, at) {
            return true;
        }
        class = match step {
            Step::Field(field) => flow
                .tree
                .field_type(at, *field)
                .and_then(|(file, of)| flow.tree.class_named(file, of.name)),
            _ => None,
        };
    }
    false
}

/// Whether the code at hand takes a lock that lies beside the store in the same object.
fn is_locked(flow: &Flow<'_, '_>, path: &crate::flow::AbsPath) -> bool {
    flow.uids().any(|uid| {
        let EventKind::Acquire(acquire) = &flow.event(uid).kind else { return false };
        if acquire.kind == LockKind::File {
            // It is for other processes, which do not see the object.
            return false;
        }
        let lock = flow.path(flow.frame_of(uid), &acquire.lock);
        // A row of locks lies beside the store as one lock would.
        let row = lock.steps.iter().rev().take_while(|step| **step == Step::Item).count();
        let beside = lock.steps.len().saturating_sub(1 + row);
        !path.steps.is_empty()
            && lock.root == path.root
            // What is locked is not guarded by that: the variable may get another lock.
            && lock.steps != path.steps
            && path.steps.starts_with(&lock.steps[..beside])
    })
}

/// Whether a closure takes a lock that it did not make: for those who run it at the same time.
fn is_locked_outside(flow: &Flow<'_, '_>) -> bool {
    flow.uids().any(|uid| {
        let EventKind::Acquire(acquire) = &flow.event(uid).kind else { return false };
        let root = flow.path(flow.frame_of(uid), &acquire.lock).root;
        acquire.kind != LockKind::File && matches!(root, AbsRoot::Captured(..))
    })
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
    // Where there are tasks only, what does not wait is not interrupted.
    let threads = deals_with_threads(flow.tree, flow.entry.file)
        || entry.is_async && knows_tasks(flow.tree, flow.entry.file);
    if lazily && !threads {
        return Sharing::If("several threads call this for the first time".to_owned());
    }
    let served = flow.tree.served().by_threads(flow.entry);
    // Nor is it where one loop serves everybody.
    let in_turn = !entry.is_async && imports_one(flow.tree, flow.entry.file, &["tornado"]);
    let meant = threads || served || for_everybody(flow, target) && !in_turn;
    if !guarded.here && !meant {
        return Sharing::If("several threads call this at the same time".to_owned());
    }
    Sharing::Yes("it belongs to the module or class, hence to all threads".to_owned())
}

fn of_object(flow: &Flow<'_, '_>, target: &Target, guarded: Guarded) -> Sharing {
    let Some(class) = flow.class.or_else(|| class_around(flow.tree, flow.entry)) else {
        return Sharing::No;
    };
    let file = flow.tree.file(flow.entry);
    let one = || {
        if is_served(flow, class) {
            return Sharing::Yes(REQUESTS.to_owned());
        }
        Sharing::If(ONE_OBJECT.to_owned())
    };
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
    if target.kind == StoreKind::Cell && flow.tree.function(flow.entry).is_async && waits(flow) {
        // While one of its coroutines waits, another one runs.
        return Sharing::Yes("the coroutines of one object take turns".to_owned());
    }
    let facts = flow.tree.class(class);
    // What stands under a key is one list of many: `self.buckets[key][0] -= 1`.
    let keyed = matches!(&target.place, AbsPlace::Path(path) if path.steps.contains(&Step::Item));
    let said = || speaks_of_threads(facts.doc.as_deref().unwrap_or_default()) == Some(true);
    let alone = target.kind == StoreKind::List && !(keyed && said());
    if target.kind == StoreKind::Cell || alone {
        return match counts_for_callers(flow, target) {
            true if decorates(flow.tree, class) => {
                Sharing::Yes("it decorates functions, which any thread may call".to_owned())
            }
            true => one(),
            false => Sharing::No,
        };
    }
    match speaks_of_threads(facts.doc.as_deref().unwrap_or_default()) {
        // What a part of the module's own says of threads is said of what it is a part of.
        Some(true) if facts.name.as_str().starts_with('_') || of_greenlets(facts) => return one(),
        Some(true) => return Sharing::Yes("its documentation speaks of threads".to_owned()),
        Some(false) => return Sharing::No,
        None => {}
    }
    let family = flow.tree.family(flow.tree.topmost(class));
    let locked = |class: &ClassId| has_lock(flow.tree, *class);
    let file = flow.entry.file;
    let threads = deals_with_threads(flow.tree, file) || knows_tasks(flow.tree, file);
    if family.len() > 1 && family.iter().any(locked) || threads {
        return one();
    }
    let name = facts.name.as_str().to_ascii_lowercase();
    let for_sharing = ["cache", "store", "storage", "pool", "registry", "backend", "limiter"]
        .iter()
        .any(|word| name.contains(word));
    let keyed = ["__getitem__", "__setitem__"]
        .iter()
        .all(|name| flow.tree.method(class, Name::new(name)).is_some());
    let puts = matches!(&flow.event(target.key_uid).kind, EventKind::Act(act)
        if act.kind == ActKind::Insert);
    if for_sharing && puts && stands_in_module(flow.tree, class) && !registers(flow) {
        return Sharing::Yes("one such object is a variable of its module".to_owned());
    }
    if for_sharing || keyed { one() } else { Sharing::No }
}

/// Whether a plain field is that of a class of Python which by its name counts what its callers do.
pub(crate) fn counts_for_callers(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let class = flow.class.or_else(|| class_around(flow.tree, flow.entry));
    let Some(class) = class.filter(|_| is_python(flow) && path.root == AbsRoot::Receiver) else {
        return false;
    };
    let name = flow.tree.class(class).name.as_str().to_ascii_lowercase();
    target.kind == StoreKind::Cell
        && ["limiter", "throttle", "breaker"].iter().any(|word| name.contains(word))
}

/// Whether the objects of a class decorate functions: `breaker(function)`.
fn decorates(tree: &Tree<'_>, class: ClassId) -> bool {
    let called = tree.method(class, Name::new("__call__"));
    called.is_some_and(|id| match tree.function(id).params.as_slice() {
        [given] => says_any(given.name.as_str(), &["f", "fn", "func", "function", "wrapped"]),
        _ => false,
    })
}

/// What is known of an object of a module that handlers of requests work with.
const REQUESTS: &str = "requests or threads that run at the same time use this one object";

/// Whether requests run the function on the one object of its class that a module keeps.
fn is_served(flow: &Flow<'_, '_>, class: ClassId) -> bool {
    let served = flow.tree.served();
    served.by_own_threads(flow.entry)
        || served.by_threads(flow.entry) && stands_in_module(flow.tree, class)
}

/// Whether the module of a class keeps an object of it for everybody.
fn stands_in_module(tree: &Tree<'_>, class: ClassId) -> bool {
    let globals = tree.files[class.file as usize].globals.iter();
    let of = globals.filter_map(|global| global.type_ref.as_ref());
    of.into_iter().any(|ty| tree.class_named(class.file, ty.name) == Some(class))
}

/// Whether a function registers what it is given: that is done while the program is loaded.
fn registers(flow: &Flow<'_, '_>) -> bool {
    let name = flow.tree.function(flow.entry).name.as_str().to_ascii_lowercase();
    ["register", "add", "connect", "subscribe", "__setitem__", "__init__"]
        .iter()
        .any(|word| name.contains(word))
}

/// The class in whose method a function stands.
pub(crate) fn class_around(tree: &Tree<'_>, id: FnId) -> Option<ClassId> {
    let mut at = Some(id);
    while let Some(id) = at {
        if let Some(class) = tree.class_of(id) {
            return Some(class);
        }
        at = tree.parent(id);
    }
    None
}

/// Whether a class or what it is derived from owns a lock.
pub(crate) fn has_lock(tree: &Tree<'_>, own: ClassId) -> bool {
    tree.owns_lock(own, || finds_lock(tree, own))
}

fn finds_lock(tree: &Tree<'_>, own: ClassId) -> bool {
    tree.ancestry(own).into_iter().any(|class| {
        let facts = tree.class(class);
        let by_field = facts.fields.iter().any(|field| {
            field.type_ref.as_ref().is_some_and(is_lock_type)
                || (field.type_ref.is_none()
                    && is_lock_name(field.name.as_str())
                    && tree.method(own, field.name).is_none()
                    && tree.is_taken(own, field.name))
        });
        by_field
            || tree.locks_itself(class)
            || facts.bases.iter().any(|base| is_lock_word(Tree::type_word(base).as_str()))
    })
}

/// A lock, or a row of locks.
pub(crate) fn is_lock_type(of: &TypeRef) -> bool {
    is_lock_word(Tree::type_word(of).as_str())
        || (matches!(of.name.as_str(), "slice" | "map")
            && of.args.last().is_some_and(|of| is_lock_word(Tree::type_word(of).as_str())))
}

pub(crate) fn is_lock_word(word: &str) -> bool {
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

/// Whether a name is that of a lock, in whichever case: `lock`, `_mutex`, `write_lock`.
pub(crate) fn is_lock_name(name: &str) -> bool {
    let name = name.trim_matches('_').as_bytes();
    [&b"lock"[..], b"mutex"].into_iter().any(|word| {
        let before = name.len().checked_sub(word.len()).map(|at| name.split_at(at));
        before.is_some_and(|(before, last)| {
            last.eq_ignore_ascii_case(word) && matches!(before.last(), None | Some(b'_'))
        })
    })
}

/// Whether a module deals with threads at all.
pub(crate) fn deals_with_threads(tree: &Tree<'_>, file: u32) -> bool {
    let modules =
        ["threading", "_thread", "concurrent.futures", "multiprocessing", "gevent", "sync"];
    imports_one(tree, file, &modules)
}

/// Whether a module deals with the tasks of an event loop.
fn knows_tasks(tree: &Tree<'_>, file: u32) -> bool {
    imports_one(tree, file, &["asyncio"])
}

fn imports_one(tree: &Tree<'_>, file: u32, modules: &[&str]) -> bool {
    tree.files[file as usize].imports.iter().any(|import| {
        let target = import.target.as_str();
        // What is waited for, and the errors of waiting, are no threads.
        let awaited = target.starts_with("concurrent.futures.")
            && ["Future", "Error"].iter().any(|word| target.ends_with(word));
        !awaited
            && modules.iter().any(|word| {
                target
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
    })
}
