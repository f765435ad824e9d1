//! Conducts a flake test: force the coins, then run until it is decided.

use super::draws::{Coin, Draws, sites};
use super::results;
use super::statistics::{Sample, fisher, interval, passes_needed};
use crate::bounded;
use crate::error::{Error, Result};
use crate::outcome::{Exit, one_line};
use amorsize_finding::ExitCode;
use amorsize_os::clock::Stopwatch;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SITES_MAX: usize = 24;

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
    /// The undisturbed runs.
    pub sample: Sample,
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

struct Bench<'a> {
    flake: &'a Flake,
    draws: Draws,
    directory: PathBuf,
    watch: Stopwatch,
    sample: Sample,
    runs: u64,
    singles: BTreeMap<String, Sample>,
    drawn: BTreeSet<Vec<(String, String)>>,
    failure: Option<String>,
    coins: Vec<Side>,
}

struct Once {
    passed: bool,
    draws: Vec<(String, String)>,
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
    while !bench.decided(needed) && bench.sample.runs < most {
        if bench.watch.elapsed() > flake.total_limit {
            break;
        }
        tell(bench.sample, needed);
        bench.run(None)?;
    }
    let versus = versus(flake, &bench)?;
    Ok(bench.answer(needed, versus))
}

impl<'a> Bench<'a> {
    fn new(flake: &'a Flake, directory: PathBuf) -> Result<Self> {
        Ok(Self {
            flake,
            draws: Draws::new(flake.python_path.as_deref())?,
            directory,
            watch: Stopwatch::start(),
            sample: Sample::default(),
            runs: 0,
            singles: BTreeMap::new(),
            drawn: BTreeSet::new(),
            failure: None,
            coins: vec![],
        })
    }

