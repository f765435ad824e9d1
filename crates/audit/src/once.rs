//! One mistake, told once: where the function that makes it is told of, a caller is not that neither
//! looks nor acts itself.

use amorsize_facts::event::{EventId, Lang};
use amorsize_finding::{Consequence, Finding, Verdict};
use rustc_hash::FxHashSet;

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
    /// Whether the function looks itself: the window then is its own, whoever acts.
    pub looks: bool,
    pub finding: Finding,
}

impl Told {
    pub(crate) fn of(flow: &Flow<'_, '_>, draft: &Draft, finding: Finding) -> Self {
        let looks = flow.frame_of(draft.pair.check) == 0;
        Self { by: flow.entry, act: Act::of(flow, draft), looks, finding }
    }

    /// What goes wrong, and where.
    const fn mistake(&self) -> (Act, u16, Consequence) {
        (self.act, self.finding.rule.number(), self.finding.consequence)
    }
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
            && !told.looks
            && told.finding.store != "files"
            && told.finding.verdict != Verdict::Closed
            && tree.file(told.by).lang == Lang::Python
            && own.contains(&told.mistake())
    };
    told.into_iter().filter(|told| !again(told)).map(|told| (told.by, told.finding)).collect()
}
