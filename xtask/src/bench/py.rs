//! `cargo xtask bench py` and `bench programs`: the Python package beside its peers, and in programs of users.
//!
//! Builds the wheel optimised, installs it and what is compared into the workspace's venv, and hands over to a script of
//! `benches/py`; words after the name go to it.

use anyhow::Result;

use crate::{python, setup, shell};

const PEERS: &[&str] = &["joblib==1.6.0", "mpire==2.10.2", "pqdm==0.2.0"];
const LIBRARIES: &[&str] = &["pandas==3.1.1", "pillow==13.0.0"];

/// The table beside the peers.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    script("benches/py/side_by_side.py", PEERS, words)
}

/// Programs as users write them, before and after.
pub(crate) fn programs(words: &[&str]) -> Result<()> {
    script("benches/py/programs.py", LIBRARIES, words)
}

fn script(script: &str, packages: &[&str], words: &[&str]) -> Result<()> {
    setup::ensure(setup::Mode::Lenient)?;
    python::install(python::Build::Bench)?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    shell::run(shell::command(setup::python(), &[&quiet, packages].concat()))?;
    shell::run(shell::command(setup::python(), &[&[script], words].concat()))
}
