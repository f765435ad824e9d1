//! What only tests need: clocks that stand still, servers that start and stop, a checker of histories.
//!
//! Never a dependency of a shipped crate, only of their tests.

pub mod clock;
pub mod history;
pub mod servers;
#[cfg(feature = "cache")]
pub mod soak;
