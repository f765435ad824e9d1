//! The report for people.

use super::columns;
use crate::experiment::Op;
use crate::outcome::{Answer, Outcome, one_line};
use crate::report::{Proof, Result, Tried};
use std::fmt::Write as _;

/// What a plain terminal is wide.
const WIDTH: usize = 80;

/// Renders a proof as text; every boundary is listed only when `all` is set.
#[must_use]
pub fn text(proof: &Proof, all: bool) -> String {
    let mut out = String::new();
    let word = proof.verdict.word();
    match proof.shown {
        Some(shown) => line(&mut out, &format!("{word}  {shown}: {}", proof.reason)),
        None => line(&mut out, &format!("{word}  {}", proof.reason)),
    }
    if let Some(hint) = &proof.hint {
        line(&mut out, &format!("  hint: {hint}"));
    }
    outcomes(&mut out, proof);
    witness(&mut out, proof);
    boundaries(&mut out, proof, all);
    for guard in &proof.guards {
        line(&mut out, &format!("  guard    {} ({} times)", guard.what, guard.times));
    }
    for evidence in &proof.evidence {
        line(&mut out, &format!("  evidence {evidence}"));
    }
    if let Some(witness) = &proof.witness {
        line(&mut out, &format!("\n  replay   {}", witness.replay));
    }
    coverage(&mut out, proof);
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

fn outcomes(out: &mut String, proof: &Proof) {
    if proof.serial.is_empty() {
        return;
    }
    out.push('\n');
    for serial in &proof.serial {
        let runs = format!("(the same {} times)", serial.runs);
        line(out, &format!("  {}      {}  {runs}", serial.order, in_words(&serial.outcome)));
    }
    if let Some(witness) = &proof.witness {
        let (forced, again) = witness.repeated;
        let times = if forced > 1 {
            format!("(forced {forced} times, seen {again} times)")
        } else {
            String::new()
        };
        line(out, &format!("  forced   {}  {times}", in_words(&witness.outcome)));
    }
}

fn in_words(outcome: &Outcome) -> String {
    let mut words = vec![];
    for (name, op) in [("A", Op::A), ("B", Op::B), ("state", Op::Probe)] {
        if let Some(answer) = outcome.answer(op) {
            words.push(format!("{name}: {}", Answer::short(answer)));
        }
    }
    words.join("   ")
}

fn witness(out: &mut String, proof: &Proof) {
    let Some(witness) = &proof.witness else { return };
    let (from, to) = witness.window;
    let count =
        if from == to { format!("boundary {to}") } else { format!("boundaries {from} to {to}") };
    let (open, close) = &witness.window_labels;
    out.push('\n');
    line(out, &format!("  window   {count} of {}", witness.held));
    line(out, &format!("           opens after `{}`", one_line(open, 55)));
    line(out, &format!("           closed by   `{}`", one_line(close, 55)));
    if let Some(eviction) = &witness.eviction {
        line(out, &format!("  eviction {eviction}"));
    }
    out.push('\n');
    out.push_str(&columns::set(&columns::rows(witness), WIDTH));
    out.push('\n');
}

fn boundaries(out: &mut String, proof: &Proof, all: bool) {
    if proof.boundaries.is_empty() {
        return;
    }
    if proof.witness.is_none() {
        out.push('\n');
    }
    let interesting = |tried: &&Tried| {
        all || !matches!(
            tried.result,
            Result::Serial { .. } | Result::Session | Result::Skipped { .. }
        ) || tried.waited.is_some()
    };
    for tried in proof.boundaries.iter().filter(interesting) {
        let what = one_line(&tried.label, 56);
        let mut came = came(&tried.result);
        if let Some(on) = &tried.waited {
            let waited = format!("; {} waited: {}", tried.party.other(), one_line(on, 60));
            came.push_str(&waited);
        }
        let mut row = String::new();
        write!(row, "  {} {:>3}  {what:<56}  {came}", tried.party, tried.at).ok();
        line(out, &row);
    }
}

/// What came of a hold, in words.
pub(super) fn came(result: &Result) -> String {
    match result {
        Result::Serial { order } => format!("serial, {order}"),
        Result::TurnedAway { party, said } => {
            format!("{party} was turned away: {}", one_line(said, 60))
        }
        Result::NotSerial { shown, .. } => format!("NOT SERIAL, {shown}"),
        Result::Unconfirmed { .. } => "not serial once, and not again".to_owned(),
        Result::Artefact { why } => format!("cannot be judged: {why}"),
        Result::NotReached => "not reached again".to_owned(),
        Result::Session => "opens the session only".to_owned(),
        Result::Skipped { why } => format!("not tried: {why}"),
    }
}

fn coverage(out: &mut String, proof: &Proof) {
    let coverage = &proof.coverage;
    let session = match coverage.boundaries_session {
        0 => String::new(),
        count => format!(" ({count} more only open a session)"),
    };
    let text = format!(
        "  coverage one preemption, two parties, held at {} of {} boundaries{session}, {} runs; \
         this is not \"free of races\"",
        coverage.boundaries_tried,
        coverage.boundaries_seen - coverage.boundaries_session,
        coverage.runs
    );
    line(out, &text);
    for blind in &coverage.blind_spots {
        line(out, &format!("  blind    {blind}"));
    }
    for missing in &coverage.missing {
        line(out, &format!("  missing  {missing}"));
    }
}
