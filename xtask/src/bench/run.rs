//! `amorsize run` beside its peers: time over the best point of an exhaustive grid, for many shapes of work.
//!
//! Every runner gets the same items; the grid is measured in the same run, with our own engine at fixed numbers. The
//! rounds are interleaved and the median is taken, so that a noisy machine is noisy for all. A peer that is not
//! installed is named as missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use amorsize_sizing::rng::Rng;
use amorsize_sizing::stats::{median, quantile};
use anyhow::{Context as _, Result, bail};

/// A way to run the items.
struct Runner {
    name: String,
    /// The program and its words; `ITEMS` stands for the file of items.
    words: Vec<String>,
    /// Whether it is a point of the grid.
    grid: bool,
}

/// A shape of work.
struct Shape {
    name: String,
    items: Vec<String>,
    /// Several items a process.
    batch: bool,
}

struct Setting {
    rounds: usize,
    folder: PathBuf,
    amorsize: PathBuf,
    burn: Vec<String>,
}

/// Prints the table.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let quick = match words {
        ["--quick"] => true,
        [] => false,
        _ => bail!("only --quick is known"),
    };
    let folder = std::env::temp_dir().join(format!("amorsize-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let setting = Setting {
        rounds: if quick { 3 } else { 7 },
        amorsize: binary()?,
        burn: vec![std::env::current_exe()?.to_string_lossy().into_owned(), "burn".to_owned()],
        folder: folder.clone(),
    };
    let outcome = table(&setting, quick);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

/// The release build of the program; a debug build would be unfair to ourselves.
fn binary() -> Result<PathBuf> {
    let root = crate::shell::root();
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", "amorsize"])
        .current_dir(&root)
        .status()?;
    if !status.success() {
        bail!("amorsize does not build");
    }
    Ok(root.join("target/release/amorsize"))
}

fn table(setting: &Setting, quick: bool) -> Result<()> {
    let mut all: Vec<(String, Vec<f64>)> = Vec::new();
    let shapes = shapes(quick);
    println!(
        "{} rounds of each, medians; the number is the time over the best grid point",
        setting.rounds
    );
    for shape in &shapes {
        let file = setting.folder.join("items");
        std::fs::write(&file, shape.items.join("\n") + "\n")?;
        let runners = runners(setting, shape);
        let times = measure(setting, &runners, &file)?;
        let best = runners
            .iter()
            .zip(&times)
            .filter(|(runner, _)| runner.grid)
            .map(|(_, time)| *time)
            .fold(f64::INFINITY, f64::min);
        let winner = runners.iter().zip(&times).find(|(r, t)| r.grid && **t <= best);
        let winner = winner.map_or("", |(runner, _)| runner.name.as_str());
        println!(
            "\n{} ({} items): best {winner}, {:.0} ms",
            shape.name,
            shape.items.len(),
            best * 1e3
        );
        for (runner, time) in runners.iter().zip(&times).filter(|(runner, _)| !runner.grid) {
            let regret = time / best;
            println!("  {:34} {:8.1} ms {regret:7.2}", runner.name, time * 1e3);
            match all.iter_mut().find(|(name, _)| *name == runner.name) {
                Some((_, regrets)) => regrets.push(regret),
                None => all.push((runner.name.clone(), vec![regret])),
            }
        }
    }
    println!(
        "\n{:36} {:>9} {:>8} {:>8}",
        "over the best grid point", "workloads", "median", "worst"
    );
    for (name, regrets) in &all {
        let (middle, worst) = (median(regrets), quantile(regrets, 1.0));
        let count = regrets.len();
        println!("{name:36} {count:9} {:8.2} {:8.2}", middle.unwrap_or(0.0), worst.unwrap_or(0.0));
    }
    Ok(())
}

fn shapes(quick: bool) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut rng = Rng::new(20_26);
    let sizes: &[(f64, usize)] = if quick {
        &[(0.1, 3000), (10.0, 40)]
    } else {
        &[(0.1, 4000), (1.0, 500), (10.0, 60), (100.0, 10)]
    };
    for &(ms, count) in sizes {
        for kind in ["fixed", "lognormal", "bimodal", "heavy end"] {
            let cost = |at: usize, rng: &mut Rng| match kind {
                "lognormal" => rng.lognormal(ms, 1.0),
                "bimodal" if rng.unit() < 0.1 => ms * 5.5,
                "bimodal" => ms * 0.5,
                "heavy end" if at * 10 >= count * 9 => ms * 5.5,
                "heavy end" => ms * 0.5,
                _ => ms,
            };
            let items = (0..count).map(|at| format!("c{:.4}", cost(at, &mut rng))).collect();
            shapes.push(Shape { name: format!("{ms} ms, {kind}"), items, batch: true });
        }
    }
    let waits = (0..if quick { 200 } else { 600 }).map(|_| "w10".to_owned()).collect();
    shapes.push(Shape {
        name: "10 ms of waiting, one a process".to_owned(),
        items: waits,
        batch: false,
    });
    let tiny = (0..if quick { 300 } else { 1500 }).map(|at| at.to_string()).collect();
    shapes.push(Shape { name: "true, one a process".to_owned(), items: tiny, batch: false });
    shapes
}

