//! The changes of one key in the order of their generations, found from answered writes and from what readers saw.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::event::{Answer, Call, Event, Kind, Reasons, Record, Sight};
use super::verdict::{Fault, Verdict};

/// One change of the key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Its generation; 0 for the state before the first change.
    pub(super) made: u64,
    pub(super) kind: Kind,
    /// What is stored since; `None` when nothing was ever stored, or for a removal until its predecessor is known.
    pub(super) record: Option<Record>,
    pub(super) created: u64,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The call that made it.
    pub(super) call: Option<Call>,
}

impl Node {
    pub(super) const NEVER: Self =
        Self { made: 0, kind: Kind::Live, record: None, created: 0, start: 0, end: 0, call: None };

    /// Tells whether something unexpired is there at `t`, by the writer's TTL.
    pub(super) fn is_live_at(&self, t: u64) -> bool {
        self.kind == Kind::Live
            && self.record.is_some_and(|record| t.saturating_sub(self.created) <= record.ttl)
    }
}

/// One answer that shows a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) event: &'a Event,
    pub(super) sight: &'a Sight,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Everything known about one key.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    /// Sorted by generation; the first is "never stored".
    pub(super) nodes: Vec<Node>,
    pub(super) readings: Vec<Reading<'a>>,
    /// Unanswered calls of which no trace was seen.
    pub(super) ghosts: Vec<&'a Event>,
}

impl<'a> Timeline<'a> {
    /// Builds the timeline of `key` from its events and from the calls on every key.
    pub(super) fn new(
        key: u32,
        events: &[&'a Event],
        sweeps: &'a [&'a Event],
        verdict: &mut Verdict,
    ) -> Self {
        let mut this = Self { nodes: vec![Node::NEVER], readings: Vec::new(), ghosts: Vec::new() };
        for event in events {
            this.take(event);
        }
        this.nodes.sort_by_key(|node| node.made);
        this.refuse_twins(key, verdict);
        let mut open = Open::new(&this.ghosts, sweeps, told(&this.readings));
        this.infer(key, &mut open, verdict);
        this.ghosts = open.left();
        this.nodes.sort_by_key(|node| node.made);
        this.fill_removals();
        this
    }

    /// The index of the node with this generation.
    pub(super) fn find(&self, made: u64) -> Option<usize> {
        self.nodes.binary_search_by_key(&made, |node| node.made).ok()
    }

    fn take(&mut self, event: &'a Event) {
        let Some(done) = &event.done else {
            if !matches!(event.call, Call::Look(_)) {
                self.ghosts.push(event);
            }
            return;
        };
        match &done.answer {
            Answer::Saw(sight) | Answer::Refused(sight) => {
                self.readings.push(Reading { event, sight, start: event.start, end: done.end });
            }
            Answer::Stored { made, at } => {
                let record = event.call.record().copied();
                let kind = if record.is_some() { Kind::Live } else { Kind::Deleted };
                self.nodes.push(Node {
                    made: *made,
                    kind,
                    record,
                    created: *at,
                    start: event.start,
                    end: done.end,
                    call: Some(event.call),
                });
            }
            Answer::NotDone => {}
        }
    }

    fn refuse_twins(&self, key: u32, verdict: &mut Verdict) {
        for pair in self.nodes.windows(2) {
            if pair[0].made == pair[1].made {
                verdict.add(key, Fault::ExtraWinner, || {
                    format!("generation {} was given to two writes: {pair:?}", pair[0].made)
                });
            }
        }
    }

    /// Adds the changes that only readers tell of: unanswered calls that took effect, and sweeps.
    fn infer(&mut self, key: u32, open: &mut Open<'a>, verdict: &mut Verdict) {
        let mut unknown: BTreeMap<u64, Vec<&Reading<'a>>> = BTreeMap::new();
        for reading in &self.readings {
            let made = reading.sight.gen_seen;
            if made != 0 && self.find(made).is_none() {
                unknown.entry(made).or_default().push(reading);
            }
        }
        let mut added: Vec<Node> = Vec::new();
        // By generation, so that what a removal ended is known before the removal.
        for (made, readings) in unknown {
            // The reading that tells most about the writer is asked: a refusal gives no reasons.
            let telling = readings.iter().max_by_key(|reading| {
                let sight = reading.sight;
                let is_look = matches!(reading.event.call, Call::Look(_));
                (is_look, sight.ttl.is_some(), sight.body.is_some(), Reverse(reading.end))
            });
            let Some(telling) = telling else { continue };
            let first_end = readings.iter().map(|reading| reading.end).min().unwrap_or(0);
            let ended = match telling.event.call {
                Call::Look(_) if telling.sight.reasons.has(Reasons::DELETED) => Some(Kind::Deleted),
                Call::Look(_) if telling.sight.reasons.has(Reasons::EVICTED) => Some(Kind::Evicted),
                Call::Look(_) => None,
                Call::Remove => Some(Kind::Deleted),
                // A tombstone keeps the time of what it ended.
                _ => {
                    let mut known = self.nodes.iter().chain(&added).map(|node| node.created);
                    let ended = telling.sight.created.is_some_and(|at| known.any(|one| one == at));
                    ended.then_some(Kind::Deleted)
                }
            };
            match open.explain(telling.sight, ended, first_end) {
                Some(node) => added.push(node),
                None => verdict.add(key, Fault::Invented, || {
                    format!("nobody wrote generation {made}, seen by {:?}", readings[0].event)
                }),
            }
        }
        self.nodes.extend(added);
    }

