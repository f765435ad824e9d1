//! Numbers of entries: what a count, the length of an answer or of a list says about what is there.

use super::body::{Body, Seen as Looked};
use crate::event::{Literal, Op, Seen, StoreKind, ValueId, ValueKind};

impl Body<'_, '_, '_> {
    /// `EXISTS key` gives 1 or 0.
    pub(super) fn counted_presence(
        &self,
        op: Op,
        left: ValueId,
        right: ValueId,
        looked: &Looked,
    ) -> Option<Seen> {
        let ValueKind::Result(event, _) = self.value(looked.result) else { return None };
        let number = matches!(self.value(left), ValueKind::Literal(Literal::Int(_)));
        if !self.checks.contains(event) || number {
            return None;
        }
        self.some_or_none(op, right)
    }

    /// What a number of entries under one key, compared with none or one, says of the entry.
    pub(super) fn some_or_none(&self, op: Op, with: ValueId) -> Option<Seen> {
        let ValueKind::Literal(Literal::Int(number)) = self.value(with) else { return None };
        match (op, *number) {
            (Op::Eq | Op::Ge, 1) | (Op::Gt | Op::Ne, 0) => Some(Seen::Present),
            (Op::Ne | Op::Lt, 1) | (Op::Eq | Op::Le, 0) => Some(Seen::Absent),
            _ => None,
        }
    }

    /// A server that is asked for one key answers with a list, which is empty if there is none:
    /// `len(found.Kvs) == 0`, `found.Count == 0`.
    pub(super) fn listed_presence(
        &self,
        op: Op,
        left: ValueId,
        right: ValueId,
        looked: &Looked,
    ) -> Option<Seen> {
        let listed = self.cx.is_go()
            && looked.key.value.is_some()
            && self.stores[looked.store.0 as usize].kind == StoreKind::Remote;
        let count = matches!(self.value(left), ValueKind::Field(_, name) if *name == "Count");
        if !listed || !count && !self.is_size(left) {
            return None;
        }
        self.some_or_none(op, right)
    }

    /// `len(stale) == 0`, of what a loop over the entries picked out: says nothing of how many there are.
    pub(super) fn picked_out(&self, id: ValueId, looked: &Looked) -> bool {
        self.cx.is_go()
            && looked.key.value.is_none()
            && self.any_within(id, &|kind| match kind {
                ValueKind::Op(Op::Len, parts) => parts.iter().any(|part| {
                    matches!(self.value(*part), ValueKind::Phi(_) | ValueKind::Op(Op::Add, _))
                }),
                _ => false,
            })
    }

    pub(super) fn is_size(&self, id: ValueId) -> bool {
        self.any_within(id, &|kind| match kind {
            ValueKind::Op(Op::Len, _) => true,
            ValueKind::Result(event, _) => self.counting.contains(event),
            _ => false,
        })
    }

    pub(super) fn counts(&self, looked: &Looked) -> bool {
        matches!(self.value(looked.result), ValueKind::Result(event, _) if self.counting.contains(event))
    }
}
