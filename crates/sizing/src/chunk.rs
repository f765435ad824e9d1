//! How many items the next chunk takes.
//!
//! The published rules of loop self-scheduling stand here as they were published, so that the simulator can be
//! checked against their tables; [`two_epsilon`] is the one that runs. All see only how many items are left, how
//! many workers there are, and what has been measured. A chunk is never empty while items are left.

use crate::num::{ceil, floor, real};

/// A published rule, or ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// One equal share for each worker.
    Static,
    /// One item at a time (self-scheduling).
    SelfScheduling,
    /// Chunks of one fixed size (Kruskal and Weiss 1985).
    FixedSize,
    /// A share of what is left (guided self-scheduling, Polychronopoulos and Kuck 1987).
    Guided,
    /// Sizes that fall linearly (trapezoid self-scheduling, Tzen and Ni 1993).
    Trapezoid,
    /// Batches of equal chunks, sized by the spread (factoring, Hummel, Schonberg and Flynn 1992).
    Factoring,
    /// Factoring that halves what is left with each batch.
    FactoringHalves,
    /// Factoring held between two bounds on the overhead.
    TwoEpsilon,
}

/// What a rule may know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// Items at the start.
    pub total: u64,
    /// Workers.
    pub workers: u64,
    /// Cost of handing over one chunk, in the unit of `mean`.
    pub overhead: f64,
    /// Mean cost of an item.
    pub mean: f64,
    /// Standard deviation of the cost of an item.
    pub deviation: f64,
}

/// Cuts a loop of known size by one rule.
#[derive(Debug, Clone)]
pub struct Cutter {
    rule: Rule,
    known: Known,
    left: u64,
    batch_left: u64,
    batch_chunk: u64,
    batches: u64,
    trapezoid: u64,
}

impl Cutter {
    /// A cutter at the start of the loop.
    #[must_use]
    pub fn new(rule: Rule, known: Known) -> Self {
        let trapezoid = known.total.div_ceil(2 * known.workers.max(1)).max(1);
        Self {
            rule,
            known,
            left: known.total,
            batch_left: 0,
            batch_chunk: 0,
            batches: 0,
            trapezoid,
        }
    }

    fn batch(&mut self, size: impl FnOnce(&Self) -> u64) -> u64 {
        if self.batch_left == 0 {
            self.batch_chunk = size(self).max(1);
            self.batch_left = self.known.workers;
            self.batches += 1;
        }
        self.batch_left -= 1;
        self.batch_chunk
    }

    fn size(&mut self) -> u64 {
        let known = self.known;
        match self.rule {
            Rule::Static => known.total.div_ceil(known.workers.max(1)),
            Rule::SelfScheduling => 1,
            Rule::FixedSize => fixed_size(&known),
            Rule::Guided => self.left.div_ceil(known.workers),
            Rule::Trapezoid => self.trapezoid(),
            Rule::Factoring => self.batch(|cutter| {
                let spread = known.deviation / known.mean;
                let x = hummel_divisor(cutter.left, known.workers, spread, cutter.batches == 0);
                ceil(real(cutter.left) / (x * real(known.workers)))
            }),
            Rule::FactoringHalves => self.batch(|cutter| cutter.left.div_ceil(2 * known.workers)),
            Rule::TwoEpsilon => two_epsilon(&Cut {
                left: self.left,
                workers: known.workers,
                busy: 0.0,
                overhead: known.overhead,
                overhead_high: known.overhead,
                dispatcher: 0.0,
                mean: known.mean,
                spread: known.deviation / known.mean,
                largest_done: known.total,
            }),
        }
    }

    /// From half a share down to one, by an equal step.
    fn trapezoid(&mut self) -> u64 {
        let first = self.known.total.div_ceil(2 * self.known.workers).max(1);
        let steps = (2 * self.known.total).div_ceil(first + 1).max(2);
        let step = (first - 1) / (steps - 1);
        let size = self.trapezoid;
        self.trapezoid = size.saturating_sub(step).max(1);
        size
    }
}

impl Iterator for Cutter {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.left == 0 {
            return None;
        }
        let size = self.size().clamp(1, self.left);
        self.left -= size;
        Some(size)
    }
}

/// The chunk that balances overhead against the wait for the last worker (Kruskal and Weiss).
fn fixed_size(known: &Known) -> u64 {
    let workers = real(known.workers);
    if known.workers < 2 || known.deviation <= 0.0 {
        return known.total.div_ceil(known.workers.max(1));
    }
    let top = std::f64::consts::SQRT_2 * real(known.total) * known.overhead;
    let bottom = known.deviation * workers * workers.ln().sqrt();
    ceil((top / bottom).powf(2.0 / 3.0)).min(known.total.div_ceil(known.workers))
}

