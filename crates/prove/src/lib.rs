//! Forces a schedule on the real program, and tells flaky from broken.
//!
//! The oracle needs no oracle: whatever two operations come to when they run one after the other, in either order,
//! is right by definition. Then one is held before each of its boundaries while the other runs to its end; an
//! outcome outside the serial set is a race seen, not suspected.
//!
//! Deliberately absent: a verdict "free of races". What is tried is one preemption, two parties and the boundaries
//! that were seen, and every report says so.

mod bounded;
mod error;
mod evict;
mod experiment;
pub mod flake;
mod gate;
mod harness;
mod history;
mod judge;
mod outcome;
pub mod render;
pub mod report;
mod serial;
mod stage;
mod sweep;
mod verdict;

pub use error::{Error, ErrorKind, Result};
pub use experiment::{Experiment, Limits, Op, Protocol, Roles, Watch};
pub use harness::{Harness, harness, no_schedule};
pub use history::Step;
pub use outcome::{Answer, Exit, Outcome};
pub use report::Proof;
pub use sweep::{Progress, prove};
