//! The page: the blocks of the findings, then what was not looked at, then the totals.

use amorsize_finding::{Finding, Gap, Report, UnusedSuppression, Verdict};

use super::paint::Paint;
use super::{schedule, snippet};
use crate::excerpt::Reader;
use crate::number::counted;
use crate::{Options, summary, visible};

/// Width used when none is known.
const COLUMNS: usize = 100;
/// Below this, lines are longer than the terminal rather than unreadable.
const NARROWEST: usize = 40;
/// So many gaps are named, the others are counted.
const GAPS: usize = 20;
/// Width of the words that start the lines of a finding.
const LABEL: usize = 9;

/// Renders the report.
pub(crate) fn render(report: &Report, options: &Options<'_>) -> String {
    let columns = options.columns.unwrap_or(COLUMNS).max(NARROWEST);
    let mut page = Page { paint: Paint { on: options.color }, columns, out: String::new(), report };
    let mut reader = Reader::new(options.sources);
    for finding in report.findings.iter().filter(|finding| options.shows(finding)) {
        page.finding(finding, &mut reader);
    }
    page.unused();
    page.gaps();
    page.totals();
    page.out
}

struct Page<'a> {
    paint: Paint,
    columns: usize,
    out: String,
    report: &'a Report,
}

impl Page<'_> {
    fn finding(&mut self, finding: &Finding, reader: &mut Reader<'_>) {
        let locate = |path: &str| summary::located(self.report, finding.root, path);
        let excerpts = reader.excerpts(finding, 0);
        let snippet = snippet::render(finding, &excerpts, locate, self.columns, self.paint);
        self.out.push_str(&snippet);
        if self.report.roots.len() > 1 {
            self.labelled("in", &summary::root_name(self.report, finding.root));
        }
        let site =
            [("function", &finding.function), ("store", &finding.store), ("key", &finding.key)];
        let site: Vec<String> = site
            .iter()
            .filter(|(_, what)| !what.is_empty())
            .map(|(word, what)| format!("{word} {what}"))
            .collect();
        self.labelled("site", &site.join(" · "));
        let verdict = format!(
            "{} · {} · {} confidence",
            finding.verdict,
            finding.consequence.phrase(),
            finding.confidence
        );
        self.labelled("verdict", &verdict);
        self.labelled("", &finding.message);
        if let Some(witness) = &finding.witness {
            self.out.push('\n');
            self.out.push_str(&schedule::render(witness, self.columns, self.paint));
            self.out.push('\n');
        }
        self.reasons(finding);
        self.evidence(finding);
        self.proof(finding);
        self.fix(finding);
        self.labelled("more", &format!("amorsize explain {}", finding.rule));
        self.out.push('\n');
    }

    fn reasons(&mut self, finding: &Finding) {
        if finding.verdict == Verdict::Conditional
            && let Some(assumption) = &finding.assumption
        {
            self.labelled("only if", assumption);
        }
        if (finding.verdict == Verdict::Closed || finding.suppressed.is_some())
            && let Some(reason) = summary::verdict_reason(finding)
        {
            self.labelled("because", &reason);
        }
        if finding.baselined {
            self.labelled("because", "the baseline knows it");
        }
        if let Some(missing) = summary::missing_guard(finding) {
            self.labelled("missing", &missing);
        }
    }

    fn evidence(&mut self, finding: &Finding) {
        for said in &finding.acknowledged {
            let path = said.path.as_deref().map_or(String::new(), |path| format!("{path}, "));
            let quote = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.labelled("admitted", &format!("{path}line {}: “{quote}”", said.line));
        }
        if let Some(place) = &finding.documented {
            self.labelled("known", &format!("documented: {place}"));
        }
        if let Some(masked) = &finding.masked {
            let text = masked.text.trim();
            let told = if masked.told.is_empty() {
                String::new()
            } else {
                format!("; the caller is told {}", masked.told)
            };
            self.labelled(
                "silent",
                &format!("line {} swallows the loss: {text}{told}", masked.line),
            );
        }
        if let Some(sibling) = &finding.sibling {
            let how =
                if sibling.how.is_empty() { String::new() } else { format!(": {}", sibling.how) };
            let path = summary::located(self.report, finding.root, &sibling.path);
            let text = format!("{} ({path}:{}) does it right{how}", sibling.function, sibling.line);
            self.labelled("sibling", &text);
        }
    }

    fn proof(&mut self, finding: &Finding) {
        let Some(proof) = &finding.proof else { return };
        self.labelled("seen", &proof.line());
        if let Some(replay) = &proof.replay {
            self.labelled("again", replay);
        }
    }

    fn fix(&mut self, finding: &Finding) {
        let Some(fix) = &finding.fix else { return };
        let checked = if fix.verified { " (explored again: the witness is gone)" } else { "" };
        self.labelled("fix", &format!("{}{checked}", fix.summary));
        for line in fix.patch.as_deref().unwrap_or("").lines() {
            let line = visible::line(line);
            let line = self.paint.diff(&line);
            push!(&mut self.out, "{:LABEL$}   {line}\n", "");
        }
    }

    /// A line that starts with a word of its own, wrapped to the width.
    fn labelled(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let room = self.columns.saturating_sub(LABEL + 3);
        let mut rows = Vec::new();
        for line in visible::lines(text.trim_end()).lines() {
            rows.extend(visible::wrap(line, room));
        }
        for (at, row) in rows.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let label = self.paint.faint(&format!("{label:>width$}", width = LABEL + 1));
            push!(&mut self.out, "{label}  {row}\n");
        }
    }

    fn unused(&mut self) {
        for unused in &self.report.suppressions_unused {
            let path = summary::located(self.report, unused.root, &unused.path);
            let line = summary::unused_line(&UnusedSuppression { path, ..unused.clone() });
            push!(&mut self.out, "{}: {}\n", self.paint.strong("unused"), visible::line(&line));
        }
        if !self.report.suppressions_unused.is_empty() {
            self.out.push('\n');
        }
    }

    fn gaps(&mut self) {
        let gaps = &self.report.coverage.gaps;
        for gap in gaps.iter().take(GAPS) {
            let path = summary::located(self.report, gap.root, &gap.path);
            let line = summary::gap_line(&Gap { path, ..gap.clone() });
            push!(&mut self.out, "{}: {}\n", self.paint.strong("gap"), visible::line(&line));
        }
        if gaps.len() > GAPS {
            let more = counted((gaps.len() - GAPS) as u64, "more gap");
            push!(&mut self.out, "{more}, all in --format json\n");
        }
        if !gaps.is_empty() {
            self.out.push('\n');
        }
    }

    fn totals(&mut self) {
        let coverage = summary::coverage_line(&self.report.coverage);
        push!(&mut self.out, "{}\n", visible::line(&coverage));
        if let Some(warning) = summary::warning(self.report) {
            push!(&mut self.out, "{}\n", self.paint.strong(&warning));
        }
        let totals = summary::totals_line(&self.report.stats);
        push!(&mut self.out, "{}\n", self.paint.strong(&totals));
    }
}
