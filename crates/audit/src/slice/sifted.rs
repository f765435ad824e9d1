//! What one loop over a listing picks for a later one that acts:
//! `stale = [key for key, entry in items if entry.at < now]`.

use amorsize_facts::event::{ActKind, EventKind, Op, Path, Root, StoreKind, ValueId, ValueKind};

use super::compile::Compiler;
use super::shape::jumps;
use super::target::touches;
use crate::explore::Pc;
use crate::flow::{Fork, FrameId, Item, Question, Trail, Uid};

/// Questions of one loop that are asked again.
const SIEVES_MAX: usize = 3;
/// Values followed from a question to the entry that it asks about.
const STEPS_MAX: u8 = 32;

/// A question about the listed entries, and which answer picks one.
pub(super) type Sieve<'a, 'f> = (&'a Question<'f>, bool);

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// The listing that a loop over its entries begins from. A loop that only asks about them leaves
    /// it to the loop that acts on those it picked.
    pub(super) fn listing_of(&mut self, body: &'a [Item<'f>]) -> Option<Uid> {
        let listing = self.last_listing?;
        let frame = self.flow.frame_of(listing);
        if self.asks_about_entries(frame, body) && !self.acts(body) {
            self.sieves.clear();
            self.sift(body);
            self.sieves.truncate(SIEVES_MAX);
        } else {
            self.last_listing = None;
        }
        Some(listing)
    }

    /// Asks again what picked the entries: who was not picked is not acted on.
    pub(super) fn ask_sieves(&mut self, out: Pc) {
        for (question, picks) in std::mem::take(&mut self.sieves) {
            let next = self.label();
            let (yes, no) = if picks { (next, out) } else { (out, next) };
            self.ask(question, yes, no, picks, false);
            self.here(next);
        }
    }

    /// The listing in a helper that handed out what its entries hold, where a value is made from that, and
    /// not from a key alone: `for id, c := range s.all()`, and a question about `c`; or `s.each(func(id string,
    /// c *client) { … })`.
    pub(super) fn handed_out(&self, frame: FrameId, value: ValueId) -> Option<Uid> {
        let kept = matches!(self.target.kind, StoreKind::Map | StoreKind::Synchronised);
        if !self.in_go() || !kept || self.target.size || self.target.room {
            return None;
        }
        let mut trail = Trail::from([(frame, value)], STEPS_MAX);
        while let Some((at, value)) = trail.step() {
            let function = self.flow.tree.function(self.flow.frames[at as usize].func);
            let kind = &function.value(value).kind;
            if let ValueKind::Part(of, 1) = kind
                && let ValueKind::Element(list) = function.value(*of).kind
            {
                return self.listed_for((frame, at), *of, list);
            }
            trail.follow(self.handed_in(at, kind));
            trail.follow(kind.inputs().map(|input| (at, input)));
        }
        None
    }

    /// The listing that a loop at `at` goes through, where the entry goes by its key of that: another
    /// function's, whose body asks at `frame`, or one of which this is a copy.
    fn listed_for(
        &self,
        (frame, at): (FrameId, FrameId),
        element: ValueId,
        list: ValueId,
    ) -> Option<Uid> {
        let flow = self.flow;
        let function = flow.tree.function(flow.frames[at as usize].func);
        let mut values = (0..).map(ValueId).zip(&function.values);
        let named = values.any(|(id, value)| {
            let of = match &value.kind {
                ValueKind::Op(Op::Convert, inputs) => inputs.first().copied().unwrap_or(id),
                _ => id,
            };
            function.value(of).kind == ValueKind::Part(element, 0)
                && self.target.keys.contains(&flow.canon(at, id))
        });
        let ValueKind::Result(event, made) = &function.value(list).kind else { return None };
        let here = flow.uid(at, *event).filter(|uid| at != frame && self.lists(*uid));
        let copied = || {
            let made = made.iter().filter(|_| at == frame);
            made.flat_map(|made| flow.deps(frame, *made, None).events.clone())
                .find(|uid| flow.frame_of(*uid) != frame && self.lists(*uid))
        };
        here.or_else(copied).filter(|_| named)
    }

    fn lists(&self, uid: Uid) -> bool {
        matches!(self.flow.event(uid).kind, EventKind::Enumerate(_))
            && self.known(uid).is_some()
            && touches(self.flow, self.target, uid).is_some()
    }

    /// What whoever called a function handed in for what a value begins from.
    fn handed_in(&self, frame: FrameId, kind: &ValueKind) -> Option<(FrameId, ValueId)> {
        let activation = &self.flow.frames[frame as usize];
        match kind {
            ValueKind::Param(n) | ValueKind::Load(Path { root: Root::Param(n), .. }) => {
                let arg = activation.args.get(usize::from(*n))?.as_ref()?;
                Some((arg.frame, arg.value?))
            }
            ValueKind::Receiver | ValueKind::Load(Path { root: Root::Receiver, .. }) => {
                let (outer, call) = activation.parent?;
                match &self.flow.event(call).kind {
                    EventKind::Call(call) => Some((outer, call.receiver_value?)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn asks_about_entries(&self, frame: FrameId, items: &[Item<'f>]) -> bool {
        items.iter().any(|item| match item {
            Item::Event(uid) => {
                self.flow.frame_of(*uid) == frame
                    && matches!(&self.flow.event(*uid).kind, EventKind::Check(check) if check.of.is_some())
                    && touches(self.flow, self.target, *uid).is_some()
            }
            Item::Branch(fork) => {
                self.asks_about_entries(frame, &fork.then)
                    || self.asks_about_entries(frame, &fork.other)
            }
            _ => false,
        })
    }

    fn acts(&self, items: &[Item<'f>]) -> bool {
        items.iter().any(|item| match item {
            Item::Event(uid) => {
                matches!(self.flow.event(*uid).kind, EventKind::Act(_) | EventKind::Prune(_))
                    && touches(self.flow, self.target, *uid).is_some()
            }
            Item::Branch(fork) => self.acts(&fork.then) || self.acts(&fork.other),
            Item::Loop(round) => self.acts(&round.body) || self.acts(&round.head),
            Item::Try(attempt) => {
                self.acts(&attempt.body)
                    || attempt.handlers.iter().any(|handler| self.acts(&handler.body))
            }
            Item::With(region) => self.acts(&region.body),
            Item::Call(inlined) => self.acts(&inlined.body),
            Item::Within(items) => self.acts(items),
            Item::Unlock(..) => false,
        })
    }

    /// Notes the questions whose answers pick an entry.
    fn sift(&mut self, items: &'a [Item<'f>]) {
        for item in items {
            let Item::Branch(fork) = item else { continue };
            let picks = self.picks(fork);
            if self.is_about_an_entry(&fork.cond) {
                self.sieves.push((&fork.cond, picks));
            }
            self.sift(if picks { &fork.then } else { &fork.other });
        }
    }

    /// Which answer picks: the one after which something is kept, or after which the loop goes on here.
    fn picks(&self, fork: &Fork<'f>) -> bool {
        let keeps = |items: &[Item<'f>]| {
            items.iter().any(|item| {
                matches!(item, Item::Event(uid) if matches!(&self.flow.event(*uid).kind,
                    EventKind::Act(act) if matches!(act.kind, ActKind::Append | ActKind::Insert)))
            })
        };
        keeps(&fork.then) || !keeps(&fork.other) && !jumps(self.flow, &fork.then, true)
    }

    /// Whether a question is about what an entry holds, and not about its key.
    fn is_about_an_entry(&self, question: &Question<'f>) -> bool {
        match question {
            Question::Unknown => false,
            Question::Value(frame, value) => self.is_of_an_entry(*frame, *value),
            Question::Not(inner) => self.is_about_an_entry(inner),
            Question::All(clauses) | Question::Any(clauses) => {
                clauses.iter().any(|(_, clause)| self.is_about_an_entry(clause))
            }
        }
    }

    fn is_of_an_entry(&self, frame: FrameId, value: ValueId) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let mut trail = Trail::from([value], 24);
        while let Some(value) = trail.step() {
            let kind = &function.value(value).kind;
            let held = match kind {
                ValueKind::Part(of, 1) => {
                    matches!(function.value(*of).kind, ValueKind::Element(_))
                }
                ValueKind::Result(event, _) => self.flow.uid(frame, *event).is_some_and(|uid| {
                    matches!(self.flow.event(uid).kind, EventKind::Read(_))
                        && touches(self.flow, self.target, uid).is_some()
                }),
                _ => false,
            };
            if held {
                return true;
            }
            trail.follow(kind.inputs());
        }
        false
    }
}

impl<'f> Compiler<'_, '_, 'f> {
    /// Whether a question about what a listing gives is whether it is our entry, `for name := range
    /// items { if name == key`, and whether a yes says so: who finds it there knows that it is there.
    pub(super) fn names_our_entry(
        &self,
        frame: FrameId,
        result: ValueId,
        listing: Uid,
    ) -> Option<bool> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let listed = matches!(self.flow.event(listing).kind, EventKind::Enumerate(_));
        let ValueKind::Result(_, inputs) = &function.value(result).kind else { return None };
        let question = *inputs.first().filter(|_| listed)?;
        let (op, sides) = match &function.value(question).kind {
            ValueKind::Op(op @ (Op::Eq | Op::Ne), sides) => (*op, sides.as_slice()),
            _ => return None,
        };
        let [left, right] = sides else { return None };
        let element = |value: ValueId| match &function.value(value).kind {
            ValueKind::Element(_) => true,
            ValueKind::Part(of, 0) => matches!(function.value(*of).kind, ValueKind::Element(_)),
            _ => false,
        };
        let ours = |value: ValueId| self.target.keys.contains(&self.flow.canon(frame, value));
        (element(*left) && ours(*right) || element(*right) && ours(*left)).then_some(op == Op::Eq)
    }
}
