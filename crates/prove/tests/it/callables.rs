//! Callables inside one process, held before their lines; and whole Python programs under the line gate.

use crate::support::{Case, example, has, python, text};
use amorsize_finding::{ProofVerdict, Shown};
use amorsize_prove::Proof;
use std::path::PathBuf;
use std::time::Duration;

fn assert_proved(proof: &Proof, shown: Shown) {
    assert_eq!(
        (proof.verdict, proof.shown),
        (ProofVerdict::Proved, Some(shown)),
        "{}",
        text(proof)
    );
}

fn memo(way: &str, function: &str) -> Proof {
    cache_of("memo.py", way, function)
}

fn cache_of(file: &str, way: &str, function: &str) -> Proof {
    let target = |name: &str| format!("py:{}:{name}", example(file));
    Case::new(
        &target(&format!("{way}_a")),
        &target(&format!("{way}_b")),
        &format!("py:{file}:Cache.{function}"),
    )
    .setup(&target("setup"))
    .probe(&target("state"))
    .run()
}

#[test]
fn a_dictionary_that_is_checked_and_then_set_lets_both_win() {
    let proof = memo("add", "add");
    assert_proved(&proof, Shown::DoubleWin);
    assert_eq!(proof.witness.unwrap().window, (2, 2));
}

#[test]
fn a_lock_around_check_and_act_is_seen_working() {
    let proof = memo("locked", "add_locked");
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(proof.guards[0].what.contains("with self.lock"), "{}", text(&proof));
}

#[test]
fn an_atomic_setdefault_is_guarded() {
    let proof = memo("atomic", "add_atomic");
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
}

#[test]
fn coroutines_are_held_where_they_give_way_and_nowhere_else() {
    let proof = cache_of("async_memo.py", "add", "add");
    assert_proved(&proof, Shown::DoubleWin);
    let label = &proof.witness.as_ref().unwrap().label;
    assert!(label.contains("goes on after if await self.has(key)"), "{}", text(&proof));
    let proof = cache_of("async_memo.py", "locked", "add");
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(proof.guards[0].what.contains("async with self.lock"), "{}", text(&proof));
    // Threads could come between its lines, and tasks cannot.
    let proof = cache_of("async_memo.py", "whole", "add_whole");
    assert_eq!(proof.verdict, ProofVerdict::Closed, "{}", text(&proof));
    assert!(proof.reason.contains("event loop"), "{}", text(&proof));
}

#[test]
fn a_whole_program_is_held_before_the_lines_of_a_function() {
    let add = |by: &str| format!("{} {} add {by}", python(), example("counter.py"));
    let proof = Case::new(&add("1"), &add("10"), "py:counter.py:add")
        .setup("echo 0 > counter")
        .probe("cat counter")
        .run();
    assert_proved(&proof, Shown::Lost);
    assert!(proof.witness.unwrap().label.starts_with("counter.py:"));
}

#[test]
fn callables_and_commands_do_not_mix() {
    let case =
        Case::new(&format!("py:{}:add_a", example("memo.py")), "true", "py:memo.py:Cache.add");
    let error = amorsize_prove::prove(&case.experiment, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("B (`true`)"), "{error}");
}

/// client-go from the module proxy, with a harness of ours; nothing of it is changed on disk.
fn client_go(setup: &str, a: &str, b: &str, on: &str) -> Option<Case> {
    let folder = PathBuf::from(example("clientgo"));
    if !has("go", &["-C", &folder.display().to_string(), "mod", "download"]) {
        return None;
    }
    let target = |name: &str| format!("go:.:{name}");
    let mut case =
        Case::new(&target(a), &target(b), on).setup(&target(setup)).probe(&target("State"));
    case.experiment.directory = folder;
    case.experiment.limits.command = Duration::from_secs(2);
    Some(case)
}

#[test]
fn client_go_resync_makes_every_other_writer_of_the_queue_wait() {
    let on = "go:k8s.io/client-go/tools/cache.DeltaFIFO.syncKeyLocked";
    // The line that acts on what was looked up.
    let act = regex::Regex::new("queueActionLocked").unwrap();
    for b in ["Pop", "Update", "Delete", "Replace"] {
        let Some(mut case) = client_go("Setup", "Resync", b, on) else { return };
        case.experiment.only = Some(act.clone());
        case.experiment.roles = amorsize_prove::Roles::HoldA;
        let proof = case.run();
        assert_eq!(proof.verdict, ProofVerdict::Guarded, "{b}: {}", text(&proof));
        assert!(
            proof.guards[0].what.contains("Lock in cache.(*DeltaFIFO)"),
            "{b}: {}",
            text(&proof)
        );
    }
}

#[test]
fn client_go_with_the_store_written_after_pop_goes_back_in_time() {
    for b in ["UpdateAndStore", "DeleteAndStore"] {
        let Some(mut case) = client_go("SetupQueued", "PopThenStore", b, "go:main.PopThenStore")
        else {
            return;
        };
        case.experiment.roles = amorsize_prove::Roles::HoldA;
        let proof = case.run();
        assert_proved(&proof, Shown::Lost);
    }
}
