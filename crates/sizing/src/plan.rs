//! Searches all worker counts and all sensible chunks, and says why it chose what it chose.
//!
//! The plan carries the alternatives it rejected and by how much, so that a reader can disagree with it. Where
//! several choices are as good as the best, the one with the fewest workers is taken.

use serde::{Deserialize, Serialize};

use crate::measure::{Limits, Measurements};
use crate::model::{self, Model, Predicted};
use crate::num::real;

/// What carries the work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Executor {
    /// One after the other.
    Serial,
    /// Threads of this process.
    Threads,
    /// Processes of their own.
    Processes,
}

impl Executor {
    /// The word for it in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Threads => "threads",
            Self::Processes => "processes",
        }
    }
}

/// A choice that was not taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// What it is, in words.
    pub what: String,
    /// Its workers.
    pub workers: u64,
    /// Its chunk.
    pub chunk: u64,
    /// Its predicted time.
    pub predicted: Predicted,
    /// Its time over the plan's.
    pub times: f64,
}

/// What to do, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Who carries it out.
    pub executor: Executor,
    /// How many at once.
    pub workers: u64,
    /// Items a chunk.
    pub chunk: u64,
    /// Items the plan is for.
    pub items: u64,
    /// Predicted time.
    pub predicted: Predicted,
    /// Predicted time one after the other.
    pub serial: Predicted,
    /// Serial over predicted time.
    pub speedup: f64,
    /// One sentence.
    pub reason: String,
    /// What was not taken.
    pub rejected: Vec<Rejected>,
}

impl Plan {
    /// A plan without measurements: as many threads as this process has CPUs, which the standard library tells from
    /// affinity and quotas.
    #[must_use]
    pub fn for_this_machine() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::threads(threads as u64)
    }

    /// A plan without measurements: so many threads, and chunks that find their size while they run.
    #[must_use]
    pub fn threads(workers: u64) -> Self {
        let none = Predicted { ns: 0.0, low_ns: 0.0, high_ns: 0.0 };
        Self {
            executor: if workers > 1 { Executor::Threads } else { Executor::Serial },
            workers: workers.max(1),
            chunk: 1,
            items: 0,
            predicted: none,
            serial: none,
            speedup: 1.0,
            reason: format!("{workers} threads, as asked"),
            rejected: Vec::new(),
        }
    }
}

/// What the search may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    /// Who carries out anything that is not serial.
    pub parallel: Executor,
    /// A number of workers that is given.
    pub workers: Option<u64>,
    /// A chunk that is given.
    pub chunk: Option<u64>,
    /// The largest chunk there may be.
    pub chunk_most: u64,
}

/// Items that want a CPU for more than this share compute; see [`crate::climb`], which steps up below it only.
const BUSY: f64 = 0.85;
/// Choices this near to the best count as equal to it.
const AS_GOOD: f64 = 1.02;
/// The search looks at every worker count up to here.
const WORKERS_SEARCHED: u64 = 1024;

/// One point of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Workers.
    pub workers: u64,
    /// Items a chunk.
    pub chunk: u64,
    /// Predicted time.
    pub predicted: Predicted,
}

/// The best plan for what was measured.
#[must_use]
pub fn search(seen: &Measurements, limits: &Limits, choices: &Choices) -> Plan {
    let model = Model::new(seen, limits);
    let by_memory = limits.workers_by_memory(seen.memory_bytes);
    let serial_chunk = choices.chunk.unwrap_or_else(|| choices.chunk_most.min(seen.items.max(1)));
    let serial = model.predict(1, serial_chunk);
    let mut best = Point { workers: 1, chunk: serial_chunk, predicted: serial };
    if let Some(workers) = choices.workers {
        best.workers = workers.max(1);
        best = best_chunk(&model, seen.items, best.workers, choices);
    } else {
        let most = by_memory.min(WORKERS_SEARCHED).min(seen.items);
        // A share that cannot be told from all is no reason to crowd the CPUs.
        let most = if seen.cpu_share >= BUSY { most.min(limits.workers_at_first()) } else { most };
        for workers in 2..=most {
            let point = best_chunk(&model, seen.items, workers, choices);
            if point.predicted.ns * AS_GOOD < best.predicted.ns {
                best = point;
            }
        }
    }
    let executor = if best.workers > 1 { choices.parallel } else { Executor::Serial };
    let rejected = rejected(&model, limits, choices, &best, by_memory);
    Plan {
        executor,
        workers: best.workers,
        chunk: best.chunk,
        items: seen.items,
        predicted: best.predicted,
        serial,
        speedup: if best.predicted.ns > 0.0 { serial.ns / best.predicted.ns } else { 1.0 },
        reason: reason(seen, limits, choices, &best, by_memory),
        rejected,
    }
}