    /// A removal keeps the stored fields of what it removed.
    fn fill_removals(&mut self) {
        let mut last = Node::NEVER;
        for node in &mut self.nodes {
            if node.kind != Kind::Live && node.record.is_none() {
                node.record = last.record;
                node.created = last.created;
            }
            last = *node;
        }
    }
}

/// Unanswered calls, each of which explains one change at most, and sweeps, which explain any number.
struct Open<'a> {
    writes: Vec<&'a Event>,
    removals: Vec<&'a Event>,
    sweeps: &'a [&'a Event],
    /// When the write with a TTL took effect, where a reader tells.
    told: BTreeMap<u64, u64>,
}

/// The time of storing that readers tell of each TTL, which names one write.
fn told(readings: &[Reading<'_>]) -> BTreeMap<u64, u64> {
    readings
        .iter()
        .filter_map(|reading| Some((reading.sight.ttl?, reading.sight.created?)))
        .collect()
}

impl<'a> Open<'a> {
    fn new(pending: &[&'a Event], sweeps: &'a [&'a Event], told: BTreeMap<u64, u64>) -> Self {
        let (writes, removals) = pending.iter().partition(|event| event.call.record().is_some());
        Self { writes, removals, sweeps, told }
    }

    /// The call that made the generation seen, given how it ended what was there, if it did, and the earliest end of
    /// all looks at it.
    fn explain(&mut self, sight: &Sight, ended: Option<Kind>, first_end: u64) -> Option<Node> {
        let (kind, span, call) = match ended {
            Some(Kind::Evicted) => {
                (Kind::Evicted, self.sweep(Call::Evict, first_end)?, Call::Evict)
            }
            Some(_) => {
                let mut span = self.sweep(Call::Clear, first_end);
                // A refusal does not tell one end from the other.
                if !sight.reasons.has(Reasons::DELETED) {
                    span = union(span, self.sweep(Call::Evict, first_end));
                }
                let fits = |event: &Event| event.start <= first_end;
                // Sweeps explain any number of ends; an unanswered removal only one.
                let earliest = self.removals.iter().filter(|event| fits(event));
                let removal = earliest.map(|event| (event.start, u64::MAX)).min();
                if span.is_none() {
                    take(&mut self.removals, fits);
                }
                (Kind::Deleted, union(span, removal)?, Call::Remove)
            }
            None => {
                let told = &self.told;
                // A write of which another reader tells another time of storing explains that one, not this.
                let is_free = |ttl: u64| {
                    let other = told.get(&ttl).zip(sight.created);
                    other.is_none_or(|(other, created)| *other == created)
                };
                let wrote = |event: &Event| {
                    event.call.record().is_some_and(|record| {
                        event.start <= first_end
                            && is_free(record.ttl)
                            && sight.ttl.is_none_or(|ttl| ttl == record.ttl)
                            && sight.body.is_none_or(|body| body == record.body)
                    })
                };
                let event = take(&mut self.writes, wrote)?;
                (Kind::Live, (event.start, u64::MAX), event.call)
            }
        };
        Some(Node {
            made: sight.gen_seen,
            kind,
            record: call.record().copied(),
            created: sight.created.unwrap_or(0),
            start: span.0,
            end: span.1,
            call: Some(call),
        })
    }

    /// From when to when sweeps of this kind were under way that may have made a change seen by `before`. Which of them
    /// it was cannot be told, so the span is that of all.
    fn sweep(&self, call: Call, before: u64) -> Option<(u64, u64)> {
        let fitting =
            self.sweeps.iter().filter(|event| event.call == call && event.start <= before);
        fitting
            .map(|event| (event.start, event.done.map_or(u64::MAX, |done| done.end)))
            .fold(None, |all, one| union(all, Some(one)))
    }

    fn left(self) -> Vec<&'a Event> {
        self.writes.into_iter().chain(self.removals).collect()
    }
}

/// The span that covers both.
fn union(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

/// Takes the latest event that fits: the earlier ones can still explain more.
pub(super) fn take<'a>(
    events: &mut Vec<&'a Event>,
    fits: impl Fn(&Event) -> bool,
) -> Option<&'a Event> {
    let fitting = events.iter().enumerate().filter(|(_, event)| fits(event));
    let (index, _) = fitting.max_by_key(|(_, event)| event.start)?;
    Some(events.swap_remove(index))
}
