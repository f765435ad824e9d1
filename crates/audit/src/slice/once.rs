//! What a function does once and answers nothing about: `if s.started { return }`, the work, and
//! `s.started = true`; or what it takes out of a map and closes. Nobody is told who did it, so the
//! doing itself counts as the answer.

use amorsize_facts::event::{Act, ActKind, EventKind, FunctionKind, Literal, StoreKind, ValueKind};

use super::compile::Compiler;
use crate::explore::OpKind;
use crate::flow::Uid;

impl Compiler<'_, '_, '_> {
    /// Notes that the entry has done what only one may do.
    pub(super) fn note_done(&mut self, uid: Uid, act: &Act) {
        let flow = self.flow;
        let entry = flow.tree.function(flow.entry);
        let told = !entry.returns.is_empty() || entry.kind == FunctionKind::Constructor;
        if told || !self.in_go() || self.guards.is_empty() {
            return;
        }
        let done = match act.kind {
            ActKind::Insert => self.target.kind == StoreKind::Cell && self.is_yes(uid, act),
            ActKind::Delete => self.target.kind == StoreKind::Map && self.ends_what_was_seen(uid),
            _ => false,
        };
        if done {
            let into = self.once.unwrap_or_else(|| self.fresh());
            self.once = Some(into);
            self.emit(OpKind::Set { into, yes: true });
        }
    }

    fn is_yes(&self, uid: Uid, act: &Act) -> bool {
        let function =
            self.flow.tree.function(self.flow.frames[self.flow.frame_of(uid) as usize].func);
        let work = (0..uid).any(|before| {
            self.flow.frame_of(before) == 0
                && matches!(
                    self.flow.event(before).kind,
                    EventKind::Call(_) | EventKind::Spawn(_) | EventKind::Act(_)
                )
        });
        work && act.value.is_some_and(|value| {
            matches!(function.value(value).kind, ValueKind::Literal(Literal::Bool(true)))
        })
    }

    /// Whether what was found is closed or stopped before it is taken away.
    fn ends_what_was_seen(&self, act: Uid) -> bool {
        (0..act).any(|uid| {
            let EventKind::Call(call) = &self.flow.event(uid).kind else { return false };
            let ends = matches!(
                call.name.as_str(),
                "close" | "Close" | "Stop" | "Shutdown" | "Release" | "Free" | "Destroy"
            );
            let frame = self.flow.frame_of(uid);
            ends && call
                .args
                .iter()
                .chain(&call.receiver_value)
                .any(|value| self.seen_in(frame, *value).is_some())
        })
    }
}
