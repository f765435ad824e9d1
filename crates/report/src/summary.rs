//! What was looked at and what came of it, in one sentence each; every format says it with these words.

use amorsize_finding::{
    Coverage, Finding, Gap, GuardKind, Report, Severity, SkipReason, Span, Stats,
    UnusedSuppression, Verdict,
};

use crate::number::{count, counted};

/// What was looked at: `looked at 12 files, 3,456 lines (go 10, python 2); 1 partly parsed; 2 skipped (too large 1, …)`.
#[must_use]
pub fn coverage_line(coverage: &Coverage) -> String {
    let looked = coverage.files_parsed + coverage.files_partly_parsed;
    let mut out = if looked == 0 {
        "looked at no file".to_owned()
    } else {
        let mut out =
            format!("looked at {}, {}", counted(looked, "file"), counted(coverage.lines, "line"));
        if !coverage.languages.is_empty() {
            let languages: Vec<String> = coverage
                .languages
                .iter()
                .map(|(name, share)| format!("{} {}", name, count(share.files)))
                .collect();
            push!(&mut out, " ({})", languages.join(", "));
        }
        out
    };
    if coverage.files_partly_parsed > 0 {
        push!(&mut out, "; {} partly parsed", count(coverage.files_partly_parsed));
    }
    if coverage.files_skipped > 0 {
        push!(&mut out, "; {} skipped", count(coverage.files_skipped));
        let reasons: Vec<String> = coverage
            .skipped
            .iter()
            .filter(|(_, files)| **files > 0)
            .map(|(reason, files)| format!("{} {}", reason_phrase(*reason), count(*files)))
            .collect();
        if !reasons.is_empty() {
            push!(&mut out, " ({})", reasons.join(", "));
        }
    }
    for bound in &coverage.bounds {
        push!(
            &mut out,
            "; bound reached: {} ({}, {})",
            bound.bound,
            count(bound.limit),
            counted(bound.hits, "time")
        );
    }
    out
}

/// What came of it: `2 open (1 error, 1 warning), 1 conditional, 4 closed, 1 suppressed`.
#[must_use]
pub fn totals_line(stats: &Stats) -> String {
    let mut parts = vec![format!("{} open", count(stats.open))];
    let severities: Vec<String> = stats
        .by_severity
        .iter()
        .rev()
        .filter(|(_, findings)| **findings > 0)
        .map(|(severity, findings)| counted(*findings, severity.word()))
        .collect();
    let severities =
        if severities.is_empty() { String::new() } else { format!(" ({})", severities.join(", ")) };
    parts.push(format!("{} conditional{severities}", count(stats.conditional)));
    for (findings, word) in [
        (stats.closed, "closed"),
        (stats.suppressed, "suppressed"),
        (stats.baselined, "in the baseline"),
    ] {
        if findings > 0 {
            parts.push(format!("{} {word}", count(findings)));
        }
    }
    parts.join(", ")
}

/// A sentence on completeness for a report that is not complete, or that says nothing.
pub(crate) fn warning(report: &Report) -> Option<String> {
    let coverage = &report.coverage;
    let looked = coverage.files_parsed + coverage.files_partly_parsed;
    if !coverage.is_complete() {
        let gaps = counted(coverage.gaps.len() as u64, "file");
        Some(format!("not complete: {gaps} asked for and not, or not wholly, looked at"))
    } else if looked == 0 {
        Some("nothing was looked at: no file of a known language was found".to_owned())
    } else {
        None
    }
}

/// `db.py: partly parsed from line 12: unexpected indent`.
pub(crate) fn gap_line(gap: &Gap) -> String {
    let mut out = format!("{}: {}", gap.path, reason_phrase(gap.reason));
    if let Some(line) = gap.line {
        push!(&mut out, " at line {line}");
    }
    if !gap.detail.is_empty() {
        push!(&mut out, ": {}", gap.detail);
    }
    out
}

