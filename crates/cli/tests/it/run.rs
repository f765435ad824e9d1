//! `amorsize run` end to end: strange items, broken disks, closed readers, kills at any time.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn amorsize(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amorsize"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    // A cache of its own: what one test learns must not steer another.
    command.env("XDG_CACHE_HOME", folder.join("cache")).env("TMPDIR", folder);
    command
}

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    amorsize(folder.path(), arguments).output().unwrap()
}

fn fed(arguments: &[&str], input: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = amorsize(folder.path(), arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn items_become_arguments_one_process_each_and_the_order_can_be_kept() {
    let said = run(&["run", "-k", "-j3", "echo", "<{}>", ":::", "a", "b c", "", "-n", "$HOME"]);
    assert_eq!(out(&said), "<a>\n<b c>\n<>\n<-n>\n<$HOME>\n");
    assert_eq!((code(&said), err(&said)), (0, String::new()));
    let two = run(&["run", "-k", "echo", "{2}-{1}", ":::", "a", "b", ":::", "1", "2"]);
    assert_eq!(out(&two), "1-a\n2-a\n1-b\n2-b\n");
}

#[test]
fn habits_of_xargs_and_parallel_are_understood() {
    let linked = run(&["run", "-k", "echo", "{2}-{1}", ":::", "a", "b", ":::+", "1", "2"]);
    assert_eq!(out(&linked), "1-a\n2-b\n");
    let nothing = run(&["run", "echo", ":::+", "a"]);
    assert!(code(&nothing) == 2 && err(&nothing).contains(":::+"), "{}", err(&nothing));
    let split = fed(&["run", "-r", "-P", "2", "-k", "-d", ",", "echo"], b"a,b c,d");
    assert_eq!((code(&split), out(&split)), (0, "a\nb c\nd\n".to_owned()));
    let wrong = run(&["run", "-d", "ab", "echo", ":::", "a"]);
    assert!(code(&wrong) == 2 && err(&wrong).contains("not one byte"), "{}", err(&wrong));
    assert_eq!(code(&run(&["run", "--timeout", "0", "true", ":::", "a"])), 2);
}

#[test]
fn items_on_stdin_keep_quotes_newlines_and_leading_dashes() {
    let items = b"a 'b\0-rf\0\0two\nlines\0\xff\xfe\0*";
    let said = fed(&["run", "-0", "-k", "printf", "[%s]", "{}"], items);
    assert_eq!(said.stdout, b"[a 'b][-rf][][two\nlines][\xff\xfe][*]");
    let shell = fed(&["run", "-0", "-k", "--shell", "printf '[%s]' {} | cat"], items);
    assert_eq!(shell.stdout, b"[a 'b][-rf][][two\nlines][\xff\xfe][*]");
    let none = fed(&["run", "echo"], b"");
    assert_eq!((code(&none), out(&none)), (0, String::new()));
}

#[test]
fn a_million_empty_items_are_a_million_items() {
    let items = vec![b'\n'; 1_000_000];
    let said = fed(&["run", "--batch", "--shell", "for x in {}; do echo; done"], &items);
    assert_eq!(code(&said), 0, "{}", err(&said));
    assert_eq!(said.stdout.len(), 1_000_000);
}

#[test]
fn outputs_are_whole_and_never_mixed_however_large() {
    let script = "i=0; while [ $i -lt 3000 ]; do echo {}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}; \
                  echo e{} >&2; i=$((i+1)); done";
    let said = run(&["run", "-j4", "--shell", script, ":::", "1", "2", "3", "4"]);
    assert_eq!(code(&said), 0);
    let mut runs: Vec<String> = out(&said).lines().map(str::to_owned).collect();
    assert_eq!(runs.len(), 12_000);
    runs.dedup();
    assert_eq!(runs.len(), 4, "each item's lines stand together");
    let mut errors: Vec<String> = err(&said).lines().map(str::to_owned).collect();
    assert_eq!(errors.len(), 12_000);
    errors.dedup();
    assert_eq!(errors.len(), 4);
}

#[test]
fn failed_items_are_counted_named_and_tried_again_when_asked() {
    let said = run(&["run", "-k", "sh", "-c", "exit $0", ":::", "0", "3", "0"]);
    assert_eq!(code(&said), 1);
    assert!(err(&said).contains("1 of 3 items failed"), "{}", err(&said));
    assert!(err(&said).contains("item 2 (3): exit 3"), "{}", err(&said));
    let folder = tempfile::tempdir().unwrap();
    let script = "echo x >> tries{}; [ $(wc -l < tries{}) -ge 3 ]";
    let mut command = amorsize(folder.path(), &["run", "--shell", "--retries", "2", script]);
    assert_eq!(code(&command.args([":::", "1", "2"]).output().unwrap()), 0);
    assert_eq!(fs::read_to_string(folder.path().join("tries2")).unwrap(), "x\nx\nx\n");
}

#[test]
fn a_missing_command_is_one_clear_error_and_nothing_runs() {
    let said = run(&["run", "seqq", "{}", ":::", "1", "2"]);
    assert_eq!((code(&said), out(&said)), (2, String::new()));
    assert!(err(&said).contains("\"seqq\""), "{}", err(&said));
    assert!(err(&said).contains("did you mean"), "{}", err(&said));
    assert_eq!(err(&said).matches("error").count(), 1);
    for bad in [
        &["run", "echo {} | wc", ":::", "1"][..],
        &["run", ":::", "1"],
        &["run", "-j", "x", "true"],
    ] {
        let said = run(bad);
        assert_eq!((code(&said), out(&said)), (2, String::new()), "{bad:?}");
        assert!(err(&said).starts_with("error: "), "{}", err(&said));
    }
}

#[test]
fn an_item_that_cannot_be_started_fails_alone() {
    let said = run(&["run", "-k", "{}", "x", ":::", "echo", "/nowhere/to/be/found", "echo"]);
    assert_eq!((code(&said), out(&said)), (1, "x\nx\n".to_owned()));
    assert!(err(&said).contains("1 of 3 items failed"), "{}", err(&said));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<String> = (0..3000).map(|item| item.to_string()).collect();
    let mut command = amorsize(folder.path(), &["run", "echo", "{}", ":::"]);
    let mut child =
        command.args(&items).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let said = child.wait_with_output().unwrap();
    assert_eq!((code(&said), err(&said)), (3, String::new()));
}

#[test]
fn a_full_disk_under_the_journal_is_a_clear_error() {
    let said = run(&["run", "--journal", "/dev/full", "echo", "{}", ":::", "1", "2"]);
    assert_eq!(code(&said), 2);
    assert!(err(&said).contains("/dev/full: No space left"), "{}", err(&said));
    let full = fed(&["run", "--batch", "--results", "/proc/nope", "true"], b"1\n");
    assert_eq!(code(&full), 2);
}

#[test]
fn limits_of_time_and_halting_rules_end_what_runs() {
    let late = run(&["run", "-j2", "--timeout", "100ms", "sleep", "{}", ":::", "0", "60"]);
    assert_eq!(code(&late), 1);
    assert!(err(&late).contains("took too long"), "{}", err(&late));
    let halted = run(&[
        "run",
        "-j2",
        "--halt",
        "now,fail=1",
        "sh",
        "-c",
        "sleep $0; exit 1",
        ":::",
        "0",
        "60",
    ]);
    assert_eq!(code(&halted), 1);
    assert!(err(&halted).contains("halted as asked"), "{}", err(&halted));
}

#[test]
fn what_a_killed_item_started_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = "sleep 300 & echo $! > pid; wait; : {}";
    let said =
        amorsize(folder.path(), &["run", "--shell", "--timeout", "200ms", script, ":::", "1"])
            .output()
            .unwrap();
    assert_eq!(code(&said), 1);
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    wait_for(|| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    });
}

