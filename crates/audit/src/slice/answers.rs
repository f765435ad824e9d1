//! What a helper's answer holds: the field of a record, the item of a pair or a table, one of a few
//! constants. `return Found(True, value)` is asked `found.hit`, `return "miss"` is compared with
//! `"miss"`.
//!
//! Each question has a register of its own that every return of the helper sets. A question is kept
//! only if every return tells the answer.

use amorsize_facts::event::{
    EventKind, Function, Literal, Name, Op, Return, Root, ValueId, ValueKind, is_shouted,
};

use super::compile::Compiler;
use super::nothing::is_an_error;
use crate::explore::{OpKind, Reg};
use crate::flow::{FrameId, parts_of};

/// Questions about answers that one program keeps.
const KEPT_MAX: usize = 5;

/// What is asked of a part of an answer.
#[derive(Clone, Debug, PartialEq)]
enum Of {
    Field(Name),
    Place(usize),
    Equal(Constant),
}

/// What is the same wherever it is written.
#[derive(Clone, Debug, PartialEq)]
enum Constant {
    Literal(Literal),
    Named(u64),
}

/// A question about what a helper returns.
#[derive(Clone, Debug)]
pub(super) struct Told {
    callee: FrameId,
    part: usize,
    of: Of,
    into: Reg,
}

/// What a return says to a question.
enum Says {
    Value(ValueId),
    Known(bool),
}