fn runners(setting: &Setting, shape: &Shape) -> Vec<Runner> {
    let tiny = shape.name.starts_with("true");
    let command: Vec<String> = if tiny { vec!["true".to_owned()] } else { setting.burn.clone() };
    let own = setting.amorsize.to_string_lossy().into_owned();
    let make = |name: &str, grid: bool, before: &[&str], after: &[&str]| Runner {
        name: name.to_owned(),
        grid,
        words: before
            .iter()
            .map(|word| (*word).to_owned())
            .chain(command.iter().cloned())
            .chain(after.iter().map(|word| (*word).to_owned()))
            .collect(),
    };
    let mut runners = Vec::new();
    let batch: &[&str] = if shape.batch { &["--batch"] } else { &[] };
    let ours = [&[own.as_str(), "run", "--fresh", "-a", "ITEMS"], batch].concat();
    runners.push(make("amorsize run (first run)", false, &ours, &[]));
    let ours = [&[own.as_str(), "run", "-a", "ITEMS"], batch].concat();
    runners.push(make("amorsize run (remembered)", false, &ours, &[]));
    let workers: &[&str] =
        if shape.batch { &["1", "2", "4"] } else { &["2", "4", "8", "16", "32", "64"] };
    let chunks: &[&str] = if shape.batch { &["1", "4", "16", "64", "256", "1024"] } else { &["1"] };
    for n in workers {
        for c in chunks.iter().filter(|c| c.parse().unwrap_or(1) <= shape.items.len()) {
            let name = format!("{n} at once, {c} each");
            runners.push(make(
                &name,
                true,
                &[own.as_str(), "run", "-j", n, "-n", c, "-a", "ITEMS"],
                &[],
            ));
        }
    }
    peers(shape, &mut |name, before, after| runners.push(make(name, false, before, after)));
    runners
}

/// Takes a name and the words before and after the command.
type Add<'a> = dyn FnMut(&str, &[&str], &[&str]) + 'a;

fn peers(shape: &Shape, add: &mut Add<'_>) {
    // With tens of thousands of processes a default of 3 ms each would take longer than all the rest.
    let few = shape.items.len() <= 1500;
    let one = if shape.batch { &[][..] } else { &["-n1"][..] };
    let xargs = [&["xargs", "-a", "ITEMS"], one].concat();
    add("xargs", &xargs, &[]);
    let xargs = [&["xargs", "-P2", "-a", "ITEMS"], one].concat();
    add("xargs -P2", &xargs, &[]);
    if found("parallel") {
        if few {
            add("GNU parallel", &["parallel", "-a", "ITEMS"], &[]);
        }
        if shape.batch {
            add("GNU parallel -X", &["parallel", "-X", "-a", "ITEMS"], &[]);
        }
    }
    let tool = crate::shell::root().join("target/tools/bin/rust-parallel");
    if few && tool.is_file() {
        add("rust-parallel", &[&tool.to_string_lossy(), "-i", "ITEMS"], &[]);
    }
}

fn found(program: &str) -> bool {
    crate::shell::answers(program, "--version")
}

/// The median time of each runner, the rounds interleaved.
fn measure(setting: &Setting, runners: &[Runner], items: &Path) -> Result<Vec<f64>> {
    let mut times = vec![Vec::new(); runners.len()];
    for round in 0..setting.rounds {
        for step in 0..runners.len() {
            // Every round begins elsewhere, so that nobody always follows the same neighbour.
            let at = (step + round * 7) % runners.len();
            times[at].push(time(setting, &runners[at], items)?);
        }
    }
    Ok(times.iter().map(|times| median(times).unwrap_or(f64::INFINITY)).collect())
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn time(setting: &Setting, runner: &Runner, items: &Path) -> Result<f64> {
    let words = runner.words.iter().map(|word| {
        if word == "ITEMS" { items.to_string_lossy().into_owned() } else { word.clone() }
    });
    let words: Vec<String> = words.collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("XDG_CACHE_HOME", &setting.folder);
    let start = Instant::now();
    let status = command.status().with_context(|| format!("could not start {}", runner.name))?;
    let took = start.elapsed().as_secs_f64();
    if !status.success() {
        bail!("{} failed: {status}", runner.name);
    }
    Ok(took)
}
