//! A comparison made readable.

use super::{Change, Diff, Entry};
use crate::number::counted;
use crate::table::{Column, Table};
use crate::visible;

/// So many unchanged findings are worth a line each.
const UNCHANGED: usize = 20;

/// For a person at a terminal.
pub(super) fn text(diff: &Diff) -> String {
    let mut out = String::new();
    for entry in diff.entries.iter().take(shown(diff)) {
        let sign = match entry.change {
            Change::New => "+",
            Change::Gone if entry.uncertain => "?",
            Change::Gone => "-",
            Change::Moved => "~",
            Change::Unchanged => " ",
        };
        let line = format!(
            "{sign} {:<9} {} {} {} in {}: {}",
            entry.change.word(),
            entry.finding.rule,
            place(entry),
            entry.finding.verdict,
            entry.finding.function,
            entry.finding.title
        );
        push!(&mut out, "{}\n", visible::line(&line));
        if !entry.reason.is_empty() {
            push!(&mut out, "            {}\n", visible::line(&entry.reason));
        }
    }
    let hidden = diff.entries.len() - shown(diff);
    if hidden > 0 {
        push!(&mut out, "  and {} unchanged\n", counted(hidden as u64, "more finding"));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    push!(&mut out, "{}\n", totals(diff));
    for warning in warnings(diff) {
        push!(&mut out, "{warning}\n");
    }
    out
}

/// For a comment on a change.
pub(super) fn markdown(diff: &Diff) -> String {
    let mut out = format!("{}.\n", totals(diff));
    for warning in warnings(diff) {
        push!(&mut out, "\n**{warning}.**\n");
    }
    let mut table =
        Table::new(["change", "rule", "where", "verdict", "what", "why"].map(Column::left));
    for entry in diff.entries.iter().take(shown(diff)) {
        let change = if entry.uncertain { "uncertain" } else { entry.change.word() };
        table.push([
            change.to_owned(),
            entry.finding.rule.to_string(),
            place(entry),
            entry.finding.verdict.to_string(),
            entry.finding.title.clone(),
            entry.reason.clone(),
        ]);
    }
    if !table.is_empty() {
        push!(&mut out, "\n{}", table.markdown());
    }
    out
}

fn place(entry: &Entry) -> String {
    format!("{}:{}", entry.finding.path, entry.finding.act.line)
}

/// How many entries are told one by one: all that changed, and a few that did not.
fn shown(diff: &Diff) -> usize {
    let unchanged = diff.count(Change::Unchanged);
    diff.entries.len() - unchanged.saturating_sub(UNCHANGED)
}

fn totals(diff: &Diff) -> String {
    let parts =
        Change::ALL.iter().map(|change| format!("{} {}", diff.count(*change), change.word()));
    parts.collect::<Vec<_>>().join(", ")
}

fn warnings(diff: &Diff) -> Vec<String> {
    let mut warnings = Vec::new();
    let uncertain = diff.entries.iter().filter(|entry| entry.uncertain).count();
    if uncertain > 0 {
        let findings = counted(uncertain as u64, "change");
        warnings.push(format!("{findings} uncertain: the file was not looked at on one side"));
    }
    if !diff.old_complete {
        warnings.push("the old report is not complete".to_owned());
    }
    if !diff.new_complete {
        warnings.push("the new report is not complete".to_owned());
    }
    warnings
}
