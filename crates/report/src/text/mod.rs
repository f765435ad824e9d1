//! The report for a person at a terminal.
//!
//! A finding is one block: where it is, with check and act in one snippet, what it does, the schedule
//! that shows it, what guard is missing, who does it right, the fix. Coverage and totals close the report,
//! whatever it found. No colour codes unless asked for.

mod page;
mod paint;
mod schedule;
mod snippet;

pub(crate) use self::page::render;
