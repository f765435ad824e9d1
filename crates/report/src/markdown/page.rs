//! The document as a whole: totals, the overview of all sites, one part a repository, coverage.

use amorsize_finding::{Finding, GuardKind, Report, Verdict};

use super::escape::{code, prose, sentence};
use super::site;
use crate::excerpt::Reader;
use crate::number::counted;
use crate::table::{Column, Table};
use crate::{Options, summary};

/// So many gaps are named, the others are counted.
const GAPS: usize = 100;

/// Renders the report.
pub(crate) fn render(report: &Report, options: &Options<'_>) -> String {
    let mut out = String::from("# Check-then-act report\n\n");
    push!(&mut out, "{}\n\n", sentence(&summary::totals_line(&report.stats)));
    if let Some(warning) = summary::warning(report) {
        push!(&mut out, "**{}**\n\n", sentence(&warning));
    }
    if !report.findings.is_empty() {
        push!(&mut out, "{}\n", overview(report));
    }
    let mut reader = Reader::new(options.sources);
    for root in 0..report.roots.len() {
        let root = u32::try_from(root).unwrap_or(u32::MAX);
        let findings: Vec<&Finding> = report.findings.iter().filter(|f| f.root == root).collect();
        repository(report, root, &findings, options, &mut reader, &mut out);
    }
    coverage(report, &mut out);
    out
}

fn overview(report: &Report) -> String {
    let mut table = Table::new([
        Column::left("repository"),
        Column::right("open"),
        Column::right("conditional"),
        Column::right("closed"),
        Column::right("suppressed"),
    ]);
    for root in 0..report.roots.len() {
        let root = u32::try_from(root).unwrap_or(u32::MAX);
        let of = |wanted: &dyn Fn(&Finding) -> bool| {
            report.findings.iter().filter(|f| f.root == root && wanted(f)).count().to_string()
        };
        let live = |verdict| of(&move |f: &Finding| f.is_live() && f.verdict == verdict);
        table.push([
            summary::root_name(report, root),
            live(Verdict::Open),
            live(Verdict::Conditional),
            live(Verdict::Closed),
            of(&|f| !f.is_live()),
        ]);
    }
    table.markdown()
}

fn repository(
    report: &Report,
    root: u32,
    findings: &[&Finding],
    options: &Options<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
) {
    push!(out, "## {}\n\n", prose(&summary::root_name(report, root)));
    let shown: Vec<&&Finding> = findings.iter().filter(|f| options.shows(f)).collect();
    if shown.is_empty() {
        out.push_str("No open or conditional finding.\n\n");
    }
    for (number, finding) in (1..).zip(&shown) {
        site::render(number, finding, options, reader, out);
    }
    // Sites that are closed or silenced are named even when they are not told at length.
    let rest: Vec<&&Finding> = findings.iter().filter(|f| !options.shows(f)).collect();
    if rest.is_empty() {
        return;
    }
    out.push_str("### Looked at and not counted\n\n");
    for finding in rest {
        let place = code(&format!("{}:{}", finding.path, finding.act.line));
        let function = code(&finding.function);
        push!(out, "- {} {place} in {function}: {}\n", finding.rule, uncounted(finding));
    }
    out.push('\n');
}

/// Why a site does not count.
fn uncounted(finding: &Finding) -> String {
    let state = match (&finding.suppressed, finding.baselined) {
        (Some(_), _) => "",
        (None, true) => "in the baseline",
        (None, false) => finding.verdict.word(),
    };
    let reason = match (finding.verdict, &finding.guard) {
        (Verdict::Closed, Some(guard)) if finding.is_live() => {
            let kind = guard.kind.word().replace('-', " ");
            let line = guard.line.map(|line| format!(" of line {line}")).unwrap_or_default();
            let message = prose(&finding.message);
            return match guard.kind {
                GuardKind::Tolerance => format!("closed. {message}"),
                _ => format!("closed by the {kind}{line}, {}. {message}", code(&guard.name)),
            };
        }
        _ => summary::verdict_reason(finding).map(|reason| prose(&reason)).unwrap_or_default(),
    };
    let gap = if reason.is_empty() || state.is_empty() { "" } else { ": " };
    format!("{state}{gap}{reason}")
}

fn coverage(report: &Report, out: &mut String) {
    out.push_str("## What was looked at\n\n");
    let looked = summary::coverage_line(&report.coverage);
    let work = format!(
        "{} of a check and an act, {} explored",
        counted(report.stats.candidates, "pair"),
        counted(report.stats.schedules, "schedule")
    );
    push!(out, "{} {}\n\n", sentence(&looked), sentence(&work));
    let gaps = &report.coverage.gaps;
    for gap in gaps.iter().take(GAPS) {
        push!(out, "- {}\n", prose(&summary::gap_line(gap)));
    }
    if gaps.len() > GAPS {
        push!(out, "- {}\n", counted((gaps.len() - GAPS) as u64, "more gap"));
    }
    for unused in &report.suppressions_unused {
        push!(out, "- unused suppression: {}\n", prose(&summary::unused_line(unused)));
    }
    if !gaps.is_empty() || !report.suppressions_unused.is_empty() {
        out.push('\n');
    }
    let tool = &report.tool;
    push!(out, "{}.\n", prose(&format!("Written by {} {}", tool.name, tool.version)));
}
