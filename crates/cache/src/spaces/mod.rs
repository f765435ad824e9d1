//! The typed caches that come with the product, over one implementation.
//!
//! [`Space`] adds to the cache what is known about its values: a namespace, a format version, and a check that every
//! value passes on its way in (also by import) and on its way out. A value that cannot be (`workers` of -5, a speed-up
//! that is no number, a time in 2090) is a miss that says so, or an import that is refused; it is never handed out and
//! never an exception. `plan` keeps what sizing decided, `bench` what was measured.

mod bench;
mod check;
mod machine;
mod plan;
mod space;
mod workload;

pub use bench::{BenchRecord, BenchSpace, bench_key};
pub use check::check;
pub use machine::fingerprint_of;
pub use plan::{PlanExecutor, PlanRecord, PlanSpace, Scaled, plan_key};
pub use space::{Space, SpaceRecord};
pub use workload::Workload;
