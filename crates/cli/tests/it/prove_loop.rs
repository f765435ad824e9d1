//! The walk-through of docs/prove.md, run as it stands: found, seen, repaired, and seen to be gone.

use amorsize_testkit::servers::{Postgres, or_skip, strict};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    std::fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// The folder of an interpreter with Django and psycopg; skips loudly without one.
fn python() -> Option<PathBuf> {
    let given = std::env::var_os("AMORSIZE_TEST_PYTHON").map(PathBuf::from);
    let python = given.unwrap_or_else(|| root().join(".venv/bin/python"));
    let has = Command::new(&python).args(["-c", "import django, psycopg"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return std::path::absolute(python).ok()?.parent().map(Path::to_path_buf);
    }
    assert!(!strict(), "a Python with Django and psycopg is missing");
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("SKIPPED: a Python with Django and psycopg is missing");
    }
    None
}

/// The commands under a heading of a guide.
fn commands(guide: &str, heading: &str) -> String {
    let text = std::fs::read_to_string(root().join("docs").join(guide)).unwrap();
    let section = text.split(heading).nth(1).expect("the heading is there");
    let block = section.split("```sh\n").nth(1).expect("commands follow it");
    block.split("```").next().unwrap().to_owned()
}

#[test]
fn the_walk_through_finds_proves_repairs_and_finds_it_gone() {
    let Some(python) = python() else { return };
    let Some(server) = or_skip(Postgres::shared()) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_amorsize")).parent().unwrap();
    let given = std::env::var_os("PATH").unwrap_or_default();
    // The program under test, not the one that a wheel has put beside this Python.
    let folders = [program.to_path_buf(), python].into_iter();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&given))).unwrap();
    let output = Command::new("sh")
        .args(["-c", &commands("prove.md", "## The loop, closed once")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("HOME", folder.path())
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .envs([("PGHOST", "127.0.0.1"), ("PGUSER", "postgres")])
        .env("PGPORT", server.port().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    let (proved, guarded) = (said.find("PROVED  double-win"), said.find("GUARDED  0 of"));
    assert!(proved.is_some() && proved < guarded, "{said}\n{complained}");
    let gone = "CTA150 db.py:177 open in DatabaseCache._base_set: two callers both win";
    assert!(said.lines().any(|line| line.contains("gone") && line.contains(gone)), "{said}");
    let report = std::fs::read(folder.path().join("after.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let left: Vec<&serde_json::Value> = findings
        .iter()
        .filter(|finding| finding["function"] == "DatabaseCache._base_set")
        // How many rows the clean-up removes is another matter.
        .filter(|finding| finding["rule"] != "CTA170" && finding["verdict"] != "closed")
        .collect();
    assert!(!findings.is_empty() && left.is_empty(), "{left:?}");
}
