//! `amorsize prove`: force the schedule on the real program and see what comes of it.

mod command;
mod harness;

pub(crate) use command::{Args, run};
