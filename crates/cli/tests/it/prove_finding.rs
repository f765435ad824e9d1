//! From an audit finding to a verdict and back into the report; and the prover as an ordinary user.

use crate::program::Home;
use std::path::Path;
use std::process::Command;

fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/prove").join(name)
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_finding_whose_source_tells_enough_is_decided_at_once_and_stands_in_the_report() {
    let home = Home::new();
    std::fs::copy(example("memo.py"), home.path().join("memo.py")).unwrap();
    let report = home.run(&["audit", ".", "--format", "json"]).out;
    std::fs::write(home.path().join("report.json"), &report).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["function"] == "Cache.add").unwrap();
    let name = format!("report.json#{}", &finding["fingerprint"].as_str().unwrap()[..12]);
    let ran = home.run(&["prove", &name, "--into", "report.json"]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.starts_with("PROVED  double-win"), "{}", ran.out);
    assert!(ran.err.contains("state.add(key=\"k\", value=\"a\")"), "{}", ran.err);
    let html = home.good(&["report", "show", "report.json", "--format", "html"]);
    assert!(html.contains("PROVED (double-win)"), "the proof stands next to its finding");
    // What the person made of the harness is taken as it stands.
    let harness = home.path().join(format!("prove_cta101_{}.py", finding["act"]["line"]));
    let text = std::fs::read_to_string(&harness).unwrap();
    std::fs::write(&harness, text.replace("import sys\n", "import sys\n\nMORE = GAP\n")).unwrap();
    let ran = home.run(&["prove", &name]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.starts_with("NO VERDICT") && ran.out.contains("MORE = GAP"), "{}", ran.out);
}

#[test]
fn a_finding_that_is_not_there_is_an_error_and_several_are_listed() {
    let home = Home::new();
    std::fs::copy(example("memo.py"), home.path().join("memo.py")).unwrap();
    let report = home.run(&["audit", ".", "--format", "json"]).out;
    std::fs::write(home.path().join("report.json"), report).unwrap();
    let ran = home.run(&["prove", "report.json#ffff0000"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let ran = home.run(&["prove", "report.json"]);
    assert!(ran.code == 2 && ran.err.contains("name one:"), "{}", ran.err);
}

#[test]
fn the_system_call_gate_needs_no_privileges() {
    if !has("setpriv") {
        return;
    }
    let home = Home::new();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(home.path(), open).unwrap();
    let program = home.path().join("amorsize");
    std::fs::copy(env!("CARGO_BIN_EXE_amorsize"), &program).unwrap();
    let script = "id -u >&2; n=$(cat n); echo $((n+1)) > n";
    let setup = "rm -f n; echo 0 > n";
    let words =
        ["prove", "--setup", setup, "--a", script, "--b", script, "--probe", "cat n", "--on", "n"];
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    let output = command
        .args(words)
        .current_dir(home.path())
        .env("TMPDIR", home.path())
        .env("HOME", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.starts_with("PROVED  lost"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
