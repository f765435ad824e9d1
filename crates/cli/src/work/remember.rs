//! Plans of earlier runs: looked up before a run, kept after it, with the true reason when there is none.
//!
//! A remembered plan is where the adaptive engine starts, never more: a stale one cannot hurt beyond the first steps.
//! A store that cannot be used is said and gone on without.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use amorsize_cache::spaces::{
    BenchRecord, BenchSpace, PlanExecutor, PlanRecord, PlanSpace, SpaceRecord as _, Workload,
    bench_key, fingerprint_of, plan_key,
};
use amorsize_cache::{Compute, Fingerprint, Key, Lookup, Put, Time, Want};
use amorsize_os::clock::{Clock as _, SystemClock};
use amorsize_run::outcome::Summary;
use amorsize_sizing::plan::{Plan, search};
use amorsize_sizing::{Measurements, Rules};

use super::args::{Prepared, choices};
use crate::command::cache::open;
use crate::context::Context;
use crate::failure::Failure;
use crate::units::show_duration;

/// Fewer items than this teach nothing worth keeping.
const ITEMS_LEAST: u64 = 8;
/// A run over before that would spend more on remembering than remembering can bring.
const ELAPSED_NS_LEAST: u64 = 50_000_000;
/// Whoever decides the same meanwhile is waited for so long at most.
const SAMPLE_MOST: Duration = Duration::from_mins(2);

/// The store, and the name of the work at hand.
#[derive(Debug)]
pub(crate) struct Remembered {
    place: open::Place,
    work: Workload,
    key: Key,
    machine: Fingerprint,
    items: u64,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Recalled {
    /// The plan, for the number of items at hand.
    pub(crate) record: Option<PlanRecord>,
    /// Where it came from, or why there is none.
    pub(crate) told: String,
}

/// How a plan was come by; see [`Remembered::once`].
#[derive(Debug)]
pub(crate) enum Decided<T> {
    /// It was remembered, or somebody else decided it meanwhile.
    Found(Box<PlanRecord>, String),
    /// It was decided here, and kept if it could be; what could not be done is told.
    Here(T, Option<String>),
}

impl Remembered {
    /// Names the work of a run. None where numbers are given by the user: there is nothing to remember then.
    pub(crate) fn of(prepared: &Prepared, context: &Context) -> Option<Self> {
        let options = &prepared.options;
        if options.rules.workers_fixed.is_some() {
            return None;
        }
        let place = match open::Place::find(None, context) {
            Ok(place) => place,
            Err(failure) => {
                not_remembered(&failure, context);
                return None;
            }
        };
        // A stream has no number of items before it has ended; then its plans are those of streams.
        let items = prepared.queue.total().unwrap_or(0);
        let work = workload(prepared, items);
        Some(Self {
            place,
            key: plan_key(&work),
            machine: fingerprint_of(&prepared.machine),
            items,
            work,
        })
    }

    /// Looks the plan up without writing: a look-up costs a run no more than the reading.
    pub(crate) fn recall(&self, context: &Context) -> Recalled {
        match open::if_there(&self.place) {
            Ok(Some(reader)) => self.recalled(reader.get(&self.key, &self.want())),
            Ok(None) => Recalled {
                record: None,
                told: "no remembered plan: absent: never stored, there is no cache yet".to_owned(),
            },
            Err(error) => {
                not_remembered(&open::failure(error), context);
                Recalled { record: None, told: "no remembered plan: unavailable".to_owned() }
            }
        }
    }

    fn want(&self) -> Want {
        Want { fmt: PlanRecord::FMT, fingerprint: Some(self.machine.clone()), ..Want::default() }
    }

    fn recalled(&self, lookup: Lookup) -> Recalled {
        let hit = match lookup {
            Lookup::Hit(hit) => hit,
            Lookup::Miss(miss) => {
                let told = format!("no remembered plan: {}", miss.reasons);
                return Recalled { record: None, told };
            }
        };
        let age = show_duration(hit.age());
        match record_of(&hit.value, hit.t) {
            Ok(record) => {
                let (record, told) = self.scaled(record, &age);
                Recalled { record: Some(record), told }
            }
            Err(what) => {
                Recalled { record: None, told: format!("no remembered plan: corrupt: {what}") }
            }
        }
    }

    /// A plan for about as many items, made one for exactly as many.
    fn scaled(&self, mut record: PlanRecord, age: &str) -> (PlanRecord, String) {
        let was = record.items;
        let mut told = format!("(cached) from {age} ago");
        if self.items > 0 && was > 0 && self.items != was {
            let scaled = record.scaled_to(self.items);
            let factor = real(self.items) / real(was);
            record.chunk = scaled.chunk.min(record.chunk);
            record.workers = scaled.workers;
            record.predicted_secs *= factor;
            record.serial_secs *= factor;
            record.items = self.items;
            told = format!("{told}, scaled from {was} items");
        }
        (record, told)
    }

    /// Keeps what a run ended with, unless that is what it was told.
    pub(crate) fn keep(&self, summary: &Summary, (rules, chunk): (&Rules, u64), context: &Context) {
        let whole = !summary.interrupted && !summary.halted && summary.failed == 0;
        let Some(seen) = summary.measurements.as_ref().filter(|_| whole) else { return };
        if summary.ended() < ITEMS_LEAST || summary.elapsed_ns < ELAPSED_NS_LEAST {
            return;
        }
        let told = (rules.workers_hint, rules.chunk_hint);
        let near = |told: Option<u64>, now: u64| {
            told.is_some_and(|told| told <= 2 * now && now <= 2 * told)
        };
        if near(told.0, summary.workers) && near(told.1, chunk) {
            return;
        }
        let plan = search(seen, &rules.limits, &choices(rules));
        let (workers, at) = (summary.workers, (summary.ended(), chunk));
        let record = record(&plan, workers, at, seen);
        self.put(&record, context);
    }