#[test]
fn logs_tags_and_results_tell_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let said = amorsize(
        folder.path(),
        &[
            "run",
            "-k",
            "--tag",
            "--log",
            "log",
            "--joblog",
            "joblog",
            "--results",
            "res",
            "sh",
            "-c",
            "echo out; echo err >&2; exit $0",
            ":::",
            "0",
            "7",
        ],
    )
    .output()
    .unwrap();
    assert_eq!(out(&said), "0\tout\n7\tout\n");
    assert!(err(&said).starts_with("0\terr\n7\terr\n"), "{}", err(&said));
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["exit"], &lines[1]["exit"]), (&0.into(), &7.into()));
    assert_eq!(lines[1]["item"], "7");
    let joblog = fs::read_to_string(folder.path().join("joblog")).unwrap();
    assert!(joblog.starts_with("Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\t"));
    assert_eq!(joblog.lines().count(), 3);
    assert_eq!(fs::read_to_string(folder.path().join("res/2/stderr")).unwrap(), "err\n");
}

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
}

#[test]
fn an_interrupt_is_passed_on_and_the_journal_stays_valid() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap 'echo told > told{}; exit 9' INT; echo > up{}; while :; do sleep 0.02; done";
    let arguments = ["run", "-j1", "--journal", "j", "--shell", script, ":::", "1", "2"];
    let child = amorsize(folder.path(), &arguments).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| fs::metadata(folder.path().join("up1")).is_ok());
    interrupt(&child);
    let said = child.wait_with_output().unwrap();
    assert_eq!(code(&said), 130);
    assert!(err(&said).contains("interrupted"), "{}", err(&said));
    assert_eq!(fs::read_to_string(folder.path().join("told1")).unwrap(), "told\n");
    assert!(fs::metadata(folder.path().join("up2")).is_err(), "nothing more was started");
    let journal = fs::read_to_string(folder.path().join("j")).unwrap();
    assert_eq!(journal.lines().count(), 1, "an item that was cut short is not finished");
}

