//! The test tools, tested from outside.

mod history;
mod mutants;
mod servers;
