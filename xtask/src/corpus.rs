//! `cargo xtask corpus fetch | score | sample | readings`: the labelled sites the auditor is measured on.
//!
//! The sources come from the package registries through their ordinary clients and are kept in an
//! ignored folder; nothing of them is committed. The labels are read from the shared folder beside
//! the checkout, or from `AMORSIZE_CORPUS`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use amorsize_finding::{Finding, Report, Verdict};
use anyhow::{Context as _, bail};
use serde::Deserialize;

/// Lines of slack between a finding and a label.
const SLACK: u32 = 3;
/// Recall on Go and Python that the score must reach.
const RECALL_LEAST: f64 = 0.85;
/// Share of safe and benign sites that may be flagged as open.
const FALSE_MOST: f64 = 0.05;

/// A labelled site.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Label {
    id: String,
    lang: String,
    registry: String,
    package: String,
    version_bad: String,
    file: String,
    #[serde(default)]
    file_in_artifact: Option<String>,
    function: String,
    check_line: u32,
    act_line: u32,
    pattern: String,
    verdict: String,
}

impl Label {
    fn folder(&self, base: &Path) -> PathBuf {
        let name = self.package.replace(['/', ':'], "_");
        base.join(&self.registry).join(format!("{name}@{}", self.version_bad))
    }

    /// Where its package lies.
    pub(crate) fn own_folder(&self) -> PathBuf {
        self.folder(&base())
    }

    /// Its file, if the package was fetched.
    pub(crate) fn source(&self) -> Option<PathBuf> {
        let folder = self.own_folder();
        let names = [self.file_in_artifact.as_deref(), Some(self.file.as_str())];
        let below = std::fs::read_dir(&folder).ok()?.flatten().map(|entry| entry.path());
        let places: Vec<PathBuf> = std::iter::once(folder).chain(below).collect();
        names.into_iter().flatten().find_map(|name| {
            places.iter().map(|place| place.join(name)).find(|path| path.is_file())
        })
    }

    /// The lines that count as the site.
    pub(crate) fn lines(&self) -> (u32, u32) {
        let low = self.check_line.min(self.act_line).saturating_sub(SLACK);
        (low, self.check_line.max(self.act_line) + SLACK)
    }

    /// Whether there is something to find.
    pub(crate) fn positive(&self) -> bool {
        matches!(self.verdict.as_str(), "real" | "conditional")
    }

    /// Whether it counts for the gates.
    pub(crate) fn gated(&self) -> bool {
        matches!(self.lang.as_str(), "py" | "go")
    }

    /// Whether a finding lies where the label says.
    pub(crate) fn matches(&self, finding: &Finding) -> bool {
        let file = self.file_in_artifact.as_deref().unwrap_or(&self.file);
        let same = |a: &str, b: &str| {
            a == b || a.ends_with(&format!("/{b}")) || b.ends_with(&format!("/{a}"))
        };
        let shorter =
            file.strip_prefix("src/").or_else(|| file.strip_prefix("lib/")).unwrap_or(file);
        if !same(&finding.path, file) && !same(&finding.path, shorter) {
            return false;
        }
        let named = self.function.split('+').any(|name| {
            let last = name.rsplit('.').next().unwrap_or(name);
            finding.function.split('.').any(|part| part == last)
        });
        if !named {
            return false;
        }
        let (low, high) = self.lines();
        let check = finding.check.as_ref().map_or(finding.act.line, |check| check.line);
        let (first, last) = (check.min(finding.act.line), check.max(finding.act.line));
        let within = |line: u32| (low..=high).contains(&line);
        within(first) || within(last) || (first <= low && last >= high && last - first < 120)
    }
}

/// Runs the chore.
pub(crate) fn run(words: &[&str]) -> anyhow::Result<()> {
    match words {
        ["fetch"] => fetch(&labels()?),
        ["score", rest @ ..] => {
            score(&labels()?, rest.contains(&"--misses"), rest.contains(&"--found"))
        }
        ["sample", rest @ ..] => crate::sample::run(rest),
        ["readings", rest @ ..] => crate::readings::run(rest),
        _ => bail!(
            "corpus knows `fetch`, `score [--misses] [--found]`, `sample [first|second] [--seed N] [--count N]` \
             and `readings [ROUND] [--wrong] [--lost]`"
        ),
    }
}

fn base() -> PathBuf {
    std::env::var_os("AMORSIZE_CORPUS_SOURCES")
        .map_or_else(|| PathBuf::from("target/corpus"), PathBuf::from)
}