/// Waits until something outside has happened; a stuck run fails the test.
pub(crate) fn wait_for(mut happened: impl FnMut() -> bool) {
    for _ in 0..12000 {
        if happened() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("it never happened");
}

/// The items that the journal calls finished.
fn recorded(folder: &Path) -> Vec<u64> {
    let journal = fs::read(folder.join("j")).unwrap_or_default();
    let whole = journal.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line.get(17..)?).ok())
        .filter_map(|record| record["item"].as_u64())
        .collect()
}

#[test]
fn a_resumed_run_does_not_hide_what_failed_before() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["run", "-k", "--journal", "j", "--shell", "exit {}", ":::", "0", "1", "2"];
    assert_eq!(code(&amorsize(folder.path(), &words).output().unwrap()), 1);
    let again = [&words[..1], &["--resume"], &words[1..]].concat();
    let said = amorsize(folder.path(), &again).output().unwrap();
    assert_eq!(code(&said), 1, "what failed has still failed");
    assert!(err(&said).contains("2 items failed in an earlier run"), "{}", err(&said));
    assert!(err(&said).contains("--retry-failed"), "{}", err(&said));
    // A device as a journal keeps nothing, and stops nothing.
    let nowhere = run(&["run", "--journal", "/dev/null", "true", ":::", "a"]);
    assert_eq!((code(&nowhere), err(&nowhere)), (0, String::new()));
}

#[test]
fn a_killed_run_goes_on_without_losing_or_repeating_a_finished_item() {
    const ITEMS: usize = 150;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let items: Vec<String> = (1..=ITEMS).map(|item| item.to_string()).collect();
    let script = "echo {} >> began; head -c 3000 /dev/zero | tr '\\0' x; echo {}";
    let arguments =
        ["run", "-j3", "--journal", "j", "--resume", "--results", "res", "--shell", script, ":::"];
    for kill_after in [0, 7, 23, 40, 71, 72, 110] {
        let began_before = fs::read_to_string(at.join("began")).unwrap_or_default();
        let finished_before = recorded(at);
        let mut child =
            amorsize(at, &arguments).args(&items).stdout(Stdio::null()).spawn().unwrap();
        wait_for(|| recorded(at).len() >= kill_after || child.try_wait().unwrap().is_some());
        drop(child.kill());
        child.wait().unwrap();
        let began = fs::read_to_string(at.join("began")).unwrap_or_default();
        let new = &began[began_before.len()..];
        for item in finished_before {
            assert!(!new.lines().any(|line| line == item.to_string()), "{item} ran again");
        }
    }
    let last = amorsize(at, &arguments).args(&items).output().unwrap();
    assert_eq!(code(&last), 0, "{}", err(&last));
    let mut finished = recorded(at);
    finished.sort_unstable();
    assert_eq!(finished, (1..=ITEMS as u64).collect::<Vec<_>>(), "each is recorded once");
    for item in &items {
        let stdout = fs::read_to_string(at.join("res").join(item).join("stdout")).unwrap();
        assert_eq!(stdout.len(), 3000 + item.len() + 1, "the output of {item} is whole");
    }
    let again = amorsize(at, &arguments).args(&items).output().unwrap();
    assert_eq!((code(&again), out(&again)), (0, String::new()), "everything is finished");
}

