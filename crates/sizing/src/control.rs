//! The one state machine that drives a run: how many workers, how large the next chunk.
//!
//! Processes, threads and the simulator all ask it the same two questions and tell it what came back. It starts
//! without knowledge or from a remembered plan, and never trusts either: chunks follow the measured costs, the worker
//! count follows the measured throughput. Numbers that the user fixed stay as they are.

use crate::ahead::Ahead;
use crate::chunk::{Cut, two_epsilon};
use crate::climb::{Climb, Done, Silence};
use crate::measure::{Chunk, Costs, Figure, Limits, Measurements};
use crate::num::real;

/// How chunks are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunking {
    /// Always so many items; 1 is one item each.
    Fixed(u64),
    /// By what was measured, up to a bound.
    Adaptive {
        /// The most items of one chunk.
        most: u64,
    },
}

/// What a run may do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The machine's limits.
    pub limits: Limits,
    /// A number of workers that the user asked for.
    pub workers_fixed: Option<u64>,
    /// A number of workers that an earlier run ended with.
    pub workers_hint: Option<u64>,
    /// How chunks are cut.
    pub chunking: Chunking,
    /// A chunk that an earlier run ended with: growth starts there.
    pub chunk_hint: Option<u64>,
    /// What one more chunk cost in an earlier run.
    pub overhead_ns_hint: Option<f64>,
}

/// One chunk that came back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finished {
    /// Its items.
    pub items: u64,
    /// When it was started, on the run's own clock.
    pub started_ns: u64,
    /// When it came back.
    pub at_ns: u64,
    /// CPU time it used.
    pub cpu_ns: u64,
    /// Time it was ready and had no CPU.
    pub delay_ns: u64,
    /// The most memory it had at once, where known.
    pub memory_bytes: Option<u64>,
}

/// Decides while the run goes on.
#[derive(Debug, Clone)]
pub struct Controller {
    rules: Rules,
    costs: Costs,
    climb: Climb,
    ahead: Ahead,
    memory_bytes: Option<u64>,
    cpu_ns: f64,
    busy_ns: f64,
    delay_ns: f64,
    wall_ns: f64,
}

