//! Variables that carry what was seen from one place to another, and errors that are handed on.

use amorsize_facts::event::{
    Act, ActKind, Call, EventKind, Function, Lang, Literal, Name, Op as Operator, Outcome, Path,
    Place, Return, Root, Step, StoreKind, Value as FactsValue, ValueId, ValueKind,
};

use rustc_hash::FxHashMap;

use super::compile::Compiler;
use super::probe::makes_if_missing;
use super::target::{AbsPlace, touches};
use crate::explore::{FAILED, OpKind, Reg, Test};
use crate::flow::{Flow, FrameId, Trail, Uid};

/// Whether an act changes what is within the thing it is done to.
const fn changes_inside(kind: ActKind) -> bool {
    matches!(
        kind,
        ActKind::Append | ActKind::Insert | ActKind::Update | ActKind::Create | ActKind::Enqueue
    )
}

/// Methods that put something in.
const PUTS: [&str; 17] = [
    "append",
    "appendleft",
    "add",
    "extend",
    "put",
    "push",
    "insert",
    "update",
    "register",
    "set",
    "store",
    "enqueue",
    "write",
    "send",
    "observe",
    "record",
    "inc",
];

/// Whether a method puts something in, by its name.
fn puts(name: &str) -> bool {
    PUTS.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Whether a method takes something off what is left, by its name.
fn spends(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["allow", "tryaccept", "consume", "take"].iter().any(|word| name.starts_with(word))
}

/// Whether a function makes an error of one that it is given, by its name.
fn wraps_an_error(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["wrap", "errorf", "join", "withstack", "withmessage", "newerr"]
        .iter()
        .any(|word| name.contains(word))
}

/// Variables of one program that ways set to something.
const FLAGS_MAX: usize = 4;

/// Variables of one program that hold what was seen or what was made.
const EITHER_MAX: u8 = 3;

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// The act or opening whose error is returned as it is.
    fn failure_in(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        if self.target.kind != StoreKind::File {
            return None;
        }
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let event = match &function.value(value).kind {
            ValueKind::Result(event, _) => *event,
            ValueKind::Part(of, 1..) => match &function.value(*of).kind {
                ValueKind::Result(event, _) => *event,
                _ => return None,
            },
            ValueKind::Op(Operator::Call, inputs) => {
                // `fmt.Errorf("…: %w", err)` is the error still.
                return inputs.iter().skip(1).find_map(|input| self.failure_in(frame, *input));
            }
            _ => return None,
        };
        let uid = self.flow.uid(frame, event)?;
        match &self.flow.event(uid).kind {
            // To make a directory that is there is no failure.
            EventKind::Act(act) if makes_if_missing(act) => None,
            EventKind::Act(act) if act.failure == Outcome::Error => (self.known(uid).is_some()
                && touches(self.flow, self.target, uid).is_some())
            .then_some(uid),
            // So is `errors.Wrap(err, "…")`, of whatever package.
            EventKind::Call(call) if self.flow.callee(frame, event).is_none() => {
                let wraps = wraps_an_error(call.name.as_str());
                let mut given = call.args.iter().filter(|_| wraps);
                given.find_map(|given| self.failure_in(frame, *given))
            }
            EventKind::Call(_) => {
                let callee = self.flow.callee(frame, event)?;
                self.flow
                    .returned(callee, 0)
                    .into_iter()
                    .find_map(|(value, at)| self.failure_in(at, value))
            }
            _ => None,
        }
    }

    /// Ends with the error of an act that failed, if it did.
    pub(super) fn fail(&mut self, frame: FrameId, ret: &Return) {
        if self.flow.tree.file(self.flow.entry).lang != Lang::Go {
            return;
        }
        let failed = ret.values.iter().find_map(|value| self.failure_in(frame, *value));
        let Some(uid) = failed else { return };
        let Some(reg) = self.known(uid) else { return };
        let opens = matches!(&self.flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead);
        let (done, lost) = (self.label(), self.label());
        if opens {
            self.pair_up(uid, false);
            self.emit(OpKind::Branch { test: Test::Absent(reg), yes: lost, no: done });
        } else {
            self.emit(OpKind::Branch { test: Test::Won(reg), yes: done, no: lost });
        }
        self.here(lost);
        self.emit(OpKind::Raise(FAILED));
        self.here(done);
    }

    /// The register of the variable that a closure sets by this act.
    pub(super) fn kept_in(&self, uid: Uid, act: &Act) -> Option<Reg> {
        if self.kept.is_empty() {
            return None;
        }
        match self.flow.place_of(self.flow.frame_of(uid), act.store) {
            AbsPlace::Path(path) => {
                self.kept.iter().find(|(known, _)| *known == path).map(|(_, reg)| *reg)
            }
            _ => None,
        }
    }

    /// Finds the variables of enclosing functions that closures of this flow set.
    pub(super) fn find_kept(&mut self) {
        let flow = self.flow;
        for (frame, value, kind) in flow.carriers() {
            let ValueKind::Load(path) = kind else { continue };
            if !matches!(path.root, Root::Local { .. }) || !path.steps.is_empty() {
                continue;
            }
            let path = flow.path(frame, path);
            let reg = match self.kept.iter().find(|(known, _)| *known == path) {
                Some((_, reg)) => *reg,
                None if self.kept.len() < 6 => {
                    let reg = self.fresh();
                    self.kept.push((path, reg));
                    reg
                }
                None => continue,
            };
            self.flags.insert((frame, value), reg);
        }
    }

    /// Finds the variables that hold what was seen, or what was made where nothing was: where each
    /// way sets them is known by the event that made the value, or by the act that stores it.
    pub(super) fn find_either(&mut self) {
        let flow = self.flow;
        for (frame, value, kind) in flow.carriers() {
            if !matches!(kind, ValueKind::Phi(_)) {
                continue;
            }
            let phi = (frame, value);
            if self.either >= EITHER_MAX || self.flags.contains_key(&phi) {
                continue;
            }
            let function = flow.tree.function(flow.frames[frame as usize].func);
            let parts = held_by(function, value);
            if !(2..=3).contains(&parts.len()) {
                continue;
            }
            let places: Option<Vec<(Uid, ValueId)>> =
                parts.iter().map(|part| Some((self.appears(frame, *part)?, *part))).collect();
            let Some(places) = places else { continue };
            let reads = |uid: &Uid| {
                matches!(flow.event(*uid).kind, EventKind::Read(_))
                    && touches(flow, self.target, *uid).is_some()
            };
            let seen = places.iter().any(|(uid, part)| match flow.event(*uid).kind {
                EventKind::Call(_) => self.handed_on(frame, *part).is_some_and(|uid| reads(&uid)),
                _ => reads(uid),
            });
            let used = self.is_used(frame, phi.1);
            let asked =
                flow.events.iter().filter(|ev| ev.frame == frame).any(|ev| match &ev.event.kind {
                    EventKind::Return(ret) => ret.values.iter().any(|value| {
                        *value == phi.1 || self.packed(frame, *value).contains(&phi.1)
                    }),
                    EventKind::Act(act) => {
                        act.value == Some(phi.1) && function.store(act.store).confined
                    }
                    _ => false,
                });
            if !seen || !asked && !used {
                continue;
            }
            let reg = self.fresh();
            if used {
                self.inside = Some(reg);
            }
            self.either += 1;
            self.flags.insert(phi, reg);
            for (uid, part) in places {
                self.appearing.entry(uid).or_default().push((frame, part, reg));
            }
        }
    }

    /// The look whose answer a helper hands on as it is.
    fn handed_on(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        let flow = self.flow;
        let told = |frame: FrameId, value: ValueId| {
            let function = flow.tree.function(flow.frames[frame as usize].func);
            match &function.value(value).kind {
                ValueKind::Result(event, _) => Some((*event, 0)),
                ValueKind::Part(of, n) => match &function.value(*of).kind {
                    ValueKind::Result(event, _) => Some((*event, usize::from(*n))),
                    _ => None,
                },
                _ => None,
            }
        };
        let (call, part) = told(frame, value)?;
        let callee = flow.callee(frame, call)?;
        flow.returned(callee, part).into_iter().find_map(|(value, at)| {
            let (event, _) = told(at, value)?;
            flow.uid(at, event)
        })
    }

    /// Whether something is put into what a value stands for.
    fn is_used(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let stands = |name: &Name| {
            let mut named = function.origins.iter().chain(&function.joined);
            named.any(|(known, origin)| known == name && *origin == value)
        };
        let within = |path: &Path| match &path.root {
            Root::Value(root) => *root == value,
            Root::Local { name, .. } => stands(name),
            _ => self.is_in_an_entry(frame, path),
        };
        self.flow.events.iter().filter(|ev| ev.frame == frame).any(|ev| match &ev.event.kind {
            EventKind::Act(act) if changes_inside(act.kind) => {
                matches!(&function.store(act.store).place, Place::Path(path) if within(path))
            }
            // Whose lock is taken is worked with.
            EventKind::Acquire(acquire) => !acquire.lock.steps.is_empty() && within(&acquire.lock),
            EventKind::Call(call) if call.receiver_value == Some(value) => {
                puts(call.name.as_str())
                    || spends(call.name.as_str())
                    || self.changes_itself(frame, call)
            }
            _ => false,
        })
    }

    /// Whether a path leads into an entry of the target.
    fn is_in_an_entry(&self, frame: FrameId, path: &Path) -> bool {
        let AbsPlace::Path(ours) = &self.target.place else { return false };
        let theirs = self.flow.path(frame, path);
        self.in_go()
            && theirs.root == ours.root
            && theirs.steps.starts_with(&ours.steps)
            && theirs.steps.get(ours.steps.len()) == Some(&Step::Item)
    }

    /// Whether a method of the tree changes the object that it is called on.
    fn changes_itself(&self, frame: FrameId, call: &Call) -> bool {
        let from = self.flow.frames[frame as usize].func;
        self.flow.tree.resolve(from, None, call).into_iter().any(|callee| {
            let method = self.flow.tree.function(callee.id);
            let mut changes = false;
            method.each_event(|event| {
                changes |= matches!(&event.kind, EventKind::Act(act)
                    if changes_inside(act.kind)
                        && matches!(&method.store(act.store).place, Place::Path(path)
                            if path.root == Root::Receiver));
            });
            changes
        })
    }

    /// Whether an event puts something into what an entry of the target holds: whoever gets an
    /// entry that is replaced meanwhile puts it where nobody looks.
    pub(super) fn works_inside(&self, uid: Uid) -> bool {
        let AbsPlace::Path(ours) = &self.target.place else { return false };
        if self.target.kind != StoreKind::Map || self.target.size {
            return false;
        }
        let frame = self.flow.frame_of(uid);
        let theirs = match &self.flow.event(uid).kind {
            EventKind::Act(act) if changes_inside(act.kind) => {
                match self.flow.place_of(frame, act.store) {
                    AbsPlace::Path(path) => path,
                    _ => return false,
                }
            }
            EventKind::Call(call) if puts(call.name.as_str()) => match &call.receiver {
                Some(path) => self.flow.path(frame, path),
                None => return false,
            },
            EventKind::Acquire(acquire) => {
                let entry = acquire.key.as_ref().is_none_or(|key| {
                    self.flow.keys_of(frame, key).iter().any(|key| self.target.keys.contains(key))
                });
                if !entry {
                    return false;
                }
                self.flow.path(frame, &acquire.lock)
            }
            _ => return false,
        };
        theirs.root == ours.root
            && theirs.steps.len() == ours.steps.len() + 1
            && theirs.steps.starts_with(&ours.steps)
            && theirs.steps.last() == Some(&Step::Item)
    }

    /// Notes which object an event has put something into.
    pub(super) fn use_inside(&mut self, uid: Uid) {
        let into = self.reg(uid);
        self.emit(OpKind::Observe { cell: 0, into });
        self.inside = Some(into);
        self.locked_by_entry |= matches!(self.flow.event(uid).kind, EventKind::Acquire(_));
    }

    /// The event by which a value is there: the one that gives it, or the act that stores it.
    pub(super) fn appears(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let made = match &function.value(value).kind {
            ValueKind::Op(Operator::Convert, of) => return self.appears(frame, *of.first()?),
            ValueKind::Result(event, _) => Some(*event),
            ValueKind::Part(of, 0) => match &function.value(*of).kind {
                ValueKind::Result(event, _) => Some(*event),
                _ => None,
            },
            _ => None,
        };
        if let Some(uid) = made.and_then(|event| self.flow.uid(frame, event)) {
            return Some(uid);
        }
        self.flow.stored_by(frame, value)
    }

    /// Puts into the variables what an event has just given.
    pub(super) fn appeared(&mut self, uid: Uid) {
        for (frame, part, reg) in self.appearing.get(&uid).cloned().unwrap_or_default() {
            self.store(frame, part, reg);
        }
    }

    /// Whether a value is what a look at the target gave.
    fn is_seen(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(event, _) = function.value(value).kind else { return false };
        self.flow.uid(frame, event).is_some_and(|uid| {
            matches!(self.flow.event(uid).kind, EventKind::Read(_))
                && touches(self.flow, self.target, uid).is_some()
        })
    }

    /// Finds the variables that are set on some ways and asked about later.
    ///
    /// What a variable holds on which way is asked by a coin, by whoever calls a helper that may find nothing, and
    /// by the function itself where it holds what was seen on one way and nothing on the other.
    pub(super) fn find_flags(&mut self) {
        let flow = self.flow;
        let hands_on = yields(flow, 0);
        let mut set: FxHashMap<FrameId, Vec<ValueId>> = FxHashMap::default();
        for ev in &flow.events {
            if let EventKind::Assign(assign) = &ev.event.kind
                && (self.coin_at.is_some()
                    || assign.variable == "yield"
                    || !hands_on
                    || ev.frame != 0)
            {
                set.entry(ev.frame).or_default().push(assign.value);
            }
        }
        for (frame, activation) in (0..).zip(&flow.frames) {
            let function = flow.tree.function(activation.func);
            let mut assigned = set.remove(&frame).unwrap_or_default();
            if assigned.is_empty() {
                continue;
            }
            assigned.sort_unstable();
            for (n, value) in function.values.iter().enumerate() {
                let ValueKind::Phi(_) = &value.kind else { continue };
                if self.flags.len() >= FLAGS_MAX {
                    return;
                }
                let parts = ways(function, value);
                if !parts.iter().any(|part| assigned.binary_search(part).is_ok()) {
                    continue;
                }
                let phi = ValueId(u32::try_from(n).unwrap_or(u32::MAX));
                let nothing = |part: &ValueId| {
                    matches!(
                        function.value(*part).kind,
                        ValueKind::Literal(Literal::Nil | Literal::Bool(_))
                    )
                };
                let told = || flow.returned(frame, 0).contains(&(phi, frame));
                let seen = || parts.iter().any(|part| self.is_seen(frame, *part));
                if self.coin_at.is_none()
                    && !yields(flow, frame)
                    && !(parts.iter().any(nothing) && if frame == 0 { seen() } else { told() })
                {
                    continue;
                }
                let reg = self.fresh();
                self.flags.insert((frame, phi), reg);
                for part in parts {
                    self.assigned.entry((frame, part)).or_default().push(reg);
                }
            }
        }
    }
}

/// What a variable may hold where it holds anything, whichever way it came.
fn held_by(function: &Function, variable: ValueId) -> Vec<ValueId> {
    let mut found = Vec::new();
    let mut trail = Trail::from([variable], 8);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Phi(ways) => trail.follow(ways.iter().copied()),
            ValueKind::Literal(Literal::Nil) => {}
            _ if found.contains(&value) => {}
            _ => found.push(value),
        }
    }
    if trail.is_cut() { Vec::new() } else { found }
}

/// Whether a frame is that of a context manager that hands something to its `with`.
fn yields(flow: &Flow<'_, '_>, frame: FrameId) -> bool {
    flow.events.iter().any(|ev| {
        ev.frame == frame
            && matches!(&ev.event.kind, EventKind::Assign(assign) if assign.variable == "yield")
    })
}

/// What a variable may hold where ways meet, through the meetings before: `if`, `elif`, `else`.
fn ways(function: &Function, value: &FactsValue) -> Vec<ValueId> {
    let mut found = Vec::new();
    let ValueKind::Phi(parts) = &value.kind else { return found };
    for part in parts {
        found.push(*part);
        if let ValueKind::Phi(deeper) = &function.value(*part).kind {
            found.extend(deeper);
        }
    }
    found
}
