//! `cargo xtask bench py`: the Python package beside its peers, on the same items in the same run.
//!
//! Builds the wheel as it is shipped, installs it and the peers into the workspace's venv, and hands over to
//! `benches/py/side_by_side.py`; words after the name go to it.

use anyhow::Result;

use crate::{python, setup, shell};

const PEERS: &[&str] = &["joblib==1.6.0", "mpire==2.10.2", "pqdm==0.2.0"];

/// Runs the table.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    setup::ensure(setup::Mode::Lenient)?;
    python::install(python::Build::Release)?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    shell::run(shell::command(setup::python(), &[&quiet, PEERS].concat()))?;
    let script = ["benches/py/side_by_side.py"];
    shell::run(shell::command(setup::python(), &[&script, words].concat()))
}
