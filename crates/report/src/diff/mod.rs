//! What changed between two reports: new, gone, moved, unchanged, each with its reason.
//!
//! Findings are paired by fingerprint, then by what a fingerprint is made of with one part left
//! out, so that a renamed file or function is a move and not one loss and one gain. A finding whose file
//! was not looked at this time is not called fixed: it is gone *uncertainly*, and the comparison is
//! incomplete.

mod compare;
mod entry;
mod pair;
mod show;

pub use self::compare::diff;
pub use self::entry::{Change, Diff, Entry, Place, SCHEMA};
