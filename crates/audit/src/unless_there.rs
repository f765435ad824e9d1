//! Stores that happen only where nothing is yet: `if _, ok := m[k]; ok { return }; m[k] = v`, look and
//! store within one holding of a lock. Whoever else keeps the entry is not overwritten by them.

use amorsize_facts::event::{
    Act, ActKind, Block, Check, CheckKind, Cond, Event, EventId, EventKind, Function, Lang, Node,
    Seen, ValueId, leaves,
};

use crate::held::HeldAt;
use crate::link::{FnId, Tree};

/// Whether an act of a function of Go stores an entry only if it is missing, decided under the lock that
/// is held at the act.
pub(crate) fn only_if_missing(
    tree: &Tree<'_>,
    id: FnId,
    (event, act): (&Event, &Act),
    held: &HeldAt,
) -> bool {
    if tree.file(id).lang != Lang::Go || !matches!(act.kind, ActKind::Insert | ActKind::Update) {
        return false;
    }
    let search = Search { function: tree.function(id), event: event.id, act, held };
    search.decided(&search.function.body) == Some(true)
}

struct Search<'s> {
    function: &'s Function,
    event: EventId,
    act: &'s Act,
    held: &'s HeldAt,
}

impl Search<'_> {
    /// Whether a look on the way to the act lets only pass who saw nothing; `None` where the act is not
    /// within the block.
    fn decided(&self, block: &Block) -> Option<bool> {
        let at = block.iter().position(|node| self.has_act(node))?;
        let before = block[..at].iter().any(|node| match node {
            Node::Branch(branch) => {
                let missing = self.missing_if(&branch.cond);
                missing == Some(false) && leaves(&branch.then)
                    || missing == Some(true) && leaves(&branch.other)
            }
            _ => false,
        });
        if before {
            return Some(true);
        }
        let inner = |blocks: Vec<&Block>| blocks.into_iter().find_map(|block| self.decided(block));
        match &block[at] {
            Node::Event(_) => Some(false),
            Node::Branch(branch) => match (self.decided(&branch.then), self.decided(&branch.other))
            {
                (Some(within), _) => Some(within || self.missing_if(&branch.cond) == Some(true)),
                (None, Some(within)) => {
                    Some(within || self.missing_if(&branch.cond) == Some(false))
                }
                (None, None) => None,
            },
            node => inner(node.blocks()),
        }
    }

    fn has_act(&self, node: &Node) -> bool {
        match node.event() {
            Some(event) => event.id == self.event,
            None => node.blocks().into_iter().flatten().any(|node| self.has_act(node)),
        }
    }

    /// Whether the entry is missing where the condition holds (or there, where it does not).
    fn missing_if(&self, cond: &Cond) -> Option<bool> {
        match cond {
            Cond::Value(value) => self.look(*value).map(|check| check.means == Seen::Absent),
            Cond::Not(inner) => self.missing_if(inner).map(|missing| !missing),
            _ => None,
        }
    }

    /// The look for the entry of the act, in the act's own holding of a lock, that gave a value.
    fn look(&self, value: ValueId) -> Option<&Check> {
        let mut found = None;
        self.function.each_event(|event| {
            if let EventKind::Check(check) = &event.kind
                && check.result == value
                && check.what == CheckKind::Presence
                && matches!(check.means, Seen::Present | Seen::Absent)
                && self.is_same_entry(check)
                && self.one_holding(check.of.unwrap_or(event.id))
            {
                found = Some(&**check);
            }
        });
        found
    }

    fn is_same_entry(&self, check: &Check) -> bool {
        let place = |store| &self.function.store(store).place;
        let known = check.key.value.is_some() && check.key.shape == self.act.key.shape;
        known && (check.store == self.act.store || place(check.store) == place(self.act.store))
    }

    fn one_holding(&self, look: EventId) -> bool {
        let at = |event| self.held.get(&event).map_or(&[][..], Vec::as_slice);
        at(look).iter().any(|seen| {
            at(self.event).iter().any(|kept| kept.lock == seen.lock && kept.taken == seen.taken)
        })
    }
}
