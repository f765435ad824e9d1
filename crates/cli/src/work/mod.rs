//! What `run`, `plan` and `bench` share: the command with its items, the options, the face of a run.

mod args;
mod cluster;
mod face;
mod items;
mod plot;
mod remember;
mod told;

pub(crate) use args::{KeepArgs, Prepared, WorkArgs, choices};
pub(crate) use cluster::{ClusterArgs, agent_options};
pub(crate) use face::Terminal;
pub(crate) use plot::{Drawing, Measured, write as plot};
pub(crate) use remember::{Decided, Remembered, record, start_from};
pub(crate) use told::{code_of, failure_of, summary_lines};
