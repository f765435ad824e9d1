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
    let patient = ["--command-timeout", "2m", "--timeout", "15m"];
    let ran = home.run(&[&["prove", &name, "--into", "report.json"], &patient[..]].concat());
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

/// The program as somebody without privileges would run it, in a folder that is theirs.
struct Ordinary {
    home: Home,
    is_root: bool,
}

impl Ordinary {
    fn new() -> Option<Self> {
        let home = Home::new();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(home.path(), open).unwrap();
        home.copied_program();
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        (!is_root || has("setpriv")).then_some(Self { home, is_root })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if self.is_root {
            command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        }
        let home = self.home.path();
        command.current_dir(home).env("TMPDIR", home).env("HOME", home);
        command
    }

    /// Whether they can run it: a tool in somebody's home is out of reach.
    fn can(&self, program: &str, word: &str) -> bool {
        let output = self.command(Path::new(program)).arg(word).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn prove(&self, script: &str, only: &str) -> String {
        let setup = "rm -f n; echo 0 > n";
        let words = [
            "prove", "--setup", setup, "--a", script, "--b", script, "--probe", "cat n", "--on",
            "n",
        ];
        let mut command = self.command(&self.home.path().join("amorsize"));
        let output = command
            .args(words)
            .args(["--only", only, "--command-timeout", "2m", "--timeout", "15m"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        format!("{said}\n{}", String::from_utf8_lossy(&output.stderr))
    }
}

#[test]
fn the_system_call_gate_needs_no_privileges() {
    let Some(ordinary) = Ordinary::new() else { return };
    let said = ordinary.prove("[ $(id -u) != 0 ] && n=$(cat n); echo $((n+1)) > n", ".");
    assert!(said.starts_with("PROVED  lost"), "{said}");
}

#[test]
fn programs_of_every_language_are_held_for_an_ordinary_user() {
    let Some(ordinary) = Ordinary::new() else { return };
    let home = ordinary.home.path().to_owned();
    let go = "package main\n\nimport (\n\t\"os\"\n\t\"strconv\"\n\t\"strings\"\n)\n\nfunc main() {\n\t\
              text, _ := os.ReadFile(\"n\")\n\tn, _ := strconv.Atoi(strings.TrimSpace(string(text)))\n\t\
              os.WriteFile(\"n\", []byte(strconv.Itoa(n+1)), 0o644)\n}\n";
    let java = "import java.nio.file.*;\n\npublic class Add {\n  public static void main(String[] a) throws Exception {\n    \
                Path n = Path.of(\"n\");\n    int was = Integer.parseInt(Files.readString(n).trim());\n    \
                Files.writeString(n, \"\" + (was + 1));\n  }\n}\n";
    let node = "const fs = require('fs');\nfs.writeFileSync('n', String(Number(fs.readFileSync('n')) + 1));\n";
    let python = "n = int(open('n').read())\nopen('n', 'w').write(str(n + 1))\n";
    let files = [("add.go", go), ("Add.java", java), ("add.js", node), ("add.py", python)];
    for (name, text) in files {
        std::fs::write(home.join(name), text).unwrap();
    }
    let build = |command: &str| {
        let output = Command::new("sh").args(["-c", command]).current_dir(&home).output().unwrap();
        output.status.success()
    };
    let java = "java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC Add";
    let victims = [
        (ordinary.can("/usr/bin/python3", "--version"), "/usr/bin/python3 -S add.py"),
        (ordinary.can("node", "--version"), "node add.js"),
        (build("CGO_ENABLED=0 go build -o add-go add.go && chmod 755 add-go"), "./add-go"),
        (ordinary.can("java", "-version") && build("javac Add.java"), java),
    ];
    for (_, script) in victims.into_iter().filter(|(is_there, _)| *is_there) {
        // The window is between the reading and the opening for writing.
        let said = ordinary.prove(script, "^open.*write");
        assert!(said.starts_with("PROVED  lost"), "{script}: {said}");
    }
}
