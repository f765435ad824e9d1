//! One trait for every place entries can be kept.
//!
//! An engine only fetches and writes: it implements the handful of required methods of [`Store`]
//! (one atomic read, one atomic read-decide-write, a bounded sweep, a scan) and decides nothing. Every operation that
//! callers use (`put`, `add`, `cas`, `prune`, …) is a provided method over pure functions shared by all engines, so
//! that all of them mean the same; an engine may override one to be faster, never to mean something else.
//!
//! Readers borrow the store and never write; nothing here prunes, counts or repairs during a look-up.

mod change;
mod model;
mod traits;

pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use change::{BodyEdit, Change, Edit, LeaseEdit, Raise};
pub use model::{
    Actor, Lease, LeaseToken, Meta, Owner, Pick, Problem, RawEnvelope, Record, Row, Scan, Scanned,
    Snapshot, Sweep, Swept, Target, UseBatch,
};
pub use traits::{Reader, Store};
