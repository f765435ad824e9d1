//! What may be used once: who finds a code, a nonce or a ticket and takes it away lets its bearer in, and of two
//! who do so both do.

use amorsize_facts::event::{CheckKind, EventKind, Literal};

use super::kept::spelled;
use super::sense::words;
use crate::flow::Flow;
use crate::slice::{AbsPlace, Pair, Target, sends_away, touches};

/// Whether what an act takes away is for one caller only, who is told by what was seen.
pub(super) fn is_for_one(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    takes_out(flow, target) || is_good_once(flow, target, pair)
}

/// Whether a function says that it takes something out, and hands out what it found: one caller is to get it.
fn takes_out(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let said = words(flow.tree.function(flow.entry).name.as_str());
    let said: Vec<&str> = said.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let removes =
        |word: &str| matches!(word, "del" | "delete" | "remove" | "clear" | "pop" | "drop");
    let both = said.windows(2).any(|pair| pair[0] == "and" && removes(pair[1]));
    let takes = said.first().is_some_and(|first| {
        matches!(*first, "pop" | "take" | "consume" | "redeem" | "claim" | "dequeue")
    });
    (both || takes)
        && flow.returned(0, 0).into_iter().any(|(given, at)| {
            flow.deps(at, given, None).events.iter().any(|uid| {
                matches!(flow.event(*uid).kind, EventKind::Read(_))
                    && touches(flow, target, *uid).is_some()
            })
        })
}

/// Whether an act takes away what was to be good for one use, and its caller is let in by what was seen.
fn is_good_once(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let judged = matches!(&flow.event(pair.check).kind, EventKind::Check(check)
        if check.what == CheckKind::Expiry);
    let entry = flow.tree.function(flow.entry);
    let name = words(entry.name.as_str());
    if judged || name.iter().any(|word| is_removal(word)) || tells_nothing(flow) {
        return false;
    }
    let mut said = match &target.place {
        AbsPlace::Path(path) => path.text(),
        AbsPlace::Table(name) | AbsPlace::Model(name) => name.as_str().to_owned(),
        AbsPlace::Files => return false,
    };
    for uid in [pair.check, pair.act] {
        if let Some((_, Some(key))) = flow.event(uid).kind.target() {
            said.push('/');
            said.push_str(&spelled(flow, flow.frame_of(uid), key));
        }
    }
    name.iter().any(|word| matches!(word.as_str(), "consume" | "redeem" | "claim"))
        || words(&said).iter().any(|word| is_single_use(word))
}

/// Whether a function says nothing that its caller could rely on.
fn tells_nothing(flow: &Flow<'_, '_>) -> bool {
    !sends_away(flow)
        && !flow.events.iter().any(|ev| {
            ev.frame == 0
                && match &ev.event.kind {
                    EventKind::Return(ret) => {
                        !ret.values.is_empty() && !matches!(ret.constant, Some(Literal::Nil))
                    }
                    EventKind::Raise(_) => true,
                    _ => false,
                }
        })
}

/// Whether a word names what is good for one use.
fn is_single_use(word: &str) -> bool {
    matches!(
        word.strip_suffix('s').unwrap_or(word),
        "otp"
            | "totp"
            | "nonce"
            | "ticket"
            | "invite"
            | "invitation"
            | "coupon"
            | "voucher"
            | "challenge"
            | "captcha"
            | "passcode"
            | "code"
            | "token"
    )
}

/// Whether a word says that the entry is to go: who wants that is content when it has gone.
fn is_removal(word: &str) -> bool {
    matches!(
        word,
        "delete"
            | "del"
            | "remove"
            | "revoke"
            | "logout"
            | "expire"
            | "clean"
            | "cleanup"
            | "purge"
            | "evict"
            | "invalidate"
            | "release"
            | "forget"
            | "clear"
            | "discard"
            | "drop"
            | "reset"
            | "unregister"
            | "unsubscribe"
            | "cancel"
            | "close"
            | "stop"
            | "gc"
            | "sweep"
            | "prune"
            | "delitem"
            | "destroy"
    )
}
