//! What was measured: figures with their bounds, the costs of chunks, the machine's limits.
//!
//! A figure that cannot be told from noise keeps its upper bound and counts as zero; nothing is replaced by a folk
//! constant. [`Costs`] learns from chunks as they come back and forgets slowly, because the end of a list may be
//! heavier than its beginning.

use serde::{Deserialize, Serialize};

use crate::num::{real, real_len};
use crate::stats;

/// One measured figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The estimate; zero where it cannot be told from noise.
    pub value: f64,
    /// Not below this.
    pub low: f64,
    /// Not above this.
    pub high: f64,
    /// Measurements behind it.
    pub n: u64,
}

impl Figure {
    /// A figure that is known exactly.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self { value, low: value, high: value, n: 1 }
    }

    /// Nothing measured: zero, bounded by `high`.
    #[must_use]
    pub const fn unknown(high: f64) -> Self {
        Self { value: 0.0, low: 0.0, high, n: 0 }
    }
}

/// What the machine allows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// CPUs' worth of time, a quota included; may be a fraction.
    pub cpus: f64,
    /// The most workers that may run at once, whatever pays.
    pub workers_most: u64,
    /// Memory that workers may take together, where it is bounded.
    pub memory_bytes: Option<u64>,
}

impl Limits {
    /// The workers that memory leaves room for, at least one.
    #[must_use]
    pub fn workers_by_memory(&self, bytes_each: Option<u64>) -> u64 {
        match (self.memory_bytes, bytes_each) {
            (Some(all), Some(each)) if each > 0 => (all / each).clamp(1, self.workers_most.max(1)),
            _ => self.workers_most.max(1),
        }
    }

    /// The workers a run starts with: one for each CPU it may use.
    #[must_use]
    pub fn workers_at_first(&self) -> u64 {
        crate::num::ceil(self.cpus - 1e-9).clamp(1, self.workers_most.max(1))
    }
}

/// Everything the model predicts from; times in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// Items to be done.
    pub items: u64,
    /// Costs of single items, or means of chunks where single items cannot be told apart.
    pub item_ns: Vec<f64>,
    /// Mean cost of an item.
    pub mean_ns: f64,
    /// Standard deviation of an item's cost over its mean.
    pub spread: f64,
    /// Cost of starting one more worker, once.
    pub start_ns: Figure,
    /// Cost of one chunk for the worker that takes it.
    pub overhead_ns: Figure,
    /// Cost of one chunk for the dispatcher that serves all workers.
    pub dispatcher_ns: f64,
    /// Share of an item's wall time that it wants a CPU.
    pub cpu_share: f64,
    /// By how much an item slows for each further worker that runs beside it.
    pub slowdown: f64,
    /// Memory of one worker.
    pub memory_bytes: Option<u64>,
}

impl Measurements {
    /// The interval of the mean item cost, from the sample.
    #[must_use]
    pub fn mean_interval(&self) -> stats::Interval {
        let none = stats::Interval { low: self.mean_ns, high: self.mean_ns };
        match self.item_ns.len() {
            0 | 1 => stats::Interval { low: self.mean_ns * 0.2, high: self.mean_ns * 5.0 },
            _ => stats::bootstrap(&self.item_ns, stats::mean, 0.90, 1).unwrap_or(none),
        }
    }

    /// The costliest item that is to be expected among all, by the sample.
    #[must_use]
    pub fn worst_item_ns(&self) -> f64 {
        self.item_ns.iter().copied().fold(self.mean_ns, f64::max)
    }
}

/// One chunk that came back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chunk {
    /// Its items.
    pub items: u64,
    /// From handing it over until its result was there.
    pub wall_ns: f64,
}