    /// Stores a plan, whatever is there.
    pub(crate) fn put(&self, record: &PlanRecord, context: &Context) {
        let kept = open::to_write(&self.place, context, "run").and_then(|cache| {
            let put = PlanSpace::new(&cache).put(&self.key, record, Some(&self.machine));
            put.map_err(open::failure)
        });
        if let Err(failure) = kept {
            not_remembered(&failure, context);
        }
    }

    /// The plan of this work, decided by one of all who ask at the same time: the others wait for it.
    ///
    /// `decide` also says what is to be kept, if anything is.
    pub(crate) fn once<T>(
        &self,
        context: &Context,
        decide: impl FnOnce(Option<&str>) -> Result<(T, Option<PlanRecord>), Failure>,
    ) -> Result<Decided<T>, Failure> {
        let cache = match open::to_write(&self.place, context, "plan") {
            Ok(cache) => cache,
            Err(failure) => {
                let why = failure.message().to_owned();
                return Ok(Decided::Here(decide(Some(&why))?.0, Some(why)));
            }
        };
        let first = self.recalled(cache.get(&self.key, &self.want()));
        if let Some(record) = first.record {
            return Ok(Decided::Found(Box::new(record), first.told));
        }
        let put = Put {
            fmt: PlanRecord::FMT,
            fingerprint: Some(self.machine.clone()),
            ..Put::ttl(PlanRecord::TTL)
        };
        let how = Compute { put, hold: SAMPLE_MOST, wait: SAMPLE_MOST, stale_max: None };
        let mut decided = None;
        let computed = cache.get_or_compute(&self.key, &self.want(), &how, || {
            let (value, record) = decide(Some(&first.told)).map_err(NotKept::Failed)?;
            decided = Some(value);
            let bytes = record.map(|record| serde_json::to_vec(&record)).transpose();
            bytes.ok().flatten().ok_or(NotKept::Nothing)
        });
        match (decided, computed) {
            (_, Err(NotKept::Failed(failure))) => Err(failure),
            (Some(value), Ok(computed)) => {
                let trouble = computed.trouble.map(|error| error.to_string());
                Ok(Decided::Here(value, trouble))
            }
            (Some(value), Err(NotKept::Nothing)) => Ok(Decided::Here(value, None)),
            (None, Ok(computed)) => {
                let t = Time::from_ns(SystemClock.now_ns());
                let record = record_of(&computed.value, t).map_err(Failure::cannot)?;
                let (record, told) = self.scaled(record, "0 s");
                let told = format!("{told}, decided by another process meanwhile");
                Ok(Decided::Found(Box::new(record), told))
            }
            (None, Err(NotKept::Nothing)) => {
                Err(Failure::bug("a plan was neither found nor decided"))
            }
        }
    }

    /// Keeps what was measured around the plan: the point of the plan against one at a time.
    pub(crate) fn keep_bench(&self, bench: &BenchRecord, sample: &[u8], context: &Context) {
        let kept = open::to_write(&self.place, context, "bench").and_then(|cache| {
            let key = bench_key(&self.work, sample);
            let put = BenchSpace::new(&cache).put(&key, bench, Some(&self.machine));
            put.map_err(open::failure)
        });
        if let Err(failure) = kept {
            not_remembered(&failure, context);
        }
    }
}

/// Why nothing was kept.
enum NotKept {
    Failed(Failure),
    Nothing,
}

fn record_of(bytes: &[u8], t: Time) -> Result<PlanRecord, String> {
    let record: PlanRecord = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    record.check(t)?;
    Ok(record)
}

fn not_remembered(failure: &Failure, context: &Context) {
    let why = failure.message();
    context.output.talk(format!("amorsize: plans are not remembered: {why}"));
}

/// Starts a run where an earlier one ended.
pub(crate) fn start_from(record: &PlanRecord, rules: &mut Rules) {
    rules.workers_hint = Some(u64::from(record.workers).min(rules.limits.workers_most));
    rules.chunk_hint = Some(record.chunk);
    rules.overhead_ns_hint = record.overhead_secs.map(|secs| secs * 1e9);
}

/// The plan as it is kept; `workers`, `sampled` and `chunk` are what the items were really run with.
pub(crate) fn record(
    plan: &Plan,
    workers: u64,
    (sampled, chunk): (u64, u64),
    seen: &Measurements,
) -> PlanRecord {
    let workers = u32::try_from(workers).unwrap_or(1).max(1);
    PlanRecord {
        workers,
        chunk: chunk.max(1),
        executor: if workers > 1 { PlanExecutor::Processes } else { PlanExecutor::Serial },
        items: plan.items,
        predicted_speedup: plan.speedup,
        predicted_secs: plan.predicted.ns / 1e9,
        serial_secs: plan.serial.ns / 1e9,
        item_secs_mean: seen.mean_ns / 1e9,
        item_secs_cv: seen.spread,
        overhead_secs: Some(seen.overhead_ns.value / 1e9),
        cpu_share: seen.cpu_share.clamp(0.0, 1.0),
        memory_bytes: seen.memory_bytes,
        sampled,
        reason: plan.reason.clone(),
        warnings: Vec::new(),
        decided: Time::from_ns(SystemClock.now_ns()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
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
