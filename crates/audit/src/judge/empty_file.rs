//! Empty files that say by being there that something is wanted: made twice, each is the one file.

use amorsize_facts::event::{ActKind, EventKind};
use amorsize_finding::Consequence;

use super::explore::Found;
use super::pattern::is_lock_text;
use super::sense::words;
use crate::flow::{Flow, Uid};

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
