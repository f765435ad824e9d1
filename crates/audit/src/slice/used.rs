//! The use of an entry that was handed out: `out, err := conn.Do(query)`. Whoever drops the entry for the
//! error that it gave has judged it by that.

use amorsize_facts::event::{ActKind, Call, EventKind, StoreKind};

use super::compile::Compiler;
use super::probe::Probe;
use super::target::touches;
use crate::flow::FrameId;

impl Compiler<'_, '_, '_> {
    /// What the error beside the answer of an entry's own method tells, where entries are taken away: that the
    /// entry is the one that was there at first, and fails. A method that deals with the store itself tells more than that.
    pub(super) fn failed_use(
        &self,
        frame: FrameId,
        (call, callee): (&Call, Option<FrameId>),
        n: u8,
    ) -> Option<(Probe, bool)> {
        let memory = matches!(self.target.kind, StoreKind::Map | StoreKind::Synchronised);
        let plain = !self.target.size && !self.target.room;
        if !self.in_go() || !memory || !plain || n == 0 || !self.takes_away() {
            return None;
        }
        let flow = self.flow;
        let own = |uid| callee.is_some_and(|callee| flow.chain(uid).contains(&callee));
        if flow.uids().any(|uid| own(uid) && touches(flow, self.target, uid).is_some()) {
            return None;
        }
        let seen = self.seen_in(frame, call.receiver_value?)?;
        Some((Probe::State(seen), true))
    }

    fn takes_away(&self) -> bool {
        self.flow.uids().any(|uid| {
            matches!(&self.flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::Delete)
                && touches(self.flow, self.target, uid).is_some()
        })
    }
}
