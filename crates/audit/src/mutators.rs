//! Who else changes a store: every act of the tree on it, with the locks held there.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, Event, EventId, EventKind, FunctionKind, Lang, Literal, LockMode,
    Name, Path, Place, Root, Scope, SqlVerb, Step, StoreKind, ValueId, ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::explore::{LockId, Lost, Mode, Op, OpKind, Program, Value, When};
use crate::flow::{AbsPath, AbsRoot, Flow, global, literal_hash};
use crate::held::{Held, Locking, begins};
use crate::link::{ClassId, FnId, Tree};
use crate::slice::{AbsPlace, Locks, Target};
use crate::unless_there::only_if_missing;
use crate::whole_maps::{empties, fills_nothing};

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

/// A store, and the object that holds it in the words of the function.
type Seated = (Home, Option<Path>);
/// The locks held on one way to a mutator, in the words of the flow.
pub(crate) type Way = Vec<(AbsPath, LockMode, Scope)>;

/// A store is guarded where one in so many of the places that change it holds a lock.
const GUARDED_SHARE: usize = 2;

/// One place that changes a store.
#[derive(Clone, Debug)]
pub(crate) struct Mutator<'f> {
    pub function: FnId,
    pub event: &'f Event,
    pub act: &'f Act,
    pub held: Vec<Held>,
    /// The object that holds the store, in the words of the function.
    pub base: Option<Path>,
    /// Constructors and import time: nobody else is there yet.
    pub confined: bool,
    /// It stores only what is not there yet.
    pub unless_there: bool,
}

/// All mutators of all stores.
pub(crate) struct Mutators<'f> {
    all: FxHashMap<Home, Vec<Mutator<'f>>>,
    /// Classes that change something under a lock.
    guarding: FxHashSet<ClassId>,
    /// Structs of Go that change a map of theirs under no lock at all.
    unguarded: FxHashSet<ClassId>,
}

