//! Everything one audit says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Coverage, ExitCode, Finding, Rule, RuleId, Severity, Verdict};

/// The name and version of the JSON this crate writes. It grows by adding keys; anything else is a new version.
pub const SCHEMA: &str = "amorsize-report/1";

/// A whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// The trees that were audited.
    pub roots: Vec<Root>,
    /// The rules the findings refer to.
    pub rules: Vec<Rule>,
    /// The findings, sorted.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Suppressions that kept nothing silent.
    pub suppressions_unused: Vec<UnusedSuppression>,
    /// Counts.
    pub stats: Stats,
}

/// What wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// `amorsize`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One audited tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Root {
    /// A short name for it: the folder's, the package's.
    pub name: String,
    /// The path as it was given.
    pub path: String,
    /// Its version or revision, where known.
    #[serde(default)]
    pub version: Option<String>,
}

/// A suppression that kept nothing silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnusedSuppression {
    /// Index into the report's roots.
    #[serde(default)]
    pub root: u32,
    /// The file, relative to its root.
    pub path: String,
    /// The line of the comment.
    pub line: u32,
    /// The rules it names.
    pub rules: Vec<RuleId>,
    /// The reason it gives; a missing one is itself a fault.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Counts over a report and over the work behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Stats {
    /// Live open findings.
    pub open: u64,
    /// Live conditional findings.
    pub conditional: u64,
    /// Live closed sites.
    pub closed: u64,
    /// Findings kept silent by a comment.
    pub suppressed: u64,
    /// Findings the baseline knows.
    pub baselined: u64,
    /// Live findings by rule.
    pub by_rule: BTreeMap<RuleId, u64>,
    /// Live findings by severity, without the closed ones.
    pub by_severity: BTreeMap<Severity, u64>,
    /// Candidate (check, act) pairs looked at.
    pub candidates: u64,
    /// Schedules explored.
    pub schedules: u64,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(version: impl Into<String>, roots: Vec<Root>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool { name: "amorsize".to_owned(), version: version.into() },
            roots,
            rules: Vec::new(),
            findings: Vec::new(),
            coverage: Coverage::default(),
            suppressions_unused: Vec::new(),
            stats: Stats::default(),
        }
    }

    /// Puts every list into its order and counts the findings; what is written afterwards is byte-stable.
    pub fn sort(&mut self) {
        self.rules.sort_by_key(|rule| rule.id);
        self.rules.dedup_by_key(|rule| rule.id);
        self.findings.sort_by(Finding::order);
        self.coverage.gaps.sort();
        self.coverage.bounds.sort();
        self.suppressions_unused.sort();
        self.count();
    }

    fn count(&mut self) {
        let stats = &mut self.stats;
        (stats.open, stats.conditional, stats.closed) = (0, 0, 0);
        (stats.suppressed, stats.baselined) = (0, 0);
        stats.by_rule.clear();
        stats.by_severity.clear();
        for finding in &self.findings {
            if finding.suppressed.is_some() {
                stats.suppressed += 1;
            } else if finding.baselined {
                stats.baselined += 1;
            } else {
                *stats.by_rule.entry(finding.rule).or_default() += 1;
                match finding.verdict {
                    Verdict::Open => stats.open += 1,
                    Verdict::Conditional => stats.conditional += 1,
                    Verdict::Closed => stats.closed += 1,
                }
                if finding.verdict != Verdict::Closed {
                    *stats.by_severity.entry(finding.severity).or_default() += 1;
                }
            }
        }
    }

    /// How the process should end: findings at or above `fail_on` win over incompleteness.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity, allow_incomplete: bool) -> ExitCode {
        let counts = |finding: &&Finding| {
            finding.is_live() && finding.verdict != Verdict::Closed && finding.severity >= fail_on
        };
        if self.findings.iter().any(|finding| counts(&finding)) {
            ExitCode::Findings
        } else if self.coverage.is_complete() || allow_incomplete {
            ExitCode::Clean
        } else {
            ExitCode::Incomplete
        }
    }

    /// The rule's own words about itself, if the report carries them.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}
