//! Tells flaky from broken, and says how sure that is.
//!
//! Ten green runs at a failure rate of 5 % happen six times in ten, so "it passed ten times" is no claim. First
//! every coin that can be found is forced to both sides; then the test runs until the stated rate is excluded with
//! the stated confidence, or until both a pass and a failure were seen. What was not reached is said in passes.

mod bench;
mod draws;
mod history;
mod junit;
mod render;
mod results;
mod statistics;
mod test;

pub use draws::Coin;
pub use history::{History, code_state};
pub use junit::junit;
pub use render::text;
pub use statistics::{Sample, fisher, interval, passes_needed};
pub use test::{Flake, Jobs, Side, Single, Steadiness, Verdict, Versus, flake};
