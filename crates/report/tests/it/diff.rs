//! Comparisons of two reports: what is new, gone, moved or unchanged, and when that is uncertain.

use amorsize_finding::{
    ExitCode, Finding, Gap, Guard, GuardKind, Report, Scope, SkipReason, Span, Verdict,
};
use amorsize_report::diff::{Change, diff};

use crate::sample;

fn at(path: &str, function: &str, store: &str, line: u32) -> Finding {
    let mut finding = sample::bare(101, path, Span::on_line(line, 5, format!("{store}[k] = v")));
    function.clone_into(&mut finding.function);
    store.clone_into(&mut finding.store);
    finding.fingerprint = Finding::identity(finding.rule, [path, function, store, "k"], 0);
    finding
}

fn report(findings: impl IntoIterator<Item = Finding>) -> Report {
    let mut report = sample::report();
    report.findings = findings.into_iter().collect();
    report.coverage = amorsize_finding::Coverage::default();
    report.sort();
    report
}

fn changes(old: &Report, new: &Report) -> Vec<(Change, String)> {
    diff(old, new).entries.into_iter().map(|entry| (entry.change, entry.reason)).collect()
}

#[test]
fn the_same_report_has_not_changed() {
    let report = sample::report();
    let same = diff(&report, &report);
    assert!(same.entries.iter().all(|entry| entry.change == Change::Unchanged));
    assert_eq!(same.entries.len(), 2, "closed and suppressed ones do not count");
    assert_eq!(same.exit_code(), ExitCode::Incomplete, "the sample has gaps");
}

#[test]
fn lines_files_and_functions_move() {
    let old =
        report([at("a.py", "f", "one", 3), at("b.py", "g", "two", 9), at("c.py", "h", "three", 1)]);
    let new =
        report([at("a.py", "f", "one", 7), at("x.py", "g", "two", 9), at("c.py", "i", "three", 1)]);
    let moved = diff(&old, &new);
    assert_eq!(moved.exit_code(), ExitCode::Clean);
    assert_eq!(
        changes(&old, &new),
        [
            (Change::Moved, "line 3 to 7".to_owned()),
            (Change::Moved, "from function h".to_owned()),
            (Change::Moved, "from b.py".to_owned()),
        ]
    );
}

#[test]
fn a_site_that_came_and_one_that_went() {
    let old = report([at("a.py", "f", "one", 3)]);
    let new = report([at("b.py", "g", "two", 9)]);
    assert_eq!(
        changes(&old, &new),
        [
            (Change::New, "no such site before".to_owned()),
            (Change::Gone, "no such site any more".to_owned())
        ]
    );
    assert_eq!(diff(&old, &new).exit_code(), ExitCode::Findings);
}

#[test]
fn what_was_not_looked_at_is_not_called_fixed() {
    let old = report([at("a.py", "f", "one", 3)]);
    let mut new = report([]);
    new.coverage.gaps.push(Gap {
        root: 0,
        path: "a.py".into(),
        reason: SkipReason::Unreadable,
        line: None,
        detail: "permission denied".into(),
    });
    let uncertain = diff(&old, &new);
    assert_eq!(uncertain.exit_code(), ExitCode::Incomplete);
    assert!(uncertain.entries[0].uncertain);
    assert!(uncertain.text().contains("not looked at now: a.py: unreadable: permission denied"));
}

#[test]
fn verdicts_change_with_their_reason() {
    let mut closed = at("a.py", "f", "one", 3);
    closed.verdict = Verdict::Closed;
    closed.guard = Some(Guard {
        kind: GuardKind::Lock,
        scope: Scope::Thread,
        name: "self._lock".into(),
        line: Some(2),
        path: None,
    });
    let open = at("a.py", "f", "one", 3);
    let reason = "closed by self._lock (lock, thread scope, line 2)";
    assert_eq!(
        changes(&report([open.clone()]), &report([closed.clone()])),
        [(Change::Gone, reason.to_owned())]
    );
    assert_eq!(
        changes(&report([closed]), &report([open.clone()])),
        [(Change::New, format!("was {reason}"))]
    );
    let mut conditional = open.clone();
    conditional.verdict = Verdict::Conditional;
    assert_eq!(
        changes(&report([conditional.clone()]), &report([open.clone()])),
        [(Change::New, "was conditional, is open".to_owned())]
    );
    assert_eq!(
        changes(&report([open]), &report([conditional])),
        [(Change::Unchanged, "was open, is conditional".to_owned())]
    );
}

#[test]
fn two_alike_are_paired_in_their_order() {
    let twin = |line| {
        let mut twin = at("a.py", "f", "one", line);
        twin.fingerprint = Finding::identity(twin.rule, ["a.py", "f", "one", "k"], line);
        twin
    };
    let entries = diff(&report([twin(1), twin(5)]), &report([twin(2), twin(6)])).entries;
    let was: Vec<u32> = entries.iter().map(|entry| entry.was.as_ref().unwrap().line).collect();
    assert_eq!(was, [1, 5]);
}

#[test]
fn roots_are_paired_by_name_and_by_order_only_where_names_differ() {
    let mut second = at("a.py", "f", "one", 3);
    second.root = 1;
    let old = report([at("b.py", "g", "two", 9), second.clone()]);
    let mut new = report([at("a.py", "f", "one", 3)]);
    new.roots.reverse();
    let entries = diff(&old, &new).entries;
    assert_eq!(entries[0].change, Change::Gone);
    assert_eq!(entries[1].change, Change::Unchanged);
    // Two versions of one tree, in folders of different names.
    let mut renamed = report([second]);
    renamed.roots[1].name = "client-2".into();
    assert_eq!(diff(&old, &renamed).count(Change::Unchanged), 1);
}
