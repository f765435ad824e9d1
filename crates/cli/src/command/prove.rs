//! `amorsize prove`: force the schedule on the real program and see what comes of it.

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::units;
use amorsize_finding::Finding;
use amorsize_prove::{Error, Experiment, Limits, Progress, Proof, Roles, Watch, render};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// See a race happen: hold one operation at every boundary while another runs, and compare with both serial orders
///
/// The setup and both operations are shell commands. What they come to one after the other, in either order, is
/// right by definition; an outcome outside that set is proved.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 GUARDED or CLOSED AT THIS GRANULARITY · 1 PROVED · 2 cannot run · \
                        3 INCONCLUSIVE or NO VERDICT"
)]
pub(crate) struct Args {
    /// Prepares the state that every run starts from
    #[arg(long, value_name = "CMD")]
    setup: Option<String>,

    /// Write a harness for a finding instead: a report of `amorsize audit --format json`, with #FINGERPRINT for one of
    /// several
    #[arg(value_name = "FINDING", conflicts_with_all = ["a", "b", "on"])]
    finding: Option<String>,

    /// The first operation
    #[arg(long, value_name = "CMD", required_unless_present = "finding")]
    a: Option<String>,

    /// The second operation
    #[arg(long, value_name = "CMD", required_unless_present = "finding")]
    b: Option<String>,

    /// Prints the state afterwards; part of the outcome
    #[arg(long, value_name = "CMD")]
    probe: Option<String>,

    /// Where to hold: 'cache/*.json', tcp:PORT, unix:PATH, py:FILE:FUNC, go:PKG.FUNC, wire:PROTOCOL=HOST:PORT
    #[arg(long, value_name = "WHERE", required_unless_present = "finding")]
    on: Vec<Watch>,

    /// Hold B while A runs (with --at: at that boundary of B)
    #[arg(long)]
    swap: bool,

    /// Hold only at this boundary, as numbered in the report
    #[arg(long, value_name = "N")]
    at: Option<usize>,

    /// Hold only at boundaries whose label matches, as in 'UPDATE|COMMIT'
    #[arg(long, value_name = "REGEX")]
    only: Option<regex::Regex>,

    /// Cut what matches out of every output before comparing; may be repeated
    #[arg(long, value_name = "REGEX")]
    ignore: Vec<regex::Regex>,

    /// Allow this eviction anywhere, and say whether it excuses an outcome
    #[arg(long, value_name = "CMD")]
    allow_eviction: Option<String>,

    /// Compare standard error too
    #[arg(long)]
    stderr: bool,

    /// How long one command may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = units::duration)]
    command_timeout: Duration,

    /// How long a party is held at most
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = units::duration)]
    hold: Duration,

    /// How long the whole experiment may take
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = units::duration)]
    timeout: Duration,

    /// How many boundaries are tried at most
    #[arg(long, value_name = "N", default_value_t = 200)]
    max_boundaries: usize,

    /// The Python interpreter for py: callables and gates
    #[arg(long, value_name = "PATH", default_value = "python3")]
    python: PathBuf,

    /// List every boundary, not only those where something happened
    #[arg(long)]
    all: bool,

    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ProofFormat,
}

/// The forms a proof can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProofFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// To hand in.
    Md,
}

/// Runs the experiment and prints the proof.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    if let Some(finding) = &args.finding {
        return write_harness(finding, context);
    }
    let experiment = experiment(args, context);
    let terminal = std::io::stderr().is_terminal();
    let mut tell = |progress: Progress| {
        if let (true, Progress::Boundary { done, of }) = (terminal, &progress) {
            context.output.talk(format!("boundary {} of {of}", done + 1));
        }
    };
    let proof = amorsize_prove::prove(&experiment, &mut tell).map_err(|error| failure(&error))?;
    show(args, &proof, context)
}

fn experiment(args: &Args, context: &Context) -> Experiment {
    let roles = match (args.swap, args.at) {
        (true, _) => Roles::HoldB,
        (false, Some(_)) => Roles::HoldA,
        (false, None) => Roles::Both,
    };
    Experiment {
        setup: args.setup.clone(),
        a: args.a.clone().unwrap_or_default(),
        b: args.b.clone().unwrap_or_default(),
        probe: args.probe.clone(),
        evict: args.allow_eviction.clone(),
        on: args.on.clone(),
        roles,
        at: args.at,
        only: args.only.clone(),
        ignore: args.ignore.clone(),
        compare_stderr: args.stderr,
        directory: context.environment.current_directory.clone(),
        python: args.python.clone(),
        python_path: context.environment.get("PYTHONPATH").map(str::to_owned),
        limits: Limits {
            command: args.command_timeout,
            hold: args.hold,
            total: args.timeout,
            boundaries_max: args.max_boundaries,
        },
    }
}

fn show(args: &Args, proof: &Proof, context: &Context) -> Outcome {
    match args.format {
        ProofFormat::Text => context.output.data(&render::text(proof, args.all))?,
        ProofFormat::Md => context.output.data(&render::markdown(proof))?,
        ProofFormat::Json => context.output.json(proof)?,
    }
    Ok(proof.exit_code())
}

/// Prints the harness of one finding, and how to run it.
fn write_harness(name: &str, context: &Context) -> Outcome {
    #[derive(serde::Deserialize)]
    struct Report {
        findings: Vec<Finding>,
    }
    let (path, wanted) = name.split_once('#').unwrap_or((name, ""));
    let bytes = amorsize_os::files::read_bounded(Path::new(path), 256 << 20)?;
    let findings = match serde_json::from_slice::<Report>(&bytes) {
        Ok(report) => report.findings,
        Err(error) => match serde_json::from_slice::<Finding>(&bytes) {
            Ok(finding) => vec![finding],
            Err(_) => {
                return Err(Failure::cannot(format!("{path}: not a report of findings: {error}"))
                    .hint("make one with `amorsize audit --format json`"));
            }
        },
    };
    let found: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.fingerprint.to_string().starts_with(wanted))
        .collect();
    let finding = match found.as_slice() {
        [finding] => finding,
        [] => return Err(Failure::cannot(format!("{path}: no finding {wanted:?}"))),
        several => {
            let names = several.iter().take(20).map(|finding| {
                format!(
                    "\n  {path}#{}  {} {}:{}",
                    finding.fingerprint, finding.rule, finding.path, finding.act.line
                )
            });
            let names: String = names.collect();
            return Err(Failure::cannot(format!(
                "{path}: {} findings; name one:{names}",
                several.len()
            )));
        }
    };
    let Some(harness) = amorsize_prove::harness(finding) else {
        return Err(Failure::cannot(format!(
            "{}: harnesses are written for Python and Go",
            finding.path
        ))
        .hint("name the operations yourself with --setup, --a, --b, --probe and --on"));
    };
    context.output.data(&harness.text)?;
    context.output.talk(format!(
        "save it as {}, fill the gaps, then run:\n  {}",
        harness.file, harness.command
    ));
    Ok(amorsize_finding::ExitCode::Clean)
}

fn failure(error: &Error) -> Failure {
    Failure::cannot(error)
}
