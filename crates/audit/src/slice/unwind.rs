//! Blocks that may fail, and who catches what they raise.

use amorsize_facts::event::{ActKind, EventKind, Name, Op, StoreKind, ValueId, ValueKind};

use super::compile::{Around, Compiler};
use super::probe::Probe;
use super::ways::{calls, catches};
use crate::explore::{Lost, OpKind, Pc, Test};
use crate::flow::{Attempt, FrameId, Item, Uid};

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// `if error.errno != errno.ENOENT: raise`, in the handler of what fails only where no such file is: the reason
    /// is that one.
    pub(super) fn reason(
        &self,
        frame: FrameId,
        op: Op,
        sides: &[ValueId],
    ) -> Option<(Probe, bool)> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let kind = |value: ValueId| &function.value(value).kind;
        let caught = |value: ValueId| matches!(kind(value), ValueKind::Caught(_));
        let number = |value: ValueId| match kind(value) {
            ValueKind::Field(of, name) => *name == "errno" && caught(*of),
            ValueKind::Item(of, _) => {
                matches!(kind(*of), ValueKind::Field(of, name) if *name == "args" && caught(*of))
            }
            _ => false,
        };
        let missing = |value: ValueId| match kind(value) {
            ValueKind::Named(name) => name.as_str().ends_with("errno.ENOENT"),
            ValueKind::Load(path) => path.to_string().ends_with("errno.ENOENT"),
            _ => false,
        };
        let [left, right] = sides else { return None };
        let asked = number(*left) && missing(*right) || number(*right) && missing(*left);
        let positive = match op {
            Op::Eq => true,
            Op::Ne => false,
            _ => return None,
        };
        let failed = self.caught_from.last().filter(|causes| !causes.is_empty())?;
        let looked = |uid: &Uid| match &self.flow.event(*uid).kind {
            EventKind::Read(_) => true,
            EventKind::Act(act) => matches!(act.kind, ActKind::OpenRead | ActKind::Delete),
            _ => false,
        };
        (asked && self.target.kind == StoreKind::File && failed.iter().all(looked))
            .then_some((Probe::Const(true), positive))
    }

    pub(super) fn attempt(&mut self, attempt: &'a Attempt<'f>) -> bool {
        let first = self.label();
        for _ in 1..attempt.handlers.len().max(1) {
            self.label();
        }
        let end = self.label();
        self.around.push(Around::Finally(&attempt.finally));
        self.around.push(Around::Try { types: &attempt.handlers, first });
        // A failure of something else than the target leads to the handler as well.
        let elsewhere = attempt.handlers.iter().position(|handler| {
            self.matters(&handler.body) && self.fails_elsewhere(&attempt.body, handler.types)
        });
        if let Some(at) = elsewhere
            && self.choose(u64::from(first) | 1 << 40, false, true)
        {
            let label = first + Pc::try_from(at).unwrap_or(0);
            self.handler_causes.entry(label).or_default();
            self.emit(OpKind::Jump(label));
        }
        self.ask_for_life(attempt, first);
        let mut falls = self.block(&attempt.body);
        self.around.pop();
        if falls {
            falls = self.block(&attempt.otherwise);
        }
        if falls {
            self.emit(OpKind::Jump(end));
        }
        // What follows is reached only where the look failed: `try: return d[k]`, then make it.
        let mut decides = (!falls).then(Vec::new);
        for (handler, label) in attempt.handlers.iter().zip(first..) {
            let Some(causes) = self.handler_causes.remove(&label) else { continue };
            let guards = self.guards.len();
            let needs = self.needs.len();
            self.guards.extend(&causes);
            self.here(label);
            self.handled.push(handler.types.first().copied().unwrap_or(Name::EMPTY));
            self.caught_from.push(causes.clone());
            let goes_on = self.block(&handler.body);
            self.needs.truncate(needs);
            if goes_on {
                // What was looked for and not there is done without.
                self.needs.retain(|need| !causes.contains(need));
                self.emit(OpKind::Jump(end));
                falls = true;
                if let Some(decides) = &mut decides {
                    decides.extend_from_slice(&self.guards[guards..]);
                }
            }
            self.handled.pop();
            self.caught_from.pop();
            self.guards.truncate(guards);
        }
        self.around.pop();
        self.here(end);
        self.guards.extend(decides.into_iter().flatten());
        if falls { self.block(&attempt.finally) } else { false }
    }

    /// `os.kill(pid, 0)` of the process that a file names fails where that is gone: who found it dead goes by what was
    /// in the file, and what somebody else wrote there names one that lives.
    fn ask_for_life(&mut self, attempt: &'a Attempt<'f>, first: Pc) {
        if self.in_go() || self.target.kind != StoreKind::File || attempt.handlers.is_empty() {
            return;
        }
        let Some(seen) = self.named_by(&attempt.body) else { return };
        let Some(reg) = self.known(seen) else { return };
        // The last handler catches most.
        let at = attempt.handlers.iter().position(|handler| self.matters(&handler.body));
        let label = first + Pc::try_from(at.unwrap_or(0)).unwrap_or(0);
        let alive = self.label();
        self.handler_causes.entry(label).or_default().push(seen);
        self.emit(OpKind::Branch { test: Test::Initial(reg), yes: label, no: alive });
        self.here(alive);
    }

    /// The look that gave the process which a block sends a signal.
    fn named_by(&self, items: &[Item<'f>]) -> Option<Uid> {
        items.iter().find_map(|item| {
            let own = match item {
                Item::Event(uid) => match &self.flow.event(*uid).kind {
                    EventKind::Call(call) if call.name == "kill" && call.args.len() == 2 => {
                        self.seen_in(self.flow.frame_of(*uid), call.args[0])
                    }
                    _ => None,
                },
                _ => None,
            };
            own.or_else(|| {
                self.flow.own_blocks(item).into_iter().find_map(|block| self.named_by(block))
            })
        })
    }

    /// Whether something else than the target raises what a handler catches: `names[key]`.
    fn fails_elsewhere(&self, items: &[Item<'f>], types: &[Name]) -> bool {
        let local = |name: &Name| {
            let last = name.as_str().rsplit('.').next().unwrap_or_default();
            matches!(
                last,
                "KeyError" | "IndexError" | "LookupError" | "AttributeError" | "ValueError"
            )
        };
        let named = !types.is_empty() && types.iter().all(local);
        (named || calls(self.flow, items)) && !self.matters(items)
    }

    /// Where a failure of one of these types goes; emits a detour if locks are given back on the
    /// way. To be called before the failing instruction, which gets what is returned.
    pub(super) fn handler(
        &mut self,
        types: &[Name],
        cause: Uid,
    ) -> (Lost, Option<(Pc, usize, Pc)>) {
        let found = self.around.iter().enumerate().rev().find_map(|(depth, around)| match around {
            Around::Try { types: handlers, first } => {
                let at = handlers.iter().position(|handler| catches(handler.types, types))?;
                Some((depth, first + Pc::try_from(at).unwrap_or(0)))
            }
            _ => None,
        });
        let Some((depth, handler)) = found else {
            let name = types.first().map_or("an error", |name| name.as_str());
            return (Lost::Raise(name.rsplit('.').next().unwrap_or(name)), None);
        };
        let causes = self.handler_causes.entry(handler).or_default();
        causes.push(cause);
        if matches!(self.flow.event(cause).kind, EventKind::Raise(_)) {
            // What led to the error that is raised leads to where it is caught.
            causes.extend_from_slice(&self.guards);
        }
        let exits = self.around[depth + 1..]
            .iter()
            .any(|around| matches!(around, Around::With(_) | Around::Finally(_)));
        if !exits {
            return (Lost::Goto(handler), None);
        }
        let detour = self.label();
        (Lost::Goto(detour), Some((detour, depth + 1, handler)))
    }

    /// Emits the detour that [`handler`](Self::handler) asked for.
    pub(super) fn detour(&mut self, detour: Option<(Pc, usize, Pc)>) {
        let Some((label, depth, handler)) = detour else { return };
        let after = self.label();
        self.emit(OpKind::Jump(after));
        self.here(label);
        self.leave(depth);
        self.emit(OpKind::Jump(handler));
        self.here(after);
    }
}