impl<'f> Mutators<'f> {
    pub(crate) fn of(tree: &Tree<'f>, locking: &Locking<'_, 'f>) -> Self {
        let mut all: FxHashMap<Home, Vec<Mutator<'f>>> = FxHashMap::default();
        for id in tree.all() {
            let function = tree.function(id);
            let mut acts: Vec<(EventId, Seated, &'f Event, &'f Act)> = Vec::new();
            function.each_event(|event| {
                if let EventKind::Act(act) = &event.kind
                    && let Some(home) = home(tree, id, &function.store(act.store).place)
                {
                    acts.push((event.id, home, event, act));
                }
            });
            if acts.is_empty() || tree.is_test(id) {
                continue;
            }
            let within = locking.within(id);
            let around = locking.around(id);
            let confined = begins_within(tree, id) || locking.only_at_start(id);
            for (event_id, (home, base), event, act) in acts {
                let mut held = within.get(&event_id).cloned().unwrap_or_default();
                held.extend(around.iter().cloned());
                let unless_there = only_if_missing(locking, id, (event, act));
                all.entry(home).or_default().push(Mutator {
                    function: id,
                    event,
                    act,
                    held,
                    base,
                    confined,
                    unless_there,
                });
            }
        }
        let locked = |mutator: &Mutator<'_>| !mutator.confined && !mutator.held.is_empty();
        // A lock around whole methods says nothing of what it is for.
        let meant = |mutator: &Mutator<'_>| {
            !mutator.confined && mutator.held.iter().any(|held| !held.whole)
        };
        let classes = |such: &dyn Fn(&[Mutator<'_>]) -> bool| {
            let homes = all.iter().filter(|(_, known)| such(known));
            let classes = homes.filter_map(|(home, _)| match home {
                Home::Field(class, _) => Some(*class),
                _ => None,
            });
            classes.collect()
        };
        let bare = |mutator: &Mutator<'_>| {
            !mutator.confined && mutator.held.is_empty() && changes_map(tree, mutator)
        };
        let guarding = classes(&|known| known.iter().any(meant));
        let unguarded = classes(&|known| !known.iter().any(locked) && known.iter().any(bare));
        Self { all, guarding, unguarded }
    }

    /// Whether a map in a struct of Go is changed with no lock around, wherever it is changed: two goroutines
    /// in there would end the program.
    pub(crate) fn is_for_one(&self, class: ClassId) -> bool {
        self.unguarded.contains(&class)
    }

    /// Whether the class changes something under a lock.
    pub(crate) fn guards_something(&self, tree: &Tree<'_>, class: ClassId) -> bool {
        tree.ancestry(class).into_iter().any(|class| self.guarding.contains(&class))
    }

    /// Whether the store is changed under a lock: then it is meant to be shared. Of a plain field in
    /// Python, where one thread often owns an object whose lock is for something else, once among many
    /// is not enough.
    pub(crate) fn guarded(
        &self,
        tree: &Tree<'_>,
        home: Option<&Home>,
        (scope, kind): (Scope, StoreKind),
    ) -> bool {
        let locked = |mutator: &&Mutator<'_>| {
            mutator
                .held
                .iter()
                .any(|held| held.scope >= scope && belongs(tree, mutator.function, &held.lock))
        };
        let known = || self.of_target(home).iter().filter(|mutator| !mutator.confined);
        let python = |mutator: &Mutator<'_>| tree.file(mutator.function).lang == Lang::Python;
        let plain = matches!(kind, StoreKind::Cell | StoreKind::List) && known().any(python);
        let guarded = known().filter(locked).count();
        guarded > 0 && (!plain || guarded * GUARDED_SHARE >= known().count())
    }

    /// The mutators of a target, as the entry's class sees it.
    pub(crate) fn of_target(&self, home: Option<&Home>) -> &[Mutator<'f>] {
        home.and_then(|home| self.all.get(home)).map_or(&[], Vec::as_slice)
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

/// Whether an entry of a map of Go is changed.
fn changes_map(tree: &Tree<'_>, mutator: &Mutator<'_>) -> bool {
    let function = tree.function(mutator.function);
    tree.file(mutator.function).lang == Lang::Go
        && function.store(mutator.act.store).kind == StoreKind::Map
        && mutator.act.key.value.is_some()
}

/// Whether a function, or the one it stands in, runs before anybody else is there.
fn begins_within(tree: &Tree<'_>, id: FnId) -> bool {
    begins(tree, id)
        || tree.parent(id).is_some_and(|outer| {
            tree.function(outer).name.as_str() == "init" && begins_within(tree, outer)
        })
}

/// Which store a place of a function is, and the object that holds it.
pub(crate) fn home(tree: &Tree<'_>, id: FnId, place: &Place) -> Option<(Home, Option<Path>)> {
    let path = match place {
        Place::Table(name) => return Some((Home::Table(*name), None)),
        Place::Model(name) => return Some((Home::Model(*name), None)),
        Place::Files => return Some((Home::Files, None)),
        Place::Path(path) => path,
    };
    let class = match &path.root {
        Root::Receiver => Some(tree.class_of(id).or_else(|| tree.class_of(tree.parent(id)?))?),
        Root::Captured(name) => Some(captured(tree, tree.parent(id)?, *name, &path.steps)?),
        Root::Param(n) if tree.file(id).lang == Lang::Go && path.steps.is_empty() => {
            let (class, steps) = tree.handed_fields().field(id, *n)?;
            return Some((Home::Field(owner(tree, *class, steps), steps.clone()), None));
        }
        Root::Param(n) if tree.file(id).lang == Lang::Go => {
            let of = tree.function(id).params.get(usize::from(*n))?.type_ref.as_ref()?;
            Some(tree.class_named(id.file, of.name)?)
        }
        Root::Class(name) => return Some((Home::OfClass(*name, path.steps.clone()), None)),
        Root::Global(name) => {
            let AbsRoot::Global(package, name) = global(tree, id.file, *name) else { return None };
            return Some((Home::Global(package, name, path.steps.clone()), None));
        }
        _ => None,
    }?;
    let (class, at) = innermost(tree, class, &path.steps);
    let rest = path.steps[at..].to_vec();
    let base = Path { root: path.root.clone(), steps: path.steps[..at].to_vec() };
    Some((Home::Field(owner(tree, class, &rest), rest), Some(base)))
}

/// The class of a variable that a closure shares with the function around it: its receiver, and in Go a parameter, or the
/// object that the function makes and whose sweeper it starts.
fn captured(tree: &Tree<'_>, outer: FnId, name: Name, steps: &[Step]) -> Option<ClassId> {
    let around = tree.function(outer);
    if around.receiver.as_ref().is_some_and(|receiver| receiver.name == name) {
        return tree.class_of(outer);
    }
    if tree.file(outer).lang != Lang::Go {
        return None;
    }
    let given = around.params.iter().find(|param| param.name == name);
    let of = match given {
        Some(param) => param.type_ref.as_ref()?,
        None if around.receiver.is_none() => around.returns.first()?,
        None => return None,
    };
    let class = tree.class_named(outer.file, of.name)?;
    let Some(Step::Field(field)) = steps.first() else { return None };
    tree.field_type(class, *field).map(|_| class)
}

/// The class that a path of fields leads into last, and how many steps lead there.
fn innermost(tree: &Tree<'_>, class: ClassId, steps: &[Step]) -> (ClassId, usize) {
    let (mut class, mut at) = (class, 0);
    if tree.files[class.file as usize].lang != Lang::Go {
        return (class, 0);
    }
    while at + 1 < steps.len() {
        let Step::Field(field) = steps[at] else { break };
        let inner = tree.field_type(class, field).and_then(|(file, of)| {
            tree.class_named(file, of.name).filter(|inner| !tree.class(*inner).is_interface)
        });
        let Some(inner) = inner else { break };
        (class, at) = (inner, at + 1);
    }
    (class, at)
}

/// Which store a target of a flow is, and the object that holds it.
pub(crate) fn home_of(flow: &Flow<'_, '_>, target: &Target) -> Option<(Home, Option<AbsPath>)> {
    let tree = flow.tree;
    let frame = flow.frame_of(target.key_uid);
    let activation = &flow.frames[frame as usize];
    let own = flow.event(target.key_uid).kind.target();
    if let (AbsPlace::Path(_), Some((store, _))) = (&target.place, own)
        && tree.file(activation.func).lang == Lang::Go
        && let Some((home, Some(base))) =
            home(tree, activation.func, &tree.function(activation.func).store(store).place)
    {
        return Some((home, Some(flow.path(frame, &base))));
    }
    let class = flow.class.or_else(|| tree.class_of(flow.entry));
    let home = match &target.place {
        AbsPlace::Path(AbsPath { root: AbsRoot::Param(n), steps }) if steps.is_empty() => {
            let (class, steps) = tree.handed_fields().field(flow.entry, *n)?;
            Home::Field(owner(tree, *class, steps), steps.clone())
        }
        AbsPlace::Table(name) => Home::Table(*name),
        AbsPlace::Model(name) => Home::Model(*name),
        AbsPlace::Files => Home::Files,
        AbsPlace::Path(AbsPath { root, steps }) => match root {
            AbsRoot::Receiver => {
                let (inner, at) = innermost(tree, class?, steps);
                Home::Field(owner(tree, inner, &steps[at..]), steps[at..].to_vec())
            }
            AbsRoot::Class(name) => Home::OfClass(*name, steps.clone()),
            AbsRoot::Global(package, name) => Home::Global(*package, *name, steps.clone()),
            _ => return None,
        },
    };
    Some((home, None))
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

/// The same store of the same object, as the flow has it.
pub(crate) struct Seat<'s> {
    /// The object that holds the store; `None` where the place alone says which it is.
    pub base: Option<&'s AbsPath>,
    /// The class of the entry.
    pub class: Option<ClassId>,
}

impl Seat<'_> {
    /// Whether the object is the entry's own receiver.
    pub(crate) fn is_own(&self) -> bool {
        self.base.is_none_or(|base| base.root == AbsRoot::Receiver && base.steps.is_empty())
    }

    /// The only field through which the entry's own object, a struct of Go, points to one of a class
    /// that it is a part of.
    fn owner(&self, tree: &Tree<'_>, outer: ClassId) -> Option<Name> {
        let class = self.class.filter(|_| self.is_own())?;
        let mut fields = tree.class(class).fields.iter().filter(|field| {
            let of = field.type_ref.as_ref().filter(|of| of.pointer);
            of.is_some_and(|of| tree.class_named(class.file, of.name) == Some(outer))
        });
        let first = fields.next()?;
        fields.next().is_none().then_some(first.name)
    }

    /// Whether a field of a method's receiver points to what the entry is a method of: `f.w` of a file that the
    /// writer is given is the writer.
    fn leads_back(&self, tree: &Tree<'_>, id: FnId, field: Name) -> bool {
        let of = tree.class_of(id).and_then(|class| tree.field_type(class, field));
        of.is_some_and(|(file, of)| {
            of.pointer && self.class.is_some() && tree.class_named(file, of.name) == self.class
        })
    }

    /// A lock of a function in the words of the flow. `base` is the object in the words of the function.
    fn lock(&self, tree: &Tree<'_>, id: FnId, lock: &Path, base: Option<&Path>) -> Option<AbsPath> {
        if let (Some(ours), Some(theirs)) = (self.base, base)
            && lock.starts_with(theirs)
        {
            let rest = &lock.steps[theirs.steps.len()..];
            if let (true, [Step::Field(field), rest @ ..]) = (theirs.steps.is_empty(), rest)
                && ours.steps.is_empty()
                && matches!(ours.root, AbsRoot::Param(_))
                && self.leads_back(tree, id, *field)
            {
                return Some(AbsPath { root: AbsRoot::Receiver, steps: rest.to_vec() });
            }
            let mut path = ours.clone();
            path.steps.extend_from_slice(rest);
            return Some(path);
        }
        if let Some(path) = self.around_part(lock, base) {
            return Some(path);
        }
        let path = absolute(tree, id, lock)?;
        let class = tree.class_of(id).or_else(|| tree.class_of(tree.parent(id)?));
        let known = path.root != AbsRoot::Receiver
            || self.base.is_none()
            || class.is_some() && class == self.class;
        if known {
            return Some(path);
        }
        // What an object is a part of locks itself: `w.Lock()` there is `f.w.Lock()` here.
        if let (Some(ours), Some(outer)) = (self.base, class)
            && let Some(field) = self.owner(tree, outer)
        {
            let steps = ours.steps.iter().copied().chain([Step::Field(field)]).chain(path.steps);
            return Some(AbsPath { root: ours.root.clone(), steps: steps.collect() });
        }
        // A lock of another object: it keeps out nobody that the flow knows.
        let root = AbsRoot::External(Name::new("the lock of another object"));
        Some(AbsPath { root, steps: path.steps })
    }
}

