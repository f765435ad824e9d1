//! GitHub workflow commands: one annotation a finding, one a gap in coverage.

use amorsize_finding::{Finding, Report, Severity};

use crate::Options;
use crate::summary;

/// Renders the commands.
pub(crate) fn render(report: &Report, options: &Options<'_>) -> String {
    let mut out = String::new();
    for finding in report.findings.iter().filter(|finding| options.shows(finding)) {
        push_finding(report, finding, &mut out);
    }
    for gap in &report.coverage.gaps {
        let path = summary::located(report, gap.root, &gap.path);
        let line = gap.line.map(|line| format!(",line={line}")).unwrap_or_default();
        push!(
            &mut out,
            "::warning file={}{line},title=not looked at::{}\n",
            property(&path),
            data(&summary::gap_line(gap))
        );
    }
    for unused in &report.suppressions_unused {
        let path = summary::located(report, unused.root, &unused.path);
        push!(
            &mut out,
            "::warning file={},line={},title=unused suppression::{}\n",
            property(&path),
            unused.line,
            data(&summary::unused_line(unused))
        );
    }
    let totals = summary::totals_line(&report.stats);
    let coverage = summary::coverage_line(&report.coverage);
    push!(&mut out, "::notice title=amorsize::{}\n", data(&format!("{totals}; {coverage}")));
    out
}

fn push_finding(report: &Report, finding: &Finding, out: &mut String) {
    let command = match summary::loudness(finding) {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let act = &finding.act;
    let path = act.path.as_deref().unwrap_or(&finding.path);
    let end_line = act.end_line.max(act.line);
    push!(
        out,
        "::{command} file={},line={},endLine={end_line}",
        property(&summary::located(report, finding.root, path)),
        act.line
    );
    // Columns are understood only for annotations of one line.
    if end_line == act.line && act.end_column > act.column {
        push!(out, ",col={},endColumn={}", act.column, act.end_column);
    }
    let title = format!("{} {}", finding.rule, finding.title);
    let mut message = finding.message.clone();
    if let Some(check) = &finding.check {
        push!(&mut message, "\nCheck: line {}: {}", check.line, check.text.trim());
    }
    if let Some(reason) = summary::verdict_reason(finding) {
        push!(&mut message, "\n{}: {reason}", finding.verdict);
    }
    if let Some(fix) = &finding.fix {
        push!(&mut message, "\nFix: {}", fix.summary);
    }
    push!(out, ",title={}::{}\n", property(&title), data(&message));
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
