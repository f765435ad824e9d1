//! Locks that a parameter or a setting asks for: `if lock { s.mu.Lock(); defer s.mu.Unlock() }`.
//!
//! Whoever passes `false` holds the lock already, so what follows is under it whatever was passed. And locks that
//! each of two ways takes for itself and gives back at the end of the function.

use crate::event::{Name, Node, Path, Root, ValueKind, With};
use crate::syntax::{Binary, ExprId, ExprKind, Stmt, StmtKind, Unary};

use super::body::Body;

/// Statements after such a choice that are read once for each way.
const REST_MAX: usize = 8;

impl<'a, 's> Body<'_, 'a, 's> {
    /// Lowers such a statement and, where it gives the lock back on the way out, all that follows.
    /// Tells whether it was one, and whether the rest is done.
    pub(super) fn locked_if_asked(&mut self, stmt: &Stmt<'s>, rest: &[Stmt<'s>]) -> Option<bool> {
        let StmtKind::If { test, then, other } = &stmt.kind else { return None };
        let otherwise = match other.as_slice() {
            [Stmt { kind: StmtKind::Block(within), .. }] => within,
            _ => other,
        };
        if let (Some(first), Some(second)) = (self.gives_back(then), self.gives_back(otherwise))
            && self.cx.is_go()
            && rest.len() <= REST_MAX
        {
            self.either_way(
                *test,
                |body| body.under_its_own(then, first, rest),
                |body| body.under_its_own(otherwise, second, rest),
            );
            return Some(true);
        }
        if !self.cx.is_go() || !other.is_empty() || !self.is_setting(*test) {
            return None;
        }
        match then.as_slice() {
            [only]
                if self.is_parameter(*test)
                    && matches!(&only.kind, StmtKind::Expr(call) if self.is_lock_call(*call)) =>
            {
                self.statement(only);
                Some(false)
            }
            [take, give, more @ ..] => {
                let ends = matches!(more.last(), Some(Stmt { kind: StmtKind::Return(_), .. }));
                if ends || !more.is_empty() && self.is_parameter(*test) {
                    return None;
                }
                let (StmtKind::Expr(taken), StmtKind::Defer(given)) = (&take.kind, &give.kind)
                else {
                    return None;
                };
                if !self.is_lock_call(*taken) || !self.is_lock_call(*given) {
                    return None;
                }
                let span = self.cx.span(give.start, give.end);
                self.statement(take);
                let exit = self.within(|body| body.deferred_call(*given));
                let body = self.within(|body| {
                    body.statements(more);
                    body.statements(rest);
                });
                self.push(Node::With(Box::new(With { enter: Vec::new(), body, exit, span })));
                Some(true)
            }
            _ => None,
        }
    }

    /// Where a way gives a lock back when the function ends, if it declares nothing of its own.
    fn gives_back(&self, list: &[Stmt<'s>]) -> Option<usize> {
        let declares = |stmt: &Stmt<'_>| {
            matches!(stmt.kind, StmtKind::Assign { define: true, .. } | StmtKind::Declare { .. })
        };
        let at = list.iter().position(
            |stmt| matches!(stmt.kind, StmtKind::Defer(call) if self.is_lock_call(call)),
        )?;
        (!list.iter().any(declares)).then_some(at)
    }

    /// One of two ways, and what follows both, up to the end of the function.
    fn under_its_own(&mut self, way: &[Stmt<'s>], at: usize, rest: &[Stmt<'s>]) {
        self.statements(&way[..at]);
        let StmtKind::Defer(given) = way[at].kind else { return };
        let span = self.cx.span(way[at].start, way[at].end);
        let exit = self.within(|body| body.deferred_call(given));
        let body = self.within(|body| {
            body.statements(&way[at + 1..]);
            body.statements(rest);
        });
        self.push(Node::With(Box::new(With { enter: Vec::new(), body, exit, span })));
    }

    /// Whether a test asks for what was settled before: a parameter, a field, whether there is a lock at all.
    /// Who has it without the lock has an object for one goroutine.
    fn is_setting(&self, test: ExprId) -> bool {
        let tree = self.cx.tree;
        match tree.kind(test) {
            ExprKind::Unary(Unary::Not, inner) => self.is_setting(*inner),
            ExprKind::Binary(Binary::Ne, left, right) => {
                matches!(tree.kind(*right), ExprKind::Nil) && self.is_setting(*left)
            }
            ExprKind::Attr(of, _) => {
                matches!(tree.kind(*of), ExprKind::Name(_)) || self.is_setting(*of)
            }
            _ => self.is_parameter(test),
        }
    }

    /// Whether a test asks for a parameter, be it that of a function around: `lock := func() { if lock { … } }`.
    fn is_parameter(&self, test: ExprId) -> bool {
        let ExprKind::Name(name) = self.cx.tree.kind(test) else { return false };
        let name = Name::new(name);
        if let Some(val) = self.env.get(&name) {
            return matches!(self.value(val.id), ValueKind::Param(_));
        }
        let around = self.scopes.iter().rev().find_map(|scope| scope.get(&name));
        around.is_some_and(|val| {
            matches!(&val.path, Some(Path { root: Root::Param(_), steps }) if steps.is_empty())
        })
    }

    fn is_lock_call(&self, call: ExprId) -> bool {
        let tree = self.cx.tree;
        let ExprKind::Call(callee, args) = tree.kind(call) else { return false };
        args.is_empty()
            && matches!(tree.kind(*callee), ExprKind::Attr(_, name)
                if matches!(*name, "Lock" | "RLock" | "Unlock" | "RUnlock"))
    }
}
