//! Empty files that say by being there that something is wanted: made twice, each is the one file.

use amorsize_facts::event::{ActKind, EventKind, Lang};
use amorsize_finding::Consequence;

use super::drawn::writes_what_it_drew;
use super::explore::{Found, Other};
use super::pattern::is_lock_text;
use super::reported::tells_who_won;
use super::sense::{is_claim, words};
use crate::flow::{Flow, Uid};
use crate::slice::{Target, refuses};

/// What it hangs on where both participants make the same empty file and are done, and nothing says that whoever
/// makes it has won.
pub(super) fn made_alike(flow: &Flow<'_, '_>, found: &Found) -> Option<&'static str> {
    let EventKind::Act(act) = &flow.event(found.pair.act).kind else { return None };
    let alike = found.harm.consequence == Consequence::DoubleWin
        && act.kind == ActKind::OpenWrite
        && !act.used.any()
        && flow.content_of(found.pair.act, act).is_empty()
        && is_last(flow, found.pair.act)
        && !is_lock_text(flow, found.pair)
        && !names_a_claim(flow);
    alike.then_some("a caller relies on being told that it alone made the empty file")
}

/// What it hangs on where both participants would load it, found nothing, and each keeps what it made and goes on with it: what is
/// kept is what either of them would make again. Of what is met half written is told apart.
pub(super) fn made_anew(
    flow: &Flow<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<&'static str> {
    let EventKind::Act(act) = &flow.event(found.pair.act).kind else { return None };
    let opens = match &flow.event(found.pair.check).kind {
        EventKind::Act(look) => look.kind == ActKind::OpenRead,
        look => matches!(look, EventKind::Read(_)),
    };
    // In Go what is moved in place is more often a link or a file of the caller's.
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    let anew = opens
        && found.harm.consequence == Consequence::DoubleWin
        && found.other == Other::Same
        && (act.kind == ActKind::OpenWrite || act.kind == ActKind::Rename && python)
        && !found.pair.data
        && !tells_who_won(flow)
        && !refuses(flow)
        && !writes_what_it_drew(flow, found.pair)
        && !is_lock_text(flow, found.pair)
        && !is_claim(flow, target, found.pair)
        && !names_a_claim(flow);
    anew.then_some("two results of the same computation are not interchangeable")
}

/// Whether nothing is done after an act but to answer.
fn is_last(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let frame = flow.frame_of(act);
    frame == 0
        && flow.uids().filter(|uid| *uid > act).all(|uid| {
            !matches!(
                flow.event(uid).kind,
                EventKind::Call(_) | EventKind::Act(_) | EventKind::Read(_) | EventKind::Spawn(_)
            )
        })
}

/// Whether a function says by its name that it decides who does something.
fn names_a_claim(flow: &Flow<'_, '_>) -> bool {
    words(flow.tree.function(flow.entry).name.as_str()).iter().any(|word| {
        matches!(
            word.as_str(),
            "claim"
                | "acquire"
                | "lock"
                | "take"
                | "try"
                | "reserve"
                | "begin"
                | "start"
                | "once"
                | "first"
                | "elect"
                | "grab"
                | "obtain"
                | "own"
        )
    })
}
