//! `with ExitStack() as stack: stack.enter_context(self._lock)`: what is entered there is held until
//! the end of the `with`.

use super::body::{Body, Val};
use super::flow::Leave;
use crate::event::{Literal, Name, Span};
use crate::syntax::{Arg, ExprId, ExprKind};

impl<'s> Body<'_, '_, 's> {
    /// The variable of a stack of contexts.
    pub(super) fn exit_stack(&self, context: ExprId, target: Option<ExprId>) -> Option<Name> {
        let tree = self.cx.tree;
        let ExprKind::Call(callee, _) = tree.kind(context) else { return None };
        let ExprKind::Name(name) = tree.kind(target?) else { return None };
        let made = self.cx.dotted(*callee)?;
        let word = made.as_str().rsplit('.').next().unwrap_or_default();
        matches!(word, "ExitStack" | "AsyncExitStack").then(|| Name::new(name))
    }

    /// A lock is put on a stack of contexts around here.
    pub(super) fn enters_stack(
        &mut self,
        callee: ExprId,
        args: &[Arg<'s>],
        span: Span,
    ) -> Option<Val> {
        let tree = self.cx.tree;
        let ExprKind::Attr(base, "enter_context" | "enter_async_context") = tree.kind(callee)
        else {
            return None;
        };
        let ExprKind::Name(stack) = tree.kind(*base) else { return None };
        let stack = Name::new(stack);
        let at = self.exit_stacks.iter().rposition(|(name, _)| *name == stack)?;
        let [Arg { value, .. }] = args else { return None };
        if !matches!(tree.kind(*value), ExprKind::Name(_) | ExprKind::Attr(..)) {
            return None;
        }
        let val = self.expr(*value);
        let (kind, scope, confidence) = self.lock_of(&val, true)?;
        let Leave::Events(undo) = self.hold(&val, kind, scope, confidence, span) else {
            return None;
        };
        self.exit_stacks[at].1.extend(undo);
        Some(Val { id: self.literal(Literal::Bool(true), span), ty: None, path: None })
    }
}
