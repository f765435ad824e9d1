//! `cargo xtask corpus readings`: what readers said of open findings in foreign trees, against what is open now.
//!
//! Readers who did not build the audit judged findings where they stand in trees that nobody had mended anything
//! for; their verdicts are kept in `corpus/readings.tsv`, a round for each time. The first share of a round is
//! precision at first sight. What is open since is counted on findings that mends may have been made for.

use std::collections::BTreeMap;
use std::path::Path;

use amorsize_finding::{Finding, Verdict};
use anyhow::{Context as _, Result, bail};

use crate::corpus::audit;
use crate::sample::fetched;

const READINGS: &str = "corpus/readings.tsv";

/// What a reader said of one finding.
struct Reading {
    round: String,
    registry: String,
    package: String,
    version: String,
    rule: String,
    path: String,
    function: String,
    line: u32,
    right: bool,
    cause: String,
    why: String,
}

/// Counts of a round and language.
#[derive(Default)]
struct Count {
    read: usize,
    right: usize,
    open: usize,
    open_right: usize,
}

/// Prints the shares of each round; with `--wrong`, the wrong ones that are still open, and with `--lost` the
/// right ones that no longer are.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (mut round, mut wrong, mut lost) = (None, false, false);
    for word in words {
        match *word {
            "--wrong" => wrong = true,
            "--lost" => lost = true,
            name if !name.starts_with('-') => round = Some(name),
            _ => bail!("corpus readings knows a round, `--wrong` and `--lost`"),
        }
    }
    let mut of_trees: BTreeMap<(String, String, String), Vec<Reading>> = BTreeMap::new();
    for reading in read(Path::new(READINGS))? {
        if round.is_none_or(|round| round == reading.round) {
            let tree = (&reading.registry, &reading.package, &reading.version);
            of_trees
                .entry((tree.0.clone(), tree.1.clone(), tree.2.clone()))
                .or_default()
                .push(reading);
        }
    }
    let mut counts: BTreeMap<(String, String), Count> = BTreeMap::new();
    for ((registry, package, version), readings) in &of_trees {
        let folder = fetched(registry, package, version)?;
        let report = audit(&folder)?;
        let open: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Open && finding.is_live())
            .collect();
        for reading in readings {
            let is_open = open.iter().any(|finding| reading.is_of(finding));
            let count = counts.entry((reading.round.clone(), registry.clone())).or_default();
            count.add(reading.right, is_open);
            if (wrong && is_open && !reading.right) || (lost && !is_open && reading.right) {
                println!("{package} {reading}");
            }
        }
    }
    println!("{:14} {:8} {:>15} {:>22}", "round", "registry", "read, right", "open since, right");
    for ((round, registry), count) in &counts {
        println!("{round:14} {registry:8} {count}");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Reading>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.lines()
        .enumerate()
        .skip(1)
        .map(|(at, line)| {
            Reading::of(line).with_context(|| format!("{}:{}: {line}", path.display(), at + 1))
        })
        .collect()
}

impl Reading {
    fn of(line: &str) -> Option<Self> {
        let mut fields = line.split('\t').map(str::to_owned);
        Some(Self {
            round: fields.next()?,
            registry: fields.next()?,
            package: fields.next()?,
            version: fields.next()?,
            rule: fields.next()?,
            path: fields.next()?,
            function: fields.next()?,
            line: fields.next()?.parse().ok()?,
            right: match fields.next()?.as_str() {
                "right" => true,
                "wrong" => false,
                _ => return None,
            },
            cause: fields.next()?,
            why: fields.next()?,
        })
    }

    /// Whether it is about this finding; the versions are fixed, so lines stay.
    fn is_of(&self, finding: &Finding) -> bool {
        self.path == finding.path
            && self.function == finding.function
            && (self.line == finding.act.line || self.rule == finding.rule.to_string())
    }
}

impl std::fmt::Display for Reading {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rule, path, function, line, cause, why, .. } = self;
        write!(to, "{rule} {path}:{line} {function} ({cause}): {why}")
    }
}

impl Count {
    fn add(&mut self, right: bool, open: bool) {
        self.read += 1;
        self.right += usize::from(right);
        self.open += usize::from(open);
        self.open_right += usize::from(right && open);
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = |right: usize, of: usize| right * 100 / of.max(1);
        let (first, since) = (share(self.right, self.read), share(self.open_right, self.open));
        write!(to, "{:4}, {:4} ({first:2} %) ", self.read, self.right)?;
        write!(to, "{:10}, {:4} ({since:2} %)", self.open, self.open_right)
    }
}