/// Chunks that are kept to tell overhead from items.
const CHUNKS_KEPT: usize = 64;
/// Item costs that are kept for the distribution.
const SAMPLE_KEPT: usize = 512;
/// So few chunks say something about the overhead only where the largest is so many times the least.
const SIZES_ALIKE: usize = 8;
const SIZES_APART: u64 = 4;
/// Chunks that came back so shortly after one another are neighbours.
const NEIGHBOURS: usize = 2;
/// So many pairs of neighbours say something together.
const PAIRS_LEAST: usize = 4;
/// One-sided 90 % of Student's distribution with one, two, three … degrees of freedom.
const LOWER_90: [f64; 10] = [3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372];

/// The same for any number of points on a line. A few noisy chunks lie on some line by chance; the normal distribution would
/// believe it.
fn lower_90(points: usize) -> f64 {
    let freedom = points.saturating_sub(2).max(1);
    LOWER_90.get(freedom - 1).copied().unwrap_or_else(|| 1.2816 + 0.9 / real_len(freedom))
}

/// Learns the overhead of a chunk and the cost of an item from chunks of different sizes.
#[derive(Debug, Clone, Default)]
pub struct Costs {
    chunks: Vec<Chunk>,
    next: usize,
    sample: Vec<f64>,
    seen: u64,
    items: u64,
    largest: u64,
    least_wall_ns: f64,
    dispatcher_ns: f64,
    dispatched: u64,
    /// What the overhead is expected to be; zero when nobody knows.
    expected_overhead_ns: f64,
}

impl Costs {
    /// Nothing learnt yet.
    #[must_use]
    pub fn new() -> Self {
        Self { least_wall_ns: f64::INFINITY, ..Self::default() }
    }

    /// Nothing learnt yet, but an overhead that an earlier run found.
    #[must_use]
    pub fn expecting(overhead_ns: Option<f64>) -> Self {
        Self { expected_overhead_ns: overhead_ns.unwrap_or(0.0).max(0.0), ..Self::new() }
    }

    /// Takes in a chunk that came back.
    pub fn chunk(&mut self, chunk: Chunk) {
        let items = chunk.items.max(1);
        let chunk = Chunk { items, ..chunk };
        if self.chunks.len() < CHUNKS_KEPT {
            self.chunks.push(chunk);
        } else {
            self.chunks[self.next] = chunk;
        }
        self.next = (self.next + 1) % CHUNKS_KEPT;
        self.keep(chunk.wall_ns / real(items));
        self.items += items;
        self.largest = self.largest.max(items);
        self.least_wall_ns = self.least_wall_ns.min(chunk.wall_ns);
    }

    /// A reservoir: every cost seen is kept with the same chance, by a hash of its number.
    fn keep(&mut self, cost: f64) {
        self.seen += 1;
        if self.sample.len() < SAMPLE_KEPT {
            self.sample.push(cost);
            return;
        }
        let place = crate::rng::Rng::new(self.seen).below(self.seen);
        if let Some(slot) = self.sample.get_mut(crate::num::index(place)) {
            *slot = cost;
        }
    }

    /// Takes in what handing over one chunk cost the dispatcher.
    pub fn dispatched(&mut self, cost_ns: f64) {
        self.dispatched += 1;
        let weight = 1.0 / real(self.dispatched.min(32));
        self.dispatcher_ns += weight * (cost_ns - self.dispatcher_ns);
    }

    /// Items that have come back.
    #[must_use]
    pub const fn items(&self) -> u64 {
        self.items
    }

    /// Chunks that have come back.
    #[must_use]
    pub const fn chunks(&self) -> u64 {
        self.seen
    }

    /// The largest chunk that has come back.
    #[must_use]
    pub const fn largest(&self) -> u64 {
        self.largest
    }

    /// The kept item costs.
    #[must_use]
    pub fn sample(&self) -> &[f64] {
        &self.sample
    }

    /// What handing over one chunk costs the dispatcher.
    #[must_use]
    pub const fn dispatcher_ns(&self) -> f64 {
        self.dispatcher_ns
    }

