//! A green that saw nothing is the worst thing this tool could say.

use crate::support::{Case, text, why_no_verdict};
use amorsize_finding::ProofVerdict;
use std::time::Duration;

#[test]
fn a_failing_setup_gives_no_verdict() {
    let case = Case::new("cat k", "rm k", "k").setup("echo no such thing >&2; exit 3");
    let why = why_no_verdict(&case);
    assert!(why.contains("exit 3: no such thing"), "{why}");
}

#[test]
fn a_pattern_that_matches_nothing_gives_no_verdict() {
    let why = why_no_verdict(&Case::new("cat k", "cat k", "other/*.json").setup("echo 1 > k"));
    assert!(why.contains("other/*.json"), "{why}");
}

#[test]
fn a_boundary_that_is_not_there_gives_no_verdict() {
    let mut case = Case::new("cat k", "echo 2 > k", "k").setup("echo 1 > k");
    case.experiment.at = Some(99);
    let why = why_no_verdict(&case);
    assert!(why.contains("no 99"), "{why}");
}

#[test]
fn a_command_that_is_not_there_gives_no_verdict() {
    let why = why_no_verdict(&Case::new("no-such-program-here", "cat k", "k").setup("echo 1 > k"));
    assert!(why.contains("A could not be run"), "{why}");
}

#[test]
fn what_varies_is_named_and_can_be_cut_out() {
    let mut case = Case::new("cat k; echo at $$", "echo 2 > t; mv t k", "k").setup("echo 1 > k");
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Inconclusive, "{}", text(&proof));
    assert!(proof.reason.contains("in A;B A gave"), "{}", proof.reason);
    case.experiment.ignore = vec![regex::Regex::new("at [0-9]+").unwrap()];
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Closed, "{}", text(&proof));
}

#[test]
fn a_command_that_never_ends_is_ended() {
    let mut case = Case::new("cat k; while :; do sleep 1; done", "cat k", "k").setup("echo 1 > k");
    case.experiment.limits.command = Duration::from_millis(600);
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Inconclusive, "{}", text(&proof));
    assert!(proof.reason.contains("did not end"), "{}", proof.reason);
}

#[test]
fn a_time_out_of_the_other_side_is_blamed_on_the_hold() {
    let b = "flock -w 1 lock cat k || { echo timed out waiting for the lock; exit 1; }";
    let a = "exec 9> lock; flock 9; cat k; cat k";
    let mut case = Case::new(a, b, "k").setup("echo 1 > k; : > lock");
    case.experiment.limits.hold = Duration::from_secs(3);
    // A lock call is known to wait for us, so a patient reader is released in time.
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    // One that polls looks busy, and fails where we hold longer than it is patient: a shorter hold tells the lock.
    case.experiment.b = "n=0; until flock -n lock cat k; do n=$((n+1)); [ $n -gt 4 ] && \
                         { echo timed out waiting for the lock; exit 1; }; sleep 0.2; done"
        .to_owned();
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
}
