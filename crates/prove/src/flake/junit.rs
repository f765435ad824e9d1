//! The answer as a `JUnit` file: one case for the whole, one for each single test that was both.

use super::test::{Steadiness, Verdict};
use std::fmt::Write as _;

/// Renders the answer for a continuous-integration server.
#[must_use]
pub fn junit(answer: &Steadiness) -> String {
    let steady = answer.verdict == Verdict::Steady;
    let missing = answer.verdict == Verdict::NotEnoughRuns;
    let failures = usize::from(!steady && !missing) + answer.singles.len();
    let tests = 1 + answer.singles.len();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"amorsize flake\" \
         tests=\"{tests}\" failures=\"{failures}\" skipped=\"{}\">\n",
        usize::from(missing)
    );
    let name = escaped(&answer.command.join(" "));
    let reason = escaped(&answer.reason);
    let body = match answer.verdict {
        Verdict::Steady => format!("<system-out>{reason}</system-out>"),
        Verdict::NotEnoughRuns => format!("<skipped message=\"{reason}\"/>"),
        Verdict::Flaky | Verdict::Broken => {
            let said = escaped(answer.failure.as_deref().unwrap_or_default());
            format!("<failure message=\"{reason}\">{said}</failure>")
        }
    };
    writeln!(out, "<testcase classname=\"flake\" name=\"{name}\">{body}</testcase>").ok();
    for single in &answer.singles {
        writeln!(
            out,
            "<testcase classname=\"flake\" name=\"{}\"><failure message=\"failed {} of {} times\"/></testcase>",
            escaped(&single.name),
            single.sample.failures,
            single.sample.runs
        )
        .ok();
    }
    out.push_str("</testsuite></testsuites>\n");
    out
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\n' | '\t' => c.to_string(),
            c if c.is_control() => "\u{fffd}".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
