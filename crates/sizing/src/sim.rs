//! A discrete-event machine of 1 to 1,024 workers on which chunk rules run against item costs.
//!
//! Workers ask for a chunk when they are free, in the order of time; a chunk costs its overhead and its items. The
//! figures of the published experiments come out of it (`cargo xtask bench sim`) before our own rule is judged by it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::chunk::{Cutter, Known, Rule};
use crate::control::{Chunking, Controller, Finished, Rules};
use crate::measure::Limits;
use crate::num::{floor, index, real, real_len};

/// A loop to be run.
#[derive(Debug, Clone, Copy)]
pub struct Loop<'a> {
    /// What each item costs, in order.
    pub costs: &'a [f64],
    /// Workers.
    pub workers: u64,
    /// What each chunk costs the worker that takes it.
    pub overhead: f64,
}

/// What a run of a loop took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// From the start to the end of the last worker.
    pub makespan: f64,
    /// Chunks handed out.
    pub chunks: u64,
    /// Mean over the workers of the time not spent on items: overhead and idleness.
    pub wasted: f64,
}

/// Runs a loop under a published rule that knows the true mean and deviation.
#[must_use]
pub fn run(of: &Loop<'_>, rule: Rule, mean: f64, deviation: f64) -> Outcome {
    let total = of.costs.len() as u64;
    let known = Known { total, workers: of.workers, overhead: of.overhead, mean, deviation };
    let mut cutter = Cutter::new(rule, known);
    play(of, |_, _| cutter.next().unwrap_or(0), |_, _, _| {})
}

/// Runs a loop in chunks of one size.
#[must_use]
pub fn fixed(of: &Loop<'_>, chunk: u64) -> Outcome {
    play(of, |left, _| chunk.min(left), |_, _, _| {})
}

/// Runs a loop under our rule as it runs for real: knowing nothing at first, learning from what comes back.
#[must_use]
pub fn learning(of: &Loop<'_>) -> Outcome {
    let limits = Limits { cpus: real(of.workers), workers_most: of.workers, memory_bytes: None };
    let control = std::cell::RefCell::new(Controller::new(Rules {
        limits,
        workers_fixed: Some(of.workers),
        workers_hint: None,
        chunking: Chunking::Adaptive { most: u64::MAX },
        chunk_hint: None,
        overhead_ns_hint: None,
    }));
    // One unit of cost is so many nanoseconds of the controller.
    let ns = |time: f64| floor(time * UNIT_NS);
    let next = |left: u64, now: f64| {
        let mut control = control.borrow_mut();
        let items = control.next_chunk(left).min(left);
        control.started(ns(now + of.overhead), ns(of.overhead), items);
        items
    };
    let learn = |items: u64, started: f64, now: f64| {
        control.borrow_mut().finished(&Finished {
            items,
            started_ns: ns(started),
            at_ns: ns(now),
            cpu_ns: ns(now - started),
            delay_ns: 0,
            memory_bytes: None,
        });
    };
    play(of, next, learn)
}

/// Nanoseconds of the controller for one unit of cost: fine enough for costs of a ten-thousandth.
const UNIT_NS: f64 = 1e6;

fn play(
    of: &Loop<'_>,
    mut next: impl FnMut(u64, f64) -> u64,
    mut finished: impl FnMut(u64, f64, f64),
) -> Outcome {
    let total = of.costs.len();
    // Times are kept in steps so fine that ties are ties and the heap can order them.
    let step = 1e6;
    let mut free: BinaryHeap<Reverse<(u64, u64, u64, u64)>> =
        (0..of.workers).map(|worker| Reverse((0, worker, 0, 0))).collect();
    let (mut at, mut chunks, mut makespan) = (0, 0, 0.0_f64);
    while let Some(Reverse((now, worker, items, wall))) = free.pop() {
        if items > 0 {
            finished(items, real(now - wall) / step, real(now) / step);
        }
        let left = total - at;
        if left == 0 {
            continue;
        }
        let size = index(next(left as u64, real(now) / step).max(1)).min(left);
        let work: f64 = of.costs[at..at + size].iter().sum();
        at += size;
        chunks += 1;
        let wall = floor((of.overhead + work) * step);
        makespan = makespan.max(real(now + wall) / step);
        free.push(Reverse((now + wall, worker, size as u64, wall)));
    }
    let work: f64 = of.costs.iter().sum();
    let wasted = makespan - work / real(of.workers.max(1));
    Outcome { makespan, chunks, wasted: wasted.max(0.0) }
}

