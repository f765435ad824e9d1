//! What SQLite's errors mean to the user of a cache.

use std::path::Path;
use std::time::Duration;

use rusqlite::ffi::ErrorCode;

use crate::error::{Error, Kind};

/// Puts an error of SQLite into words: what happened, to which file, and what to do.
pub(super) fn explain(path: &Path, deadline: Duration, error: rusqlite::Error) -> Error {
    let path = path.display();
    let (kind, what) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Kind::Busy,
            format!("{path}: another process has kept the write lock for {deadline:?}"),
        ),
        Some(ErrorCode::DatabaseCorrupt) => {
            (Kind::Damaged, format!("{path} is damaged ({error}); `verify` tells where"))
        }
        Some(ErrorCode::NotADatabase) => {
            (Kind::Foreign, format!("{path} is not a cache: it is not an SQLite file"))
        }
        Some(ErrorCode::DiskFull) => {
            (Kind::Full, format!("{path}: the disk is full; nothing was written"))
        }
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => (
            Kind::Permission,
            format!("{path} cannot be written: no permission, or a read-only place"),
        ),
        Some(ErrorCode::CannotOpen) => (
            Kind::Place,
            format!("{path} cannot be opened: its folder must exist, and be writable even to read"),
        ),
        Some(ErrorCode::TooBig) => (Kind::Input, format!("{path}: the value is too large")),
        _ => (Kind::System, format!("{path}: {error}")),
    };
    kind.from(what, error)
}

/// Whether the error says that the file's structure is broken.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::QueryReturnedNoRows
                | rusqlite::Error::Utf8Error(..)
        )
}
