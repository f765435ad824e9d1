//! What a function does once and answers nothing about: `if s.started { return }`, the work, and
//! `s.started = true`; or what it takes out of a map and closes. Nobody is told who did it, so the
//! doing itself counts as the answer.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, FunctionKind, Literal, Path, Place, Root, Step, StoreKind,
    ValueId, ValueKind,
};

use super::compile::{Compiler, Pair};
use super::probe::Probe;
use crate::explore::OpKind;
use crate::flow::{FrameId, Uid};

impl Compiler<'_, '_, '_> {
    /// Notes that the entry has done what only one may do.
    pub(super) fn note_done(&mut self, uid: Uid, act: &Act) {
        let flow = self.flow;
        let entry = flow.tree.function(flow.entry);
        let answers = || {
            flow.events.iter().any(|ev| {
                ev.frame == 0
                    && matches!(&ev.event.kind, EventKind::Return(ret) if !ret.values.is_empty())
            })
        };
        let told = !entry.returns.is_empty()
            || entry.kind == FunctionKind::Constructor
            || !self.in_go() && answers();
        let Some(asked) = self.guards.iter().max().copied() else { return };
        if told {
            return;
        }
        let done = match act.kind {
            _ if !self.in_go() => {
                self.target.kind == StoreKind::Cell && self.is_yes(asked, uid, act)
            }
            ActKind::Insert | ActKind::Update | ActKind::Write
                if matches!(self.target.kind, StoreKind::Cell | StoreKind::Atomic) =>
            {
                self.is_yes(asked, uid, act)
            }
            ActKind::Insert | ActKind::Create => {
                matches!(self.target.kind, StoreKind::Map | StoreKind::Synchronised)
                    && (self.goes_on_with(uid, act) || self.counts_it(uid))
            }
            ActKind::Delete => self.target.kind == StoreKind::Map && self.ends_what_was_seen(uid),
            _ => false,
        };
        if done {
            let into = self.once.unwrap_or_else(|| self.fresh());
            self.once = Some(into);
            self.emit(OpKind::Set { into, yes: true });
        }
    }

    /// `known = cache.has(key); cache.set(key, 1); return known`: whoever marks an entry and answers whether
    /// it was marked before goes by what it saw, although nothing is decided by it here.
    pub(super) fn pair_with_marks(&mut self, frame: FrameId, probe: Probe) {
        let Probe::Present(seen) = probe else { return };
        if frame != 0 || self.in_go() {
            return;
        }
        let marks = |act: &Act, frame: FrameId| {
            let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
            let plain = act.atomicity == Atomicity::Plain && act.kind == ActKind::Insert;
            plain
                && act.value.is_some_and(|value| {
                    matches!(function.value(value).kind, ValueKind::Literal(_) | ValueKind::Now)
                })
        };
        let mut pairs: Vec<Pair> = Vec::new();
        for op in self.ops.iter().filter(|op| op.site > seen) {
            if matches!(op.kind, OpKind::Write { .. })
                && let EventKind::Act(act) = &self.flow.event(op.site).kind
                && marks(act, self.flow.frame_of(op.site))
            {
                pairs.push(Pair { check: seen, act: op.site, data: false });
            }
        }
        self.pairs.extend(pairs);
    }

    /// Whether a flag is set beside work that is not to be done twice: before it, or a start or an
    /// end after it.
    fn is_yes(&self, asked: Uid, uid: Uid, act: &Act) -> bool {
        let flow = self.flow;
        let frames = flow.chain(uid);
        let works = |other: Uid| match &flow.event(other).kind {
            EventKind::Call(_) if other < uid => {
                flow.place(uid, flow.frame_of(other)) != Some(other)
            }
            EventKind::Spawn(_) => true,
            _ if !self.in_go() => false,
            EventKind::Act(_) => other < uid,
            EventKind::Call(call) => call.name == "close",
            _ => false,
        };
        let events = Uid::try_from(flow.events.len()).unwrap_or(0);
        let work = (asked + 1..events)
            .filter(|other| *other != uid)
            .any(|other| frames.contains(&flow.frame_of(other)) && works(other));
        work && act.value.is_some_and(|value| self.is_true(flow.frame_of(uid), value))
    }

    /// Whether what was stored is started, or worked with otherwise, by whoever stored it: of two that
    /// did, one works with what nobody finds any more.
    fn goes_on_with(&self, uid: Uid, act: &Act) -> bool {
        let flow = self.flow;
        let Some(stored) = act.value.map(|value| flow.canon(flow.frame_of(uid), value)) else {
            return false;
        };
        let is_it = |frame: FrameId, value: &ValueId| flow.canon(frame, *value) == stored;
        self.afterwards(uid).any(|(frame, event)| match event {
            // What is only asked for to be said elsewhere is no work.
            EventKind::Call(call) => {
                let asked = call.used.passed || call.used.stored;
                let ends = matches!(call.name.as_str(), "Lock" | "Unlock" | "RUnlock" | "Close");
                !asked && !ends && call.receiver_value.is_some_and(|value| is_it(frame, &value))
            }
            EventKind::Spawn(spawn) => {
                let function = flow.tree.function(flow.frames[frame as usize].func);
                let target = &function.value(spawn.target).kind;
                let given = match target {
                    ValueKind::Load(Path { root: Root::Param(n), .. }) => {
                        Some(flow.argument(frame, *n))
                    }
                    _ => None,
                };
                let mut values = spawn.args.iter().copied().chain(target.inputs());
                given == Some(stored) || values.any(|value| is_it(frame, &value))
            }
            _ => false,
        })
    }

    /// Whether the entries are counted one by one beside the store: who stores one that is there
    /// already counts it twice.
    fn counts_it(&self, uid: Uid) -> bool {
        let flow = self.flow;
        self.afterwards(uid).any(|(frame, event)| match event {
            EventKind::Act(act) if act.atomicity == Atomicity::Relative => {
                let function = flow.tree.function(flow.frames[frame as usize].func);
                let store = function.store(act.store);
                matches!(&store.place, Place::Path(path) if counts_entries(path)) && !store.confined
            }
            _ => false,
        })
    }

    /// What the functions that lead to an event do after it, in their own bodies.
    fn afterwards(&self, uid: Uid) -> impl Iterator<Item = (FrameId, &EventKind)> {
        let flow = self.flow;
        let frames = flow.chain(uid);
        flow.events[uid as usize + 1..]
            .iter()
            .filter(move |ev| frames.contains(&ev.frame))
            .map(|ev| (ev.frame, &ev.event.kind))
    }

    /// Whether a value is a yes, here or as the caller hands it on.
    fn is_true(&self, frame: FrameId, value: ValueId) -> bool {
        let activation = &self.flow.frames[frame as usize];
        match &self.flow.tree.function(activation.func).value(value).kind {
            ValueKind::Literal(Literal::Bool(yes)) => *yes,
            ValueKind::Param(n) if activation.parent.is_some() => {
                let arg = activation.args.get(usize::from(*n)).and_then(Option::as_ref);
                arg.is_some_and(|arg| arg.value.is_some_and(|value| self.is_true(arg.frame, value)))
            }
            _ => false,
        }
    }

    /// Whether what was found is closed or stopped before it is taken away.
    fn ends_what_was_seen(&self, act: Uid) -> bool {
        (0..act).any(|uid| {
            let EventKind::Call(call) = &self.flow.event(uid).kind else { return false };
            let ends = matches!(
                call.name.as_str(),
                "close" | "Close" | "Stop" | "Shutdown" | "Release" | "Free" | "Destroy"
            );
            let frame = self.flow.frame_of(uid);
            ends && call
                .args
                .iter()
                .chain(&call.receiver_value)
                .any(|value| self.seen_in(frame, *value).is_some())
        })
    }
}

/// Whether a number is by its name how much there is, not how often something was done.
fn counts_entries(path: &Path) -> bool {
    let Some(Step::Field(name)) = path.steps.last() else { return false };
    let name = name.as_str().to_ascii_lowercase();
    ["size", "count", "len", "length", "total", "used"].iter().any(|word| name.ends_with(word))
}
