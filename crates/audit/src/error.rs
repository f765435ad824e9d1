//! What can go wrong before there is a report.

use std::path::PathBuf;

/// Why an audit cannot run.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("there is no {0}")]
    NoRoot(PathBuf),
    #[error("could not read {path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a baseline: {source}")]
    NotABaseline { path: PathBuf, source: serde_json::Error },
    #[error("a row of audit.api is not understood: {0}")]
    Vocabulary(amorsize_facts::Error),
    #[error("cannot watch {path}: {source}")]
    Unwatched { path: PathBuf, source: notify::Error },
    #[error("a pattern of audit.exclude is not understood: {0}")]
    Pattern(ignore::Error),
}

impl Error {
    pub(crate) fn no_root(path: PathBuf) -> Self {
        Self(Kind::NoRoot(path))
    }

    pub(crate) fn vocabulary(source: amorsize_facts::Error) -> Self {
        Self(Kind::Vocabulary(source))
    }

    pub(crate) fn unwatched(path: PathBuf, source: notify::Error) -> Self {
        Self(Kind::Unwatched { path, source })
    }

    pub(crate) fn pattern(source: ignore::Error) -> Self {
        Self(Kind::Pattern(source))
    }

    pub(crate) fn unreadable(path: PathBuf, source: std::io::Error) -> Self {
        Self(Kind::Unreadable { path, source })
    }

    pub(crate) fn not_a_baseline(path: PathBuf, source: serde_json::Error) -> Self {
        Self(Kind::NotABaseline { path, source })
    }
}
