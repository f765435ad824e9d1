//! Steady, flaky, broken, or not enough runs: on real commands.

use crate::support::{one_at_a_time, python};
use amorsize_finding::ExitCode;
use amorsize_prove::flake::{Flake, Jobs, Sample, Steadiness, Verdict, flake, junit, text};
use std::path::Path;
use std::time::Duration;

fn test(folder: &Path, command: &[&str]) -> Flake {
    Flake {
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        directory: folder.to_owned(),
        runs_max: None,
        confidence: 0.95,
        rate: 0.05,
        run_limit: Duration::from_secs(30),
        total_limit: Duration::from_secs(60),
        force: true,
        junit: None,
        against: None,
        before: None,
        python_path: None,
        node_options: None,
        jobs: Jobs::Given(1),
        earlier: None,
    }
}

fn run(request: &Flake) -> Steadiness {
    flake(request, &mut |_, _| {}).unwrap()
}

#[test]
fn fifty_nine_passes_exclude_five_percent_and_ten_do_not() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let mut request = test(folder.path(), &["true"]);
    let answer = run(&request);
    assert_eq!((answer.verdict, answer.sample.runs), (Verdict::Steady, 59), "{}", text(&answer));
    request.runs_max = Some(10);
    let answer = run(&request);
    assert_eq!(
        (answer.verdict, answer.passes_missing),
        (Verdict::NotEnoughRuns, 49),
        "{}",
        text(&answer)
    );
    assert!(answer.reason.contains("49 more passes"), "{}", answer.reason);
    assert_eq!(answer.exit_code(), ExitCode::Incomplete);
    assert!(junit(&answer).contains("<skipped"));
}

#[test]
fn a_test_that_fails_now_and_then_is_flaky_and_names_the_single_test() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let script = "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; echo 'test a::steady ... ok'; \
                  if [ $n = 3 ]; then echo 'test a::shaky ... FAILED'; exit 1; fi; echo 'test a::shaky ... ok'";
    let answer = run(&test(folder.path(), &["sh", "-c", script]));
    assert_eq!(answer.verdict, Verdict::Flaky, "{}", text(&answer));
    assert_eq!(answer.sample, Sample { runs: 4, failures: 1 });
    assert_eq!(
        answer.singles.iter().map(|single| single.name.as_str()).collect::<Vec<_>>(),
        ["a::shaky"]
    );
    assert_eq!(answer.exit_code(), ExitCode::Findings);
}

#[test]
fn a_test_that_always_fails_is_broken_not_flaky() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let answer = run(&test(folder.path(), &["sh", "-c", "echo no such luck; exit 1"]));
    assert_eq!(answer.verdict, Verdict::Broken, "{}", text(&answer));
    assert!(answer.failure.unwrap().contains("no such luck"));
}

#[test]
fn a_rare_coin_is_decided_by_forcing_its_two_sides() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let script = "import random\n\ndef prune():\n    return random.random() < 0.0001\n\nassert not prune()\n";
    std::fs::write(folder.path().join("t.py"), script).unwrap();
    let answer = run(&test(folder.path(), &[&python(), "t.py"]));
    assert_eq!(answer.verdict, Verdict::Flaky, "{}", text(&answer));
    assert!(answer.reason.contains("t.py:4 decides"), "{}", answer.reason);
    assert!(answer.sample.runs < 5, "{}", answer.sample.runs);
}

#[test]
fn a_seeded_test_is_one_run_however_often_it_runs() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("t.py"),
        "import random\nrandom.seed(1)\nprint(random.random())\n",
    )
    .unwrap();
    let mut request = test(folder.path(), &[&python(), "t.py"]);
    request.runs_max = Some(5);
    let answer = run(&request);
    assert!(answer.notes.iter().any(|note| note.contains("n = 1")), "{}", text(&answer));
}

#[test]
fn two_samples_are_compared_before_anything_is_claimed() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let mut request = test(folder.path(), &["true"]);
    request.against = Some(Sample { runs: 20, failures: 1 });
    assert!(run(&request).versus.unwrap().claim.starts_with("no claim"));
    request.against = Some(Sample { runs: 60, failures: 12 });
    assert!(run(&request).versus.unwrap().claim.contains("less often"));
}

