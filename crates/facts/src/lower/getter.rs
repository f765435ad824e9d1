//! Getters that take a lock: `with self.lock: return self.running`. What they hand out was read in one
//! critical section, and whoever asks acts in another one.

use super::body::Body;
use crate::event::Name;
use crate::syntax::{Binary, ExprId, ExprKind, Stmt, StmtKind};

/// Statements of a function that does nothing but hand out a field.
const STATEMENTS_MAX: usize = 4;

impl<'s> Body<'_, '_, 's> {
    /// Makes the read of a field an event where the function is a getter that takes a lock.
    pub(super) fn find_getter(&mut self, body: &[Stmt<'s>]) {
        if body.len() > STATEMENTS_MAX {
            return;
        }
        // `c.reading(func() { n = c.total })`
        if let [Stmt { kind: StmtKind::Assign { targets, value, .. }, .. }] = body
            && self.cx.is_go()
            && matches!(targets.as_slice(), [target]
                if matches!(self.cx.tree.kind(*target), ExprKind::Name(_)))
        {
            self.reads_field(*value);
            return;
        }
        let within = match body.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::With { body, .. } | StmtKind::Try { body, .. }) if !self.cx.is_go() => {
                body
            }
            _ if self.cx.is_go() && body.iter().any(|stmt| self.locks(stmt)) => body,
            _ => return,
        };
        let Some(StmtKind::Return(Some(id))) = within.last().map(|stmt| &stmt.kind) else { return };
        // `running := s.running`, and what is returned is that.
        let kept = match self.cx.tree.kind(*id) {
            ExprKind::Name(name) => within.iter().find_map(|stmt| match &stmt.kind {
                StmtKind::Assign { targets, value, .. }
                    if matches!(targets.as_slice(), [target]
                        if matches!(self.cx.tree.kind(*target), ExprKind::Name(to) if to == name)) =>
                {
                    Some(*value)
                }
                _ => None,
            }),
            _ => None,
        };
        self.reads_field(kept.unwrap_or(*id));
    }

    fn reads_field(&mut self, id: ExprId) {
        // `return p.used+n > p.limit`
        if let ExprKind::Binary(op, left, right) = self.cx.tree.kind(id)
            && matches!(
                op,
                Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Add | Binary::Sub
            )
        {
            self.reads_field(*left);
            self.reads_field(*right);
            return;
        }
        if let ExprKind::Attr(of, field) = self.cx.tree.kind(id)
            && matches!(self.cx.tree.kind(*of), ExprKind::Name(_))
            && (!self.cx.is_go() || self.is_flag(Name::new(field)))
        {
            self.assigned.insert(Name::new(field));
        }
    }

    /// Whether a field of the receiver is a flag. Of a number or a record, a getter tells what it was.
    fn is_flag(&self, field: Name) -> bool {
        let own = self.receiver.as_ref().and_then(|(_, ty)| ty.as_ref());
        let of = own.and_then(|own| self.cx.field_type(own, field)).and_then(|(of, _)| of);
        of.is_some_and(|of| {
            !of.pointer
                && matches!(
                    of.name.as_str(),
                    "bool" | "int" | "int64" | "uint64" | "int32" | "uint32" | "uint"
                )
        })
    }

    /// `s.mu.Lock()`
    fn locks(&self, stmt: &Stmt<'s>) -> bool {
        let called = |id: ExprId| match self.cx.tree.kind(id) {
            ExprKind::Call(callee, args) if args.is_empty() => Some(*callee),
            _ => None,
        };
        let StmtKind::Expr(id) = &stmt.kind else { return false };
        called(*id).is_some_and(|callee| {
            matches!(self.cx.tree.kind(callee), ExprKind::Attr(_, "Lock" | "RLock"))
        })
    }
}
