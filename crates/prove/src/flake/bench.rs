//! Running the test: alone, with a coin forced, or several at once where they do not disturb each other.

use super::draws::{Coin, Draws, sites};
use super::history::History;
use super::results;
use super::statistics::Sample;
use super::test::{Flake, Side};
use crate::bounded;
use crate::error::{Error, Result};
use crate::outcome::{Exit, one_line};
use amorsize_os::clock::Stopwatch;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The most call sites that are forced.
pub(super) const SITES_MAX: usize = 24;

/// A forced run may take this long, or so many times what the first one took.
const FORCED_MIN: Duration = Duration::from_secs(20);
const FORCED_TIMES: u32 = 10;

/// Runs and what they came to.
pub(super) struct Bench<'a> {
    pub(super) flake: &'a Flake,
    draws: Draws,
    directory: PathBuf,
    pub(super) watch: Stopwatch,
    /// The undisturbed runs of this sitting.
    pub(super) sample: Sample,
    runs: u64,
    pub(super) singles: BTreeMap<String, Sample>,
    /// How many numbers a run drew, and the different sequences of them.
    pub(super) drew: usize,
    pub(super) drawn: BTreeSet<u64>,
    pub(super) seeded: bool,
    pub(super) failure: Option<String>,
    pub(super) coins: Vec<Side>,
    /// Sites that, forced, made the run go on without end: whatever draws until it is content does.
    pub(super) endless: BTreeSet<String>,
    /// Wall times of runs that had the machine to themselves.
    pub(super) took: Vec<Duration>,
    /// Runs side by side that were thrown away, because one of them failed.
    pub(super) disturbed: Option<Sample>,
}

/// One run.
pub(super) struct Once {
    pub(super) passed: bool,
    pub(super) draws: Vec<(String, String)>,
    singles: BTreeMap<String, bool>,
    tail: String,
    took: Duration,
    timed_out: bool,
}

impl<'a> Bench<'a> {
    pub(super) fn new(flake: &'a Flake, directory: PathBuf) -> Result<Self> {
        Ok(Self {
            flake,
            draws: Draws::new(flake.python_path.as_deref(), flake.node_options.as_deref())?,
            directory,
            watch: Stopwatch::start(),
            sample: Sample::default(),
            runs: 0,
            singles: BTreeMap::new(),
            drew: 0,
            drawn: BTreeSet::new(),
            seeded: false,
            failure: None,
            coins: vec![],
            endless: BTreeSet::new(),
            took: vec![],
            disturbed: None,
        })
    }

    /// Runs the test once by itself; a forced run is not part of the sample.
    pub(super) fn run(&mut self, coin: Option<&Coin>) -> Result<Once> {
        self.runs += 1;
        if let Some(junit) = &self.flake.junit {
            // A file from the run before would be read for this one.
            std::fs::remove_file(self.directory.join(junit)).ok();
        }
        let limit = match (coin, self.took.first()) {
            (Some(_), Some(took)) => FORCED_MIN.max(*took * FORCED_TIMES).min(self.flake.run_limit),
            _ => self.flake.run_limit,
        };
        let once = once(self.flake, &self.directory, &self.draws, (self.runs, coin, limit))?;
        let is_endless = coin.is_some() && once.timed_out;
        if !once.passed && !is_endless && self.failure.is_none() {
            self.failure = Some(once.tail.clone());
        }
        if coin.is_none() {
            self.took.push(once.took);
            self.count(&once);
        }
        Ok(once)
    }

    fn count(&mut self, once: &Once) {
        self.sample.add(Sample { runs: 1, failures: u64::from(!once.passed) });
        for (name, passed) in &once.singles {
            let one = Sample { runs: 1, failures: u64::from(!passed) };
            self.singles.entry(name.clone()).or_default().add(one);
        }
        self.drew = self.drew.max(once.draws.len());
        self.seeded |= !once.draws.is_empty() && sites(&once.draws).is_empty();
        if !once.draws.is_empty() {
            let mut hasher = DefaultHasher::new();
            once.draws.hash(&mut hasher);
            self.drawn.insert(hasher.finish());
        }
    }

