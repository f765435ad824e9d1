//! The options of a run, as they are written on the command line.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use amorsize_os::machine::Machine;
use amorsize_run::engine::{JournalOptions, Options, Sampling};
use amorsize_run::halt::Halt;
use amorsize_run::journal::Mode;
use amorsize_run::limits;
use amorsize_run::source::Queue;
use amorsize_run::template::{Style, Template};
use amorsize_sizing::plan::Choices;
use amorsize_sizing::{Chunking, Executor, Rules};

use super::items;
use super::told::failure_of;
use crate::context::Context;
use crate::failure::Failure;
use crate::units;

/// The largest batch, whatever pays; the length of the command line bounds it, too.
pub(super) const BATCH_MOST: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct WorkArgs {
    /// The command, then its items: COMMAND [ARGS] ::: ITEMS (or items on stdin)
    ///
    /// Places for the item: {} whole, {.} without extension, {/} file name, {//} folder, {/.} file name without
    /// extension, {#} number, {%} slot, {2} second column, {+} as many items as pay. Without a place, the item is
    /// added at the end. `:::: FILE` reads items from a file; several lists are combined, and go in step after `:::+`.
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND", verbatim_doc_comment)]
    command: Vec<OsString>,

    /// Run N at once (8, +2, -1, 150%, 0 for the most); without it, what pays
    #[arg(short = 'j', long, value_name = "N", allow_hyphen_values = true)]
    #[arg(short_alias = 'P', alias = "max-procs")]
    jobs: Option<String>,

    /// Give each process N items
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(alias = "max-args")]
    items_per_process: Option<u64>,

    /// Give each process as many items as pay; the command must take several
    #[arg(long, short = 'X', visible_alias = "xargs", short_alias = 'm')]
    batch: bool,

    /// Let a shell run the command (items are quoted); without it nothing is interpreted
    #[arg(long)]
    shell: bool,

    /// Items are separated by NUL instead of newline
    #[arg(short = '0', long)]
    null: bool,

    /// Items are separated by this byte (a comma, \\t, \\x1f)
    #[arg(
        short = 'd',
        long,
        value_name = "BYTE",
        conflicts_with = "null",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = items::separator)]
    delimiter: Option<u8>,

    /// For the habit of xargs: no items mean no process here anyway
    #[arg(short = 'r', long, hide = true)]
    no_run_if_empty: bool,

    /// Read items from FILE instead of stdin
    #[arg(short = 'a', long, value_name = "FILE")]
    arg_file: Vec<PathBuf>,

    /// Never run more than N at once, even where more would pay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_workers: Option<u64>,

    /// Run a failed item again, up to N times
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    retries: u32,

    /// End an item that takes longer (30s, 5m)
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    timeout: Option<Duration>,

    /// When to stop early: never, soon,fail=1, now,fail=1, soon,fail=30%
    #[arg(long, value_name = "RULE", default_value = "never", hide_default_value = true)]
    halt: Halt,

    /// Memory one process needs (500MiB); without it, what the first ones needed
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    memory_per_job: Option<u64>,

    /// Start nothing while less memory is free
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    memfree: Option<u64>,

    /// Ignore what is remembered of earlier runs
    #[arg(long)]
    fresh: bool,

    /// Say what was decided and why
    #[arg(short = 'v', long)]
    verbose: bool,
}

/// How a run shows and keeps its results; `run` alone has these.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct KeepArgs {
    /// Outputs in the order of the items
    #[arg(short = 'k', long)]
    keep_order: bool,

    /// Outputs go straight through, not grouped
    #[arg(short = 'u', long)]
    ungroup: bool,

    /// Lead each line of output with its item
    #[arg(long)]
    tag: bool,

    /// Remember finished items in FILE
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Skip what the journal calls finished
    #[arg(long, requires = "journal")]
    resume: bool,

    /// As --resume, and run failed items again
    #[arg(long, requires = "journal", alias = "resume-failed")]
    retry_failed: bool,

    /// Keep stdout and stderr of each item in DIR/NUMBER/
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,

    /// Write a JSON line for each item
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Write a log as GNU parallel does
    #[arg(long, value_name = "FILE")]
    joblog: Option<PathBuf>,
}

/// A command that is ready to be run.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Everything the engine needs.
    pub(crate) options: Options,
    /// The items.
    pub(crate) queue: Queue,
    /// The machine it was prepared for.
    pub(crate) machine: Machine,
}

impl WorkArgs {
    /// Whether remembered plans are ignored.
    pub(crate) const fn fresh(&self) -> bool {
        self.fresh
    }

    /// Whether decisions are to be told.
    pub(crate) const fn verbose(&self) -> bool {
        self.verbose
    }

