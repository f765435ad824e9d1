//! Predicts the total time of a number of workers and a chunk size.
//!
//! Three things can bound a run: the workers' own time, the CPUs they share, and the dispatcher that serves them all.
//! The slowest of the three is the flow; on top come the start of the workers and the tail, the wait for whoever
//! drew the last or the longest chunk. The interval comes from the interval of the mean item.

use serde::{Deserialize, Serialize};

use crate::measure::{Limits, Measurements};
use crate::num::real;
use crate::stats::Interval;

/// A predicted total time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// The expected time.
    pub ns: f64,
    /// Not below this, at 90 %.
    pub low_ns: f64,
    /// Not above this, at 90 %.
    pub high_ns: f64,
}

impl Predicted {
    /// The same, `factor` times as long.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { ns: self.ns * factor, low_ns: self.low_ns * factor, high_ns: self.high_ns * factor }
    }
}

/// Chunks that vary less than this behave as if all were equal.
const EVEN: f64 = 0.05;

/// A duration as people read it.
#[must_use]
pub fn duration_words(ns: f64) -> String {
    match ns {
        ns if ns < 0.95e3 => format!("{ns:.0} ns"),
        ns if ns < 0.95e6 => format!("{:.1} us", ns / 1e3),
        ns if ns < 0.95e9 => format!("{:.1} ms", ns / 1e6),
        ns if ns < 120e9 => format!("{:.2} s", ns / 1e9),
        ns if ns < 7200e9 => format!("{:.1} min", ns / 60e9),
        ns => format!("{:.1} h", ns / 3600e9),
    }
}

/// The model over one set of measurements.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    seen: &'a Measurements,
    limits: &'a Limits,
    mean: Interval,
}

impl<'a> Model<'a> {
    /// Prepares the interval of the mean, which every prediction needs.
    #[must_use]
    pub fn new(seen: &'a Measurements, limits: &'a Limits) -> Self {
        Self { seen, limits, mean: seen.mean_interval() }
    }

    /// The items the measurements are for.
    #[must_use]
    pub const fn items(&self) -> u64 {
        self.seen.items
    }

    /// The time of all items with `workers` workers and chunks of `chunk` items.
    #[must_use]
    pub fn predict(&self, workers: u64, chunk: u64) -> Predicted {
        let at = |mean: f64| total_ns(self.seen, self.limits, mean, workers, chunk);
        let ns = at(self.seen.mean_ns);
        Predicted { ns, low_ns: at(self.mean.low).min(ns), high_ns: at(self.mean.high).max(ns) }
    }
}

fn total_ns(seen: &Measurements, limits: &Limits, mean: f64, workers: u64, chunk: u64) -> f64 {
    let items = seen.items;
    if items == 0 {
        return 0.0;
    }
    let chunk = chunk.clamp(1, items);
    let chunks = items.div_ceil(chunk);
    // Workers beyond the chunks have nothing to do.
    let busy = workers.clamp(1, chunks);
    let beside = real(busy - 1);
    let mean = mean * (1.0 + seen.slowdown * beside);
    let overhead = seen.overhead_ns.value;
    let wall = overhead + real(chunk) * mean;
    let cpu = overhead + real(chunk) * mean * seen.cpu_share;
    let flow = (real(chunks) * wall / real(busy))
        .max(real(chunks) * cpu / limits.cpus.max(0.01))
        .max(real(chunks) * seen.dispatcher_ns);
    let start = seen.start_ns.value * if busy > 1 { real(busy) } else { 0.0 };
    start + with_tail(seen, flow, wall, Shape { busy, chunk, chunks, mean })
}

#[derive(Clone, Copy)]
struct Shape {
    busy: u64,
    chunk: u64,
    chunks: u64,
    mean: f64,
}

/// The flow and the wait for the last worker.
fn with_tail(seen: &Measurements, flow: f64, wall: f64, shape: Shape) -> f64 {
    if shape.busy < 2 {
        return flow;
    }
    let size = real(shape.chunk);
    let rounds = real(shape.chunks.div_ceil(shape.busy)) * wall;
    if seen.spread / size.sqrt() < EVEN {
        return flow.max(rounds);
    }
    let busy = real(shape.busy);
    let deviation = shape.mean * seen.spread * size.sqrt();
    // The longest of `busy` chunks; no single item is expected to cost more than the costliest seen.
    let longest = (deviation * (2.0 * busy.ln()).sqrt())
        .min((seen.worst_item_ns() * size - size * shape.mean).max(0.0));
    if shape.chunks == shape.busy {
        return flow + longest;
    }
    flow + (1.0 - 1.0 / busy) * (wall + longest) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Figure;
    use crate::rng::Rng;
    use crate::sim::{self, Loop};

    fn seen(items: u64, sample: Vec<f64>, overhead: f64) -> Measurements {
        let mean_ns = crate::stats::mean(&sample).unwrap();
        let spread = crate::stats::deviation(&sample).unwrap() / mean_ns;
        Measurements {
            items,
            item_ns: sample,
            mean_ns,
            spread,
            start_ns: Figure::exact(0.0),
            overhead_ns: Figure::exact(overhead),
            dispatcher_ns: 0.0,
            cpu_share: 1.0,
            slowdown: 0.0,
            memory_bytes: None,
        }
    }

    #[test]
    fn equal_items_take_whole_rounds() {
        let limits = Limits { cpus: 4.0, workers_most: 64, memory_bytes: None };
        let seen = seen(10, vec![100.0; 8], 10.0);
        assert!((Model::new(&seen, &limits).predict(4, 1).ns - 330.0).abs() < 1e-6);
        assert!((Model::new(&seen, &limits).predict(1, 10).ns - 1010.0).abs() < 1e-6);
        assert!((Model::new(&seen, &limits).predict(4, 5).ns - 510.0).abs() < 1e-6);
    }

    #[test]
    fn more_workers_than_cpus_gain_only_while_items_wait() {
        let limits = Limits { cpus: 2.0, workers_most: 64, memory_bytes: None };
        let mut seen = seen(1000, vec![100.0; 8], 0.0);
        let two = Model::new(&seen, &limits).predict(2, 1).ns;
        assert!(Model::new(&seen, &limits).predict(16, 1).ns >= two);
        seen.cpu_share = 0.1;
        assert!(Model::new(&seen, &limits).predict(16, 1).ns < two / 7.0);
    }

    #[test]
    fn the_model_is_near_the_simulator_for_even_and_uneven_items() {
        let limits = Limits { cpus: 1024.0, workers_most: 1024, memory_bytes: None };
        let mut rng = Rng::new(11);
        for sigma in [0.0, 0.5, 1.0] {
            let costs: Vec<f64> = (0..4096).map(|_| rng.lognormal(100.0, sigma)).collect();
            let seen = seen(4096, costs.clone(), 30.0);
            for (workers, chunk) in [(1, 1), (2, 1), (2, 64), (8, 4), (8, 100), (32, 16)] {
                let told = Model::new(&seen, &limits).predict(workers, chunk).ns;
                let run = sim::fixed(&Loop { costs: &costs, workers, overhead: 30.0 }, chunk);
                let ratio = told / run.makespan;
                assert!((0.85..1.15).contains(&ratio), "{sigma} {workers} {chunk}: {ratio}");
            }
        }
    }
}