/// Ways into a mutator that are followed.
const WAYS_MAX: usize = 12;
/// Calls between the place that has the object and the method that changes it.
const CALLS_MAX: u8 = 4;

/// The ways in which the tree gets at this very object to run the mutator: the locks held on each.
/// A method of the object's own type is met by whoever calls it on this object.
pub(crate) fn ways(
    tree: &Tree<'_>,
    locking: &Locking<'_, '_>,
    mutator: &Mutator<'_>,
    seat: &Seat<'_>,
) -> Vec<Way> {
    let mut own: Vec<_> = mutator
        .held
        .iter()
        .filter_map(|held| {
            let path = seat.lock(tree, mutator.function, &held.lock, mutator.base.as_ref())?;
            Some((path, held.mode, held.scope))
        })
        .collect();
    let method = mutator
        .base
        .as_ref()
        .is_some_and(|base| matches!(base.root, Root::Receiver) && base.steps.is_empty());
    // Who else has an object that was passed in cannot be told: anybody may call its methods.
    let passed = seat.base.is_some_and(|base| {
        matches!(base.root, AbsRoot::Param(_) | AbsRoot::Captured(..)) && base.steps.is_empty()
    });
    if seat.is_own() || !method || passed {
        own.extend(seat.callers_hold(tree, locking, mutator.function));
        return vec![own];
    }
    let mut found = Vec::new();
    sites(tree, locking, mutator.function, seat, &own, (CALLS_MAX, &mut found));
    found
}

