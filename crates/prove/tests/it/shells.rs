//! The locks and publications people write in shell scripts: which of them hold.

use crate::support::{Case, has, text};
use amorsize_finding::{ProofVerdict, Shown};

const COUNT: &str = "n=$(cat n); echo $((n+1)) > n";

/// Both parties run the same script on a counter `n`, with every file of the folder watched.
fn both(script: &str) -> Case {
    Case::new(script, script, "*").setup("rm -rf lock me.*; echo 0 > n").probe("cat n")
}

fn assert_guarded(case: &Case, by: &str) {
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(proof.guards.iter().any(|guard| guard.what.contains(by)), "{}", text(&proof));
}

#[test]
fn looking_for_a_lock_and_then_touching_it_locks_nobody_out() {
    let script = "if [ -e lock ]; then echo busy; else touch lock; echo won; fi";
    let proof = both(script).run();
    assert_eq!(
        (proof.verdict, proof.shown),
        (ProofVerdict::Proved, Some(Shown::DoubleWin)),
        "{}",
        text(&proof)
    );
}

#[test]
fn mkdir_link_and_exclusive_creation_tell_the_loser() {
    for script in [
        "mkdir lock 2>/dev/null && echo won || echo busy",
        "echo > me.$$; if ln me.$$ lock 2>/dev/null; then echo won; else echo busy; fi; rm me.$$",
        "set -C; if true 2>/dev/null > lock; then echo won; else echo busy; fi",
    ] {
        assert_guarded(&both(script), "already there");
    }
}

#[test]
fn a_lock_that_is_waited_for_is_seen_making_the_other_wait() {
    let spin = format!("until mkdir lock 2>/dev/null; do sleep 0.05; done; {COUNT}; rmdir lock");
    assert_guarded(&both(&spin), "again and again");
    if has("flock", &["--version"]) {
        assert_guarded(&both(&format!("flock me.lock sh -c '{COUNT}'")), "flock on");
    }
}

#[test]
fn a_lock_that_is_only_tried_turns_the_loser_away() {
    let tries = format!("if mkdir lock 2>/dev/null; then {COUNT}; rmdir lock; else echo busy; fi");
    assert_guarded(&both(&tries), "turned away");
    if has("flock", &["--version"]) {
        // It says nothing at all; the gate saw that the lock was taken.
        assert_guarded(&both(&format!("flock -n me.lock sh -c '{COUNT}'")), "taken already");
    }
}

#[test]
fn a_renamed_file_is_published_whole_and_a_file_written_in_place_is_not() {
    let case = |a: &str| Case::new(a, "cat k", "k").setup("printf old > k").probe("cat k");
    let proof = case("printf new > t.$$; mv t.$$ k").run();
    assert_eq!(proof.verdict, ProofVerdict::Closed, "{}", text(&proof));
    let proof = case("printf ne > k; printf w >> k").run();
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{}", text(&proof));
}

#[test]
fn two_writers_of_one_temporary_name_take_it_from_each_other() {
    let case = Case::new("echo aaa > t; mv t k", "echo b > t; mv t k", "*")
        .setup("rm -f t; echo old > k")
        .probe("cat k");
    assert_eq!(case.run().verdict, ProofVerdict::Proved);
}
