//! The check of a whole history: key by key, one sort and one sweep.

use std::collections::BTreeMap;

use super::event::{Answer, Call, EVERY_KEY, Event, Kind, Reasons, Want};
use super::timeline::{Node, Reading, Timeline, take};
use super::verdict::{Fault, Verdict};

/// What the store under test may do by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    /// The server may evict a body without a change of generation.
    pub server_may_evict: bool,
    /// How far clocks may disagree within one call beyond what was recorded, in nanoseconds.
    pub clock_tolerance: u64,
    /// The times of answers are not compared with the clocks of the callers.
    pub ignore_clocks: bool,
}

/// Checks a history against the specification.
#[must_use]
pub fn check(events: &[Event], rules: Rules) -> Verdict {
    let mut verdict = Verdict { operations: events.len() as u64, ..Verdict::default() };
    verdict.pending = events.iter().filter(|event| event.done.is_none()).count() as u64;
    let mut keys: BTreeMap<u32, Vec<&Event>> = BTreeMap::new();
    let mut sweeps = Vec::new();
    for event in events {
        if event.key == EVERY_KEY {
            sweeps.push(event);
        } else {
            keys.entry(event.key).or_default().push(event);
        }
    }
    for (key, events) in &keys {
        let timeline = Timeline::new(*key, events, &sweeps, &mut verdict);
        KeyCheck { key: *key, rules, sweeps: &sweeps, timeline, verdict: &mut verdict }.run();
    }
    if !rules.ignore_clocks {
        check_clocks(events, rules.clock_tolerance, &mut verdict);
    }
    verdict
}

struct KeyCheck<'a> {
    key: u32,
    rules: Rules,
    sweeps: &'a [&'a Event],
    timeline: Timeline<'a>,
    verdict: &'a mut Verdict,
}

/// A reading with its place: which node, and whether before or after the server evicted that node's body.
struct Placed<'a> {
    node: usize,
    after_eviction: bool,
    reading: Reading<'a>,
}

impl<'a> KeyCheck<'a> {
    fn run(mut self) {
        let readings = std::mem::take(&mut self.timeline.readings);
        let soonest_end_after = self.soonest_end_after();
        let mut placed: Vec<Placed<'a>> = Vec::with_capacity(readings.len());
        for reading in readings {
            if let Some(place) = self.judge(reading, &soonest_end_after) {
                placed.push(place);
            }
        }
        placed.sort_by_key(|place| (place.node, place.after_eviction));
        self.sweep_order(&placed);
    }

    /// For each node, the earliest end among the nodes after it.
    fn soonest_end_after(&self) -> Vec<u64> {
        let mut soonest = u64::MAX;
        let mut all: Vec<u64> = Vec::with_capacity(self.timeline.nodes.len());
        for node in self.timeline.nodes.iter().rev() {
            all.push(soonest);
            soonest = soonest.min(node.end);
        }
        all.reverse();
        all
    }

