//! Variables that a function hands out by their name, and objects of its own whose fields say what
//! it hands out: on which way which value went in is noted, because the answer depends on it.

use rustc_hash::FxHashSet;

use super::body::{Body, Env, Val};
use super::declare::each_body;
use crate::event::{Assign, Event, EventKind, Name, Node, Span, ValueId, ValueKind};
use crate::syntax::{ExprId, ExprKind, Stmt, StmtKind, Unary};

/// Blocks within blocks that are looked at.
const DEPTH_MAX: u32 = 64;

impl<'s> Body<'_, '_, 's> {
    /// Finds the variables that are returned.
    pub(super) fn find_handed_out(&mut self, statements: &[Stmt<'s>]) {
        if !self.cx.is_go() {
            let mut found = FxHashSet::default();
            self.returned_in(statements, &mut found, 0);
            self.handed_out = found;
        }
    }

    fn returned_in(&self, body: &[Stmt<'s>], into: &mut FxHashSet<Name>, depth: u32) {
        if depth > DEPTH_MAX {
            return;
        }
        for stmt in body {
            if let StmtKind::Return(Some(id)) = &stmt.kind {
                into.extend(self.told_of(*id));
            }
            each_body(stmt, &mut |inner| self.returned_in(inner, into, depth + 1));
        }
    }

    /// The variable that an answer is, or that it says of whether there is anything in it: `return row is not None`.
    fn told_of(&self, answer: ExprId) -> Option<Name> {
        match self.cx.tree.kind(answer) {
            ExprKind::Name(name) => Some(Name::new(name)),
            ExprKind::Unary(Unary::Not, inner) => self.told_of(*inner),
            ExprKind::Binary(_, left, right)
                if matches!(self.cx.tree.kind(*right), ExprKind::Nil) =>
            {
                self.told_of(*left)
            }
            _ => None,
        }
    }

    fn handed_out_in_order(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.handed_out.iter().copied().collect();
        names.sort();
        names
    }

    fn note_assigned(&mut self, variable: Name, ends: [(&mut Vec<Node>, ValueId); 2], span: Span) {
        for (block, value) in ends {
            let kind = EventKind::Assign(Assign { variable, value, settled: false });
            block.push(Node::Event(Event { id: self.next_event(), span, kind }));
        }
    }

    /// Notes at the end of two ways what a variable that is handed out holds there.
    pub(super) fn note_ways(
        &mut self,
        (then, then_env): (&mut Vec<Node>, &Env),
        other: &mut Vec<Node>,
        span: Span,
    ) {
        for variable in self.handed_out_in_order() {
            let (Some(a), Some(b)) = (then_env.get(&variable), self.env.get(&variable)) else {
                continue;
            };
            let (a, b) = (a.id, b.id);
            if a == b {
                continue;
            }
            self.note_assigned(variable, [(&mut *then, a), (&mut *other, b)], span);
        }
    }

    /// Notes what a variable that is handed out holds after a block, and after the handler that leaves it as
    /// it was before.
    pub(super) fn note_failing(
        &mut self,
        (block, after): (&mut Vec<Node>, &Env),
        (handler, before): (&mut Vec<Node>, &Env),
        span: Span,
    ) {
        for variable in self.handed_out_in_order() {
            let (Some(done), Some(was)) = (after.get(&variable), before.get(&variable)) else {
                continue;
            };
            let (done, was) = (done.id, was.id);
            let untouched = self.env.get(&variable).is_some_and(
                |now| matches!(self.value(now.id), ValueKind::Phi(ways) if ways.contains(&was)),
            );
            if done == was || !untouched {
                continue;
            }
            self.note_assigned(variable, [(&mut *block, done), (&mut *handler, was)], span);
        }
    }

    /// `result.reason = "missing"`: the object that is handed out is another answer from here on.
    pub(super) fn answers(&mut self, base: &Val, field: Name, val: &Val, span: Span) {
        let ValueKind::Result(event, _) = self.value(self.made_as(base.id)) else { return };
        let plain = self.made_by.contains_key(event)
            && base
                .ty
                .as_ref()
                .and_then(|ty| self.cx.class_info(ty))
                .is_some_and(|info| info.bases.is_empty());
        let named = self
            .handed_out
            .iter()
            .copied()
            .find(|name| self.env.get(name).is_some_and(|known| known.id == base.id));
        let Some(name) = named.filter(|_| plain) else { return };
        let Some(known) = self.env.get(&name).cloned() else { return };
        let word = self.literal(crate::event::Literal::Text(field), span);
        let id = self.pure(ValueKind::Tuple(vec![base.id, word, val.id]), span);
        self.env.insert(name, std::rc::Rc::new(Val { id, ..Val::clone(&known) }));
    }

    /// The object as it was made, before its fields were set.
    fn made_as(&self, id: ValueId) -> ValueId {
        let mut at = id;
        for _ in 0..DEPTH_MAX {
            match self.value(at) {
                ValueKind::Tuple(parts) if parts.len() == 3 => at = parts[0],
                ValueKind::Phi(parts) => at = parts[0],
                _ => break,
            }
        }
        at
    }
}
