//! The line gate: holds a Python program before each line of a function.

mod lines;

pub(crate) use lines::{HOOK, LineGate, watches};
