//! What is as good whoever stores it last: a second one who fills it is no rival, unless the two differ in what
//! somebody goes by.

use amorsize_facts::event::{Lang, StoreKind};
use amorsize_finding::Consequence;

use super::drawn::is_numbered;
use super::explore::Found;
use super::reported::{raises_between, says_yes_or_no};
use super::sense::{is_the_one, keeps_locks};
use crate::flow::{AbsRoot, Flow};
use crate::held::Locking;
use crate::slice::{AbsPlace, Target};

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
