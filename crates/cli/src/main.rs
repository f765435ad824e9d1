//! The `amorsize` binary: it parses and prints, and decides nothing.
//!
//! Only this crate (and the Python module) reads the environment, prints, colours or exits. Every subcommand is
//! one file in [`command`]; what they share is the [`context`] (environment, settings, the one door for output)
//! and the [`failure`] table that turns an error into a message, a hint and an exit code.

mod app;
mod command;
mod context;
mod failure;
mod nearest;
mod offer;
mod output;
mod reports;
mod settings;
mod units;
mod work;

/// An audit is mostly small allocations; this one takes a fifth off its time.
#[global_allocator]
static ALLOCATOR: amorsize_os::alloc::Allocator = amorsize_os::alloc::Allocator;

fn main() {
    amorsize_os::process::leave(app::main().code())
}