#[test]
fn plan_says_why_and_runs_no_more_than_its_sample() {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<String> = (0..200).map(|item| item.to_string()).collect();
    let mut command = amorsize(
        folder.path(),
        &[
            "plan",
            "--sample",
            "10",
            "--format",
            "json",
            "--shell",
            "echo {} >> ran; sleep 0.01",
            ":::",
        ],
    );
    let said = command.args(&items).output().unwrap();
    assert_eq!(code(&said), 0, "{}", err(&said));
    let plan: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    let ran = fs::read_to_string(folder.path().join("ran")).unwrap().lines().count();
    assert!(ran <= 10, "{ran}");
    assert_eq!(plan["measured"]["items_run"], ran);
    assert_eq!(plan["plan"]["items"], 200);
    assert!(plan["plan"]["workers"].as_u64().unwrap() >= 1);
    assert!(!plan["plan"]["reason"].as_str().unwrap().is_empty());
}

#[test]
fn a_dry_run_prints_what_a_shell_would_read_the_same_way() {
    let said = run(&["run", "--dry-run", "rm", "-f", "{}", ":::", "a b", "it's", "-x"]);
    assert_eq!(out(&said), "rm -f 'a b'\nrm -f 'it'\\''s'\nrm -f -x\n");
    assert_eq!(code(&said), 0);
}

#[test]
fn a_plan_is_remembered_and_a_miss_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<String> = (0..40).map(|item| format!("0.01{item:03}")).collect();
    let told = |arguments: &[&str], items: &[String]| {
        err(&amorsize(folder.path(), arguments).args(items).output().unwrap())
    };
    let plain = ["run", "-v", "sleep", ":::"];
    assert!(told(&plain, &items).contains("no remembered plan: absent: never stored"));
    assert!(told(&plain, &items).contains("(cached) from "));
    assert!(told(&plain, &items[..20]).contains("item_shape"), "half the items is another shape");
    assert!(told(&["run", "-v", "sleep", "0", ":::"], &items).contains("options"));
    assert!(!told(&["run", "-v", "--fresh", "sleep", ":::"], &items).contains("cached"));
    let plan = amorsize(folder.path(), &["plan", "sleep", ":::"]).args(&items).output().unwrap();
    assert!(out(&plan).contains("(cached)") && out(&plan).contains("nothing was run"));
}

#[test]
fn plans_that_are_asked_for_at_the_same_time_are_decided_once() {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<String> = (0..60).map(|item| item.to_string()).collect();
    let plan = || {
        let script = "echo {} >> began; sleep 0.02";
        let mut command = amorsize(folder.path(), &["plan", "--shell", script, ":::"]);
        command.args(&items).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [plan(), plan()].map(|child| child.wait_with_output().unwrap());
    let said = both.each_ref().map(out);
    assert!(both.iter().all(|one| code(one) == 0), "{said:?}");
    assert_eq!(said.iter().filter(|said| said.contains("(cached)")).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|said| said.contains("measured")).count(), 1, "{said:?}");
    let began = fs::read_to_string(folder.path().join("began")).unwrap();
    let mut once: Vec<&str> = began.lines().collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), began.lines().count(), "no item was sampled by both");
    // Fewer items of the same shape: the answer is made for them, and says so.
    let script = "echo {} >> began; sleep 0.02";
    let fewer =
        amorsize(folder.path(), &["plan", "--shell", script, ":::"]).args(&items[..40]).output();
    let fewer = out(&fewer.unwrap());
    assert!(fewer.contains("scaled from 60 items") && fewer.contains("for 40 items"), "{fewer}");
    let many = amorsize(folder.path(), &["plan", "-v", "--shell", script, ":::"])
        .args(&items)
        .args(&items)
        .args(&items)
        .output();
    assert!(err(&many.unwrap()).contains("2^5 items -> 2^7 items"), "items grew");
}

#[test]
fn a_bench_is_kept_beside_the_plan_it_was_made_for() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["bench", "--rounds", "1", "sleep", ":::"];
    let said = amorsize(folder.path(), &words).args(vec!["0.01"; 12]).output().unwrap();
    assert_eq!(code(&said), 0, "{}", err(&said));
    let kept = amorsize(folder.path(), &["cache", "list"]).output().unwrap();
    let kept = out(&kept);
    assert!(kept.contains("bench") && kept.contains("plan"), "{kept}");
}

