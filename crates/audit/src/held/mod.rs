//! Which locks are held where, and which locks all callers of a function hold.
//!
//! A helper called only under the lock needs no lock of its own; whether that is so is read off
//! all call sites in the tree, never off a name. Call sites in constructors, tests and at import
//! time do not count: nobody else is there.

mod around;
mod far;
mod given_back;
mod locking;
mod walk;

pub(crate) use far::{is_command, reads_a_command_line, stands_with_commands};
pub(crate) use locking::{Held, HeldAt, Locking, begins, is_test};
