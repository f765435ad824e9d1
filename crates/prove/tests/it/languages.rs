//! The system-call gate on programs of many languages: each looks, then opens; the other one deletes in between.

use crate::support::{Case, has, shell, text};
use amorsize_finding::{ProofVerdict, Shown};
use amorsize_prove::{Op, Roles};

/// Writes the source, builds it if need be, and expects the window between the look and the opening.
fn assert_window(source: (&str, &str), build: Option<&str>, run: &str) {
    let mut case = Case::new(run, "rm k", "k").setup("echo 1 > k").probe("ls k 2>/dev/null; true");
    let folder = case.experiment.directory.clone();
    std::fs::write(folder.join(source.0), source.1).unwrap();
    if let Some(build) = build {
        shell(&folder, build);
    }
    case.experiment.roles = Roles::HoldA;
    let proof = case.run();
    assert_eq!(
        (proof.verdict, proof.shown),
        (ProofVerdict::Proved, Some(Shown::WrongReason)),
        "{}",
        text(&proof)
    );
    let witness = proof.witness.as_ref().unwrap();
    assert_eq!(witness.held, Op::A);
    assert!(witness.label.starts_with("open(k)"), "{}", text(&proof));
    drop(case.folder);
}

#[test]
fn a_shell_script() {
    let script = "if [ -e k ]; then cat k 2>/dev/null || echo broken; else echo absent; fi\n";
    assert_window(("victim.sh", script), None, "sh victim.sh");
}

#[test]
fn node_with_callbacks_and_a_thread_pool() {
    if !has("node", &["--version"]) {
        return;
    }
    let script = "const fs = require('fs');\n\
        fs.stat('k', (gone) => {\n\
          if (gone) { console.log('absent'); return; }\n\
          fs.readFile('k', (error, data) => console.log(error ? 'broken' : String(data).trim()));\n\
        });\n";
    assert_window(("victim.js", script), None, "node victim.js");
}

#[test]
fn a_static_go_program() {
    if !has("go", &["version"]) {
        return;
    }
    let source = r#"package main

import (
	"fmt"
	"os"
)

func main() {
	if _, err := os.Stat("k"); err != nil {
		fmt.Println("absent")
		return
	}
	data, err := os.ReadFile("k")
	if err != nil {
		fmt.Println("broken")
		return
	}
	fmt.Print(string(data))
}
"#;
    let build = "CGO_ENABLED=0 GOFLAGS=-mod=mod go build -o victim victim.go";
    assert_window(("victim.go", source), Some(build), "./victim");
}

#[test]
fn a_java_program() {
    if !has("javac", &["-version"]) {
        return;
    }
    let source = r#"import java.nio.file.*;

public class Victim {
    public static void main(String[] a) throws Exception {
        Path k = Path.of("k");
        if (!Files.exists(k)) { System.out.println("absent"); return; }
        try { System.out.print(Files.readString(k)); } catch (Exception e) { System.out.println("broken"); }
    }
}
"#;
    assert_window(
        ("Victim.java", source),
        Some("javac Victim.java"),
        "java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC Victim",
    );
}
