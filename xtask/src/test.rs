//! `cargo xtask test`: everything CI checks, in the order in which a mistake is cheapest to find.

use anyhow::{Result, bail};

use crate::setup::{self, Mode};
use crate::{generate, python, shell, tidy};

/// Sets up and runs every check and test.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let missing = setup::ensure(mode)?;
    tidy::run()?;
    lint(mode)?;
    generate::run(generate::Mode::Check)?;
    let mut counts = tests(mode)?;
    let seen = python::run(python::Build::Debug, mode == Mode::Strict)?;
    counts.passed += seen.passed;
    counts.failed += seen.failed;
    counts.skipped += seen.skipped;
    if !missing.is_empty() {
        println!("\nNot seen, because something is missing on this machine:");
        for line in &missing {
            println!("  {line}");
        }
    }
    println!("\n{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    Ok(())
}

/// Formats and lints are checked where their tools are installed; CI has them.
fn lint(mode: Mode) -> Result<()> {
    for (tool, arguments) in [
        ("fmt", &["fmt", "--all", "--check"][..]),
        ("clippy", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    ] {
        let there = shell::read(shell::cargo(&[tool, "--version"])).is_ok();
        match (there, mode) {
            (true, _) => shell::run(shell::cargo(arguments))?,
            (false, Mode::Lenient) => println!("SKIPPED cargo {tool}: rustup component add {tool}"),
            (false, Mode::Strict) => bail!("cargo {tool} is not installed"),
        }
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Unit, integration and documentation tests of the whole workspace.
fn tests(mode: Mode) -> Result<Counts> {
    let mut counts = Counts::default();
    // The integration tests drive the real binary, which `cargo test` alone would not build.
    shell::run(shell::cargo(&["build", "--workspace", "--bins", "--quiet"]))?;
    let mut command = shell::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.env("AMORSIZE_TEST_PYTHON", setup::python());
    if mode == Mode::Strict {
        command.env("AMORSIZE_STRICT", "1");
    }
    // The model checker takes the place of the locks, so its models are a build of their own.
    let models =
        ["test", "--package", "amorsize-cache", "--features", "shuttle", "--test", "models"];
    let outcome = [command, shell::cargo(&models)].into_iter().try_for_each(|command| {
        shell::run_seeing(command, |line| {
            if let Some(result) = line.trim_start().strip_prefix("test result: ") {
                counts.passed += number_before(result, " passed");
                counts.failed += number_before(result, " failed");
                counts.skipped += number_before(result, " ignored");
            }
        })
    });
    if outcome.is_err() {
        println!(
            "\n{} passed, {} failed, {} skipped",
            counts.passed, counts.failed, counts.skipped
        );
    }
    outcome.map(|()| counts)
}

/// The number that stands before `word`, or 0.
fn number_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().unwrap_or_default();
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::number_before;

    #[test]
    fn the_counts_of_a_result_line_are_read() {
        let line = "ok. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(number_before(line, " passed"), 12);
        assert_eq!(number_before(line, " failed"), 3);
        assert_eq!(number_before(line, " ignored"), 1);
    }
}
