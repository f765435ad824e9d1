//! One finding as an article.

use amorsize_finding::{Finding, Fix, Rule, Verdict, Witness};
use maud::{Markup, PreEscaped, html};

use super::source;
use super::words::{anchor, prose, shows};
use crate::Options;
use crate::excerpt::Reader;
use crate::summary;
use crate::svg::{Event, Look, Party, Timeline};
use crate::visible;

/// So many steps are drawn, the others are counted.
const STEPS: usize = 40;
/// Rows of source around check and act.
const CONTEXT: u32 = 3;

/// Renders the article.
pub(super) fn render(
    finding: &Finding,
    rule: Option<&Rule>,
    options: &Options<'_>,
    reader: &mut Reader<'_>,
) -> Markup {
    let anchor = anchor(finding);
    let class = if finding.verdict == Verdict::Closed { "closed" } else { finding.severity.word() };
    let link = |path: &str, line: u32| {
        let template = options.link?;
        let url = template.replace("{path}", path).replace("{line}", &line.to_string());
        // Nothing but a web address becomes a link: a path could hold a script.
        (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
    };
    html! {
        article id=(anchor) class=(class) data-verdict=(finding.verdict) data-severity=(finding.severity)
            data-rule=(finding.rule) {
            h3 { a href={ "#" (anchor) } { (prose(&finding.title)) } }
            ul.tags {
                li title=[rule.map(|rule| shows(&rule.title))] {
                    (finding.rule) @if let Some(rule) = rule { " " (shows(&rule.name)) }
                }
                li class=(finding.verdict) { (finding.verdict) }
                @if finding.verdict != Verdict::Closed { li class=(finding.severity) { (finding.severity) } }
                li { (finding.consequence.phrase()) }
                li { (finding.confidence) " confidence" }
                @if finding.suppressed.is_some() { li { "suppressed" } }
                @if finding.baselined { li { "in the baseline" } }
            }
            p { (prose(&finding.message)) }
            @for excerpt in reader.excerpts(finding, CONTEXT) {
                (source::render(&excerpt, &anchor, link))
            }
            @if let Some(witness) = &finding.witness { (schedule(finding, witness)) }
            (facts(finding))
            @if let Some(fix) = &finding.fix { (patch(fix)) }
        }
    }
}

fn schedule(finding: &Finding, witness: &Witness) -> Markup {
    let drawing = timeline(finding, witness).render(Look::Inline);
    let more = witness.steps.len().saturating_sub(STEPS);
    html! {
        figure { (PreEscaped(drawing)) }
        @if more > 0 { p.muted { (more) " more steps" } }
        @if !witness.not_serial.is_empty() { p { "But " (prose(&witness.not_serial)) "." } }
        @if let Some(eviction) = &witness.eviction { p { (prose(eviction)) } }
    }
}

fn timeline(finding: &Finding, witness: &Witness) -> Timeline {
    let mut parties: Vec<Party> = witness
        .actors
        .iter()
        .map(|actor| Party { name: actor.name.clone(), runs: actor.runs.clone() })
        .collect();
    if parties.is_empty() {
        parties.push(Party::default());
    }
    let steps = &witness.steps[..witness.steps.len().min(STEPS)];
    let party = |name: &str| parties.iter().position(|party| party.name == name).unwrap_or(0);
    let events: Vec<Event> = steps
        .iter()
        .map(|step| {
            let file = step.path.as_deref().map_or(String::new(), |path| format!("{path} "));
            Event {
                party: party(&step.actor),
                effect: step.effect.clone(),
                result: step.result.clone().unwrap_or_default(),
                place: step.line.map_or(file.clone(), |line| format!("{file}line {line}")),
                note: step.note.clone().unwrap_or_default(),
            }
        })
        .collect();
    Timeline {
        title: String::new(),
        initial: witness.initial.clone(),
        window: window(finding, witness, steps.len()),
        parties,
        events,
        outcome: witness.outcome.clone(),
    }
}

/// From the step that checks to the step of the same party that acts, with another party in between.
fn window(finding: &Finding, witness: &Witness, shown: usize) -> Option<(usize, usize)> {
    let check = finding.check.as_ref()?;
    let steps = &witness.steps[..shown];
    steps.iter().enumerate().find_map(|(first, step)| {
        if step.line != Some(check.line) {
            return None;
        }
        let last =
            steps.iter().enumerate().skip(first + 1).find(|(_, later)| {
                later.actor == step.actor && later.line == Some(finding.act.line)
            })?;
        let between = &steps[first + 1..last.0];
        between.iter().any(|other| other.actor != step.actor).then_some((first, last.0))
    })
}

fn facts(finding: &Finding) -> Markup {
    let fact = |word: &str, text: Option<String>| {
        html! {
            @if let Some(text) = text.filter(|text| !text.is_empty()) { dt { (word) } dd { (prose(&text)) } }
        }
    };
    let coded = |word: &str, text: &str| {
        html! { @if !text.is_empty() { dt { (word) } dd { code { (shows(text)) } } } }
    };
    html! {
        dl {
            (coded("function", &finding.function))
            (coded("store", &finding.store))
            (coded("key", &finding.key))
            @if finding.verdict == Verdict::Conditional { (fact("only if", finding.assumption.clone())) }
            @if finding.verdict == Verdict::Closed || finding.suppressed.is_some() {
                (fact("because", summary::verdict_reason(finding)))
            }
            (fact("missing guard", summary::missing_guard(finding)))
            @for said in &finding.acknowledged {
                dt { "admitted" }
                dd {
                    blockquote { (shows(&said.text.split_whitespace().collect::<Vec<_>>().join(" "))) }
                    span.muted {
                        @if let Some(path) = &said.path { (shows(path)) ", " } "line " (said.line)
                    }
                }
            }
            (fact("documented", finding.documented.clone()))
            @if let Some(masked) = &finding.masked {
                dt { "silent failure" }
                dd {
                    code { (shows(masked.text.trim())) } " (line " (masked.line) ")"
                    @if !masked.told.is_empty() { "; the caller is told " (prose(&masked.told)) }
                }
            }
            @if let Some(sibling) = &finding.sibling {
                dt { "done right by" }
                dd {
                    code { (shows(&sibling.function)) } " (" (shows(&sibling.path)) ":" (sibling.line) ")"
                    @if !sibling.how.is_empty() { ": " (prose(&sibling.how)) }
                }
            }
            @if let Some(proof) = &finding.proof {
                dt { "seen" }
                dd {
                    (prose(&proof.line()))
                    @if !proof.outcomes.is_empty() { pre { (shows(&proof.outcomes.join("\n"))) } }
                    span.muted { (shows(&proof.reach)) }
                    @if let Some(replay) = &proof.replay { pre { (shows(replay)) } }
                }
            }
            @if let Some(fix) = &finding.fix {
                dt { "smallest fix" }
                dd {
                    (prose(&fix.summary))
                    @if fix.verified { span.muted { " (explored again: the witness is gone)" } }
                }
            }
        }
    }
}

fn patch(fix: &Fix) -> Markup {
    let class = |line: &str| match line.as_bytes().first() {
        Some(b'-' | b'+') if line.starts_with("--- ") || line.starts_with("+++ ") => "at",
        Some(b'+') => "add",
        Some(b'-') => "del",
        Some(b'@') => "at",
        _ => "",
    };
    html! {
        @if let Some(patch) = &fix.patch {
            pre.diff {
                @for line in patch.lines() { span class=(class(line)) { (visible::line(line)) } }
            }
        }
    }
}
