//! What a helper is given by the caller of this very way: nothing, something, a yes. A branch that asks for what its
//! caller has ruled out (`if found: self.keep(found)`, and then `if found is None: self.drop()`) is no step of it.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use amorsize_facts::event::{CheckKind, EventKind, Literal, Op, Seen, ValueId, ValueKind};

use super::compile::Compiler;
use super::probe::Probe;
use super::shape::leaves;
use crate::flow::{Flow, FrameId, Item, Question, Uid};

/// Calls within calls that a value is followed through.
const CALLS_MAX: usize = 6;

/// What a caller has made sure of before it hands a value on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sure {
    /// It is not nothing.
    There,
    /// It counts as a yes.
    Yes,
}

/// A question on the way to a call, and the answer that leads there.
struct Turn<'a, 'f> {
    question: &'a Question<'f>,
    yes: bool,
    /// The way of the other answer, where it must leave for the call to be reached by this one only.
    left_by: Option<&'a [Item<'f>]>,
    /// The turn before.
    after: Option<usize>,
}

/// The turns on the way to each call of a flow.
#[derive(Default)]
pub(super) struct Ways<'a, 'f> {
    turns: Vec<Turn<'a, 'f>>,
    /// The last turn before a call.
    last: FxHashMap<Uid, Option<usize>>,
}

impl<'a, 'f> Ways<'a, 'f> {
    fn of(flow: &'a Flow<'_, 'f>) -> Self {
        let mut ways = Self::default();
        ways.note(flow, &flow.items, None);
        ways
    }

    fn note(&mut self, flow: &'a Flow<'_, 'f>, items: &'a [Item<'f>], mut last: Option<usize>) {
        for item in items {
            match item {
                Item::Event(uid) => {
                    if matches!(flow.event(*uid).kind, EventKind::Call(_)) {
                        self.last.entry(*uid).or_insert(last);
                    }
                }
                Item::Call(inlined) => {
                    self.last.entry(inlined.call).or_insert(last);
                    self.note(flow, &inlined.body, last);
                }
                Item::Branch(fork) => {
                    let question = &fork.cond;
                    for (way, yes) in [(&fork.then, true), (&fork.other, false)] {
                        let taken = self.turn(question, yes, None, last);
                        self.note(flow, way, taken);
                    }
                    last = self.turn(question, false, Some(&fork.then), last);
                    last = self.turn(question, true, Some(&fork.other), last);
                }
                Item::Try(attempt) => {
                    for block in [&attempt.body, &attempt.otherwise, &attempt.finally] {
                        self.note(flow, block, last);
                    }
                    for handler in &attempt.handlers {
                        self.note(flow, &handler.body, last);
                    }
                }
                Item::Loop(round) => {
                    for block in [&round.head, &round.body, &round.otherwise] {
                        self.note(flow, block, last);
                    }
                }
                Item::With(region) => {
                    for block in [&region.enter, &region.body, &region.exit] {
                        self.note(flow, block, last);
                    }
                }
                Item::Within(_) | Item::Unlock(..) => {
                    for block in flow.own_blocks(item) {
                        self.note(flow, block, last);
                    }
                }
            }
        }
    }

    fn turn(
        &mut self,
        question: &'a Question<'f>,
        yes: bool,
        left_by: Option<&'a [Item<'f>]>,
        after: Option<usize>,
    ) -> Option<usize> {
        self.turns.push(Turn { question, yes, left_by, after });
        Some(self.turns.len() - 1)
    }
}

impl<'f> Compiler<'_, '_, 'f> {
    /// What a parameter tells, by what it was given or is without.
    pub(super) fn parameter(&self, frame: FrameId, n: usize, left: u8) -> Option<(Probe, bool)> {
        let activation = &self.flow.frames[frame as usize];
        if let Some(arg) = activation.args.get(n).and_then(Option::as_ref) {
            let given = arg.value?;
            let told = self.probe(arg.frame, given, left - 1);
            let (_, call) = activation.parent?;
            let sure = || self.made_sure(call, (arg.frame, given)) == Some(Sure::Yes);
            return told.or_else(|| sure().then_some((Probe::Const(true), true)));
        }
        activation.parent?;
        match self.flow.tree.function(activation.func).params.get(n)?.default.as_ref()? {
            Literal::Bool(answer) => Some((Probe::Const(*answer), true)),
            Literal::Nil => Some((Probe::Const(false), true)),
            _ => None,
        }
    }

