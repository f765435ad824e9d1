//! The auditor: finds code whose answers depend on the schedule, on a coin, or on a swallowed
//! error, and says only what it can show.
//!
//! The pipeline is `link -> slice -> explore -> judge -> rules`. A finding is `open` only with a
//! witness that the exploration produced; it is `closed` only with the guard named.

mod baseline;
mod documented;
mod error;
pub mod explore;
mod fault;
mod flow;
mod front;
mod goroutines;
mod held;
mod judge;
mod link;
mod mutators;
mod origins;
mod own_threads;
mod patch;
mod programs;
mod project;
mod remember;
mod rules;
mod run;
mod seat_locks;
mod served;
mod shared;
mod siblings;
mod single_runs;
mod slice;
mod spoken;
mod suppress;
mod told_once;
mod turns;
mod unless_there;
mod walk;
mod watch;
mod whole_maps;

pub use baseline::Baseline;
pub use error::Error;
pub use fault::{Fault, is_caught};
pub use patch::apply_edits;
pub use project::{Request, run};
pub use rules::{RULES, Rule, rule};
pub use run::{Audited, Scope, audit};
pub use watch::Watch;
