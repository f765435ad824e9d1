//! What SQLite's errors mean to the user of a cache.

use std::path::Path;
use std::time::Duration;

use rusqlite::ffi::ErrorCode;

use crate::error::{Error, Kind};

/// Puts an error of SQLite into words: what happened, to which file, and what to do.
pub(super) fn explain(path: &Path, deadline: Duration, error: rusqlite::Error) -> Error {
    let shown = path.display();
    let (kind, what) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Kind::Busy,
            format!("{shown}: another process has kept the write lock for {deadline:?}"),
        ),
        Some(ErrorCode::DatabaseCorrupt) => {
            (Kind::Damaged, format!("{shown} is damaged ({error}); `verify` tells where"))
        }
        Some(ErrorCode::NotADatabase) => {
            (Kind::Foreign, format!("{shown} is not a cache: it is not an SQLite file"))
        }
        Some(ErrorCode::DiskFull) => {
            (Kind::Full, format!("{shown}: the disk is full; nothing was written"))
        }
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => (
            Kind::Permission,
            format!("{shown} cannot be written: no permission, or a read-only place"),
        ),
        Some(ErrorCode::CannotOpen) => (
            Kind::Place,
            format!(
                "{shown} cannot be opened: its folder must exist, and be writable even to read"
            ),
        ),
        // The memory that readers and writers share is a file, too, and the error does not say what it lacked.
        Some(ErrorCode::SystemIoFailure) if is_full(path) => (
            Kind::Full,
            format!(
                "{}: the disk is full, and even a look-up needs room for a -shm file beside it",
                path.display()
            ),
        ),
        Some(ErrorCode::TooBig) => (Kind::Input, format!("{shown}: the value is too large")),
        _ => (Kind::System, format!("{shown}: {error}")),
    };
    kind.from(what, error)
}

/// Whether its file system has no room for the smallest of the files beside the store.
fn is_full(path: &Path) -> bool {
    const NEEDED: u64 = 64 << 10;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    amorsize_os::filesystem::free_bytes(folder.unwrap_or(Path::new(".")))
        .is_ok_and(|free| free < NEEDED)
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
