//! From an audit finding to an experiment: a harness that is complete where the source tells enough.

mod compose;
mod go;
mod guess;
mod python;

pub use compose::{Harness, harness, no_schedule};
