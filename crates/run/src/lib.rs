//! Carries work out: command templates over items, closures over slices.
//!
//! [`template`] turns items into commands, [`source`] brings the items, [`engine`] runs them with the workers and
//! chunks that `sizing` decides, [`journal`] remembers what is finished so that a killed run goes on where it was.
//!
//! Deliberately absent: printing, reading the environment, deciding how much parallelism pays (that is `sizing`).

pub mod engine;
pub mod error;
pub mod halt;
pub mod item;
pub mod journal;
pub mod kept;
pub mod limits;
pub mod map;
pub mod outcome;
pub mod progress;
pub mod results;
pub mod source;
pub mod template;

pub use error::{Error, Kind, Result};
pub use map::map;
