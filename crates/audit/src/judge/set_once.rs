//! A swap in memory that sets what nobody has set yet, and says nothing of whether it did: the first value is
//! meant to stay, and nobody is told that the second one was stored.

use amorsize_facts::event::{Act, ActKind, EventKind, Literal, StoreKind, ValueId, ValueKind};

use super::reported::says_yes;
use crate::flow::{Flow, Trail, Uid};

/// Values looked at behind what is answered.
const STEPS_MAX: u8 = 16;

/// Whether a swap sets a variable that holds nothing so far, in a function that neither says that it did nor
/// answers with what it brought along.
pub(super) fn set_once(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let frame = flow.frame_of(uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let unset = |id: ValueId| match &function.value(id).kind {
        ValueKind::Literal(Literal::Nil | Literal::Int(0)) => true,
        ValueKind::Literal(Literal::Text(text)) => text.is_empty(),
        _ => false,
    };
    let in_memory = matches!(
        function.store(act.store).kind,
        StoreKind::Atomic | StoreKind::Synchronised | StoreKind::Map
    );
    act.kind == ActKind::Update
        && in_memory
        && act.expects.is_some_and(unset)
        && !says_yes(flow)
        && !refuses_others(flow)
        && !answers_with(flow, act.value)
}

/// Whether the function has an error for some, and none for others.
fn refuses_others(flow: &Flow<'_, '_>) -> bool {
    let function = flow.tree.function(flow.entry);
    let fails = function.returns.last().is_some_and(|of| of.name == "error");
    let own = flow.events.iter().filter(|event| event.frame == 0);
    fails
        && own.into_iter().any(|event| {
            matches!(&event.event.kind, EventKind::Return(ret)
                if ret.values.last().is_some_and(|last| !function.is_nil(*last)))
        })
}

/// Whether the function answers with a value, or with something made from it.
fn answers_with(flow: &Flow<'_, '_>, value: Option<ValueId>) -> bool {
    let answers = flow.events.iter().filter(|event| event.frame == 0);
    let values = answers.flat_map(|event| match &event.event.kind {
        EventKind::Return(ret) => ret.values.as_slice(),
        _ => &[],
    });
    let function = flow.tree.function(flow.entry);
    values.copied().any(|answer| {
        let mut trail = Trail::from([(0, answer)], STEPS_MAX);
        while let Some((_, of)) = trail.step() {
            if Some(of) == value {
                return true;
            }
            trail.follow(function.value(of).kind.inputs().map(|input| (0, input)));
        }
        false
    })
}
