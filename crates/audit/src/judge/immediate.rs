//! Transactions that take the lock of all writers when they begin: `BEGIN IMMEDIATE`, `BEGIN
//! EXCLUSIVE`, or all of a package by how it opens the database. Who writes without a transaction of its own waits for the end of those.
//! And functions that a server's client runs again where somebody wrote in between: `client.transaction(function, key)`.

use amorsize_facts::event::{EventKind, Isolation, Lang, Literal, StoreKind, Value, ValueKind};

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
    let (begun, waits): (Isolation, bool) = match target.kind {
        StoreKind::Sql => (Isolation::Exclusive, matches!(other, Other::Mutator { .. })),
        // What a server runs of a function that it is given counts only if nobody came in between.
        StoreKind::Remote => (
            Isolation::Optimistic,
            *other != Other::Same
                && [pair.check, pair.act].iter().all(|uid| flow.frame_of(*uid) != 0),
        ),
        _ => return false,
    };
    if !waits {
        return false;
    }
    let mut alone = false;
    for uid in 0..=pair.act {
        match &flow.event(uid).kind {
            EventKind::TxBegin(tx) => alone = tx.isolation == begun,
            EventKind::TxEnd(_) => alone = false,
            _ if uid == pair.check && !alone => return false,
            _ => {}
        }
    }
    alone
}

/// Whether the look and the act stand in a transaction, and the package opens SQLite so that each begins with the
/// lock on the whole database.
pub(super) fn alone_from_the_start(flow: &Flow<'_, '_>) -> bool {
    let begins = flow.uids().any(|uid| matches!(flow.event(uid).kind, EventKind::TxBegin(_)));
    let tree = flow.tree;
    let package = tree.package(flow.entry.file);
    let says = |value: &Value| {
        matches!(&value.kind, ValueKind::Literal(Literal::Text(text))
            if ["_txlock=exclusive", "_txlock=immediate"].iter().any(|word| text.as_str().contains(word)))
    };
    begins
        && tree.file(flow.entry).lang == Lang::Go
        && tree
            .all()
            .filter(|id| tree.package(id.file) == package)
            .any(|id| tree.function(id).values.iter().any(says))
}
