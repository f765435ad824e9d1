//! Opening and creating the file.
//!
//! The first 100 bytes are read before SQLite is asked: they say whether this is a cache of this layout, so that opening
//! an existing one runs no schema statement. A missing or empty file is created under a lock file, by exactly one process.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use amorsize_os::files::open_plain;
use amorsize_os::filesystem::network_kind;
use amorsize_os::lock::{FileLock, record_locks_work};
use amorsize_os::process::boot_id;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Kind, Result};
use crate::time::Time;

use super::claims::Opening;
use super::errors::explain;
use super::rows::StoredMeta;
use super::schema::{APPLICATION_ID, CREATE, LAYOUT, LAYOUT_FAMILY, SET_META};
use super::wal;

const HEADER_BYTES: usize = 100;
/// The bytes of a header that say that readers and writers use a write-ahead log.
const WITH_LOG: [u8; 2] = [2, 2];
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The size of a page. Keys are spread evenly, so that every new entry goes to a page of its own and every second one
/// splits it: what is written for it shrinks with the page, and a value that does not fit goes to pages beside.
const PAGE_BYTES: i32 = 1_024;
/// The log is brought into the store when it holds so many pages: 4 MiB.
const LOG_PAGES: i32 = 4_096;
/// Statements each connection keeps prepared.
const STATEMENTS_MAX: usize = 48;

/// How the embedded engine behaves.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// How long a write waits for another process.
    pub busy: Duration,
    /// Sync every write to the disk before it counts as done; without it, a power loss may cost the last writes (and
    /// look-ups say so afterwards).
    pub durable: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { busy: Duration::from_secs(1), durable: false }
    }
}

/// What a handle may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Everything needed to open one more connection.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) access: Access,
    pub(super) options: SqliteOptions,
}

/// What the first bytes of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Missing,
    Empty,
    /// Its tables are there, but whoever made it was killed before it had its log.
    Unfinished,
    Ours,
}

impl Place {
    /// Makes sure that there is a cache at the path, creating it when writing is allowed. `opening` keeps the rest of the
    /// process from opening it meanwhile.
    pub(super) fn prepare(&self, opening: &Opening, now: Time) -> Result<()> {
        if opening.is_open(&self.path) {
            // It was looked at when it was opened first, and must not be looked at again.
            return Ok(());
        }
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let header = match (self.header()?, self.access) {
            (Header::Missing | Header::Empty, Access::Read) => {
                return Err(
                    Kind::Place.because(format!("there is no cache at {}", self.path.display()))
                );
            }
            (header, _) => header,
        };
        if header == Header::Missing {
            amorsize_os::files::private_directory(folder).map_err(system)?;
        }
        if let Some(network) = network_kind(folder).map_err(system)? {
            return Err(Kind::Place.because(format!(
                "{} lies on a network file system ({network}), where SQLite's locks cannot be relied on; use a local \
                 path, or share a cache through postgres:// or redis://",
                self.path.display()
            )));
        }
        if header != Header::Ours && !(header == Header::Unfinished && self.access == Access::Read)
        {
            return self.create();
        }
        let explain = |error: std::io::Error| {
            system_kind(error.kind())
                .from(format!("look at the log of {}: {error}", self.path.display()), error)
        };
        wal::look_for_loss(&self.path, now).map_err(explain)
    }

    /// One more connection to a prepared place, to read with.
    pub(super) fn connect(&self) -> Result<Connection> {
        let access = match self.access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        self.connect_with(access).map_err(|error| self.explain(error))
    }

    /// A connection to a prepared place that commits.
    pub(super) fn connect_to_write(&self) -> Result<Connection> {
        let connection = self.connect()?;
        let set = || -> rusqlite::Result<()> {
            let synchronous = if self.options.durable { "FULL" } else { "NORMAL" };
            connection.pragma_update(None, "synchronous", synchronous)?;
            // The answer is the number it has now.
            connection.query_row(
                &format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"),
                [],
                |_| Ok(()),
            )
        };
        set().map_err(|error| self.explain(error))?;
        Ok(connection)
    }

    pub(super) fn explain(&self, error: rusqlite::Error) -> Error {
        explain(&self.path, self.options.busy, error)
    }

