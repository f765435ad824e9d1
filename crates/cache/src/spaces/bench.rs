//! The `bench` space: what was measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cache::Typed;
use crate::fingerprint::{FieldChange, FieldValue, Fingerprint};
use crate::key::{Key, Namespace};
use crate::lookup::Miss;
use crate::reason::{Reason, Reasons};
use crate::time::Time;

use super::plan::{ITEMS_MAX, PlanRecord, SECS_MAX, WORKERS_MAX};
use super::space::{Space, SpaceRecord, made, number, whole};
use super::workload::Workload;

/// How far the stated speed-up may be from the quotient of the stated times.
const SPEEDUP_OFF_MAX: f64 = 0.02;

/// The measurements of a cache.
pub type BenchSpace<'a> = Space<'a, BenchRecord>;

/// What was measured, with its number and spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchRecord {
    /// Time one after the other, in seconds (the median).
    pub serial_secs: f64,
    /// Time with these workers and this chunk, in seconds (the median).
    pub parallel_secs: f64,
    /// Serial over parallel time.
    pub speedup: f64,
    /// How many at once.
    pub workers: u32,
    /// Items a chunk.
    pub chunk: u64,
    /// Items of one run.
    pub items: u64,
    /// How many runs of each.
    pub n: u32,
    /// Median absolute deviation of the parallel times over their median.
    pub spread: f64,
    /// When it was measured.
    #[serde(rename = "measured_ns")]
    pub measured: Time,
}

impl SpaceRecord for BenchRecord {
    const NAMESPACE: Namespace = Namespace::BENCH;
    const FMT: u32 = 1;
    const TTL: Duration = Duration::from_hours(7 * 24);

    fn check(&self, t: Time) -> Result<(), String> {
        number("serial_secs", self.serial_secs, 1e-9, SECS_MAX)?;
        number("parallel_secs", self.parallel_secs, 1e-9, SECS_MAX)?;
        number("speedup", self.speedup, 0.0, 1e6)?;
        let quotient = self.serial_secs / self.parallel_secs;
        if (self.speedup - quotient).abs() > SPEEDUP_OFF_MAX * quotient {
            return Err(format!("`speedup` is {}, but the times say {quotient:.3}", self.speedup));
        }
        whole("workers", self.workers.into(), 1, WORKERS_MAX)?;
        whole("chunk", self.chunk, 1, ITEMS_MAX)?;
        whole("items", self.items, 1, ITEMS_MAX)?;
        whole("n", self.n.into(), 1, 1_000_000)?;
        number("spread", self.spread, 0.0, 1e6)?;
        made("measured_ns", self.measured, t)
    }
}

impl BenchSpace<'_> {
    /// What was measured for the plan at hand. A measurement of another plan is a miss that says what differs.
    pub fn get_for(
        &self,
        key: &Key,
        plan: &PlanRecord,
        machine: Option<&Fingerprint>,
    ) -> Typed<BenchRecord> {
        match self.get(key, machine, None) {
            Typed::Hit(record, hit) => {
                let changes = changes(&record, plan);
                if changes.is_empty() {
                    return Typed::Hit(record, hit);
                }
                Typed::Miss(Miss {
                    reasons: Reasons::one(Reason::Incompatible { changes }),
                    generation: Some(hit.generation),
                    created: Some(hit.created),
                    t: hit.t,
                    stale: Some(hit.value),
                })
            }
            miss @ Typed::Miss(_) => miss,
        }
    }
}

/// In what the plan differs from the one that was measured.
fn changes(measured: &BenchRecord, plan: &PlanRecord) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, was: u64, now: u64| {
        if was != now {
            #[expect(clippy::cast_precision_loss, reason = "shown to people")]
            let value = |number: u64| Some(FieldValue::Number(number as f64));
            let (was, now) = (value(was), value(now));
            changes.push(FieldChange { field: field.to_owned(), was, now });
        }
    };
    compare("plan's workers", measured.workers.into(), plan.workers.into());
    compare("plan's chunk", measured.chunk, plan.chunk);
    changes
}

/// The key of a workload's measurement; `sample` is the data it was measured on.
#[must_use]
pub fn bench_key(work: &Workload, sample: &[u8]) -> Key {
    work.key(&Namespace::BENCH).inputs(blake3::hash(sample).to_hex().as_str())
}
