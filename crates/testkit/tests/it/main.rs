//! The test tools, tested from outside.

mod servers;
