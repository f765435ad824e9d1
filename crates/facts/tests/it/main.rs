//! Facts of small sources, as text.
#![expect(clippy::panic, reason = "a test says what is missing")]

mod golden;
mod hostile;