#[test]
fn an_earlier_revision_is_run_as_often() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let git = "git init -q . && git config user.email a@example.com && git config user.name a && echo 'exit 1' > t.sh \
               && git add . && git commit -qm one && echo 'exit 0' > t.sh && git commit -qam two";
    crate::support::shell(folder.path(), git);
    let mut request = test(folder.path(), &["sh", "t.sh"]);
    request.rate = 0.2;
    request.before = Some("HEAD~1".to_owned());
    let versus = run(&request).versus.unwrap();
    assert_eq!(versus.other.failures, versus.other.runs);
    assert!(versus.claim.contains("less often"), "{}", versus.claim);
}

#[test]
fn a_command_that_is_not_there_cannot_run() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    assert!(flake(&test(folder.path(), &["no-such-program-here"]), &mut |_, _| {}).is_err());
}

#[test]
fn a_command_that_runs_no_test_is_no_evidence_of_anything() {
    let Some(python) = crate::support::library_python() else { return };
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let skipped = "import pytest\n\n@pytest.mark.skip\ndef test_skipped():\n    assert False\n";
    std::fs::write(folder.path().join("test_skipped.py"), skipped).unwrap();
    std::fs::write(folder.path().join("test_broken.py"), "def test_x(:\n").unwrap();
    for node in ["test_skipped.py", "test_skipped.py::test_gone", "test_broken.py"] {
        let command = [python.as_str(), "-m", "pytest", "-p", "no:cacheprovider", node];
        let error = flake(&test(folder.path(), &command), &mut |_, _| {}).unwrap_err();
        assert!(error.to_string().contains("ran no test"), "{node}: {error}");
    }
}

#[test]
fn a_generator_the_test_seeds_itself_is_not_forced() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let script = "import random\nown = random.Random(7)\nassert own.random() < 0.999\nrandom.seed(3)\n\
                  assert random.random() < 0.999\n";
    std::fs::write(folder.path().join("t.py"), script).unwrap();
    let mut request = test(folder.path(), &[&python(), "t.py"]);
    request.runs_max = Some(3);
    let answer = run(&request);
    assert_eq!(answer.verdict, Verdict::NotEnoughRuns, "{}", text(&answer));
    assert_eq!(answer.effective, Some(1), "{}", text(&answer));
    assert!(
        answer.notes.iter().any(|note| note.contains("seeds its generator")),
        "{}",
        text(&answer)
    );
}

#[test]
fn a_generator_of_its_own_is_forced_when_nobody_seeded_it() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let script = "import random\nown = random.Random()\nassert own.random() < 0.99999\n";
    std::fs::write(folder.path().join("t.py"), script).unwrap();
    let answer = run(&test(folder.path(), &[&python(), "t.py"]));
    assert_eq!(answer.verdict, Verdict::Flaky, "{}", text(&answer));
    assert!(answer.reason.contains("t.py:3 decides"), "{}", answer.reason);
}

#[test]
fn a_coin_of_the_system_s_generator_is_forced_and_who_draws_until_content_is_not_called_flaky() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let script = "import secrets\nassert secrets.SystemRandom().random() < 0.99999\n";
    std::fs::write(folder.path().join("t.py"), script).unwrap();
    let answer = run(&test(folder.path(), &[&python(), "t.py"]));
    assert_eq!(answer.verdict, Verdict::Flaky, "{}", text(&answer));
    assert!(answer.reason.contains("t.py:2 decides"), "{}", answer.reason);
    let script = "import random, time\nwhile random.random() < 0.01:\n    time.sleep(0.01)\n";
    std::fs::write(folder.path().join("t.py"), script).unwrap();
    let mut request = test(folder.path(), &[&python(), "t.py"]);
    (request.runs_max, request.run_limit) = (Some(2), Duration::from_secs(8));
    let answer = run(&request);
    assert_eq!(answer.verdict, Verdict::NotEnoughRuns, "{}", text(&answer));
    assert!(
        answer.notes.iter().any(|note| note.contains("t.py:2, forced, made it run without end"))
    );
}