fn sites(
    tree: &Tree<'_>,
    locking: &Locking<'_, '_>,
    callee: FnId,
    seat: &Seat<'_>,
    own: &[(AbsPath, LockMode, Scope)],
    (left, found): (u8, &mut Vec<Way>),
) {
    let Some(ours) = seat.base else { return };
    for (caller, call, event) in locking.sites(callee) {
        if found.len() >= WAYS_MAX || tree.is_test(caller) {
            return;
        }
        let kind = tree.function(caller).kind;
        if matches!(kind, FunctionKind::Constructor | FunctionKind::Module) || caller == callee {
            continue;
        }
        let Some(receiver) = &call.receiver else { continue };
        let mut held = locking.within(caller).get(&event).cloned().unwrap_or_default();
        held.extend(locking.around(caller));
        let here = |base: &Path| -> Vec<_> {
            let more = held.iter().filter_map(|held| {
                let path = seat.lock(tree, caller, &held.lock, Some(base))?;
                Some((path, held.mode, held.scope))
            });
            own.iter().cloned().chain(more).collect()
        };
        let class = tree.class_of(caller).or_else(|| tree.class_of(tree.parent(caller)?));
        if receiver.root == Root::Receiver && receiver.steps.is_empty() && left > 0 {
            sites(tree, locking, caller, seat, &here(receiver), (left - 1, found));
        } else if absolute(tree, caller, receiver).is_some_and(|path| path == *ours)
            && (ours.root != AbsRoot::Receiver || class == seat.class)
        {
            found.push(here(receiver));
        }
    }
}

