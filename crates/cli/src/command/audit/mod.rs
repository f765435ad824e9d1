//! `amorsize audit`: finds code whose answers depend on the schedule, the coin or a swallowed error.

mod command;
mod patches;
mod watch;

pub(crate) use command::{Args, run, usual};
