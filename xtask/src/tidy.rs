//! The rules of the house that no compiler holds: crate levels, file sizes, module docs, the package budget,
//! and no trace of the machine it was written on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::shell;

/// The level of every crate: it may depend only on crates of a lower one.
const LEVELS: &[(&str, u8)] = &[
    ("amorsize-os", 0),
    ("amorsize-finding", 0),
    ("amorsize-deltas", 0),
    ("amorsize-cache", 1),
    ("amorsize-sizing", 1),
    ("amorsize-facts", 1),
    ("amorsize-report", 1),
    ("amorsize-run", 2),
    ("amorsize-audit", 2),
    ("amorsize-prove", 2),
    ("amorsize-lsp", 3),
    ("amorsize", 4),
    ("amorsize-python", 4),
    ("amorsize-testkit", 8),
    ("bench-items", 9),
    ("xtask", 9),
];

const LINES_SOFT: usize = 500;
const LINES_HARD: usize = 800;
const PACKAGES_MOST: usize = 220;

/// Checks every rule and fails with the list of what breaks one.
pub(crate) fn run() -> Result<()> {
    let mut broken = Vec::new();
    levels(&mut broken)?;
    let mut soft = 0;
    for path in sources()? {
        let text = std::fs::read_to_string(shell::root().join(&path))
            .with_context(|| format!("could not read {}", path.display()))?;
        soft += usize::from(source(&path, &text, &mut broken));
    }
    budget(&mut broken)?;
    for line in &broken {
        println!("tidy: {line}");
    }
    if !broken.is_empty() {
        bail!("{} rules of the house are broken", broken.len());
    }
    println!(
        "tidy: levels, sizes, module docs and budget hold ({soft} files over {LINES_SOFT} lines)"
    );
    Ok(())
}

fn levels(broken: &mut Vec<String>) -> Result<()> {
    let text = shell::read(shell::cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    for package in array(&metadata["packages"]) {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(own) = level(name) else {
            broken.push(format!("{name}: no level; add it to LEVELS in xtask/src/tidy.rs"));
            continue;
        };
        for dependency in array(&package["dependencies"]) {
            let shipped = dependency["kind"].as_str() != Some("dev");
            let on = dependency["name"].as_str().unwrap_or_default();
            if shipped && level(on).is_some_and(|below| below >= own) {
                broken.push(format!("{name} depends on {on}, which is not of a lower level"));
            }
        }
    }
    Ok(())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn level(name: &str) -> Option<u8> {
    LEVELS.iter().find(|(known, _)| *known == name).map(|(_, level)| *level)
}

/// Every Rust file that git knows or would take.
fn sources() -> Result<Vec<PathBuf>> {
    let listed = ["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"];
    let text = shell::read(shell::command("git", &listed))?;
    let files = text.lines().map(PathBuf::from);
    Ok(files.filter(|path| std::fs::metadata(shell::root().join(path)).is_ok()).collect())
}

/// Checks one file; whether it is over the soft limit.
fn source(path: &Path, text: &str, broken: &mut Vec<String>) -> bool {
    let shown = path.display();
    let fixture = path
        .components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("fixtures" | "examples" | "benches")));
    if fixture {
        return false;
    }
    if !text.trim_start().starts_with("//!") {
        broken.push(format!("{shown}: no module doc (`//!`) at its top"));
    }
    let in_tests = path.components().any(|part| part.as_os_str() == "tests");
    let code = if in_tests {
        text
    } else {
        text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or(text)
    };
    let lines = code.lines().count();
    if lines > LINES_HARD {
        broken.push(format!("{shown}: {lines} lines without tests; {LINES_HARD} is the limit"));
    }
    if path.file_name().is_some_and(|name| name == "mod.rs") && text.contains("\nfn ") {
        broken.push(format!("{shown}: a mod.rs holds the module doc and re-exports only"));
    }
    lines > LINES_SOFT
}

/// The default program stays small: its packages are counted.
fn budget(broken: &mut Vec<String>) -> Result<()> {
    let tree = ["tree", "--package", "amorsize", "--edges", "normal", "--prefix", "none"];
    let text = shell::read(shell::cargo(&tree))?;
    let packages: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split(" (").next())
        .filter(|line| !line.is_empty())
        .collect();
    if packages.len() > PACKAGES_MOST {
        broken.push(format!(
            "the program has {} packages; {PACKAGES_MOST} is the budget",
            packages.len()
        ));
    }
    Ok(())
}
