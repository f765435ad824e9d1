//! `amorsize flake`: is this test steady, flaky or broken, and how sure is that?

use crate::command::cache::open;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::units;
use amorsize_cache::{Cache, Gen, Key, Lookup, Namespace, Put, Want, Written};
use amorsize_os::machine::Machine;
use amorsize_prove::flake::{
    Flake, History, Jobs, Sample, Steadiness, code_state, flake, junit, text,
};
use std::io::IsTerminal as _;
use std::num::NonZeroU64;
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

    /// Run so many side by side; if one fails in company, the round does not count and the rest runs alone
    #[arg(short, long, value_name = "N", conflicts_with = "auto_jobs")]
    jobs: Option<NonZeroU64>,

    /// Run as many side by side as pay on this machine
    #[arg(long)]
    auto_jobs: bool,

    /// Start anew: do not count what earlier sittings saw of the same code
    #[arg(long)]
    fresh: bool,

    /// Neither read nor keep what sittings saw
    #[arg(long)]
    no_history: bool,

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
    let mut request = Flake {
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
        node_options: context.environment.get("NODE_OPTIONS").map(str::to_owned),
        jobs: match args.jobs {
            Some(jobs) => Jobs::Given(jobs.get()),
            None if args.auto_jobs => Jobs::Sized { cpus: Machine::read().cpus_usable() },
            None => Jobs::Given(1),
        },
        earlier: None,
    };
    let kept = if args.no_history { None } else { Kept::open(&request, context) };
    request.earlier = kept.as_ref().filter(|_| !args.fresh).and_then(Kept::recall);
    let terminal = std::io::stderr().is_terminal();
    let mut tell = |sample: Sample, needed: u64| {
        if terminal && sample.runs.is_multiple_of(10) {
            context
                .output
                .talk(format!("{} of {needed} runs, {} failed", sample.runs, sample.failures));
        }
    };
    let answer = flake(&request, &mut tell).map_err(Failure::cannot)?;
    if let Some(kept) = &kept {
        kept.keep(&answer, args.fresh, context);
    }
    match args.format {
        FlakeFormat::Text => context.output.data(&text(&answer))?,
        FlakeFormat::Json => context.output.json(&answer)?,
        FlakeFormat::Junit => context.output.data(&junit(&answer))?,
    }
    Ok(answer.exit_code())
}

/// How long what a sitting saw is kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// The place where what sittings saw of a test is kept: for this command, this folder and this state of the code.
struct Kept {
    cache: Cache,
    key: Key,
}

impl Kept {
    /// Opens the store. None outside of git, where nobody can tell whether the code is the same; a store that cannot be
    /// used is said and gone on without.
    fn open(request: &Flake, context: &Context) -> Option<Self> {
        let state = code_state(&request.directory)?;
        let opened = open::Place::find(None, context)
            .and_then(|place| open::to_write(&place, context, "flake"));
        let cache = match opened {
            Ok(cache) => cache,
            Err(failure) => {
                let why = failure.message();
                context.output.talk(format!("amorsize: what earlier runs saw is not known: {why}"));
                return None;
            }
        };
        let folder = request.directory.to_string_lossy();
        let key = Key::new(&Namespace::new("flake").ok()?, request.command.join(" "))
            .code(state)
            .inputs(folder.as_bytes());
        Some(Self { cache, key })
    }

    fn recall(&self) -> Option<History> {
        self.current().map(|(history, _)| history)
    }

    /// What is kept, and its version.
    fn current(&self) -> Option<(History, Gen)> {
        match self.cache.get(&self.key, &Want::default()) {
            Lookup::Hit(hit) => Some((serde_json::from_slice(&hit.value).ok()?, hit.generation)),
            Lookup::Miss(_) => None,
        }
    }

    /// Adds what this sitting saw to what is there by now: somebody else may sit at the same test.
    fn keep(&self, answer: &Steadiness, is_fresh: bool, context: &Context) {
        const TRIES: usize = 8;
        let how = Put { ttl: Some(KEPT), ..Put::default() };
        for _ in 0..TRIES {
            let there = self.current();
            let version = there.as_ref().map(|(_, version)| *version);
            let mut history = there.filter(|_| !is_fresh).map(|(kept, _)| kept).unwrap_or_default();
            history.add(&answer.sitting);
            let Ok(bytes) = serde_json::to_vec(&history) else { return };
            match self.cache.cas(&self.key, version, &bytes, &how) {
                Ok(Written::Stored(_)) => return,
                Ok(Written::Refused { .. }) => {}
                Err(error) => {
                    return context.output.talk(format!("amorsize: not kept: {error}"));
                }
            }
        }
        context.output.talk("amorsize: not kept: others write the same entry all the time");
    }
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