/// `a.py:12: allow(CTA101) keeps nothing silent`.
pub(crate) fn unused_line(unused: &UnusedSuppression) -> String {
    let rules: Vec<String> = unused.rules.iter().map(ToString::to_string).collect();
    let mut out = format!(
        "{}:{}: allow({}) keeps nothing silent",
        unused.path,
        unused.line,
        rules.join(", ")
    );
    match &unused.reason {
        Some(reason) => push!(&mut out, " ({reason})"),
        None => out.push_str(", and gives no reason"),
    }
    out
}

/// The words of a reason.
pub(crate) fn reason_phrase(reason: SkipReason) -> String {
    match reason {
        SkipReason::NotUtf8 => "not UTF-8".to_owned(),
        _ => reason.word().replace('-', " "),
    }
}

/// How loud a finding is: a closed one is never more than a note.
pub(crate) fn loudness(finding: &Finding) -> Severity {
    if finding.verdict == Verdict::Closed { Severity::Note } else { finding.severity }
}

/// Why the verdict is what it is, in one sentence.
pub(crate) fn verdict_reason(finding: &Finding) -> Option<String> {
    if let Some(suppressed) = &finding.suppressed {
        return Some(format!("suppressed at line {}: {}", suppressed.line, suppressed.reason));
    }
    match finding.verdict {
        Verdict::Open => finding.witness.as_ref().map(|w| w.not_serial.clone()),
        Verdict::Conditional => finding.assumption.clone(),
        Verdict::Closed => finding.guard.as_ref().map(|guard| {
            if guard.kind == GuardKind::Tolerance {
                return "every order of the steps ends alike".to_owned();
            }
            let place = place(guard.path.as_deref(), guard.line);
            let kind = guard.kind.word().replace('-', " ");
            format!("closed by {} ({kind}, {} scope{place})", guard.name, guard.scope)
        }),
    }
    .filter(|reason| !reason.is_empty())
}

/// What guard was looked for and why what is there does not do.
pub(crate) fn missing_guard(finding: &Finding) -> Option<String> {
    let gap = finding.guard_gap.as_ref()?;
    let mut out = gap.wanted.clone();
    if let Some(found) = &gap.found {
        let place = place(found.path.as_deref(), found.line);
        let kind = found.kind.word().replace('-', " ");
        push!(&mut out, "; there is {} ({kind}, {} scope{place})", found.name, found.scope);
    }
    if let Some(why) = &gap.why_not {
        push!(&mut out, ": {why}");
    }
    Some(out)
}

fn place(path: Option<&str>, line: Option<u32>) -> String {
    match (path, line) {
        (Some(path), Some(line)) => format!(", {path}:{line}"),
        (None, Some(line)) => format!(", line {line}"),
        (Some(path), None) => format!(", {path}"),
        (None, None) => String::new(),
    }
}

/// The first and the last line of the window between check and act, when they stand in one file.
pub(crate) fn window(finding: &Finding) -> Option<(u32, u32)> {
    let check = finding.check.as_ref()?;
    let path = |span: &Span| span.path.clone();
    if path(check) != path(&finding.act) {
        return None;
    }
    Some((check.line.min(finding.act.line), check.line.max(finding.act.line)))
}

/// A path from where the audit was started, so that it can be opened from there.
pub(crate) fn located(report: &Report, root: u32, path: &str) -> String {
    let root = report.roots.get(root as usize).map_or("", |root| root.path.as_str());
    let root = root.trim_end_matches('/');
    let root = root.strip_prefix("./").unwrap_or(root);
    // A root may be the audited file itself.
    let alone = root == path || root.ends_with(&format!("/{path}"));
    if root.is_empty() || root == "." {
        path.to_owned()
    } else if alone {
        root.to_owned()
    } else {
        format!("{root}/{path}")
    }
}

/// The word a root is called by in headings.
pub(crate) fn root_name(report: &Report, root: u32) -> String {
    report.roots.get(root as usize).map_or_else(
        || format!("root {root}"),
        |root| {
            let name = if root.name.is_empty() { &root.path } else { &root.name };
            match &root.version {
                Some(version) => format!("{name} {version}"),
                None => name.clone(),
            }
        },
    )
}
