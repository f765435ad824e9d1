//! A finding as the protocol tells it: a diagnostic with its schedule, and a quick fix.

use std::path::{Path, PathBuf};

use amorsize_finding::{Edit, Finding, Report, Severity, Verdict};
use serde_json::{Value, json};

use crate::place::{Counting, position, range, uri};

/// A finding to be shown, with the file it stands in.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) finding: Finding,
    /// The root its paths are relative to.
    base: PathBuf,
    pub(crate) file: PathBuf,
}

/// What of a report an editor shows: what is neither closed, nor suppressed, nor known.
pub(crate) fn shown(report: &Report) -> Vec<Shown> {
    let shows = |finding: &&Finding| finding.is_live() && finding.verdict != Verdict::Closed;
    let placed = |finding: &Finding| {
        let root = PathBuf::from(&report.roots.get(finding.root as usize)?.path);
        let base = if root.is_file() { root.parent()?.to_path_buf() } else { root };
        let file = base.join(&finding.path);
        Some(Shown { finding: finding.clone(), base, file })
    };
    report.findings.iter().filter(shows).filter_map(placed).collect()
}

impl Shown {
    /// The diagnostic, for the text that was audited.
    pub(crate) fn diagnostic(&self, text: &str, counting: Counting) -> Value {
        let finding = &self.finding;
        let act = &finding.act;
        let mut message = vec![finding.title.clone(), finding.message.clone()];
        if let Some(witness) = &finding.witness {
            message.push(format!("So: {}", witness.outcome));
            message.push(format!("But: {}", witness.not_serial));
        }
        message.extend(finding.assumption.iter().map(|what| format!("Only if {what}")));
        message.extend(finding.fix.iter().map(|fix| format!("Fix: {}", fix.summary)));
        json!({
            "range": range(text, (act.line, act.column), (act.end_line, act.end_column), counting),
            "severity": match finding.severity {
                Severity::Error => 1,
                Severity::Warning => 2,
                Severity::Note => 3,
            },
            "code": finding.rule.to_string(),
            "source": "amorsize",
            "message": message.join("\n"),
            "relatedInformation": self.schedule(text, counting),
            "data": { "fingerprint": finding.fingerprint.to_string() },
        })
    }

    /// The steps of the schedule, each where it happens.
    fn schedule(&self, text: &str, counting: Counting) -> Vec<Value> {
        let check = self.finding.check.iter().map(|check| {
            let file = check.path.as_ref().map_or(self.file.clone(), |path| self.base.join(path));
            let what = if check.label.is_empty() { "looks here" } else { &check.label };
            related(&file, text, (check.line, check.column.max(1)), what, counting)
        });
        let steps = self.finding.witness.iter().flat_map(|witness| &witness.steps);
        let steps = steps.filter_map(|step| {
            let file = step.path.as_ref().map_or(self.file.clone(), |path| self.base.join(path));
            let result =
                step.result.as_ref().map_or(String::new(), |result| format!(" → {result}"));
            let what = format!("{}: {}{result}", step.actor, step.effect);
            Some(related(&file, text, (step.line?, 1), &what, counting))
        });
        check.chain(steps).collect()
    }

    /// Whether the finding touches a line (from 0).
    pub(crate) fn touches(&self, from: u64, to: u64) -> bool {
        let act = &self.finding.act;
        let lines = |line: u32| (from..=to).contains(&u64::from(line.saturating_sub(1)));
        (act.line..=act.end_line.max(act.line)).any(lines)
            || self.finding.check.as_ref().is_some_and(|check| lines(check.line))
    }

    /// The patch as a quick fix; none where there is no patch that was seen to work.
    pub(crate) fn quick_fix(&self, text: &str, counting: Counting) -> Option<Value> {
        let fix = self.finding.fix.as_ref().filter(|fix| fix.verified && !fix.edits.is_empty())?;
        let alone = fix.edits.iter().all(|edit| edit.path == self.finding.path);
        if !alone {
            return None;
        }
        let edits: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                let place = range_exact(text, edit, counting);
                json!({ "range": place, "newText": edit.replacement })
            })
            .collect();
        let doubt = if fix.safe { "" } else { " (needs more than the code shows)" };
        Some(json!({
            "title": format!("{}: {}{doubt}", self.finding.rule, fix.summary),
            "kind": "quickfix",
            "isPreferred": fix.safe,
            "diagnostics": [self.diagnostic(text, counting)],
            "edit": { "changes": { uri(&self.file): edits } },
        }))
    }
}

/// The range of an edit: an empty one inserts.
fn range_exact(text: &str, edit: &Edit, counting: Counting) -> Value {
    json!({
        "start": position(text, edit.line, edit.column, counting),
        "end": position(text, edit.end_line, edit.end_column, counting),
    })
}

fn related(
    file: &Path,
    text: &str,
    (line, column): (u32, u32),
    what: &str,
    counting: Counting,
) -> Value {
    json!({
        "location": { "uri": uri(file), "range": range(text, (line, column), (line, column), counting) },
        "message": what,
    })
}
