//! Where a schedule is played: whole commands, or callables inside one process.
//!
//! A schedule is a list of [`Act`]s: run an operation to its end, or hold one at a boundary while another runs.
//! A [`Stage`] plays it from a fresh setup and reports what everybody answered; it judges nothing.

mod activity;
pub(crate) mod commands;
pub(crate) mod driver;
mod party;
mod play;

pub(crate) use play::{Act, Held, Pace, Run, Stage};
