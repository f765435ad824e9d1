//! Every system call of the house: clock, files, locks, processes.
//!
//! The other crates take time from a [`clock::Clock`], write files through [`files::publish`], exclude each
//! other through [`lock::FileLock`] and name a process by its [`process::Identity`], so that a test can stop
//! the clock, fill the disk or kill the owner.
//!
//! Deliberately absent: policy. Nothing here decides how long to wait, what to delete or what to print.

#[cfg(feature = "mimalloc")]
pub mod alloc;
pub mod child;
pub mod clock;
pub mod error;
pub mod files;
pub mod filesystem;
pub mod lock;
pub mod machine;
pub mod memory;
pub mod process;
pub mod ready;

pub use error::{Error, Result};