    /// Judges one answer by the state it shows; hands back its place in the order when it has one.
    fn judge(&mut self, reading: Reading<'a>, soonest_end_after: &[u64]) -> Option<Placed<'a>> {
        let sight = reading.sight;
        if sight.gen_seen == 0 && sight.since > 0 {
            self.judge_forgotten(&reading);
            return None;
        }
        let index = self.timeline.find(sight.gen_seen)?;
        if soonest_end_after[index] < reading.start {
            self.fault(Fault::LostWrite, || {
                format!("an older state was seen after a newer one was stored: {:?}", reading.event)
            });
            return None;
        }
        if self.timeline.nodes[index].start > reading.end {
            self.fault(Fault::Invented, || {
                format!("seen before it was written: {:?}", reading.event)
            });
            return None;
        }
        self.adopt_ghost(index, &reading);
        let node = self.timeline.nodes[index];
        let after_eviction = match reading.event.call {
            Call::Look(want) => self.judge_look(&node, &want, &reading),
            call => {
                self.judge_refusal(&node, call, &reading);
                false
            }
        };
        Some(Placed { node: index, after_eviction, reading })
    }

    fn judge_look(&mut self, node: &Node, want: &Want, reading: &Reading<'a>) -> bool {
        let sight = reading.sight;
        let truth = reasons_at(node, want, sight.t);
        let evicted = truth.with(Reasons::EVICTED, true);
        let server_evicted = self.rules.server_may_evict
            && node.kind == Kind::Live
            && node.record.is_some()
            && sight.reasons == evicted;
        if sight.reasons != truth && !server_evicted {
            self.fault(Fault::WrongReason, || {
                format!("said {}, true is {truth} of {node:?}: {:?}", sight.reasons, reading.event)
            });
        } else if sight.reasons == Reasons::HIT
            && sight.body != node.record.map(|record| record.body)
        {
            self.fault(Fault::WrongReason, || {
                format!("another value than {node:?}: {:?}", reading.event)
            });
        } else if let Some(record) = node.record
            && (sight.created.is_some_and(|created| created != node.created)
                || sight.ttl.is_some_and(|ttl| ttl != record.ttl))
        {
            self.fault(Fault::WrongReason, || {
                format!("another time or TTL than {node:?}: {:?}", reading.event)
            });
        }
        server_evicted
    }

    fn judge_refusal(&mut self, node: &Node, call: Call, reading: &Reading<'a>) {
        let groundless = match call {
            Call::Add(_) => !node.is_live_at(reading.sight.t),
            Call::Cas(expected, _) => node.made == expected,
            Call::Remove => node.is_live_at(reading.sight.t),
            Call::Put(_) => true,
            Call::Look(_) | Call::Evict | Call::Clear | Call::Prune => false,
        };
        if groundless {
            self.fault(Fault::NoWinner, || {
                format!("refused without ground at {node:?}: {:?}", reading.event)
            });
        }
    }

    /// *Absent since f*: nothing after f was stored before, and something forgettable precedes it.
    fn judge_forgotten(&mut self, reading: &Reading<'a>) {
        let nodes = &self.timeline.nodes;
        let t = reading.sight.t;
        let possible = nodes.iter().enumerate().any(|(index, node)| {
            let next_start_ok = nodes.get(index + 1).is_none_or(|next| next.end >= reading.start);
            node.start <= reading.end && next_start_ok && !node.is_live_at(t)
        });
        let only_absent = reading.sight.reasons == Reasons::ABSENT;
        let is_look = matches!(reading.event.call, Call::Look(_));
        if !possible || (is_look && !only_absent) {
            self.fault(Fault::WrongReason, || {
                format!("said absent where something is stored: {:?}", reading.event)
            });
        }
    }

    /// A removal that followed an unanswered write shows that write's fields: it did take effect.
    fn adopt_ghost(&mut self, index: usize, reading: &Reading<'a>) {
        let (Some(created), Call::Look(want)) = (reading.sight.created, reading.event.call) else {
            return;
        };
        let node = &mut self.timeline.nodes[index];
        if node.kind == Kind::Live || node.created == created {
            return;
        }
        let (sight, end, kind) = (reading.sight, node.end, node.kind);
        let tolerance = self.rules.clock_tolerance;
        let explains = |ghost: &Event| {
            let Some(record) = ghost.call.record().copied() else { return false };
            let told = Node { record: Some(record), created, kind, ..Node::NEVER };
            ghost.start <= end
                && ghost.clock_from <= created.saturating_add(tolerance)
                && sight.ttl.is_none_or(|ttl| ttl == record.ttl)
                && reasons_at(&told, &want, sight.t) == sight.reasons
        };
        if let Some(ghost) = take(&mut self.timeline.ghosts, explains) {
            node.record = ghost.call.record().copied();
            node.created = created;
        }
    }

    /// Walks all changes and readings in their order and wants real time to agree.
    fn sweep_order(&mut self, placed: &[Placed<'a>]) {
        let mut latest_start = 0;
        let mut rest = placed;
        for index in 0..self.timeline.nodes.len() {
            let node = self.timeline.nodes[index];
            if index > 0 {
                self.judge_change(index);
                if node.end < latest_start {
                    self.fault(Fault::LostWrite, || {
                        format!("an earlier state was seen, or made, after it: {node:?}")
                    });
                } else {
                    latest_start = latest_start.max(node.start);
                }
            }
            for phase in [false, true] {
                let here = rest.partition_point(|place| {
                    place.node < index || (place.node == index && place.after_eviction <= phase)
                });
                let (group, later) = rest.split_at(here);
                rest = later;
                latest_start = self.sweep_group(group, latest_start);
            }
        }
    }

    fn sweep_group(&mut self, group: &[Placed<'a>], latest_start: u64) -> u64 {
        let mut latest = latest_start;
        for place in group {
            if place.reading.end < latest_start {
                self.fault(Fault::LostWrite, || {
                    format!(
                        "a later state was seen before an earlier one: {:?}",
                        place.reading.event
                    )
                });
            } else {
                latest = latest.max(place.reading.start);
            }
        }
        latest
    }

    /// Wants a change to be allowed by the state before it.
    fn judge_change(&mut self, index: usize) {
        let (before, node) = (self.timeline.nodes[index - 1], self.timeline.nodes[index]);
        match node.call {
            Some(Call::Add(_))
                if before.is_live_at(node.created)
                    && !self.rules.server_may_evict
                    && !self.explained_by_a_ghost(&before, &node) =>
            {
                self.fault(Fault::ExtraWinner, || format!("{node:?} was added over {before:?}"));
            }
            Some(Call::Cas(expected, _)) if before.made != expected => {
                self.fault(Fault::LostWrite, || format!("{node:?} replaced unseen {before:?}"));
            }
            _ => {}
        }
    }

    /// An unanswered call, or a sweep, may have taken the live record away just before `node`.
    fn explained_by_a_ghost(&mut self, before: &Node, node: &Node) -> bool {
        let sweeps = self.sweeps.iter();
        let swept = sweeps.filter(|event| matches!(event.call, Call::Evict | Call::Clear));
        if swept.into_iter().any(|event| {
            event.start <= node.end && event.done.is_none_or(|done| done.end >= before.start)
        }) {
            return true;
        }
        let explains = |ghost: &Event| {
            // A short-lived unanswered write may have replaced the live record and expired.
            let gone = |record: &super::event::Record| {
                ghost.clock_from.saturating_add(record.ttl) < node.created
            };
            ghost.start <= node.end && ghost.call.record().is_none_or(gone)
        };
        take(&mut self.timeline.ghosts, explains).is_some()
    }

    fn fault(&mut self, fault: Fault, text: impl FnOnce() -> String) {
        self.verdict.add(self.key, fault, text);
    }
}

/// The reasons the specification gives for a state.
fn reasons_at(node: &Node, want: &Want, t: u64) -> Reasons {
    let Some(record) = node.record else {
        return match node.kind {
            Kind::Live => Reasons::ABSENT,
            Kind::Evicted => Reasons::EVICTED,
            Kind::Deleted => Reasons::DELETED,
        };
    };
    let age = t.saturating_sub(node.created);
    Reasons::HIT
        .with(Reasons::VERSION, record.fmt != want.fmt)
        .with(Reasons::EXPIRED, age > record.ttl.min(want.max_age))
        .with(Reasons::INCOMPATIBLE, record.fp != want.fp)
        .with(Reasons::DELETED, node.kind == Kind::Deleted)
        .with(Reasons::EVICTED, node.kind == Kind::Evicted)
}

/// The longest time an unanswered prune may have judged ahead of the clock it was called at.
const UNANSWERED_PRUNE_REACH: u64 = 60_000_000_000;

/// Wants the time of every answer to be one the clocks can have shown: not before the caller's clock at the call, not after
/// its clock at the answer, or after the clock of a write that may have raised the store's high-water mark.
fn check_clocks(events: &[Event], tolerance: u64, verdict: &mut Verdict) {
    let mut raised: Vec<(u64, u64)> = events
        .iter()
        .filter(|event| !matches!(event.call, Call::Look(_)))
        .map(|event| {
            let unanswered = event.clock_from.saturating_add(UNANSWERED_PRUNE_REACH);
            (event.start, event.done.map_or(unanswered, |done| done.clock_to))
        })
        .collect();
    raised.sort_unstable();
    let mut highest = 0;
    for (_, clock) in &mut raised {
        highest = highest.max(*clock);
        *clock = highest;
    }
    for event in events {
        let Some(done) = event.done else { continue };
        let t = match done.answer {
            Answer::Saw(sight) | Answer::Refused(sight) => sight.t,
            Answer::Stored { at, .. } => at,
            Answer::NotDone => continue,
        };
        let before = raised.partition_point(|(start, _)| *start <= done.end);
        let mark = before.checked_sub(1).map_or(0, |index| raised[index].1);
        let latest = done.clock_to.max(mark).saturating_add(tolerance);
        if t < event.clock_from.saturating_sub(tolerance) || t > latest {
            verdict.add(event.key, Fault::WrongTime, || {
                format!("judged at {t}, outside of {}..={latest}: {event:?}", event.clock_from)
            });
        }
    }
}