impl Controller {
    /// A controller at the start of a run.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        let limits = rules.limits;
        let first = rules.workers_fixed.or(rules.workers_hint);
        let most = rules.workers_fixed.unwrap_or(limits.workers_most);
        let level = first.unwrap_or_else(|| limits.workers_at_first());
        Self {
            rules,
            costs: Costs::expecting(rules.overhead_ns_hint),
            climb: Climb::new(limits.cpus, level, most),
            ahead: Ahead::default(),
            memory_bytes: None,
            cpu_ns: 0.0,
            busy_ns: 0.0,
            delay_ns: 0.0,
            wall_ns: 0.0,
        }
    }

    /// The workers that may run now.
    #[must_use]
    pub fn workers(&self) -> u64 {
        self.rules.workers_fixed.unwrap_or_else(|| self.climb.level())
    }

    /// The workers that have proven themselves; a step that is still being tried does not count.
    #[must_use]
    pub fn workers_proven(&self) -> u64 {
        self.rules.workers_fixed.unwrap_or_else(|| self.climb.proven())
    }

    /// The items of the next chunk, when at least `left` items are left.
    #[must_use]
    pub fn next_chunk(&self, left: u64) -> u64 {
        match self.rules.chunking {
            Chunking::Fixed(items) => items.clamp(1, left.max(1)),
            Chunking::Adaptive { most } => {
                let known = self.rules.chunk_hint.unwrap_or(0);
                let overhead = self.costs.overhead();
                let cut = Cut {
                    left,
                    workers: self.workers(),
                    busy: self.ahead.left_ns(overhead.value, self.costs.mean_ns()),
                    overhead: overhead.value,
                    overhead_high: overhead.high,
                    dispatcher: self.costs.dispatcher_ns(),
                    mean: self.costs.mean_ns(),
                    spread: self.costs.spread(),
                    largest_done: self.costs.largest().max(known.div_ceil(4)),
                };
                if self.costs.chunks() == 0 {
                    // Before anything came back the hint is all there is; it is never more than a fair part.
                    return known.min(left.div_ceil(4 * self.workers())).clamp(1, most.max(1));
                }
                two_epsilon(&cut).clamp(1, most.max(1))
            }
        }
    }

    /// A chunk of `items` was started; handing it over cost the dispatcher `dispatch_ns`.
    pub fn started(&mut self, at_ns: u64, dispatch_ns: u64, items: u64) {
        self.costs.dispatched(real(dispatch_ns));
        self.ahead.started(at_ns.saturating_sub(dispatch_ns), items);
        self.climb.started(at_ns);
    }

    /// A chunk came back.
    pub fn finished(&mut self, done: &Finished) {
        let wall = done.at_ns.saturating_sub(done.started_ns);
        self.costs.chunk(Chunk { items: done.items, wall_ns: real(wall) });
        self.ahead.finished(done.started_ns, done.at_ns, done.items);
        self.wall_ns += real(wall);
        self.cpu_ns += real(done.cpu_ns);
        self.busy_ns += real(done.cpu_ns.saturating_add(done.delay_ns)).min(real(wall));
        self.delay_ns += real(done.delay_ns).min(real(wall));
        self.memory_bytes = self.memory_bytes.max(done.memory_bytes);
        self.climb.finished(&Done {
            started_ns: done.started_ns,
            at_ns: done.at_ns,
            items: done.items,
            cpu_ns: done.cpu_ns,
            delay_ns: done.delay_ns,
        });
    }

    /// Whether the machine should be looked at, because nothing comes back.
    #[must_use]
    pub fn listens(&self, at_ns: u64) -> bool {
        self.rules.workers_fixed.is_none() && self.climb.listens(at_ns)
    }

    /// What the machine looks like while nothing comes back.
    pub fn silent(&mut self, at_ns: u64, seen: Silence) {
        self.climb.silent(at_ns, seen);
    }

    /// Bounds the workers from now on.
    pub fn bound_workers(&mut self, most: u64) {
        self.climb.bound(most);
    }

    /// The share of their wall time that items wanted a CPU; 1 before anything is known.
    #[must_use]
    pub fn cpu_share(&self) -> f64 {
        if self.wall_ns > 0.0 { (self.busy_ns / self.wall_ns).clamp(0.0, 1.0) } else { 1.0 }
    }

    /// The most memory one chunk has had at once.
    #[must_use]
    pub const fn memory_bytes(&self) -> Option<u64> {
        self.memory_bytes
    }

    /// The learnt costs.
    #[must_use]
    pub const fn costs(&self) -> &Costs {
        &self.costs
    }

    /// Whether more measurements would hardly change a decision: the mean is known to a twentieth.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        const CHUNKS_LEAST: u64 = 8;
        let chunks = self.costs.chunks();
        chunks >= CHUNKS_LEAST.max(2 * self.workers())
            && self.costs.spread() / real(self.costs.items()).sqrt() < 0.05
    }

    /// Everything that was measured, for the model; `items` is the number the plan is for.
    #[must_use]
    pub fn measurements(&self, items: u64) -> Measurements {
        let one_each = self.rules.chunking == Chunking::Fixed(1);
        // With one item a chunk the overhead cannot be told from the item, and is part of it.
        let overhead_ns =
            if one_each { Figure::exact(0.0) } else { self.costs.overhead_of_neighbours() };
        // The time an item stood in a queue for a CPU belongs to the crowd, not to the item; the model adds the crowd.
        let own = 1.0 - (self.delay_ns / self.wall_ns.max(1.0)).clamp(0.0, 0.95);
        let mean = if one_each {
            crate::stats::mean(self.costs.sample()).unwrap_or(0.0)
        } else {
            self.costs.mean_beyond_ns(overhead_ns.value)
        };
        let own_cpu = self.cpu_ns / (self.wall_ns * own).max(1.0);
        Measurements {
            items,
            item_ns: self.costs.sample().iter().map(|cost| cost * own).collect(),
            mean_ns: mean * own,
            spread: self.costs.spread(),
            start_ns: Figure::exact(0.0),
            overhead_ns,
            dispatcher_ns: self.costs.dispatcher_ns(),
            cpu_share: if self.wall_ns > 0.0 { own_cpu.clamp(0.0, 1024.0) } else { 1.0 },
            slowdown: 0.0,
            memory_bytes: self.memory_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(chunking: Chunking) -> Rules {
        Rules {
            limits: Limits { cpus: 2.0, workers_most: 64, memory_bytes: None },
            workers_fixed: None,
            workers_hint: None,
            chunking,
            chunk_hint: None,
            overhead_ns_hint: None,
        }
    }

    #[test]
    fn fixed_numbers_stay_fixed() {
        let mut control =
            Controller::new(Rules { workers_fixed: Some(7), ..rules(Chunking::Fixed(3)) });
        assert_eq!((control.workers(), control.next_chunk(100), control.next_chunk(2)), (7, 3, 2));
        control.started(0, 10, 3);
        let done = Finished {
            items: 3,
            started_ns: 0,
            at_ns: 1_000_000,
            cpu_ns: 0,
            delay_ns: 0,
            memory_bytes: Some(5),
        };
        control.finished(&done);
        assert_eq!((control.workers(), control.next_chunk(100)), (7, 3));
        assert_eq!(control.memory_bytes(), Some(5));
    }

    #[test]
    fn chunks_start_at_one_and_grow_as_they_come_back() {
        let mut control = Controller::new(rules(Chunking::Adaptive { most: 10_000 }));
        let mut sizes = Vec::new();
        let mut now = 0;
        for _ in 0..6 {
            let items = control.next_chunk(1_000_000);
            sizes.push(items);
            control.started(now, 400_000, items);
            let wall = 800_000 + 1_000 * items;
            let started_ns = now;
            now += wall;
            control.finished(&Finished {
                items,
                started_ns,
                at_ns: now,
                cpu_ns: wall,
                delay_ns: 0,
                memory_bytes: None,
            });
        }
        assert_eq!(sizes, [1, 100, 1953, 10_000, 10_000, 10_000]);
        let seen = control.measurements(1_000_000);
        assert!((seen.overhead_ns.value - 800_000.0).abs() < 1_000.0);
        assert!((seen.mean_ns - 1_000.0).abs() < 50.0);
    }

    /// Works off `items` one chunk after the other, each with a start and a time for every item; the number of chunks.
    fn chunks_for(mut control: Controller, items: u64, start_ns: u64, each_ns: u64) -> u64 {
        let (mut left, mut now, mut chunks) = (items, 0, 0);
        while left > 0 {
            let items = control.next_chunk(left);
            control.started(now, 1_000_000, items);
            let (started_ns, wall) = (now, start_ns + each_ns * items);
            now += wall;
            control.finished(&Finished {
                items,
                started_ns,
                at_ns: now,
                cpu_ns: wall,
                delay_ns: 0,
                memory_bytes: None,
            });
            left -= items;
            chunks += 1;
        }
        chunks
    }

    #[test]
    fn a_slow_start_is_noticed_although_every_chunk_began_with_one_item() {
        let control = Controller::new(rules(Chunking::Adaptive { most: 10_000 }));
        // Starting takes 300 ms, of which the dispatcher sees 1 ms; an item takes 8 ms.
        let chunks = chunks_for(control, 200, 300_000_000, 8_000_000);
        assert!(chunks <= 16, "{chunks} processes for 200 items");
    }

    #[test]
    fn a_remembered_chunk_is_where_growth_starts_but_never_takes_all() {
        let hint = Rules { chunk_hint: Some(500), ..rules(Chunking::Adaptive { most: 10_000 }) };
        let control = Controller::new(hint);
        assert_eq!(control.next_chunk(1_000_000), 500);
        assert_eq!(control.next_chunk(80), 10);
    }

    #[test]
    fn a_remembered_overhead_spares_the_chunks_that_would_find_it_out() {
        let chunks = |overhead_ns_hint| {
            let hint = Rules {
                chunk_hint: Some(125),
                overhead_ns_hint,
                ..rules(Chunking::Adaptive { most: 10_000 })
            };
            chunks_for(Controller::new(hint), 1_000, 3_000_000, 1_000_000)
        };
        let (knowing, learning) = (chunks(Some(3_000_000.0)), chunks(None));
        assert!(knowing < learning, "{knowing} chunks, {learning} without the hint");
    }
}
