//! Properties that look at a store and say yes or no: `if self.is_running` asks all the same, without
//! brackets.
//!
//! A property that hands out something else (a path, a client) stays the field that it looks like.
//!
//! And functions without a name that are asked about an entry: `if matches(key, entry)`.

use super::body::Body;
use super::declare::each_body;
use super::file::FileCx;
use crate::event::{EventId, ValueId, ValueKind};
use crate::syntax::{Binary, ExprId, ExprKind, FunctionDef, Stmt, StmtKind, Unary};

/// Blocks within blocks that are looked through.
const DEPTH_MAX: u32 = 12;

/// What the returns and the questions of a property come to.
#[derive(Default)]
struct Asking {
    looks: bool,
    answers: u32,
    others: u32,
}

impl<'s> FileCx<'_, 's> {
    /// Whether a method is a property that looks whether there is a file or an entry, and answers by yes or no.
    pub(super) fn asks_for_a_file(&self, method: &FunctionDef<'s>) -> bool {
        let property = |id: &ExprId| matches!(self.tree.kind(*id), ExprKind::Name("property"));
        if self.is_go() || !method.decorators.iter().any(property) {
            return false;
        }
        let mut asking = Asking::default();
        self.asked_in(method.body.as_deref().unwrap_or_default(), 0, &mut asking);
        asking.looks && asking.answers > 0 && asking.others == 0 || self.counts_under_lock(method)
    }

    /// Whether a property takes a lock and tells a number or a yes: what it says is of that moment.
    fn counts_under_lock(&self, method: &FunctionDef<'s>) -> bool {
        let Some(Stmt { kind: StmtKind::With { body, .. }, .. }) =
            method.body.as_ref().and_then(|body| body.last())
        else {
            return false;
        };
        let [Stmt { kind: StmtKind::Return(Some(id)), .. }] = body.as_slice() else { return false };
        let said = method.returns.first().and_then(|result| result.annotation);
        let number = said.is_some_and(|of| {
            matches!(self.tree.kind(of), ExprKind::Name("int" | "float" | "bool"))
        });
        match self.tree.kind(*id) {
            ExprKind::Attr(..) => number,
            ExprKind::Binary(..) => true,
            _ => self.counts(*id),
        }
    }

    fn asked_in(&self, body: &[Stmt<'s>], depth: u32, found: &mut Asking) {
        for stmt in body.iter().filter(|_| depth <= DEPTH_MAX) {
            match &stmt.kind {
                StmtKind::Return(Some(id)) if self.is_answer(*id) => {
                    found.answers += 1;
                    found.looks |= self.looks(*id) || self.counts(*id);
                }
                StmtKind::Return(_) => found.others += 1,
                StmtKind::If { test, .. } => found.looks |= self.looks(*test),
                _ => {}
            }
            each_body(stmt, &mut |inner| self.asked_in(inner, depth + 1, found));
        }
    }

    /// Whether an expression can only be a yes or a no.
    fn is_answer(&self, id: ExprId) -> bool {
        match self.tree.kind(id) {
            ExprKind::Bool(_) | ExprKind::Unary(Unary::Not, _) => true,
            ExprKind::Binary(op, ..) => !matches!(
                op,
                Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Mod | Binary::Other
            ),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().all(|part| self.is_answer(*part))
            }
            _ => self.looks(id) || self.counts(id),
        }
    }

    /// Whether an expression is how much there is.
    fn counts(&self, id: ExprId) -> bool {
        matches!(self.tree.kind(id), ExprKind::Call(callee, _)
            if matches!(self.tree.kind(*callee), ExprKind::Name("len")))
    }

    /// Whether a test looks for a file or an entry by its name.
    fn looks(&self, id: ExprId) -> bool {
        match self.tree.kind(id) {
            ExprKind::Unary(Unary::Not, inner) => self.looks(*inner),
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                parts.iter().any(|part| self.looks(*part))
            }
            ExprKind::Call(callee, _) => matches!(
                self.tree.kind(*callee),
                ExprKind::Attr(_, "exists" | "lexists" | "isfile" | "is_file")
            ),
            _ => false,
        }
    }
}

impl Body<'_, '_, '_> {
    /// Whether a call runs a function that was handed in or is kept in a variable, and gives it what an entry
    /// holds: by its plain yes or no that one is judged. A key alone is not.
    pub(super) fn asks_what_it_is_given(&self, event: EventId, given: &[ValueId]) -> bool {
        let held = |id: &ValueId| {
            matches!(
                self.value(*id),
                ValueKind::Part(_, 1) | ValueKind::Result(..) | ValueKind::Field(..)
            )
        };
        self.cx.is_go()
            && self.call_names.get(&event).is_some_and(|name| name.is_empty())
            && given.iter().any(held)
    }
}
