//! Entries in PostgreSQL: one store for many hosts.
//!
//! A look-up is one `SELECT` of meta and entry; its clock is `clock_timestamp()`, which the server reads while the
//! statement runs and so after its snapshot. A write reads, lets the caller decide, and writes with **one** conditional
//! statement that takes effect only when the row still is what the decision was shown; otherwise it is decided anew. So
//! no lock is ever held between two round trips of a single-key write, and a stopped or killed client cannot make anybody
//! wait. Sweeps and writes of several keys at once are short transactions.
//!
//! Every call ends at a deadline, whatever the server does. A lost connection is an error of kind `Connection` and a fresh
//! connection at the next call; a write whose connection broke says that its outcome is unknown.

mod engine;
mod place;
mod schema;
mod sql;
mod wire;
mod write;

pub use engine::Postgres;
