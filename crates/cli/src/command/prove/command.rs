//! `amorsize prove`: force the schedule on the real program and see what comes of it.

use super::harness::{self, Ready};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::units;
use amorsize_prove::{Error, Experiment, Harness, Limits, Progress, Proof, Roles, Watch, render};
use std::io::IsTerminal as _;
use std::path::PathBuf;
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

    /// Decide a finding: a report of `amorsize audit --format json`, with #FINGERPRINT for one of several. The first time
    /// it writes a harness and shows what is still to be filled in; then it runs it. With --a, --b and --on those are run
    #[arg(value_name = "FINDING")]
    finding: Option<String>,

    /// With FINDING: write the report with this proof next to its finding; may be the report itself
    #[arg(long, value_name = "FILE", requires = "finding")]
    into: Option<PathBuf>,

    /// With FINDING: print the harness and do nothing else
    #[arg(long, requires = "finding")]
    print: bool,

    /// With FINDING: open the harness in $VISUAL or $EDITOR before it is run
    #[arg(long, requires = "finding")]
    edit: bool,

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
    let mut experiment = experiment(args, context);
    let by_hand = args.a.is_some() && args.b.is_some() && !args.on.is_empty();
    if let Some(name) = args.finding.as_ref().filter(|_| !by_hand) {
        match harness::ready(name, (args.print, args.edit, &args.python), context)? {
            Ready::Decide(harness) => take_over(&mut experiment, &harness, args)?,
            Ready::Not(exit) => return Ok(exit),
        }
    }
    let terminal = std::io::stderr().is_terminal();
    let mut tell = |progress: Progress| {
        if let (true, Progress::Boundary { done, of }) = (terminal, &progress) {
            context.output.talk(format!("boundary {} of {of}", done + 1));
        }
    };
    let proof = amorsize_prove::prove(&experiment, &mut tell).map_err(|error| failure(&error))?;
    if let (Some(name), Some(into)) = (&args.finding, &args.into) {
        harness::attach(name, &proof.note(), into, context)?;
    }
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
        first: None,
        ignore: args.ignore.clone(),
        compare_stderr: args.stderr,
        must_meet: false,
        must_change: vec![],
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

/// Lets the harness of a finding be the experiment; what was given by hand stays.
fn take_over(experiment: &mut Experiment, harness: &Harness, args: &Args) -> Result<(), Failure> {
    experiment.must_meet = true;
    experiment.must_change.clone_from(&harness.changes);
    let pattern = |text: &String| regex::Regex::new(text).map_err(Failure::cannot);
    experiment.first = harness.first.as_ref().filter(|_| !args.all).map(pattern).transpose()?;
    experiment.setup = Some(harness.setup.clone());
    experiment.a.clone_from(&harness.a);
    experiment.b.clone_from(&harness.b);
    experiment.probe = Some(harness.probe.clone());
    if args.on.is_empty() {
        let on: Result<Vec<Watch>, Error> = harness.on.iter().map(|on| on.parse()).collect();
        experiment.on = on.map_err(|error| failure(&error))?;
    }
    for pattern in &harness.ignore {
        experiment.ignore.push(regex::Regex::new(pattern).map_err(Failure::cannot)?);
    }
    Ok(())
}

fn show(args: &Args, proof: &Proof, context: &Context) -> Outcome {
    match args.format {
        ProofFormat::Text => context.output.data(&render::text(proof, args.all))?,
        ProofFormat::Md => context.output.data(&render::markdown(proof))?,
        ProofFormat::Json => context.output.json(proof)?,
    }
    Ok(proof.exit_code())
}

fn failure(error: &Error) -> Failure {
    Failure::cannot(error)
}
