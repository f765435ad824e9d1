//! `amorsize audit` beside semgrep and ast-grep: time and memory on whole trees, and how many of the
//! labelled sites each finds.
//!
//! The peers have no rules of this kind, so they get patterns written for them as well as their languages
//! allow (`audit_rules/`). They look at the labelled files only, the auditor at the whole packages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use amorsize_finding::Verdict;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::run::binary;
use super::run_gates::gate;
use crate::corpus::{self, Label};
use crate::{fetch, shell};

/// Times and memory are medians of so many runs, each tool in its turn.
const RUNS: usize = 3;
/// What takes less than a second is run so often in its turn: one such run says more of the machine than of the tool.
const SHORT_RUNS: usize = 5;
/// A run that takes longer is ended and said to have.
const SECONDS_MOST: u64 = 150;
const SEMGREP_RULES: &str = "xtask/src/bench/audit_rules/semgrep.yml";
const AST_GREP_RULES: &str = include_str!("audit_rules/ast-grep.yml");
const PEERS: &[&str] = &["semgrep<1.185", "ast-grep-cli==0.51.1"];
/// The largest tree.
const KUBERNETES: (&str, &str) = ("k8s.io/kubernetes", "v1.30.0");

/// What a run cost.
struct Cost {
    seconds: f64,
    megabytes: f64,
    ended: bool,
}

/// A place that a tool points at.
struct Place {
    path: PathBuf,
    first: u64,
    last: u64,
}

/// Prints the tables.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (mut given, mut quick) = (None, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--binary" => given = words.next().map(PathBuf::from),
            "--quick" => quick = true,
            _ => bail!("cargo xtask bench audit [--quick] [--binary FILE]"),
        }
    }
    let amorsize = given.map_or_else(binary, Ok)?;
    let peers = peers()?;
    costs(&amorsize, &peers, quick)?;
    sites(&peers)
}

/// The peers, in a venv of their own, so that what they need does not meet what the tests need.
fn peers() -> Result<PathBuf> {
    let folder = shell::root().join("target/peers");
    let bin = folder.join("bin");
    if !bin.join("semgrep").is_file() || !bin.join("ast-grep").is_file() {
        let venv = folder.to_string_lossy();
        shell::run(shell::command("python3", &["-m", "venv", "--clear", &venv]))?;
        let quiet = ["install", "--quiet", "--disable-pip-version-check"];
        shell::run(shell::command(bin.join("pip"), &[&quiet[..], PEERS].concat()))?;
    }
    Ok(bin)
}

fn costs(amorsize: &Path, peers: &Path, quick: bool) -> Result<()> {
    fetch::audited()?;
    let fetched = shell::root().join("target/fetched");
    let mut trees = vec![
        ("Django 5.2", fetched.join("django-5.2")),
        ("client-go v0.30.0", fetched.join("client-go-0.30.0")),
    ];
    if !quick {
        trees.push(("Kubernetes v1.30.0", corpus::go_folder(KUBERNETES.0, KUBERNETES.1)?));
    }
    println!("{:20} {:22} {:>9} {:>9}", "tree", "tool", "time", "memory");
    let home = tempfile::tempdir()?;
    let mut gates = Vec::new();
    for (name, tree) in &trees {
        let costs = tree_costs(amorsize, peers, &tree.to_string_lossy(), home.path())?;
        let tools = ["amorsize, cold", "amorsize, unchanged", "ast-grep", "semgrep"];
        for (tool, cost) in tools.iter().zip(&costs) {
            row(if *tool == tools[0] { name } else { "" }, tool, cost);
        }
        let [cold, unchanged, ast_grep, semgrep] = costs;
        let seconds = if name.starts_with("Kubernetes") { 10.0 } else { 1.0 };
        gates.push((format!("{name}: cold, s"), cold.seconds, seconds));
        gates.push((format!("{name}: memory, MB"), cold.megabytes, 300.0));
        gates.push((format!("{name}: unchanged, s"), unchanged.seconds, 0.15));
        gates.push((format!("{name}: over ast-grep"), cold.seconds / ast_grep.seconds, 1.0));
        gates.push((format!("{name}: over semgrep"), cold.seconds / semgrep.seconds, 0.05));
    }
    println!();
    for (what, value, most) in gates {
        gate(&what, value, most);
    }
    Ok(())
}

/// The costs of one tree: ours cold, ours again, ast-grep, semgrep.
fn tree_costs(amorsize: &Path, peers: &Path, tree: &str, home: &Path) -> Result<[Cost; 4]> {
    let ours = |cache: &[&str]| {
        let words = [&["audit", tree, "--format", "json"], cache].concat();
        cost(amorsize, &words, home)
    };
    let scan = ["scan", "--inline-rules", AST_GREP_RULES, "--json=stream", tree];
    let semgrep = semgrep_words(&[tree]);
    let semgrep: Vec<&str> = semgrep.iter().map(String::as_str).collect();
    let short = if ours(&[])?.seconds < 1.0 { SHORT_RUNS } else { 1 };
    let mut runs: [Vec<Cost>; 4] = Default::default();
    for _ in 0..RUNS {
        for _ in 0..short {
            runs[0].push(ours(&["--no-cache"])?);
            runs[1].push(ours(&[])?);
            runs[2].push(cost(&peers.join("ast-grep"), &scan, home)?);
        }
        runs[3].push(cost(&peers.join("semgrep"), &semgrep, home)?);
    }
    Ok(runs.map(middle))
}

fn middle(mut runs: Vec<Cost>) -> Cost {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs.swap_remove(runs.len() / 2)
}

