//! `amorsize: allow(CTA101) reason` in a comment keeps a finding silent; the reason is required,
//! and one that keeps nothing silent is itself reported.

use amorsize_finding::{Finding, RuleId, Suppression, UnusedSuppression, Verdict};

const MARK: &str = "amorsize: allow(";

struct Allowed {
    line: u32,
    covers: u32,
    rules: Vec<RuleId>,
    reason: Option<String>,
    used: bool,
}

/// Applies the suppressions of one file to its findings; returns those that did nothing.
pub(crate) fn apply(
    root: u32,
    path: &str,
    text: &str,
    findings: &mut [Finding],
) -> Vec<UnusedSuppression> {
    let mut allowed = scan(text);
    let asked = |f: &&mut Finding| f.root == root && f.path == path && f.verdict != Verdict::Closed;
    for finding in findings.iter_mut().filter(asked) {
        let lines = [finding.act.line, finding.check.as_ref().map_or(0, |check| check.line)];
        let found = allowed.iter_mut().find(|allowed| {
            allowed.rules.contains(&finding.rule)
                && lines.iter().any(|line| *line == allowed.line || *line == allowed.covers)
        });
        if let Some(allowed) = found
            && let Some(reason) = &allowed.reason
        {
            allowed.used = true;
            finding.suppressed = Some(Suppression { reason: reason.clone(), line: allowed.line });
        }
    }
    allowed
        .into_iter()
        .filter(|allowed| !allowed.used)
        .map(|allowed| UnusedSuppression {
            root,
            path: path.to_owned(),
            line: allowed.line,
            rules: allowed.rules,
            reason: allowed.reason,
        })
        .collect()
}

fn scan(text: &str) -> Vec<Allowed> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((before, rest)) = line.split_once(MARK) else { continue };
        let Some(comment) = before.rfind("//").max(before.rfind('#')) else { continue };
        let Some((list, reason)) = rest.split_once(')') else { continue };
        let rules: Vec<RuleId> = list.split(',').filter_map(|id| id.trim().parse().ok()).collect();
        let reason = reason.trim().trim_end_matches("*/").trim();
        let alone = before[..comment].trim().is_empty();
        // A comment on a line of its own covers the next line of code.
        let next = (index + 1..lines.len()).find(|next| {
            let line = lines[*next].trim_start();
            !line.is_empty() && !line.starts_with('#') && !line.starts_with("//")
        });
        let covers = if alone { next.unwrap_or(index) } else { index };
        found.push(Allowed {
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            covers: u32::try_from(covers + 1).unwrap_or(u32::MAX),
            rules,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            used: false,
        });
    }
    found
}
