//! Variables that only ever hold constants: what they hold is which way the function came.
//!
//! Each question about such a variable has a register of its own, a yes or a no, which every place
//! that sets the variable sets as well. A variable that another function may set is left alone.

use amorsize_facts::event::{
    Assign, Event, EventKind, Function, Literal, LoopKind, Name, Op, ValueId, ValueKind,
};

use super::compile::Compiler;
use super::probe::Probe;
use super::target::touches;
use crate::explore::{OpKind, Reg};
use crate::flow::{FrameId, Item, Question, Uid};

/// Questions about such variables that one program keeps.
const KEPT_MAX: usize = 5;

/// A question about a variable: whether it is this constant, or with none whether it is a yes.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    frame: FrameId,
    variable: Name,
    against: Option<Literal>,
    into: Reg,
}

/// Whether a constant counts as a yes.
fn truth(literal: &Literal) -> bool {
    match literal {
        Literal::Nil => false,
        Literal::Bool(yes) => *yes,
        Literal::Int(n) => *n != 0,
        Literal::Text(text) => !text.is_empty(),
        Literal::Float(_) | Literal::Other => true,
    }
}

fn literal(function: &Function, value: ValueId) -> Option<&Literal> {
    match &function.values[value.0 as usize].kind {
        ValueKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

impl Compiler<'_, '_, '_> {
    /// Finds the questions that are asked about variables of that kind, and what is returned of them.
    pub(super) fn find_settled(&mut self) {
        let flow = self.flow;
        let settles =
            |event: &Event| matches!(&event.kind, EventKind::Assign(assign) if assign.settled);
        if !flow.events.iter().any(|ev| settles(ev.event)) {
            return;
        }
        let mut told = Vec::new();
        self.told_in(&flow.items, false, &mut told);
        for (frame, activation) in (0..).zip(&flow.frames) {
            let function = flow.tree.function(activation.func);
            for (variable, set_to) in self.settled_in(frame) {
                if !told.contains(&(frame, variable)) {
                    continue;
                }
                let joined: Vec<ValueId> = self.joined_as(frame, variable);
                self.keep_truth(frame, variable, &joined, &set_to);
                for (n, value) in (0..).zip(&function.values) {
                    let ValueKind::Op(Op::Eq | Op::Ne | Op::Is | Op::IsNot, sides) = &value.kind
                    else {
                        continue;
                    };
                    let [left, right] = sides.as_slice() else { continue };
                    let against = match (literal(function, *left), literal(function, *right)) {
                        (None, Some(it)) if joined.contains(left) => it,
                        (Some(it), None) if joined.contains(right) => it,
                        _ => continue,
                    };
                    if let Some(reg) = self.keep(frame, variable, Some(against)) {
                        self.flags.insert((frame, ValueId(n)), reg);
                    }
                }
            }
        }
    }

    /// The variables that are set where something of the target is known or done: on an answer
    /// about it, beside a change of it, or where a look at it failed.
    fn told_in(&self, items: &[Item<'_>], about: bool, told: &mut Vec<(FrameId, Name)>) {
        let mut settling = items.iter().filter(|item| self.settles(item)).peekable();
        // Where none is set, nothing needs to be known.
        if settling.peek().is_none() {
            return;
        }
        let about = about || self.touched_in(items);
        for item in settling {
            match item {
                Item::Event(uid) => match &self.flow.event(*uid).kind {
                    EventKind::Assign(assign) if about && assign.settled => {
                        told.push((self.flow.frame_of(*uid), assign.variable));
                    }
                    _ => {}
                },
                Item::Branch(fork) => {
                    let about = about || self.is_about(&fork.cond);
                    for way in [&fork.then, &fork.other] {
                        self.told_in(way, about || self.touched_in(way), told);
                    }
                }
                Item::Try(attempt) => {
                    let about = about || self.touched_in(&attempt.body);
                    self.told_in(&attempt.body, about, told);
                    self.told_in(&attempt.otherwise, about, told);
                    for handler in &attempt.handlers {
                        self.told_in(&handler.body, about, told);
                    }
                    self.told_in(&attempt.finally, about, told);
                }
                Item::Loop(round) => {
                    let listed = round.kind == LoopKind::Each && self.touched_in(items);
                    self.told_in(&round.body, about || listed, told);
                }
                Item::With(region) => self.told_in(&region.body, about, told),
                Item::Within(items) => self.told_in(items, about, told),
                Item::Call(inlined) => self.told_in(&inlined.body, false, told),
                Item::Unlock(..) => {}
            }
        }
    }

    /// Whether such a variable is set in an item.
    fn settles(&self, item: &Item<'_>) -> bool {
        let within = |items: &[Item<'_>]| items.iter().any(|item| self.settles(item));
        match item {
            Item::Event(uid) => {
                matches!(&self.flow.event(*uid).kind, EventKind::Assign(assign) if assign.settled)
            }
            Item::Branch(fork) => within(&fork.then) || within(&fork.other),
            Item::Try(attempt) => {
                within(&attempt.body)
                    || within(&attempt.otherwise)
                    || attempt.handlers.iter().any(|handler| within(&handler.body))
                    || within(&attempt.finally)
            }
            Item::Loop(round) => within(&round.body),
            Item::With(region) => within(&region.body),
            Item::Within(items) => within(items),
            Item::Call(inlined) => within(&inlined.body),
            Item::Unlock(..) => false,
        }
    }

    /// Whether a block itself looks at the target or changes it.
    fn touched_in(&self, items: &[Item<'_>]) -> bool {
        items.iter().any(|item| match item {
            Item::Event(uid) => touches(self.flow, self.target, *uid).is_some(),
            Item::Call(inlined) => self.touched_in(&inlined.body),
            Item::With(region) => self.touched_in(&region.enter) || self.touched_in(&region.body),
            _ => false,
        })
    }

    /// Whether a question is about something that was seen of the target.
    fn is_about(&self, question: &Question<'_>) -> bool {
        match question {
            Question::Unknown => false,
            Question::Value(frame, value) => {
                let deps = self.flow.deps(*frame, *value, None);
                deps.events.iter().any(|uid| touches(self.flow, self.target, *uid).is_some())
            }
            Question::Not(inner) => self.is_about(inner),
            Question::All(clauses) | Question::Any(clauses) => clauses
                .iter()
                .any(|(before, clause)| self.touched_in(before) || self.is_about(clause)),
        }
    }

    /// The variables of a frame, each with the values that it is set to.
    fn settled_in(&self, frame: FrameId) -> Vec<(Name, Vec<ValueId>)> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let mut found: Vec<(Name, Vec<ValueId>)> = Vec::new();
        for ev in self.flow.events.iter().filter(|ev| ev.frame == frame) {
            let EventKind::Assign(Assign { variable, value, settled: true }) = ev.event.kind else {
                continue;
            };
            if function.captured.iter().any(|(_, name, _)| *name == variable) {
                continue;
            }
            match found.iter_mut().find(|(name, _)| *name == variable) {
                Some((_, values)) => values.push(value),
                None => found.push((variable, vec![value])),
            }
        }
        found.sort_by_key(|(name, _)| *name);
        found
    }

    /// The values that stand for a variable where ways meet, and for no other.
    fn joined_as(&self, frame: FrameId, variable: Name) -> Vec<ValueId> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let joined = &function.joined;
        let own = |value: ValueId| {
            !joined.iter().any(|(name, other)| *other == value && *name != variable)
                && !self.flags.contains_key(&(frame, value))
        };
        let named = joined.iter().filter(|(name, _)| *name == variable).map(|(_, value)| *value);
        named.filter(|value| own(*value)).collect()
    }

    /// Whether the variable is a yes; of constants that are all a yes, which of two it is.
    fn keep_truth(
        &mut self,
        frame: FrameId,
        variable: Name,
        joined: &[ValueId],
        set_to: &[ValueId],
    ) {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let yes = |value: &ValueId| literal(function, *value).is_none_or(truth);
        if set_to.iter().all(yes) || !set_to.iter().any(yes) {
            // Which of two words it is is what a caller is told.
            let word = set_to.last().and_then(|value| literal(function, *value)).cloned();
            let told = |value: &&ValueId| self.flow.returned(frame, 0).contains(&(**value, frame));
            let told: Vec<ValueId> = joined.iter().filter(told).copied().collect();
            if let (Some(word), false) = (word, told.is_empty())
                && let Some(reg) = self.keep(frame, variable, Some(&word))
            {
                self.words.extend(told.into_iter().map(|value| ((frame, value), reg)));
            }
            return;
        }
        if !joined.is_empty()
            && let Some(reg) = self.keep(frame, variable, None)
        {
            self.flags.extend(joined.iter().map(|value| ((frame, *value), reg)));
        }
    }

    fn keep(&mut self, frame: FrameId, variable: Name, against: Option<&Literal>) -> Option<Reg> {
        let known = self.settled.iter().find(|asked| {
            asked.frame == frame && asked.variable == variable && asked.against.as_ref() == against
        });
        if let Some(known) = known {
            return Some(known.into);
        }
        if self.settled.len() >= KEPT_MAX {
            return None;
        }
        let into = self.fresh();
        self.settled.push(Asked { frame, variable, against: against.cloned(), into });
        Some(into)
    }

    /// Whether anybody asks what a variable is set to here.
    pub(super) fn is_asked(&self, uid: Uid, assign: &Assign) -> bool {
        let frame = self.flow.frame_of(uid);
        assign.settled
            && self
                .settled
                .iter()
                .any(|asked| asked.frame == frame && asked.variable == assign.variable)
    }

    /// Whether all that matters in a block is that it sets such variables.
    pub(super) fn only_settles(&self, items: &[Item<'_>]) -> bool {
        !items.is_empty()
            && items.iter().all(|item| match item {
                Item::Event(uid) => match &self.flow.event(*uid).kind {
                    EventKind::Assign(assign) => assign.settled,
                    EventKind::Break | EventKind::Call(_) => true,
                    _ => false,
                },
                _ => false,
            })
            && items.iter().any(|item| {
                matches!(item, Item::Event(uid)
                if matches!(&self.flow.event(*uid).kind, EventKind::Assign(assign)
                    if self.is_asked(*uid, assign)))
            })
    }

    /// Answers the questions about a variable by what it is set to.
    pub(super) fn settle(&mut self, uid: Uid, assign: &Assign) {
        if !assign.settled {
            return;
        }
        let frame = self.flow.frame_of(uid);
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let value = literal(function, assign.value);
        let answers: Vec<(Reg, bool)> = self
            .settled
            .iter()
            .filter(|asked| asked.frame == frame && asked.variable == assign.variable)
            .map(|asked| match (&asked.against, value) {
                (None, value) => (asked.into, value.is_none_or(truth)),
                (Some(against), value) => (asked.into, value == Some(against)),
            })
            .collect();
        for (into, yes) in answers {
            self.emit(OpKind::Set { into, yes });
        }
    }

    /// What a comparison of such a variable with a constant tells.
    pub(super) fn settled_question(
        &self,
        frame: FrameId,
        value: ValueId,
        op: Op,
    ) -> Option<(Probe, bool)> {
        self.flags
            .contains_key(&(frame, value))
            .then_some((Probe::Flag(frame, value), matches!(op, Op::Eq | Op::Is)))
    }
}