    /// Runs the test once; a forced run is not part of the sample.
    fn run(&mut self, coin: Option<&Coin>) -> Result<Once> {
        self.runs += 1;
        let (program, arguments) =
            self.flake.command.split_first().ok_or_else(|| Error::usage("no test command"))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory);
        self.draws.attach(&mut command, self.runs, coin);
        if let Some(junit) = &self.flake.junit {
            // A file from the run before would be read for this one.
            std::fs::remove_file(self.directory.join(junit)).ok();
        }
        let ended = bounded::run(&mut command, self.flake.run_limit)?;
        if matches!(ended.exit, Exit::Code(126 | 127)) && self.runs == 1 {
            let said = one_line(&ended.errors, 200);
            return Err(Error::usage(format!(
                "the test command cannot be run ({}): {said}",
                ended.exit
            )));
        }
        let passed = ended.exit == Exit::Code(0);
        let draws = self.draws.taken(self.runs);
        if !passed && self.failure.is_none() {
            let both = format!("{}\n{}", ended.output, ended.errors);
            let tail: Vec<&str> = both.lines().filter(|line| !line.trim().is_empty()).collect();
            let tail = tail[tail.len().saturating_sub(12)..].join("\n");
            self.failure = Some(format!("{}\n{tail}", ended.exit));
        }
        if coin.is_none() {
            self.sample.runs += 1;
            self.sample.failures += u64::from(!passed);
            self.drawn.insert(draws.clone());
            self.count_singles(&format!("{}\n{}", ended.output, ended.errors));
        }
        Ok(Once { passed, draws })
    }

    fn count_singles(&mut self, output: &str) {
        let found = match &self.flake.junit {
            Some(path) => {
                let text = std::fs::read_to_string(self.directory.join(path)).unwrap_or_default();
                results::of_junit(&text)
            }
            None => results::of_output(output),
        };
        for (name, passed) in found {
            let sample = self.singles.entry(name).or_default();
            sample.runs += 1;
            sample.failures += u64::from(!passed);
        }
    }

    /// Forces every call site that drew anything to both of its sides.
    fn force(&mut self, first: &Once) -> Result<()> {
        let mut open: Vec<String> = sites(&first.draws).into_iter().collect();
        let mut seen: BTreeSet<String> = open.iter().cloned().collect();
        while let Some(site) = open.pop() {
            if seen.len() > SITES_MAX || self.watch.elapsed() > self.flake.total_limit {
                break;
            }
            for side in ["low", "high"] {
                let coin = Coin { site: site.clone(), side };
                let once = self.run(Some(&coin))?;
                // A forced side may reach draws that the first run never came to.
                for site in sites(&once.draws) {
                    if seen.insert(site.clone()) {
                        open.push(site);
                    }
                }
                self.coins.push(Side { coin, passed: once.passed });
            }
        }
        self.coins.sort_by(|one, other| one.coin.cmp(&other.coin));
        Ok(())
    }

    /// A site whose two sides give different results.
    fn deciding(&self) -> Option<(&Side, &Side)> {
        self.coins.iter().find_map(|one| {
            let same =
                |other: &&Side| other.coin.site == one.coin.site && other.passed != one.passed;
            let other = self.coins.iter().find(same)?;
            Some(if one.passed { (one, other) } else { (other, one) })
        })
    }

    fn mixed(&self) -> bool {
        self.sample.failures > 0 && self.sample.failures < self.sample.runs
    }

    fn decided(&self, needed: u64) -> bool {
        let broken = self.sample.failures >= 10 && self.sample.failures == self.sample.runs;
        let steady = self.sample.failures == 0 && self.sample.runs >= needed;
        self.deciding().is_some() || self.mixed() || broken || steady
    }

    fn verdict(&self, needed: u64) -> (Verdict, String) {
        let Sample { runs, failures } = self.sample;
        let percent = |value: f64| format!("{:.3} %", value * 100.0);
        let sure = percent(self.flake.confidence);
        if let Some((passes, fails)) = self.deciding() {
            let reason = format!(
                "the draw at {} decides: it passes when forced {}, and fails when forced {}",
                passes.coin.site, passes.coin.side, fails.coin.side
            );
            return (Verdict::Flaky, reason);
        }
        if self.mixed() {
            return (
                Verdict::Flaky,
                format!("{failures} of {runs} runs failed, the others passed"),
            );
        }
        if failures > 0 && runs >= 2 {
            return (Verdict::Broken, format!("all {runs} runs failed"));
        }
        if failures == 0 && runs >= needed {
            let rate = percent(self.flake.rate);
            return (
                Verdict::Steady,
                format!("{runs} passes: it fails in less than {rate} of runs ({sure} sure)"),
            );
        }
        let missing = needed.saturating_sub(runs);
        let (_, high) = interval(self.sample, self.flake.confidence);
        let bound = percent(high);
        let reason = format!(
            "{} passes bound the failure rate only below {bound} ({sure} sure); {missing} more passes needed",
            runs - failures
        );
        (Verdict::NotEnoughRuns, reason)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![];
        let draws = self.drawn.iter().next().map_or(0, Vec::len);
        if self.sample.runs > 1 && self.drawn.len() == 1 && draws > 0 {
            notes.push(format!(
                "every run drew the same {draws} numbers: for what depends on them this is one run, n = 1"
            ));
        }
        if draws == 0 && self.coins.is_empty() {
            notes.push(
                "no draw from Python's random was seen; what else varies (time, order, threads) was not forced".into(),
            );
        }
        if self.coins.len() / 2 >= SITES_MAX {
            notes.push(format!("only {SITES_MAX} call sites were forced"));
        }
        notes
    }

    fn answer(self, needed: u64, versus: Option<Versus>) -> Steadiness {
        let (verdict, reason) = self.verdict(needed);
        let passes = self.sample.runs - self.sample.failures;
        let notes = self.notes();
        let mixed = |(name, sample): (String, Sample)| {
            (sample.failures > 0 && sample.failures < sample.runs)
                .then_some(Single { name, sample })
        };
        Steadiness {
            schema: "amorsize-flake/1",
            verdict,
            reason,
            command: self.flake.command.clone(),
            sample: self.sample,
            interval: interval(self.sample, self.flake.confidence),
            confidence: self.flake.confidence,
            rate: self.flake.rate,
            passes_missing: if verdict == Verdict::NotEnoughRuns {
                needed.saturating_sub(passes)
            } else {
                0
            },
            coins: self.coins,
            singles: self.singles.into_iter().filter_map(mixed).collect(),
            versus,
            notes,
            failure: self.failure,
        }
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
