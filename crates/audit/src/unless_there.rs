//! Stores that happen only where nothing is yet: `if _, ok := m[k]; ok { return }; m[k] = v`, look and
//! store within one holding of a lock. Whoever else keeps the entry is not overwritten by them.

use std::cell::OnceCell;
use std::rc::Rc;

use amorsize_facts::event::{
    Act, ActKind, Block, Branch, Check, CheckKind, Cond, Event, EventId, EventKind, Function, Key,
    Lang, Node, Place, Seen, ValueId, ValueKind, breaks, leaves,
};

use crate::held::{HeldAt, Locking};
use crate::link::FnId;

/// Whether an act of a function of Go stores an entry only if it is missing, decided under the lock that
/// is held at the act, be it the function's own or its callers'.
pub(crate) fn only_if_missing(
    locking: &Locking<'_, '_>,
    id: FnId,
    (event, act): (&Event, &Act),
) -> bool {
    let tree = locking.tree();
    if tree.file(id).lang != Lang::Go || !matches!(act.kind, ActKind::Insert | ActKind::Update) {
        return false;
    }
    let (function, held) = (tree.function(id), OnceCell::new());
    let search = Search { locking, id, function, event: event.id, act, held };
    search.decided(&search.function.body) == Some(true)
}

struct Search<'s, 't, 'f> {
    locking: &'s Locking<'t, 'f>,
    id: FnId,
    function: &'s Function,
    event: EventId,
    act: &'s Act,
    /// Found only where a look for the entry was.
    held: OnceCell<Rc<HeldAt>>,
}

impl Search<'_, '_, '_> {
    /// Whether a look on the way to the act lets only pass who saw nothing; `None` where the act is not
    /// within the block.
    fn decided(&self, block: &Block) -> Option<bool> {
        let at = block.iter().position(|node| self.has_act(node))?;
        let before = block[..at].iter().any(|node| match node {
            Node::Branch(branch) => self.turns_away(branch, leaves),
            Node::Loop(each) => self.looks_at_all(&each.body),
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

    /// Whether every round of a loop looks first, and who saw an entry leaves the function: all are looked at before
    /// the first one is stored.
    fn looks_at_all(&self, body: &Block) -> bool {
        let first = body.iter().find(|node| node.event().is_none());
        matches!(first, Some(Node::Branch(branch)) if self.turns_away(branch, ends))
            && !breaks(body)
    }

    /// Whether nobody passes a branch who saw an entry.
    fn turns_away(&self, branch: &Branch, out: fn(&Block) -> bool) -> bool {
        match self.missing_if(&branch.cond) {
            Some(false) => out(&branch.then),
            Some(true) => out(&branch.other),
            None => false,
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
        let same = check.key.shape == self.act.key.shape || self.same_walk(&check.key);
        let known = check.key.value.is_some() && same;
        known && (check.store == self.act.store || place(check.store) == place(self.act.store))
    }

    /// Whether a key and that of the act are what two walks along one list meet.
    fn same_walk(&self, key: &Key) -> bool {
        let (Some((one, part)), Some((other, same))) = (self.met(key), self.met(&self.act.key))
        else {
            return false;
        };
        part == same
            && (one == other || self.lists(one).is_some() && self.lists(one) == self.lists(other))
    }

    /// The list on a walk along which a key is met, and which part of what is met it is.
    fn met(&self, key: &Key) -> Option<(ValueId, Option<u8>)> {
        match self.function.value(key.value?).kind {
            ValueKind::Element(of) => Some((of, None)),
            ValueKind::Part(each, part) => match self.function.value(each).kind {
                ValueKind::Element(of) => Some((of, Some(part))),
                _ => None,
            },
            _ => None,
        }
    }

    /// What is gone through whole, and that the function does not change.
    fn lists(&self, list: ValueId) -> Option<&Place> {
        let ValueKind::Result(event, _) = self.function.value(list).kind else { return None };
        let EventKind::Enumerate(walk) = &self.function.event(event)?.kind else { return None };
        let place = &self.function.store(walk.store).place;
        let mut changed = false;
        self.function.each_event(|event| {
            changed |= matches!(&event.kind, EventKind::Act(act)
                if self.function.store(act.store).place == *place);
        });
        (walk.key.value.is_none() && !changed).then_some(place)
    }

    fn one_holding(&self, look: EventId) -> bool {
        let held = self.held.get_or_init(|| self.locking.throughout(self.id));
        let at = |event| held.get(&event).map_or(&[][..], Vec::as_slice);
        at(look).iter().any(|seen| {
            at(self.event).iter().any(|kept| kept.lock == seen.lock && kept.taken == seen.taken)
        })
    }
}

/// Whether a block ends the function.
fn ends(block: &Block) -> bool {
    let mut events = block.iter().filter_map(Node::event);
    events.any(|event| matches!(event.kind, EventKind::Return(_) | EventKind::Raise(_)))
}
