//! What is as good whoever stores it last: a second one who fills it is no rival, unless the two differ in what
//! somebody goes by.

use amorsize_facts::event::{EventKind, Lang, Literal, StoreKind};
use amorsize_finding::Consequence;

use super::drawn::is_numbered;
use super::explore::Found;
use super::sense::{is_the_one, keeps_locks};
use crate::flow::{AbsRoot, Flow};
use crate::held::Locking;
use crate::slice::{AbsPlace, Pair, Target};

/// Whether what two store for one key, or in one variable, is as good as what one stores: in a program of Go, where
/// nothing gives it a name of its own, and in a variable of a module of Python's.
pub(super) fn filled_alike(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> bool {
    if found.harm.consequence != Consequence::DoubleWin {
        return false;
    }
    // Who has the one lock is not kept out by who has the other.
    if keeps_locks(flow, found.pair.act) || says_yes_or_no(flow) {
        return false;
    }
    let AbsPlace::Path(path) = &target.place else { return false };
    match flow.tree.file(flow.entry).lang {
        Lang::Python => {
            matches!(path.root, AbsRoot::Global(..) | AbsRoot::Class(_))
                && !is_the_one(flow, target, found.pair.act)
                && !raises_between(flow, found.pair)
        }
        _ => {
            target.kind != StoreKind::Synchronised
                && locking.in_a_program(flow.entry)
                && !is_numbered(flow, found.pair.act)
        }
    }
}

/// Whether the caller is told by a plain yes, or a plain no, whether it was the one.
fn says_yes_or_no(flow: &Flow<'_, '_>) -> bool {
    let says = |answer: bool| {
        flow.events.iter().any(|ev| {
            ev.frame == 0
                && matches!(&ev.event.kind, EventKind::Return(ret)
                    if matches!(ret.constant, Some(Literal::Bool(said)) if said == answer))
        })
    };
    says(true) && says(false)
}

/// Whether who finds an entry is told so by an error.
pub(super) fn raises_between(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    (pair.check..pair.act).any(|uid| matches!(flow.event(uid).kind, EventKind::Raise(_)))
}
