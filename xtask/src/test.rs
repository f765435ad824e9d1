//! `cargo xtask test`: everything CI checks, in the order in which a mistake is cheapest to find.

use anyhow::{Result, bail};

use crate::again::{Counts, twice};
use crate::setup::{self, Mode};
use crate::{generate, python, shell, tidy};

/// Sets up and runs every check and test.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let missing = setup::ensure(mode)?;
    tidy::run()?;
    lint(mode)?;
    generate::run(generate::Mode::Check)?;
    let mut counts = tests(mode)?;
    counts.add(python::run(python::Build::Debug, mode == Mode::Strict)?);
    if !missing.is_empty() {
        println!("\nNot seen, because something is missing on this machine:");
        for line in &missing {
            println!("  {line}");
        }
    }
    counts.print();
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

/// Unit, integration and documentation tests of the whole workspace.
fn tests(mode: Mode) -> Result<Counts> {
    // The integration tests drive the real binary, which `cargo test` alone would not build.
    shell::run(shell::cargo(&["build", "--workspace", "--bins", "--quiet"]))?;
    // The model checker takes the place of the locks, so its models are a build of their own.
    let models =
        ["test", "--package", "amorsize-cache", "--features", "shuttle", "--test", "models"];
    let mut counts = Counts::default();
    for words in [&["test", "--workspace", "--no-fail-fast"][..], &models] {
        let (seen, outcome) = twice(|names, counts| cargo_test(mode, words, names, counts));
        counts.add(seen);
        if outcome.is_err() {
            counts.print();
        }
        outcome?;
    }
    Ok(counts)
}

/// One call of `cargo test`, of all tests or of those named.
fn cargo_test(mode: Mode, words: &[&str], names: &[String], counts: &mut Counts) -> Result<()> {
    let mut command = shell::cargo(words);
    if !names.is_empty() {
        command.args(["--", "--exact"]).args(names);
    }
    command.env("AMORSIZE_TEST_PYTHON", setup::python());
    if mode == Mode::Strict {
        command.env("AMORSIZE_STRICT", "1");
    }
    shell::run_seeing(command, |line| {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result: ") {
            counts.passed += number_before(result, " passed");
            counts.failed += number_before(result, " failed");
            counts.skipped += number_before(result, " ignored");
            counts.told += 1;
        } else if line.starts_with("running ")
            && (line.ends_with(" tests") || line.ends_with(" test"))
        {
            counts.begun += 1;
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|it| it.strip_suffix(" ... FAILED"))
        {
            counts.failures.push(name.to_owned());
        }
    })
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
