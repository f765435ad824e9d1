//! Harnesses for Go findings: one file in the finding's own package, behind a build tag, with `ProveSetup`, `ProveA`,
//! `ProveB` and `ProveProbe`.
//!
//! In the package everything can be reached, exported or not; behind the tag nobody else ever compiles it. A gap is an
//! undefined name: until it is filled the harness does not compile.

mod compose;
mod package;
mod text;
mod values;

pub(super) use compose::harness;