/// By what a batch divides what is left, so that it very likely ends before the rest would (Hummel 1992).
#[must_use]
pub fn hummel_divisor(left: u64, workers: u64, spread: f64, first: bool) -> f64 {
    let b = real(workers) / (2.0 * real(left.max(1)).sqrt()) * spread;
    let (base, under_root) = if first { (1.0, 2.0) } else { (2.0, 4.0) };
    base + b * b + b * (b * b + under_root).sqrt()
}

/// What [`two_epsilon`] decides from; costs in any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Items left, at least.
    pub left: u64,
    /// Workers that share them.
    pub workers: u64,
    /// What the workers have still to do of the chunks that are out, by the mean.
    pub busy: f64,
    /// What one more chunk costs a worker.
    pub overhead: f64,
    /// What it may cost at most, as far as is known.
    pub overhead_high: f64,
    /// What one more chunk costs the dispatcher, which serves all workers.
    pub dispatcher: f64,
    /// Mean cost of an item.
    pub mean: f64,
    /// Standard deviation of an item's cost over its mean.
    pub spread: f64,
    /// The largest chunk that has come back; 0 before the first.
    pub largest_done: u64,
}

/// Above this share of overhead a chunk is never cut smaller while the work is plenty.
const OVERHEAD_FEW: f64 = 0.01;
/// The last chunks are not cut below this. A halving costs each worker one more overhead and saves a part of one chunk
/// of waiting; over the shapes of the simulator the sum is least here, and flat around it.
const TAIL_OVERHEADS: f64 = 16.0;
/// The share of its time that the dispatcher may be busy.
const DISPATCHER_BUSY: f64 = 0.6;
/// A chunk is at most this many times the largest that has come back, and a little more where the workers are few: each
/// step of growth costs every worker a start, and a sample that misled lets all the others wait.
const GROWTH: u64 = 8;
/// What two or more workers add to the growth together.
const GROWTH_OF_FEW: u64 = 16;
/// While the overhead is not known, a chunk of this part of what is left for each worker is tried.
const TRIED_PARTS: f64 = 8.0;
/// So small a part of all may always be handed out: it cannot unbalance the rest.
const FIRST_PARTS: u64 = 256;
/// While the largest chunk is still mostly overhead, little is at stake and it may grow faster.
const GROWTH_OF_LITTLE: u64 = 32;

/// The next chunk: factoring, held between the overhead that can be neglected and the tail that can be afforded.
///
/// Factoring's share `left / (x · workers)` keeps the end balanced. A chunk whose overhead is already below 1 % gains
/// nothing by growing, so that is its upper end. Near the end, halving the chunks costs one more overhead and saves a
/// quarter of a chunk of waiting, so a few overheads are its lower end. Nothing grows faster than a few times
/// what has been seen to come back, so that a sample that misled costs little.
#[must_use]
pub fn two_epsilon(cut: &Cut) -> u64 {
    let workers = cut.workers.max(1);
    let mean = cut.mean.max(f64::MIN_POSITIVE);
    let x = hummel_divisor(cut.left, workers, cut.spread, false);
    let share = real(cut.left) / (x * real(workers));
    let enough = (cut.overhead / (OVERHEAD_FEW * mean)).max(1.0);
    let tail = (TAIL_OVERHEADS * cut.overhead / mean).min(enough);
    let served = real(workers) * cut.dispatcher / (DISPATCHER_BUSY * mean);
    let mut wanted = share.min(enough).max(tail).max(served);
    let could = cut.overhead_high / (OVERHEAD_FEW * mean);
    if could > 2.0 * enough {
        // Chunks of one size cannot tell what each costs from what each item costs: a slow start would be paid for
        // every item. Larger ones are tried, so small a part of what is left that a wrong try costs little.
        let more = real(cut.largest_done) * 2.0;
        wanted = wanted.max(more.min(real(cut.left) / (TRIED_PARTS * real(workers))));
    }
    // Near the end everybody gets a part of what is still to do, if a part is worth its overhead: while the others are busy,
    // whoever is free takes more of the rest. How much is believed of it falls with their number: where the end of a list is dear, the
    // mean so far says too much, and all the others wait for the chunk that it misled.
    let part = (real(cut.left) + cut.busy / mean / real(workers)) / real(workers);
    let part = part.max(cut.overhead / mean);
    let little = real(cut.largest_done) * mean < cut.overhead;
    let growth = if little { GROWTH_OF_LITTLE } else { GROWTH + GROWTH_OF_FEW / workers.max(2) };
    let grown =
        cut.largest_done.saturating_mul(growth).max(cut.left / (FIRST_PARTS * workers)).max(1);
    ceil(wanted.min(part)).max(1).min(grown).min(cut.left.max(1))
}

