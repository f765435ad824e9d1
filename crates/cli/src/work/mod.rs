//! What `run`, `plan` and `bench` share: the command with its items, the options, the face of a run.

mod args;
mod face;
mod items;
mod told;

pub(crate) use args::{KeepArgs, Prepared, WorkArgs};
pub(crate) use face::Terminal;
pub(crate) use told::{code_of, failure_of, summary_lines};
