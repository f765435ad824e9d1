//! The formats as a whole, on a sample report and on hostile ones.

mod diff;
mod formats;
mod hostile;
mod sample;
mod schemas;
mod text;
