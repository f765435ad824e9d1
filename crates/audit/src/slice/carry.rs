//! Variables that carry what was seen from one place to another, and errors that are handed on.

use amorsize_facts::event::{
    Act, ActKind, EventKind, Lang, Op as Operator, Outcome, Return, Root, StoreKind, ValueId,
    ValueKind,
};

use super::compile::Compiler;
use super::target::{AbsPlace, touches};
use crate::explore::{FAILED, OpKind, Reg, Test};
use crate::flow::{FrameId, Item, Uid};

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// The act or opening whose error is returned as it is.
    fn failure_in(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        if self.target.kind != StoreKind::File {
            return None;
        }
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let event = match &function.value(value).kind {
            ValueKind::Result(event, _) => *event,
            ValueKind::Part(of, 1..) => match &function.value(*of).kind {
                ValueKind::Result(event, _) => *event,
                _ => return None,
            },
            ValueKind::Op(Operator::Call, inputs) => {
                // `fmt.Errorf("…: %w", err)` is the error still.
                return inputs.iter().skip(1).find_map(|input| self.failure_in(frame, *input));
            }
            _ => return None,
        };
        let uid = self.flow.uid(frame, event)?;
        match &self.flow.event(uid).kind {
            EventKind::Act(act) if act.failure == Outcome::Error => (self.known(uid).is_some()
                && touches(self.flow, self.target, uid).is_some())
            .then_some(uid),
            EventKind::Call(_) => {
                let callee = self.flow.callee(frame, event)?;
                self.flow
                    .returned(callee, 0)
                    .into_iter()
                    .find_map(|(value, at)| self.failure_in(at, value))
            }
            _ => None,
        }
    }

    /// Ends with the error of an act that failed, if it did.
    pub(super) fn fail(&mut self, frame: FrameId, ret: &Return) {
        if self.flow.tree.file(self.flow.entry).lang != Lang::Go {
            return;
        }
        let failed = ret.values.iter().find_map(|value| self.failure_in(frame, *value));
        let Some(uid) = failed else { return };
        let Some(reg) = self.known(uid) else { return };
        let opens = matches!(&self.flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead);
        let (done, lost) = (self.label(), self.label());
        if opens {
            self.pair_up(uid, false);
            self.emit(OpKind::Branch { test: Test::Absent(reg), yes: lost, no: done });
        } else {
            self.emit(OpKind::Branch { test: Test::Won(reg), yes: done, no: lost });
        }
        self.here(lost);
        self.emit(OpKind::Raise(FAILED));
        self.here(done);
    }

    /// The register of the variable that a closure sets by this act.
    pub(super) fn kept_in(&self, uid: Uid, act: &Act) -> Option<Reg> {
        if self.kept.is_empty() {
            return None;
        }
        match self.flow.place_of(self.flow.frame_of(uid), act.store) {
            AbsPlace::Path(path) => {
                self.kept.iter().find(|(known, _)| *known == path).map(|(_, reg)| *reg)
            }
            _ => None,
        }
    }

    /// Finds the variables of enclosing functions that closures of this flow set.
    pub(super) fn find_kept(&mut self) {
        let flow = self.flow;
        for (frame, activation) in (0..).zip(&flow.frames) {
            let function = flow.tree.function(activation.func);
            for (n, value) in function.values.iter().enumerate() {
                let ValueKind::Load(path) = &value.kind else { continue };
                if !matches!(path.root, Root::Local { .. }) || !path.steps.is_empty() {
                    continue;
                }
                let path = flow.path(frame, path);
                let reg = match self.kept.iter().find(|(known, _)| *known == path) {
                    Some((_, reg)) => *reg,
                    None if self.kept.len() < 6 => {
                        let reg = self.fresh();
                        self.kept.push((path, reg));
                        reg
                    }
                    None => continue,
                };
                let value = ValueId(u32::try_from(n).unwrap_or(u32::MAX));
                self.flags.insert((frame, value), reg);
            }
        }
    }

    /// Finds the variables that are set on some ways and asked about later.
    pub(super) fn find_flags(&mut self, items: &'a [Item<'f>]) {
        let _ = items;
        let flow = self.flow;
        for (frame, activation) in (0..).zip(&flow.frames) {
            let function = flow.tree.function(activation.func);
            let assigned: Vec<ValueId> = flow
                .events
                .iter()
                .filter(|ev| ev.frame == frame)
                .filter_map(|ev| match &ev.event.kind {
                    EventKind::Assign(assign) => Some(assign.value),
                    _ => None,
                })
                .collect();
            if assigned.is_empty() {
                continue;
            }
            for (n, value) in function.values.iter().enumerate() {
                let ValueKind::Phi(parts) = &value.kind else { continue };
                if self.flags.len() >= 4 || !parts.iter().any(|part| assigned.contains(part)) {
                    continue;
                }
                let reg = self.fresh();
                let phi = ValueId(u32::try_from(n).unwrap_or(u32::MAX));
                self.flags.insert((frame, phi), reg);
                for part in parts {
                    self.assigned.entry((frame, *part)).or_default().push(reg);
                }
            }
        }
    }
}