/// The points of a grid over workers and chunks, for a chart or a bench.
#[must_use]
pub fn grid(seen: &Measurements, limits: &Limits, workers: &[u64], chunks: &[u64]) -> Vec<Point> {
    let model = Model::new(seen, limits);
    let point = |&workers: &u64, &chunk: &u64| Point {
        workers,
        chunk,
        predicted: model.predict(workers, chunk),
    };
    workers
        .iter()
        .flat_map(|w| chunks.iter().map(move |c| (w, c)))
        .map(|(w, c)| point(w, c))
        .collect()
}

/// The chunks worth looking at: powers of two, and the even shares.
#[must_use]
pub fn sensible_chunks(items: u64, workers: u64, most: u64) -> Vec<u64> {
    let most = most.min(items).max(1);
    let powers = std::iter::successors(Some(1_u64), |chunk| chunk.checked_mul(2));
    let shares = [1, 2, 4, 8].map(|parts| items.div_ceil(workers.max(1) * parts));
    let mut chunks: Vec<u64> =
        powers.take_while(|&chunk| chunk < most).chain(shares).chain([most]).collect();
    chunks.retain(|&chunk| chunk >= 1 && chunk <= most);
    chunks.sort_unstable();
    chunks.dedup();
    chunks
}

fn best_chunk(model: &Model<'_>, items: u64, workers: u64, choices: &Choices) -> Point {
    let chunks = choices
        .chunk
        .map_or_else(|| sensible_chunks(items, workers, choices.chunk_most), |chunk| vec![chunk]);
    let at = |chunk| Point { workers, chunk, predicted: model.predict(workers, chunk) };
    let mut best = at(chunks.first().copied().unwrap_or(1));
    for &chunk in chunks.iter().skip(1) {
        let point = at(chunk);
        if point.predicted.ns < best.predicted.ns {
            best = point;
        }
    }
    best
}

fn rejected(
    model: &Model<'_>,
    limits: &Limits,
    choices: &Choices,
    best: &Point,
    by_memory: u64,
) -> Vec<Rejected> {
    let cpus = limits.workers_at_first();
    let items = model.items();
    let mut others = vec![("serial".to_owned(), 1, choices.chunk.unwrap_or(choices.chunk_most))];
    let mut workers = vec![cpus, best.workers / 2, best.workers * 2, cpus * 4];
    workers.retain(|&count| count > 1 && count != best.workers && count <= by_memory);
    workers.sort_unstable();
    workers.dedup();
    others.extend(workers.into_iter().map(|count| {
        (format!("{count} workers"), count, best_chunk(model, items, count, choices).chunk)
    }));
    if choices.chunk.is_none() && choices.chunk_most > 1 {
        others.push(("one item a chunk".to_owned(), best.workers, 1));
        let share = items.div_ceil(best.workers.max(1)).min(choices.chunk_most).max(1);
        others.push(("one even share each".to_owned(), best.workers, share));
    }
    others.retain(|(_, count, chunk)| (*count, *chunk) != (best.workers, best.chunk));
    others.retain(|(what, _, _)| what != "serial" || best.workers > 1);
    let to_rejected = |(what, workers, chunk): (String, u64, u64)| {
        let predicted = model.predict(workers, chunk.clamp(1, items.max(1)));
        let times = predicted.ns / best.predicted.ns.max(1.0);
        Rejected { what, workers, chunk: chunk.clamp(1, items.max(1)), predicted, times }
    };
    others.into_iter().map(to_rejected).collect()
}

