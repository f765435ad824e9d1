//! What went wrong with which file or process.
//!
//! One opaque type: the path, the step that failed and the operating system's own error, kept apart so that
//! the edge can print "could not …: …" and a caller can ask [`Error::io_kind`] without reading text.

use std::io;
use std::path::{Path, PathBuf};

/// The result of a system call wrapper.
pub type Result<T> = std::result::Result<T, Error>;

/// A system call that failed, with the step and the path it failed on.
#[derive(Debug, thiserror::Error)]
#[error("{step} {}: {source}", path.display())]
pub struct Error {
    step: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Error {
    /// Wraps an operating-system error with the step ("open", "rename") and its path.
    #[must_use]
    pub fn new(step: &'static str, path: &Path, source: io::Error) -> Self {
        Self { step, path: path.to_path_buf(), source }
    }

    /// The kind of the operating system's error.
    #[must_use]
    pub fn io_kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// The path the step failed on.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Attaches the step and the path to an [`io::Result`].
pub trait At<T> {
    /// Names the step and the path that an error belongs to.
    ///
    /// # Errors
    /// The wrapped error itself.
    fn at(self, step: &'static str, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, step: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::new(step, path, source))
    }
}

impl<T> At<T> for std::result::Result<T, rustix::io::Errno> {
    fn at(self, step: &'static str, path: &Path) -> Result<T> {
        self.map_err(|errno| Error::new(step, path, errno.into()))
    }
}
