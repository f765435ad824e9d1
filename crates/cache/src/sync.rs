//! Locks, condition variables and atomics of the parts that live in memory.
//!
//! They come from the standard library. In a build with the feature `shuttle` they come from the model checker of that
//! name, which runs the threads of a model in every order it can think of; such a build serves `tests/models.rs` only.

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::{
    sync::atomic::AtomicU64,
    sync::{Condvar, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::sleep,
};

#[cfg(feature = "shuttle")]
pub(crate) use shuttle::{
    sync::atomic::AtomicU64,
    sync::{Condvar, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::sleep,
};
