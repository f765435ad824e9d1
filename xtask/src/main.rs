//! The chores of the workspace: `cargo xtask test | tidy | generate | bench NAME | soak NAME`.
//!
//! Every chore does its own set-up (see [`setup`]): it installs what is missing when it may, and otherwise names
//! exactly what it skipped and how to get it. In strict mode (`--strict`, or `CI` set) nothing may be skipped.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who runs it"
)]

mod again;
mod bench;
mod corpus;
mod fetch;
mod generate;
mod prove_cache;
mod python;
mod pythons;
mod readings;
mod sample;
mod setup;
mod shell;
mod soak;
mod soak_run;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask CHORE

  test [--strict]     set up, then tidy, fmt, clippy, generated files and every test
  tidy                crate levels, file sizes, module docs, package budget
  generate [--check]  the files made from the program itself: docs/cli.md, man pages, completions
  python [--release] [--every]
                      build the Python wheel, install it, run its tests, doctests and type checks; with
                      --every also on each other Python of this machine and in a fresh venv
  setup [--strict]    install what the tests and benches need
  corpus fetch|score  the labelled sites the auditor is measured on
  corpus sample       open findings of foreign trees, drawn to be read
  corpus readings     what readers said of such findings, against what is open now
  bench NAME [...]    a table of figures beside the peers; without a name, the list
  prove-cache [...]   every pair of operations of our own cache, held at every boundary: nothing may be not serial
  soak run [...]      a run of commands killed at random instants, and what its journal promised
  soak cache [...]    every engine under killed, stopped and skewed processes, every answer checked
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", rest @ ..] => strictness(rest).and_then(test::run),
        ["tidy"] => tidy::run(),
        ["generate"] => generate::run(generate::Mode::Write),
        ["generate", "--check"] => generate::run(generate::Mode::Check),
        ["python", rest @ ..] => python_chore(rest),
        ["setup", rest @ ..] => strictness(rest).and_then(|mode| setup::ensure(mode).map(drop)),
        ["bench", rest @ ..] => bench::run(rest),
        ["soak", "run", rest @ ..] => soak_run::run(rest),
        ["soak", rest @ ..] => soak::run(rest),
        [bench::HOLDER, rest @ ..] => bench::hold_lock(rest),
        [soak::WORKER, rest @ ..] => soak::work(rest),
        ["prove-cache", rest @ ..] => prove_cache::run(rest),
        ["corpus", rest @ ..] => corpus::run(rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("unknown chore {:?}\n\n{USAGE}", other.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The Python package: `--release` builds it as it is shipped, `--every` tries it on each Python there is.
fn python_chore(rest: &[&str]) -> anyhow::Result<()> {
    let (mut build, mut every) = (python::Build::Debug, false);
    for word in rest {
        match *word {
            "--release" => build = python::Build::Release,
            "--every" => every = true,
            _ => anyhow::bail!("unknown option {word:?}; --release and --every are known"),
        }
    }
    setup::ensure(setup::Mode::Lenient)?;
    let mut counts = python::run(build, false)?;
    if every {
        let wheel = python::wheel()?;
        pythons::run(&wheel, &mut counts)?;
        pythons::fresh(&wheel, &mut counts)?;
    }
    println!("\n{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
    Ok(())
}

/// Whether something may be left out when it is not there.
fn strictness(rest: &[&str]) -> anyhow::Result<setup::Mode> {
    match rest {
        [] if std::env::var_os("CI").is_none() => Ok(setup::Mode::Lenient),
        [] | ["--strict"] => Ok(setup::Mode::Strict),
        _ => anyhow::bail!("unknown option {:?}; only --strict is known", rest.join(" ")),
    }
}
