//! The machine as it really is for this process, not as it was sold.
//!
//! A container may be allowed half a core of sixty-four, a `taskset` one of eight, a limit may sit three levels
//! up the control-group path. [`Machine::read`] reads affinity, CPU quota and memory limit along the whole path
//! (control groups of version 1 and 2, also mixed), physical cores, memory, load and pressure.
//!
//! Every reader is a pure function over the text of a file ([`parse`]); [`Machine::read_below`] takes another
//! root directory, so that a test can lay out a machine. What the system does not say is `None`, never a guess.

mod cgroup;
pub mod parse;
mod read;

pub use cgroup::{CpuQuota, MemoryLimit};
pub use parse::Pressure;
pub use read::{Machine, cpu_ticks};
