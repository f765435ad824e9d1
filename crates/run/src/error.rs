//! What can go wrong with a run as a whole; a failed item is a result, not an error.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command or an option makes no sense.
    Usage,
    /// A program, a file or a directory cannot be used.
    Environment,
    /// The journal belongs to something else or cannot be written.
    Journal,
    /// Whoever reads our output has gone.
    ReaderGone,
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    path: Option<PathBuf>,
    source: Option<io::Error>,
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Display) -> Self {
        Self { kind, message: message.to_string(), hint: None, path: None, source: None }
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(crate) fn file(kind: Kind, doing: &str, path: &Path, source: io::Error) -> Self {
        let message = format!("{doing} {}: {source}", path.display());
        Self { path: Some(path.to_path_buf()), source: Some(source), ..Self::new(kind, message) }
    }

    pub(crate) fn system(doing: &str, source: io::Error) -> Self {
        let message = format!("{doing}: {source}");
        Self { source: Some(source), ..Self::new(Kind::Environment, message) }
    }

    pub(crate) fn output(source: io::Error) -> Self {
        let gone = source.kind() == io::ErrorKind::BrokenPipe;
        let kind = if gone { Kind::ReaderGone } else { Kind::Environment };
        let message = format!("write the output: {source}");
        Self { source: Some(source), ..Self::new(kind, message) }
    }

    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// What kind of trouble it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do about it.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The file it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}
