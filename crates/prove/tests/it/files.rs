//! Caches made of files, held between their system calls.

use crate::support::{Case, example, python, text};
use amorsize_finding::{ProofVerdict, Shown};
use amorsize_prove::{Op, Proof};

fn cache(command: &str) -> String {
    format!("{} -S {} {command}", python(), example("json_cache.py"))
}

fn case(before: &str, a: &str, b: &str) -> Case {
    Case::new(&cache(a), &cache(b), "cache/*.json*")
        .setup(&format!("rm -rf cache; {}", cache(before)))
        .probe(&cache("show"))
}

fn assert_proved(proof: &Proof, shown: Shown) {
    assert_eq!(
        (proof.verdict, proof.shown),
        (ProofVerdict::Proved, Some(shown)),
        "{}",
        text(proof)
    );
}

#[test]
fn a_pruner_between_exists_and_open_makes_the_reason_wrong() {
    let proof = case("expired k old", "load k", "prune").run();
    assert_proved(&proof, Shown::WrongReason);
    let witness = proof.witness.as_ref().unwrap();
    assert_eq!((witness.held, witness.window.0), (Op::A, 2), "{}", text(&proof));
    assert!(witness.window_labels.0.starts_with("stat("), "{}", text(&proof));
    assert!(
        proof.evidence.iter().any(|line| line.contains("exit 0 all the same")),
        "{}",
        text(&proof)
    );
    assert_eq!(witness.repeated, (2, 2));
}

#[test]
fn a_pruner_deletes_what_was_saved_after_it_looked() {
    let proof = case("expired k old", "prune", "save k new").run();
    assert_proved(&proof, Shown::Lost);
    let witness = proof.witness.unwrap();
    assert!(witness.window_labels.1.starts_with("unlink("), "{}", witness.window_labels.1);
}

#[test]
fn two_savers_with_one_temporary_name_tear_the_file() {
    let long = "save-shared k aaaaaaaaaaaaaaaaaaaaaaaa";
    assert_proved(&case("save k old", long, "save-shared k b").run(), Shown::Torn);
}

#[test]
fn two_savers_with_their_own_temporary_names_are_closed() {
    let proof = case("save k old", "save k a", "save k b").run();
    assert_eq!(proof.verdict, ProofVerdict::Closed, "{}", text(&proof));
    assert_eq!(proof.coverage.boundaries_tried, 6);
}

#[test]
fn a_file_lock_is_seen_making_the_other_side_wait() {
    let add = |by: &str| format!("{} -S {} locked-add {by}", python(), example("counter.py"));
    let proof = Case::new(&add("1"), &add("10"), "counter*")
        .setup("echo 0 > counter; : > counter.lock")
        .probe("cat counter")
        .run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(proof.guards[0].what.contains("flock"), "{}", text(&proof));
}

#[test]
fn a_counter_without_a_lock_loses_an_increment() {
    let add = |by: &str| format!("{} -S {} add {by}", python(), example("counter.py"));
    let proof = Case::new(&add("1"), &add("10"), "counter")
        .setup("echo 0 > counter")
        .probe("cat counter")
        .run();
    assert_proved(&proof, Shown::Lost);
}

#[test]
fn the_replay_line_forces_the_same_schedule_again() {
    let mut case = case("expired k old", "prune", "save k new");
    let at = case.run().witness.unwrap().at;
    case.experiment.at = Some(at);
    case.experiment.roles = amorsize_prove::Roles::HoldA;
    let proof = case.run();
    assert_proved(&proof, Shown::Lost);
    assert_eq!(proof.coverage.boundaries_tried, 1);
}

#[test]
fn an_eviction_that_did_not_happen_is_no_excuse() {
    let mut case = Case::new(
        &format!("{} -S {} add 1", python(), example("counter.py")),
        &format!("{} -S {} add 10", python(), example("counter.py")),
        "counter",
    )
    .setup("echo 0 > counter")
    .probe("cat counter");
    case.experiment.evict = Some("echo 0 > counter".to_owned());
    let proof = case.run();
    assert_proved(&proof, Shown::OnlyEviction);
}
