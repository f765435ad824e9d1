//! What an object keeps of what it found in the store, or put there: `self.lock = LOCKS[key]`. Nobody is
//! answered, and yet two objects that go on with different locks are what no serial order gives.
//!
//! Only what there must be one of is told of: a lock, or a container that is filled later. What is computed
//! alike is as good from one as from another.

use amorsize_facts::event::{
    Act, EventKind, FunctionKind, Place, Root, Step, StoreKind, ValueId, ValueKind,
};

use super::compile::Compiler;
use super::target::touches;
use crate::flow::{FrameId, Trail, Uid};
use crate::shared::{has_lock, is_lock_word};

/// Ways followed back from a variable to what it holds.
const WAYS_MAX: u8 = 8;

impl Compiler<'_, '_, '_> {
    /// Notes what the object has from now on, if it comes out of the store or went there.
    pub(super) fn keep_in_object(&mut self, uid: Uid, act: &Act) {
        if !self.is_kept_by_object(uid, act) {
            return;
        }
        let Some(value) = act.value else { return };
        let into = self.inside.unwrap_or_else(|| self.fresh());
        self.store(self.flow.frame_of(uid), value, into);
        self.inside = Some(into);
    }

    /// Finds what a constructor keeps in its new object: that is told by where the value appears, for nobody else
    /// sees the object's fields yet.
    pub(super) fn find_kept_at_making(&mut self) {
        let flow = self.flow;
        let entry = flow.tree.function(flow.entry);
        let of_maps = self.target.kind == StoreKind::Map && !self.target.size;
        if entry.kind != FunctionKind::Constructor || self.in_go() || !of_maps {
            return;
        }
        let own = |object: ValueId| matches!(entry.value(object).kind, ValueKind::Receiver);
        let kept: Vec<_> = entry.given.iter().filter(|(object, ..)| own(*object)).collect();
        let from_target = kept.iter().find(|(_, _, value)| self.is_of_target(0, *value));
        let Some((_, field, _)) = from_target.filter(|_| self.target_holds_ones_of_a_kind()) else {
            return;
        };
        let values = kept.iter().filter(|(_, name, _)| name == field);
        let mut parts: Vec<ValueId> = Vec::new();
        for (.., value) in values {
            match &entry.value(*value).kind {
                ValueKind::Phi(ways) => parts.extend(ways),
                _ => parts.push(*value),
            }
        }
        parts.sort_unstable();
        parts.dedup();
        let places: Option<Vec<_>> =
            parts.iter().map(|part| Some((self.appears(0, *part)?, *part))).collect();
        let Some(places) = places else { return };
        let reg = self.fresh();
        for (uid, part) in places {
            self.appearing.entry(uid).or_default().push((0, part, reg));
        }
        self.inside = Some(reg);
    }

    /// Whether an act sets a field of the object that the function is called on to the entry of the target.
    pub(super) fn is_kept_by_object(&self, uid: Uid, act: &Act) -> bool {
        if self.in_go() || self.target.kind != StoreKind::Map || self.target.size {
            return false;
        }
        let frame = self.flow.frame_of(uid);
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let of_object = matches!(&function.store(act.store).place, Place::Path(path)
            if path.root == Root::Receiver && matches!(path.steps.as_slice(), [Step::Field(_)]));
        frame == 0
            && of_object
            && touches(self.flow, self.target, uid).is_none()
            && act.value.is_some_and(|value| {
                self.is_of_target(frame, value) && self.target_holds_ones_of_a_kind()
            })
    }

    /// Whether a value was read from the target, or is what an act puts there.
    fn is_of_target(&self, frame: FrameId, value: ValueId) -> bool {
        let flow = self.flow;
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let touched = |uid: Uid| touches(flow, self.target, uid).is_some();
        let mut trail = Trail::from([value], WAYS_MAX);
        while let Some(value) = trail.step() {
            match &function.value(value).kind {
                ValueKind::Phi(ways) => trail.follow(ways.iter().copied()),
                ValueKind::Result(event, _) if flow.uid(frame, *event).is_some_and(touched) => {
                    return true;
                }
                _ => {}
            }
            let put = |uid: Uid| {
                matches!(&flow.event(uid).kind, EventKind::Act(act) if act.value == Some(value))
                    && flow.frame_of(uid) == frame
            };
            if flow.uids().any(|uid| put(uid) && touched(uid)) {
                return true;
            }
        }
        false
    }

    /// Whether what is put into the target here is a lock, something that has one, or an empty container.
    fn target_holds_ones_of_a_kind(&self) -> bool {
        let flow = self.flow;
        flow.uids().any(|uid| {
            let EventKind::Act(act) = &flow.event(uid).kind else { return false };
            let Some(value) = act.value else { return false };
            let func = flow.frames[flow.frame_of(uid) as usize].func;
            let ValueKind::New(name, inputs) = &flow.tree.function(func).value(value).kind else {
                return false;
            };
            let container = matches!(
                name.as_str(),
                "dict" | "list" | "set" | "defaultdict" | "deque" | "OrderedDict"
            );
            touches(flow, self.target, uid).is_some()
                && (container && inputs.is_empty()
                    || is_lock_word(name.as_str().rsplit('.').next().unwrap_or_default())
                    || flow
                        .tree
                        .class_named(func.file, *name)
                        .is_some_and(|class| has_lock(flow.tree, class)))
        })
    }
}
