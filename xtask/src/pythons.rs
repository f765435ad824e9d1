//! The one wheel on every Python of this machine, each in a venv of its own, with the package's whole test suite.
//!
//! An interpreter that is not there is named, never looked for elsewhere. The versions of Django differ on purpose: the
//! oldest that is still cared for, and the newest.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::again::Counts;
use crate::python;
use crate::{setup, shell};

/// The versions the wheel is for, with the Django that is tried there.
const VERSIONS: &[(&str, &str)] = &[
    ("3.10", "Django==4.2.*"),
    ("3.11", "Django==5.2.*"),
    ("3.12", "Django"),
    ("3.13", "Django"),
    ("3.14", "Django"),
];
const PACKAGES: &[&str] =
    &["pytest", "numpy", "tqdm", "joblib", "redis", "psycopg[binary]", "cloudpickle"];
const VENVS: &str = "target/python-venvs";

/// Runs the tests on every Python but the workspace's own; the counts, and what is not here.
pub(crate) fn run(wheel: &Path, counts: &mut Counts) -> Result<()> {
    let own = version_of(&setup::python()).unwrap_or_default();
    for (version, django) in VERSIONS {
        if own == *version {
            continue;
        }
        let Some(interpreter) = find(version) else {
            println!("\nNOT SEEN Python {version}: it is not on this machine");
            continue;
        };
        println!("\nPython {version}: {}", interpreter.display());
        let python = venv(&interpreter, version, django)?;
        install(&python, wheel)?;
        python::pytest(&python, counts, &["tests", "-p", "no:cacheprovider"], false)?;
    }
    Ok(())
}

/// The wheel in a fresh venv, and the tests from there: what a person has who installs it.
pub(crate) fn fresh(wheel: &Path, counts: &mut Counts) -> Result<()> {
    let folder = shell::root().join(VENVS).join("fresh");
    if std::fs::metadata(&folder).is_ok() {
        std::fs::remove_dir_all(&folder)?;
    }
    let (version, django) = ("3.11", "Django==5.2.*");
    let interpreter = find(version).unwrap_or_else(|| PathBuf::from("python3"));
    let python = venv(&interpreter, "fresh", django)?;
    install(&python, wheel)?;
    python::pytest(&python, counts, &["tests", "-p", "no:cacheprovider"], false)
}

fn venv(interpreter: &Path, name: &str, django: &str) -> Result<PathBuf> {
    let folder = shell::root().join(VENVS).join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("amorsize-stamp");
    let wanted = format!("{} {django} {}", interpreter.display(), PACKAGES.join(" "));
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let mut command = shell::command(interpreter, &["-m", "venv", "--clear"]);
    command.arg(&folder);
    shell::run(command)?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", django];
    shell::run(shell::command(&python, &[&quiet, PACKAGES].concat()))?;
    std::fs::write(&stamp, wanted)?;
    Ok(python)
}

fn install(python: &Path, what: &Path) -> Result<()> {
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let mut command = shell::command(python, &quiet);
    command.args(["--force-reinstall", "--no-deps"]).arg(what);
    shell::run(command)
}

/// An interpreter of a version: by its name, or among those that pyenv keeps.
fn find(version: &str) -> Option<PathBuf> {
    let mut candidates = vec![PathBuf::from(format!("python{version}"))];
    let kept = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv")));
    if let Some(listed) = kept.and_then(|root| std::fs::read_dir(root.join("versions")).ok()) {
        let mut folders: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        candidates.extend(folders.into_iter().rev().map(|folder| folder.join("bin/python")));
    }
    candidates.into_iter().find(|one| version_of(one).as_deref() == Some(version))
}

fn version_of(python: &Path) -> Option<String> {
    let program =
        "import sys; print('%d.%d%s' % (*sys.version_info[:2], getattr(sys, 'abiflags', '')))";
    let mut command = shell::command(python, &["-c", program]);
    command.stderr(std::process::Stdio::null());
    shell::read(command).ok().map(|text| text.trim().to_owned())
}
