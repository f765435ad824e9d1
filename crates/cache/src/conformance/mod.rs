//! The suite every engine has to pass.
//!
//! An engine's tests implement [`Subject`] and run every case of [`CASES`] on a fresh one. The cases know nothing of the
//! engine: they check what [`Store`](crate::store::Store) promises, in steps of time so small that an engine on a server's clock can simply let
//! them pass. A failed case panics with what it expected.

mod basics;
mod damage;
mod leases;
mod maintenance;
mod model;
mod reasons;
mod steps;
mod subject;
mod suite;
mod together;
mod transfer;
mod writes;

pub use model::random_states;
pub use subject::{Damage, LONG, PAST, Subject, TTL};
pub use suite::{CASES, Case, run_all};