/// The largest chunk that memory or an argument list allows, whatever is wanted.
#[must_use]
pub fn bounded(wanted: u64, bytes_each: f64, bytes_most: u64) -> u64 {
    if bytes_each <= 0.0 {
        return wanted;
    }
    wanted.min(floor(real(bytes_most) / bytes_each).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(rule: Rule, total: u64, workers: u64) -> Vec<u64> {
        let known = Known { total, workers, overhead: 0.5, mean: 1.0, deviation: 1.0 };
        Cutter::new(rule, known).collect()
    }

    #[test]
    fn guided_self_scheduling_cuts_as_published_for_1000_on_4() {
        let published =
            [250, 188, 141, 106, 79, 59, 45, 33, 25, 19, 14, 11, 8, 6, 4, 3, 3, 2, 1, 1, 1, 1];
        assert_eq!(sequence(Rule::Guided, 1000, 4), published);
    }

    #[test]
    fn trapezoid_self_scheduling_cuts_as_published_for_1000_on_4() {
        let published = [125, 117, 109, 101, 93, 85, 77, 69, 61, 53, 45, 37, 28];
        assert_eq!(sequence(Rule::Trapezoid, 1000, 4), published);
    }

    #[test]
    fn factoring_by_halves_cuts_as_published_for_1000_on_4() {
        let sizes = [125, 63, 31, 16, 8, 4, 2, 1];
        let published: Vec<u64> = sizes.into_iter().flat_map(|size| [size; 4]).collect();
        assert_eq!(sequence(Rule::FactoringHalves, 1000, 4), published);
    }

    #[test]
    fn factoring_without_spread_is_one_static_share() {
        let known = Known { total: 1000, workers: 4, overhead: 0.5, mean: 1.0, deviation: 0.0 };
        assert_eq!(Cutter::new(Rule::Factoring, known).collect::<Vec<_>>(), [250; 4]);
    }

    #[test]
    fn every_rule_hands_out_every_item_once() {
        let rules = [
            Rule::Static,
            Rule::SelfScheduling,
            Rule::FixedSize,
            Rule::Guided,
            Rule::Trapezoid,
            Rule::Factoring,
            Rule::FactoringHalves,
            Rule::TwoEpsilon,
        ];
        for rule in rules {
            for (total, workers) in [(0, 3), (1, 1), (1, 8), (7, 2), (1000, 7), (65_536, 1024)] {
                assert_eq!(sequence(rule, total, workers).iter().sum::<u64>(), total, "{rule:?}");
            }
        }
    }

    #[test]
    fn fixed_chunks_are_near_the_optimum_of_kruskal_and_weiss() {
        let known = Known { total: 8192, workers: 8, overhead: 0.5, mean: 1.0, deviation: 1.0 };
        // (sqrt 2 · 8192 · 0.5 / (8 · sqrt(ln 8)))^(2/3) = 63.1
        assert_eq!(fixed_size(&known), 64);
    }

    #[test]
    fn a_chunk_grows_stepwise_and_never_past_the_rest() {
        let cut = Cut {
            left: 100_000,
            workers: 2,
            busy: 0.0,
            overhead: 800.0,
            overhead_high: 800.0,
            dispatcher: 0.0,
            mean: 1.0,
            spread: 0.0,
            largest_done: 0,
        };
        assert_eq!(two_epsilon(&cut), 195, "a 512th of all");
        assert_eq!(two_epsilon(&Cut { left: 500, ..cut }), 1);
        assert_eq!(two_epsilon(&Cut { largest_done: 16, ..cut }), 512);
        assert_eq!(two_epsilon(&Cut { largest_done: 800, ..cut }), 12_800);
        assert_eq!(two_epsilon(&Cut { largest_done: 100_000, ..cut }), 25_000);
        assert_eq!(two_epsilon(&Cut { largest_done: 100_000, left: 3, ..cut }), 3);
        let heavy = Cut { mean: 1e9, largest_done: 9, ..cut };
        assert_eq!(two_epsilon(&heavy), 1);
    }

    #[test]
    fn who_is_free_takes_more_of_the_rest_while_the_other_is_busy() {
        let cut = Cut {
            left: 40,
            workers: 2,
            busy: 0.0,
            overhead: 4.0,
            overhead_high: 4.0,
            dispatcher: 0.0,
            mean: 1.0,
            spread: 0.0,
            largest_done: 200,
        };
        assert_eq!(two_epsilon(&cut), 20, "both are free");
        assert_eq!(two_epsilon(&Cut { busy: 20.0, ..cut }), 25);
        assert_eq!(two_epsilon(&Cut { busy: 400.0, ..cut }), 40, "never more than there is");
    }

    #[test]
    fn bytes_bound_a_chunk_but_leave_one_item() {
        assert_eq!(bounded(100, 10.0, 250), 25);
        assert_eq!(bounded(100, 1000.0, 250), 1);
        assert_eq!(bounded(100, 0.0, 250), 100);
    }
}