fn row(tree: &str, tool: &str, cost: &Cost) {
    let more = if cost.ended { "> " } else { "" };
    let time = format!("{more}{:.2} s", cost.seconds);
    println!("{tree:20} {tool:22} {time:>9} {:>6.0} MB", cost.megabytes);
}

fn semgrep_words(paths: &[&str]) -> Vec<String> {
    let rules = shell::root().join(SEMGREP_RULES);
    let mut words = vec!["scan".to_owned(), "--config".to_owned()];
    words.push(rules.to_string_lossy().into_owned());
    let rest = ["--metrics=off", "--disable-version-check", "--no-git-ignore", "--json", "--quiet"];
    words.extend(rest.iter().map(ToString::to_string));
    words.extend(paths.iter().map(ToString::to_string));
    words
}

/// Runs a command under a small observer that reports time and memory of the command and all it starts.
fn cost(program: &Path, words: &[&str], home: &Path) -> Result<Cost> {
    const OBSERVER: &str = "
import resource, subprocess, sys, time
begin = time.monotonic()
try:
    subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=float(sys.argv[1]))
    ended = 0
except subprocess.TimeoutExpired:
    ended = 1
took = time.monotonic() - begin
print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, ended)
";
    let output = Command::new("python3")
        .args(["-c", OBSERVER, &SECONDS_MOST.to_string()])
        .arg(program)
        .args(words)
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home)
        .env("SEMGREP_SEND_METRICS", "off")
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [seconds, megabytes, ended] = numbers[..] else {
        bail!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    };
    Ok(Cost { seconds, megabytes, ended: ended > 0.0 })
}

/// How many of the labelled sites each tool points at.
fn sites(peers: &Path) -> Result<()> {
    let Ok(labels) = corpus::labels() else {
        println!("\nno labels at hand: the sites are not compared");
        return Ok(());
    };
    let placed: Vec<(Label, PathBuf)> = labels
        .into_iter()
        .filter(Label::gated)
        .filter_map(|label| Some((label.clone(), label.source()?)))
        .collect();
    let files: BTreeSet<&Path> = placed.iter().map(|(_, path)| path.as_path()).collect();
    let files: Vec<String> = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    println!("\n{:22} {:>22} {:>22}", "tool", "sites found", "right code accused");
    let scan = [&["scan", "--inline-rules", AST_GREP_RULES, "--json=stream"][..], &files].concat();
    let told = shell::read_whatever(shell::command(peers.join("ast-grep"), &scan))?;
    let places = told.lines().filter_map(|line| {
        let hit: Value = serde_json::from_str(line).ok()?;
        let line = |end: &str| Some(hit["range"][end]["line"].as_u64()? + 1);
        place(&hit["file"], line("start")?, line("end")?)
    });
    tally("ast-grep", &placed, &places.collect::<Vec<_>>());
    let semgrep = semgrep_words(&files);
    let words: Vec<&str> = semgrep.iter().map(String::as_str).collect();
    let told = shell::read_whatever(shell::command(peers.join("semgrep"), &words))?;
    let told: Value = serde_json::from_str(&told).context("semgrep did not answer in JSON")?;
    let places = told["results"].as_array().into_iter().flatten().filter_map(|hit| {
        place(&hit["path"], hit["start"]["line"].as_u64()?, hit["end"]["line"].as_u64()?)
    });
    tally("semgrep", &placed, &places.collect::<Vec<_>>());
    ours(&placed)
}

fn place(path: &Value, first: u64, last: u64) -> Option<Place> {
    Some(Place { path: PathBuf::from(path.as_str()?), first, last })
}

fn tally(tool: &str, placed: &[(Label, PathBuf)], places: &[Place]) {
    let hit = |label: &Label, path: &Path| {
        let (low, high) = label.lines();
        places.iter().any(|place| {
            let same = place.path == path || path.ends_with(&place.path);
            same && place.first <= u64::from(high) && place.last >= u64::from(low)
        })
    };
    let count = |wanted: bool| {
        let of: Vec<_> = placed.iter().filter(|(label, _)| label.positive() == wanted).collect();
        let hits = of.iter().filter(|(label, path)| hit(label, path)).count();
        format!("{hits} of {}", of.len())
    };
    println!("{tool:22} {:>22} {:>22}", count(true), count(false));
}

/// Ours by the same measure: any open or conditional finding counts as pointing there, on right code an
/// open one as accusing it.
fn ours(placed: &[(Label, PathBuf)]) -> Result<()> {
    let folders: BTreeSet<PathBuf> = placed.iter().map(|(label, _)| label.own_folder()).collect();
    let (mut found, mut wanted, mut accused, mut innocent) = (0, 0, 0, 0);
    for folder in folders {
        let report = corpus::audit(&folder)?;
        for (label, _) in placed.iter().filter(|(label, _)| label.own_folder() == folder) {
            let hits = |open: bool| {
                report.findings.iter().any(|finding| {
                    let counts = match finding.verdict {
                        Verdict::Open => true,
                        Verdict::Conditional => !open,
                        Verdict::Closed => false,
                    };
                    counts && label.matches(finding)
                })
            };
            if label.positive() {
                wanted += 1;
                found += u32::from(hits(false));
            } else {
                innocent += 1;
                accused += u32::from(hits(true));
            }
        }
    }
    let (found, accused) = (format!("{found} of {wanted}"), format!("{accused} of {innocent}"));
    println!("{:22} {found:>22} {accused:>22}", "amorsize");
    Ok(())
}
