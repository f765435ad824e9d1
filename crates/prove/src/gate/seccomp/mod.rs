//! The system-call gate: holds any unmodified program before its i-th matching system call.

mod calls;
mod files;
mod filter;
mod peer;
mod service;
mod sys;
mod watches;

pub(crate) use watches::{Watches, attach};
