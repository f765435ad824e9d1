//! Which of the schedules that show a race is told: one through what was read and written rather than one that
//! begins with nothing, and one that loses something rather than one in which two are told the same.

use amorsize_finding::Consequence;

use super::consequence::{Harm, harm};
use super::explore::{Other, is_own, shown};
use crate::explore::{Domain, Scene, Verdict as Explored, Witness, interleave_for};
use crate::flow::Flow;
use crate::held::Locking;
use crate::slice::{Slice, Target};

/// Explores a scene. Where what was read flows into what is written, and the schedule that was found
/// begins with nothing to read, one that begins with something says more.
fn through_data(
    (flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>),
    target: &Target,
    scene: &Scene,
    by: (&Slice, &Other),
    worth: &dyn Fn(&Witness) -> bool,
) -> Explored {
    let found = interleave_for(scene, &flow.purse, worth);
    let carries = |explored: &Explored| match explored {
        Explored::Witness(witness) => harm(witness, &scene.programs, by.0.unknown_value)
            .and_then(|harm| shown((flow, locking), target, (witness, harm), by))
            .is_some_and(|pair| pair.data),
        _ => false,
    };
    let both = scene.cells.iter().all(|domain| domain.absent && domain.live);
    let reads = by.0.pairs.iter().any(|pair| pair.data && is_own(flow, *pair));
    if !matches!(found, Explored::Witness(_)) || !both || !reads || carries(&found) {
        return found;
    }
    let scene = Scene { cells: vec![Domain::LIVE; scene.cells.len()], ..scene.clone() };
    let later = interleave_for(&scene, &flow.purse, worth);
    if carries(&later) { later } else { found }
}

/// The same. That two are told one number says less than that one of two numbers is lost.
pub(super) fn through_losses(
    (flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>),
    target: &Target,
    scene: &Scene,
    by: (&Slice, &Other),
    worth: &dyn Fn(&Witness) -> bool,
) -> Explored {
    let harmed = |witness: &Witness| harm(witness, &scene.programs, by.0.unknown_value);
    let mild = |harm: &Harm| harm.consequence == Consequence::DuplicateWork;
    let found = through_data((flow, locking), target, scene, by, worth);
    let told = match &found {
        Explored::Witness(witness) => harmed(witness)
            .filter(|harm| mild(harm) && harm.answer_only)
            .and_then(|harm| shown((flow, locking), target, (witness, harm), by))
            .is_some_and(|pair| pair.data),
        _ => false,
    };
    if !told {
        return found;
    }
    let loses =
        |witness: &Witness| worth(witness) && harmed(witness).is_some_and(|harm| !mild(&harm));
    let worse = interleave_for(scene, &flow.purse, &loses);
    if matches!(worse, Explored::Witness(_)) { worse } else { found }
}
