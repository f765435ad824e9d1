//! Tells when the sources of an audit change.
//!
//! The system's notices are only a bell: what changed is found by walking the trees as an audit does and comparing with what
//! was told before. A notice that was lost, came twice or spoke of a file that nobody audits thus changes nothing.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use amorsize_deltas::Deltas;
use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::error::Error;
use crate::project::Request;
use crate::walk::{language, walk};

/// An editor saves in several steps, and a checkout writes many files: quiet for so long is taken for the end.
const SETTLE: Duration = Duration::from_millis(120);
/// A tree that never is quiet is looked at all the same after so many notices.
const NOTICES_MOST: usize = 10_000;

/// The sources of some roots, followed.
#[derive(Debug)]
pub struct Watch {
    request: Request,
    /// Each source with the hash of its text.
    sources: Deltas<PathBuf, blake3::Hash>,
    bell: Receiver<()>,
    /// Notices stop when it is dropped.
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Begins to follow the roots of a request. What changes from now on is told by [`next`](Self::next), so an audit
    /// that follows misses nothing.
    ///
    /// # Errors
    /// When a root is not there, or the system cannot watch so many folders.
    pub fn begin(request: &Request) -> Result<Self, Error> {
        let (ring, bell) = channel();
        let notice = move |event: Result<Event, notify::Error>| {
            // Nobody listens any more at the very end.
            if event.as_ref().map_or(true, matters) {
                ring.send(()).unwrap_or_default();
            }
        };
        let first = request.roots.first().cloned().unwrap_or_default();
        let mut watcher = notify::recommended_watcher(notice)
            .map_err(|source| Error::unwatched(first, source))?;
        for root in &request.roots {
            // A file is replaced by a rename as often as it is written: its folder hears of both.
            let (folder, mode) = match root.parent() {
                Some(folder) if root.is_file() => {
                    let here = folder.as_os_str().is_empty();
                    let folder = if here { Path::new(".") } else { folder };
                    (folder, RecursiveMode::NonRecursive)
                }
                _ => (root.as_path(), RecursiveMode::Recursive),
            };
            watcher
                .watch(folder, mode)
                .map_err(|source| Error::unwatched(folder.to_path_buf(), source))?;
        }
        let watch =
            Self { request: request.clone(), sources: Deltas::new(), bell, _watcher: watcher };
        watch.changed()?;
        Ok(watch)
    }

    /// Waits until sources have changed and are quiet; returns their paths.
    ///
    /// # Errors
    /// When a root has gone.
    pub fn next(&self) -> Result<Vec<PathBuf>, Error> {
        loop {
            if self.bell.recv().is_err() {
                return Ok(Vec::new());
            }
            for _ in 0..NOTICES_MOST {
                if self.bell.recv_timeout(SETTLE).is_err() {
                    break;
                }
            }
            let changed = self.changed()?;
            if !changed.is_empty() {
                return Ok(changed);
            }
        }
    }

    /// What is not as it was told last, and is told by this.
    fn changed(&self) -> Result<Vec<PathBuf>, Error> {
        let looked = (self.request.include_tests, self.request.exclude.as_slice());
        let mut all = Vec::new();
        for (number, root) in (0_u32..).zip(&self.request.roots) {
            let base = if root.is_file() { root.parent().unwrap_or(root) } else { root };
            let sources = walk(root, number, looked, 1)?.sources;
            all.extend(
                sources
                    .into_iter()
                    .map(|source| (base.join(&source.path), blake3::hash(source.text.as_bytes()))),
            );
        }
        self.sources.replace(all);
        let next = || self.sources.pop_within(Duration::ZERO);
        Ok(std::iter::from_fn(next).map(|popped| popped.key().clone()).collect())
    }
}

/// Whether a notice may be of a source: of one by its name, of a folder, or of nothing in particular.
fn matters(event: &Event) -> bool {
    let reads =
        matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)));
    let of_source = |path: &PathBuf| {
        let name = path.to_string_lossy();
        language(&name).is_some() || path.extension().is_none() || path.is_dir()
    };
    !reads && (event.paths.is_empty() || event.paths.iter().any(of_source))
}