    /// Runs the test so many times side by side. A failure among them may be the company's, so it takes the whole round
    /// out of the sample, and from then on the test runs alone.
    pub(super) fn together(&mut self, jobs: u64) -> Result<()> {
        let first = self.runs + 1;
        self.runs += jobs;
        let (flake, directory, draws) = (self.flake, self.directory.as_path(), &self.draws);
        let came: Vec<Result<Once>> = std::thread::scope(|scope| {
            let start = |run: u64| {
                scope.spawn(move || once(flake, directory, draws, (run, None, flake.run_limit)))
            };
            let started: Vec<_> = (first..first + jobs).map(start).collect();
            let join = |one: std::thread::ScopedJoinHandle<'_, Result<Once>>| {
                one.join().unwrap_or_else(|_| Err(Error::usage("a run could not be watched")))
            };
            started.into_iter().map(join).collect()
        });
        let came = came.into_iter().collect::<Result<Vec<Once>>>()?;
        let failures = came.iter().filter(|once| !once.passed).count();
        if failures > 0 {
            let runs = came.len();
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            self.disturbed = Some(Sample { runs: count(runs), failures: count(failures) });
            return Ok(());
        }
        for once in &came {
            self.count(once);
        }
        Ok(())
    }

    /// Forces every call site that drew anything to both of its sides.
    pub(super) fn force(&mut self, first: &Once) -> Result<()> {
        let mut open: Vec<String> = sites(&first.draws).into_iter().collect();
        let mut seen: BTreeSet<String> = open.iter().cloned().collect();
        while let Some(site) = open.pop() {
            if seen.len() > SITES_MAX || self.watch.elapsed() > self.flake.total_limit {
                break;
            }
            for side in ["low", "high"] {
                let coin = Coin { site: site.clone(), side };
                let once = self.run(Some(&coin))?;
                if once.timed_out {
                    self.endless.insert(site.clone());
                    continue;
                }
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

    /// What this sitting saw, to be kept.
    pub(super) fn history(&self) -> History {
        History {
            sample: self.sample,
            sittings: 1,
            singles: self.singles.clone(),
            draws: self.drawn.clone(),
        }
    }
}

fn once(
    flake: &Flake,
    directory: &Path,
    draws: &Draws,
    (run, coin, limit): (u64, Option<&Coin>, Duration),
) -> Result<Once> {
    let (program, arguments) =
        flake.command.split_first().ok_or_else(|| Error::usage("no test command"))?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    draws.attach(&mut command, run, coin);
    let watch = Stopwatch::start();
    let ended = bounded::run(&mut command, limit)?;
    let took = watch.elapsed();
    if matches!(ended.exit, Exit::Code(126 | 127)) && run == 1 {
        let said = one_line(&ended.errors, 200);
        return Err(Error::usage(format!(
            "the test command cannot be run ({}): {said}",
            ended.exit
        )));
    }
    let both = format!("{}\n{}", ended.output, ended.errors);
    if let Some(said) = results::nothing_ran(&both).filter(|_| run == 1) {
        let last = both.lines().rev().find(|line| line.trim_start().starts_with("ERROR"));
        let why = last.map(|line| format!(" ({})", one_line(line, 160))).unwrap_or_default();
        return Err(Error::usage(format!("the test command ran no test: {said}{why}")));
    }
    let lines: Vec<&str> = both.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(12)..].join("\n");
    let singles = match &flake.junit {
        Some(path) => {
            let text = std::fs::read_to_string(directory.join(path)).unwrap_or_default();
            results::of_junit(&text)
        }
        None => results::of_output(&both),
    };
    Ok(Once {
        passed: ended.exit == Exit::Code(0),
        draws: draws.taken(run),
        singles,
        tail: format!("{}\n{tail}", ended.exit),
        took,
        timed_out: ended.exit == Exit::TimedOut,
    })
}
