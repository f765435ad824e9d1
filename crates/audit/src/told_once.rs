//! One mistake, told once: where the function that makes it is told of, a caller is not whose window is
//! that function's.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;

use amorsize_facts::event::{EventId, Lang, StoreKind};
use amorsize_finding::{Consequence, Finding, Span, Verdict};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::explore::Step;
use crate::flow::Flow;
use crate::judge::Draft;
use crate::link::{FnId, Tree};

/// An act as the tree knows it, through whichever caller it was come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Act {
    within: FnId,
    event: EventId,
}

impl Act {
    fn of(flow: &Flow<'_, '_>, draft: &Draft) -> Self {
        let frame = flow.frame_of(draft.pair.act);
        let within = flow.frames[frame as usize].func;
        Self { within, event: flow.event(draft.pair.act).id }
    }
}

/// A finding, the function it is told of, and what that does.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub by: FnId,
    pub act: Act,
    /// Whether the window is that of the function called: who acts has just looked.
    pub within: bool,
    pub finding: Finding,
}

impl Told {
    pub(crate) fn of(flow: &Flow<'_, '_>, draft: &Draft, finding: Finding) -> Self {
        let within = looks_where_it_acts(flow, draft);
        Self { by: flow.entry, act: Act::of(flow, draft), within, finding }
    }

    /// What goes wrong, and where.
    const fn mistake(&self) -> (Act, u16, Consequence) {
        (self.act, self.finding.rule.number(), self.finding.consequence)
    }
}

/// Whether the last look of a witness before its act stands in the function that acts, and that is not
/// the one that is told of; in memory, whether this one looks at all.
fn looks_where_it_acts(flow: &Flow<'_, '_>, draft: &Draft) -> bool {
    let acts = flow.frame_of(draft.pair.act);
    if acts == 0 {
        return false;
    }
    if draft.target.kind != StoreKind::File {
        return flow.frame_of(draft.pair.check) != 0;
    }
    let steps = draft.witness.as_ref().map_or(&[][..], |witness| witness.steps.as_slice());
    let failed = |step: &Step| step.site == draft.pair.act && step.result.starts_with("fails:");
    let Some(at) = steps.iter().position(failed) else { return false };
    let last = steps[..at]
        .iter()
        .rev()
        .find(|step| step.thread == steps[at].thread && step.result.starts_with("sees"));
    last.is_some_and(|look| look.site != draft.pair.check && flow.frame_of(look.site) == acts)
}

/// The findings of one function without those that say of the same two lines what another one says: two keys
/// may stand for one entry.
pub(crate) fn each_place_once(found: Vec<Told>) -> Vec<Told> {
    let place = |told: &Told| {
        let site = |span: &Span| (span.path.clone(), span.line);
        let finding = &told.finding;
        let pair = (finding.check.as_ref().map(site), site(&finding.act));
        (finding.rule, finding.store.clone(), finding.verdict, pair)
    };
    let worth = |told: &Told| (Reverse(told.finding.severity), told.finding.key.clone());
    let mut best: FxHashMap<_, Told> = FxHashMap::default();
    for told in found {
        match best.entry(place(&told)) {
            Entry::Vacant(free) => {
                free.insert(told);
            }
            Entry::Occupied(mut known) if worth(&told) < worth(known.get()) => {
                known.insert(told);
            }
            Entry::Occupied(_) => {}
        }
    }
    best.into_values().collect()
}

/// The findings without those of callers whose act is told of openly where it stands.
pub(crate) fn where_it_stands(tree: &Tree<'_>, told: Vec<Told>) -> Vec<(FnId, Finding)> {
    let open = |told: &&Told| told.finding.verdict == Verdict::Open;
    let own: FxHashSet<_> = told
        .iter()
        .filter(open)
        .filter(|told| told.by == told.act.within)
        .map(Told::mistake)
        .collect();
    let again = |told: &Told| {
        told.by != told.act.within
            && told.within
            && told.finding.verdict != Verdict::Closed
            && tree.file(told.by).lang == Lang::Python
            && own.contains(&told.mistake())
    };
    told.into_iter().filter(|told| !again(told)).map(|told| (told.by, told.finding)).collect()
}
