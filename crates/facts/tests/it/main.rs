//! Facts of small sources, as text.

mod golden;
mod hostile;
