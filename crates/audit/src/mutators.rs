//! Who else changes a store: every act of the tree on it, with the locks held there.

use amorsize_facts::event::{
    Act, ActKind, Event, EventId, EventKind, FunctionKind, LockMode, Name, Path, Place, Root,
    Scope, SqlVerb, Step, StoreKind,
};
use rustc_hash::FxHashMap;

use crate::explore::{LockId, Lost, Mode, Op, OpKind, Program, Value, When};
use crate::flow::{AbsPath, AbsRoot};
use crate::held::{Held, Locking, is_test};
use crate::link::{ClassId, FnId, Tree};
use crate::slice::{AbsPlace, Locks, Target};

/// A store as the whole tree knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Home {
    /// A field of a class or of what it is derived from.
    Field(ClassId, Vec<Step>),
    /// A variable of a module or package.
    Global(u32, Name, Vec<Step>),
    /// An attribute of a class itself.
    OfClass(Name, Vec<Step>),
    Table(Name),
    Model(Name),
    Files,
}

/// One place that changes a store.
#[derive(Clone, Debug)]
pub(crate) struct Mutator<'f> {
    pub function: FnId,
    pub event: &'f Event,
    pub act: &'f Act,
    pub held: Vec<Held>,
    /// Constructors and import time: nobody else is there yet.
    pub confined: bool,
}

/// All mutators of all stores.
pub(crate) struct Mutators<'f>(FxHashMap<Home, Vec<Mutator<'f>>>);

impl<'f> Mutators<'f> {
    pub(crate) fn of(tree: &Tree<'f>, locking: &Locking<'_, 'f>) -> Self {
        let mut all: FxHashMap<Home, Vec<Mutator<'f>>> = FxHashMap::default();
        for id in tree.all() {
            let function = tree.function(id);
            let mut acts: Vec<(EventId, Home, &'f Event, &'f Act)> = Vec::new();
            function.each_event(|event| {
                if let EventKind::Act(act) = &event.kind
                    && let Some(home) = home(tree, id, &function.store(act.store).place)
                {
                    acts.push((event.id, home, event, act));
                }
            });
            if acts.is_empty() || is_test(&tree.file(id).path) {
                continue;
            }
            let within = locking.within(id);
            let around = locking.around(id);
            let confined =
                matches!(function.kind, FunctionKind::Constructor | FunctionKind::Module);
            for (event_id, home, event, act) in acts {
                let mut held = within.get(&event_id).cloned().unwrap_or_default();
                held.extend(around.iter().cloned());
                all.entry(home).or_default().push(Mutator {
                    function: id,
                    event,
                    act,
                    held,
                    confined,
                });
            }
        }
        Self(all)
    }

    /// The mutators of a target, as the entry's class sees it.
    pub(crate) fn of_target(&self, home: Option<&Home>) -> &[Mutator<'f>] {
        home.and_then(|home| self.0.get(home)).map_or(&[], Vec::as_slice)
    }
}

/// Which store a place of a function is.
pub(crate) fn home(tree: &Tree<'_>, id: FnId, place: &Place) -> Option<Home> {
    match place {
        Place::Table(name) => Some(Home::Table(*name)),
        Place::Model(name) => Some(Home::Model(*name)),
        Place::Files => Some(Home::Files),
        Place::Path(path) => match &path.root {
            Root::Receiver => {
                let class = tree.class_of(id).or_else(|| tree.class_of(tree.parent(id)?))?;
                Some(Home::Field(owner(tree, class, &path.steps), path.steps.clone()))
            }
            Root::Captured(name) => {
                let outer = tree.parent(id)?;
                let receiver = tree.function(outer).receiver.as_ref()?;
                if receiver.name != *name {
                    return None;
                }
                let class = tree.class_of(outer)?;
                Some(Home::Field(owner(tree, class, &path.steps), path.steps.clone()))
            }
            Root::Class(name) => Some(Home::OfClass(*name, path.steps.clone())),
            Root::Global(name) => {
                Some(Home::Global(tree.package(id.file), *name, path.steps.clone()))
            }
            _ => None,
        },
    }
}

