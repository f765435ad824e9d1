//! Conducts a flake test: force the coins, then run until it is decided.

use super::bench::{Bench, SITES_MAX};
use super::draws::Coin;
use super::history::History;
use super::statistics::{Sample, fisher, interval, passes_needed};
use crate::bounded;
use crate::error::{Error, Result};
use crate::outcome::{Exit, one_line};
use amorsize_finding::ExitCode;
use amorsize_sizing::plan::{Choices, Executor, search};
use amorsize_sizing::{Figure, Limits, Measurements};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Flake {
    /// The test command.
    pub command: Vec<String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// How often it runs at most; as often as the claim needs without it.
    pub runs_max: Option<u64>,
    /// How sure the claim is to be, between 0 and 1.
    pub confidence: f64,
    /// The failure rate to exclude, between 0 and 1.
    pub rate: f64,
    /// How long one run may take.
    pub run_limit: Duration,
    /// How long everything may take.
    pub total_limit: Duration,
    /// Whether the coins are forced.
    pub force: bool,
    /// A `JUnit` file that every run writes.
    pub junit: Option<PathBuf>,
    /// A sample from elsewhere to compare with.
    pub against: Option<Sample>,
    /// A revision to run for comparison.
    pub before: Option<String>,
    /// The `PYTHONPATH` the command would have.
    pub python_path: Option<String>,
    /// The `NODE_OPTIONS` the command would have.
    pub node_options: Option<String>,
    /// How many runs may stand side by side.
    pub jobs: Jobs,
    /// What earlier sittings saw of the same code.
    pub earlier: Option<History>,
}

/// How many runs stand side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Jobs {
    /// So many.
    Given(u64),
    /// As many as pay on so many processors.
    Sized {
        /// Processors' worth of time.
        cpus: f64,
    },
}

/// The verdict of a flake test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rate is below the stated one, with the stated confidence.
    Steady,
    /// Both a pass and a failure were seen.
    Flaky,
    /// Every run failed.
    Broken,
    /// Not enough runs for either claim.
    NotEnoughRuns,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Steadiness {
    /// The name and version of this form.
    pub schema: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in a sentence.
    pub reason: String,
    /// What was run.
    pub command: Vec<String>,
    /// The undisturbed runs of this sitting.
    pub sample: Sample,
    /// The runs of earlier sittings that count with them.
    pub earlier: Sample,
    /// Runs that differ in what they drew by chance: for all that hangs on draws, the size of the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<u64>,
    /// The interval for the failure rate.
    pub interval: (f64, f64),
    /// The confidence of all claims.
    pub confidence: f64,
    /// The rate that was to be excluded.
    pub rate: f64,
    /// How many more passes the claim needs.
    pub passes_missing: u64,
    /// The coins that were found, and what each side came to.
    pub coins: Vec<Side>,
    /// Single tests that both passed and failed.
    pub singles: Vec<Single>,
    /// The comparison with another sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versus: Option<Versus>,
    /// What a reader must know to trust the numbers.
    pub notes: Vec<String>,
    /// The end of the output of the first failing run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What this sitting saw, to be added to what is kept.
    #[serde(skip)]
    pub sitting: History,
}

/// One forced side of a coin.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// Which.
    pub coin: Coin,
    /// Whether the test passed.
    pub passed: bool,
}

/// A single test that both passed and failed.
#[derive(Debug, Clone, Serialize)]
pub struct Single {
    /// Its name.
    pub name: String,
    /// Its own sample.
    pub sample: Sample,
}

/// Two samples side by side.
#[derive(Debug, Clone, Serialize)]
pub struct Versus {
    /// Where the other sample is from.
    pub from: String,
    /// The other sample.
    pub other: Sample,
    /// How probable so large a difference is if nothing changed.
    pub p: f64,
    /// The claim, if any can be made.
    pub claim: String,
}