    /// The words of the command, without its items.
    pub(crate) fn words(&self) -> Vec<OsString> {
        items::split(&self.command).0
    }

    /// How the words are read.
    pub(crate) fn style(&self) -> Style {
        let batch = self.batch || self.items_per_process.is_some_and(|items| items > 1);
        Style { batch, shell: self.shell }
    }

    /// Turns the options into a run, and checks that it can begin.
    pub(crate) fn prepare(
        &self,
        keep: &KeepArgs,
        sampling: Option<Sampling>,
        context: &Context,
    ) -> Result<Prepared, Failure> {
        let (words, lists) = items::split(&self.command);
        let template = Template::parse(&words, self.style()).map_err(|error| failure_of(&error))?;
        let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
        let program = find(&template, &path, self.shell)?;
        let machine = Machine::read();
        let cap = self.max_workers.unwrap_or(limits::WORKERS_CAP);
        let limits = limits::of(&machine, cap, self.memory_per_job);
        let workers_fixed = self.jobs.as_deref().map(|text| limits::jobs(text, &limits));
        let workers_fixed = workers_fixed.transpose().map_err(Failure::cannot)?;
        let chunking = match (self.items_per_process, template.batches()) {
            (Some(items), _) => Chunking::Fixed(items),
            (None, true) => Chunking::Adaptive { most: BATCH_MOST },
            (None, false) => Chunking::Fixed(1),
        };
        let separator = if self.null { 0 } else { self.delimiter.unwrap_or(b'\n') };
        let queue = items::queue(&lists, &self.arg_file, separator, &context.output)?;
        let scratch = context.environment.get("TMPDIR").unwrap_or("/tmp");
        let options = Options {
            template,
            program,
            path,
            rules: Rules {
                limits,
                workers_fixed,
                workers_hint: None,
                chunking,
                chunk_hint: None,
                overhead_ns_hint: None,
            },
            keep_order: keep.keep_order,
            ungroup: keep.ungroup,
            tag: keep.tag,
            retries: self.retries,
            timeout: self.timeout,
            halt: self.halt,
            memory_per_job: self.memory_per_job,
            memory_free: self.memfree,
            journal: keep.journal_options(),
            results: keep.results.clone(),
            log: keep.log.clone(),
            joblog: keep.joblog.clone(),
            scratch: PathBuf::from(scratch),
            sampling,
        };
        options.check().map_err(|error| failure_of(&error))?;
        Ok(Prepared { options, queue, machine })
    }
}

impl KeepArgs {
    fn journal_options(&self) -> Option<JournalOptions> {
        let mode = match (self.resume, self.retry_failed) {
            (_, true) => Mode::RetryFailed,
            (true, false) => Mode::Resume,
            (false, false) => Mode::New,
        };
        self.journal.clone().map(|path| JournalOptions { path, mode })
    }
}

/// A duration that something can happen in.
fn some_time(text: &str) -> Result<Duration, String> {
    match units::duration(text)? {
        Duration::ZERO => Err("no item can end in no time; leave it out for no limit".to_owned()),
        time => Ok(time),
    }
}

/// What a search for a plan may choose from under these rules.
pub(crate) fn choices(rules: &Rules) -> Choices {
    let chunk = match rules.chunking {
        Chunking::Fixed(items) => Some(items),
        Chunking::Adaptive { .. } => None,
    };
    let parallel = Executor::Processes;
    Choices { parallel, workers: rules.workers_fixed, chunk, chunk_most: BATCH_MOST }
}

/// The program file; an error names what is missing before anything is run.
pub(super) fn find(
    template: &Template,
    path: &OsStr,
    shell: bool,
) -> Result<Option<PathBuf>, Failure> {
    let Some(name) = template.program() else { return Ok(None) };
    let shown = name.to_string_lossy();
    if let Some(file) = amorsize_os::child::find_program(&name, path) {
        return match amorsize_os::child::missing_interpreter(&file) {
            None => Ok(Some(file)),
            Some(missing) => Err(Failure::cannot(format!(
                "the first line of {shown} names {}, which is not a program that can be executed; nothing was run",
                missing.display()
            ))),
        };
    }
    let failure = if shown.contains('/') {
        Failure::cannot(format!("{shown} is not a program that can be executed; nothing was run"))
    } else {
        Failure::cannot(format!("no program {shown:?} was found on PATH; nothing was run"))
    };
    let programs = amorsize_os::child::programs(path);
    let near = crate::nearest::nearest(&shown, programs.iter().map(String::as_str));
    Err(match near {
        Some(near) if !shown.contains('/') => failure.hint(format!("did you mean {near:?}?")),
        _ if !shell => failure.hint("add --shell if it is a builtin or a function of the shell"),
        _ => failure,
    })
}