#[test]
fn a_second_interrupt_kills_what_does_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let script = "trap 'echo i >> heard' INT; echo x >> began; while :; do sleep 0.05; done; : {}";
    let mut command = amorsize(folder.path(), &["run", "-j2", "--shell", script, ":::", "1", "2"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = || fs::read_to_string(folder.path().join("began")).unwrap_or_default().len() >= 4;
    wait_for(began);
    interrupt(&child);
    // The items only take note of the first. The second waits for that: the system makes one of two that arrive together.
    let heard = || fs::read_to_string(folder.path().join("heard")).unwrap_or_default().len() >= 4;
    wait_for(heard);
    interrupt(&child);
    let said = child.wait_with_output().unwrap();
    assert_eq!(code(&said), 130, "{}", err(&said));
    assert!(err(&said).contains("interrupted: 0 items ended, 2 items not run to their end"));
}

#[test]
fn what_an_item_leaves_running_does_not_hold_the_run_up() {
    let folder = tempfile::tempdir().unwrap();
    let script = "sleep 30 & echo $! >> left; echo said {}";
    let watch = fs::metadata(folder.path()).unwrap().modified().unwrap();
    let said = amorsize(folder.path(), &["run", "-k", "--shell", script, ":::", "1", "2"])
        .output()
        .unwrap();
    assert_eq!(out(&said), "said 1\nsaid 2\n");
    assert!(watch.elapsed().unwrap().as_secs() < 25, "it waited for the sleepers");
    for pid in fs::read_to_string(folder.path().join("left")).unwrap().lines() {
        drop(Command::new("kill").arg(pid).status());
    }
}

#[test]
fn items_never_read_the_list_of_items_and_a_run_may_run_another() {
    assert_eq!(
        out(&fed(&["run", "-k", "-j1", "sh", "-c", "cat; echo $0"], b"a\nb\nc\n")),
        "a\nb\nc\n"
    );
    let own = env!("CARGO_BIN_EXE_amorsize");
    let inner = format!("{own} run -k echo x{{}} ::: a b");
    let said = run(&["run", "-k", "--fresh", "--shell", &inner, ":::", "1", "2"]);
    assert_eq!(out(&said), "x1 a\nx1 b\nx2 a\nx2 b\n", "{}", err(&said));
}

#[test]
fn an_item_longer_than_an_argument_may_be_fails_alone_and_says_what_to_do() {
    let mut items = vec![b'a'; 200_000];
    items.extend_from_slice(b"\nsmall\n");
    let said = fed(&["run", "-k", "echo"], &items);
    assert_eq!((code(&said), out(&said).as_str()), (1, "small\n"));
    assert!(err(&said).contains("longer than the system takes"), "{}", err(&said));
}

/// A control group of version 1 with a memory limit; removed at the end.
struct Group(std::path::PathBuf);

impl Group {
    fn new(limit: &str) -> Option<Self> {
        let name = format!("amorsize-test-{}", std::process::id());
        let path = Path::new("/sys/fs/cgroup/memory").join(name);
        fs::create_dir(&path).ok()?;
        let group = Self(path);
        fs::write(group.0.join("memory.limit_in_bytes"), limit).ok()?;
        Some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(fs::remove_dir(&self.0));
    }
}

#[test]
fn a_memory_limit_is_kept_that_two_items_at_once_would_break() {
    // Needs control groups that may be written; `machine` has the same limits as files elsewhere.
    let Some(group) = Group::new("268435456") else { return };
    let folder = tempfile::tempdir().unwrap();
    let item = "head -c 150000000 /dev/zero | tail -c 140000000 | wc -c; : {}";
    let own = format!(
        "echo $$ > {}/cgroup.procs; exec {} run --fresh --shell '{item}' ::: 1 2 3",
        group.0.display(),
        env!("CARGO_BIN_EXE_amorsize")
    );
    let said = Command::new("sh")
        .args(["-c", &own])
        .current_dir(folder.path())
        .env("XDG_CACHE_HOME", folder.path())
        .output()
        .unwrap();
    assert_eq!((code(&said), out(&said)), (0, "140000000\n".repeat(3)), "{}", err(&said));
}
