//! `JUnit` XML: a suite a root; a failed case a finding, an error a gap, and one case that states coverage.

use amorsize_finding::{Finding, Report, Verdict};

use crate::{Options, summary, visible};

/// Renders the suites.
pub(crate) fn render(report: &Report, options: &Options<'_>) -> String {
    let mut suites = String::new();
    let mut totals = Totals::default();
    for root in 0..report.roots.len().max(1) {
        let root = u32::try_from(root).unwrap_or(u32::MAX);
        let mut suite = Suite::default();
        let findings = report.findings.iter().filter(|f| f.root == root && options.shows(f));
        findings.for_each(|finding| suite.finding(finding));
        for gap in report.coverage.gaps.iter().filter(|gap| gap.root == root) {
            let message = summary::gap_line(gap);
            let fault = format!("<error message=\"{}\" type=\"not-looked-at\"/>", xml(&message));
            suite.case("coverage", &gap.path, &fault);
            suite.totals.errors += 1;
        }
        if root == 0 {
            let line = format!(
                "{}; {}",
                summary::totals_line(&report.stats),
                summary::coverage_line(&report.coverage)
            );
            let fault = match summary::warning(report) {
                Some(message) if report.coverage.is_complete() => {
                    suite.totals.errors += 1;
                    format!("<error message=\"{}\" type=\"nothing-looked-at\"/>", xml(&message))
                }
                _ => String::new(),
            };
            let body = format!("{fault}<system-out>{}</system-out>", xml(&line));
            suite.case("coverage", "what was looked at", &body);
        }
        push!(
            &mut suites,
            "  <testsuite name=\"{}\" {}>\n{}  </testsuite>\n",
            xml(&summary::root_name(report, root)),
            suite.totals.attributes(),
            suite.cases
        );
        totals.add(&suite.totals);
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"amorsize\" {}>\n{suites}</testsuites>\n",
        totals.attributes()
    )
}

#[derive(Default)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Totals {
    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(&self) -> String {
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
            self.tests, self.failures, self.errors, self.skipped
        )
    }
}

#[derive(Default)]
struct Suite {
    cases: String,
    totals: Totals,
}

impl Suite {
    fn case(&mut self, class: &str, name: &str, body: &str) {
        self.totals.tests += 1;
        push!(
            &mut self.cases,
            "    <testcase classname=\"{}\" name=\"{}\">{body}</testcase>\n",
            xml(class),
            xml(name)
        );
    }

    fn finding(&mut self, finding: &Finding) {
        let place = format!("{}:{}", finding.path, finding.act.line);
        let name = format!("{} {} {place}", finding.rule, finding.function);
        let reason = summary::verdict_reason(finding);
        let silent = !finding.is_live() || finding.verdict == Verdict::Closed;
        let body = if silent {
            self.totals.skipped += 1;
            let reason = reason.unwrap_or_else(|| "in the baseline".to_owned());
            format!("<skipped message=\"{}\"/>", xml(&reason))
        } else {
            self.totals.failures += 1;
            let mut text = format!("{place}\n{}\n", finding.message);
            if let Some(reason) = reason {
                push!(&mut text, "{}: {reason}\n", finding.verdict);
            }
            if let Some(fix) = &finding.fix {
                push!(&mut text, "fix: {}\n", fix.summary);
            }
            let kind = format!("{} {}", finding.severity, finding.verdict);
            format!(
                "<failure message=\"{}\" type=\"{kind}\">{}</failure>",
                xml(&finding.title),
                escaped(&text, Place::Content)
            )
        };
        self.case(&finding.path, &name, &body);
    }
}

/// Text fit to stand in XML 1.0: characters it does not admit are shown, not dropped.
fn xml(text: &str) -> String {
    escaped(text, Place::Attribute)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Attribute,
    Content,
}

fn escaped(text: &str, place: Place) -> String {
    let shown = visible::lines(text);
    let mut out = String::with_capacity(shown.len() + 8);
    for c in shown.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A newline in an attribute would be read as a space.
            '\n' if place == Place::Attribute => out.push_str("&#10;"),
            _ => out.push(c),
        }
    }
    out
}