/// The mean of the wasted time over `rounds` loops of exponential items with mean 1.
#[must_use]
pub fn wasted_exponential(
    rule: Rule,
    total: usize,
    workers: u64,
    overhead: f64,
    rounds: u64,
) -> f64 {
    let each = wasted_each(rule, (total, workers), overhead, rounds);
    crate::stats::mean(&each).unwrap_or(0.0)
}

/// The wasted time of each of `rounds` loops of so many exponential items with mean 1 on so many workers.
#[must_use]
pub fn wasted_each(
    rule: Rule,
    (total, workers): (usize, u64),
    overhead: f64,
    rounds: u64,
) -> Vec<f64> {
    let one = |round: u64| {
        let mut rng = crate::rng::Rng::new(round.wrapping_mul(7919).wrapping_add(total as u64));
        let costs: Vec<f64> = (0..total).map(|_| rng.exponential(1.0)).collect();
        run(&Loop { costs: &costs, workers, overhead }, rule, 1.0, 1.0).wasted
    };
    (0..rounds.max(1)).map(one).collect()
}

/// The mean of the wasted time of our rule when it has to learn, as [`wasted_exponential`].
#[must_use]
pub fn wasted_learning(total: usize, workers: u64, overhead: f64, rounds: u64) -> f64 {
    let mut sum = Vec::new();
    for round in 0..rounds {
        let mut rng = crate::rng::Rng::new(round.wrapping_mul(7919).wrapping_add(total as u64));
        let costs: Vec<f64> = (0..total).map(|_| rng.exponential(1.0)).collect();
        sum.push(learning(&Loop { costs: &costs, workers, overhead }).wasted);
    }
    sum.iter().sum::<f64>() / real_len(sum.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_on_one_worker_takes_its_work_and_its_overheads() {
        let costs = [1.0; 10];
        let run = fixed(&Loop { costs: &costs, workers: 1, overhead: 0.5 }, 3);
        assert!((run.makespan - 12.0).abs() < 1e-3);
        assert_eq!(run.chunks, 4);
        assert!((run.wasted - 2.0).abs() < 1e-3);
    }

    #[test]
    fn one_exponential_item_each_on_1024_workers_waits_for_the_harmonic_number() {
        // The longest of n exponential times has the mean H(n); H(1024) = 7.509; the overhead adds 0.5.
        let wasted = wasted_exponential(Rule::Static, 1024, 1024, 0.5, 200);
        assert!((wasted - (7.509 - 1.0 + 0.5)).abs() < 0.2, "{wasted}");
    }

    #[test]
    fn self_scheduling_wastes_its_overhead_as_in_hagerups_tables() {
        // h·n/p for n = 1,024: 256 on 2 workers and 64 on 8, and the wait for the last item.
        let two = wasted_exponential(Rule::SelfScheduling, 1024, 2, 0.5, 50);
        assert!((two - 256.0).abs() / 256.0 < 0.01, "{two}");
        let eight = wasted_exponential(Rule::SelfScheduling, 1024, 8, 0.5, 50);
        assert!((eight - 64.0).abs() / 64.0 < 0.05, "{eight}");
    }

    #[test]
    fn factoring_by_halves_wastes_little_for_any_number_of_workers() {
        for workers in [2, 8, 64, 256, 1024] {
            let wasted = wasted_exponential(Rule::FactoringHalves, 8192, workers, 0.5, 20);
            assert!((2.0..12.0).contains(&wasted), "{workers}: {wasted}");
        }
    }

    #[test]
    fn our_rule_learns_and_stays_near_factoring() {
        for workers in [2, 8, 64] {
            let ours = wasted_learning(65_536, workers, 0.5, 5);
            let theirs = wasted_exponential(Rule::FactoringHalves, 65_536, workers, 0.5, 5);
            let share = 65_536.0 / real(workers);
            assert!(ours - theirs < 0.05 * share, "{workers}: {ours} against {theirs}");
        }
    }
}
