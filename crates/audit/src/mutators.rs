//! Who else changes a store: every act of the tree on it, with the locks held there.

use amorsize_facts::event::{
    Act, ActKind, Event, EventId, EventKind, Literal, LockMode, Name, Path, Place, Root, Scope,
    SqlVerb, Step, StoreKind, ValueId, ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::explore::{LockId, Lost, Mode, Op, OpKind, Program, Value, When};
use crate::flow::{AbsPath, AbsRoot, global, literal_hash};
use crate::held::{Held, Locking, begins, is_test};
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
pub(crate) struct Mutators<'f>(FxHashMap<Home, Vec<Mutator<'f>>>, FxHashSet<ClassId>);

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
            let confined = begins_within(tree, id) || locking.only_at_start(id);
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
        let locked = |mutator: &Mutator<'_>| !mutator.confined && !mutator.held.is_empty();
        let guarding = all.iter().filter(|(_, known)| known.iter().any(locked));
        let guarding = guarding.filter_map(|(home, _)| match home {
            Home::Field(class, _) => Some(*class),
            _ => None,
        });
        let guarding = guarding.collect();
        Self(all, guarding)
    }

    /// Whether the class changes something under a lock.
    pub(crate) fn guards_something(&self, tree: &Tree<'_>, class: ClassId) -> bool {
        tree.ancestry(class).into_iter().any(|class| self.1.contains(&class))
    }

    /// Whether somebody changes the store under a lock: then it is meant to be shared.
    pub(crate) fn guarded(&self, tree: &Tree<'_>, home: Option<&Home>, scope: Scope) -> bool {
        self.of_target(home).iter().filter(|mutator| !mutator.confined).any(|mutator| {
            mutator
                .held
                .iter()
                .any(|held| held.scope >= scope && belongs(tree, mutator.function, &held.lock))
        })
    }

    /// The mutators of a target, as the entry's class sees it.
    pub(crate) fn of_target(&self, home: Option<&Home>) -> &[Mutator<'f>] {
        home.and_then(|home| self.0.get(home)).map_or(&[], Vec::as_slice)
    }
}

/// Whether a lock on the receiver is the object's own, and not that of what it merely points to.
fn belongs(tree: &Tree<'_>, id: FnId, lock: &Path) -> bool {
    let (Root::Receiver, Some(Step::Field(field))) = (&lock.root, lock.steps.first()) else {
        return true;
    };
    let Some(class) = tree.class_of(id) else { return true };
    let has = |class: ClassId| tree.class(class).fields.iter().any(|own| own.name == *field);
    has(class)
        || !tree
            .class(class)
            .bases
            .iter()
            .any(|base| base.pointer && tree.class_named(class.file, base.name).is_some_and(has))
}

/// Whether a function, or the one it stands in, runs before anybody else is there.
fn begins_within(tree: &Tree<'_>, id: FnId) -> bool {
    begins(tree, id)
        || tree.parent(id).is_some_and(|outer| {
            tree.function(outer).name.as_str() == "init" && begins_within(tree, outer)
        })
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
            Root::Global(name) => match global(tree, id.file, *name) {
                AbsRoot::Global(package, name) => {
                    Some(Home::Global(package, name, path.steps.clone()))
                }
                _ => None,
            },
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
    // What is written out everybody writes alike.
    let function = tree.function(mutator.function);
    let value = mutator.act.value.map(|value| &function.value(value).kind);
    let value = match value {
        Some(ValueKind::Literal(literal)) => Value::Pure(tag(literal_hash(literal))),
        Some(ValueKind::New(name, inputs)) if is_mark(*name, inputs) => Value::Pure(mark()),
        _ => Value::Own(1),
    };
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
        OpKind::Write { cell: 0, value, when, into: 0, lost: Lost::Ignore }
    });
    ops.extend(taken.into_iter().rev().map(|lock| OpKind::Release { lock }));
    let label = tree.function(mutator.function).qualified.as_str().to_owned();
    let ops = ops.into_iter().map(|kind| Op { kind, site: u32::MAX }).collect();
    Some(Program { label, ops })
}

/// Whether a value is a mere mark: `struct{}{}`.
pub(crate) fn is_mark(name: Name, inputs: &[ValueId]) -> bool {
    inputs.is_empty() && name.as_str().starts_with("struct")
}

/// What every mark is.
pub(crate) fn mark() -> u32 {
    tag(literal_hash(&Literal::Other))
}

#[expect(clippy::cast_possible_truncation, reason = "half a hash is a tag")]
const fn tag(hash: u64) -> u32 {
    hash as u32
}

/// A lock path of a function in the words every flow shares.
pub(crate) fn absolute(tree: &Tree<'_>, id: FnId, path: &Path) -> Option<AbsPath> {
    let root = match &path.root {
        Root::Receiver => AbsRoot::Receiver,
        Root::Class(name) => AbsRoot::Class(*name),
        Root::Global(name) => global(tree, id.file, *name),
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
