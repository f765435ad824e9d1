//! The one error of this crate: what kept an experiment from being run at all.
//!
//! A verdict is never an error. A setup that fails, a pattern that matches nothing, an output that varies: those
//! are [`crate::Verdict`]s with their evidence.

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the experiment could not be run.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Repr);

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for makes no sense, or does not parse.
    Usage,
    /// The machine cannot do it: a missing program, kernel feature or permission.
    Environment,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Repr {
    #[error("{0}")]
    Usage(String),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
}

impl Error {
    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0 {
            Repr::Usage(_) => ErrorKind::Usage,
            Repr::Io { .. } => ErrorKind::Environment,
        }
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self(Repr::Usage(text.into()))
    }

    pub(crate) fn io(what: impl Into<String>, source: impl Into<std::io::Error>) -> Self {
        Self(Repr::Io { what: what.into(), source: source.into() })
    }
}