    /// Whether what a helper was given is something, whatever it is.
    pub(super) fn is_something(&self, frame: FrameId, value: ValueId) -> bool {
        // What an index of Go's finds may be nothing.
        if self.in_go() {
            return false;
        }
        let (mut frame, mut value) = (frame, value);
        for _ in 0..CALLS_MAX {
            let activation = &self.flow.frames[frame as usize];
            let function = self.flow.tree.function(activation.func);
            let ValueKind::Param(n) = function.value(value).kind else { return false };
            let arg = activation.args.get(usize::from(n)).and_then(Option::as_ref);
            let (Some((_, call)), Some(arg)) = (activation.parent, arg) else { return false };
            let Some(given) = arg.value else { return false };
            if self.is_made(arg.frame, given) || self.made_sure(call, (arg.frame, given)).is_some()
            {
                return true;
            }
            (frame, value) = (arg.frame, given);
        }
        false
    }

    /// Whether an expression makes something: an object, a text, what an index found.
    fn is_made(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Literal(literal) => *literal != Literal::Nil,
            ValueKind::New(..) | ValueKind::Tuple(_) | ValueKind::Closure(_) => true,
            ValueKind::Item(..) => true,
            ValueKind::Op(op, parts) => match op {
                Op::Format | Op::Join | Op::Not | Op::Eq | Op::Ne | Op::In | Op::NotIn => true,
                Op::Or => parts.last().is_some_and(|last| self.is_made(frame, *last)),
                _ => false,
            },
            _ => false,
        }
    }

    /// What is made sure of a value before a call: the call stands under a test of it, or behind one that leaves.
    fn made_sure(&self, call: Uid, of: (FrameId, ValueId)) -> Option<Sure> {
        if self.in_go() {
            return None;
        }
        let ways = self.ways.get_or_init(|| Ways::of(self.flow));
        let mut at = *ways.last.get(&call)?;
        let wanted = OnceCell::new();
        while let Some(turn) = at.map(|at| &ways.turns[at]) {
            if turn.left_by.is_none_or(|other| leaves(self.flow, other)) {
                let wanted = *wanted.get_or_init(|| self.flow.canon(of.0, of.1));
                if let Some(sure) = self.told_by_way(turn.question, turn.yes, wanted) {
                    return Some(sure);
                }
            }
            at = turn.after;
        }
        None
    }

    /// What one way out of a question says of a value.
    fn told_by_way(&self, question: &Question<'f>, yes: bool, wanted: u64) -> Option<Sure> {
        match question {
            Question::Unknown => None,
            Question::Value(frame, value) => self.told_by_test((*frame, *value), yes, wanted),
            Question::Not(inner) => self.told_by_way(inner, !yes, wanted),
            Question::All(clauses) if yes => {
                clauses.iter().find_map(|(_, clause)| self.told_by_way(clause, yes, wanted))
            }
            Question::Any(clauses) if !yes => {
                clauses.iter().find_map(|(_, clause)| self.told_by_way(clause, yes, wanted))
            }
            Question::All(_) | Question::Any(_) => None,
        }
    }

    fn told_by_test(
        &self,
        (frame, value): (FrameId, ValueId),
        yes: bool,
        wanted: u64,
    ) -> Option<Sure> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let is = |value: ValueId| self.flow.canon(frame, value) == wanted;
        if yes && is(value) {
            return Some(Sure::Yes);
        }
        match &function.value(value).kind {
            ValueKind::Op(Op::Not, parts) => {
                self.told_by_test((frame, *parts.first()?), !yes, wanted)
            }
            ValueKind::Op(op @ (Op::Is | Op::Eq | Op::IsNot | Op::Ne), parts) => {
                let [left, right] = parts.as_slice() else { return None };
                let nil = |value: ValueId| function.is_nil(value);
                let asked = nil(*right) && is(*left) || nil(*left) && is(*right);
                let there = matches!(op, Op::IsNot | Op::Ne) == yes;
                (asked && there).then_some(Sure::There)
            }
            // `if self.found:` looks at a variable that others see, too.
            ValueKind::Result(event, inputs) if yes => {
                let uid = self.flow.uid(frame, *event)?;
                let EventKind::Check(check) = &self.flow.event(uid).kind else { return None };
                let there = check.what == CheckKind::Presence && check.means == Seen::Present;
                (there && check.of.is_some() && inputs.first().is_some_and(|of| is(*of)))
                    .then_some(Sure::There)
            }
            _ => None,
        }
    }
}
