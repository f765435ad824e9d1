//! `cargo xtask python`: the wheel, installed and tested as a user has it.
//!
//! Builds the wheel with maturin into `target/wheels` (with the program in it), installs it into the workspace's venv,
//! and runs its tests, its doctests, the check of its stubs, and the type checker over the package and over a
//! sample program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::again::{Counts, twice};
use crate::{setup, shell};

const CRATE: &str = "crates/python";
const WHEELS: &str = "target/wheels";

/// How the wheel is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Quickly, for tests.
    Debug,
    /// Optimised and without the program, for benches.
    Bench,
    /// As it is shipped.
    Release,
}

/// Builds, installs and tests.
pub(crate) fn run(build: Build, strict: bool) -> Result<Counts> {
    install(build)?;
    check_types()?;
    let own = setup::python();
    let (mut counts, outcome) = twice(|names, counts| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        pytest(&own, counts, if names.is_empty() { &["tests"] } else { &names }, strict)
    });
    if outcome.is_err() {
        counts.print();
    }
    outcome?;
    let doctests = ["--doctest-modules", "--pyargs", "amorsize", "-p", "no:cacheprovider"];
    pytest(&own, &mut counts, &doctests, strict)?;
    Ok(counts)
}

/// The wheel that was built last.
pub(crate) fn wheel() -> Result<PathBuf> {
    let built = wheels(&shell::root().join(WHEELS))?;
    let [wheel] = built.as_slice() else {
        bail!("maturin left {} wheels in {WHEELS}", built.len());
    };
    Ok(wheel.clone())
}

/// Builds the wheel and puts it into the workspace's venv; where the wheel is.
pub(crate) fn install(build: Build) -> Result<()> {
    if build != Build::Bench {
        ship_program(build)?;
    }
    let out = shell::root().join(WHEELS);
    for old in wheels(&out)? {
        std::fs::remove_file(old)?;
    }
    let manifest = format!("{CRATE}/Cargo.toml");
    let mut command =
        venv("maturin", &["build", "--quiet", "--manifest-path", &manifest, "--out", WHEELS]);
    command.arg("--interpreter").arg(setup::python());
    match build {
        Build::Debug => {}
        Build::Bench => {
            command.args(["--profile", "testrelease"]);
        }
        Build::Release => {
            command.arg("--release");
        }
    }
    shell::run(command)?;
    let wheel = wheel()?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let mut command = shell::command(setup::python(), &quiet);
    command.args(["--force-reinstall", "--no-deps"]).arg(wheel);
    shell::run(command)
}

/// Puts the program and its man pages where maturin takes them into the wheel.
fn ship_program(build: Build) -> Result<()> {
    let (profile, folder) = match build {
        Build::Debug => ("dev", "debug"),
        Build::Bench | Build::Release => ("release", "release"),
    };
    shell::run(shell::cargo(&["build", "--package", "amorsize", "--profile", profile, "--quiet"]))?;
    let data = shell::root().join(CRATE).join("amorsize.data");
    let scripts = data.join("scripts");
    std::fs::create_dir_all(&scripts)?;
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| shell::root().join("target"), PathBuf::from);
    let program = scripts.join("amorsize");
    std::fs::copy(target.join(folder).join("amorsize"), &program)
        .context("could not copy the program")?;
    if shell::answers("strip", "--version") {
        let mut command = shell::command("strip", &[]);
        command.arg(&program);
        shell::run(command)?;
    }
    let pages = data.join("data/share/man/man1");
    std::fs::create_dir_all(&pages)?;
    for page in std::fs::read_dir(shell::root().join("man"))? {
        let page = page?;
        std::fs::copy(page.path(), pages.join(page.file_name()))?;
    }
    Ok(())
}

fn wheels(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(listed) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in listed {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The stubs against the compiled module, the package and a user's program against the strictest rules.
fn check_types() -> Result<()> {
    let mut stubs = venv("stubtest", &["amorsize._native", "--ignore-missing-stub", "--concise"]);
    stubs.current_dir(shell::root().join(CRATE));
    shell::run(stubs)?;
    let mut types = venv("mypy", &["--strict", "tests/sample_typed.py", "python/amorsize"]);
    types.current_dir(shell::root().join(CRATE)).env("MYPYPATH", "python");
    shell::run(types)
}

/// Runs tests with an interpreter, and counts them.
pub(crate) fn pytest(
    python: &Path,
    counts: &mut Counts,
    arguments: &[&str],
    strict: bool,
) -> Result<()> {
    let mut command = shell::command(python, &["-m", "pytest", "-q", "--no-header"]);
    command.args(arguments).current_dir(shell::root().join(CRATE));
    // No test touches the caches of the person who runs it.
    command.env("XDG_CACHE_HOME", shell::root().join("target/python-cache"));
    if strict {
        command.env("AMORSIZE_STRICT", "1");
    }
    shell::run_seeing(command, |line| {
        if let Some(failure) = line.strip_prefix("FAILED ") {
            let name = failure.split(" - ").next().unwrap_or(failure);
            counts.failures.push(name.to_owned());
        }
        for (word, count) in [
            ("passed", &mut counts.passed),
            ("failed", &mut counts.failed),
            ("skipped", &mut counts.skipped),
        ] {
            if line.contains(" in ") {
                *count += before(line, word);
            }
        }
    })
}

/// The number before a word of a summary like `3 passed, 1 skipped in 0.12s`, or 0.
fn before(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line.split([' ', ',', '=']).filter(|part| !part.is_empty()).collect();
    let at = words.iter().position(|part| *part == word);
    at.and_then(|at| at.checked_sub(1)).and_then(|at| words[at].parse().ok()).unwrap_or(0)
}

/// A program of the workspace's venv.
fn venv(program: &str, arguments: &[&str]) -> Command {
    let python = setup::python();
    let folder = python.parent().unwrap_or_else(|| Path::new("."));
    let mut command = shell::command(folder.join(program), arguments);
    // maturin finds its interpreter and the linker's tools by PATH; nothing of the caller's own venv leaks in.
    command.env("VIRTUAL_ENV", folder.parent().unwrap_or(folder)).env_remove("CONDA_PREFIX");
    let mut path = OsString::from(folder);
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    command.env("PATH", path);
    command
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn the_summary_of_pytest_is_read() {
        let line = "= 2 failed, 30 passed, 1 skipped in 4.20s =";
        assert_eq!(
            (before(line, "passed"), before(line, "failed"), before(line, "skipped")),
            (30, 2, 1)
        );
        assert_eq!(before("no tests ran in 0.01s", "passed"), 0);
    }
}
