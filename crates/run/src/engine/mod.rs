//! Engines carry a run out. The local one starts processes on this machine, [`slurm`] hands them to a cluster.
//!
//! It is one thread that waits on handles: process ends, pipes, Ctrl-C, more items. Everything the local one decides it asks the
//! [`amorsize_sizing::Controller`]; everything it says goes through a [`Face`] that the caller provides.

mod emit;
mod end;
mod local;
mod memory;
mod options;
pub mod slurm;
mod start;
mod task;
mod time;

pub use local::run;
pub use options::{Face, JournalOptions, Options, Sampling};