/// Which store an absolute place is.
pub(crate) fn home_of(tree: &Tree<'_>, class: Option<ClassId>, place: &AbsPlace) -> Option<Home> {
    match place {
        AbsPlace::Table(name) => Some(Home::Table(*name)),
        AbsPlace::Model(name) => Some(Home::Model(*name)),
        AbsPlace::Files => Some(Home::Files),
        AbsPlace::Path(AbsPath { root, steps }) => match root {
            AbsRoot::Receiver => Some(Home::Field(owner(tree, class?, steps), steps.clone())),
            AbsRoot::Class(name) => Some(Home::OfClass(*name, steps.clone())),
            AbsRoot::Global(package, name) => Some(Home::Global(*package, *name, steps.clone())),
            _ => None,
        },
    }
}

/// The topmost class of the ancestry that has the field.
fn owner(tree: &Tree<'_>, class: ClassId, steps: &[Step]) -> ClassId {
    let Some(Step::Field(field)) = steps.first() else { return class };
    tree.ancestry(class)
        .into_iter()
        .rev()
        .find(|class| tree.class(*class).fields.iter().any(|f| f.name == *field))
        .unwrap_or(class)
}

/// A participant that does nothing but this act, under the locks it is done under.
pub(crate) fn program(
    tree: &Tree<'_>,
    mutator: &Mutator<'_>,
    target: &Target,
    locks: &mut Locks,
) -> Option<Program> {
    let deletes = matches!(mutator.act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear)
        || (mutator.act.kind == ActKind::Rename && target.kind != StoreKind::File);
    let changes = matches!(
        mutator.act.kind,
        ActKind::Create | ActKind::Insert | ActKind::Update | ActKind::OpenWrite | ActKind::Rename
    );
    if mutator.act.expects.is_some() || (!deletes && !changes) {
        return None;
    }
    let mut ops = Vec::new();
    let mut taken: Vec<LockId> = Vec::new();
    for held in &mutator.held {
        if held.scope < target.scope && held.scope != Scope::Task {
            continue;
        }
        let Some(path) = absolute(tree, mutator.function, &held.lock) else { continue };
        let lock = locks.id(&path);
        if taken.contains(&lock) {
            continue;
        }
        taken.push(lock);
        let mode = if held.mode == LockMode::Shared { Mode::Read } else { Mode::Write };
        ops.push(OpKind::Acquire { lock, mode });
    }
    ops.push(if deletes {
        OpKind::Delete { cell: 0, when: When::Present, into: 0, lost: Lost::Ignore }
    } else {
        let updates = mutator.act.sql.as_ref().is_some_and(|sql| sql.verb == SqlVerb::Update);
        let when = match mutator.act.kind {
            ActKind::Create => When::Absent,
            _ if updates => When::Present,
            _ => When::Always,
        };
        OpKind::Write { cell: 0, value: Value::Own(1), when, into: 0, lost: Lost::Ignore }
    });
    ops.extend(taken.into_iter().rev().map(|lock| OpKind::Release { lock }));
    let label = tree.function(mutator.function).qualified.as_str().to_owned();
    let ops = ops.into_iter().map(|kind| Op { kind, site: u32::MAX }).collect();
    Some(Program { label, ops })
}

/// A lock path of a function in the words every flow shares.
pub(crate) fn absolute(tree: &Tree<'_>, id: FnId, path: &Path) -> Option<AbsPath> {
    let root = match &path.root {
        Root::Receiver => AbsRoot::Receiver,
        Root::Class(name) => AbsRoot::Class(*name),
        Root::Global(name) => AbsRoot::Global(tree.package(id.file), *name),
        Root::Captured(name) => {
            let outer = tree.parent(id)?;
            let receiver = tree.function(outer).receiver.as_ref()?;
            if receiver.name != *name {
                return None;
            }
            AbsRoot::Receiver
        }
        _ => return None,
    };
    Some(AbsPath { root, steps: path.steps.clone() })
}
