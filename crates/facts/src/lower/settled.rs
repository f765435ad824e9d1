//! Variables that only ever hold constants: `found = False … found = True`. Whoever asks such a
//! variable asks which way the function came, so each place that sets it is noted.
//!
//! What is a constant here is nothing, a truth value, a number, a text, or an error that is made on
//! the spot or has a name. Variables of enclosing functions and those that a function within sets
//! are left out: when they change is not seen from here.

use rustc_hash::{FxHashMap, FxHashSet};

use super::body::{Body, Val};
use super::declare::each_body;
use crate::event::{Assign, EventKind, FunctionKind, Name, Span, ValueKind};
use crate::syntax::{ExprId, ExprKind, Stmt, StmtKind};

/// Blocks within blocks that are looked at.
const DEPTH_MAX: u32 = 64;

/// How often a variable is set, and how often it is declared; `None` if to something else too.
type Sets = FxHashMap<Name, Option<(u32, u32)>>;

impl<'s> Body<'_, '_, 's> {
    /// Finds the variables that are set more than once, and to constants only.
    pub(super) fn find_settled(&mut self, statements: &[Stmt<'s>]) {
        if self.kind == FunctionKind::Module {
            return;
        }
        let mut sets = Sets::default();
        for name in &self.param_names {
            sets.insert(*name, None);
        }
        for name in &self.result_names {
            let zero = self.env.get(name).map(|val| self.value(val.id));
            let plain = matches!(zero, Some(ValueKind::Literal(_)));
            sets.insert(*name, plain.then_some((1, 1)));
        }
        self.sets_in(statements, &mut sets, 0);
        let twice = |(name, times): (Name, Option<(u32, u32)>)| {
            times.is_some_and(|(set, declared)| set > 1 && declared < 2).then_some(name)
        };
        self.settled = sets.into_iter().filter_map(twice).collect::<FxHashSet<_>>();
        for name in self.result_names.clone() {
            if let Some(val) = self.env.get(&name).cloned() {
                self.note_settled(name, &val, Span::default());
            }
        }
    }

    /// Notes that a variable of those is set here.
    pub(super) fn note_settled(&mut self, variable: Name, val: &Val, span: Span) {
        if self.settled.contains(&variable) {
            let assign = Assign { variable, value: val.id, settled: true };
            self.emit_new(span, EventKind::Assign(assign));
        }
    }

    fn sets_in(&self, body: &[Stmt<'s>], into: &mut Sets, depth: u32) {
        if depth > DEPTH_MAX {
            return;
        }
        for stmt in body {
            match &stmt.kind {
                StmtKind::Assign { targets, value, define } => match targets.as_slice() {
                    [target] => self.set(*target, Some(*value), *define, into),
                    targets => targets.iter().for_each(|it| self.set(*it, None, *define, into)),
                },
                StmtKind::Declare { names, value, .. } => match (names.as_slice(), value) {
                    ([name], value) if value.is_some() || self.cx.is_go() => {
                        self.set_to(*name, value.is_none_or(|it| self.is_constant(it)), true, into);
                    }
                    _ => names.iter().for_each(|it| self.set(*it, None, true, into)),
                },
                StmtKind::Augment { target, .. } => self.set(*target, None, false, into),
                StmtKind::Delete(targets) => {
                    targets.iter().for_each(|it| self.set(*it, None, false, into));
                }
                StmtKind::For { target: Some(target), .. } => self.set(*target, None, true, into),
                StmtKind::With { items, .. } => {
                    let named = items.iter().filter_map(|(_, target)| *target);
                    named.for_each(|it| self.set(it, None, true, into));
                }
                StmtKind::Outer { names, .. } => {
                    into.extend(names.iter().map(|name| (Name::new(name), None)));
                }
                StmtKind::Try { handlers, .. } => {
                    let caught = handlers.iter().filter_map(|handler| handler.name);
                    into.extend(caught.map(|name| (Name::new(name), None)));
                }
                StmtKind::Switch { cases, .. } => {
                    let bound = cases.iter().flat_map(|case| &case.binds);
                    into.extend(bound.map(|name| (Name::new(name), None)));
                }
                _ => {}
            }
            each_body(stmt, &mut |inner| self.sets_in(inner, into, depth + 1));
        }
    }

    fn set(&self, target: ExprId, value: Option<ExprId>, define: bool, into: &mut Sets) {
        match (self.cx.tree.kind(target), value.map(|value| self.cx.tree.kind(value))) {
            (ExprKind::Tuple(left), Some(ExprKind::Tuple(right))) if left.len() == right.len() => {
                let pairs = left.iter().zip(right);
                pairs.for_each(|(left, right)| self.set(*left, Some(*right), define, into));
            }
            (ExprKind::Tuple(items) | ExprKind::List(items), _) => {
                items.iter().for_each(|item| self.set(*item, None, define, into));
            }
            (ExprKind::Star(inner), _) => self.set(*inner, None, define, into),
            (_, Some(&ExprKind::Conditional { then, other, .. })) => {
                self.set(target, Some(then), define, into);
                self.set(target, Some(other), false, into);
            }
            _ => {
                let constant = value.is_some_and(|value| self.is_constant(value));
                self.set_to(target, constant, define, into);
            }
        }
    }

    fn set_to(&self, target: ExprId, constant: bool, define: bool, into: &mut Sets) {
        let ExprKind::Name(name) = self.cx.tree.kind(target) else { return };
        let times = into.entry(Name::new(name)).or_insert(Some((0, 0)));
        *times = times
            .filter(|_| constant)
            .map(|(set, declared)| (set + 1, declared + u32::from(define && self.cx.is_go())));
    }

    /// Whether an expression is a constant, or an error that is surely there.
    fn is_constant(&self, id: ExprId) -> bool {
        let tree = self.cx.tree;
        let last = |id: ExprId| match tree.kind(id) {
            ExprKind::Name(name) | ExprKind::Attr(_, name) => Some(*name),
            _ => None,
        };
        match tree.kind(id) {
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Format(_) => true,
            ExprKind::Name(name) | ExprKind::Attr(_, name) => {
                self.cx.is_go()
                    && (name.starts_with("Err") || name.starts_with("err"))
                    && name.chars().nth(3).is_some_and(char::is_uppercase)
            }
            ExprKind::Call(callee, _) if self.cx.is_go() => {
                let package = match tree.kind(*callee) {
                    ExprKind::Attr(base, _) => last(*base),
                    _ => None,
                };
                matches!(
                    (package, last(*callee)),
                    (Some("errors"), Some("New")) | (Some("fmt"), Some("Errorf" | "Sprintf"))
                )
            }
            ExprKind::Call(callee, _) => last(*callee)
                .is_some_and(|name| name.ends_with("Error") || name.ends_with("Exception")),
            _ => false,
        }
    }
}
