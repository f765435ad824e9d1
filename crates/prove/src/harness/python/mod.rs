//! Harnesses for Python findings: one file with `setup`, `a`, `b` and `probe`.

mod compose;
mod django;
mod package;
mod source;
mod text;
mod values;

pub(super) use compose::harness;
