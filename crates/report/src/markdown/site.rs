//! One finding as a section.

use amorsize_finding::{Finding, Fix, Span, Step, Verdict, Witness};

use super::escape::{block, cell_code, cell_prose, code, prose, sentence};
use crate::Options;
use crate::excerpt::Reader;
use crate::summary;

/// So many steps of a witness are shown, the others are counted.
const STEPS: usize = 60;
/// Rows farther than this from every mark are folded.
const NEAR: u32 = 3;

/// Writes the section.
pub(super) fn render(
    number: usize,
    finding: &Finding,
    options: &Options<'_>,
    reader: &mut Reader<'_>,
    out: &mut String,
) {
    let place = format!("{}:{}", finding.path, finding.act.line);
    push!(out, "### {number}. {} ({place})\n\n", prose(&finding.title), place = prose(&place));
    let mut item = |word: &str, text: &str| {
        if !text.is_empty() {
            push!(out, "- **{word}**: {text}\n");
        }
    };
    let link = link(options, &finding.path, finding.act.line);
    item("Location", &format!("{}{link}, in {}", code(&place), code(&finding.function)));
    // What is closed has no consequence.
    let consequence = match finding.verdict {
        Verdict::Closed => String::new(),
        _ => format!(", {}", finding.consequence.phrase()),
    };
    item("Rule", &format!("{}{consequence}", finding.rule));
    let key = match finding.key.as_str() {
        "" => String::new(),
        key => format!(", key {}", code(key)),
    };
    let store = format!("{}{key}", code(&finding.store));
    item("Store", &store);
    if let Some(check) = &finding.check {
        item("Check", &span(finding, check));
    }
    item("Act", &span(finding, &finding.act));
    item("Window", &window(finding));
    for said in &finding.acknowledged {
        let path = said.path.as_deref().map_or(String::new(), |path| format!("{}, ", code(path)));
        let quote = prose(&said.text);
        item("Acknowledged in the code", &format!("{path}line {}: “{quote}”", said.line));
    }
    item("Documented", &finding.documented.as_deref().map(prose).unwrap_or_default());
    if let Some(masked) = &finding.masked {
        let told = if masked.told.is_empty() {
            String::new()
        } else {
            format!("; the caller is told {}", prose(&masked.told))
        };
        item("Silent failure", &format!("line {}: {}{told}", masked.line, code(&masked.text)));
    }
    if let Some(sibling) = &finding.sibling {
        let how = if sibling.how.is_empty() {
            String::new()
        } else {
            format!(": {}", prose(&sibling.how))
        };
        let place = code(&format!("{}:{}", sibling.path, sibling.line));
        item("Done right by", &format!("{} ({place}){how}", code(&sibling.function)));
    }
    item("Missing guard", &summary::missing_guard(finding).map(|g| prose(&g)).unwrap_or_default());
    item("Verdict", &verdict(finding));
    if let Some(proof) = &finding.proof {
        item("Seen", &format!("{} ({})", prose(&proof.line()), prose(&proof.reach)));
        item("Seen again with", &proof.replay.as_deref().map(code).unwrap_or_default());
    }
    if let Some(fix) = &finding.fix {
        item("Smallest fix", &fix_line(fix));
    }
    push!(out, "\n{}\n\n", prose(&finding.message));
    snippet(finding, reader, out);
    if let Some(witness) = &finding.witness {
        schedule(witness, out);
    }
    if let Some(patch) = finding.fix.as_ref().and_then(|fix| fix.patch.as_deref()) {
        block("diff", patch, out);
    }
}

fn link(options: &Options<'_>, path: &str, line: u32) -> String {
    let Some(template) = options.link else { return String::new() };
    let url = template.replace("{path}", path).replace("{line}", &line.to_string());
    let mut safe = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'(' | b')' | b'<' | b'>' | b'"' | b'\\' | b'`' | 0..=b' ' | 127.. => {
                push!(&mut safe, "%{byte:02X}");
            }
            _ => safe.push(char::from(byte)),
        }
    }
    format!(" ([source]({safe}))")
}

fn span(finding: &Finding, span: &Span) -> String {
    let place = match &span.path {
        Some(path) if *path != finding.path => format!("{}, line {}", code(path), span.line),
        _ => format!("line {}", span.line),
    };
    let (does, statement, elsewhere) = parts(&span.label);
    let mut text = span.text.lines().next().unwrap_or("");
    // The first line of a long call says less than the statement it sends.
    if span.text.contains('\n') && !statement.is_empty() {
        text = statement;
    }
    let mut label = prose(does);
    if !statement.is_empty() && statement != text {
        push!(&mut label, ": {}", code(statement));
    }
    if !elsewhere.is_empty() {
        let own = elsewhere.strip_prefix(finding.path.as_str());
        match own.and_then(|rest| rest.strip_prefix(':')) {
            Some(line) => push!(&mut label, ", in line {line}"),
            None => push!(&mut label, ", in {}", code(elsewhere)),
        }
    }
    let label = if label.is_empty() { label } else { format!(" ({label})") };
    format!("{place}: {}{label}", code(text))
}

