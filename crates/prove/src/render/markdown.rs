//! The report to hand in.

use super::{columns, text};
use crate::outcome::Answer;
use crate::report::Proof;

/// Renders a proof as Markdown.
#[must_use]
pub fn markdown(proof: &Proof) -> String {
    let shown = proof.shown.map(|shown| format!(" ({shown})")).unwrap_or_default();
    let mut out = format!("# {}{shown}\n\n{}\n", proof.verdict.word(), proof.reason);
    let mut say = |text: String| out.push_str(&text);
    say("\n| | command |\n|---|---|\n".to_owned());
    let commands = &proof.commands;
    for (name, command) in [
        ("setup", commands.setup.as_ref()),
        ("A", Some(&commands.a)),
        ("B", Some(&commands.b)),
        ("probe", commands.probe.as_ref()),
        ("eviction", commands.evict.as_ref()),
    ] {
        if let Some(command) = command {
            say(format!("| {name} | `{}` |\n", cell(command)));
        }
    }
    if !proof.serial.is_empty() {
        say("\n| order | A | B | state |\n|---|---|---|---|\n".to_owned());
    }
    let forced = proof.witness.iter().map(|witness| ("**forced**".to_owned(), &witness.outcome));
    let serial = proof.serial.iter().map(|serial| (serial.order.clone(), &serial.outcome));
    for (order, outcome) in serial.chain(forced) {
        let [a, b, state] = [&outcome.a, &outcome.b, &outcome.state]
            .map(|answer| cell(&answer.as_ref().map(Answer::short).unwrap_or_default()));
        say(format!("| {order} | {a} | {b} | {state} |\n"));
    }
    if let Some(witness) = &proof.witness {
        say("\n| A | B |\n|---|---|\n".to_owned());
        for row in columns::rows(witness) {
            let text = cell(&row.text);
            let right = row.party == crate::experiment::Op::B;
            say(if right { format!("| | {text} |\n") } else { format!("| {text} | |\n") });
        }
        say(format!("\nReplay:\n\n```sh\n{}\n```\n", witness.replay));
    }
    if !proof.boundaries.is_empty() {
        say("\n| held | before | came to |\n|---|---|---|\n".to_owned());
        for tried in &proof.boundaries {
            let waited = tried.waited.as_ref().map(|on| format!("; the other waited: {on}"));
            let came = format!("{}{}", text::came(&tried.result), waited.unwrap_or_default());
            let row = format!(
                "| {} {} | {} | {} |\n",
                tried.party,
                tried.at,
                cell(&tried.label),
                cell(&came)
            );
            say(row);
        }
    }
    for guard in &proof.guards {
        say(format!("\n- guard: {} ({} times)", guard.what, guard.times));
    }
    for evidence in &proof.evidence {
        say(format!("\n- evidence: {evidence}"));
    }
    let coverage = &proof.coverage;
    say(format!(
        "\n\nOne preemption, two parties, held at {} of {} boundaries, {} runs. This is not a proof of absence.\n",
        coverage.boundaries_tried, coverage.boundaries_seen, coverage.runs
    ));
    for line in coverage.blind_spots.iter().chain(&coverage.missing) {
        say(format!("\n- not seen: {line}"));
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