#[test]
fn a_rare_coin_of_numpy_is_decided_and_one_with_a_seed_is_left_alone() {
    let Some(python) = crate::support::library_python() else { return };
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    for (script, decides) in [
        ("import numpy as np\nassert np.random.rand() < 0.999999\n", Some("t.py:2")),
        (
            "from numpy.random import default_rng\nr = default_rng()\nassert r.integers(10**6) != 7\nassert r.random(3).max() < 0.9999999\n",
            Some("t.py:4"),
        ),
        ("import numpy as np\nnp.random.seed(3)\nassert np.random.uniform(0, 5) < 4.99\n", None),
        ("import numpy as np\nassert np.random.default_rng(7).random() < 0.99\n", None),
    ] {
        std::fs::write(folder.path().join("t.py"), script).unwrap();
        let mut request = test(folder.path(), &[&python, "t.py"]);
        request.runs_max = Some(2);
        let answer = run(&request);
        match decides {
            Some(site) => {
                assert_eq!(answer.verdict, Verdict::Flaky, "{}", text(&answer));
                let decides = format!("{site} decides");
                assert!(answer.reason.contains(&decides), "{}", answer.reason);
            }
            None => assert_eq!(answer.verdict, Verdict::NotEnoughRuns, "{}", text(&answer)),
        }
    }
}

#[test]
fn a_rare_coin_in_javascript_is_decided_as_well() {
    if !crate::support::has("node", &["--version"]) {
        return;
    }
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let plain =
        "function prune() {\n  return Math.random() < 1e-6;\n}\nif (prune()) process.exit(1);\n";
    // jest runs each test file in a context of its own.
    let inside = "const vm = require('vm');\nconst context = vm.createContext({ process });\n\
                  vm.runInContext('if (Math.random() > 1 - 1e-6) process.exit(1);', context, { filename: __dirname + '/in.js' });\n";
    for (script, site) in [(plain, "t.js:2"), (inside, "in.js:1")] {
        std::fs::write(folder.path().join("t.js"), script).unwrap();
        let answer = run(&test(folder.path(), &["node", "t.js"]));
        assert_eq!(answer.verdict, Verdict::Flaky, "{}", text(&answer));
        assert!(answer.reason.contains(&format!("{site} decides")), "{}", answer.reason);
    }
}

#[test]
fn runs_side_by_side_count_unless_one_fails_in_company() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let mut request = test(folder.path(), &["true"]);
    request.jobs = Jobs::Given(4);
    let answer = run(&request);
    assert_eq!((answer.verdict, answer.sample.runs), (Verdict::Steady, 59), "{}", text(&answer));
    request.jobs = Jobs::Sized { cpus: 2.0 };
    assert_eq!(run(&request).sample.runs, 59);
    // It cannot stand company, and that is not the test's own chance.
    let script = "mkdir lock 2>/dev/null || exit 1; sleep 0.05; rmdir lock";
    let mut request = test(folder.path(), &["sh", "-c", script]);
    request.rate = 0.3;
    request.jobs = Jobs::Given(4);
    let answer = run(&request);
    assert_eq!((answer.verdict, answer.sample.failures), (Verdict::Steady, 0), "{}", text(&answer));
    assert!(answer.notes.iter().any(|note| note.contains("company")), "{}", text(&answer));
}

#[test]
fn what_earlier_sittings_saw_counts() {
    let _turn = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let mut request = test(folder.path(), &["true"]);
    request.runs_max = Some(10);
    let first = run(&request);
    assert_eq!(first.passes_missing, 49);
    let mut kept = first.sitting;
    for sittings in 2..=5 {
        request.earlier = Some(kept.clone());
        let answer = run(&request);
        assert_eq!(answer.passes_missing, 59 - 10 * sittings, "{}", text(&answer));
        kept.add(&answer.sitting);
    }
    request.earlier = Some(kept);
    let answer = run(&request);
    assert_eq!((answer.verdict, answer.sample.runs), (Verdict::Steady, 9), "{}", text(&answer));
    assert!(answer.reason.contains("50 of them in earlier sittings"), "{}", answer.reason);
}

#[test]
fn the_state_of_the_code_changes_with_the_code_only() {
    use amorsize_prove::flake::code_state;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code_state(folder.path()), None);
    let git = "git init -q . && git config user.email a@example.com && git config user.name a && echo 1 > t.py \
               && git add . && git commit -qm one";
    crate::support::shell(folder.path(), git);
    let state = || code_state(folder.path()).unwrap();
    let first = state();
    crate::support::shell(folder.path(), "echo left behind > result.log");
    assert_eq!(state(), first);
    crate::support::shell(folder.path(), "echo 2 > t.py");
    let second = state();
    assert_ne!(second, first);
    crate::support::shell(folder.path(), "echo 3 > new.py");
    assert_ne!(state(), second);
}