impl Steadiness {
    /// What the process says when it ends.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.verdict {
            Verdict::Steady => ExitCode::Clean,
            Verdict::Flaky | Verdict::Broken => ExitCode::Findings,
            Verdict::NotEnoughRuns => ExitCode::Incomplete,
        }
    }
}

/// Tests whether a test is steady.
///
/// # Errors
///
/// When the command cannot be started, or a number makes no sense.
pub fn flake(flake: &Flake, tell: &mut dyn FnMut(Sample, u64)) -> Result<Steadiness> {
    let sensible = |value: f64| value > 0.0 && value < 1.0;
    if !sensible(flake.rate) || !sensible(flake.confidence) {
        return Err(Error::usage("rate and confidence lie between 0 % and 100 %"));
    }
    if flake.command.is_empty() {
        return Err(Error::usage("no test command; write it after --"));
    }
    let mut bench = Bench::new(flake, flake.directory.clone())?;
    let first = bench.run(None)?;
    if flake.force {
        bench.force(&first)?;
    }
    let needed = passes_needed(flake.rate, flake.confidence);
    let most = flake.runs_max.unwrap_or(needed).max(1);
    while !decided(&bench, needed) && bench.sample.runs < most {
        if bench.watch.elapsed() > flake.total_limit {
            break;
        }
        tell(bench.sample, needed);
        let missing = most.min(needed).saturating_sub(bench.sample.runs);
        match side_by_side(&bench, missing) {
            0 | 1 => bench.run(None).map(drop)?,
            jobs => bench.together(jobs)?,
        }
    }
    let versus = versus(flake, &bench)?;
    Ok(answer(bench, needed, versus))
}

/// Runs alone before any run side by side: they tell what a run costs.
const ALONE: usize = 3;

/// How many runs to start at once.
fn side_by_side(bench: &Bench<'_>, missing: u64) -> u64 {
    if bench.took.len() < ALONE || bench.disturbed.is_some() || bench.flake.junit.is_some() {
        return 1;
    }
    match bench.flake.jobs {
        Jobs::Given(jobs) => jobs.min(missing),
        Jobs::Sized { cpus } => sized(&bench.took, cpus, missing).min(missing),
    }
}

/// What sizing makes of it: so many items of that cost, each a process of its own.
fn sized(took: &[Duration], cpus: f64, items: u64) -> u64 {
    let item_ns: Vec<f64> = took.iter().map(|took| took.as_secs_f64() * 1e9).collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful of runs")]
    let mean_ns = item_ns.iter().sum::<f64>() / (item_ns.len() as f64).max(1.0);
    let seen = Measurements {
        items,
        spread: 0.0,
        mean_ns,
        item_ns,
        start_ns: Figure::unknown(1e6),
        overhead_ns: Figure::unknown(1e6),
        dispatcher_ns: 0.0,
        cpu_share: 1.0,
        slowdown: 0.0,
        memory_bytes: None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of processors"
    )]
    let workers_most = (cpus.floor() as u64).max(1);
    let limits = Limits { cpus, workers_most, memory_bytes: None };
    let choices =
        Choices { parallel: Executor::Processes, workers: None, chunk: Some(1), chunk_most: 1 };
    search(&seen, &limits, &choices).workers
}

/// This sitting and what is kept of earlier ones.
fn total(bench: &Bench<'_>) -> Sample {
    let mut total = bench.sample;
    total.add(earlier(bench.flake));
    total
}

fn earlier(flake: &Flake) -> Sample {
    flake.earlier.as_ref().map(|kept| kept.sample).unwrap_or_default()
}

/// A site whose two sides give different results.
fn deciding(coins: &[Side]) -> Option<(&Side, &Side)> {
    coins.iter().find_map(|one| {
        let same = |other: &&Side| other.coin.site == one.coin.site && other.passed != one.passed;
        let other = coins.iter().find(same)?;
        Some(if one.passed { (one, other) } else { (other, one) })
    })
}

