//! The page as a whole: head, overview with its chart and filters, one section a repository, coverage.

use amorsize_finding::{Finding, Report, RuleId, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::finding;
use super::words::{anchor, prose, shows};
use crate::excerpt::Reader;
use crate::number::{Unit, count};
use crate::svg::{Bar, Bars, Look, STYLE as CHART_STYLE};
use crate::{Options, summary, visible};

const STYLE: &str = include_str!("style.css");
const FILTER: &str = include_str!("filter.js");
/// The filter is allowed to run by its hash alone; a test keeps the two together.
const FILTER_HASH: &str = "sha256-puC6T0V1CVL6oZDJJhlw8W+6Eggfy7eSgD4S5wcw/qQ=";
/// So many gaps are named, the others are counted.
const GAPS: usize = 200;
/// A chart of fewer rules says nothing.
const CHART: usize = 2;

/// Renders the page.
pub(crate) fn render(report: &Report, options: &Options<'_>) -> String {
    let shown: Vec<&Finding> = report.findings.iter().filter(|f| options.shows(f)).collect();
    let mut reader = Reader::new(options.sources);
    let policy =
        format!("default-src 'none'; style-src 'unsafe-inline'; script-src '{FILTER_HASH}'");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { "Check-then-act report: " (headline(report)) }
                style { (PreEscaped(STYLE)) (PreEscaped(CHART_STYLE)) }
            }
            body {
                header { (head(report)) }
                main {
                    (overview(report, &shown))
                    @if shown.len() > 1 { (filters(&shown)) }
                    @for root in 0..report.roots.len() {
                        (repository(report, root, &shown, options, &mut reader))
                    }
                    (not_counted(report, options))
                    (coverage(report))
                }
                footer { (shows(&report.tool.name)) " " (shows(&report.tool.version)) ", " (shows(&report.schema)) }
                script { (PreEscaped(FILTER)) }
            }
        }
    };
    let mut page = page.into_string();
    page.push('\n');
    page
}

fn headline(report: &Report) -> String {
    let names: Vec<&str> = report.roots.iter().map(|root| root.name.as_str()).collect();
    shows(&visible::fit(&names.join(", "), 80))
}

fn head(report: &Report) -> Markup {
    let stats = &report.stats;
    let tiles = [
        ("open", stats.open, "open"),
        ("conditional", stats.conditional, "conditional"),
        ("closed", stats.closed, "closed"),
        ("", stats.suppressed + stats.baselined, "silenced"),
        ("", report.coverage.files_parsed + report.coverage.files_partly_parsed, "files"),
        ("", report.coverage.lines, "lines"),
    ];
    html! {
        h1 { "Check-then-act report" }
        p.muted { (headline(report)) }
        div.tiles {
            @for (class, number, word) in tiles {
                div class={ "tile " (class) } { b { (count(number)) } (word) }
            }
        }
        @if let Some(warning) = summary::warning(report) {
            p.alarm { strong { (shows(&warning)) } " " a href="#coverage" { "what was not" } }
        }
    }
}

/// The list of what is below, and how it spreads over the rules.
fn overview(report: &Report, shown: &[&Finding]) -> Markup {
    html! {
        @if shown.is_empty() {
            p { "No open or conditional finding in what was looked at." }
        } @else {
            (chart(report, shown))
            table.list {
                thead { tr { th { "rule" } th { "what" } th { "where" } th { "verdict" } } }
                tbody {
                    @for finding in shown {
                        tr data-for=(anchor(finding)) {
                            td { (finding.rule) }
                            td { a href={ "#" (anchor(finding)) } { (prose(&finding.title)) } }
                            td { code { (shows(&finding.path)) ":" (finding.act.line) } }
                            td { (finding.verdict) }
                        }
                    }
                }
            }
        }
    }
}

