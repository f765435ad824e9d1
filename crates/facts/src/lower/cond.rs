//! Conditions.

use super::body::{Body, Val, shared};
use crate::event::{
    Clause, Cond, EventKind, Literal, Name, Op, Raise, Return, Scope, Span, StoreKind, ValueId,
    ValueKind,
};
use crate::syntax::{Binary, ExprId, ExprKind, Unary};

impl Body<'_, '_, '_> {
    /// Lowers a test; what happens before it is known goes to the current block.
    pub(super) fn cond(&mut self, id: ExprId) -> Cond {
        let tree = self.cx.tree;
        match tree.kind(id) {
            ExprKind::And(items) => Cond::All(self.clauses(items)),
            ExprKind::Or(items) => Cond::Any(self.clauses(items)),
            ExprKind::Unary(Unary::Not, inner) => Cond::Not(Box::new(self.cond(*inner))),
            _ => {
                let val = self.expr(id);
                let span = self.span_of(id);
                let val = if self.is_kept_list(&val) { self.length(&val, span) } else { val };
                let val = self.rows_there(&val, span).unwrap_or(val);
                self.judge(val.id, span)
            }
        }
    }

    /// `assert not os.path.exists(path)`: who asks whether a file or an entry of a server is missing goes on
    /// only where it is. That something is there, or is so in memory, is an invariant and no question.
    pub(super) fn assert(&mut self, test: ExprId, span: Span) {
        let cond = self.cond(test);
        let denied = match &cond {
            Cond::Not(asked) => asked.values(),
            _ => Vec::new(),
        };
        let asks = denied.iter().any(|id| match self.value(*id) {
            ValueKind::Result(event, _) if self.checks.contains(event) => {
                let asked = self.seen.get(event);
                asked.is_some_and(|it| self.stores[it.store.0 as usize].scope >= Scope::Host)
            }
            _ => false,
        });
        if asks {
            let type_name = Name::new("AssertionError");
            let fails = EventKind::Raise(Raise { type_name, value: None });
            self.branch(
                cond,
                span,
                |_| {},
                |it| {
                    it.emit_new(span, fails);
                },
            );
        }
    }

    /// Whether a value is a list or queue of an object or module: `if self.idle` asks whether anything
    /// is in it.
    fn is_kept_list(&self, val: &Val) -> bool {
        let loaded = matches!(self.value(val.id), ValueKind::Load(path) if shared(path));
        let class = val.ty.as_ref().filter(|_| loaded).and_then(|ty| self.cx.class_of(ty));
        let kind = class.and_then(|class| self.cx.words.class(class).store);
        !self.cx.is_go() && kind == Some(StoreKind::List)
    }

    fn clauses(&mut self, items: &[ExprId]) -> Vec<Clause> {
        items
            .iter()
            .map(|item| {
                let mut cond = Cond::Unknown;
                let before = self.within(|it| cond = it.cond(*item));
                Clause { before, cond }
            })
            .collect()
    }

    /// A coin compared with a constant: the chance is known.
    pub(super) fn note_chance(&mut self, op: Binary, left: ValueId, right: ValueId) {
        let (event, constant, flipped) = match (self.value(left), self.value(right)) {
            (ValueKind::Result(event, _), ValueKind::Literal(literal)) => {
                (*event, literal.clone(), false)
            }
            (ValueKind::Literal(literal), ValueKind::Result(event, _)) => {
                (*event, literal.clone(), true)
            }
            _ => return,
        };
        let bound = match constant {
            #[expect(clippy::cast_precision_loss, reason = "only values between 0 and 1 are used")]
            Literal::Int(n) => n as f64,
            Literal::Float(f) => f,
            _ => return,
        };
        let less = matches!(op, Binary::Lt | Binary::Le) != flipped;
        let probability = if less { bound } else { 1.0 - bound };
        if (0.0..=1.0).contains(&probability) {
            self.patch(event, |kind| {
                if let EventKind::Chance(chance) = kind {
                    chance.probability = Some(probability);
                }
            });
        }
    }

    /// Whether a value says of what was looked at whether it is still good: `item is not None and
    /// item.deadline > now`.
    pub(super) fn says_whether_good(&self, id: ValueId) -> bool {
        let asks = match self.value(id) {
            ValueKind::Op(op, _) => {
                matches!(op, Op::And | Op::Or | Op::Not | Op::Lt | Op::Le | Op::Gt | Op::Ge)
            }
            ValueKind::Result(..) => self.cx.is_go() && self.asks_the_time(id),
            _ => false,
        };
        asks && self.reaches_now(id) && self.comes_from_a_look(id) || self.compares_a_variable(id)
    }

    /// `return p.used+n > p.limit`, of a variable that was read where it is kept.
    fn compares_a_variable(&self, id: ValueId) -> bool {
        let ordered = matches!(self.value(id), ValueKind::Op(Op::Lt | Op::Le | Op::Gt | Op::Ge, _));
        ordered
            && self
                .looked_at(id)
                .is_some_and(|store| self.stores[store.0 as usize].kind == StoreKind::Cell)
    }

    /// `bool(entry and entry.fresh)` asks what stands in it.
    pub(super) fn asked_plainly(&self, id: ExprId) -> ExprId {
        let ExprKind::Call(callee, args) = self.cx.tree.kind(id) else { return id };
        match (self.cx.tree.kind(*callee), args.as_slice()) {
            (ExprKind::Name("bool"), [only]) if only.name.is_none() && !self.cx.is_go() => {
                match self.cx.tree.kind(only.value) {
                    ExprKind::And(_) | ExprKind::Or(_) => only.value,
                    _ => id,
                }
            }
            _ => id,
        }
    }

    /// `e.expires.After(time.Now())`
    fn asks_the_time(&self, id: ValueId) -> bool {
        let ValueKind::Result(event, _) = self.value(id) else { return false };
        let called = self.call_names.get(event);
        called.is_some_and(|name| matches!(name.as_str(), "After" | "Before"))
    }

    /// `return fresh` as two ends, of which each is known by what was asked.
    pub(super) fn yes_or_no(&mut self, id: ValueId, span: Span) {
        let cond = self.judge(id, span);
        let end = |answer: bool| {
            move |body: &mut Self| {
                let values = vec![body.literal(Literal::Bool(answer), span)];
                let constant = Some(Literal::Bool(answer));
                body.emit_new(span, EventKind::Return(Return { values, constant }));
            }
        };
        self.branch(cond, span, end(true), end(false));
    }

    /// The condition that a value is true; where it judges a store, by a check.
    pub(super) fn judge(&mut self, id: ValueId, span: Span) -> Cond {
        match self.value(id).clone() {
            ValueKind::Op(Op::Not, parts) => Cond::Not(Box::new(self.judge(parts[0], span))),
            ValueKind::Op(op @ (Op::And | Op::Or), parts) if parts.len() <= 16 => {
                let clauses = parts
                    .iter()
                    .map(|part| {
                        let mut cond = Cond::Unknown;
                        let before = self.within(|it| cond = it.judge(*part, span));
                        Clause { before, cond }
                    })
                    .collect();
                if op == Op::And { Cond::All(clauses) } else { Cond::Any(clauses) }
            }
            ValueKind::Op(op @ (Op::Eq | Op::Ne), parts)
                if let Some((asked, answer)) = self.answer_beside(&parts) =>
            {
                let cond = self.judge(asked, span);
                if answer == (op == Op::Eq) { cond } else { Cond::Not(Box::new(cond)) }
            }
            _ => Cond::Value(self.check_of(id, span).unwrap_or(id)),
        }
    }

    /// `found == false` of Go: what is asked, and the answer that it is compared with.
    fn answer_beside(&self, sides: &[ValueId]) -> Option<(ValueId, bool)> {
        let [left, right] = sides else { return None };
        let answer = |id: &ValueId| match self.value(*id) {
            ValueKind::Literal(Literal::Bool(answer)) => Some(*answer),
            _ => None,
        };
        match (answer(left), answer(right)) {
            (None, Some(answer)) if self.cx.is_go() => Some((*left, answer)),
            (Some(answer), None) if self.cx.is_go() => Some((*right, answer)),
            _ => None,
        }
    }
}
