//! What a run drew by chance, and forcing a draw to either side.
//!
//! A test that draws from Python's `random` or JavaScript's `Math.random` is run with every call site forced low and forced
//! high: a branch that hangs on one draw is then decided for certain, by two runs instead of hundreds. A program in any other
//! language can take part by itself: it writes `[site, name, value]` as a line of JSON to the file named by
//! `AMORSIZE_FLAKE_DRAWS`, and gives the lowest or highest value at the site that `AMORSIZE_FLAKE_FORCE` (`site=low`) names.

use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const SITE: &str = include_str!("sitecustomize.py");
const HOOK: &str = include_str!("hook.js");
/// The mark of a draw from a generator that the program itself seeded.
const SEEDED: &str = "seeded:";
const DRAWS_BYTES_MAX: u64 = 4 << 20;

/// The recording of draws, kept for the life of a test.
#[derive(Debug)]
pub(crate) struct Draws {
    folder: TempDir,
    python_path: Option<String>,
    node_options: Option<String>,
}

/// One side of a coin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Coin {
    /// The call site, `file:line`.
    pub site: String,
    /// `low` or `high`.
    pub side: &'static str,
}

impl Draws {
    pub(crate) fn new(python_path: Option<&str>, node_options: Option<&str>) -> Result<Self> {
        let failed = |error| Error::io("could not lay out the recording of draws", error);
        let folder = tempfile::Builder::new().prefix("amorsize-").tempdir().map_err(failed)?;
        std::fs::create_dir(folder.path().join("site")).map_err(failed)?;
        std::fs::write(folder.path().join("site/sitecustomize.py"), SITE).map_err(failed)?;
        std::fs::write(folder.path().join("site/hook.js"), HOOK).map_err(failed)?;
        let (python_path, node_options) =
            (python_path.map(str::to_owned), node_options.map(str::to_owned));
        Ok(Self { folder, python_path, node_options })
    }

    fn file(&self, run: u64) -> PathBuf {
        self.folder.path().join(format!("draws-{run}"))
    }

    /// Makes a command record what it draws, and forces one site if asked to.
    pub(crate) fn attach(&self, command: &mut Command, run: u64, coin: Option<&Coin>) {
        let site = self.folder.path().join("site").display().to_string();
        let path = match &self.python_path {
            Some(own) => format!("{site}:{own}"),
            None => site,
        };
        let hook = self.folder.path().join("site/hook.js");
        let require = format!("--require {}", hook.display());
        let options = match &self.node_options {
            Some(own) => format!("{own} {require}"),
            None => require,
        };
        command.env("NODE_OPTIONS", options);
        command.env("PYTHONPATH", path).env("AMORSIZE_FLAKE_DRAWS", self.file(run));
        if let Some(coin) = coin {
            command.env("AMORSIZE_FLAKE_FORCE", format!("{}={}", coin.site, coin.side));
        }
    }

    /// What a run drew, in order; forgotten after being read.
    pub(crate) fn taken(&self, run: u64) -> Vec<(String, String)> {
        let path = self.file(run);
        let bytes = amorsize_os::files::read_bounded(&path, DRAWS_BYTES_MAX).unwrap_or_default();
        std::fs::remove_file(&path).ok();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter_map(|line| serde_json::from_str::<[String; 3]>(line).ok());
        lines.map(|[site, name, value]| (site, format!("{name}={value}"))).collect()
    }
}

/// The call sites among some draws whose sides can be forced: not those of a generator with a seed of its own.
pub(crate) fn sites(draws: &[(String, String)]) -> BTreeSet<String> {
    let free = draws.iter().filter(|(_, drawn)| !drawn.starts_with(SEEDED));
    free.map(|(site, _)| site.clone()).collect()
}
