//! From an audit finding to an experiment: a harness that is complete where the source tells enough, and the command
//! line that runs it.
//!
//! The source says how an object is made and what a function takes; ordinary names get ordinary arguments (`key` is
//! `"k"`). What it does not say is left as a gap that keeps the harness from being loaded at all, so that one that was
//! not filled gives no verdict instead of a green one.

use super::{go, python};
use crate::experiment::Op;
use amorsize_finding::{Finding, Scope};
use std::fmt::Write as _;
use std::path::Path;

/// The mark of what has to be filled in.
pub(crate) const GAP: &str = "GAP";

/// A harness in the language of the finding's file, and the experiment it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harness {
    /// The file it is meant for, as it stands in the command line.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Prepares the state.
    pub setup: String,
    /// The first operation.
    pub a: String,
    /// The second operation.
    pub b: String,
    /// Prints the state afterwards.
    pub probe: String,
    /// Where a party is held.
    pub on: Vec<String>,
    /// The boundaries between the finding's check and its act, by their labels: a regular expression.
    pub first: Option<String>,
    /// Who changes the state by what the finding says.
    pub changes: Vec<Op>,
    /// What varies from run to run by itself and does not count: regular expressions.
    pub ignore: Vec<String>,
    /// What has to be filled in, in words.
    pub gaps: Vec<String>,
}

/// Addresses and points in time, which differ in every run.
pub(super) fn volatile() -> Vec<String> {
    const PATTERNS: [&str; 3] = [
        r"0x[0-9a-f]{6,}",
        r"\b1[5-9][0-9]{8}(\.[0-9]+|[0-9]{9})?\b",
        r"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-9:]{8}(\.[0-9]+)?",
    ];
    PATTERNS.map(str::to_owned).to_vec()
}

impl Harness {
    /// The command line that runs it.
    #[must_use]
    pub fn command(&self) -> String {
        let mut words = vec!["amorsize prove".to_owned()];
        let options = [
            ("--setup", &self.setup),
            ("--a", &self.a),
            ("--b", &self.b),
            ("--probe", &self.probe),
        ];
        for (name, value) in options {
            words.push(format!("{name} {}", crate::verdict::quoted(value)));
        }
        words.extend(self.on.iter().map(|on| format!("--on {}", crate::verdict::quoted(on))));
        words.extend(
            self.ignore.iter().map(|one| format!("--ignore {}", crate::verdict::quoted(one))),
        );
        words.join(" ")
    }

    /// What is still to be filled in, in a harness as it stands in its file.
    #[must_use]
    pub fn gaps_in(text: &str) -> Vec<String> {
        let code = |line: &&str| !line.trim_start().starts_with(['#', '/']);
        let gap = |line: &str| {
            let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.into_iter().any(|word| word == GAP)
        };
        text.lines().filter(code).filter(|line| gap(line)).map(|l| l.trim().to_owned()).collect()
    }
}

/// Writes a harness for a finding whose path is relative to `tree`, with the interpreter for commands of Python; nothing
/// for a language without a driver.
#[must_use]
pub fn harness(finding: &Finding, tree: &Path, python: &str) -> Option<Harness> {
    let (_, ending) = finding.path.rsplit_once('.')?;
    match ending {
        "py" => Some(python::harness(finding, tree, python)),
        "go" => Some(go::harness(finding, tree)),
        _ => None,
    }
}

/// Why there is no schedule to force, where the finding is not about two at once.
#[must_use]
pub fn no_schedule(finding: &Finding) -> Option<&'static str> {
    let actors = &finding.witness.as_ref()?.actors;
    if actors.iter().any(|actor| actor.runs.contains("clean-up")) {
        return Some("its witness is one caller with the clean-up and without it, and nobody else");
    }
    (actors.len() == 1).then_some("its witness is one caller alone")
}

/// What is known about the finding, as comment lines.
pub(super) fn about(finding: &Finding, mark: &str) -> String {
    let line = |text: &str| crate::outcome::one_line(text, 200);
    let mut text = format!("{mark} {}: {}\n", finding.rule, line(&finding.title));
    writeln!(text, "{mark} {}:{} in {}", finding.path, finding.act.line, finding.function).ok();
    if let Some(check) = &finding.check {
        writeln!(text, "{mark}   check  line {}: {}", check.line, line(&check.text)).ok();
    }
    writeln!(text, "{mark}   act    line {}: {}", finding.act.line, line(&finding.act.text)).ok();
    if let Some(witness) = &finding.witness {
        writeln!(text, "{mark}   at first  {}", line(&witness.initial)).ok();
        for step in &witness.steps {
            let result = step.result.as_deref().map(|result| format!(" -> {}", line(result)));
            let result = result.unwrap_or_default();
            writeln!(text, "{mark}     {}: {}{result}", step.actor, line(&step.effect)).ok();
        }
        writeln!(text, "{mark}   so  {}", line(&witness.outcome)).ok();
    }
    text
}

/// The name both languages build their file or folder names from.
pub(super) fn stem(finding: &Finding) -> String {
    let rule = finding.rule.to_string().to_lowercase();
    format!("prove_{rule}_{}", finding.act.line)
}

/// Whether the two parties meet inside one process only.
pub(super) fn in_process(finding: &Finding) -> bool {
    let scope = finding.guard_gap.as_ref().map(|gap| gap.scope);
    let scope = scope.or_else(|| finding.guard.as_ref().map(|guard| guard.scope));
    match scope {
        Some(scope) => matches!(scope, Scope::Task | Scope::Thread),
        None => !(finding.store.starts_with("table ") || finding.store == "files"),
    }
}

/// What the second party runs: the witness names it, or it is the finding's own function.
pub(super) fn other_function(finding: &Finding) -> Option<String> {
    let second = finding.witness.as_ref().and_then(|witness| witness.actors.get(1));
    match second {
        Some(actor) if actor.runs.contains(' ') => None,
        Some(actor) => Some(actor.runs.split('(').next().unwrap_or_default().to_owned())
            .filter(|name| !name.is_empty()),
        None => Some(finding.function.clone()),
    }
}

/// Whether the state has to be prepared before the two meet.
pub(super) fn initial(finding: &Finding) -> Option<&str> {
    let initial = finding.witness.as_ref().map(|witness| witness.initial.as_str())?;
    let nothing =
        initial.is_empty() || initial.starts_with("nothing") || initial.starts_with("no ");
    (!nothing).then_some(initial)
}
