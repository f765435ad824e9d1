//! What could not be done.
//!
//! A miss is a verdict and never an error; an [`Error`] means that the store could not be asked or changed, or that
//! the caller asked for something impossible. [`Error::kind`] says which, so that the edge can give a hint.

use std::fmt;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The caller's input cannot be: a bad name, an impossible number, a value too large.
    Input,
    /// Somebody else kept the write lock until the deadline.
    Busy,
    /// The disk is full, or the server has no memory left.
    Full,
    /// No permission, or a read-only place.
    Permission,
    /// The place cannot be used by this engine: a network file system, a folder that is not there.
    Place,
    /// It is there but is not a store of this product.
    Foreign,
    /// It was written by a newer version of the product.
    Newer,
    /// The store itself is damaged.
    Damaged,
    /// The server cannot be reached, or the connection broke.
    Connection,
    /// The clock is more than a day past everything the store has judged by.
    ClockJump,
    /// A file to be imported is not acceptable.
    Import,
    /// Any other error of the system or of the server.
    System,
}

impl Kind {
    /// An error of this kind; `what` is a lower-case fragment fit for "could not …: {what}".
    #[must_use]
    pub fn because(self, what: impl Into<String>) -> Error {
        Error { kind: self, what: what.into(), source: None }
    }

    /// An error of this kind caused by another.
    #[must_use]
    pub fn from(
        self,
        what: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        Error { kind: self, what: what.into(), source: Some(Box::new(source)) }
    }
}

/// Something that could not be done; opaque but for its [`Kind`].
#[derive(Debug, thiserror::Error)]
pub struct Error {
    kind: Kind,
    what: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// What kind of failure it was.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
