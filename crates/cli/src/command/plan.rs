//! `amorsize plan`: measure a few items, decide, and say why.

use amorsize_cache::spaces::PlanRecord;
use amorsize_finding::ExitCode;
use amorsize_os::machine::Machine;
use amorsize_run::engine::{self, Options, Sampling};
use amorsize_run::outcome::Summary;
use amorsize_sizing::Measurements;
use amorsize_sizing::model::duration_words;
use amorsize_sizing::plan::{Plan, search};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::work::{
    Decided, Drawing, KeepArgs, Prepared, Remembered, Terminal, WorkArgs, choices, code_of,
    failure_of, plot, record, summary_lines,
};

/// Decide how many at once and how many per process, and say why
///
/// A few items are run for that: until the decision is certain, at most --sample items or --sample-time. With --journal
/// they are recorded, and a later `run --journal FILE --resume` does not run them again.
#[derive(Debug, clap::Args)]
#[command(override_usage = "amorsize plan [OPTIONS] COMMAND [ARGS] [::: ITEMS]")]
pub(crate) struct Args {
    #[command(flatten)]
    show: Show,

    #[command(flatten)]
    keep: KeepArgs,

    #[command(flatten)]
    work: WorkArgs,
}

/// How the plan is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Draw the predicted times to FILE (.svg or .html)
    #[arg(long, value_name = "FILE")]
    plot: Option<std::path::PathBuf>,

    /// Measure at most N items
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    sample: u64,

    /// Start no further item after this time
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = crate::units::duration)]
    sample_time: std::time::Duration,
}

impl Default for Show {
    fn default() -> Self {
        let sample_time = std::time::Duration::from_secs(2);
        Self { format: Format::Text, plot: None, sample: 64, sample_time }
    }
}

/// Runs it.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    decide(&args.work, &args.keep, context, &args.show)
}

/// Measures, decides and tells.
pub(crate) fn decide(work: &WorkArgs, keep: &KeepArgs, context: &Context, show: &Show) -> Outcome {
    let sampling = Sampling { items_most: show.sample.max(1), time_most: show.sample_time };
    let prepared = work.prepare(keep, Some(sampling), context)?;
    // A picture needs what was measured, and a journal that items are run.
    let anew = work.fresh() || show.plot.is_some() || prepared.options.journal.is_some();
    let Some(remembered) = Remembered::of(&prepared, context) else {
        return tell(&measure(prepared, context)?, show, context);
    };
    if anew {
        let measured = measure(prepared, context)?;
        if let Some(record) = measured.record() {
            remembered.put(&record, context);
        }
        return tell(&measured, show, context);
    }
    let decided = remembered.once(context, |why| {
        if let Some(why) = why.filter(|_| work.verbose()) {
            context.output.talk(format!("amorsize: {why}"));
        }
        let measured = measure(prepared, context)?;
        let record = measured.record();
        Ok((measured, record))
    })?;
    match decided {
        Decided::Found(record, told) => cached(&record, &told, show, context),
        Decided::Here(measured, trouble) => {
            if let Some(why) = trouble {
                context.output.talk(format!("amorsize: plans are not remembered: {why}"));
            }
            tell(&measured, show, context)
        }
    }
}

/// What was measured and decided.
struct Measured {
    options: Options,
    machine: Machine,
    summary: Summary,
    seen: Measurements,
    plan: Plan,
}

impl Measured {
    /// What is kept of it; nothing when items failed, for their times say nothing.
    fn record(&self) -> Option<PlanRecord> {
        let summary = &self.summary;
        let whole = !summary.interrupted && !summary.halted && summary.failed == 0;
        let at = (summary.ended(), self.plan.chunk);
        whole.then(|| record(&self.plan, self.plan.workers, at, &self.seen))
    }
}

fn measure(prepared: Prepared, context: &Context) -> Result<Measured, Failure> {
    let Prepared { options, queue, machine } = prepared;
    let mut face = Terminal::silent();
    let summary = engine::run(&options, queue, &mut face).map_err(|error| failure_of(&error))?;
    face.close();
    for line in summary_lines(&summary, options.journal.is_some()) {
        context.output.talk(format!("amorsize: {line}"));
    }
    let Some(seen) = summary.measurements.clone() else {
        return Err(Failure::cannot("there are no items to plan for"));
    };
    let plan = search(&seen, &options.rules.limits, &choices(&options.rules));
    Ok(Measured { options, machine, summary, seen, plan })
}

