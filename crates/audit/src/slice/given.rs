//! What a helper is given by the caller of this very way: nothing, something, a yes. A branch that asks for what its
//! caller has ruled out (`if found: self.keep(found)`, and then `if found is None: self.drop()`) is no step of it.

use amorsize_facts::event::{CheckKind, EventKind, Literal, Op, Seen, ValueId, ValueKind};

use super::compile::Compiler;
use super::cond::Probe;
use super::shape::leaves;
use crate::flow::{FrameId, Item, Question, Uid};

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
        let wanted = self.flow.canon(of.0, of.1);
        self.sure_within(&self.flow.items, call, wanted).flatten()
    }

    /// Whether the call stands in a block, and what is sure there.
    fn sure_within(&self, items: &[Item<'f>], call: Uid, wanted: u64) -> Option<Option<Sure>> {
        let mut behind = None;
        for item in items {
            if let Item::Branch(fork) = item {
                for (way, yes) in [(&fork.then, true), (&fork.other, false)] {
                    let told = self.told_by_way(&fork.cond, yes, wanted);
                    if let Some(within) = self.sure_within(way, call, wanted) {
                        return Some(within.or(told).or(behind));
                    }
                }
                for (way, yes) in [(&fork.other, true), (&fork.then, false)] {
                    if leaves(self.flow, way) {
                        behind = self.told_by_way(&fork.cond, yes, wanted).or(behind);
                    }
                }
                continue;
            }
            let blocks: Vec<&[Item<'f>]> = match item {
                Item::Event(uid) if *uid == call => return Some(behind),
                Item::Event(_) | Item::Unlock(..) => continue,
                Item::Call(inlined) if inlined.call == call => return Some(behind),
                Item::Call(inlined) => vec![&inlined.body],
                Item::Try(attempt) => {
                    let handlers = attempt.handlers.iter().map(|handler| handler.body.as_slice());
                    let own = [&attempt.body, &attempt.otherwise, &attempt.finally];
                    own.into_iter().map(Vec::as_slice).chain(handlers).collect()
                }
                Item::Loop(round) => vec![&round.head, &round.body, &round.otherwise],
                Item::With(region) => vec![&region.enter, &region.body, &region.exit],
                _ => self.flow.own_blocks(item),
            };
            let found = blocks.into_iter().find_map(|it| self.sure_within(it, call, wanted));
            if let Some(within) = found {
                return Some(within.or(behind));
            }
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
        let nil =
            |value: ValueId| matches!(function.value(value).kind, ValueKind::Literal(Literal::Nil));
        match &function.value(value).kind {
            ValueKind::Op(Op::Not, parts) => {
                self.told_by_test((frame, *parts.first()?), !yes, wanted)
            }
            ValueKind::Op(op @ (Op::Is | Op::Eq | Op::IsNot | Op::Ne), parts) => {
                let [left, right] = parts.as_slice() else { return None };
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
