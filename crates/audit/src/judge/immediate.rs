//! Transactions that take the lock of all writers when they begin: `BEGIN IMMEDIATE`, `BEGIN
//! EXCLUSIVE`. Who writes without a transaction of its own waits for the end of those.

use amorsize_facts::event::{EventKind, Isolation, StoreKind};

use super::explore::Other;
use crate::flow::Flow;
use crate::slice::{Pair, Target};

/// Whether check and act lie in such a transaction, and the other party writes.
pub(super) fn writes_alone(
    flow: &Flow<'_, '_>,
    target: &Target,
    pair: Pair,
    other: &Other,
) -> bool {
    if target.kind != StoreKind::Sql || !matches!(other, Other::Mutator { .. }) {
        return false;
    }
    let mut alone = false;
    for uid in 0..=pair.act {
        match &flow.event(uid).kind {
            EventKind::TxBegin(tx) => alone = tx.isolation == Isolation::Exclusive,
            EventKind::TxEnd(_) => alone = false,
            _ if uid == pair.check && !alone => return false,
            _ => {}
        }
    }
    alone
}