fn chart(report: &Report, shown: &[&Finding]) -> Markup {
    let mut rules: Vec<RuleId> = shown.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    if rules.len() < CHART {
        return html! {};
    }
    let bars = rules.iter().map(|rule| {
        let of = |verdict| shown.iter().filter(|f| f.rule == *rule && f.verdict == verdict).count();
        let open = of(Verdict::Open);
        let all = shown.iter().filter(|f| f.rule == *rule).count();
        #[expect(clippy::cast_precision_loss, reason = "counts of findings are small")]
        let value = all as f64;
        Bar {
            label: report
                .rule(*rule)
                .map_or_else(|| rule.to_string(), |r| format!("{rule} {}", r.name)),
            value,
            interval: None,
            highlight: open > 0,
            note: if open > 0 { format!("({open} open)") } else { String::new() },
        }
    });
    let bars =
        Bars { title: "Findings by rule".to_owned(), unit: Unit::Count, bars: bars.collect() };
    html! { figure { (PreEscaped(bars.render(Look::Inline))) } }
}

/// The filters stay hidden until the script that serves them runs.
fn filters(shown: &[&Finding]) -> Markup {
    let of = |word: &dyn Fn(&Finding) -> String| {
        let mut words: Vec<String> = shown.iter().map(|finding| word(finding)).collect();
        words.sort();
        words.dedup();
        words
    };
    let choices = [
        ("verdict", of(&|f| f.verdict.to_string())),
        ("severity", of(&|f| f.severity.to_string())),
        ("rule", of(&|f| f.rule.to_string())),
    ];
    html! {
        div.filters hidden {
            input type="search" placeholder="filter: words, / to focus" aria-label="filter by words";
            @for (name, words) in choices {
                @if words.len() > 1 {
                    select name=(name) aria-label=(name) {
                        option value="" { "any " (name) }
                        @for word in words { option { (word) } }
                    }
                }
            }
            output.muted {}
        }
    }
}

fn repository(
    report: &Report,
    root: usize,
    shown: &[&Finding],
    options: &Options<'_>,
    reader: &mut Reader<'_>,
) -> Markup {
    let root = u32::try_from(root).unwrap_or(u32::MAX);
    let findings: Vec<&&Finding> = shown.iter().filter(|finding| finding.root == root).collect();
    html! {
        section {
            h2 { (shows(&summary::root_name(report, root))) }
            @if findings.is_empty() { p.muted { "No open or conditional finding." } }
            @for finding in findings { (finding::render(finding, report.rule(finding.rule), options, reader)) }
        }
    }
}

fn not_counted(report: &Report, options: &Options<'_>) -> Markup {
    let rest: Vec<&Finding> = report.findings.iter().filter(|f| !options.shows(f)).collect();
    html! {
        @if !rest.is_empty() {
            h2 { "Looked at and not counted" }
            table {
                thead { tr { th { "rule" } th { "where" } th { "why" } } }
                tbody {
                    @for finding in rest {
                        tr {
                            td { (finding.rule) }
                            td { code { (shows(&finding.path)) ":" (finding.act.line) } br; code.muted { (shows(&finding.function)) } }
                            td { (prose(&summary::verdict_reason(finding).unwrap_or_else(|| "in the baseline".to_owned()))) }
                        }
                    }
                }
            }
        }
    }
}

fn coverage(report: &Report) -> Markup {
    let gaps = &report.coverage.gaps;
    html! {
        h2 id="coverage" { "What was looked at" }
        p { (shows(&summary::coverage_line(&report.coverage))) "." }
        p.muted {
            (count(report.stats.candidates)) " pairs of a check and an act, "
            (count(report.stats.schedules)) " schedules explored; "
            (shows(&summary::totals_line(&report.stats))) "."
        }
        @if !gaps.is_empty() || !report.suppressions_unused.is_empty() {
            ul {
                @for gap in gaps.iter().take(GAPS) { li { (shows(&summary::gap_line(gap))) } }
                @if gaps.len() > GAPS { li { (count((gaps.len() - GAPS) as u64)) " more" } }
                @for unused in &report.suppressions_unused {
                    li { "unused suppression: " (shows(&summary::unused_line(unused))) }
                }
            }
        }
    }
}
