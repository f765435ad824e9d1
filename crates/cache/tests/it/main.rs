//! The engines from outside: held to the suite, soaked with killed processes, damaged on purpose.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod acceptance;
mod adds;
mod engines;
mod faults;
mod log;
mod places;
mod race;
mod rot;
mod servers;
mod sharing;
mod soak;
mod spaces;
