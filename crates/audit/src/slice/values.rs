//! What is written, seen and returned, as values of the explorer.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, Literal, Op as Operator, Outcome, Place, Return, Root,
    StoreKind, ValueId, ValueKind,
};

use super::compile::{Compiler, Pair};
use super::probe::Probe;
use super::target::touches;
use crate::explore::{Answer, OpKind, Pc, Reg, Value};
use crate::flow::{FrameId, Uid};
use crate::link::takes_spare_rows;
use crate::mutators::{is_mark, mark};

/// The answer of who was told a count.
const COUNTED: u32 = 0x00c0_0147;

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// Where the written value comes from.
    pub(super) fn written(&mut self, uid: Uid, act: &Act) -> Value {
        let frame = self.flow.frame_of(uid);
        let relative = act.atomicity == Atomicity::Relative
            || act.kind == ActKind::Append
            // One row more than there were.
            || takes_spare_rows(self.target.kind, act)
            || act.sql.as_ref().is_some_and(|sql| sql.relative);
        if relative {
            return Value::Bump;
        }
        let mut values = self.flow.content_of(uid, act);
        if let Some(sql) = &act.sql {
            let put: Vec<_> =
                sql.columns.iter().filter_map(|(_, value)| Some((frame, (*value)?))).collect();
            // Which row it is says nothing of what is put there: an INSERT and an UPDATE of the
            // same value leave the same.
            let of_row = |(at, value): &(FrameId, ValueId)| {
                !self.target.keys.contains(&self.flow.canon(*at, *value))
            };
            let own: Vec<_> = put.iter().copied().filter(of_row).collect();
            if own.is_empty() || put.len() < sql.columns.len() {
                values.extend(put);
            } else {
                values = own;
            }
        }
        if values.is_empty() {
            // A directory, an empty file, a mark: everybody makes the same.
            let made = matches!(act.kind, ActKind::Create | ActKind::Update);
            return if made && self.target.kind == StoreKind::File {
                Value::Pure(0)
            } else {
                Value::Own(uid)
            };
        }
        if let [(at, value)] = values[..]
            && let ValueKind::New(name, inputs) =
                &self.flow.tree.function(self.flow.frames[at as usize].func).value(value).kind
            && is_mark(*name, inputs)
        {
            return Value::Pure(mark());
        }
        let mut own = false;
        let mut calls = false;
        for (frame, value) in &values {
            let deps = self.flow.deps(*frame, *value, self.target.keys.first().copied());
            let seen =
                deps.events.iter().copied().find_map(|event| {
                    self.feeds(event).then(|| Some((event, self.known(event)?)))?
                });
            if let Some((check, from)) = seen {
                // What is read through a handle was seen when the file was opened.
                let check = self.aliases.get(&check).copied().unwrap_or(check);
                self.pairs.push(Pair { check, act: uid, data: true });
                return Value::Derived { from, own: deps.params || deps.fresh || deps.calls };
            }
            own |= deps.params || deps.fresh || deps.other || !deps.events.is_empty();
            calls |= deps.calls;
        }
        if calls && !own {
            self.unknown_value = true;
        }
        let tag = self.tag(values[0].0, values[0].1);
        if own || calls || self.counts_what_is_found() { Value::Own(tag) } else { Value::Pure(tag) }
    }

    /// Whether what is found is counted up where it is: who stores another one begins anew.
    fn counts_what_is_found(&self) -> bool {
        let flow = self.flow;
        self.in_go()
            && self.target.kind == StoreKind::Synchronised
            && flow.uids().any(|uid| {
                let EventKind::Act(act) = &flow.event(uid).kind else { return false };
                let frame = flow.frame_of(uid);
                let function = flow.tree.function(flow.frames[frame as usize].func);
                let Place::Path(path) = &function.store(act.store).place else { return false };
                let counted = match &path.root {
                    Root::Value(value) => Some(*value),
                    Root::Local { name, .. } => function
                        .origins
                        .iter()
                        .find_map(|(known, value)| (known == name).then_some(*value)),
                    _ => None,
                };
                act.atomicity == Atomicity::Relative
                    && counted.is_some_and(|value| self.seen_in(frame, value).is_some())
            })
    }

    fn feeds(&self, event: Uid) -> bool {
        touches(self.flow, self.target, event).is_some()
            && matches!(
                self.flow.event(event).kind,
                EventKind::Read(_) | EventKind::Enumerate(_) | EventKind::Check(_)
            )
            || touches(self.flow, self.target, event).is_some()
                && matches!(&self.flow.event(event).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead)
    }

    pub(super) fn ret(&mut self, frame: FrameId, part: u8) -> Reg {
        if let Some(reg) = self.rets.get(&(frame, part)) {
            return *reg;
        }
        let reg = self.fresh();
        self.rets.insert((frame, part), reg);
        reg
    }

    /// Puts what a value tells into a register.
    pub(super) fn store(&mut self, frame: FrameId, value: ValueId, into: Reg) {
        if let Some(from) = self.sight(frame, value).or_else(|| self.sight_around(frame, value)) {
            self.emit(OpKind::Copy { from, into });
            return;
        }
        let of_listed = || self.says_yes(frame) && self.handed_out(frame, value).is_some();
        if self.probe(frame, value, 12).is_some() || of_listed() {
            let (yes, no, end) = (self.label(), self.label(), self.label());
            let guards = self.guards.len();
            if !self.answers_either(frame, value, (yes, no)) {
                self.ask_value(frame, value, (yes, no), true, false);
            }
            self.guards.truncate(guards);
            self.here(yes);
            self.emit(OpKind::Set { into, yes: true });
            self.emit(OpKind::Jump(end));
            self.here(no);
            self.emit(OpKind::Set { into, yes: false });
            self.here(end);
            return;
        }
        let value = self.made_here(frame, value);
        self.emit(OpKind::Make { into, value });
    }

    /// Emits what a helper of Python answers that compares what it saw with something else: of what was there
    /// at first it may say either.
    fn answers_either(&mut self, frame: FrameId, value: ValueId, (yes, no): (Pc, Pc)) -> bool {
        let Some((Probe::State(seen), _)) = self.probe(frame, value, 12) else { return false };
        if frame == 0 || self.in_go() || self.target.room {
            return false;
        }
        let first = self.choose(self.flow.canon(frame, value), self.leaning, true);
        let Some((test, positive)) = self.test(Probe::Such(seen), first) else { return false };
        let (yes, no) = if positive { (yes, no) } else { (no, yes) };
        self.emit(OpKind::Branch { test, yes, no });
        true
    }

    /// Whether a helper answers a question.
    fn says_yes(&self, frame: FrameId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        matches!(function.returns.as_slice(), [only] if only.name == "bool")
    }

    pub(super) fn made_here(&self, frame: FrameId, value: ValueId) -> Value {
        self.made(frame, value, self.tag(frame, value))
    }

    /// Whether a helper returns a thing that it makes of what it saw, by its declared result: that is
    /// no question about what it saw.
    pub(super) fn hands_on(&self, frame: FrameId, value: ValueId, part: u8) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let declared = function.returns.get(usize::from(part));
        let thing = |name: &str| {
            let number = ["int", "uint", "float"].iter().any(|kind| name.starts_with(kind));
            !number && !matches!(name, "bool" | "error" | "None" | "")
        };
        declared.is_some_and(|ty| thing(ty.name.as_str()))
            && matches!(function.value(value).kind, ValueKind::Result(..))
            && self.sight(frame, value).is_none()
            && matches!(self.probe(frame, value, 12), Some((Probe::Such(_) | Probe::State(_), _)))
    }

    /// Whether an error of Go comes beside a result, or alone, from a call that nobody knows: `return users,
    /// json.Unmarshal(text, &users)`. What goes on from there goes on without an error.
    pub(super) fn is_error_of_success(&self, frame: FrameId, ret: &Return, error: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let found = ret
            .values
            .first()
            .filter(|_| ret.values.len() > 1)
            .map(|first| &function.value(*first).kind)
            .is_some_and(|first| !matches!(first, ValueKind::Literal(_) | ValueKind::New(..)));
        // What was asked for before is returned because it is an error.
        let asked = || {
            function.values.iter().any(|value| {
                matches!(&value.kind, ValueKind::Op(Operator::Ne | Operator::Eq, sides)
                    if sides.contains(&error))
            })
        };
        let alone = matches!(ret.values.as_slice(), [_])
            && matches!(function.returns.as_slice(), [only] if only.name == "error")
            && !asked();
        if !self.in_go() || !(found || alone) || ret.values.last() != Some(&error) {
            return false;
        }
        // So does an act of which nobody can say how it ended.
        if alone && self.is_act(frame, error) {
            return self.probe(frame, error, 12).is_none();
        }
        let call = match &function.value(error).kind {
            ValueKind::Part(of, _) => *of,
            _ => error,
        };
        let name = match &function.value(call).kind {
            ValueKind::Op(Operator::Call, inputs) => {
                match inputs.first().map(|name| &function.value(*name).kind) {
                    Some(ValueKind::Literal(Literal::Text(name))) => *name,
                    _ => return false,
                }
            }
            ValueKind::Result(event, _) if self.flow.callee(frame, *event).is_none() => {
                match self.flow.uid(frame, *event).map(|uid| &self.flow.event(uid).kind) {
                    Some(EventKind::Call(call)) => call.name,
                    _ => return false,
                }
            }
            _ => return false,
        };
        let name = name.as_str();
        !["Err", "New", "Wrap", "With", "Join"].iter().any(|word| name.starts_with(word))
    }

    fn is_act(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(event, _) = &function.value(value).kind else { return false };
        let uid = self.flow.uid(frame, *event);
        uid.is_some_and(|uid| matches!(self.flow.event(uid).kind, EventKind::Act(_)))
    }

    fn made(&self, frame: FrameId, value: ValueId, tag: u32) -> Value {
        let deps = self.flow.deps(frame, value, self.target.keys.first().copied());
        let own = deps.params || deps.fresh || deps.calls || deps.other || !deps.events.is_empty();
        if own { Value::Own(tag) } else { Value::Pure(tag) }
    }

    /// The register that holds the very thing a value stands for.
    pub(super) fn sight(&self, frame: FrameId, value: ValueId) -> Option<Reg> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Result(event, _) => {
                let uid = self.flow.uid(frame, *event)?;
                match &self.flow.event(uid).kind {
                    _ if self.foreign.contains(&uid) => self.known(uid),
                    EventKind::Read(_) => self.known(uid),
                    EventKind::Call(_) => {
                        let callee = self.flow.callee(frame, *event)?;
                        self.rets.get(&(callee, 0)).copied()
                    }
                    _ => None,
                }
            }
            ValueKind::Part(of, n) => match &function.value(*of).kind {
                ValueKind::Result(event, _) => {
                    let uid = self.flow.uid(frame, *event)?;
                    match &self.flow.event(uid).kind {
                        _ if self.foreign.contains(&uid) && *n == 0 => self.known(uid),
                        EventKind::Read(_) if *n == 0 => self.known(uid),
                        EventKind::Call(_) => {
                            let callee = self.flow.callee(frame, *event)?;
                            self.rets.get(&(callee, *n)).copied()
                        }
                        _ => None,
                    }
                }
                _ => None,
            },
            ValueKind::Op(Operator::Convert, inputs) => self.sight(frame, *inputs.first()?),
            ValueKind::Phi(_) | ValueKind::Load(_) => self.flags.get(&(frame, value)).copied(),
            _ => None,
        }
    }

    /// The register of the row of which a value is a column: where the row is, the column is.
    fn sight_around(&self, frame: FrameId, value: ValueId) -> Option<Reg> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let rows = matches!(self.target.kind, StoreKind::Sql | StoreKind::Orm) && !self.in_go();
        match &function.value(value).kind {
            ValueKind::Field(of, _) | ValueKind::Item(of, _) if rows => self.sight(frame, *of),
            _ => None,
        }
    }

    /// The register of what a container holds that the function has filled.
    fn sight_in(&self, frame: FrameId, value: ValueId) -> Option<Reg> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::New(of, inputs) = &function.value(value).kind else { return None };
        let container = matches!(of.as_str(), "dict" | "list" | "map" | "slice");
        if !container || !inputs.is_empty() {
            return None;
        }
        self.flow.put_into_locals(frame).into_iter().find_map(|put| {
            match function.value(put).kind {
                ValueKind::Phi(_) => self.sight(frame, put),
                _ => None,
            }
        })
    }

    /// What is handed out within a new object of a type of Go: who has the one has the other.
    pub(super) fn packed(&self, frame: FrameId, value: ValueId) -> &'f [ValueId] {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::New(of, parts)
                if self.in_go() && !matches!(of.as_str(), "map" | "slice") =>
            {
                parts
            }
            _ => &[],
        }
    }

    /// Whether what is returned is the answer of the object that something is put into.
    fn told_by_inside(&self, frame: FrameId, ret: &Return) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        ret.values.iter().any(|value| {
            let ValueKind::Result(event, _) = &function.value(*value).kind else { return false };
            self.flow.uid(frame, *event).is_some_and(|uid| {
                matches!(&self.flow.event(uid).kind, EventKind::Call(call)
                if call.receiver_value.is_some_and(|of| {
                    self.inside.is_some() && self.flags.get(&(frame, of)).copied() == self.inside
                }))
            })
        })
    }

    /// Whether a value is what a server gives back that counts only what is there.
    fn is_count(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(event, _) = function.value(value).kind else { return false };
        self.flow.uid(frame, event).is_some_and(|uid| {
            touches(self.flow, self.target, uid).is_some()
                && matches!(&self.flow.event(uid).kind, EventKind::Act(act)
                    if act.atomicity == Atomicity::Relative
                        && matches!(act.failure, Outcome::Raises(_) | Outcome::Nil))
        })
    }

    pub(super) fn answer(&mut self, frame: FrameId, ret: &Return) {
        self.fail(frame, ret);
        let mut sights: Vec<Reg> =
            ret.values.iter().filter_map(|value| self.sight(frame, *value)).collect();
        sights.extend(ret.values.iter().filter_map(|value| self.words.get(&(frame, *value))));
        if sights.is_empty() {
            let parts = ret.values.iter().flat_map(|value| self.packed(frame, *value));
            sights.extend(parts.filter_map(|part| self.sight(frame, *part)));
        }
        if sights.is_empty() {
            sights.extend(ret.values.iter().find_map(|value| self.sight_in(frame, *value)));
        }
        if let Some(reg) = sights.first() {
            self.emit(OpKind::Return(Answer::Seen(*reg)));
            return;
        }
        if let Some(reg) = self.inside.filter(|_| self.told_by_inside(frame, ret)) {
            self.emit(OpKind::Return(Answer::Seen(reg)));
            return;
        }
        // Whoever counts what is there is told a count, wherever in the function it does.
        if let [value] = ret.values.as_slice()
            && self.is_count(frame, *value)
        {
            self.emit(OpKind::Return(Answer::Label(COUNTED)));
            return;
        }
        // Of several values that are constant, each is part of the answer: `nil, ErrAbsent`. A coin
        // is asked for the reason, however it is made.
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let constant = |value: &ValueId| match &function.value(*value).kind {
            ValueKind::Literal(_) => true,
            ValueKind::Load(path) => matches!(path.root, Root::Global(_)),
            _ => false,
        };
        let whole = self.coin_at.is_some()
            || self.target.kind == StoreKind::File && ret.values.iter().all(constant);
        let told_apart = whole && ret.values.len() > 1;
        if let [value, ..] = ret.values.as_slice()
            && let Some((probe, _)) = self.probe(frame, *value, 12)
            && !(told_apart && matches!(probe, Probe::Const(_)))
        {
            self.pair_with_marks(frame, probe);
            let (yes, no) = (self.label(), self.label());
            let guards = self.guards.len();
            self.ask_value(frame, *value, (yes, no), true, false);
            self.guards.truncate(guards);
            self.here(yes);
            self.emit(OpKind::Return(Answer::Label(1)));
            self.here(no);
            self.emit(OpKind::Return(Answer::Label(0)));
            return;
        }
        let constant = ret.values.is_empty() || ret.constant.is_some();
        if let Some(reg) = self.inside.filter(|_| constant || self.locked_by_entry) {
            self.emit(OpKind::Return(Answer::Seen(reg)));
            return;
        }
        let mut label = 0_u32;
        for value in &ret.values {
            let tag = self.tag(frame, *value);
            if let Value::Own(tag) = self.made(frame, *value, tag)
                && ret.values.len() == 1
            {
                self.emit(OpKind::Return(Answer::Own(tag)));
                return;
            }
            label = label.rotate_left(7) ^ tag;
        }
        if ret.values.is_empty() {
            label = crate::explore::NOTHING;
        }
        self.emit(OpKind::Return(Answer::Label(label)));
    }
}
