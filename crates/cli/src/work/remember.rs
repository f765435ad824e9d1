//! Plans of earlier runs: looked up before a run, kept after it, with the true reason when there is none.
//!
//! A remembered plan is where the adaptive engine starts, never more: a stale one cannot hurt beyond the first steps.
//! A store that cannot be used is said and gone on without.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

use amorsize_cache::spaces::{
    PlanExecutor, PlanRecord, PlanSpace, Workload, fingerprint_of, plan_key,
};
use amorsize_cache::{Cache, Fingerprint, Key, Time, Typed};
use amorsize_os::clock::{Clock as _, SystemClock};
use amorsize_run::outcome::Summary;
use amorsize_sizing::plan::{Plan, search};

use super::args::{Prepared, choices};
use crate::command::cache::open;
use crate::context::Context;
use crate::units::show_duration;

/// Fewer items than this teach nothing worth keeping.
const ITEMS_LEAST: u64 = 8;

/// The store, and the name of the work at hand.
#[derive(Debug)]
pub(crate) struct Remembered {
    cache: Cache,
    key: Key,
    machine: Fingerprint,
    items: u64,
}

impl Remembered {
    /// Opens the store for a run. None where numbers are given by the user: there is nothing to remember then.
    pub(crate) fn open(prepared: &Prepared, context: &Context) -> Option<Self> {
        let options = &prepared.options;
        if options.rules.workers_fixed.is_some() {
            return None;
        }
        let opened = open::Place::find(None, context)
            .and_then(|place| open::to_write(&place, context, "run"));
        let cache = match opened {
            Ok(cache) => cache,
            Err(failure) => {
                let why = failure.message();
                context.output.talk(format!("amorsize: plans are not remembered: {why}"));
                return None;
            }
        };
        // A stream has no number of items before it has ended; then its plans are those of streams.
        let items = prepared.queue.total().unwrap_or(0);
        let work = workload(prepared, items);
        Some(Self {
            cache,
            key: plan_key(&work),
            machine: fingerprint_of(&prepared.machine),
            items,
        })
    }

    /// Starts the run where an earlier one ended; says where that came from, or why there is none.
    pub(crate) fn recall(&self, prepared: &mut Prepared) -> (Option<PlanRecord>, String) {
        let space = PlanSpace::new(&self.cache);
        match space.get(&self.key, Some(&self.machine), None) {
            Typed::Hit(record, hit) => {
                let rules = &mut prepared.options.rules;
                rules.workers_hint = Some(u64::from(record.workers).min(rules.limits.workers_most));
                let scaled =
                    if self.items > 0 { record.scaled_to(self.items).chunk } else { record.chunk };
                rules.chunk_hint = Some(scaled.min(record.chunk));
                (Some(record), format!("(cached) from {} ago", show_duration(hit.age())))
            }
            Typed::Miss(miss) => (None, format!("no remembered plan: {}", miss.reasons)),
        }
    }

    /// Keeps what a run ended with.
    pub(crate) fn keep(&self, summary: &Summary, prepared: &Kept<'_>, context: &Context) {
        let whole = !summary.interrupted && !summary.halted && summary.failed == 0;
        let Some(seen) = summary.measurements.as_ref().filter(|_| whole) else { return };
        if summary.ended() < ITEMS_LEAST {
            return;
        }
        let plan = search(seen, &prepared.rules.limits, &choices(prepared.rules));
        let record = record(&plan, summary, prepared.chunk);
        let kept = PlanSpace::new(&self.cache).put(&self.key, &record, Some(&self.machine));
        if let Err(error) = kept {
            context.output.talk(format!("amorsize: the plan was not remembered: {error}"));
        }
    }
}

/// What is kept beside the summary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// The rules of the run.
    pub(crate) rules: &'a amorsize_sizing::Rules,
    /// The chunk it ended with.
    pub(crate) chunk: u64,
}

fn record(plan: &Plan, summary: &Summary, chunk: u64) -> PlanRecord {
    let seen = summary.measurements.as_ref();
    let of = |get: fn(&amorsize_sizing::Measurements) -> f64| seen.map_or(0.0, get);
    let workers = u32::try_from(summary.workers).unwrap_or(1).max(1);
    PlanRecord {
        workers,
        chunk: chunk.max(1),
        executor: if workers > 1 { PlanExecutor::Processes } else { PlanExecutor::Serial },
        items: plan.items,
        predicted_speedup: plan.speedup,
        predicted_secs: plan.predicted.ns / 1e9,
        serial_secs: plan.serial.ns / 1e9,
        item_secs_mean: of(|seen| seen.mean_ns) / 1e9,
        item_secs_cv: of(|seen| seen.spread),
        cpu_share: of(|seen| seen.cpu_share).clamp(0.0, 1.0),
        memory_bytes: seen.and_then(|seen| seen.memory_bytes),
        sampled: summary.ended(),
        reason: plan.reason.clone(),
        warnings: Vec::new(),
        decided: Time::from_ns(SystemClock.now_ns()),
    }
}

/// The work by name: the program, its file, the command, and how much of it there is.
fn workload(prepared: &Prepared, items: u64) -> Workload {
    let options = &prepared.options;
    let template = &options.template;
    let subject = template.program().unwrap_or_default().to_string_lossy().into_owned();
    let file = options.program.as_ref().and_then(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        let (size, at) = (metadata.len(), (metadata.mtime(), metadata.mtime_nsec()));
        Some(format!("{} {size} {at:?}", path.display()))
    });
    let mut named = BTreeMap::new();
    named.insert("command".to_owned(), template.text().to_owned());
    named.insert("batch".to_owned(), template.batches().to_string());
    named.insert("chunking".to_owned(), format!("{:?}", options.rules.chunking));
    Workload {
        subject,
        code: file.unwrap_or_default().into_bytes(),
        options: named,
        items,
        item_bytes: None,
    }
}
