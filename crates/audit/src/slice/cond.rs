//! Questions: which branches ask about what was seen, and how they become tests. What a value tells of it stands in
//! `probe.rs`.

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, Lang, Literal, Op, StoreKind, ValueId, ValueKind,
};

use super::compile::Compiler;
use super::probe::{DEPTH_MAX, Probe};
use super::target::counts;
use crate::explore::{OpKind, Pc, Test};
use crate::flow::{FrameId, Item, Question, Uid};

/// What a question is about, as far as a block of code around it wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asks {
    /// It asks about something that was seen of the target.
    pub known: bool,
    /// Something that matters happens while it is evaluated.
    pub events: bool,
}

impl<'a, 'f> Compiler<'a, '_, 'f> {
    pub(super) fn asks(&self, question: &Question<'f>) -> Asks {
        match question {
            Question::Unknown => Asks::default(),
            Question::Value(frame, value) => {
                let known = self.probe(*frame, *value, DEPTH_MAX).is_some()
                    || self.handed_out(*frame, *value).is_some();
                Asks { known, events: false }
            }
            Question::Not(inner) => self.asks(inner),
            Question::All(clauses) | Question::Any(clauses) => {
                clauses.iter().fold(Asks::default(), |all, (before, clause)| {
                    let asks = self.asks(clause);
                    Asks {
                        known: all.known || asks.known,
                        events: all.events || asks.events || self.matters(before),
                    }
                })
            }
        }
    }

    /// Whether something that matters happens while a question is evaluated.
    pub(super) fn asks_by_events(&self, question: &Question<'f>) -> bool {
        match question {
            Question::Unknown | Question::Value(..) => false,
            Question::Not(inner) => self.asks_by_events(inner),
            Question::All(clauses) | Question::Any(clauses) => clauses
                .iter()
                .any(|(before, clause)| self.matters(before) || self.asks_by_events(clause)),
        }
    }

    /// A question by what it compares, and whether a yes to it is a yes to the value: `a == b` and
    /// `a != b` are one question.
    fn question(&self, frame: FrameId, value: ValueId) -> (u64, bool) {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Op(op, inputs) = &function.value(value).kind else {
            return (self.flow.canon(frame, value), true);
        };
        let positive = match op {
            Op::Eq | Op::Is => true,
            Op::Ne | Op::IsNot => false,
            _ => return (self.flow.canon(frame, value), true),
        };
        let [left, right] = inputs.as_slice() else {
            return (self.flow.canon(frame, value), true);
        };
        let sides = self.flow.canon(frame, *left) ^ self.flow.canon(frame, *right).rotate_left(21);
        (sides ^ 0x9e37_79b9_7f4a_7c15, positive)
    }

    /// Emits the question. `prefer` is the answer given to what is not understood; `open` says
    /// that the other answer is worth a try as well.
    pub(super) fn ask(
        &mut self,
        question: &'a Question<'f>,
        yes: Pc,
        no: Pc,
        prefer: bool,
        open: bool,
    ) {
        match question {
            Question::Unknown => {
                let id = (question as *const Question<'f>).addr() as u64;
                let to = if self.choose(id, prefer, open) { yes } else { no };
                self.emit(OpKind::Jump(to));
            }
            Question::Value(frame, value) => {
                self.ask_value(*frame, *value, (yes, no), prefer, open);
            }
            Question::Not(inner) => {
                self.leaning = !self.leaning;
                self.ask(inner, no, yes, !prefer, open);
                self.leaning = !self.leaning;
            }
            Question::All(clauses) => {
                let known = self.asks(question).known;
                self.series(clauses, (yes, no), true, known || prefer, open);
            }
            Question::Any(clauses) => {
                let known = self.asks(question).known;
                self.series(clauses, (yes, no), false, !known && prefer, open);
            }
        }
    }

    fn series(
        &mut self,
        clauses: &'a [(Vec<Item<'f>>, Question<'f>)],
        (yes, no): (Pc, Pc),
        all: bool,
        prefer: bool,
        open: bool,
    ) {
        for (n, (before, clause)) in clauses.iter().enumerate() {
            self.block(before);
            if n + 1 == clauses.len() {
                self.ask(clause, yes, no, prefer, open);
            } else {
                let next = self.label();
                if all {
                    self.ask(clause, next, no, prefer, open);
                } else {
                    self.ask(clause, yes, next, prefer, open);
                }
                self.here(next);
            }
        }
    }

    pub(super) fn ask_value(
        &mut self,
        frame: FrameId,
        value: ValueId,
        (yes, no): (Pc, Pc),
        prefer: bool,
        open: bool,
    ) {
        let probe = self.probe(frame, value, DEPTH_MAX);
        let probe = probe.or_else(|| Some((Probe::Such(self.handed_out(frame, value)?), true)));
        let (test, cause) = match probe {
            Some((Probe::Const(answer), positive)) => {
                self.emit(OpKind::Jump(if answer == positive { yes } else { no }));
                return;
            }
            Some((Probe::Coin(uid), _)) => {
                self.site = uid;
                self.emit(OpKind::Chance { heads: yes, tails: no });
                return;
            }
            Some((probe @ Probe::Such(_), _)) if self.target.room => {
                (self.test(probe, self.says_full(frame, value)), Some(probe))
            }
            // How many are in force is asked against a limit as well.
            Some((Probe::Expired(seen), _)) if self.target.room && self.is_counted(seen) => {
                let many = Probe::Such(seen);
                (self.test(many, self.says_full(frame, value)), Some(many))
            }
            Some((Probe::Such(_), _))
                if self.asks_how_it_reads(frame, value) == Some(self.leaning) =>
            {
                self.emit(OpKind::Jump(if self.leaning { yes } else { no }));
                return;
            }
            Some((Probe::Such(seen), _))
                if self.asks_for_content(frame, value) == Some(self.leaning) =>
            {
                // Who goes on where there is something in a file finds it there still.
                let found = Probe::Present(seen);
                (self.test(found, self.leaning), Some(found))
            }
            Some((probe @ Probe::Such(_), _)) => {
                let question = self.flow.canon(frame, value);
                let first = self.choose(question, self.leaning, open);
                (self.test(probe, first), Some(probe))
            }
            Some((probe, positive)) => (self.test(probe, positive), Some(probe)),
            None => (None, None),
        };
        let (Some((test, positive)), Some(probe)) = (test, cause) else {
            let (question, positive) = self.question(frame, value);
            let answer = self.choose(question, prefer == positive, open);
            self.emit(OpKind::Jump(if answer == positive { yes } else { no }));
            return;
        };
        let causes = match probe {
            Probe::Present(uid)
            | Probe::Expired(uid)
            | Probe::State(uid)
            | Probe::Such(uid)
            | Probe::Kept(uid)
            | Probe::Won(uid) => self.decided_by(uid),
            Probe::Ret(frame, _) => self.causes.get(&frame).cloned().unwrap_or_default(),
            Probe::Flag(..) | Probe::Const(_) | Probe::Coin(_) => self.all_seen(),
        };
        self.guards.extend(causes);
        let (yes, no) = if positive { (yes, no) } else { (no, yes) };
        self.emit(OpKind::Branch { test, yes, no });
    }

    /// Whether a question of Go asks how much of a kind a file holds, as against nothing, and which answer says
    /// that there is some.
    fn asks_for_content(&self, frame: FrameId, value: ValueId) -> Option<bool> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Op(op, sides) = &function.value(value).kind else { return None };
        let [amount, nothing] = sides.as_slice() else { return None };
        let counts = matches!(function.value(*amount).kind, ValueKind::Op(Op::Len, _))
            && matches!(function.value(*nothing).kind, ValueKind::Literal(Literal::Int(0)));
        match op {
            _ if !counts || !self.in_go() || self.target.kind != StoreKind::File => None,
            Op::Eq => Some(false),
            Op::Ne | Op::Gt => Some(true),
            _ => None,
        }
    }

    /// Whether a question of Go asks whether what a file holds made sense, and which answer says so: what one
    /// wrote whole another one can read.
    fn asks_how_it_reads(&self, frame: FrameId, value: ValueId) -> Option<bool> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Op(op, sides) = &function.value(value).kind else { return None };
        let [error, nothing] = sides.as_slice() else { return None };
        let called = match &function.value(*error).kind {
            ValueKind::Op(Op::Call, inputs) => {
                match inputs.first().map(|name| &function.value(*name).kind) {
                    Some(ValueKind::Literal(Literal::Text(name))) => *name,
                    _ => return None,
                }
            }
            ValueKind::Result(event, _) => {
                match self.flow.uid(frame, *event).map(|uid| &self.flow.event(uid).kind) {
                    Some(EventKind::Call(call)) => call.name,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let word = called.as_str().to_ascii_lowercase();
        let reads = word.contains("unmarshal") || word.ends_with("decode");
        match op {
            _ if !reads || !self.in_go() || self.target.kind != StoreKind::File => None,
            Op::Ne if function.is_nil(*nothing) => Some(false),
            Op::Eq if function.is_nil(*nothing) => Some(true),
            _ => None,
        }
    }

    fn is_counted(&self, seen: Uid) -> bool {
        matches!(&self.flow.event(seen).kind, EventKind::Check(check) if check.what == CheckKind::Size)
            || counts(self.flow, seen)
    }

    /// A look, and what decided whether it took place where that is over: who did not look has nothing either.
    fn decided_by(&self, uid: Uid) -> Vec<Uid> {
        let under = self.under.get(&uid).into_iter().flatten().copied();
        under.filter(|seen| !self.guards.contains(seen)).chain([uid]).collect()
    }

    /// Whether a test compares what is there now with what was there before.
    pub(super) fn kept(&self, frame: FrameId, result: ValueId) -> Option<(Probe, bool)> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let ValueKind::Result(_, inputs) = &function.value(result).kind else { return None };
        let found = self.probe(frame, *inputs.first().filter(|_| self.in_go())?, DEPTH_MAX)?;
        matches!(found.0, Probe::Kept(_) | Probe::Const(true)).then_some(found)
    }

    /// Whether a file was opened there to be written anew.
    pub(super) fn opened_to_write(&self, seen: Uid) -> bool {
        matches!(&self.flow.event(seen).kind, EventKind::Act(act)
            if act.kind == ActKind::OpenWrite && self.in_go())
    }

    pub(super) fn in_go(&self) -> bool {
        self.flow.tree.file(self.flow.entry).lang == Lang::Go
    }

    /// The sights a flag may stand for: all so far.
    fn all_seen(&self) -> Vec<Uid> {
        (0..self.flow.events.len())
            .filter_map(|uid| Uid::try_from(uid).ok())
            .filter(|uid| {
                self.known(*uid).is_some()
                    && !matches!(self.flow.event(*uid).kind, EventKind::Act(_))
            })
            .collect()
    }

    /// The test on a register, and whether its yes is the question's yes.
    pub(super) fn test(&mut self, probe: Probe, positive: bool) -> Option<(Test, bool)> {
        Some(match probe {
            Probe::Present(uid) => (Test::Absent(self.known(uid)?), !positive),
            Probe::Expired(uid) => {
                self.aging = true;
                (Test::Expired(self.known(uid)?), positive)
            }
            // Full is where nothing more goes in.
            Probe::State(uid) | Probe::Such(uid) | Probe::Kept(uid) if self.target.room => {
                (Test::Absent(self.known(uid)?), !positive)
            }
            Probe::State(uid) | Probe::Such(uid) | Probe::Kept(uid) => {
                (Test::Initial(self.known(uid)?), positive)
            }
            Probe::Won(uid) => (Test::Won(self.known(uid)?), positive),
            Probe::Ret(frame, part) => {
                (Test::Truthy(self.rets.get(&(frame, part)).copied()?), positive)
            }
            Probe::Flag(frame, value) => {
                (Test::Truthy(self.flags.get(&(frame, value)).copied()?), positive)
            }
            Probe::Const(_) | Probe::Coin(_) => return None,
        })
    }
}
