//! `amorsize run` beside its peers: time over the best point of an exhaustive grid, for many shapes of work.
//!
//! Every runner gets the same items; the grid is measured in the same run, with our own engine at fixed numbers. All
//! are run round by round, and a runner's figure is the median of its times over the time that the best grid point
//! took in the same round, so that a noisy machine is noisy for both. The whole grid is measured once, its best
//! points in every round. A peer that is not installed is named as missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use amorsize_sizing::stats::{median, quantile};
use anyhow::{Context as _, Result, bail};

use super::run_gates::{Gates, Row};
use super::run_shapes::{Runner, Shape, missing, runners, shapes};

/// Grid points among which the best one is sought, and how often each is timed for that.
const GRID_KEPT: usize = 4;
const SOUGHT: usize = 3;
/// A runner so many times slower than the best point is measured once.
const HOPELESS: f64 = 4.0;
/// No further round is begun after this.
const TIME_MOST: Duration = Duration::from_secs(900);

/// What all shapes share.
pub(crate) struct Setting {
    rounds: usize,
    pub(crate) folder: PathBuf,
    pub(crate) amorsize: PathBuf,
    /// The program that does the items.
    pub(crate) items: PathBuf,
    start: Instant,
}

/// Prints the table.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (mut quick, mut given, mut only) = (false, None, "");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--quick" => quick = true,
            "--binary" => given = words.next().map(PathBuf::from),
            "--only" => only = words.next().copied().unwrap_or(""),
            _ => bail!("cargo xtask bench run [--quick] [--only PART_OF_A_NAME] [--binary FILE]"),
        }
    }
    let folder = std::env::temp_dir().join(format!("amorsize-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let setting = Setting {
        rounds: if quick { 3 } else { 5 },
        amorsize: given.map_or_else(binary, Ok)?,
        items: built("bench-items")?,
        folder: folder.clone(),
        start: now(),
    };
    let outcome = tables(&setting, quick, only);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The release build of the program; a debug build would be unfair to ourselves.
pub(crate) fn binary() -> Result<PathBuf> {
    built("amorsize")
}

/// The release build of a package's program of the same name.
fn built(package: &str) -> Result<PathBuf> {
    let root = crate::shell::root();
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", package])
        .current_dir(&root)
        .status()?;
    if !status.success() {
        bail!("{package} does not build");
    }
    Ok(root.join("target/release").join(package))
}

fn tables(setting: &Setting, quick: bool, only: &str) -> Result<()> {
    println!(
        "medians of up to {} rounds; each number is time over the best grid point, sought before and timed anew beside it",
        setting.rounds
    );
    for peer in missing() {
        println!("MISSING {peer}");
    }
    let mut gates = Gates::default();
    for shape in shapes(quick).iter().filter(|shape| shape.name.contains(only)) {
        let row = measure(setting, shape)?;
        show(&row);
        gates.add(row);
    }
    gates.first_item(setting)?;
    gates.print();
    println!("\ntook {:.0} s", setting.start.elapsed().as_secs_f64());
    Ok(())
}

fn show(row: &Row) {
    println!(
        "\n{}: best {}, {:.0} ms, {} rounds",
        row.shape,
        row.best,
        row.best_secs * 1e3,
        row.rounds
    );
    for (name, regret) in &row.regrets {
        println!("  {name:30} {:9.1} ms {regret:8.2}", regret * row.best_secs * 1e3);
    }
}

/// Runs every runner over the items of a shape. The best grid point is sought first and timed anew beside
/// all others: of many the quickest was lucky as well, and would be so in its own favour only.
fn measure(setting: &Setting, shape: &Shape) -> Result<Row> {
    let items = setting.folder.join("items");
    std::fs::write(&items, shape.items.join("\n") + "\n")?;
    let runners = runners(setting, shape);
    let mut sought: Vec<Vec<f64>> = vec![Vec::new(); runners.len()];
    let mut live: Vec<usize> = (0..runners.len()).collect();
    round(setting, (&runners, &items), &live, &mut sought)?;
    keep_near(&runners, &sought, &mut live);
    let mut near: Vec<usize> = live.iter().copied().filter(|at| runners[*at].grid).collect();
    for turn in 1..SOUGHT {
        let length = near.len().max(1);
        near.rotate_left(turn % length);
        round(setting, (&runners, &items), &near, &mut sought)?;
    }
    let best = near.into_iter().min_by(|a, b| middle(&sought[*a]).total_cmp(&middle(&sought[*b])));
    let best = best.context("no grid")?;
    live.retain(|at| *at == best || !runners[*at].grid);
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); runners.len()];
    let mut rounds = 0;
    while rounds < setting.rounds && (rounds == 0 || setting.start.elapsed() < TIME_MOST) {
        // Every round begins elsewhere, so that nobody always follows the same neighbour.
        let length = live.len();
        live.rotate_left((rounds * 7) % length);
        round(setting, (&runners, &items), &live, &mut times)?;
        rounds += 1;
    }
    let regret = |at: usize| {
        let all = if live.contains(&at) { &times } else { &sought };
        let ratios: Vec<f64> =
            all[at].iter().zip(&all[best]).map(|(one, best)| one / best).collect();
        middle(&ratios)
    };
    let others = (0..runners.len()).filter(|at| !runners[*at].grid);
    Ok(Row {
        shape: shape.name.clone(),
        kind: shape.kind,
        best: runners[best].name.clone(),
        best_secs: middle(&times[best]),
        rounds,
        regrets: others.map(|at| (runners[at].name.clone(), regret(at))).collect(),
    })
}

/// Times each of some runners once.
fn round(
    setting: &Setting,
    (runners, items): (&[Runner], &Path),
    some: &[usize],
    times: &mut [Vec<f64>],
) -> Result<()> {
    for &at in some {
        times[at].push(time(setting, &runners[at], items)?);
    }
    Ok(())
}

fn middle(times: &[f64]) -> f64 {
    median(times).unwrap_or(f64::INFINITY)
}

/// After the first round: the best grid points, and the others that are not hopeless.
fn keep_near(runners: &[Runner], times: &[Vec<f64>], live: &mut Vec<usize>) {
    let first = |at: usize| times[at].first().copied().unwrap_or(f64::INFINITY);
    let mut grid: Vec<usize> = (0..runners.len()).filter(|&at| runners[at].grid).collect();
    grid.sort_by(|&a, &b| first(a).total_cmp(&first(b)));
    let best = grid.first().map_or(f64::INFINITY, |&at| first(at));
    grid.truncate(GRID_KEPT);
    live.retain(|&at| {
        if runners[at].grid {
            grid.contains(&at)
        } else {
            first(at) < HOPELESS * best || runners[at].ours
        }
    });
}

fn time(setting: &Setting, runner: &Runner, items: &Path) -> Result<f64> {
    let words = runner.words.iter().map(|word| match word.as_str() {
        "ITEMS" => items.to_string_lossy().into_owned(),
        _ => word.replace("ITEMS_FILE", &items.to_string_lossy()),
    });
    let words: Vec<String> = words.collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("XDG_CACHE_HOME", &setting.folder).env("PARALLEL_HOME", &setting.folder);
    let start = now();
    let status = command.status().with_context(|| format!("could not start {}", runner.name))?;
    let took = start.elapsed().as_secs_f64();
    if !status.success() {
        bail!("{} failed: {status}", runner.name);
    }
    Ok(took)
}

/// The worst of a list.
pub(crate) fn worst(list: &[f64]) -> f64 {
    quantile(list, 1.0).unwrap_or(f64::NAN)
}
