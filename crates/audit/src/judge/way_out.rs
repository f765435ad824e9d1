//! What is done on every way out: a look within the region does not decide it.

use super::coin::holds;
use crate::flow::{Flow, Item, Uid};
use crate::slice::Pair;

/// Whether the act of a pair was put off before the look (`defer`), and is done whatever was seen.
pub(super) fn done_anyway(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    !pair.data && within(&flow.items, pair)
}

fn within(items: &[Item<'_>], pair: Pair) -> bool {
    let Some(item) = items.iter().find(|item| holds(item, pair.act)) else { return false };
    match item {
        Item::Event(_) | Item::Unlock(..) => false,
        Item::Branch(fork) => within(&fork.then, pair) || within(&fork.other, pair),
        Item::Loop(round) => within(&round.body, pair),
        Item::Try(attempt) => {
            within(&attempt.body, pair)
                || attempt.handlers.iter().any(|handler| within(&handler.body, pair))
                || within(&attempt.finally, pair)
        }
        Item::Call(inlined) => within(&inlined.body, pair),
        Item::Within(items) => within(items, pair),
        Item::With(region) => {
            let looked = region.body.iter().any(|item| holds(item, pair.check));
            looked && straight(&region.exit, pair.act)
                || within(&region.body, pair)
                || within(&region.exit, pair)
        }
    }
}

/// Whether no branch stands between a block and an event of it.
pub(super) fn straight(items: &[Item<'_>], uid: Uid) -> bool {
    let Some(item) = items.iter().find(|item| holds(item, uid)) else { return false };
    match item {
        Item::Event(_) | Item::Unlock(..) => true,
        Item::Call(inlined) => straight(&inlined.body, uid),
        Item::Within(items) => straight(items, uid),
        Item::With(region) => {
            straight(&region.enter, uid)
                || straight(&region.body, uid)
                || straight(&region.exit, uid)
        }
        Item::Branch(_) | Item::Loop(_) | Item::Try(_) => false,
    }
}
