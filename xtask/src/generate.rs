//! The files that the program itself writes: the reference of the command line, man pages, completions, JSON schemas.
//!
//! They are committed; the check makes them again and wants no difference.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// Whether to write the files or to compare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write them.
    Write,
    /// Fail when one of them is out of date.
    Check,
}

/// Writes or checks every generated file.
pub(crate) fn run(mode: Mode) -> Result<()> {
    shell::run(shell::cargo(&["build", "--quiet", "--package", "amorsize"]))?;
    let mut stale = Vec::new();
    for (name, text) in files()? {
        let path = shell::root().join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|have| have == text) {
            continue;
        }
        match mode {
            Mode::Check => stale.push(name),
            Mode::Write => {
                std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
                std::fs::write(&path, text).with_context(|| format!("could not write {name}"))?;
                println!("wrote {name}");
            }
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run `cargo xtask generate`", stale.join(", "));
    }
    Ok(())
}

/// Every generated file: its name and what it must hold.
fn files() -> Result<Vec<(String, String)>> {
    let mut files = vec![("docs/cli.md".to_owned(), reference()?)];
    for (shell_name, file) in
        [("bash", "amorsize.bash"), ("zsh", "_amorsize"), ("fish", "amorsize.fish")]
    {
        files.push((format!("completions/{file}"), amorsize(&["completions", shell_name])?));
    }
    let pages = shell::root().join("target/man");
    drop(std::fs::remove_dir_all(&pages));
    amorsize(&["man", "--out", "target/man"])?;
    for entry in std::fs::read_dir(&pages)? {
        let entry = entry?;
        let name = format!("man/{}", entry.file_name().to_string_lossy());
        files.push((name, std::fs::read_to_string(entry.path())?));
    }
    files.extend(schemas()?);
    files.sort();
    Ok(files)
}

/// The JSON schemas, made from the types that are serialised.
fn schemas() -> Result<Vec<(String, String)>> {
    let folder = shell::root().join("target/schema");
    drop(std::fs::remove_dir_all(&folder));
    let example = ["run", "--quiet", "--package", "amorsize-report", "--example", "schema", "--"];
    shell::run(shell::cargo(&[&example[..], &["target/schema"]].concat()))?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let name = format!("docs/schema/{}", entry.file_name().to_string_lossy());
        files.push((name, std::fs::read_to_string(entry.path())?));
    }
    Ok(files)
}

/// The help of every subcommand, as one Markdown page.
fn reference() -> Result<String> {
    let mut page = String::from(
        "# The command line\n\nMade by `cargo xtask generate` from the program's own help.\n",
    );
    let mut waiting = vec![Vec::new()];
    while let Some(words) = waiting.pop() {
        let help = amorsize(&[&words[..], &["--help".to_owned()]].concat())?;
        let title = [&["amorsize".to_owned()], &words[..]].concat().join(" ");
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(page, "\n## {title}\n\n```text\n{}\n```\n", help.join("\n").trim_end())?;
        let below = subcommands(&help);
        waiting.extend(below.into_iter().rev().map(|word| [&words[..], &[word]].concat()));
    }
    Ok(page)
}

/// The words listed under "Commands:".
fn subcommands(help: &[&str]) -> Vec<String> {
    let lines = help.iter().skip_while(|line| **line != "Commands:").skip(1);
    let rows = lines.take_while(|line| !line.is_empty());
    let rows = rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    rows.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

fn amorsize(arguments: &[impl AsRef<str>]) -> Result<String> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| "target".into(), std::path::PathBuf::from);
    let program = shell::root().join(target).join("debug/amorsize");
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    let mut command = shell::command(program, &arguments);
    // The width of the help must not depend on whoever runs this.
    command.env_clear().env("COLUMNS", "110");
    shell::read(command)
}
