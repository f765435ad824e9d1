//! What a value tells about the target: that something is there, that it is over, that one has won.

use amorsize_facts::event::{
    Access, Act, ActKind, Atomicity, Call, Check, EventId, EventKind, Literal, Meaning, Op,
    Outcome, Seen, StoreKind, ValueId, ValueKind,
};

use super::compile::Compiler;
use super::counted::counts_rows;
use super::nothing::{asks_by_name, is_an_error};
use super::said::says_it_is_missing;
use super::target::touches;
use crate::flow::{FrameId, Uid};

/// What a value tells about the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Const(bool),
    Present(Uid),
    Expired(Uid),
    /// It asks for what was there at first.
    State(Uid),
    /// It asks something of what was seen; which answer the first state gives is not known.
    Such(Uid),
    /// It is what an earlier look saw.
    Kept(Uid),
    Won(Uid),
    Ret(FrameId, u8),
    Flag(FrameId, ValueId),
    Coin(Uid),
}

pub(super) const DEPTH_MAX: u8 = 12;

/// Whether an act makes a directory where it is missing: that it is there is no error.
pub(super) fn makes_if_missing(act: &Act) -> bool {
    act.kind == ActKind::Create
        && act.atomicity == Atomicity::Conditional
        && (act.failure == Outcome::Error
            || act.failure == Outcome::Silent && act.means == Meaning::Error)
        && act.value.is_none()
        && act.sql.is_none()
}

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// What a value tells, and whether its truth is a yes.
    pub(super) fn probe(&self, frame: FrameId, value: ValueId, left: u8) -> Option<(Probe, bool)> {
        if left == 0 {
            return None;
        }
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Literal(Literal::Bool(answer)) => Some((Probe::Const(*answer), true)),
            ValueKind::Literal(Literal::Nil) => Some((Probe::Const(false), true)),
            ValueKind::Param(n) => self.parameter(frame, usize::from(*n), left),
            ValueKind::Result(event, _)
                if let Some(asked) = self.asked_for_nothing(frame, *event) =>
            {
                let (probe, yes) = self.probe(frame, asked, left - 1)?;
                Some((probe, !yes))
            }
            ValueKind::Result(event, inputs) => self
                .result(frame, *event)
                .or_else(|| self.asked_beside(frame, value, (*event, inputs), left)),
            ValueKind::Part(of, n) => self.part(frame, *of, *n),
            ValueKind::Op(op, inputs) => self
                .settled_question(frame, value, *op)
                .or_else(|| self.reason(frame, *op, inputs))
                .or_else(|| self.operation(frame, *op, inputs, left)),
            ValueKind::Load(_) if self.is_nothing(frame, value) => {
                Some((Probe::Const(false), true))
            }
            ValueKind::Phi(_) | ValueKind::Load(_) => self
                .flags
                .contains_key(&(frame, value))
                .then_some((Probe::Flag(frame, value), true))
                .or_else(|| self.or_nothing(frame, value, left)),
            ValueKind::Field(..) | ValueKind::Item(..)
                if self.flags.contains_key(&(frame, value)) =>
            {
                Some((Probe::Flag(frame, value), true))
            }
            ValueKind::Field(of, name) if counts_rows(*name) => self.changed(frame, *of, left),
            ValueKind::Field(of, name) if *name == "Error" && self.in_go() => {
                self.failed(frame, *of).or_else(|| self.told_by(frame, *of, left))
            }
            ValueKind::Field(of, _) | ValueKind::Item(of, _) => self.told_by(frame, *of, left),
            _ => None,
        }
    }

    /// A field of what was seen says something about it.
    fn told_by(&self, frame: FrameId, of: ValueId, left: u8) -> Option<(Probe, bool)> {
        match self.probe(frame, of, left - 1)?.0 {
            // Which way round the field is at first is a matter of what is done then.
            Probe::Present(uid) if self.in_go() => Some((Probe::Such(uid), true)),
            Probe::Present(uid) => Some((Probe::State(uid), true)),
            _ => None,
        }
    }

    /// `db.Delete(&row).Error`: of rows that are gone a mapper says so by their number, not by an error.
    fn failed(&self, frame: FrameId, of: ValueId) -> Option<(Probe, bool)> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(event, _) = &function.value(of).kind else { return None };
        let uid = self.flow.uid(frame, *event)?;
        let EventKind::Act(act) = &self.flow.event(uid).kind else { return None };
        touches(self.flow, self.target, uid)?;
        (self.target.kind == StoreKind::Orm).then_some(match act.kind {
            ActKind::Create => (Probe::Won(uid), false),
            _ => (Probe::Const(false), true),
        })
    }

    /// A test of something else may still be a test of what was seen of the target.
    fn asked_beside(
        &self,
        frame: FrameId,
        value: ValueId,
        (event, inputs): (EventId, &[ValueId]),
        left: u8,
    ) -> Option<(Probe, bool)> {
        let uid = self.flow.uid(frame, event)?;
        let judged = matches!(&self.flow.event(uid).kind, EventKind::Check(check)
                    if check.of.is_some());
        let apart = !self.in_go()
            && !judged
            && !self.target.room
            && !matches!(&self.flow.event(uid).kind, EventKind::Call(call)
                        if asks_by_name(call.name.as_str()));
        if apart && !self.asks_for_nothing(frame, inputs) {
            return None;
        }
        match &self.flow.event(uid).kind {
            EventKind::Check(check) if check.of.is_none() => {
                self.probe(frame, *inputs.first()?, left - 1)
            }
            EventKind::Check(check) => {
                let seen = inputs.iter().find_map(|x| self.seen_in(frame, *x))?;
                Some(match check.means {
                    Seen::Expired => (Probe::Expired(seen), true),
                    Seen::Fresh => (Probe::Expired(seen), false),
                    _ => (Probe::Such(seen), true),
                })
            }
            EventKind::Call(call) => {
                // Whether two are alike asks which entry it is, not what became of it: the one we mean.
                let alike = ["equal", "match", "same", "compare", "deepequal"]
                    .iter()
                    .any(|word| call.name.as_str().to_ascii_lowercase().starts_with(word));
                let plain = self.flow.callee(frame, event).is_none();
                let seen = self.seen_in(frame, value).filter(|_| plain)?;
                // What writes to a handle says whether it was written, not what was there.
                if self.opened_to_write(seen) {
                    return None;
                }
                Some((if alike { Probe::Const(true) } else { Probe::Such(seen) }, true))
            }
            _ => None,
        }
    }

    /// What a call asks whether it is nothing.
    fn asked_for_nothing(&self, frame: FrameId, event: EventId) -> Option<ValueId> {
        let uid = self.flow.uid(frame, event)?;
        match &self.flow.event(uid).kind {
            EventKind::Call(call) if self.in_go() && says_nothing(call) => call.receiver_value,
            _ => None,
        }
    }

    /// What a question about the target tells.
    fn asked_of(&self, frame: FrameId, uid: Uid, check: &Check) -> Option<(Probe, bool)> {
        let base = check.of.and_then(|of| self.flow.uid(frame, of)).unwrap_or(uid);
        touches(self.flow, self.target, uid).or_else(|| touches(self.flow, self.target, base))?;
        if check.means == Seen::Such
            && let Some(named) = self.names_our_entry(frame, check.result, base)
        {
            return Some((Probe::Present(base), named));
        }
        if check.means == Seen::Such
            && let Some(kept) = self.kept(frame, check.result)
        {
            return Some(kept);
        }
        let counts = self.counts_or_nothing(base);
        let error = self.target.room
            && matches!(self.target.kind, StoreKind::Sql | StoreKind::Orm)
            && check.of.is_some();
        Some(match check.means {
            // How much there is was told, or the error would say so.
            Seen::Present | Seen::Absent if error => {
                (Probe::Const(true), check.means == Seen::Present)
            }
            // A count that is nothing was not taken.
            Seen::Present if counts || self.makes_a_file(base) => (Probe::Won(base), true),
            Seen::Absent if counts || self.makes_a_file(base) => (Probe::Won(base), false),
            Seen::Present => (Probe::Present(base), true),
            Seen::Absent => (Probe::Present(base), false),
            Seen::Expired => (Probe::Expired(base), true),
            Seen::Fresh => (Probe::Expired(base), false),
            Seen::Such => (Probe::Such(base), true),
            Seen::Many => (Probe::State(base), true),
            Seen::Few => (Probe::State(base), false),
        })
    }

    /// Whether an act of Go makes or writes a file: what is asked of its error is whether it was done.
    fn makes_a_file(&self, uid: Uid) -> bool {
        self.target.kind == StoreKind::File
            && self.in_go()
            && matches!(&self.flow.event(uid).kind, EventKind::Act(act)
                if act.kind != ActKind::OpenRead)
    }

    fn result(&self, frame: FrameId, event: EventId) -> Option<(Probe, bool)> {
        let uid = self.flow.uid(frame, event)?;
        match &self.flow.event(uid).kind {
            EventKind::Check(check) => self.asked_of(frame, uid, check),
            EventKind::Read(_) => {
                touches(self.flow, self.target, uid)?;
                Some((Probe::Present(uid), true))
            }
            EventKind::Enumerate(listing) => {
                touches(self.flow, self.target, uid)?;
                let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
                // A walk that is given what to do at each step returns its error only.
                let walks = self.in_go()
                    && function
                        .value(listing.result)
                        .kind
                        .inputs()
                        .any(|x| matches!(function.value(x).kind, ValueKind::Closure(_)));
                Some(if walks { (Probe::Const(false), true) } else { (Probe::Present(uid), true) })
            }
            EventKind::Act(act) => {
                touches(self.flow, self.target, uid)?;
                if act.kind == ActKind::OpenRead {
                    return Some((Probe::Present(uid), true));
                }
                if makes_if_missing(act) {
                    return Some((Probe::Const(false), true));
                }
                match act.means {
                    Meaning::Won | Meaning::Count | Meaning::Previous => {
                        Some((Probe::Won(uid), true))
                    }
                    Meaning::Error => Some((Probe::Won(uid), false)),
                    Meaning::Current if self.counts_or_nothing(uid) => {
                        Some((Probe::Won(uid), true))
                    }
                    Meaning::Nothing | Meaning::Current => None,
                }
            }
            EventKind::Acquire(_) => Some((Probe::Const(true), true)),
            EventKind::Chance(_) => Some((Probe::Coin(uid), true)),
            EventKind::Call(call) => {
                if let Some(found) = self.asks_whether_the_same(frame, call) {
                    return Some(found);
                }
                let callee = self.flow.callee(frame, event)?;
                self.rets.contains_key(&(callee, 0)).then_some((Probe::Ret(callee, 0), true))
            }
            _ => None,
        }
    }

    /// `f.equal(m[k])`: whether the entry is still the one that was found.
    fn asks_whether_the_same(&self, frame: FrameId, call: &Call) -> Option<(Probe, bool)> {
        let asks = ["equal", "equals", "same"]
            .iter()
            .any(|word| call.name.as_str().eq_ignore_ascii_case(word));
        let [other] = call.args.as_slice() else { return None };
        let own = call.receiver_value.filter(|_| asks && self.in_go())?;
        let (one, other) = (self.seen_in(frame, own)?, self.seen_in(frame, *other)?);
        (one != other).then(|| (Probe::Kept(one.max(other)), true))
    }

    fn part(&self, frame: FrameId, of: ValueId, n: u8) -> Option<(Probe, bool)> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(event, _) = &function.value(of).kind else { return None };
        let uid = self.flow.uid(frame, *event)?;
        match &self.flow.event(uid).kind {
            EventKind::Read(read) => {
                touches(self.flow, self.target, uid)?;
                match (&read.miss, n) {
                    // An error that is not nil says that nothing was there.
                    (Outcome::Error, 1..) => Some((Probe::Present(uid), false)),
                    // An empty answer says it, and the error is about the way there.
                    (Outcome::Silent | Outcome::Nil, 1..)
                        if self.in_go() && self.target.kind == StoreKind::Remote =>
                    {
                        Some((Probe::Const(false), true))
                    }
                    _ => Some((Probe::Present(uid), true)),
                }
            }
            EventKind::Act(act) => {
                touches(self.flow, self.target, uid)?;
                match (act.means, n) {
                    _ if act.kind == ActKind::OpenRead => Some((Probe::Present(uid), n == 0)),
                    // The error beside the answer of a server is about the way there.
                    (Meaning::Won | Meaning::Count, 1..)
                        if self.in_go() && self.target.kind == StoreKind::Remote =>
                    {
                        Some((Probe::Const(false), true))
                    }
                    // `actual, loaded`: loaded says that somebody else was first.
                    (Meaning::Current, 1) => Some((Probe::Won(uid), false)),
                    (Meaning::Won | Meaning::Count, 0) => Some((Probe::Won(uid), true)),
                    (Meaning::Error, 1..) => Some((Probe::Won(uid), false)),
                    (_, 1..) if act.failure == Outcome::Error => Some((Probe::Won(uid), false)),
                    (_, 1) => Some((Probe::Won(uid), true)),
                    _ => None,
                }
            }
            // The error beside a plain yes or no is about the look itself.
            EventKind::Check(check) if n > 0 && check.access == Access::Contains => None,
            EventKind::Check(check) => {
                touches(self.flow, self.target, uid)?;
                let there = check.means == Seen::Present;
                Some((Probe::Present(uid), (n == 0) == there))
            }
            EventKind::Call(call) => {
                let callee = self.flow.callee(frame, *event);
                let told = callee.filter(|callee| self.rets.contains_key(&(*callee, n)));
                self.failed_use(frame, (call, callee), n)
                    .or_else(|| told.map(|callee| (Probe::Ret(callee, n), true)))
            }
            _ => None,
        }
    }

    fn operation(
        &self,
        frame: FrameId,
        op: Op,
        inputs: &[ValueId],
        left: u8,
    ) -> Option<(Probe, bool)> {
        let invert = |found: Option<(Probe, bool)>| found.map(|(probe, yes)| (probe, !yes));
        match (op, inputs) {
            (Op::Not, [x]) => invert(self.probe(frame, *x, left - 1)),
            (Op::Convert | Op::Len, [x, ..]) => self.probe(frame, *x, left - 1),
            (Op::Eq | Op::Is, [a, b]) => self.equal(frame, *a, *b, left),
            (Op::Ne | Op::IsNot, [a, b]) => invert(self.equal(frame, *a, *b, left)),
            (Op::Lt | Op::Le | Op::Gt | Op::Ge, [a, b]) => {
                if let Some(coin) = [a, b].into_iter().find_map(|x| self.thrown(frame, *x)) {
                    return Some((Probe::Coin(coin), true));
                }
                let seen = [a, b].into_iter().find_map(|x| self.seen_in(frame, *x))?;
                Some((Probe::Such(seen), true))
            }
            (Op::Call, [name, .., asked, _])
                if self.in_go()
                    && ["Is", "As"].iter().any(|word| self.is_called(frame, *name, word)) =>
            {
                self.error(frame, *asked, left)
            }
            (Op::In | Op::NotIn, [a, b]) => {
                let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
                let item = self.constant(frame, *a)?;
                let ValueKind::Tuple(items) = &function.value(*b).kind else { return None };
                let items: Option<Vec<u64>> =
                    items.iter().map(|item| self.constant(frame, *item)).collect();
                Some((Probe::Const(items?.contains(&item)), op == Op::In))
            }
            _ => None,
        }
    }

    fn equal(&self, frame: FrameId, a: ValueId, b: ValueId, left: u8) -> Option<(Probe, bool)> {
        if let (Some(a), Some(b)) = (self.constant(frame, a), self.constant(frame, b)) {
            return Some((Probe::Const(a == b), true));
        }
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        for (x, other) in [(a, b), (b, a)] {
            if self.target.kind == StoreKind::File && says_it_is_missing(function, x, other) {
                return Some((Probe::Const(true), true));
            }
            match &function.value(other).kind {
                ValueKind::Literal(Literal::Nil) if self.is_something(frame, x) => {
                    return Some((Probe::Const(false), true));
                }
                ValueKind::Literal(Literal::Nil | Literal::Bool(false)) => {
                    return self.probe(frame, x, left - 1).map(|(probe, yes)| (probe, !yes));
                }
                kind if self.in_go() && is_an_error(kind) => {
                    if let Some(found) = self.error(frame, x, left) {
                        return Some(found);
                    }
                }
                _ if self.is_nothing(frame, other) => {
                    if let Some((probe, yes)) = self.probe(frame, x, left - 1) {
                        return Some((probe, !yes));
                    }
                }
                ValueKind::Literal(Literal::Bool(true)) => {
                    return self.probe(frame, x, left - 1);
                }
                // A count compared with nothing.
                ValueKind::Literal(Literal::Int(0)) => {
                    if let Some((probe @ (Probe::Won(_) | Probe::Present(_)), yes)) =
                        self.probe(frame, x, left - 1)
                    {
                        return Some((probe, !yes));
                    }
                }
                ValueKind::Literal(Literal::Int(1)) => {
                    if let Some((probe @ Probe::Won(_), yes)) = self.probe(frame, x, left - 1) {
                        return Some((probe, yes));
                    }
                }
                _ => {}
            }
        }
        if let (Some(a), Some(b)) = (self.seen_in(frame, a), self.seen_in(frame, b))
            && a != b
            && self.in_go()
        {
            return Some((Probe::Kept(a.max(b)), true));
        }
        let seen = [a, b].into_iter().find_map(|x| self.seen_in(frame, x))?;
        // Which side of nothing an amount is on at first is a matter of what is done then.
        let nothing = [a, b].iter().any(|x| {
            matches!(function.value(*x).kind, ValueKind::Literal(Literal::Int(0))) && self.in_go()
        });
        Some((if nothing { Probe::Such(seen) } else { Probe::State(seen) }, true))
    }

    /// The coin a value was drawn from.
    fn thrown(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(event, _) = &function.value(value).kind else { return None };
        let uid = self.flow.uid(frame, *event)?;
        matches!(self.flow.event(uid).kind, EventKind::Chance(_)).then_some(uid)
    }

    /// The read of the target that a value is computed from.
    pub(super) fn seen_in(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        let deps = self.flow.deps(frame, value, None);
        deps.events.iter().copied().find(|uid| {
            self.known(*uid).is_some()
                && touches(self.flow, self.target, *uid).is_some()
                && match self.flow.event(*uid).kind {
                    EventKind::Read(_) | EventKind::Act(_) => true,
                    EventKind::Check(_) => self.target.room,
                    _ => false,
                }
        })
    }

    /// The number of a literal, through arguments.
    fn constant(&self, frame: FrameId, value: ValueId) -> Option<u64> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Literal(_) => Some(self.flow.canon(frame, value)),
            ValueKind::Param(n) => {
                let activation = &self.flow.frames[frame as usize];
                activation.parent?;
                match activation.args.get(usize::from(*n)).and_then(Option::as_ref) {
                    Some(arg) => self.constant(arg.frame, arg.value?),
                    None => {
                        function.params.get(usize::from(*n))?.default.as_ref()?;
                        Some(self.flow.canon(frame, value))
                    }
                }
            }
            _ => None,
        }
    }
}

/// Whether a call asks its receiver whether it is nothing: `found.IsNil()`.
fn says_nothing(call: &Call) -> bool {
    let name = call.name.as_str();
    call.args.is_empty() && matches!(name, "IsNil" | "IsNull" | "IsEmpty" | "IsZero")
}
