//! The `plan` space: what sizing decided for a workload.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::key::{Key, Namespace};
use crate::time::Time;

use super::space::{Space, SpaceRecord, made, number, text, whole};
use super::workload::Workload;

/// Most workers a record may name.
pub(super) const WORKERS_MAX: u64 = 65_536;
/// Most items a record may name.
pub(super) const ITEMS_MAX: u64 = 1 << 48;
/// Most warnings a record may carry.
const WARNINGS_MAX: usize = 64;
/// Longest time a record may name, in seconds: a century.
pub(super) const SECS_MAX: f64 = 3.2e9;

/// The plans of a cache.
pub type PlanSpace<'a> = Space<'a, PlanRecord>;

/// What carries the work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanExecutor {
    /// One after the other.
    Serial,
    /// Threads of one process.
    Threads,
    /// Processes of their own.
    Processes,
}

/// What sizing decided, and for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRecord {
    /// How many at once.
    pub workers: u32,
    /// Items a chunk.
    pub chunk: u64,
    /// Who carries it out.
    pub executor: PlanExecutor,
    /// Items it was decided for.
    pub items: u64,
    /// Predicted serial over predicted parallel time.
    pub predicted_speedup: f64,
    /// Predicted time, in seconds.
    pub predicted_secs: f64,
    /// Predicted time one after the other, in seconds.
    pub serial_secs: f64,
    /// Mean cost of an item, in seconds.
    pub item_secs_mean: f64,
    /// Standard deviation over mean of the items' costs.
    pub item_secs_cv: f64,
    /// What one more chunk costs, in seconds, if it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead_secs: Option<f64>,
    /// The share of an item's time that is CPU, between 0 and 1.
    pub cpu_share: f64,
    /// Memory one worker needs, if it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Items that were sampled to decide.
    pub sampled: u64,
    /// Why, in one sentence.
    pub reason: String,
    /// What to be careful about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it was decided.
    #[serde(rename = "decided_ns")]
    pub decided: Time,
}

/// A plan for the number of items at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaled {
    /// How many at once.
    pub workers: u32,
    /// Items a chunk.
    pub chunk: u64,
}

impl PlanRecord {
    /// This plan for another number of items: as many chunks a worker, and never more workers than chunks.
    #[must_use]
    pub fn scaled_to(&self, items: u64) -> Scaled {
        if items == 0 || self.workers <= 1 {
            return Scaled { workers: 1, chunk: self.chunk.clamp(1, items.max(1)) };
        }
        let scaled = u128::from(self.chunk) * u128::from(items) / u128::from(self.items.max(1));
        let chunk = u64::try_from(scaled).unwrap_or(items).clamp(1, items);
        let chunks = items.div_ceil(chunk);
        let workers = u64::from(self.workers).min(chunks);
        Scaled { workers: u32::try_from(workers).unwrap_or(self.workers), chunk }
    }
}

impl SpaceRecord for PlanRecord {
    const NAMESPACE: Namespace = Namespace::PLAN;
    const FMT: u32 = 1;
    const TTL: Duration = Duration::from_hours(7 * 24);

    fn check(&self, t: Time) -> Result<(), String> {
        whole("workers", self.workers.into(), 1, WORKERS_MAX)?;
        whole("items", self.items, 0, ITEMS_MAX)?;
        whole("chunk", self.chunk, 1, ITEMS_MAX)?;
        whole("sampled", self.sampled, 0, ITEMS_MAX)?;
        number("predicted_speedup", self.predicted_speedup, 0.0, 1e6)?;
        number("predicted_secs", self.predicted_secs, 0.0, SECS_MAX)?;
        number("serial_secs", self.serial_secs, 0.0, SECS_MAX)?;
        number("item_secs_mean", self.item_secs_mean, 0.0, SECS_MAX)?;
        number("item_secs_cv", self.item_secs_cv, 0.0, 1e9)?;
        number("overhead_secs", self.overhead_secs.unwrap_or(0.0), 0.0, SECS_MAX)?;
        number("cpu_share", self.cpu_share, 0.0, 1.0)?;
        if self.executor == PlanExecutor::Serial && self.workers != 1 {
            return Err(format!("`workers` is {} for a serial plan", self.workers));
        }
        text("reason", &self.reason)?;
        whole("warnings", self.warnings.len() as u64, 0, WARNINGS_MAX as u64)?;
        for warning in &self.warnings {
            text("warnings", warning)?;
        }
        made("decided_ns", self.decided, t)
    }
}

/// The key of a workload's plan.
#[must_use]
pub fn plan_key(work: &Workload) -> Key {
    work.key(&Namespace::PLAN)
}
