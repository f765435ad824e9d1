//! The embedded engine: one SQLite file, any number of processes, no server.
//!
//! WAL mode, so that readers never wait for writers; every look-up is one statement and so one snapshot; every write is
//! one `BEGIN IMMEDIATE` transaction whose decision is made under the write lock. Entries lie in a table ordered by a
//! number out of their id, and a unique index over the whole id is a second witness: only when both say that there is
//! nothing is the answer "absent", so that damage to either is seen. Every record carries its own checksums.
//!
//! It refuses network file systems, where neither locks nor shared memory can be relied on.

mod claims;
mod engine;
mod errors;
mod hot;
mod open;
mod pool;
mod rebuild;
mod rows;
mod schema;
mod wal;
mod write;

pub use engine::Sqlite;
pub use open::SqliteOptions;
pub use rebuild::{Rebuilt, rebuild};
