//! Harnesses for Python findings: one file with `setup`, `a`, `b` and `probe`.

mod compose;
mod django;
mod package;
mod place;
mod source;
mod state;
mod text;
mod values;
mod wrapper;

pub(super) use compose::harness;

/// The longest file that is read.
const SOURCE_BYTES_MAX: u64 = 8 << 20;