/// The labelled sites.
pub(crate) fn labels() -> anyhow::Result<Vec<Label>> {
    let given = std::env::var_os("AMORSIZE_CORPUS").map(PathBuf::from);
    let known = ["../shared/corpus/dev.jsonl", "corpus/dev.jsonl", "../../shared/corpus/dev.jsonl"];
    let path = given
        .into_iter()
        .chain(known.map(PathBuf::from))
        .find(|path| std::fs::metadata(path).is_ok())
        .context("no labels: set AMORSIZE_CORPUS to a file of labelled sites")?;
    let mut labels = read(&path)?;
    let corrections = Path::new("corpus/corrections.jsonl");
    if std::fs::metadata(corrections).is_ok() {
        for correction in read(corrections)? {
            labels.retain(|label| label.id != correction.id);
            labels.push(correction);
        }
    }
    Ok(labels)
}

fn read(path: &Path) -> anyhow::Result<Vec<Label>> {
    let text = std::fs::read_to_string(path)?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            serde_json::from_str(line).with_context(|| format!("{}: {line}", path.display()))
        })
        .collect()
}

/// Fetches what is not there yet.
fn fetch(labels: &[Label]) -> anyhow::Result<()> {
    let base = base();
    let mut missing = Vec::new();
    let mut done = BTreeSet::new();
    for label in labels {
        let folder = label.folder(&base);
        if !done.insert(folder.clone()) || folder.is_dir() {
            continue;
        }
        let fresh = folder.with_extension("part");
        drop(std::fs::remove_dir_all(&fresh));
        std::fs::create_dir_all(&fresh)?;
        let outcome = match label.registry.as_str() {
            "pypi" => fetch_pypi(&label.package, &label.version_bad, &fresh),
            "go" => fetch_go(&label.package, &label.version_bad, &fresh),
            "npm" => npm(label, &fresh),
            _ => bail_quietly(&label.registry),
        };
        match outcome {
            Ok(()) => {
                std::fs::rename(&fresh, &folder)?;
                println!("fetched {} {}", label.package, label.version_bad);
            }
            Err(error) => {
                drop(std::fs::remove_dir_all(&fresh));
                missing.push(format!("{} {}: {error:#}", label.package, label.version_bad));
            }
        }
    }
    for line in &missing {
        println!("not to be had: {line}");
    }
    Ok(())
}

fn bail_quietly(registry: &str) -> anyhow::Result<()> {
    bail!("no client for {registry}")
}

/// Brings a Python package.
pub(crate) fn fetch_pypi(package: &str, version: &str, into: &Path) -> anyhow::Result<()> {
    let wanted = format!("{package}=={version}");
    let store = into.join("download");
    let mut pip = Command::new("pip");
    pip.args(["download", "-q", "--no-deps", "--disable-pip-version-check", "-d"]).arg(&store);
    if package == "Django" {
        pip.args(["--no-binary", ":all:"]);
    }
    quiet(pip.arg(&wanted))?;
    for entry in std::fs::read_dir(&store)? {
        unpack(&entry?.path(), into)?;
    }
    std::fs::remove_dir_all(&store)?;
    Ok(())
}

/// Brings a Go module.
pub(crate) fn fetch_go(package: &str, version: &str, into: &Path) -> anyhow::Result<()> {
    let dir = go_folder(package, version)?;
    quiet(Command::new("cp").args(["-r", "--no-preserve=mode"]).arg(dir.join(".")).arg(into))
}

/// Where Go keeps a module, brought by its proxy if it is not there yet.
pub(crate) fn go_folder(package: &str, version: &str) -> anyhow::Result<PathBuf> {
    #[derive(Deserialize)]
    struct Module {
        #[serde(rename = "Dir")]
        dir: Option<PathBuf>,
        #[serde(rename = "Error")]
        error: Option<String>,
    }
    let wanted = format!("{package}@{version}");
    let output = Command::new("go")
        .args(["mod", "download", "-json", &wanted])
        .current_dir(std::env::temp_dir())
        .output()?;
    let module: Module = serde_json::from_slice(&output.stdout)?;
    module.dir.with_context(|| module.error.unwrap_or_default())
}

