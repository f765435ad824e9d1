//! What stays within one program: who else works on its files or its server has to be shown.

use amorsize_facts::event::{Lang, Scope as Reach};

use super::alike::filled_alike;
use super::explore::Found;
use crate::flow::Flow;
use crate::held::Locking;
use crate::slice::Target;

/// What must hold for a witness to be more than a program that meets itself.
pub(super) fn at_home(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<String> {
    if target.scope >= Reach::Host {
        return of_one_process(flow, locking);
    }
    filled_alike(flow, locking, target, found)
        .then(|| "which one is kept matters where two fill it at the same time".to_owned())
}

/// What must hold for another process to work on the files, or the server, of an inner function of a program of Go:
/// a program has a folder of its own, and who else goes there is not to be seen in it.
pub(super) fn of_one_process(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<String> {
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    (go && flow.tree.is_private(flow.entry) && locking.in_a_program(flow.entry))
        .then(|| "another process of the program works on the same".to_owned())
}
