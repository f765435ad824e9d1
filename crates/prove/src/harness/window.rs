//! Where a finding's witness holds its first actor: the lines before which the second one acts, and every place passed.
//!
//! The window need not lie in the finding's own function: a helper that looks and stores is where it opens and closes.

use super::guess::{REMOVE, WRITE};
use crate::experiment::Op;
use amorsize_finding::{Finding, Step};

const LINES_MAX: u32 = 200;

/// The steps of one actor.
fn steps<'a>(finding: &'a Finding, actor: &'a str) -> impl Iterator<Item = &'a Step> {
    let steps = finding.witness.iter().flat_map(|witness| &witness.steps);
    steps.filter(move |step| step.actor == actor)
}

/// The lines A passes: a path where it is not the finding's own, and the line.
pub(super) fn places(finding: &Finding) -> Vec<(Option<&str>, u32)> {
    steps(finding, "A").filter_map(|step| Some((step.path.as_deref(), step.line?))).collect()
}

/// The labels of the lines to be tried first: behind the check up to the act, and where A stands while B acts.
pub(super) fn first(finding: &Finding) -> Option<String> {
    let own = |path: Option<&str>| {
        let path = path.unwrap_or(&finding.path);
        regex::escape(path.rsplit('/').next().unwrap_or_default())
    };
    let mut found = vec![];
    if let Some(check) = &finding.check {
        let last = finding.act.end_line.max(finding.act.line);
        let from = check.end_line.max(check.line) + 1;
        let from = from.min(finding.act.line);
        if last - from > LINES_MAX {
            return None;
        }
        let lines: Vec<String> = (from..=last).map(|line| line.to_string()).collect();
        found.push(format!("{}:({})", own(None), lines.join("|")));
    }
    let all = finding.witness.iter().flat_map(|witness| witness.steps.windows(2));
    for pair in all.filter(|pair| pair[0].actor != "A" && pair[1].actor == "A") {
        let place = pair[1].line.map(|line| format!("{}:{line}", own(pair[1].path.as_deref())));
        found.extend(place);
    }
    (!found.is_empty()).then(|| format!("^(?:{}) ", found.join("|")))
}

/// Whether what B stores pushes A's entry out: then it has a key of its own.
pub(super) fn pushes_out(finding: &Finding) -> bool {
    let second = finding.witness.iter().filter_map(|witness| witness.actors.get(1));
    let stores = second.into_iter().any(|actor| {
        let name = actor.runs.split('(').next().unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let is = |words: &[&str]| {
            let of =
                |word: &&str| name.starts_with(*word) || name.split('_').any(|one| one == *word);
            words.iter().any(of)
        };
        is(WRITE) && !is(REMOVE)
    });
    let result = |step: &Step| {
        step.result.as_deref().is_some_and(|said| said.starts_with("removes the old value"))
    };
    stores && steps(finding, "B").any(result)
}

/// Whether the second party changes the state by what the witness says.
pub(super) fn changes(finding: &Finding) -> Vec<Op> {
    let said = |step: &Step| {
        let said = step.result.as_deref().unwrap_or_default();
        said.starts_with("stores ") || said.starts_with("removes ")
    };
    if steps(finding, "B").any(said) { vec![Op::B] } else { vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finding(b: &str, b_does: &str) -> Finding {
        serde_json::from_value(json!({
            "rule": "CTA101", "verdict": "open", "severity": "error", "consequence": "crash",
            "title": "", "message": "", "confidence": "high", "path": "pkg/memo.py",
            "function": "Cache.get", "store": "self.data", "key": "key",
            "check": {"line": 10, "column": 9, "text": "key in self.data"},
            "act": {"line": 12, "column": 9, "text": "self.touch(key)"},
            "witness": {"initial": "an entry is there", "outcome": "", "not_serial": "",
                        "actors": [{"name": "A", "runs": "Cache.get"}, {"name": "B", "runs": b}],
                        "steps": [{"actor": "A", "line": 10, "effect": "key in self.data"},
                                  {"actor": "B", "line": 40, "effect": b, "result": b_does},
                                  {"actor": "A", "line": 31, "effect": "self.data[key]"},
                                  {"actor": "A", "line": 5, "path": "pkg/other.py", "effect": "return"}]},
            "fingerprint": "0123456789abcdef"
        }))
        .unwrap()
    }

    #[test]
    fn the_window_of_a_helper_is_where_the_witness_puts_it() {
        let found = finding("Cache.delete", "removes the old value, which is in force");
        assert_eq!(first(&found).unwrap(), r"^(?:memo\.py:(11|12)|memo\.py:31) ");
        assert_eq!(places(&found), [(None, 10), (None, 31), (Some("pkg/other.py"), 5)]);
        assert!(!pushes_out(&found));
    }

    #[test]
    fn a_setter_that_removes_is_given_another_key() {
        assert!(pushes_out(&finding(
            "Cache.__setitem__",
            "removes the old value, which is in force"
        )));
        assert!(pushes_out(&finding("Cache.set", "removes the old value, which is in force")));
        assert!(!pushes_out(&finding("Cache.set", "stores B's value")));
        assert_eq!(changes(&finding("Cache.set", "stores B's value")), [Op::B]);
        assert_eq!(changes(&finding("Cache.get", "sees the old value")), []);
    }
}