/// A participant that does nothing but this act, under the locks it is done under.
pub(crate) fn program(
    tree: &Tree<'_>,
    mutator: &Mutator<'_>,
    target: &Target,
    held: &[(AbsPath, LockMode, Scope)],
    locks: &mut Locks,
) -> Option<Program> {
    let function = tree.function(mutator.function);
    let go = tree.file(mutator.function).lang == Lang::Go;
    let kept = target.kind == StoreKind::Map && !target.keys.is_empty();
    let whole = go && empties(function, mutator.act, kept);
    // Who makes a map where there is none takes no entry away.
    if whole && fills_nothing(function, mutator.act) {
        return None;
    }
    let deletes = matches!(mutator.act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear)
        || whole
        || (mutator.act.kind == ActKind::Rename && target.kind != StoreKind::File);
    let changes = matches!(
        mutator.act.kind,
        ActKind::Create | ActKind::Insert | ActKind::Update | ActKind::OpenWrite | ActKind::Rename
    );
    if mutator.act.expects.is_some() || (!deletes && !changes) {
        return None;
    }
    // What is written out everybody writes alike.
    let value = mutator.act.value.map(|value| &function.value(value).kind);
    let value = match value {
        _ if mutator.act.atomicity == Atomicity::Relative => Value::Bump,
        Some(ValueKind::Literal(literal)) => Value::Pure(tag(literal_hash(literal))),
        Some(ValueKind::New(name, inputs)) if is_mark(*name, inputs) => Value::Pure(mark()),
        _ => Value::Own(1),
    };
    let mut ops = Vec::new();
    let mut taken: Vec<LockId> = Vec::new();
    for (path, mode, scope) in held {
        if *scope < target.scope && *scope != Scope::Task {
            continue;
        }
        let lock = locks.id(path);
        if taken.contains(&lock) {
            continue;
        }
        taken.push(lock);
        let mode = if *mode == LockMode::Shared { Mode::Read } else { Mode::Write };
        ops.push(OpKind::Acquire { lock, mode });
    }
    ops.push(if deletes {
        OpKind::Delete { cell: 0, when: When::Present, into: 0, lost: Lost::Ignore }
    } else {
        let updates = mutator.act.sql.as_ref().is_some_and(|sql| sql.verb == SqlVerb::Update);
        let when = match mutator.act.kind {
            ActKind::Create => When::Absent,
            // `LoadOrStore`
            ActKind::Insert if go && mutator.act.atomicity == Atomicity::Conditional => {
                When::Absent
            }
            _ if mutator.unless_there => When::Absent,
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