/// What a label says: what is done, the statement that does it, and where that stands if not here.
fn parts(label: &str) -> (&str, &str, &str) {
    let placed = label.strip_suffix(')').and_then(|label| label.rsplit_once(" ("));
    let placed = placed.filter(|(_, place)| {
        let line = place.rsplit_once(':').map(|(_, line)| line);
        line.is_some_and(|line| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
    });
    let (rest, elsewhere) = placed.unwrap_or((label, ""));
    let (does, statement) = rest.split_once(": ").unwrap_or((rest, ""));
    (does, statement, elsewhere)
}

/// Where the window is and what another party does in it.
fn window(finding: &Finding) -> String {
    let Some((first, last)) = summary::window(finding) else { return String::new() };
    let place = if first == last {
        format!("within line {first}")
    } else {
        format!("lines {first} to {last}")
    };
    let Some(witness) = &finding.witness else { return place };
    let first = witness.steps.first().map(|step| step.actor.as_str());
    let mut others: Vec<String> = Vec::new();
    let acts = |step: &&Step| {
        let result = step.result.as_deref().unwrap_or_default();
        ["stores", "removes", "publishes"].iter().any(|word| result.starts_with(word))
    };
    for step in witness.steps.iter().filter(|step| Some(step.actor.as_str()) != first).filter(acts)
    {
        let effect = format!("{} {}", step.actor, code(&step.effect));
        if !others.contains(&effect) {
            others.push(effect);
        }
    }
    others.truncate(4);
    if others.is_empty() { place } else { format!("{place}; in between: {}", others.join("; ")) }
}

fn verdict(finding: &Finding) -> String {
    let reason = match finding.verdict {
        Verdict::Conditional => {
            finding.assumption.as_deref().map(|a| format!("only if {}", prose(a)))
        }
        _ => summary::verdict_reason(finding).map(|reason| prose(&reason)),
    };
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} ({}, {} confidence){reason}", finding.verdict, finding.severity, finding.confidence)
}

fn fix_line(fix: &Fix) -> String {
    let verified = if fix.verified { " (explored again: the witness is gone)" } else { "" };
    format!("{}{verified}", prose(&fix.summary))
}

/// Check and act in the source, with their lines numbered.
fn snippet(finding: &Finding, reader: &mut Reader<'_>, out: &mut String) {
    let mut text = String::new();
    for (at, excerpt) in reader.excerpts(finding, 1).iter().enumerate() {
        if at > 0 {
            text.push_str("     …\n");
        }
        let mut folded = false;
        let near = |line: u32| excerpt.marks.iter().any(|mark| mark.line.abs_diff(line) <= NEAR);
        let indent = excerpt.common_indent(near);
        for (line, row) in excerpt.numbered() {
            let marks: Vec<_> = excerpt.marks.iter().filter(|mark| mark.line == line).collect();
            // Rows far from both marks say nothing here.
            if !near(line) {
                if !folded {
                    text.push_str("     …\n");
                }
                folded = true;
                continue;
            }
            folded = false;
            let signs: Vec<&str> = marks.iter().map(|mark| mark.role.word()).collect();
            let sign = if signs.is_empty() {
                String::new()
            } else {
                format!("  ← {}", signs.join(" and "))
            };
            let row = row.get(indent..).unwrap_or("");
            push!(&mut text, "{line:>5}  {row}{sign}\n");
        }
    }
    if !text.trim().is_empty() {
        block("text", &text, out);
    }
}

/// The witness as a table, one column a party.
fn schedule(witness: &Witness, out: &mut String) {
    push!(
        out,
        "The schedule that shows it. {}\n\n",
        sentence(&format!("At first: {}", witness.initial))
    );
    out.push_str("| # |");
    for actor in &witness.actors {
        push!(out, " {} {} |", cell_prose(&actor.name), cell_code(&actor.runs));
    }
    out.push_str("\n| ---: |");
    out.push_str(&" --- |".repeat(witness.actors.len()));
    out.push('\n');
    for (number, step) in (1..).zip(witness.steps.iter().take(STEPS)) {
        let line = step.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let mut text = format!("{line}{}", cell_code(&step.effect));
        if let Some(result) = &step.result {
            push!(&mut text, " → {}", cell_prose(result));
        }
        if let Some(note) = &step.note {
            push!(&mut text, "; {}", cell_prose(note));
        }
        push!(out, "| {number} |");
        let known = witness.actors.iter().position(|actor| actor.name == step.actor);
        for at in 0..witness.actors.len() {
            push!(out, " {} |", if known.unwrap_or(0) == at { text.as_str() } else { "" });
        }
        out.push('\n');
    }
    if witness.steps.len() > STEPS {
        push!(out, "\n… {} more steps.\n", witness.steps.len() - STEPS);
    }
    push!(out, "\n{}", sentence(&format!("So {}", witness.outcome)));
    if !witness.not_serial.is_empty() {
        push!(out, " {}", sentence(&format!("But {}", witness.not_serial)));
    }
    if let Some(eviction) = &witness.eviction {
        push!(out, " {}", sentence(eviction));
    }
    out.push_str("\n\n");
}