/// Shows a plan that was just decided.
fn tell(measured: &Measured, show: &Show, context: &Context) -> Outcome {
    let Measured { options, machine, summary, seen, plan } = measured;
    let rules = &options.rules;
    if let Some(path) = &show.plot {
        let chunk_most = if options.template.batches() { plan.items } else { 1 };
        let limits = &rules.limits;
        plot(&Drawing { plan, seen, limits, measured: &[], chunk_most }, path, context)?;
    }
    match show.format {
        Format::Json => context.output.json(&json!({
            "schema": "amorsize-plan/1",
            "plan": plan,
            "measured": figures(summary),
            "machine": { "cpus": rules.limits.cpus, "limited_by": machine.cpu_limited_by() },
        }))?,
        Format::Text => {
            for line in text(plan, summary) {
                context.output.line(line)?;
            }
        }
    }
    Ok(code_of(summary))
}

/// Shows a remembered plan; nothing is run.
fn cached(record: &PlanRecord, told: &str, show: &Show, context: &Context) -> Outcome {
    if show.format == Format::Json {
        context
            .output
            .json(&json!({ "schema": "amorsize-plan/1", "cached": told, "plan": record }))?;
        return Ok(ExitCode::Clean);
    }
    let (workers, chunk) = (record.workers, record.chunk);
    let (predicted, speedup) = (record.predicted_secs * 1e9, record.predicted_speedup);
    context
        .output
        .line(format!("plan      {workers} at once, {chunk} each {told}: {}", record.reason))?;
    context.output.line(format!(
        "expected  {} for {} items, {speedup:.2}x over one at a time",
        duration_words(predicted),
        record.items
    ))?;
    context.output.line("nothing was run for this; --fresh measures anew")?;
    Ok(ExitCode::Clean)
}

fn figures(summary: &Summary) -> serde_json::Value {
    let seen = summary.measurements.as_ref();
    json!({
        "items_run": summary.ended(),
        "items_failed": summary.failed,
        "item_mean_ns": seen.map(|seen| seen.mean_ns),
        "item_spread": seen.map(|seen| seen.spread),
        "overhead_ns": seen.map(|seen| seen.overhead_ns),
        "dispatcher_ns": seen.map(|seen| seen.dispatcher_ns),
        "cpu_share": seen.map(|seen| seen.cpu_share),
        "memory_bytes": seen.and_then(|seen| seen.memory_bytes),
    })
}

fn text(plan: &Plan, summary: &Summary) -> Vec<String> {
    let word = plan.executor.word();
    let chunk = if plan.chunk == 1 {
        "one item each".to_owned()
    } else {
        format!("{} items each", plan.chunk)
    };
    let at_once = plan.workers;
    let mut lines = vec![
        format!("plan      {at_once} at once ({word}), {chunk}: {}", plan.reason),
        format!(
            "expected  {} ({} to {}), {:.2}x over one at a time",
            duration_words(plan.predicted.ns),
            duration_words(plan.predicted.low_ns),
            duration_words(plan.predicted.high_ns),
            plan.speedup,
        ),
    ];
    if let Some(seen) = &summary.measurements {
        lines.push(format!(
            "measured  {} of {} items run for it: {} each (spread {:.2}), wanting a CPU {:.0} % of the time",
            summary.ended(),
            plan.items,
            duration_words(seen.mean_ns),
            seen.spread,
            seen.cpu_share * 100.0,
        ));
    }
    for other in &plan.rejected {
        // Fewer at once are preferred as long as more are no better beyond doubt.
        let doubt = if other.times < 1.0 { ", too close to tell" } else { "" };
        lines.push(format!(
            "rejected  {}, {} a process: {} ({:.2}x{doubt})",
            other.what,
            other.chunk,
            duration_words(other.predicted.ns),
            other.times,
        ));
    }
    lines
}