    fn connect_with(&self, access: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.options.busy)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        // Without this the planner wants to see the values of every run and compiles a cached statement anew each time.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // SQLite's cache of pages stays as small as it comes: whenever a page is split, all of it is walked.
        connection.pragma_update(None, "cell_size_check", true)?;
        Ok(connection)
    }

    /// Reads the first bytes of the file.
    fn header(&self) -> Result<Header> {
        let path = self.path.display();
        let mut file = match open_plain(&self.path) {
            Ok(file) => file,
            Err(error) if error.io_kind() == ErrorKind::NotFound => return Ok(Header::Missing),
            Err(error) if error.io_kind() == ErrorKind::PermissionDenied => {
                return Err(
                    Kind::Permission.from(format!("{path} may not be read by this user"), error)
                );
            }
            Err(error) => return Err(Kind::Place.from(error.to_string(), error)),
        };
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        file.by_ref()
            .take(HEADER_BYTES as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| Kind::Place.from(format!("read {path}: {error}"), error))?;
        if bytes.is_empty() {
            return Ok(Header::Empty);
        }
        if !bytes.starts_with(MAGIC) {
            let is_cut = MAGIC.starts_with(&bytes);
            let kind = if is_cut { Kind::Damaged } else { Kind::Foreign };
            let what =
                if is_cut { "was cut short" } else { "is not a cache: it is not an SQLite file" };
            return Err(kind.because(format!("{path} {what}; choose another path or move it away")));
        }
        if bytes.len() < HEADER_BYTES {
            return Err(
                Kind::Damaged.because(format!("{path} was cut short; move it away to begin anew"))
            );
        }
        let header = self.check_ids(number(&bytes, 68), number(&bytes, 60))?;
        let has_log = bytes[18..20] == WITH_LOG;
        Ok(if header == Header::Ours && !has_log { Header::Unfinished } else { header })
    }

    fn check_ids(&self, application: i32, layout: i32) -> Result<Header> {
        let path = self.path.display();
        if application != APPLICATION_ID {
            // Between creation and the first commit of the tables, all ids are zero.
            if application == 0 && layout == 0 && self.is_being_created() {
                return Ok(Header::Empty);
            }
            return Err(Kind::Foreign.because(format!(
                "{path} is an SQLite file of another program; choose another path"
            )));
        }
        if layout == LAYOUT {
            return Ok(Header::Ours);
        }
        if layout & !0xff == LAYOUT_FAMILY && layout > LAYOUT {
            return Err(Kind::Newer.because(format!(
                "{path} was written by a newer version (layout {}, this program knows {}); update, or choose another \
                 path",
                layout - LAYOUT_FAMILY,
                LAYOUT - LAYOUT_FAMILY
            )));
        }
        Err(Kind::Damaged
            .because(format!("{path} is damaged: its header names the layout {layout:#x}")))
    }

    /// Whether the file has no table yet.
    fn is_being_created(&self) -> bool {
        let connection = self.connect_with(OpenFlags::SQLITE_OPEN_READ_ONLY);
        let tables = connection.and_then(|connection| {
            connection
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        });
        tables.is_ok_and(|tables| tables == 0)
    }

    /// Creates the tables, unless another process has done so meanwhile.
    fn create(&self) -> Result<()> {
        let mut lock_path = self.path.clone().into_os_string();
        lock_path.push(".lock");
        let wait = self.options.busy.max(Duration::from_secs(5));
        let _lock = FileLock::acquire(Path::new(&lock_path), wait).map_err(system)?;
        if !record_locks_work(Path::new(&lock_path)).map_err(system)? {
            return Err(Kind::Place.because(format!(
                "{} lies on a file system that grants one lock to two owners, where SQLite would lose writes; use \
                 another path, or share a cache through postgres:// or redis://",
                self.path.display()
            )));
        }
        let done = match self.header()? {
            Header::Ours => Ok(()),
            Header::Unfinished => {
                self.connect_with(OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|it| begin_log(&it))
            }
            Header::Missing | Header::Empty => self.create_tables(),
        };
        done.map_err(|error| self.explain(error))
    }

    pub(super) fn create_tables(&self) -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = self.connect_with(flags)?;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
        tx.execute_batch(CREATE)?;
        let meta = StoredMeta { boot: this_boot(), ..StoredMeta::default() };
        tx.execute(SET_META, [meta.encode().as_slice()])?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", LAYOUT)?;
        tx.commit()?;
        begin_log(&connection)
    }
}

/// Switches a store to a write-ahead log.
fn begin_log(connection: &Connection) -> rusqlite::Result<()> {
    // The answer is the mode it has now.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode.eq_ignore_ascii_case("wal") { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
}

/// The boot of this machine as a number; 0 where it has none.
pub(super) fn this_boot() -> u64 {
    match boot_id() {
        "" => 0,
        boot => xxh3_64(boot.as_bytes()),
    }
}

fn number(bytes: &[u8], at: usize) -> i32 {
    let mut own = [0; 4];
    own.copy_from_slice(&bytes[at..at + 4]);
    i32::from_be_bytes(own)
}

fn system(error: amorsize_os::Error) -> Error {
    system_kind(error.io_kind()).from(error.to_string(), error)
}

const fn system_kind(kind: ErrorKind) -> Kind {
    match kind {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Kind::Permission,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Kind::Full,
        ErrorKind::TimedOut => Kind::Busy,
        _ => Kind::Place,
    }
}
