//! Plays schedules with callables inside one process: Python functions, Go functions.

mod go;
mod play;
mod python;

use play::scratch;
pub(crate) use play::{Driver, RAN_WHOLE, of};
