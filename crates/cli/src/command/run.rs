//! `amorsize run`: carry a command out over items, as many at once as pay.

use amorsize_finding::ExitCode;
use amorsize_run::engine::slurm::SlurmOptions;
use amorsize_run::{Kind, engine};
use amorsize_sizing::model::duration_words;

use crate::context::Context;
use crate::failure::Outcome;
use crate::work::{
    ClusterArgs, KeepArgs, Prepared, Remembered, Terminal, WorkArgs, code_of, failure_of,
    start_from, summary_lines,
};

/// Run a command over items, as many at once and as many per process as pay
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "amorsize run [OPTIONS] COMMAND [ARGS] [::: ITEMS]",
    after_help = "Examples:\n  amorsize run gzip -9 -k {} ::: *.log\n  find . -name '*.png' -print0 | amorsize run -0 optipng {}\n  \
                  amorsize run --journal j --resume --shell 'convert {} {.}.jpg && rm {}' ::: *.png"
)]
pub(crate) struct Args {
    #[command(flatten)]
    keep: KeepArgs,

    /// Show a bar with rate and time left (on a terminal only)
    #[arg(long, visible_alias = "bar", alias = "eta")]
    progress: bool,

    /// Decide, say why, and run nothing more than the sample that the decision needs
    #[arg(long)]
    plan_only: bool,

    /// Print the commands and run none
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    cluster: ClusterArgs,

    #[command(flatten)]
    work: WorkArgs,
}

/// Runs it.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    if args.plan_only {
        return super::plan::decide(&args.work, &args.keep, context, &super::plan::Show::default());
    }
    let mut prepared = args.work.prepare(&args.keep, None, context)?;
    if args.dry_run {
        return dry_run(prepared, context);
    }
    let cluster = args.cluster.of(&args.work, &prepared, context)?;
    if let Some(cluster) = &cluster {
        return on_cluster(args, prepared, cluster, context);
    }
    let remembered = Remembered::of(&prepared, context);
    if let Some(remembered) = remembered.as_ref().filter(|_| !args.work.fresh()) {
        let recalled = remembered.recall(context);
        if let Some(record) = &recalled.record {
            start_from(record, &mut prepared.options.rules);
        }
        if args.work.verbose() {
            context.output.talk(format!("amorsize: {}", recalled.told));
        }
    }
    let Prepared { options, queue, .. } = prepared;
    let journal = options.journal.is_some();
    let mut face = Terminal::new(args.progress);
    let outcome = engine::run(&options, queue, &mut face);
    face.close();
    let summary = match outcome {
        Ok(summary) => summary,
        // Whoever read our output has what he wanted; the items that were not run make it incomplete.
        Err(error) if error.kind() == Kind::ReaderGone => return Ok(ExitCode::Incomplete),
        Err(error) => return Err(failure_of(&error)),
    };
    for line in summary_lines(&summary, journal) {
        context.output.talk(format!("amorsize: {line}"));
    }
    if let Some(remembered) = &remembered {
        remembered.keep(&summary, (&options.rules, summary.chunk), context);
    }
    if args.work.verbose() {
        let (items, took) = (summary.ended(), duration_words(real(summary.elapsed_ns)));
        let (processes, peak) = (summary.processes, summary.workers_peak);
        context.output.talk(format!(
            "amorsize: {items} items in {took}: {processes} processes, at most {peak} at once, {:.2} CPUs used",
            summary.cpus_used
        ));
    }
    Ok(code_of(&summary))
}

/// Hands the items to a cluster. What it measures there is not what this machine would: nothing is remembered.
fn on_cluster(
    args: &Args,
    prepared: Prepared,
    cluster: &SlurmOptions,
    context: &Context,
) -> Outcome {
    let Prepared { options, queue, .. } = prepared;
    let mut face = Terminal::new(args.progress);
    let outcome = engine::slurm::run(&options, cluster, queue, &mut face);
    face.close();
    let summary = match outcome {
        Ok(summary) => summary,
        Err(error) if error.kind() == Kind::ReaderGone => return Ok(ExitCode::Incomplete),
        Err(error) => return Err(failure_of(&error)),
    };
    for line in summary_lines(&summary, options.journal.is_some()) {
        context.output.talk(format!("amorsize: {line}"));
    }
    if args.work.verbose() {
        let (items, took) = (summary.ended(), duration_words(real(summary.elapsed_ns)));
        let (processes, peak) = (summary.processes, summary.workers_peak);
        context.output.talk(format!(
            "amorsize: {items} items in {took}: {processes} processes by {peak} agents"
        ));
    }
    Ok(code_of(&summary))
}

fn dry_run(prepared: Prepared, context: &Context) -> Outcome {
    let Prepared { options, mut queue, .. } = prepared;
    let most = match options.rules.chunking {
        amorsize_sizing::Chunking::Fixed(items) => usize::try_from(items).unwrap_or(usize::MAX),
        amorsize_sizing::Chunking::Adaptive { .. } => 1,
    };
    let mut batch = Vec::new();
    loop {
        let item = queue.wait_next().map_err(|error| failure_of(&error))?;
        let ended = item.is_none();
        batch.extend(item);
        if batch.len() >= most || (ended && !batch.is_empty()) {
            context.output.line(options.template.show(&batch, 0))?;
            batch.clear();
        }
        if ended {
            return Ok(ExitCode::Clean);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration for people")]
fn real(ns: u64) -> f64 {
    ns as f64
}
