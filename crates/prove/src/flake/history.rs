//! What earlier sittings saw of the same test in the same state of the code.
//!
//! The evidence may be looked at after every run, so it may also be added up over sittings, as long as it is the same code
//! that runs. The state of the code is git's: the commit, what differs from it, and the sources git does not know. Without
//! git there is no telling, and nothing is kept.

use super::statistics::Sample;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

const TESTS_MAX: usize = 20_000;
const DRAWS_MAX: usize = 10_000;

/// What is kept of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Undisturbed runs and failures.
    pub sample: Sample,
    /// How often somebody sat down to run it.
    pub sittings: u64,
    /// The same for each single test.
    pub singles: BTreeMap<String, Sample>,
    /// The different sequences of draws, as fingerprints.
    pub draws: BTreeSet<u64>,
}

impl History {
    /// Adds what another sitting saw.
    pub fn add(&mut self, other: &Self) {
        self.sample.add(other.sample);
        self.sittings += other.sittings;
        for (name, sample) in &other.singles {
            if self.singles.len() < TESTS_MAX || self.singles.contains_key(name) {
                self.singles.entry(name.clone()).or_default().add(*sample);
            }
        }
        let room = DRAWS_MAX.saturating_sub(self.draws.len());
        let new: Vec<u64> = other.draws.difference(&self.draws).copied().take(room).collect();
        self.draws.extend(new);
    }
}

/// The state of the code in a folder, as text that changes whenever the code does; nothing outside of git.
#[must_use]
pub fn code_state(folder: &Path) -> Option<String> {
    let mut state = git(folder, &["rev-parse", "HEAD"])?;
    state.push_str(&git(folder, &["diff", "HEAD", "--no-ext-diff", "--binary"])?);
    for name in git(folder, &["ls-files", "--others", "--exclude-standard"])?.lines() {
        let path = Path::new(name);
        if !is_source(path) {
            continue;
        }
        if let Ok(of) = std::fs::symlink_metadata(folder.join(path)) {
            writeln!(state, "{name} {} {}.{}", of.size(), of.mtime(), of.mtime_nsec()).ok();
        }
    }
    Some(state)
}

/// Whether a file that git does not know is code rather than what a test leaves behind.
fn is_source(path: &Path) -> bool {
    const ENDINGS: &[&str] = &[
        "py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "go", "rs", "java", "kt", "rb", "c", "h",
        "cc", "cpp", "hpp", "cs", "sh", "toml", "cfg", "ini", "yaml", "yml",
    ];
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
