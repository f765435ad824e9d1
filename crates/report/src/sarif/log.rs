//! The log: its one run with rules, results, fixes, and notifications of what was not looked at.

use amorsize_finding::{Finding, Report, Severity, SkipReason, Span, Verdict};
use serde_json::{Map, Value, json};

use super::flow;
use super::model::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, Log,
    LogicalLocation, Message, MultiformatMessage, Notification, PhysicalLocation, Region,
    Replacement, ReportingDescriptor, ReportingReference, Run, RunResult, Suppression, Tool,
    ToolComponent,
};
use crate::summary;

/// Renders the log.
pub(crate) fn render(report: &Report) -> String {
    let writer = Writer { report };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![writer.run()],
    };
    serde_json::to_string_pretty(&log).expect("a log is made of strings and numbers") + "\n"
}

struct Writer<'a> {
    report: &'a Report,
}

/// The base of all roots that were given by a relative path.
const SOURCE_ROOT: &str = "%SRCROOT%";

impl Writer<'_> {
    fn run(&self) -> Run {
        let report = self.report;
        let rules = report.rules.iter().map(|rule| ReportingDescriptor {
            id: rule.id.to_string(),
            name: Some(rule.name.to_string()),
            short_description: Some(MultiformatMessage::plain(&rule.title)),
            help: Some(MultiformatMessage {
                text: rule.help.to_string(),
                markdown: Some(rule.help.to_string()),
            }),
            properties: Some(json!({ "tags": ["race", rule.family.word()] })),
        });
        let mut reasons: Vec<SkipReason> = report.coverage.gaps.iter().map(|g| g.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        Run {
            tool: Tool {
                driver: ToolComponent {
                    name: report.tool.name.clone(),
                    version: report.tool.version.clone(),
                    rules: rules.collect(),
                    notifications: reasons
                        .iter()
                        .map(|reason| notification_kind(*reason))
                        .collect(),
                },
            },
            invocations: vec![self.invocation()],
            original_uri_base_ids: self.bases(),
            column_kind: "unicodeCodePoints",
            results: report.findings.iter().map(|finding| self.result(finding)).collect(),
            properties: json!({
                "coverage": report.coverage,
                "stats": report.stats,
                "summary": summary::totals_line(&report.stats),
                "coverageSummary": summary::coverage_line(&report.coverage),
            }),
        }
    }

    fn bases(&self) -> Map<String, Value> {
        let mut bases = Map::new();
        bases.insert(
            SOURCE_ROOT.to_owned(),
            json!({ "description": { "text": "the folder the audit was started in" } }),
        );
        for (at, root) in self.report.roots.iter().enumerate() {
            if prefix(&root.path).is_none() {
                let text = format!("the audited tree {}", root.path);
                bases.insert(format!("ROOT{at}"), json!({ "description": { "text": text } }));
            }
        }
        bases
    }

    fn artifact(&self, root: u32, path: &str) -> ArtifactLocation {
        let given = self.report.roots.get(root as usize).map_or("", |root| root.path.as_str());
        match prefix(given) {
            Some(prefix) => ArtifactLocation {
                uri: uri(&format!("{prefix}{path}")),
                uri_base_id: SOURCE_ROOT.to_owned(),
            },
            None => ArtifactLocation { uri: uri(path), uri_base_id: format!("ROOT{root}") },
        }
    }

    fn place(&self, root: u32, path: &str, region: Option<Region>) -> PhysicalLocation {
        PhysicalLocation { artifact_location: self.artifact(root, path), region }
    }

    /// A location of a whole line in the finding's file or another one.
    fn line(&self, finding: &Finding, path: Option<&str>, line: u32, message: &str) -> Location {
        let path = path.unwrap_or(&finding.path);
        let region = Some(Region::line(line));
        Location::of(self.place(finding.root, path, region), message)
    }

    fn span(&self, finding: &Finding, span: &Span, message: &str) -> Location {
        let path = span.path.as_deref().unwrap_or(&finding.path);
        Location::of(self.place(finding.root, path, Some(Region::of(span))), message)
    }

    fn invocation(&self) -> Invocation {
        let coverage = &self.report.coverage;
        let mut notifications: Vec<Notification> = coverage
            .gaps
            .iter()
            .map(|gap| Notification {
                descriptor: ReportingReference { id: gap.reason.word().to_owned() },
                level: if gap.reason == SkipReason::PartlyParsed { "warning" } else { "error" },
                message: Message::plain(&summary::gap_line(gap)),
                locations: vec![Location::of(
                    self.place(gap.root, &gap.path, gap.line.map(Region::line)),
                    "",
                )],
            })
            .collect();
        notifications.extend(self.report.suppressions_unused.iter().map(|unused| Notification {
            descriptor: ReportingReference { id: UNUSED.to_owned() },
            level: "warning",
            message: Message::plain(&summary::unused_line(unused)),
            locations: vec![Location::of(
                self.place(unused.root, &unused.path, Some(Region::line(unused.line))),
                "",
            )],
        }));
        Invocation {
            // A run that lost whole files did not do what it was asked.
            execution_successful: coverage
                .gaps
                .iter()
                .all(|gap| gap.reason == SkipReason::PartlyParsed),
            tool_execution_notifications: notifications,
        }
    }

    fn result(&self, finding: &Finding) -> RunResult {
        let closed = finding.verdict == Verdict::Closed;
        // Viewers show the first sentence where there is little room.
        let title = finding.title.trim_end_matches('.');
        let mut message = if finding.message.is_empty() {
            title.to_owned()
        } else {
            format!("{title}. {}", finding.message)
        };
        if let Some(reason) = summary::verdict_reason(finding) {
            // `closed by …` says the verdict itself.
            let word = finding.verdict.word();
            let said = if reason.starts_with(word) { "" } else { word };
            let gap = if said.is_empty() { "" } else { ": " };
            push!(&mut message, "\n{said}{gap}{reason}");
        }
        let mut act = self.span(finding, &finding.act, "");
        act.logical_locations = vec![LogicalLocation {
            fully_qualified_name: finding.function.clone(),
            kind: "function",
        }];
        RunResult {
            rule_id: finding.rule.to_string(),
            rule_index: self.report.rules.iter().position(|rule| rule.id == finding.rule),
            kind: if closed { "pass" } else { "fail" },
            level: match finding.severity {
                _ if closed => "none",
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            message: Message::plain(&message),
            locations: vec![act],
            related_locations: self.related(finding),
            code_flows: finding
                .witness
                .iter()
                .filter(|witness| !witness.steps.is_empty())
                .map(|witness| {
                    flow::code_flow(witness, |path, line| {
                        let path = path.unwrap_or(&finding.path);
                        self.place(finding.root, path, line.map(Region::line))
                    })
                })
                .collect(),
            partial_fingerprints: json!({ "amorsizeSite/v1": finding.fingerprint }),
            suppressions: suppressions(finding),
            fixes: self.fixes(finding),
            properties: json!({
                "verdict": finding.verdict,
                "consequence": finding.consequence,
                "confidence": finding.confidence,
                "title": finding.title,
                "function": finding.function,
                "store": finding.store,
                "key": finding.key,
                "assumption": finding.assumption,
                "guard": finding.guard,
                "guardGap": finding.guard_gap,
                "documented": finding.documented,
            }),
        }
    }

    fn related(&self, finding: &Finding) -> Vec<Location> {
        let mut related = Vec::new();
        if let Some(check) = &finding.check {
            let label = if check.label.is_empty() { "the check" } else { &check.label };
            related.push(self.span(finding, check, label));
        }
        let standing = finding.guard.iter();
        let guards = standing.chain(finding.guard_gap.iter().filter_map(|gap| gap.found.as_ref()));
        for guard in guards {
            if let Some(line) = guard.line {
                let text = format!("the guard {}", guard.name);
                related.push(self.line(finding, guard.path.as_deref(), line, &text));
            }
        }
        for said in &finding.acknowledged {
            let text = format!("acknowledged: {}", said.text);
            related.push(self.line(finding, said.path.as_deref(), said.line, &text));
        }
        if let Some(masked) = &finding.masked {
            let text = format!("swallows the loss: {}", masked.text.trim());
            related.push(self.line(finding, None, masked.line, &text));
        }
        if let Some(sibling) = &finding.sibling {
            let text = format!("{} does it right: {}", sibling.function, sibling.how);
            related.push(self.line(finding, Some(&sibling.path), sibling.line, &text));
        }
        for (at, location) in (1..).zip(&mut related) {
            location.id = Some(at);
        }
        related
    }

    fn fixes(&self, finding: &Finding) -> Vec<Fix> {
        let Some(fix) = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty()) else {
            return Vec::new();
        };
        let mut changes: Vec<ArtifactChange> = Vec::new();
        for edit in &fix.edits {
            let artifact_location = self.artifact(finding.root, &edit.path);
            let replacement = Replacement {
                deleted_region: Region {
                    start_line: edit.line.max(1),
                    start_column: Some(edit.column.max(1)),
                    end_line: Some(edit.end_line.max(1)),
                    end_column: Some(edit.end_column.max(1)),
                    snippet: None,
                },
                inserted_content: ArtifactContent { text: edit.replacement.clone() },
            };
            match changes.iter_mut().find(|c| c.artifact_location.uri == artifact_location.uri) {
                Some(change) => change.replacements.push(replacement),
                None => changes
                    .push(ArtifactChange { artifact_location, replacements: vec![replacement] }),
            }
        }
        vec![Fix { description: Message::plain(&fix.summary), artifact_changes: changes }]
    }
}