    /// The overhead of a chunk: the lower bound of what chunks of different sizes have in common.
    ///
    /// The point estimate of a regression over a few noisy chunks can be a hundred times too large and would then
    /// ask for a chunk that never ends; the lower bound errs towards more, smaller chunks. What the dispatcher
    /// measurably spends is a floor, the quickest chunk a ceiling. What is expected counts as long as the chunks do not
    /// contradict it.
    #[must_use]
    pub fn overhead(&self) -> Figure {
        let n = self.seen;
        let ceiling = if self.least_wall_ns.is_finite() { self.least_wall_ns } else { f64::MAX };
        let floor = self.dispatcher_ns.min(ceiling);
        let expected = self.expected_overhead_ns;
        let points: Vec<(f64, f64)> =
            self.chunks.iter().map(|chunk| (real(chunk.items), chunk.wall_ns)).collect();
        match stats::least_squares(&points) {
            Some((line, error)) if self.tells_apart() => {
                let error = lower_90(points.len()) * error;
                let low = (line.intercept - error).clamp(floor, ceiling);
                let high = (line.intercept + error).clamp(low, ceiling);
                Figure { value: expected.clamp(low, high), low, high, n }
            }
            _ if expected > 0.0 => Figure::exact(expected.clamp(floor, ceiling)),
            _ => Figure { value: floor, low: floor, high: ceiling, n },
        }
    }

    /// The overhead as neighbours tell it. Where items grow dearer along the list, the small chunks at its end look
    /// like a dear start; chunks that came back one after the other had items of like cost, so they are not misled.
    #[must_use]
    pub fn overhead_of_neighbours(&self) -> Figure {
        let known = self.overhead();
        let (newer, older) = self.chunks.split_at(self.next.min(self.chunks.len()));
        let in_order: Vec<&Chunk> = older.iter().chain(newer).collect();
        let apart = |one: &Chunk, other: &Chunk| {
            let (least, most) = (one.items.min(other.items), one.items.max(other.items));
            4 * most >= 5 * least
        };
        let told: Vec<f64> = (1..=NEIGHBOURS)
            .flat_map(|step| in_order.iter().zip(in_order.iter().skip(step)))
            .filter(|(one, other)| apart(one, other))
            .map(|(one, other)| {
                let (few, many) = (real(one.items), real(other.items));
                (many * one.wall_ns - few * other.wall_ns) / (many - few)
            })
            .collect();
        let (Some(middle), Some(apart)) = (stats::median(&told), stats::mad(&told)) else {
            return known;
        };
        if told.len() < PAIRS_LEAST {
            return known;
        }
        // They correct what they clearly contradict: a start that is thought too cheap makes every chunk too small.
        let most = middle + 2.0 * apart / real_len(told.len()).sqrt();
        let value = known.value.min(most.max(self.dispatcher_ns));
        Figure { value, low: known.low.min(value), ..known }
    }

    /// Whether the chunks can tell an overhead from their items: a few of nearly one size show only the noise of the items.
    fn tells_apart(&self) -> bool {
        let sizes = || self.chunks.iter().map(|chunk| chunk.items);
        let (least, most) = (sizes().min().unwrap_or(1), sizes().max().unwrap_or(1));
        self.chunks.len() >= SIZES_ALIKE || most >= SIZES_APART * least
    }

    /// The mean cost of an item over the kept chunks, their overhead taken off.
    #[must_use]
    pub fn mean_ns(&self) -> f64 {
        self.mean_beyond_ns(self.overhead().value)
    }

    /// The same where a chunk costs so much by itself.
    #[must_use]
    pub fn mean_beyond_ns(&self, overhead: f64) -> f64 {
        let items: u64 = self.chunks.iter().map(|chunk| chunk.items).sum();
        let own = |chunk: &Chunk| (chunk.wall_ns - overhead).max(0.0);
        let time: f64 = self.chunks.iter().map(own).sum();
        if items == 0 { 0.0 } else { (time / real(items)).max(1.0) }
    }

