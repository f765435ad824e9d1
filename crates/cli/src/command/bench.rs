//! `amorsize bench`: measure a grid around the plan, and say how far the plan was from the best point.

use std::path::PathBuf;
use std::time::Duration;

use amorsize_cache::Time;
use amorsize_cache::spaces::BenchRecord;
use amorsize_finding::ExitCode;
use amorsize_os::clock::{Clock as _, Stopwatch, SystemClock};
use amorsize_run::engine::{self, Options};
use amorsize_run::item::Item;
use amorsize_run::source::{Queue, Source};
use amorsize_sizing::plan::{Plan, grid, search};
use amorsize_sizing::{Chunking, Measurements, Rules, stats};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::units::show_duration;
use crate::work::{
    Drawing, KeepArgs, Measured, Prepared, Remembered, Terminal, WorkArgs, choices, failure_of,
    plot, record,
};

/// Measure a grid around the plan: how far was the plan from the best?
///
/// Unlike `run` and `plan`, this runs the items many times over: once for each point of the grid and each round. Use it
/// only with commands that may be repeated.
#[derive(Debug, clap::Args)]
#[command(override_usage = "amorsize bench [OPTIONS] COMMAND [ARGS] [::: ITEMS]")]
pub(crate) struct Args {
    /// Measure each point N times
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..1000))]
    rounds: u32,

    /// Use only the first N items
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    items: u64,

    /// Start no further round after this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = crate::units::duration)]
    time: Duration,

    /// Draw predicted and measured times to FILE (.svg or .html)
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,

    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    work: WorkArgs,
}

/// A point of the grid with its times.
struct Timed {
    workers: u64,
    chunk: u64,
    secs: Vec<f64>,
}

/// Measures and tells.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let mut prepared = args.work.prepare(&KeepArgs::default(), None, context)?;
    let items = take(&mut prepared.queue, args.items)?;
    let remembered = Remembered::of(&prepared, context);
    let Prepared { mut options, .. } = prepared;
    if items.is_empty() {
        return Err(Failure::cannot("there are no items to measure with"));
    }
    let watch = Stopwatch::start();
    let (adaptive, seen) = first_run(&options, &items)?;
    let plan = search(&seen, &options.rules.limits, &choices(&options.rules));
    let mut points = around(&plan, &options.rules);
    for round in 0..args.rounds {
        for point in &mut points {
            if round > 0 && watch.elapsed() > args.time {
                break;
            }
            point.secs.push(time_point(&mut options, &items, (point.workers, point.chunk))?);
        }
    }
    if let Some(remembered) = remembered {
        store(&remembered, &plan, &points, &items, context);
        let sampled = u64::try_from(items.len()).unwrap_or(u64::MAX);
        remembered.put(&record(&plan, plan.workers, (sampled, plan.chunk), &seen), context);
    }
    tell(
        args,
        context,
        &Told { plan: &plan, seen: &seen, options: &options, points: &points, adaptive },
    )
}

/// Keeps the measured times of the plan and of one at a time in the `bench` space.
fn store(
    remembered: &Remembered,
    plan: &Plan,
    points: &[Timed],
    items: &[Item],
    context: &Context,
) {
    let of_plan = points.iter().find(|at| (at.workers, at.chunk) == (plan.workers, plan.chunk));
    let serial = points.iter().filter(|point| point.workers == 1).filter_map(measured);
    let serial = serial.map(|point| point.secs).fold(f64::INFINITY, f64::min);
    let Some((timed, parallel)) = of_plan.and_then(|point| Some((point, measured(point)?))) else {
        return;
    };
    if !serial.is_finite() {
        return;
    }
    let mad = stats::mad(&timed.secs).unwrap_or(0.0);
    let bench = BenchRecord {
        serial_secs: serial,
        parallel_secs: parallel.secs,
        speedup: serial / parallel.secs,
        workers: u32::try_from(plan.workers).unwrap_or(u32::MAX),
        chunk: plan.chunk,
        items: plan.items,
        n: u32::try_from(timed.secs.len()).unwrap_or(u32::MAX),
        spread: mad / parallel.secs,
        measured: Time::from_ns(SystemClock.now_ns()),
    };
    let sample: Vec<u8> = items.iter().flat_map(|item| item.key().to_le_bytes()).collect();
    remembered.keep_bench(&bench, &sample, context);
}

fn take(queue: &mut Queue, most: u64) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    while (items.len() as u64) < most {
        match queue.wait_next().map_err(|error| failure_of(&error))? {
            Some(item) => items.push(item),
            None => break,
        }
    }
    Ok(items)
}

/// The adaptive run, as `amorsize run` would do it: its time, and what it measured.
fn first_run(options: &Options, items: &[Item]) -> Result<(f64, Measurements), Failure> {
    let (secs, seen) = timed(options, items)?;
    let seen = seen.ok_or_else(|| Failure::cannot("nothing was measured"))?;
    Ok((secs, seen))
}

fn time_point(
    options: &mut Options,
    items: &[Item],
    (workers, chunk): (u64, u64),
) -> Result<f64, Failure> {
    let adaptive = options.rules;
    options.rules =
        Rules { workers_fixed: Some(workers), chunking: Chunking::Fixed(chunk), ..adaptive };
    let outcome = timed(options, items);
    options.rules = adaptive;
    Ok(outcome?.0)
}