fn decided(bench: &Bench<'_>, needed: u64) -> bool {
    let total = total(bench);
    let broken = total.failures >= 10 && total.failures == total.runs;
    let steady = total.failures == 0 && total.runs >= needed;
    deciding(&bench.coins).is_some() || total.is_mixed() || broken || steady
}

fn verdict(bench: &Bench<'_>, needed: u64) -> (Verdict, String) {
    let Sample { runs, failures } = total(bench);
    let percent = |value: f64| format!("{:.3} %", value * 100.0);
    let sure = percent(bench.flake.confidence);
    let kept = match earlier(bench.flake).runs {
        0 => String::new(),
        kept => format!(" ({kept} of them in earlier sittings on the same code)"),
    };
    if let Some((passes, fails)) = deciding(&bench.coins) {
        let reason = format!(
            "the draw at {} decides: it passes when forced {}, and fails when forced {}",
            passes.coin.site, passes.coin.side, fails.coin.side
        );
        return (Verdict::Flaky, reason);
    }
    if total(bench).is_mixed() {
        return (
            Verdict::Flaky,
            format!("{failures} of {runs} runs failed, the others passed{kept}"),
        );
    }
    if failures > 0 && runs >= 2 {
        return (Verdict::Broken, format!("all {runs} runs failed{kept}"));
    }
    if failures == 0 && runs >= needed {
        let rate = percent(bench.flake.rate);
        return (
            Verdict::Steady,
            format!("{runs} passes{kept}: it fails in less than {rate} of runs ({sure} sure)"),
        );
    }
    if failures > 0 {
        let reason = "it failed, once; a second run tells flaky from broken".to_owned();
        return (Verdict::NotEnoughRuns, reason);
    }
    let missing = needed.saturating_sub(runs);
    let (_, high) = interval(total(bench), bench.flake.confidence);
    let bound = percent(high);
    let reason = format!(
        "{runs} passes{kept} bound the failure rate only below {bound} ({sure} sure); {missing} more passes needed"
    );
    (Verdict::NotEnoughRuns, reason)
}

/// What to do where draws are seen only if the program tells them.
fn takes_part_by_itself(command: &[String]) -> Option<&'static str> {
    let program = Path::new(command.first()?).file_name()?.to_str()?;
    match program {
        "go" | "gotestsum" | "cargo" => Some(
            "Go and Rust: a draw is seen and forced only where the test itself writes it to the file AMORSIZE_FLAKE_DRAWS and heeds \
             AMORSIZE_FLAKE_FORCE",
        ),
        _ => None,
    }
}

fn notes(bench: &Bench<'_>, drawn: usize) -> Vec<String> {
    let mut notes = vec![];
    let runs = total(bench).runs;
    if runs > 1 && drawn == 1 && bench.drew > 0 {
        notes.push(format!(
            "every run drew the same {} numbers: for what depends on them this is one run, n = 1",
            bench.drew
        ));
    }
    if bench.seeded {
        notes.push("the test seeds its generator itself: those draws were not forced".to_owned());
    }
    if bench.drew == 0 && bench.coins.is_empty() && bench.endless.is_empty() {
        notes.push(
            "no draw from Python's random, NumPy or JavaScript's Math.random was seen; what else varies (other languages' draws, \
             time, order, threads) was not forced"
                .into(),
        );
        notes.extend(takes_part_by_itself(&bench.flake.command).map(str::to_owned));
    }
    for site in &bench.endless {
        notes.push(format!(
            "the draw at {site}, forced, made it run without end: it seems to draw until it is content, so this side was not judged"
        ));
    }
    if bench.coins.len() / 2 >= SITES_MAX {
        notes.push(format!("only {SITES_MAX} call sites were forced"));
    }
    if let Some(Sample { runs, failures }) = bench.disturbed {
        notes.push(format!(
            "side by side {failures} of {runs} failed: that may be the company, so those runs do not count, and the rest ran alone"
        ));
    }
    notes
}

