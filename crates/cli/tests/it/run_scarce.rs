//! `amorsize run` where something is scarce or in the way: handles, programs that are none, a person who wants it to stop.

use std::process::Stdio;
use std::time::Duration;

use amorsize_os::clock::Stopwatch;

use crate::program::Home;
use crate::run::wait_for;

#[test]
fn with_few_handles_fewer_run_at_once_and_every_item_runs() {
    let home = Home::new();
    // From where nothing can be started to where two can: whatever there is, the run comes to its end.
    for handles in 14..24 {
        let script = format!(
            "ulimit -n {handles} && exec timeout 60 {} run -j 64 -k echo ::: $(seq 40)",
            env!("CARGO_BIN_EXE_amorsize")
        );
        let ran = home.shell(&script);
        assert!(ran.code < 3, "{handles}: {}\n{}", ran.code, ran.err);
        if ran.code == 0 {
            let wanted: String = (1..=40).map(|item| format!("{item}\n")).collect();
            assert_eq!(ran.out, wanted, "{handles}");
        }
    }
    let roomy =
        format!("ulimit -n 24 && {} run -j 64 true ::: $(seq 40)", env!("CARGO_BIN_EXE_amorsize"));
    assert_eq!(home.shell(&roomy).code, 0);
}

#[test]
fn a_script_that_cannot_be_executed_is_said_in_words_that_help() {
    let home = Home::new();
    for (name, text) in [("plain", "echo hi\n"), ("lost", "#!/no/such/shell\n")] {
        std::fs::write(home.path().join(name), text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(home.path().join(name), mode).unwrap();
    }
    let plain = home.run(&["run", "./plain", ":::", "a"]);
    assert!(plain.code == 1 && plain.err.contains("#!"), "{}", plain.err);
    home.run(&["run", "./lost", ":::", "a"])
        .fails(2, &["./lost", "/no/such/shell", "nothing was run"]);
}

/// The letter of a process's state.
fn state(pid: &str) -> Option<char> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.get(text.rfind(')')? + 2..)?.chars().next()
}

#[test]
fn items_stand_still_and_go_on_together_with_the_run() {
    let home = Home::new();
    let script = "echo $$ > pid.{}; while [ ! -e go ]; do sleep 0.01; done; echo {}";
    let words = ["run", "-j2", "-k", "--log", "log", "--shell", script, ":::", "a", "b"];
    let mut run = home.command(&words);
    let whole = Stopwatch::start();
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid_of = |item: &str| {
        let text = std::fs::read_to_string(home.path().join(format!("pid.{item}"))).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    };
    wait_for(|| pid_of("a").is_some() && pid_of("b").is_some());
    let all = [run.id().to_string(), pid_of("a").unwrap(), pid_of("b").unwrap()];
    let signal = |name: &str| home.shell(&format!("kill -{name} {}", all[0]));
    signal("TSTP");
    wait_for(|| all.iter().all(|pid| state(pid) == Some('T')));
    let pause = Stopwatch::start();
    std::thread::sleep(Duration::from_millis(200));
    let pause = pause.elapsed();
    signal("CONT");
    wait_for(|| all.iter().all(|pid| state(pid) != Some('T')));
    std::fs::write(home.path().join("go"), "").unwrap();
    let ended = run.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), &ended.stdout[..]), (Some(0), &b"a\nb\n"[..]));
    // The pause is nobody's cost: what is left of the whole is the most an item can have taken.
    let most = (whole.elapsed() - pause).as_secs_f64();
    let log = std::fs::read_to_string(home.path().join("log")).unwrap();
    let ends = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let walls: Vec<f64> = ends.filter_map(|end| end["wall"].as_f64()).collect();
    assert!(walls.len() == 2 && walls.iter().all(|wall| *wall <= most), "{walls:?} {most}");
}

#[test]
fn whoever_quits_leaves_nothing_running() {
    let home = Home::new();
    let script = "trap '' INT TERM; echo $$ > pid; while :; do sleep 0.01; done; : {}";
    let mut run = home.command(&["run", "--shell", script, ":::", "a"]);
    let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut pid = String::new();
    wait_for(|| {
        pid = std::fs::read_to_string(home.path().join("pid")).unwrap_or_default();
        pid.ends_with('\n')
    });
    home.shell(&format!("kill -QUIT {}", run.id()));
    assert_eq!(run.wait().unwrap().code(), Some(130));
    wait_for(|| state(pid.trim()).is_none());
}

#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let home = Home::new();
    // What nohup does: the signal is ignored by whatever is started from here.
    let script = "trap '' HUP; kill -HUP $PPID; kill -HUP $PPID; echo {}";
    let line = format!(
        "trap '' HUP; exec {} run --shell \"$SCRIPT\" ::: a b",
        env!("CARGO_BIN_EXE_amorsize")
    );
    let line = line.replace("$SCRIPT", &script.replace('$', "\\$"));
    let ran = home.shell(&line);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}
