//! What changed between two reports: new, gone, moved, unchanged, each with its reason.
//!
//! Findings are paired by fingerprint, then by what a fingerprint is made of with one part left
//! out, so that a renamed file or function is a move and not one loss and one gain. A finding whose file
//! was not looked at this time is not called fixed: it is gone *uncertainly*, and the comparison is
//! incomplete.

mod pair;
mod show;

use amorsize_finding::{ExitCode, Finding, Gap, Report, Verdict};
use serde::Serialize;

use self::pair::Roots;
use crate::summary;

/// The name and version of the JSON of a comparison.
pub const SCHEMA: &str = "amorsize-diff/1";

/// What happened to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was not there, or did not count, or was less certain.
    New,
    /// It does not count any more.
    Gone,
    /// The same finding at another place.
    Moved,
    /// The same finding at the same place.
    Unchanged,
}

impl Change {
    /// Every change, in order.
    pub const ALL: &'static [Self] = &[Self::New, Self::Gone, Self::Moved, Self::Unchanged];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Moved => "moved",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One finding with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What happened.
    pub change: Change,
    /// Why it is called that.
    pub reason: String,
    /// Set when the file was not, or not wholly, looked at on one side, so that nothing is certain.
    pub uncertain: bool,
    /// Where it was, when that is somewhere else.
    pub was: Option<Place>,
    /// The finding as it is now; for a gone one as it was.
    pub finding: Finding,
}

/// Where a finding stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line of the act.
    pub line: u32,
    /// The function.
    pub function: String,
}

/// A comparison of two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: String,
    /// Sorted by change, then as findings are.
    pub entries: Vec<Entry>,
    /// Whether everything was looked at on the old side.
    pub old_complete: bool,
    /// Whether everything was looked at on the new side.
    pub new_complete: bool,
}

/// Compares two sorted reports.
#[must_use]
pub fn diff(old: &Report, new: &Report) -> Diff {
    let roots = Roots::of(old, new);
    let pairs = pair::pairs(old, new, &roots);
    let mut entries: Vec<Entry> = Vec::new();
    for (before, now) in pairs {
        entries.extend(match (before, now) {
            (Some(before), Some(now)) => both(before, now),
            (Some(before), None) => counts(before).then(|| gone(before, new, &roots)),
            (None, Some(now)) => counts(now).then(|| fresh(now, old, &roots)),
            (None, None) => None,
        });
    }
    entries.sort_by(|a, b| a.change.cmp(&b.change).then_with(|| a.finding.order(&b.finding)));
    Diff {
        schema: SCHEMA.to_owned(),
        entries,
        old_complete: old.coverage.is_complete(),
        new_complete: new.coverage.is_complete(),
    }
}

impl Diff {
    /// How many entries changed so.
    #[must_use]
    pub fn count(&self, change: Change) -> usize {
        self.entries.iter().filter(|entry| entry.change == change).count()
    }

    /// How the process should end: new findings are a regression; uncertainty is incompleteness.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.count(Change::New) > 0 {
            ExitCode::Findings
        } else if !self.new_complete || self.entries.iter().any(|entry| entry.uncertain) {
            ExitCode::Incomplete
        } else {
            ExitCode::Clean
        }
    }

    /// The comparison for a person.
    #[must_use]
    pub fn text(&self) -> String {
        show::text(self)
    }

    /// The comparison as a JSON document.
    ///
    /// # Panics
    /// Never: a comparison is made of strings and numbers.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a comparison is made of strings and numbers")
            + "\n"
    }

    /// The comparison as a Markdown table, for a comment on a change.
    #[must_use]
    pub fn markdown(&self) -> String {
        show::markdown(self)
    }
}

/// Whether a finding counts: live and not closed.
fn counts(finding: &Finding) -> bool {
    finding.is_live() && finding.verdict != Verdict::Closed
}

/// Why a finding that is there does not count.
fn silence(finding: &Finding) -> String {
    if finding.suppressed.is_none() && finding.baselined {
        return "in the baseline".to_owned();
    }
    summary::verdict_reason(finding).unwrap_or_else(|| finding.verdict.to_string())
}

fn both(before: &Finding, now: &Finding) -> Option<Entry> {
    let moves = moves(before, now);
    let was = (!moves.is_empty()).then(|| place(before));
    let entry = |change, reason: String, finding: &Finding| {
        Some(Entry { change, reason, uncertain: false, was: was.clone(), finding: finding.clone() })
    };
    match (counts(before), counts(now)) {
        (false, false) => None,
        (true, false) => entry(Change::Gone, silence(now), before),
        (false, true) => entry(Change::New, format!("was {}", silence(before)), now),
        (true, true) if now.verdict < before.verdict => {
            entry(Change::New, format!("was {}, is {}", before.verdict, now.verdict), now)
        }
        (true, true) => {
            let mut reasons = moves;
            if now.verdict != before.verdict {
                reasons.push(format!("was {}, is {}", before.verdict, now.verdict));
            }
            if now.severity != before.severity {
                reasons.push(format!("{} became {}", before.severity, now.severity));
            }
            let change = if was.is_some() { Change::Moved } else { Change::Unchanged };
            entry(change, reasons.join(", "), now)
        }
    }
}

fn place(finding: &Finding) -> Place {
    Place { path: finding.path.clone(), line: finding.act.line, function: finding.function.clone() }
}

fn moves(before: &Finding, now: &Finding) -> Vec<String> {
    let mut moves = Vec::new();
    if before.path != now.path {
        moves.push(format!("from {}", before.path));
    }
    if before.function != now.function {
        moves.push(format!("from function {}", before.function));
    }
    if before.act.line != now.act.line {
        moves.push(format!("line {} to {}", before.act.line, now.act.line));
    }
    moves
}

fn gone(before: &Finding, new: &Report, roots: &Roots) -> Entry {
    let root = roots.new_of(before.root);
    let gap = new.coverage.gaps.iter().find(|gap| gap.root == root && gap.path == before.path);
    let reason = match gap {
        Some(gap) => format!("not looked at now: {}", summary::gap_line(gap)),
        None => "no such site any more".to_owned(),
    };
    Entry {
        change: Change::Gone,
        reason,
        uncertain: gap.is_some(),
        was: None,
        finding: before.clone(),
    }
}

fn fresh(now: &Finding, old: &Report, roots: &Roots) -> Entry {
    let same = |gap: &&Gap| roots.new_of(gap.root) == now.root && gap.path == now.path;
    let gap = old.coverage.gaps.iter().find(same);
    let reason = match gap {
        Some(gap) => format!("not looked at before: {}", summary::gap_line(gap)),
        None => "no such site before".to_owned(),
    };
    Entry { change: Change::New, reason, uncertain: gap.is_some(), was: None, finding: now.clone() }
}
