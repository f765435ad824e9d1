//! Whole experiments on real programs: each test runs the commands a person would type.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on stops here and says what is missing"
)]

mod callables;
mod files;
mod flaky;
mod hostile;
mod languages;
mod servers;
mod shells;
mod support;
mod vacuous;
mod victims;
