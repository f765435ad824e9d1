//! The engines from outside.

mod soak;