const UNUSED: &str = "unused-suppression";

fn notification_kind(reason: SkipReason) -> ReportingDescriptor {
    ReportingDescriptor {
        id: reason.word().to_owned(),
        name: None,
        short_description: Some(MultiformatMessage::plain(&format!(
            "a file was not, or not wholly, looked at: {}",
            summary::reason_phrase(reason)
        ))),
        help: None,
        properties: None,
    }
}

fn suppressions(finding: &Finding) -> Vec<Suppression> {
    let mut all = Vec::new();
    if let Some(suppressed) = &finding.suppressed {
        all.push(Suppression { kind: "inSource", justification: suppressed.reason.clone() });
    }
    if finding.baselined {
        all.push(Suppression { kind: "external", justification: "in the baseline".to_owned() });
    }
    all
}

/// What to put before the paths of a root, if it lies within the folder the audit was started in.
fn prefix(root: &str) -> Option<String> {
    let root = root.trim_end_matches('/');
    let parts: Vec<&str> = root.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let outside = root.starts_with('/')
        || parts.contains(&"..")
        || root.contains('\\')
        || root.as_bytes().get(1) == Some(&b':');
    if outside {
        return None;
    }
    Some(parts.iter().map(|part| format!("{part}/")).collect())
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'/'
            | b'+'
            | b'@'
            | b'='
            | b',' => out.push(char::from(byte)),
            _ => push!(&mut out, "%{byte:02X}"),
        }
    }
    out
}