impl Compiler<'_, '_, '_> {
    /// Finds the questions that are asked about what helpers return.
    pub(super) fn find_told(&mut self) {
        let flow = self.flow;
        for (frame, value, kind) in flow.carriers() {
            let asked = match kind {
                ValueKind::Field(of, name) => Some((*of, Of::Field(*name))),
                ValueKind::Item(of, at) => self.place(frame, *at).map(|place| (*of, place)),
                ValueKind::Op(Op::Eq | Op::Ne | Op::Is | Op::IsNot, sides) => {
                    self.compared(frame, sides)
                }
                _ => None,
            };
            let Some((answer, of)) = asked else { continue };
            let Some((callee, part)) = self.answered_by(frame, answer) else { continue };
            let told = match of {
                Of::Place(at) if self.returns_pair(callee, at) => {
                    u8::try_from(at).ok().map(|at| self.ret(callee, at))
                }
                of => self.tell(callee, part, of),
            };
            if let Some(reg) = told {
                self.flags.insert((frame, value), reg);
            }
        }
    }

    fn function(&self, frame: FrameId) -> &Function {
        self.flow.tree.function(self.flow.frames[frame as usize].func)
    }

    /// The helper that runs in this flow and whose answer a value is.
    fn answered_by(&self, frame: FrameId, value: ValueId) -> Option<(FrameId, usize)> {
        let function = self.function(frame);
        let (event, part) = match &function.value(value).kind {
            ValueKind::Result(event, _) => (*event, 0),
            ValueKind::Part(of, n) => match &function.value(*of).kind {
                ValueKind::Result(event, _) => (*event, usize::from(*n)),
                _ => return None,
            },
            _ => return None,
        };
        Some((self.flow.callee(frame, event)?, part))
    }

    /// Whether all that a helper returns are tuples of which the compiler keeps that part.
    fn returns_pair(&self, callee: FrameId, at: usize) -> bool {
        let mut pairs = None;
        for ev in self.flow.events.iter().filter(|ev| ev.frame == callee) {
            let EventKind::Return(ret) = &ev.event.kind else { continue };
            let pair = matches!(ret.values.as_slice(), [one]
                if matches!(&self.function(callee).value(*one).kind,
                    ValueKind::Tuple(parts) if parts.len() > at && parts.len() <= 3));
            pairs = Some(pairs.unwrap_or(true) && pair);
        }
        pairs.unwrap_or(false)
    }

    fn place(&self, frame: FrameId, at: ValueId) -> Option<Of> {
        match &self.function(frame).value(at).kind {
            ValueKind::Literal(Literal::Text(name)) => Some(Of::Field(*name)),
            ValueKind::Literal(Literal::Int(n)) => Some(Of::Place(usize::try_from(*n).ok()?)),
            _ => None,
        }
    }

    fn compared(&self, frame: FrameId, sides: &[ValueId]) -> Option<(ValueId, Of)> {
        let [left, right] = sides else { return None };
        let of = |answer: ValueId, other: ValueId| {
            self.answered_by(frame, answer)?;
            Some((answer, Of::Equal(self.constant_of(frame, other)?)))
        };
        of(*left, *right).or_else(|| of(*right, *left))
    }

    /// A literal, or what is named like a constant: `Status.MISS`, `statusMiss` of a Go package.
    fn constant_of(&self, frame: FrameId, value: ValueId) -> Option<Constant> {
        match &self.function(frame).value(value).kind {
            // Whether there is an answer at all is another question.
            ValueKind::Literal(Literal::Nil | Literal::Bool(_)) => None,
            ValueKind::Literal(literal) => Some(Constant::Literal(literal.clone())),
            ValueKind::Load(path) if self.in_go() => {
                let kind = &self.function(frame).value(value).kind;
                let named = matches!(path.root, Root::Global(_)) && path.steps.is_empty();
                (named && !is_an_error(kind))
                    .then(|| Constant::Named(self.flow.canon(frame, value)))
            }
            ValueKind::Load(path)
                if path.to_string().rsplit('.').next().is_some_and(is_shouted) =>
            {
                Some(Constant::Named(self.flow.canon(frame, value)))
            }
            _ => None,
        }
    }

    fn tell(&mut self, callee: FrameId, part: usize, of: Of) -> Option<Reg> {
        let known = self
            .told
            .iter()
            .find(|told| told.callee == callee && told.part == part && told.of == of);
        if let Some(known) = known {
            return Some(known.into);
        }
        let returned = self.flow.returned(callee, part);
        let told = returned.iter().all(|(value, at)| self.says(*at, *value, &of).is_some());
        if self.told.len() >= KEPT_MAX || returned.is_empty() || !told {
            return None;
        }
        let into = self.fresh();
        self.told.push(Told { callee, part, of, into });
        Some(into)
    }

    /// What a returned value says to a question.
    fn says(&self, frame: FrameId, value: ValueId, of: &Of) -> Option<Says> {
        let function = self.function(frame);
        match (of, &function.value(value).kind) {
            (Of::Equal(constant), _) => {
                let own = self.constant_of(frame, value)?;
                (std::mem::discriminant(&own) == std::mem::discriminant(constant))
                    .then(|| Says::Known(own == *constant))
            }
            (Of::Field(name), ValueKind::New(..)) => {
                let mut held =
                    function.holds.iter().filter(|(object, ..)| *object == value).peekable();
                held.peek()?;
                let found = held.find(|(_, field, _)| field == name);
                let zero = self.in_go().then_some(Says::Known(false));
                // What is left out is nothing.
                found.map(|(.., value)| Says::Value(*value)).or(zero)
            }
            (of, ValueKind::Result(event, _))
                if function.holds.iter().any(|(object, ..)| *object == value) =>
            {
                let uid = self.flow.uid(frame, *event)?;
                let EventKind::Call(call) = &self.flow.event(uid).kind else { return None };
                let file = self.flow.frames[frame as usize].func.file;
                let class = self.flow.tree.class(self.flow.tree.class_named(file, call.callee)?);
                let record = class.decorators.iter().any(|it| it.as_str().contains("dataclass"))
                    || class.bases.iter().any(|base| base.name.as_str().ends_with("NamedTuple"));
                let at = match of {
                    Of::Field(name) => {
                        let named = call.named.iter().find(|(known, _)| known == name);
                        if let Some((_, value)) = named {
                            return Some(Says::Value(*value)).filter(|_| record);
                        }
                        class.fields.iter().position(|field| field.name == *name)?
                    }
                    Of::Place(at) => *at,
                    Of::Equal(_) => return None,
                };
                call.args.get(at).filter(|_| record).copied().map(Says::Value)
            }
            _ => None,
        }
    }

    /// Whether a list or table of Python that is written down in a return holds anything.
    pub(super) fn is_written_down(&self, frame: FrameId, value: ValueId) -> Option<bool> {
        let function = self.function(frame);
        let ValueKind::New(of, inputs) = &function.value(value).kind else { return None };
        let container = !self.in_go() && matches!(of.as_str(), "list" | "dict");
        let written = function.holds.iter().any(|(object, ..)| *object == value);
        (container && written).then_some(!inputs.is_empty())
    }

    /// Answers the questions about what a helper returns here.
    pub(super) fn tell_at(&mut self, frame: FrameId, ret: &Return) {
        if self.told.is_empty() {
            return;
        }
        let flow = self.flow;
        let function = flow.tree.function(flow.frames[frame as usize].func);
        for told in self.told.clone().into_iter().filter(|told| told.callee == frame) {
            let Some(value) = parts_of(function, ret).get(told.part) else { continue };
            match self.says(frame, *value, &told.of) {
                Some(Says::Value(value)) => self.store(frame, value, told.into),
                Some(Says::Known(yes)) => self.emit(OpKind::Set { into: told.into, yes }),
                None => {}
            }
        }
    }
}
