//! `cargo xtask corpus sample`: open findings in foreign trees, drawn at random, to be read by a person.
//!
//! Two sets of ten packages, none of them in the labelled corpus: rules are mended on what the first set shows,
//! and the figure in `docs/accuracy.md` comes from the second, which nobody looked at while mending. The draw is
//! fixed by its seed; each finding is printed with its lines, so that it can be judged where it stands.

use std::path::{Path, PathBuf};

use amorsize_finding::{Finding, Verdict};
use anyhow::{Context as _, Result, bail};

use crate::corpus::{audit, fetch_go, fetch_pypi};

/// Lines shown before the first and after the last line of a finding.
const AROUND: usize = 4;
/// Lines shown of one finding at most.
const LINES_MOST: usize = 60;
/// Findings that are drawn unless told otherwise.
const COUNT: usize = 100;

/// Registry, package, version.
type Package = (&'static str, &'static str, &'static str);

const FIRST: &[Package] = &[
    ("go", "code.gitea.io/gitea", "v1.27.3"),
    ("go", "github.com/gohugoio/hugo", "v0.150.0"),
    ("go", "go.etcd.io/etcd/server/v3", "v3.7.3"),
    ("go", "github.com/caddyserver/caddy/v2", "v2.11.9"),
    ("go", "github.com/minio/minio", "v0.0.0-20260212201848-7aac2a2c5b7c"),
    ("pypi", "celery", "5.7.0"),
    ("pypi", "SQLAlchemy", "2.1.9"),
    ("pypi", "ansible-core", "2.19.14"),
    ("pypi", "buildbot", "4.3.0"),
    ("pypi", "wagtail", "8.0.1"),
];

const SECOND: &[Package] = &[
    ("go", "github.com/traefik/traefik/v3", "v3.7.13"),
    ("go", "github.com/argoproj/argo-cd/v2", "v2.13.3"),
    ("go", "github.com/grafana/loki/v3", "v3.3.2"),
    ("go", "github.com/hashicorp/nomad", "v1.9.7"),
    ("go", "github.com/syncthing/syncthing", "v1.29.2"),
    ("pypi", "distributed", "2026.8.0"),
    ("pypi", "apache-airflow-core", "3.3.2"),
    ("pypi", "homeassistant", "2024.3.3"),
    ("pypi", "mlflow", "3.18.0"),
    ("pypi", "jupyter-server", "2.21.1"),
];

/// Draws from one of the sets.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let mut packages = SECOND;
    let (mut seed, mut count) = (1_u64, COUNT);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number =
            || words.next().context("a number is missing")?.parse::<u64>().context("no number");
        match *word {
            "first" => packages = FIRST,
            "second" => packages = SECOND,
            "--seed" => seed = number()?,
            "--count" => count = usize::try_from(number()?)?,
            _ => bail!("corpus sample knows `first`, `second`, `--seed N` and `--count N`"),
        }
    }
    let mut all: Vec<(PathBuf, Finding)> = Vec::new();
    let (mut lines, mut conditional) = (0, 0);
    for package in packages {
        let folder = fetched(package.0, package.1, package.2)?;
        let report = audit(&folder)?;
        let of =
            |verdict| report.findings.iter().filter(move |f| f.verdict == verdict && f.is_live());
        let open = of(Verdict::Open).count();
        println!(
            "{:40} {:>9} lines {open:4} open {:4} conditional",
            format!("{} {}", package.1, package.2),
            report.coverage.lines,
            of(Verdict::Conditional).count()
        );
        lines += report.coverage.lines;
        conditional += of(Verdict::Conditional).count();
        all.extend(of(Verdict::Open).map(|finding| (folder.clone(), finding.clone())));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let rate = all.len() as f64 * 5000.0 / lines.max(1) as f64;
    println!(
        "{} open and {conditional} conditional findings in {lines} lines: {rate:.2} open per 5,000",
        all.len()
    );
    draw(&mut all, seed);
    for (number, (folder, finding)) in (1..).zip(all.iter().take(count)) {
        show(number, folder, finding)?;
    }
    Ok(())
}

/// Puts them into an order that the seed alone decides.
fn draw(all: &mut [(PathBuf, Finding)], seed: u64) {
    all.sort_by(|a, b| (&a.0, &a.1.path, a.1.act.line).cmp(&(&b.0, &b.1.path, b.1.act.line)));
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for at in (1..all.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (at as u64 + 1)).unwrap_or(0);
        all.swap(at, other);
    }
}

fn show(number: usize, folder: &Path, finding: &Finding) -> Result<()> {
    let tree = folder.file_name().unwrap_or_default().to_string_lossy();
    println!("\n=== {number}. {} {tree} {} {}", finding.rule, finding.path, finding.function);
    println!("{}\n{}", finding.title, finding.message);
    if let Some(witness) = &finding.witness {
        println!("witness: {} -> {}", witness.initial, witness.outcome);
        for step in &witness.steps {
            let path = step.path.as_deref().unwrap_or_default();
            println!(
                "  {} {path}:{} {} => {}",
                step.actor,
                step.line.unwrap_or(0),
                step.effect,
                step.result.as_deref().unwrap_or_default()
            );
        }
    }
    let text = std::fs::read_to_string(folder.join(&finding.path))?;
    let check = finding.check.as_ref().map_or(finding.act.line, |check| check.line);
    let (first, last) =
        (check.min(finding.act.line) as usize, check.max(finding.act.line) as usize);
    let from = first.saturating_sub(AROUND + 1);
    for (at, line) in
        text.lines().enumerate().skip(from).take((last + AROUND - from).min(LINES_MOST))
    {
        let mark = if at + 1 == check as usize {
            'C'
        } else if at + 1 == finding.act.line as usize {
            'A'
        } else {
            ' '
        };
        println!("{mark}{:5} {line}", at + 1);
    }
    Ok(())
}

/// The folder of a package, brought from its registry unless it is there.
pub(crate) fn fetched(registry: &str, name: &str, version: &str) -> Result<PathBuf> {
    let folder =
        PathBuf::from("target/foreign").join(format!("{}@{version}", name.replace('/', "_")));
    if folder.is_dir() {
        return Ok(folder);
    }
    let fresh = folder.with_extension("part");
    drop(std::fs::remove_dir_all(&fresh));
    std::fs::create_dir_all(&fresh)?;
    match registry {
        "go" => fetch_go(name, version, &fresh)?,
        _ => fetch_pypi(name, version, &fresh)?,
    }
    std::fs::rename(&fresh, &folder)?;
    Ok(folder)
}
