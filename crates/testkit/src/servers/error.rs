//! Why a server could not be started, and what a test does about it.

use std::fmt;

/// A program that a test needs and that is not on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What is missing, e.g. `redis-server or valkey-server`.
    pub what: &'static str,
    /// How to get it, e.g. a package name.
    pub how: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is not installed ({})", self.what, self.how)
    }
}

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program is not there.
    #[error("{0}")]
    Missing(Missing),
    /// The program is there and did not come up.
    #[error("{program} did not start: {detail}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        detail: String,
    },
    /// A file, a folder or a process could not be made.
    #[error("could not {action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// The cause.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(action: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { action: action.into(), source }
    }
}

/// Tells whether a missing server fails a test (`AMORSIZE_STRICT` is set and not empty).
#[must_use]
pub fn strict() -> bool {
    std::env::var_os("AMORSIZE_STRICT").is_some_and(|value| !value.is_empty())
}

/// Hands back the server, or says on stderr why the test is skipped.
///
/// # Panics
///
/// When the server is there and does not start, and when it is missing in strict mode.
#[expect(clippy::print_stderr, clippy::panic, reason = "speaks to the person who runs the tests")]
pub fn or_skip<T>(started: Result<T, Error>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(Error::Missing(missing)) if !strict() => {
            eprintln!("skipped: {missing}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
