//! Does it pay to run it in parallel: measure, model, plan.
//!
//! [`measure`] holds what was seen, [`model`] predicts the total time of every (workers, chunk), [`plan`] searches
//! all of them and says why in one sentence, [`chunk`] cuts the work while it runs, [`climb`] moves the worker count
//! by what throughput says, [`rent`] decides between serial and parallel with a bound on the loss, [`control`] joins
//! these into the one state machine that drives real processes, threads and the simulator alike.
//!
//! Deliberately absent: processes, threads, clocks, files. Times come in as nanoseconds, decisions go out as values.

mod ahead;
pub mod chunk;
pub mod climb;
pub mod control;
pub mod exact;
pub mod measure;
pub mod model;
mod num;
pub mod plan;
pub mod rent;
pub mod rng;
pub mod sim;
pub mod stats;

pub use control::{Chunking, Controller, Finished, Rules};
pub use measure::{Figure, Limits, Measurements};
pub use plan::{Executor, Plan};
