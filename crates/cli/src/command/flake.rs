//! `amorsize flake`: is this test steady, flaky or broken, and how sure is that?

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::units;
use amorsize_prove::flake::{Flake, Sample, flake, junit, text};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Run a test until it is known to be steady, flaky or broken, to a stated confidence
///
/// Draws from Python's random are first forced to both sides; then the test runs until a failure rate of --rate is
/// excluded, or until both a pass and a failure were seen.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 steady · 1 flaky or broken · 2 cannot run · 3 not enough runs"
)]
pub(crate) struct Args {
    /// Run it at most this often (as often as the claim needs without it)
    #[arg(short = 'n', long, value_name = "MAX")]
    runs: Option<u64>,

    /// How sure the claim is to be, in percent
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = percent)]
    confidence: f64,

    /// The failure rate to exclude, in percent
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = percent)]
    rate: f64,

    /// How long one run may take
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = units::duration)]
    run_timeout: Duration,

    /// How long everything may take
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = units::duration)]
    timeout: Duration,

    /// Do not force the draws from Python's random
    #[arg(long)]
    no_force: bool,

    /// The `JUnit` file that every run writes: tells which single tests are flaky
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Compare with a saved answer (amorsize flake --format json)
    #[arg(long, value_name = "LOG")]
    against: Option<PathBuf>,

    /// Compare with as many runs at this revision
    #[arg(long, value_name = "REV", conflicts_with = "against")]
    before: Option<String>,

    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: FlakeFormat,

    /// The test command
    #[arg(last = true, required = true, value_name = "TEST COMMAND")]
    command: Vec<String>,
}

/// The forms the answer can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FlakeFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For continuous integration.
    Junit,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim();
    let value: f64 = number.parse().map_err(|_| format!("{text:?} is not a percentage"))?;
    if value > 0.0 && value < 100.0 {
        Ok(value / 100.0)
    } else {
        Err("between 0 and 100 percent".into())
    }
}

/// Runs the test and prints the answer.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let request = Flake {
        command: args.command.clone(),
        directory: context.environment.current_directory.clone(),
        runs_max: args.runs,
        confidence: args.confidence,
        rate: args.rate,
        run_limit: args.run_timeout,
        total_limit: args.timeout,
        force: !args.no_force,
        junit: args.junit.clone(),
        against: args.against.as_deref().map(sample).transpose()?,
        before: args.before.clone(),
        python_path: context.environment.get("PYTHONPATH").map(str::to_owned),
    };
    let terminal = std::io::stderr().is_terminal();
    let mut tell = |sample: Sample, needed: u64| {
        if terminal && sample.runs.is_multiple_of(10) {
            context
                .output
                .talk(format!("{} of {needed} runs, {} failed", sample.runs, sample.failures));
        }
    };
    let answer = flake(&request, &mut tell).map_err(Failure::cannot)?;
    match args.format {
        FlakeFormat::Text => context.output.data(&text(&answer))?,
        FlakeFormat::Json => context.output.json(&answer)?,
        FlakeFormat::Junit => context.output.data(&junit(&answer))?,
    }
    Ok(answer.exit_code())
}

/// The sample in a saved answer.
fn sample(path: &Path) -> Result<Sample, Failure> {
    #[derive(serde::Deserialize)]
    struct Saved {
        sample: Sample,
    }
    let bytes = amorsize_os::files::read_bounded(path, 64 << 20)?;
    let saved: Saved = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::cannot(format!("{}: not a saved answer: {error}", path.display()))
            .hint("make one with `amorsize flake --format json -- TEST COMMAND > LOG`")
    })?;
    Ok(saved.sample)
}