fn timed(options: &Options, items: &[Item]) -> Result<(f64, Option<Measurements>), Failure> {
    let queue = Queue::new(Source::given(items.to_vec()));
    let mut face = Terminal::silent();
    let summary = engine::run(options, queue, &mut face).map_err(|error| failure_of(&error))?;
    if summary.interrupted {
        return Err(Failure::interrupted("interrupted; nothing was stored"));
    }
    if summary.failed > 0 {
        let how = summary.failures.first().map(|(_, item, how)| format!("{item}: {how}"));
        return Err(Failure::cannot(format!(
            "{} items failed ({}); times of failed items say nothing",
            summary.failed,
            how.unwrap_or_default()
        )));
    }
    Ok((Duration::from_nanos(summary.elapsed_ns).as_secs_f64(), summary.measurements))
}

/// The plan, and what lies around it.
fn around(plan: &Plan, rules: &Rules) -> Vec<Timed> {
    let cpus = rules.limits.workers_at_first();
    let mut workers = vec![1, cpus, plan.workers / 2, plan.workers, plan.workers * 2];
    let chunks = match rules.chunking {
        Chunking::Fixed(items) => vec![items],
        Chunking::Adaptive { .. } => {
            let share = plan.items.div_ceil(plan.workers);
            vec![1, plan.chunk / 4, plan.chunk, plan.chunk * 4, share]
        }
    };
    let most = rules.limits.workers_most;
    workers.retain(|&count| count >= 1 && count <= most);
    let mut points: Vec<(u64, u64)> = workers
        .iter()
        .flat_map(|&count| chunks.iter().map(move |&chunk| (count, chunk.clamp(1, plan.items))))
        .collect();
    points.sort_unstable();
    points.dedup();
    points.into_iter().map(|(workers, chunk)| Timed { workers, chunk, secs: Vec::new() }).collect()
}

struct Told<'a> {
    plan: &'a Plan,
    seen: &'a Measurements,
    options: &'a Options,
    points: &'a [Timed],
    adaptive: f64,
}

fn tell(args: &Args, context: &Context, told: &Told<'_>) -> Outcome {
    let measured: Vec<Measured> = told.points.iter().filter_map(measured).collect();
    let best = measured.iter().min_by(|a, b| a.secs.total_cmp(&b.secs));
    let of_plan = measured
        .iter()
        .find(|point| (point.workers, point.chunk) == (told.plan.workers, told.plan.chunk));
    let (Some(best), Some(of_plan)) = (best, of_plan) else {
        return Err(Failure::bug("the plan was not among the measured points"));
    };
    let rounds = told.points.iter().map(|point| point.secs.len()).min().unwrap_or(0);
    let limits = &told.options.rules.limits;
    let drawing = Drawing {
        plan: told.plan,
        seen: told.seen,
        limits,
        measured: &measured,
        chunk_most: if told.options.template.batches() { told.plan.items } else { 1 },
    };
    if let Some(path) = &args.plot {
        plot(&drawing, path, context)?;
    }
    let predicted = |point: &Measured| {
        let one = grid(told.seen, limits, &[point.workers], &[point.chunk]);
        one.first().map_or(0.0, |point| point.predicted.ns / 1e9)
    };
    if args.format == Format::Json {
        let points: Vec<_> = measured
            .iter()
            .map(|point| {
                json!({
                    "workers": point.workers, "chunk": point.chunk, "secs": point.secs,
                    "secs_low": point.low, "secs_high": point.high, "predicted_secs": predicted(point),
                })
            })
            .collect();
        context.output.json(&json!({
            "schema": "amorsize-bench/1", "plan": told.plan, "rounds": rounds,
            "adaptive_secs": told.adaptive, "points": points,
            "best": { "workers": best.workers, "chunk": best.chunk, "secs": best.secs },
            "plan_over_best": of_plan.secs / best.secs,
        }))?;
        return Ok(ExitCode::Clean);
    }
    let show = |secs: f64| show_duration(Duration::from_secs_f64(secs.max(0.0)));
    context.output.line("at once   each    measured    (least to most)        predicted")?;
    for point in &measured {
        let mark = if std::ptr::eq(point, best) { " best" } else { "" };
        let mark =
            if std::ptr::eq(point, of_plan) { format!(" plan{mark}") } else { mark.to_owned() };
        context.output.line(format!(
            "{:7} {:6}  {:>10}    {:>8} to {:<8}  {:>10} {mark}",
            point.workers,
            point.chunk,
            show(point.secs),
            show(point.low),
            show(point.high),
            show(predicted(point)),
        ))?;
    }
    context.output.line(format!(
        "the plan took {:.2}x the best point; the adaptive run took {} ({:.2}x); {rounds} rounds of {} items",
        of_plan.secs / best.secs,
        show(told.adaptive),
        told.adaptive / best.secs,
        told.plan.items,
    ))?;
    Ok(ExitCode::Clean)
}

fn measured(point: &Timed) -> Option<Measured> {
    let at = |share: f64| stats::quantile(&point.secs, share);
    Some(Measured {
        workers: point.workers,
        chunk: point.chunk,
        secs: at(0.5)?,
        low: at(0.0)?,
        high: at(1.0)?,
    })
}
