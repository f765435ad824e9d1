//! The formats as a whole, on a sample report and on hostile ones.

mod sample;
mod text;
