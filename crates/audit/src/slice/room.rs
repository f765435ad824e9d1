//! How much there is against how much there may be: a cell that holds something once the store is
//! full, so that two who both saw room for one more are two who both saw nothing.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, CheckKind, EventKind, Literal, Meaning, Op, Path, Step, StoreKind,
    ValueId, ValueKind,
};

use super::compile::Compiler;
use super::target::{AbsPlace, Target, Touch, counts};
use super::ways::answered;
use crate::explore::{Lost, OpKind, Reg, Value, When};
use crate::flow::{Flow, FrameId, Trail, Uid};

impl Compiler<'_, '_, '_> {
    /// An act as one that asks only how much there is sees it.
    pub(super) fn crowd(&mut self, act: &Act, touch: Touch, into: Reg) {
        let (cell, when, lost) = (0, When::Always, Lost::Ignore);
        if self.target.room && touch != Touch::Entry {
            self.emit(OpKind::Delete { cell, when, into, lost });
            return;
        }
        // Nobody looked how full it is: not what keeps it in its bounds.
        let asked = !self.guards.is_empty() || !self.gates.is_empty();
        // Whoever comes too late is told that nothing is left.
        let told = act.kind == ActKind::Take && answered(&self.around, &act.failure);
        if self.target.room || asked && !told {
            self.emit(OpKind::Write { cell, value: Value::Bump, when, into, lost });
        }
    }

    /// Whether a yes to a question says that nothing more goes in: `len(m) >= max`, `max < used + n`.
    pub(super) fn says_full(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let mut trail = Trail::from([value], 8);
        while let Some(value) = trail.step() {
            match &function.value(value).kind {
                ValueKind::Op(op @ (Op::Lt | Op::Le | Op::Gt | Op::Ge), sides) => {
                    let more = matches!(op, Op::Gt | Op::Ge);
                    let right =
                        sides.get(1).is_some_and(|side| self.seen_in(frame, *side).is_some());
                    return more != right;
                }
                ValueKind::Op(Op::Ne, _) => return false,
                ValueKind::Result(_, inputs) => trail.follow(inputs),
                _ => {}
            }
        }
        true
    }
}

/// Whether and how an event touches how full the target is.
pub(super) fn touches_room(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> Option<Touch> {
    if !target.keys.is_empty() {
        return touches_entry(flow, target, uid);
    }
    match &flow.event(uid).kind {
        EventKind::Check(check) if check.what == CheckKind::Size => Some(Touch::Entry),
        EventKind::Check(check) if check.what == CheckKind::State && is_number(target.kind) => {
            Some(Touch::Entry)
        }
        EventKind::Read(_) if is_number(target.kind) || counts(flow, uid) => Some(Touch::Entry),
        EventKind::Act(act) => match act.kind {
            ActKind::Delete | ActKind::Take | ActKind::Clear => Some(Touch::Whole),
            _ if grows(flow, &target.place, uid) => Some(Touch::Entry),
            // What was computed from the whole of it leaves less, or says nothing.
            _ if act.atomicity == Atomicity::Relative || sets_anew(flow, target, uid) => {
                Some(Touch::Whole)
            }
            _ => None,
        },
        EventKind::Prune(_) => Some(Touch::Whole),
        _ => None,
    }
}

/// Whether and how an event touches how much one entry of a table holds.
fn touches_entry(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> Option<Touch> {
    let event = &flow.event(uid).kind;
    let same = match event.target()?.1 {
        Some(key) => {
            let keys = flow.keys_of(flow.frame_of(uid), key);
            keys.iter().any(|key| target.keys.contains(key))
        }
        None => true,
    };
    match event {
        EventKind::Check(check) if same && check.what == CheckKind::Size => Some(Touch::Entry),
        EventKind::Read(_) if same => Some(Touch::Entry),
        EventKind::Act(_) if same && grows(flow, &target.place, uid) => Some(Touch::Entry),
        EventKind::Act(_) if same && extends(flow, &target.place, uid) => Some(Touch::Entry),
        EventKind::Act(_) if same => Some(Touch::Whole),
        EventKind::Prune(_) => Some(Touch::Whole),
        _ => None,
    }
}

/// Whether an act puts into an entry what is there and something more: `m[k] = append(m[k], x)`.
pub(crate) fn extends(flow: &Flow<'_, '_>, place: &AbsPlace, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    let frame = flow.frame_of(uid);
    act.kind == ActKind::Insert && act.value.is_some_and(|value| adds(flow, (place, frame), value))
}

/// Whether an event looks at the entry of a table that is the target: `len(self.events[key])`.
pub(super) fn holds_target(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    let EventKind::Read(read) = &flow.event(uid).kind else { return false };
    held_in(flow.place_of(flow.frame_of(uid), read.store)).is_some_and(|of| of == target.place)
}

/// What the entries of a place hold.
pub(crate) fn held_in(place: AbsPlace) -> Option<AbsPlace> {
    let AbsPlace::Path(mut path) = place else { return None };
    path.steps.push(Step::Item);
    Some(AbsPlace::Path(path))
}

const fn is_number(kind: StoreKind) -> bool {
    matches!(kind, StoreKind::Cell | StoreKind::Atomic)
}

/// Whether a variable is given another value as a whole.
fn sets_anew(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    let store = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func).store(act.store);
    is_number(store.kind) && act.expects.is_none() && target.size
}

/// Whether an act makes more of what the place holds.
pub(crate) fn grows(flow: &Flow<'_, '_>, place: &AbsPlace, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    if act.expects.is_some() || act.by_handle {
        return false;
    }
    let frame = flow.frame_of(uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    match function.store(act.store).kind {
        StoreKind::Cell | StoreKind::Atomic => {
            let Some(value) = act.value else { return false };
            if act.atomicity == Atomicity::Relative {
                return !lessens(flow, frame, value);
            }
            adds(flow, (place, frame), value)
        }
        StoreKind::Map | StoreKind::List | StoreKind::Synchronised => {
            matches!(act.kind, ActKind::Insert | ActKind::Append)
        }
        StoreKind::Sql | StoreKind::Orm => matches!(act.kind, ActKind::Insert | ActKind::Create),
        // A member of a set, of a sorted one, of a list.
        StoreKind::Remote => {
            act.kind == ActKind::Enqueue
                || act.kind == ActKind::Create && act.means == Meaning::Count
        }
        _ => false,
    }
}

/// Whether a number that is added is below nothing: `n.Add(-1)`.
fn lessens(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let mut trail = Trail::from([value], 8);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Op(Op::Neg | Op::Sub | Op::Other, _) => return true,
            ValueKind::Literal(Literal::Int(number)) if *number < 0 => return true,
            ValueKind::Op(Op::Convert, inputs) => trail.follow(inputs.first()),
            _ => {}
        }
    }
    false
}

/// Whether a value is what the place holds and something more: `total + n`, `append(items, x)`.
fn adds(flow: &Flow<'_, '_>, (place, frame): (&AbsPlace, FrameId), value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let ValueKind::Op(Op::Add, inputs) = &function.value(value).kind else { return false };
    let holds = |path: &Path| AbsPlace::Path(flow.path(frame, path)) == *place;
    let less = inputs.iter().any(|input| lessens(flow, frame, *input));
    let held = inputs.iter().any(|input| match &function.value(*input).kind {
        ValueKind::Load(path) => holds(path),
        ValueKind::Result(event, _) => flow
            .uid(frame, *event)
            .and_then(|uid| flow.event(uid).kind.target())
            .is_some_and(|(store, _)| flow.place_of(frame, store) == *place),
        _ => false,
    });
    held && !less
}
