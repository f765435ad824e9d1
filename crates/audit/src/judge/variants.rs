//! The ways through the branches of a slice that nobody understands: each is tried until one shows
//! what is looked for.

use crate::explore::{Mode, OpKind, Program, Witness};
use crate::flow::{AbsPath, Flow};
use crate::held::Locking;
use crate::slice::{Day, Locks, Slice, Target, compile_on};

use super::explore::mode;

/// Choices of branches that are not understood, per slice.
pub(super) const VARIANTS_MAX: u32 = 8;

/// What of a flow is looked at, and on which day.
pub(super) struct Cut<'c> {
    pub target: &'c Target,
    pub day: Day<'c>,
    /// The locks that every caller holds.
    pub held: &'c [(AbsPath, Mode)],
}

/// The first choice that gives a witness.
pub(super) fn seek_through(
    flow: &Flow<'_, '_>,
    cut: &Cut<'_>,
    seek: &mut dyn FnMut(&Slice, &mut Locks) -> Option<Witness>,
) -> Option<Witness> {
    for variant in 0..VARIANTS_MAX {
        let mut locks = Locks::default();
        let slice = compile_on(flow, cut.target, &mut locks, (variant, cut.day), cut.held)?;
        if let Some(found) = seek(&slice, &mut locks) {
            return Some(found);
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    None
}

/// The locks that all callers of the entry hold, of those that keep out whoever shares the target.
pub(super) fn callers_hold(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
) -> Vec<(AbsPath, Mode)> {
    locking
        .around(flow.entry)
        .iter()
        .filter(|held| held.scope >= target.scope)
        .map(|held| (flow.path(0, &held.lock), mode(held.mode)))
        .collect()
}

/// The program without its way back: whoever would try again and again has tried once.
pub(super) fn one_round(mut program: Program) -> Program {
    let answer = crate::explore::Answer::Label(crate::explore::NOTHING);
    for (pc, op) in (0_u16..).zip(&mut program.ops) {
        if matches!(op.kind, OpKind::Jump(to) if to <= pc) {
            op.kind = OpKind::Return(answer);
        }
    }
    program
}
