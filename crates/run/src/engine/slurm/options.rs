//! What a run on a cluster is asked for beyond a local one, and what its agents are told.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::Options;
use crate::error::{Error, Kind, Result};
use crate::template::Style;

/// Where and how agents are started.
#[derive(Debug, Clone)]
pub struct SlurmOptions {
    /// The folder that the coordinator and all nodes share.
    pub folder: PathBuf,
    /// This program, as the nodes find it.
    pub program: PathBuf,
    /// Further words for `sbatch`.
    pub sbatch: Vec<OsString>,
    /// So many agents, with one item at a time each; without it, as many as pay.
    pub agents: Option<u64>,
    /// The command as it was given.
    pub words: Vec<OsString>,
    /// How its words are read.
    pub style: Style,
}

/// What agents are told, once for all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    words: Vec<Vec<u8>>,
    batch: bool,
    shell: bool,
    /// Items a process, where that is given.
    pub items_per_process: Option<u64>,
    /// Whether an agent runs one item at a time.
    pub one_at_a_time: bool,
    /// Further tries of a failed item.
    pub retries: u32,
    /// The longest an item may take, in seconds.
    pub timeout_secs: Option<f64>,
    /// Memory one process needs.
    pub memory_per_job: Option<u64>,
}

/// The name of the order in the shared folder.
const FILE: &str = "order.json";
const ORDER_BYTES_MOST: u64 = 64 << 20;

impl Order {
    pub(super) fn new(options: &Options, cluster: &SlurmOptions) -> Self {
        Self {
            words: cluster.words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            batch: cluster.style.batch,
            shell: cluster.style.shell,
            items_per_process: match options.rules.chunking {
                amorsize_sizing::Chunking::Fixed(items) => Some(items),
                amorsize_sizing::Chunking::Adaptive { .. } => None,
            },
            one_at_a_time: cluster.agents.is_some(),
            retries: options.retries,
            timeout_secs: options.timeout.map(|limit| limit.as_secs_f64()),
            memory_per_job: options.memory_per_job,
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).expect("an order is plain data");
        let path = folder.join(FILE);
        std::fs::write(&path, json)
            .map_err(|error| Error::file(Kind::Environment, "write", &path, error))
    }

    /// Reads the order in the folder of a run.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let bytes = amorsize_os::files::read_bounded(&path, ORDER_BYTES_MOST)
            .map_err(|error| Error::new(Kind::Environment, format!("read the order: {error}")))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Error::new(Kind::Environment, format!("read the order {}: {error}", path.display()))
        })
    }

    /// The words of the command, as they were given.
    #[must_use]
    pub fn words(&self) -> Vec<OsString> {
        self.words.iter().cloned().map(OsString::from_vec).collect()
    }

    /// How the words are read.
    #[must_use]
    pub const fn style(&self) -> Style {
        Style { batch: self.batch, shell: self.shell }
    }

    /// The longest an item may take.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_secs.and_then(|secs| Duration::try_from_secs_f64(secs).ok())
    }
}
