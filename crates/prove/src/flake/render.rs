//! The report for people.

use super::test::{Steadiness, Verdict};
use std::fmt::Write as _;

/// Renders the answer as text.
#[must_use]
pub fn text(answer: &Steadiness) -> String {
    let word = match answer.verdict {
        Verdict::Steady => "STEADY",
        Verdict::Flaky => "FLAKY",
        Verdict::Broken => "BROKEN",
        Verdict::NotEnoughRuns => "NOT ENOUGH RUNS",
    };
    let mut out = format!("{word}  {}\n\n", answer.reason);
    let mut say = |text: String| {
        writeln!(out, "  {text}").ok();
    };
    let (low, high) = answer.interval;
    say(format!(
        "rate     {} of {} runs failed; between {:.2} % and {:.2} % ({:.0} % sure, at any time of looking)",
        answer.sample.failures + answer.earlier.failures,
        answer.sample.runs + answer.earlier.runs,
        low * 100.0,
        high * 100.0,
        answer.confidence * 100.0
    ));
    if let Some(effective) = answer.effective {
        say(format!(
            "draws    {} runs drew {effective} different sequences: effective n = {effective}",
            answer.sample.runs + answer.earlier.runs
        ));
    }
    for side in &answer.coins {
        let came = if side.passed { "passes" } else { "FAILS" };
        say(format!("coin     {} forced {:<4}  {came}", side.coin.site, side.coin.side));
    }
    for single in &answer.singles {
        say(format!(
            "test     {} failed {} of {} times",
            single.name, single.sample.failures, single.sample.runs
        ));
    }
    if let Some(versus) = &answer.versus {
        say(format!(
            "versus   {}: {} of {} failed; p = {:.4}: {}",
            versus.from, versus.other.failures, versus.other.runs, versus.p, versus.claim
        ));
    }
    for note in &answer.notes {
        say(format!("note     {note}"));
    }
    if let Some(failure) = &answer.failure {
        for line in failure.lines() {
            say(format!("| {line}"));
        }
    }
    out
}