fn reason(
    seen: &Measurements,
    limits: &Limits,
    choices: &Choices,
    best: &Point,
    by_memory: u64,
) -> String {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    if let Some(workers) = choices.workers {
        return format!("{workers} at once, as asked");
    }
    if seen.items < 2 {
        return "there is nothing to share out".to_owned();
    }
    let cpus = limits.workers_at_first();
    if best.workers == 1 {
        let total = model::duration_words(best.predicted.ns);
        if limits.cpus <= 1.0 && seen.cpu_share > 0.7 {
            let share = percent(seen.cpu_share);
            return format!("one CPU is usable and items want it {share} of their time");
        }
        return format!(
            "the whole work takes {total}, and sharing it out would cost more than it saves"
        );
    }
    if best.workers == by_memory && by_memory < limits.workers_most {
        return format!("memory leaves room for {by_memory} at once");
    }
    if best.workers > cpus {
        let waits = percent(1.0 - seen.cpu_share);
        return format!(
            "items wait {waits} of their time, so more of them than CPUs can be under way"
        );
    }
    if best.workers == cpus {
        let share = percent(seen.cpu_share);
        return format!("items want a CPU {share} of their time and {:.4} are usable", limits.cpus)
            .replace(".0000", "");
    }
    if real(best.workers) >= real(seen.items) {
        return format!("there are only {} items", seen.items);
    }
    "more workers would not finish earlier: the last chunks would be waited for".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Figure;

    const MS: f64 = 1e6;

    fn seen(items: u64, mean_ns: f64, cpu_share: f64) -> Measurements {
        Measurements {
            items,
            item_ns: vec![mean_ns; 8],
            mean_ns,
            spread: 0.0,
            start_ns: Figure::exact(0.0),
            overhead_ns: Figure::exact(0.8 * MS),
            dispatcher_ns: 0.4 * MS,
            cpu_share,
            slowdown: 0.0,
            memory_bytes: None,
        }
    }

    const LIMITS: Limits = Limits { cpus: 4.0, workers_most: 256, memory_bytes: None };
    const ANY: Choices =
        Choices { parallel: Executor::Processes, workers: None, chunk: None, chunk_most: 1 << 20 };

    #[test]
    fn computing_items_get_the_cpus_and_a_chunk_that_hides_the_overhead() {
        let plan = search(&seen(10_000, 0.1 * MS, 1.0), &LIMITS, &ANY);
        assert_eq!((plan.executor, plan.workers), (Executor::Processes, 4));
        assert!(plan.chunk > 64, "{}", plan.chunk);
        assert!(plan.speedup > 3.5);
        assert!(plan.rejected.iter().any(|other| other.what == "serial" && other.times > 3.0));
        assert!(plan.reason.contains("4 are usable"), "{}", plan.reason);
    }

    #[test]
    fn waiting_items_get_more_workers_than_cpus() {
        let one_each = Choices { chunk: Some(1), ..ANY };
        let plan = search(&seen(1000, 10.0 * MS, 0.05), &LIMITS, &one_each);
        assert!(plan.workers > 12, "{}", plan.workers);
        assert!(plan.reason.contains("wait 95 %"), "{}", plan.reason);
    }

    #[test]
    fn serial_is_an_answer() {
        let mut tiny = seen(10, 0.001 * MS, 1.0);
        tiny.start_ns = Figure::exact(20.0 * MS);
        let plan = search(&tiny, &LIMITS, &ANY);
        assert_eq!((plan.executor, plan.workers), (Executor::Serial, 1));
        assert!(plan.reason.contains("cost more than it saves"), "{}", plan.reason);
        let none = search(&seen(0, MS, 1.0), &LIMITS, &ANY);
        assert_eq!(none.executor, Executor::Serial);
    }

    #[test]
    fn memory_is_a_hard_bound_and_a_given_number_is_kept() {
        let mut big = seen(1000, 10.0 * MS, 1.0);
        big.memory_bytes = Some(400);
        let limits = Limits { memory_bytes: Some(1000), ..LIMITS };
        let plan = search(&big, &limits, &ANY);
        assert_eq!(plan.workers, 2);
        assert!(plan.reason.contains("memory"), "{}", plan.reason);
        let plan = search(&big, &limits, &Choices { workers: Some(9), ..ANY });
        assert_eq!(plan.workers, 9);
    }

    #[test]
    fn a_plan_survives_being_stored() {
        let plan = search(&seen(100, MS, 1.0), &LIMITS, &ANY);
        let grid = grid(&seen(100, MS, 1.0), &LIMITS, &[1, 2], &[1, 10]);
        assert_eq!(grid.len(), 4);
        assert!(plan.predicted.low_ns <= plan.predicted.ns);
    }
}
