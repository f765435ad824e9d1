//! The engine for a cluster that Slurm already runs: arrays of agents that lease ranges of items from a shared folder.
//!
//! The coordinator is `amorsize run` itself. It cuts the items into ranges as large as their measured cost asks for,
//! collects what agents publish, keeps the journal and hands outputs over, exactly as the local engine does. An agent
//! is a task of a job array: it takes a range by renaming its file, runs it with the local engine and publishes
//! endings with their outputs by renaming files into place. Nothing listens on a network.
//!
//! What it promises across agents that die: an item whose ending was published is never run again; the others of a
//! dead agent's range are handed to somebody else.

mod agent;
mod cluster;
mod collect;
mod coordinate;
mod feed;
mod options;
mod spool;
mod watch;
mod wire;

pub use agent::agent;
pub use coordinate::run;
pub use options::{Order, SlurmOptions};
