//! SARIF 2.1.0: results with code flows for the witness, fingerprints that survive edits, suppressions,
//! fixes, and an invocation that tells what was not looked at.
//!
//! Paths are relative to `%SRCROOT%`, or to a base of their own for a root outside of it. What was not
//! looked at stands as tool execution notifications, and only a run without lost files calls itself
//! successful.

mod flow;
mod log;
mod model;

pub(crate) use self::log::render;
