//! Files that coroutines of one module write and read: on their loop nobody comes in between where they do not give
//! way, and only another process may.

use amorsize_facts::event::{ActKind, EventKind, Lang, Scope, StoreKind};

use super::coin::holds;
use super::explore::Other;
use super::kept::in_everybodys_cache;
use crate::flow::{Flow, Item, Uid};
use crate::link::{FnId, Tree};
use crate::slice::Pair;

/// What must hold for anybody to come in between.
pub(super) fn alone_on_its_loop(
    flow: &Flow<'_, '_>,
    pair: Pair,
    other: &Other,
) -> Option<&'static str> {
    (on_one_loop(flow, pair, other)
        && !in_everybodys_cache(flow, pair)
        && !expects_processes(flow.tree, flow.entry))
    .then_some("another process serves the same folder")
}

/// Whether both parties are coroutines of one module, and the one that is shown keeps its turn from the look to the
/// end of the act.
fn on_one_loop(flow: &Flow<'_, '_>, pair: Pair, other: &Other) -> bool {
    let entry = flow.tree.function(flow.entry);
    flow.tree.file(flow.entry).lang == Lang::Python
        && entry.is_async
        && is_beside(flow.tree, flow, other)
        && !gives_way(flow, pair)
}

/// Whether the class, or the functions beside, put files in place as a whole or lock them: others than this process
/// are expected to read them.
fn expects_processes(tree: &Tree<'_>, entry: FnId) -> bool {
    let class = tree.class_of(entry);
    let beside = |id: FnId| {
        tree.class_of(id) == class && (class.is_some() || tree.parent(id) == tree.parent(entry))
    };
    let facts = tree.file(entry);
    let all = (0_u32..).zip(&facts.functions).map(|(func, _)| FnId { file: entry.file, func });
    all.filter(|id| beside(*id)).any(|id| {
        let function = tree.function(id);
        let mut expected = false;
        function.each_event(|event| {
            expected |= match &event.kind {
                EventKind::Act(act) => {
                    act.kind == ActKind::Rename && function.store(act.store).kind == StoreKind::File
                }
                EventKind::Acquire(acquire) => acquire.scope == Scope::Host,
                _ => false,
            };
        });
        expected
    })
}

/// Whether the other party is a coroutine of the same module.
fn is_beside(tree: &Tree<'_>, flow: &Flow<'_, '_>, other: &Other) -> bool {
    match other {
        Other::Same => true,
        Other::Mutator { label, path, .. } => {
            *path == tree.file(flow.entry).path
                && tree.named_in(path, label).is_some_and(|id| tree.function(id).is_async)
        }
        _ => false,
    }
}

/// Whether others get their turn within the window: between the two, or while what the act opened is open.
fn gives_way(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let from = pair.check.min(pair.act);
    let to = pair.check.max(pair.act);
    let to = open_until(flow, &flow.items, to).unwrap_or(to);
    (from..=to).any(|uid| matches!(flow.event(uid).kind, EventKind::Await(_)))
}

/// The last event of the region that an event opens.
fn open_until(flow: &Flow<'_, '_>, items: &[Item<'_>], opened: Uid) -> Option<Uid> {
    let item = items.iter().find(|item| holds(item, opened))?;
    if let Item::With(region) = item
        && region.enter.iter().any(|item| holds(item, opened))
    {
        let last = |uid: &Uid| region.body.iter().any(|item| holds(item, *uid));
        return flow.uids().rfind(last);
    }
    if let Item::Call(inlined) = item {
        return open_until(flow, &inlined.body, opened);
    }
    flow.own_blocks(item).into_iter().find_map(|block| open_until(flow, block, opened))
}
