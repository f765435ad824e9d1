//! Puts a real store under the workload of [`history`](crate::history), from several processes that are killed, stopped
//! and have clocks that disagree, and checks everything they were told.
//!
//! The parent ([`run`]) starts workers by a command of the caller's (a test binary that calls itself, or `xtask`); a worker
//! ([`Worker::work`]) opens the store and logs every call before it is made. Keys are fresh in every round, so a history
//! stays small however long the run.

mod open;
mod parent;
mod subject;
mod worker;

pub use open::{Engine, open};
pub use parent::{Plan, Report, run};
pub use subject::StoreSubject;
pub use worker::Worker;
