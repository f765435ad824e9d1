//! Programs that behave badly: whatever they do, the answer is a verdict, and never a green one that saw nothing.

use crate::support::{Case, python, text, why_no_verdict};
use amorsize_finding::{ProofVerdict, Shown};
use std::time::Duration;

#[test]
fn a_program_that_dies_in_every_order_was_not_tried() {
    let why = why_no_verdict(&Case::new("cat k; kill -9 $$", "cat k", "k").setup("echo 1 > k"));
    assert!(why.contains("A fails in every order"), "{why}");
    let crash = format!("{} -c \"open('k').read(); undefined_name\"", python());
    let why = why_no_verdict(&Case::new("cat k", &crash, "k").setup("echo 1 > k"));
    assert!(why.contains("NameError"), "{why}");
}

#[test]
fn two_that_say_nothing_and_leave_each_other_alone_are_told_so() {
    let proof = Case::new("cat k > /dev/null", "cat k > /dev/null", "k").setup("echo 1 > k").run();
    assert_eq!(proof.verdict, ProofVerdict::Closed, "{}", text(&proof));
    assert!(proof.reason.contains("there is no probe"), "{}", proof.reason);
}

#[test]
fn a_closed_output_and_an_ignored_signal_change_nothing() {
    let script = "trap '' TERM HUP INT; exec 1>&- 2>&-; n=$(cat n); echo $((n+1)) > n";
    let proof = Case::new(script, script, "n").setup("echo 0 > n").probe("cat n").run();
    assert_eq!(proof.shown, Some(Shown::Lost), "{}", text(&proof));
    let mut case =
        Case::new("trap '' TERM; cat k; while :; do :; done", "cat k", "k").setup("echo 1 > k");
    case.experiment.limits.command = Duration::from_millis(500);
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Inconclusive, "{}", text(&proof));
}

#[test]
fn what_is_printed_past_the_bound_counts_as_well() {
    let print = |last: &str| format!("head -c 3000000 /dev/zero; cat k; echo {last} > k");
    let proof = Case::new(&print("a"), &print("b"), "k").setup("echo 1 > k").probe("cat k").run();
    // Both read the first value only when neither came first; the difference stands behind three million bytes.
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{}", text(&proof));
}

#[test]
fn a_server_that_is_left_behind_in_a_session_of_its_own_is_ended() {
    let leave = "n=$(cat n); echo $((n+1)) > n; setsid sh -c 'echo $$ >> left; exec sleep 600' > /dev/null 2>&1 &";
    let case = Case::new(leave, "cat n", "n").setup("echo 0 > n; rm -f left").probe("cat n");
    let proof = case.run();
    assert_ne!(proof.verdict, ProofVerdict::NoVerdict, "{}", text(&proof));
    let left = std::fs::read_to_string(case.experiment.directory.join("left")).unwrap_or_default();
    for process in left.split_whitespace() {
        let command =
            std::fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
        assert!(!command.starts_with("sleep"), "{process} is still there");
    }
}

#[test]
fn names_that_are_no_text_and_paths_with_dots_are_seen() {
    let script =
        "cd sub && n=$(cat ../d/../k$(printf '\\377')); echo $((n+1)) > ../k$(printf '\\377')";
    let proof = Case::new(script, script, "k*")
        .setup("mkdir -p sub d; echo 0 > k$(printf '\\377')")
        .probe("cat k*")
        .run();
    assert_eq!(proof.shown, Some(Shown::Lost), "{}", text(&proof));
}

#[test]
fn a_folder_reached_through_a_link_is_the_same_folder() {
    let script = "n=$(cat link/n); echo $((n+1)) > link/n";
    let proof = Case::new(script, script, "real/n")
        .setup("mkdir -p real; ln -sfn real link; echo 0 > real/n")
        .probe("cat real/n")
        .run();
    assert_eq!(proof.shown, Some(Shown::Lost), "{}", text(&proof));
}

#[test]
fn a_probe_that_fails_now_and_then_decides_nothing() {
    let probe = "c=$(cat c 2>/dev/null || echo 0); echo $((c+1)) > c; [ $((c % 2)) = 0 ] && cat k";
    let proof = Case::new("cat k", "echo 2 > k", "k").setup("echo 1 > k").probe(probe).run();
    assert_eq!(proof.verdict, ProofVerdict::Inconclusive, "{}", text(&proof));
    assert!(proof.reason.contains("probe"), "{}", proof.reason);
}

#[test]
fn a_probe_that_always_fails_is_no_state() {
    let proof =
        Case::new("cat k", "cat k", "k").setup("echo 1 > k").probe("no-such-probe-here").run();
    assert_eq!(proof.verdict, ProofVerdict::NoVerdict, "{}", text(&proof));
    assert!(proof.reason.contains("probe"), "{}", proof.reason);
}

#[test]
fn a_command_too_long_for_the_kernel_cannot_run() {
    let long = format!("cat k # {}", "x".repeat(4 << 20));
    let case = Case::new(&long, "cat k", "k").setup("echo 1 > k");
    assert!(amorsize_prove::prove(&case.experiment, &mut |_| {}).is_err());
}

#[test]
fn a_program_that_removes_the_folder_it_stands_in_is_survived() {
    let script = "cd gone && cat n && rm -rf ../gone";
    let proof = Case::new(script, script, "gone/*")
        .setup("mkdir -p gone; echo 0 > gone/n")
        .probe("ls")
        .run();
    assert_eq!(proof.verdict, ProofVerdict::Proved, "{}", text(&proof));
}
