//! `cargo xtask soak cache`: the workload that finds every mutant, on every engine, for as long as wanted.
//!
//! Several processes call one store at random; some are killed, some stopped and let go on, their clocks disagree. Every
//! answer is logged and checked against the specification. The table says, for each engine, how many operations were
//! made, how many processes killed, and how many answers were untrue; one untrue answer fails the run.

use std::process::Command;
use std::time::Duration;

use amorsize_testkit::history::Fault;
use amorsize_testkit::servers::{Durability, Postgres, Redis};
use amorsize_testkit::soak::{Engine, Plan, Report, Worker, run as soak};
use anyhow::{Context as _, Result, bail};

/// The first word of the command line of a worker.
pub(crate) const WORKER: &str = "soak-worker";

const USAGE: &str = "cargo xtask soak cache [--ops N] [--kills N] [--seconds S] [--engine memory|sqlite|postgres|redis] \
[--seed N] [--sweeps]";

struct Wish {
    engines: Vec<Engine>,
    operations: u64,
    kills: u64,
    limit: Duration,
    seed: u64,
    has_sweeps: bool,
}

/// Runs the soak that the words after `soak` describe.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let ["cache", rest @ ..] = words else { bail!("{USAGE}") };
    let wish = parse(rest)?;
    println!(
        "{:9} {:>11} {:>7} {:>7} {:>8}  {:>13} {:>11} {:>13} {:>6}",
        "engine",
        "operations",
        "killed",
        "stopped",
        "seconds",
        "wrong reasons",
        "lost writes",
        "extra winners",
        "other"
    );
    let mut untrue = 0;
    for engine in &wish.engines {
        untrue += one(*engine, &wish)?;
    }
    if untrue > 0 {
        bail!("{untrue} untrue answers");
    }
    Ok(())
}

/// Makes the calls of one worker; what the parent starts this program for.
pub(crate) fn work(words: &[&str]) -> Result<()> {
    let arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let worker = Worker::from_args(&arguments).context("a worker is started by the soak only")?;
    Ok(worker.work()?)
}

fn parse(words: &[&str]) -> Result<Wish> {
    let mut wish = Wish {
        engines: Engine::ALL.to_vec(),
        operations: 200_000,
        kills: 100,
        limit: Duration::MAX,
        seed: 1,
        has_sweeps: false,
    };
    // Without a wish: a quick look. With one: as long as it takes.
    let is_bare = !words.iter().any(|word| ["--ops", "--seconds"].contains(word));
    if is_bare {
        wish.limit = Duration::from_secs(15);
    }
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--sweeps" {
            wish.has_sweeps = true;
            continue;
        }
        let value = words.next().with_context(|| format!("{word} needs a value\n{USAGE}"))?;
        let number =
            || value.replace('_', "").parse::<u64>().with_context(|| format!("{word} {value}"));
        match *word {
            "--ops" => wish.operations = number()?,
            "--kills" => wish.kills = number()?,
            "--seconds" => wish.limit = Duration::from_secs(number()?),
            "--seed" => wish.seed = number()?,
            "--engine" => {
                let known = Engine::ALL.into_iter().find(|engine| engine.name() == *value);
                wish.engines =
                    vec![known.with_context(|| format!("no engine {value:?}\n{USAGE}"))?];
            }
            _ => bail!("unknown option {word}\n{USAGE}"),
        }
    }
    Ok(wish)
}

/// Soaks one engine and prints its line; how many answers were untrue.
fn one(engine: Engine, wish: &Wish) -> Result<u64> {
    let folder = scratch()?;
    let mut servers: (Option<Postgres>, Option<Redis>) = (None, None);
    let url = match engine {
        Engine::Memory => "memory:".to_owned(),
        Engine::Sqlite => format!("sqlite:{}", folder.join("soak.db").display()),
        Engine::Postgres => servers.0.insert(Postgres::start_for_load()?).url("postgres"),
        Engine::Redis => servers.1.insert(Redis::start(Durability::None)?).url(),
    };
    let sweeps = u32::from(wish.has_sweeps);
    let plan = Plan {
        operations: wish.operations,
        kills: wish.kills,
        limit: wish.limit,
        seed: wish.seed,
        evict: sweeps,
        clear: sweeps,
        ..Plan::new(&url)
    };
    let report = soak(&plan, &command);
    std::fs::remove_dir_all(&folder).context("could not remove the scratch folder")?;
    let report = report?;
    print(engine, &report);
    if report.verdict.operations < wish.operations {
        println!("  the time was up before {} operations", wish.operations);
    }
    if report.failures > 0 {
        bail!("{} workers failed by themselves", report.failures);
    }
    Ok(report.verdict.total())
}

/// The command of one worker: this program again.
pub(crate) fn command(worker: &Worker) -> Command {
    let program = std::env::current_exe().unwrap_or_else(|_| "xtask".into());
    let mut command = Command::new(program);
    command.arg(WORKER).args(worker.to_args());
    command
}

fn scratch() -> Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(format!("amorsize-soak-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("could not make a scratch folder")?;
    Ok(folder)
}

fn print(engine: Engine, report: &Report) {
    let count = |fault| report.verdict.count(fault);
    let other = count(Fault::NoWinner) + count(Fault::Invented) + count(Fault::WrongTime);
    println!(
        "{:9} {:>11} {:>7} {:>7} {:>8.1}  {:>13} {:>11} {:>13} {:>6}",
        engine.name(),
        report.verdict.operations,
        report.kills,
        report.stops,
        report.took.as_secs_f64(),
        count(Fault::WrongReason),
        count(Fault::LostWrite),
        count(Fault::ExtraWinner),
        other
    );
    for violation in &report.verdict.violations {
        println!("  key {}: {}: {}", violation.key, violation.fault.name(), violation.text);
    }
}
