//! The operations, as functions that are the same on every engine.
//!
//! Each reads what [`Store::transact`](crate::store::Store::transact) or [`sweep`](crate::store::Store::sweep) shows
//! it and answers with a [`Change`](crate::store::Change); that this happens in one atomic step is the engine's part.

pub mod clock;
pub mod inspect;
pub mod lease;
pub mod maintain;
pub mod transfer;
pub mod write;