    /// The standard deviation of an item's cost over its mean, from how chunks differ.
    #[must_use]
    pub fn spread(&self) -> f64 {
        if self.chunks.len() < 2 {
            return 1.0;
        }
        let (overhead, mean) = (self.overhead().value, self.mean_ns());
        let squares = self.chunks.iter().map(|chunk| {
            let items = real(chunk.items);
            (chunk.wall_ns - overhead - items * mean).powi(2) / items
        });
        (squares.sum::<f64>() / real_len(self.chunks.len() - 1)).sqrt() / mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn dear_items_at_the_end_are_not_taken_for_a_dear_start() {
        let mut costs = Costs::new();
        let sizes = [1, 4, 16, 14, 12, 10, 8, 6, 5, 4, 3, 2, 1];
        for (at, items) in sizes.into_iter().enumerate() {
            let each = if at >= 9 { 55.0 } else { 5.0 };
            costs.chunk(Chunk { items, wall_ns: 1.5 + each * real(items) });
        }
        assert!(costs.overhead().high > 6.0, "the sizes alone would be misled");
        let told = costs.overhead_of_neighbours().value;
        assert!((told - 1.5).abs() < 0.1, "{told}");
    }

    #[test]
    fn overhead_and_mean_are_told_apart_by_chunks_of_different_sizes() {
        let mut costs = Costs::new();
        for items in [1, 2, 4, 8, 16, 32] {
            costs.chunk(Chunk { items, wall_ns: 800.0 + 100.0 * real(items) });
        }
        assert!((costs.overhead().value - 800.0).abs() < 1.0);
        assert!((costs.mean_ns() - 100.0).abs() < 1.0);
        assert!(costs.spread() < 0.01);
        assert_eq!((costs.items(), costs.chunks(), costs.largest()), (63, 6, 32));
    }

    #[test]
    fn noise_never_raises_the_overhead_above_the_quickest_chunk() {
        let mut rng = Rng::new(3);
        let mut costs = Costs::new();
        costs.dispatched(50.0);
        for items in [1, 2, 4, 4, 8] {
            costs.chunk(Chunk { items, wall_ns: 1000.0 + rng.exponential(3000.0) * real(items) });
        }
        let overhead = costs.overhead();
        assert!(overhead.value >= 50.0 && overhead.high <= costs.least_wall_ns);
    }

    #[test]
    fn three_noisy_chunks_say_nothing_about_the_overhead() {
        let mut costs = Costs::new();
        costs.dispatched(0.2);
        // Items between 1 and 280: the larger chunk happened to be the quicker one.
        for (items, wall_ns) in [(8, 39.8), (9, 48.5), (4, 54.1)] {
            costs.chunk(Chunk { items, wall_ns });
        }
        assert!(costs.overhead().value < 1.0, "{:?}", costs.overhead());
        assert!(costs.mean_ns() > 6.0);
    }

    #[test]
    fn chunks_of_one_size_leave_the_overhead_at_what_the_dispatcher_spends() {
        let mut costs = Costs::new();
        costs.dispatched(300.0);
        costs.chunk(Chunk { items: 1, wall_ns: 1000.0 });
        costs.chunk(Chunk { items: 1, wall_ns: 1200.0 });
        costs.chunk(Chunk { items: 1, wall_ns: 1100.0 });
        let overhead = costs.overhead();
        assert!((overhead.value - 300.0).abs() < 1e-9 && (overhead.high - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn memory_bounds_the_workers_but_leaves_one() {
        let limits = Limits { cpus: 1.5, workers_most: 64, memory_bytes: Some(1000) };
        assert_eq!(limits.workers_by_memory(Some(300)), 3);
        assert_eq!(limits.workers_by_memory(Some(5000)), 1);
        assert_eq!(limits.workers_by_memory(None), 64);
        assert_eq!(limits.workers_at_first(), 2);
    }

    #[test]
    fn the_sample_stays_bounded() {
        let mut costs = Costs::new();
        for _ in 0..5000 {
            costs.chunk(Chunk { items: 1, wall_ns: 10.0 });
        }
        assert_eq!(costs.sample().len(), SAMPLE_KEPT);
    }
}
