//! Says of each pair of findings what happened, and of each finding without a partner why it has none.

use amorsize_finding::{Finding, Gap, Report, Verdict};

use super::pair::{self, Roots};
use super::{Change, Diff, Entry, Place, SCHEMA};
use crate::summary;

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
