//! How often `amorsize flake` is wrong: its whole procedure, 200 times each, on a test whose failure rate is known.
//!
//! The test is a real command that is run again and again and keeps its count in a file; which of its runs fail was drawn
//! beforehand, with nothing in the command that could be forced. A test that fails in 1 % of runs and is called steady below
//! 1 % is the error that the confidence bounds.

use amorsize_os::clock::Stopwatch;
use amorsize_prove::flake::{Flake, Jobs, Steadiness, Verdict, flake};
use amorsize_sizing::rng::Rng;
use amorsize_sizing::stats::median;
use anyhow::{Result, bail};
use std::path::Path;
use std::time::Duration;

const TIMES: usize = 200;
const RATE: f64 = 0.01;
const CONFIDENCE: f64 = 0.95;
/// More runs than the claim needs.
const RUNS_MOST: u64 = 400;
/// What 200 tries of an error of 5 % stay below in 999 of 1,000 benches: 10 and three times its spread, rounded up.
const WRONG_MOST: usize = 20;

/// How often the test fails in truth.
const TRUTHS: [(&str, f64); 3] = [("0.1%", 0.001), ("1%", RATE), ("5%", 0.05)];

/// Prints the error rates; `--quick` tries a tenth as often, and `1%` picks a rate.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let times = if words.contains(&"--quick") { TIMES / 10 } else { TIMES };
    let wanted: Vec<&str> = words.iter().copied().filter(|word| word.ends_with('%')).collect();
    println!(
        "amorsize flake --rate {} % at {} % confidence, {times} times each",
        RATE * 100.0,
        CONFIDENCE * 100.0
    );
    println!(
        "{:22} {:>7} {:>7} {:>8} {:>11} {:>9}",
        "fails in truth", "flaky", "steady", "neither", "median runs", "seconds"
    );
    let mut wrong = 0;
    for (name, truth) in TRUTHS {
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let tally = tally(truth, times)?;
        if truth >= RATE {
            wrong = wrong.max(tally.steady);
        }
        println!(
            "{name:22} {:>7} {:>7} {:>8} {:>11.0} {:>9.0}",
            tally.flaky,
            tally.steady,
            tally.neither,
            median(&tally.runs).unwrap_or_default(),
            tally.seconds
        );
    }
    let ten = once(0.0, 1, Some(10))?;
    println!("ten green runs: {}", ten.reason);
    if wrong > WRONG_MOST {
        bail!("{wrong} of {times} called steady what is not: more than the confidence allows");
    }
    Ok(())
}

struct Tally {
    flaky: usize,
    steady: usize,
    neither: usize,
    runs: Vec<f64>,
    seconds: f64,
}

fn tally(truth: f64, times: usize) -> Result<Tally> {
    let watch = Stopwatch::start();
    let mut tally = Tally { flaky: 0, steady: 0, neither: 0, runs: vec![], seconds: 0.0 };
    for seed in 0..times {
        let answer = once(truth, seed, None)?;
        match answer.verdict {
            Verdict::Flaky => tally.flaky += 1,
            Verdict::Steady => tally.steady += 1,
            Verdict::Broken | Verdict::NotEnoughRuns => tally.neither += 1,
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hundred runs")]
        tally.runs.push(answer.sample.runs as f64);
    }
    tally.seconds = watch.elapsed().as_secs_f64();
    Ok(tally)
}

/// The whole procedure on a test that fails in the runs drawn for this seed.
fn once(truth: f64, seed: usize, runs_max: Option<u64>) -> Result<Steadiness> {
    let mut rng = Rng::new(0xF1A6 + seed as u64);
    let failing: Vec<String> =
        (0..RUNS_MOST).filter(|_| rng.unit() < truth).map(|run| run.to_string()).collect();
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("n"), "0\n")?;
    let script = format!(
        "read n < n; echo $((n + 1)) > n; case ' {} ' in *\" $n \"*) exit 1;; esac",
        failing.join(" ")
    );
    let command = ["sh", "-c", &script].map(str::to_owned).to_vec();
    Ok(flake(&asked(folder.path(), command, runs_max), &mut |_, _| {})?)
}

fn asked(folder: &Path, command: Vec<String>, runs_max: Option<u64>) -> Flake {
    Flake {
        command,
        directory: folder.to_owned(),
        runs_max,
        confidence: CONFIDENCE,
        rate: RATE,
        run_limit: Duration::from_secs(30),
        total_limit: Duration::from_secs(600),
        force: true,
        junit: None,
        against: None,
        before: None,
        python_path: None,
        node_options: None,
        jobs: Jobs::Given(1),
        earlier: None,
    }
}
