//! Remembers what was found: the findings of a tree under the hash of all that went in, so that an
//! unchanged tree is not analysed again. Whatever is wrong with the store, the audit goes on.

use std::path::Path;
use std::time::Duration;

use amorsize_cache::{Cache, Key, Lookup, Namespace, Options, Put, Want};
use serde::{Deserialize, Serialize};

use crate::walk::Source;
use amorsize_finding::{Coverage, Finding, Stats, UnusedSuppression};

/// The format of what is stored.
const FORMAT: u32 = 1;
/// How long a remembered audit is kept.
const KEPT: Duration = Duration::from_hours(24 * 30);

/// What is remembered of one root.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub findings: Vec<Finding>,
    pub coverage: Coverage,
    pub unused: Vec<UnusedSuppression>,
    pub stats: Stats,
}

/// The store and the key of one tree.
pub(crate) struct Memory {
    cache: Cache,
    key: Key,
}

impl Memory {
    /// Opens the store and computes the key: the analyser's identity, the options, every path and
    /// every text.
    pub(crate) fn open(
        store: &Path,
        analyser: &str,
        options: &str,
        sources: &[Source],
    ) -> Option<Self> {
        let cache =
            Cache::open(&format!("sqlite:{}", store.display()), &Options::default()).ok()?;
        let mut hasher = blake3::Hasher::new();
        for source in sources {
            hasher.update(&(source.path.len() as u64).to_le_bytes());
            hasher.update(source.path.as_bytes());
            hasher.update(&(source.text.len() as u64).to_le_bytes());
            hasher.update(source.text.as_bytes());
        }
        let namespace = Namespace::new("facts").ok()?;
        let key = Key::new(&namespace, "audit of a tree")
            .code(analyser)
            .inputs(hasher.finalize().as_bytes())
            .options(options);
        Some(Self { cache, key })
    }

    /// What is remembered of exactly this tree.
    pub(crate) fn recall(&self) -> Option<Remembered> {
        let want = Want { fmt: FORMAT, skip_nearest: true, ..Want::default() };
        match self.cache.get(&self.key, &want) {
            Lookup::Hit(hit) => serde_json::from_slice(&hit.value).ok(),
            Lookup::Miss(_) => None,
        }
    }

    /// Remembers it. A store that cannot be written costs time, not truth.
    pub(crate) fn keep(&self, remembered: &Remembered) {
        let Ok(bytes) = serde_json::to_vec(remembered) else { return };
        let how = Put { fmt: FORMAT, ..Put::ttl(KEPT) };
        drop(self.cache.put(&self.key, &bytes, &how));
    }
}