fn answer(bench: Bench<'_>, needed: u64, versus: Option<Versus>) -> Steadiness {
    let (verdict, reason) = verdict(&bench, needed);
    let total = total(&bench);
    let sitting = bench.history();
    let mut together = bench.flake.earlier.clone().unwrap_or_default();
    together.add(&sitting);
    let drawn = together.draws.len();
    let notes = notes(&bench, drawn);
    let passes = total.runs - total.failures;
    let mixed = |(name, sample): (&String, &Sample)| {
        sample.is_mixed().then(|| Single { name: name.clone(), sample: *sample })
    };
    Steadiness {
        schema: "amorsize-flake/1",
        verdict,
        reason,
        command: bench.flake.command.clone(),
        sample: bench.sample,
        earlier: earlier(bench.flake),
        effective: (bench.drew > 0).then_some(drawn as u64),
        interval: interval(total, bench.flake.confidence),
        confidence: bench.flake.confidence,
        rate: bench.flake.rate,
        passes_missing: if verdict == Verdict::NotEnoughRuns {
            needed.saturating_sub(passes)
        } else {
            0
        },
        singles: together.singles.iter().filter_map(mixed).collect(),
        sitting,
        coins: bench.coins,
        versus,
        notes,
        failure: bench.failure,
    }
}

/// The other sample: given, or run now at another revision, as often as this one.
fn versus(flake: &Flake, bench: &Bench<'_>) -> Result<Option<Versus>> {
    let (from, other) = match (&flake.before, flake.against) {
        (Some(revision), _) => (revision.clone(), at_revision(flake, revision, bench.sample.runs)?),
        (None, Some(sample)) => ("the given log".to_owned(), sample),
        (None, None) => return Ok(None),
    };
    let p = fisher(bench.sample, other);
    #[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
    let rate = |sample: Sample| sample.failures as f64 / (sample.runs as f64).max(1.0);
    let claim = if p > 1.0 - flake.confidence {
        "no claim: so large a difference happens by chance".to_owned()
    } else if rate(bench.sample) < rate(other) {
        "it fails less often than before".to_owned()
    } else {
        "it fails more often than before".to_owned()
    };
    Ok(Some(Versus { from, other, p, claim }))
}

fn at_revision(flake: &Flake, revision: &str, runs: u64) -> Result<Sample> {
    let folder = tempfile::Builder::new()
        .prefix("amorsize-")
        .tempdir()
        .map_err(|error| Error::io("could not make a temporary folder", error))?;
    let tree = folder.path().join("tree");
    let git = |arguments: &[&str], tree: &Path| {
        let mut command = Command::new("git");
        command.args(arguments).arg(tree).current_dir(&flake.directory);
        command
    };
    let mut add = git(&["worktree", "add", "--quiet", "--detach"], &tree);
    add.arg(revision);
    let ended = bounded::run(&mut add, flake.run_limit)?;
    if ended.exit != Exit::Code(0) {
        return Err(Error::usage(format!(
            "could not check out {revision}: {}",
            one_line(&ended.errors, 200)
        )));
    }
    let mut bench = Bench::new(flake, tree.clone())?;
    let mut outcome = Ok(());
    while outcome.is_ok() && bench.sample.runs < runs && bench.watch.elapsed() < flake.total_limit {
        outcome = bench.run(None).map(drop);
    }
    bounded::run(&mut git(&["worktree", "remove", "--force"], &tree), flake.run_limit)?;
    outcome.map(|()| bench.sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_take_part_by_itself_is_told_how() {
        let told = |command: &[&str]| {
            let words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            takes_part_by_itself(&words)
        };
        assert!(told(&["/usr/local/go/bin/go", "test"]).unwrap().contains("AMORSIZE_FLAKE_DRAWS"));
        assert!(told(&["cargo", "test"]).is_some());
        assert_eq!(told(&["pytest"]), None);
    }
}
