//! Refusals that the caller is told of: who fails answers otherwise than who does not. Whether anybody is
//! harmed then hangs on whoever calls and takes no notice of the answer.

use amorsize_facts::event::{EventKind, Literal, Return, StoreKind};
use amorsize_finding::Verdict;

use super::explore::Draft;
use crate::flow::{Flow, Item, Uid};

/// What is left of a swallowed failure if the answer tells of it, and all who call ask for the answer.
pub(super) fn if_told(flow: &Flow<'_, '_>, place: Option<Uid>, draft: Draft) -> Draft {
    let name = flow.tree.function(flow.entry).name;
    let told = place.is_some_and(|place| is_told(flow, place, draft.pair.check));
    // A session refuses a change for no other one's sake; who takes no notice of that chose to.
    let plain = draft.target.kind == StoreKind::Orm;
    if !told || !plain && flow.tree.unheard().contains(&name) {
        return draft;
    }
    let assumption = Some("a caller takes no notice of the answer".to_owned());
    Draft { verdict: Verdict::Conditional, assumption, ..draft }
}

/// Whether what is answered at `place` is not what is answered after `act` when nothing fails.
fn is_told(flow: &Flow<'_, '_>, place: Uid, act: Uid) -> bool {
    let EventKind::Return(refusal) = &flow.event(place).kind else { return false };
    let mut answers = Answers::default();
    answers.follow(flow, &flow.items, act);
    // Who comes to the end without a word says nothing.
    let last = if answers.ended { answers.last.flatten() } else { Some(Literal::Nil) };
    last != said(refusal) && answers.others.iter().any(|answer| *answer != said(refusal))
}

/// What a function answers after an act.
#[derive(Default)]
struct Answers {
    /// What it may answer.
    others: Vec<Option<Literal>>,
    /// What it answers at the end of all ways that do not answer before.
    last: Option<Option<Literal>>,
    ended: bool,
}

impl Answers {
    /// Follows the way on from `act`; tells whether it is among the items.
    fn follow(&mut self, flow: &Flow<'_, '_>, items: &[Item<'_>], act: Uid) -> bool {
        let holds = |item: &Item<'_>| match item {
            Item::Event(own) | Item::Unlock(own, _) => *own == act,
            _ => false,
        };
        for (at, item) in items.iter().enumerate() {
            let here = holds(item)
                || flow.own_blocks(item).into_iter().any(|block| self.follow(flow, block, act));
            if here {
                self.go_on(flow, &items[at + 1..]);
                return true;
            }
        }
        false
    }

    fn go_on(&mut self, flow: &Flow<'_, '_>, items: &[Item<'_>]) {
        for item in items {
            if self.ended {
                return;
            }
            match item {
                Item::Event(uid) | Item::Unlock(uid, _) => {
                    if let EventKind::Return(ret) = &flow.event(*uid).kind {
                        self.others.push(said(ret));
                        self.last = Some(said(ret));
                        self.ended = true;
                    }
                }
                item => {
                    for block in flow.own_blocks(item) {
                        self.may_answer(flow, block);
                    }
                    // Who answers on either way does not go on; the ways differ.
                    if let Item::Branch(fork) = item
                        && [&fork.then, &fork.other].into_iter().all(|way| answers(flow, way))
                    {
                        self.ended = true;
                    }
                }
            }
        }
    }

    fn may_answer(&mut self, flow: &Flow<'_, '_>, items: &[Item<'_>]) {
        for item in items {
            match item {
                Item::Event(uid) | Item::Unlock(uid, _) => {
                    if let EventKind::Return(ret) = &flow.event(*uid).kind {
                        self.others.push(said(ret));
                    }
                }
                item => {
                    for block in flow.own_blocks(item) {
                        self.may_answer(flow, block);
                    }
                }
            }
        }
    }
}

/// Whether a block ends with an answer.
fn answers(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    matches!(items.last(), Some(Item::Event(uid) | Item::Unlock(uid, _))
        if matches!(flow.event(*uid).kind, EventKind::Return(_)))
}

/// What a return says, as far as it is a constant; no value is none.
fn said(ret: &Return) -> Option<Literal> {
    match &ret.constant {
        None if ret.values.is_empty() => Some(Literal::Nil),
        constant => constant.clone(),
    }
}
