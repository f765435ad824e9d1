//! From an audit finding to an experiment: a harness that is complete where the source tells enough.

mod compose;
mod go;
mod guess;
mod python;
mod window;

pub use compose::{Harness, harness, no_schedule};
