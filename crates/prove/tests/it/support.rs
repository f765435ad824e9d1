//! What the tests share: a private folder, an interpreter, an experiment in short.

use amorsize_finding::{ExitCode, ProofVerdict};
use amorsize_prove::{Experiment, Limits, Proof, Roles, prove};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Experiments hold real processes by real time; two cores are for one of them at a time.
pub(crate) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The examples that come with the workspace.
pub(crate) fn example(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/prove");
    std::fs::canonicalize(root.join(name)).unwrap().display().to_string()
}

/// An interpreter for scripts that need nothing but the standard library.
pub(crate) fn python() -> String {
    static PYTHON: OnceLock<String> = OnceLock::new();
    let find = || {
        let output = Command::new("python3")
            .args(["-c", "import sys; print(sys.executable)"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    PYTHON.get_or_init(find).clone()
}

/// An interpreter with the libraries of `xtask/requirements.txt`; skips loudly without one.
pub(crate) fn library_python() -> Option<String> {
    let given = std::env::vars_os()
        .find(|(name, _)| name == "AMORSIZE_TEST_PYTHON")
        .map(|(_, value)| value);
    let own =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join(".venv/bin/python");
    let python = given.map_or(own, PathBuf::from);
    if has(
        &python.display().to_string(),
        &["-c", "import asyncpg, django, psycopg, psycopg2, pymemcache, redis"],
    ) {
        return std::path::absolute(python).ok().map(|path| path.display().to_string());
    }
    None
}

/// Runs a command that prepares something, and must work.
pub(crate) fn shell(folder: &Path, command: &str) {
    let output = Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether a tool is on this machine; a missing one is said aloud, and fails a strict run.
pub(crate) fn has(tool: &str, arguments: &[&str]) -> bool {
    let found =
        Command::new(tool).args(arguments).output().is_ok_and(|output| output.status.success());
    if !found {
        missing(tool);
    }
    found
}

/// Says aloud what is missing, and fails a strict run.
pub(crate) fn missing(what: &str) {
    let strict = std::env::vars_os().any(|(name, _)| name == "AMORSIZE_STRICT");
    assert!(!strict, "{what} is missing");
    eprintln!("SKIPPED: {what} is missing");
}

/// An experiment in a private folder.
pub(crate) struct Case {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) experiment: Experiment,
    _turn: MutexGuard<'static, ()>,
}

impl Case {
    pub(crate) fn new(a: &str, b: &str, on: &str) -> Self {
        let turn = one_at_a_time();
        let folder = tempfile::tempdir().unwrap();
        let experiment = Experiment {
            setup: None,
            a: a.to_owned(),
            b: b.to_owned(),
            probe: None,
            evict: None,
            on: vec![on.parse().unwrap()],
            roles: Roles::Both,
            at: None,
            only: None,
            first: None,
            ignore: vec![],
            compare_stderr: false,
            must_meet: false,
            must_change: vec![],
            directory: std::fs::canonicalize(folder.path()).unwrap(),
            python: PathBuf::from(python()),
            python_path: None,
            // A starved machine makes a start-up slow; a test that is about a bound sets its own.
            limits: Limits {
                command: Duration::from_secs(120),
                total: Duration::from_secs(900),
                ..Limits::default()
            },
        };
        Self { folder, experiment, _turn: turn }
    }

    pub(crate) fn setup(mut self, command: &str) -> Self {
        self.experiment.setup = Some(command.to_owned());
        self
    }

    pub(crate) fn probe(mut self, command: &str) -> Self {
        self.experiment.probe = Some(command.to_owned());
        self
    }

    pub(crate) fn run(&self) -> Proof {
        prove(&self.experiment, &mut |_| {}).unwrap()
    }
}

/// Runs what cannot be decided, and tells why there is no verdict.
pub(crate) fn why_no_verdict(case: &Case) -> String {
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::NoVerdict, "{}", text(&proof));
    assert_eq!(proof.exit_code(), ExitCode::Incomplete);
    proof.reason
}

/// The proof as text, for messages of failing tests.
pub(crate) fn text(proof: &Proof) -> String {
    amorsize_prove::render::text(proof, true)
}