fn npm(label: &Label, into: &Path) -> anyhow::Result<()> {
    let wanted = format!("{}@{}", label.package, label.version_bad);
    quiet(Command::new("npm").args(["pack", "--silent", &wanted]).current_dir(into))?;
    for entry in std::fs::read_dir(into)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "tgz") {
            unpack(&path, into)?;
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn unpack(archive: &Path, into: &Path) -> anyhow::Result<()> {
    let zipped = archive.extension().is_some_and(|ending| ending == "whl" || ending == "zip");
    if zipped {
        quiet(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(archive).arg(into))
    } else {
        quiet(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(into))
    }
}

fn quiet(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{}", String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("failed").trim())
}

#[derive(Default, Clone, Copy)]
struct Tally {
    wanted: u32,
    found: u32,
    innocent: u32,
    accused: u32,
}

/// Audits every package and compares with the labels.
fn score(labels: &[Label], show: bool, found: bool) -> anyhow::Result<()> {
    let base = base();
    let mut by_folder: BTreeMap<PathBuf, Vec<&Label>> = BTreeMap::new();
    let mut absent = 0;
    for label in labels.iter().filter(|label| label.gated()) {
        let folder = label.folder(&base);
        if folder.is_dir() {
            by_folder.entry(folder).or_default().push(label);
        } else {
            absent += 1;
        }
    }
    let (mut groups, mut total) = (BTreeMap::<String, Tally>::new(), Tally::default());
    let (mut opens, mut lines) = (0_u64, 0_u64);
    let mut packages = Vec::new();
    for (folder, labels) in &by_folder {
        if std::env::var_os("AMORSIZE_CORPUS_ONLY")
            .is_some_and(|only| !folder.to_string_lossy().contains(&*only.to_string_lossy()))
        {
            continue;
        }
        let report = audit(folder)?;
        let mut here = Tally::default();
        for label in labels {
            // What is closed accuses nobody.
            let told = report.findings.iter().filter(|f| f.verdict != Verdict::Closed);
            let hits: Vec<&Finding> = told.filter(|f| label.matches(f)).collect();
            let tally = judge(
                label,
                &hits,
                &labels.iter().filter(|l| l.positive()).copied().collect::<Vec<_>>(),
            );
            let missed = tally.wanted > tally.found || tally.accused > 0;
            if show && missed || found && tally.found > 0 {
                println!(
                    "{} {} {}:{}-{} {}",
                    label.verdict,
                    label.id,
                    label.file,
                    label.check_line,
                    label.act_line,
                    label.function
                );
                for hit in &hits {
                    println!(
                        "      got {} {} {}:{} {}",
                        hit.verdict, hit.rule, hit.path, hit.act.line, hit.title
                    );
                }
            }
            for name in [format!("language {}", label.lang), format!("pattern {}", label.pattern)] {
                add(groups.entry(name).or_default(), tally);
            }
            add(&mut here, tally);
        }
        add(&mut total, here);
        if here.wanted > 0 {
            packages.push(f64::from(here.found) / f64::from(here.wanted));
        }
        if show {
            for f in report.findings.iter().filter(|f| f.verdict == Verdict::Open) {
                println!("  open {} {}:{} {} {}", f.rule, f.path, f.act.line, f.function, f.title);
            }
        }
        opens += report.findings.iter().filter(|f| f.verdict == Verdict::Open).count() as u64;
        lines += report.coverage.lines;
    }
    let sum = Sum { total, packages, opens, lines, absent };
    print(&groups, &sum)
}

struct Sum {
    total: Tally,
    packages: Vec<f64>,
    opens: u64,
    lines: u64,
    absent: u32,
}

fn print(groups: &BTreeMap<String, Tally>, sum: &Sum) -> anyhow::Result<()> {
    let Sum { total, packages, opens, lines, absent } = sum;
    for (name, tally) in groups {
        println!(
            "{name:34} found {:3} of {:3}   accused {:2} of {:2}",
            tally.found, tally.wanted, tally.accused, tally.innocent
        );
    }
    let recall = f64::from(total.found) / f64::from(total.wanted.max(1));
    let wrong = f64::from(total.accused) / f64::from(total.innocent.max(1));
    let mean = packages.iter().sum::<f64>() / packages.len().max(1) as f64;
    println!(
        "recall {:.1} % (mean over packages {:.1} %), false alarms {:.1} %, {absent} labels without sources",
        100.0 * recall,
        100.0 * mean,
        100.0 * wrong
    );
    println!(
        "{opens} open findings in {lines} lines: {:.2} per 5,000",
        *opens as f64 * 5000.0 / (*lines).max(1) as f64
    );
    if recall < RECALL_LEAST || wrong > FALSE_MOST {
        bail!("below the gates: recall {RECALL_LEAST}, false alarms {FALSE_MOST}");
    }
    Ok(())
}

/// Audits one tree with default settings.
pub(crate) fn audit(folder: &Path) -> anyhow::Result<Report> {
    let request =
        amorsize_audit::Request { roots: vec![folder.to_path_buf()], ..Default::default() };
    Ok(amorsize_audit::run(&request)?)
}

/// A finding that matches a positive label as well is no false alarm: two labels overlap.
fn judge(label: &Label, hits: &[&Finding], positive: &[&Label]) -> Tally {
    let open = hits.iter().any(|finding| finding.verdict == Verdict::Open);
    if label.positive() {
        let found = if label.verdict == "real" { open } else { !hits.is_empty() };
        Tally { wanted: 1, found: u32::from(found), ..Tally::default() }
    } else {
        let accused = hits.iter().any(|finding| {
            finding.verdict == Verdict::Open && !positive.iter().any(|label| label.matches(finding))
        });
        Tally { innocent: 1, accused: u32::from(accused), ..Tally::default() }
    }
}

fn add(sum: &mut Tally, more: Tally) {
    sum.wanted += more.wanted;
    sum.found += more.found;
    sum.innocent += more.innocent;
    sum.accused += more.accused;
}
