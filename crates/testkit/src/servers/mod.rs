//! Private database servers for tests.
//!
//! [`Postgres`], [`Redis`] and [`Memcached`] start the real program on a free loopback port with its data in a private folder, and
//! take it down when dropped. A server never outlives the process that started it, even when that process is killed:
//! a watchdog holds the read end of a pipe and cleans up when the other end closes.
//!
//! When a program is not installed the answer is an [`Error`] that says what is missing and how to get it.
//! [`or_skip`] turns it into a skipped test with a printed line, or into a failure when `AMORSIZE_STRICT` is set.

mod error;
mod memcached;
mod postgres;
mod process;
mod redis;

pub use error::{Error, Missing, or_skip, strict};
pub use memcached::Memcached;
pub use postgres::Postgres;
pub use redis::{Durability, Redis};
