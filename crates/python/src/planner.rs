//! The planner of `sizing` as Python sees it: a controller that drives a run, a search for a plan, the rent rule.
//!
//! Times cross in seconds where a person reads them and in nanoseconds where a loop adds them up. Nothing is decided
//! here.

use amorsize_sizing::control::{Chunking, Controller, Finished, Rules};
use amorsize_sizing::measure::{Figure, Limits, Measurements};
use amorsize_sizing::model::Predicted;
use amorsize_sizing::plan::{self, Choices, Executor};
use amorsize_sizing::rent::{self, Rent};
use amorsize_sizing::stats;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

const NS: f64 = 1e9;

/// Decides while a run goes on: how many workers, how large the next chunk.
#[pyclass(name = "Controller", module = "amorsize._native")]
pub(crate) struct PyController(Controller);

#[pymethods]
impl PyController {
    #[new]
    #[pyo3(signature = (*, cpus, workers_most, memory_bytes=None, workers_fixed=None, workers_hint=None,
        chunk_fixed=None, chunk_most=1_048_576, chunk_hint=None))]
    fn new(
        cpus: f64,
        workers_most: u64,
        memory_bytes: Option<u64>,
        workers_fixed: Option<u64>,
        workers_hint: Option<u64>,
        chunk_fixed: Option<u64>,
        chunk_most: u64,
        chunk_hint: Option<u64>,
    ) -> Self {
        let chunking =
            chunk_fixed.map_or(Chunking::Adaptive { most: chunk_most.max(1) }, Chunking::Fixed);
        let limits = Limits { cpus, workers_most, memory_bytes };
        let rules = Rules {
            limits,
            workers_fixed,
            workers_hint,
            chunking,
            chunk_hint,
            overhead_ns_hint: None,
        };
        Self(Controller::new(rules))
    }

    /// The workers that may run now.
    fn workers(&self) -> u64 {
        self.0.workers()
    }

    /// The items of the next chunk, when at least `left` are left.
    fn next_chunk(&self, left: u64) -> u64 {
        self.0.next_chunk(left)
    }

    /// A chunk of `items` was handed over, which cost the dispatcher `dispatch_ns`.
    fn started(&mut self, at_ns: u64, dispatch_ns: u64, items: u64) {
        self.0.started(at_ns, dispatch_ns, items);
    }

    /// A chunk came back.
    fn finished(&mut self, items: u64, started_ns: u64, at_ns: u64, cpu_ns: u64, delay_ns: u64) {
        let memory_bytes = None;
        self.0.finished(&Finished { items, started_ns, at_ns, cpu_ns, delay_ns, memory_bytes });
    }

    /// Bounds the workers from now on.
    fn bound_workers(&mut self, most: u64) {
        self.0.bound_workers(most);
    }

    /// The share of their wall time that items wanted a CPU.
    #[getter]
    fn cpu_share(&self) -> f64 {
        self.0.cpu_share()
    }

    /// The mean cost of an item in seconds, the overhead of its chunk taken off.
    #[getter]
    fn mean_s(&self) -> f64 {
        self.0.costs().mean_ns() / NS
    }

    /// The overhead of a chunk in seconds.
    #[getter]
    fn overhead_s(&self) -> f64 {
        self.0.costs().overhead().value / NS
    }

    /// The largest chunk that has come back.
    #[getter]
    fn largest_chunk(&self) -> u64 {
        self.0.costs().largest()
    }
}

/// Whether to start the pool now; all times in seconds, `left_low_s` is `None` where the rest is not known.
#[pyfunction]
pub(crate) fn go_parallel(
    start_s: f64,
    elapsed_s: f64,
    left_low_s: Option<f64>,
    workers: u64,
    efficiency: f64,
) -> bool {
    rent::go_parallel(&Rent {
        start_ns: start_s * NS,
        elapsed_ns: elapsed_s * NS,
        left_low_ns: left_low_s.map(|left| left * NS),
        workers,
        efficiency,
    })
}

/// The lower bound, at 95 %, of the mean of a sample; a fifth of a single value.
#[pyfunction]
pub(crate) fn mean_low(sample: Vec<f64>) -> Option<f64> {
    match sample.len() {
        0 => None,
        1 => Some(sample[0] * 0.2),
        _ => stats::bootstrap(&sample, stats::mean, 0.90, 1).map(|interval| interval.low),
    }
}

/// What [`plan()`] is told; all times in seconds.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Seen {
    items: u64,
    item_s: Vec<f64>,
    start_s: f64,
    overhead_s: f64,
    dispatcher_s: f64,
    cpu_share: f64,
    memory_bytes: Option<u64>,
    cpus: f64,
    workers_most: u64,
    memory_most: Option<u64>,
    threads: bool,
    workers: Option<u64>,
    chunk: Option<u64>,
    chunk_most: u64,
}

impl Seen {
    fn measurements(&self) -> PyResult<Measurements> {
        let item_ns: Vec<f64> = self.item_s.iter().map(|seconds| seconds * NS).collect();
        let Some(mean_ns) = stats::mean(&item_ns) else {
            return Err(PyValueError::new_err("a plan needs at least one measured item"));
        };
        let deviation = stats::deviation(&item_ns).unwrap_or(0.0);
        Ok(Measurements {
            items: self.items,
            spread: if mean_ns > 0.0 { deviation / mean_ns } else { 0.0 },
            item_ns,
            mean_ns,
            start_ns: Figure::exact(self.start_s * NS),
            overhead_ns: Figure::exact(self.overhead_s * NS),
            dispatcher_ns: self.dispatcher_s * NS,
            cpu_share: self.cpu_share,
            slowdown: 0.0,
            memory_bytes: self.memory_bytes,
        })
    }
}

/// The best plan over all worker counts and sensible chunks, with its reason and what it rejected.
#[pyfunction]
#[pyo3(name = "plan")]
pub(crate) fn plan_for(py: Python<'_>, seen: Seen) -> PyResult<Bound<'_, PyDict>> {
    let measured = seen.measurements()?;
    let limits =
        Limits { cpus: seen.cpus, workers_most: seen.workers_most, memory_bytes: seen.memory_most };
    let choices = Choices {
        parallel: if seen.threads { Executor::Threads } else { Executor::Processes },
        workers: seen.workers,
        chunk: seen.chunk,
        chunk_most: seen.chunk_most.max(1),
    };
    let plan = py.detach(|| plan::search(&measured, &limits, &choices));
    let out = PyDict::new(py);
    out.set_item("executor", plan.executor.word())?;
    out.set_item("workers", plan.workers)?;
    out.set_item("chunk", plan.chunk)?;
    out.set_item("speedup", plan.speedup)?;
    out.set_item("reason", plan.reason)?;
    out.set_item("predicted_s", interval(&plan.predicted))?;
    out.set_item("serial_s", interval(&plan.serial))?;
    let rejected = PyList::empty(py);
    for other in plan.rejected {
        let row = PyDict::new(py);
        row.set_item("what", other.what)?;
        row.set_item("workers", other.workers)?;
        row.set_item("chunk", other.chunk)?;
        row.set_item("predicted_s", interval(&other.predicted))?;
        row.set_item("times", other.times)?;
        rejected.append(row)?;
    }
    out.set_item("rejected", rejected)?;
    Ok(out)
}

fn interval(predicted: &Predicted) -> (f64, f64, f64) {
    (predicted.ns / NS, predicted.low_ns / NS, predicted.high_ns / NS)
}
