//! Source to a language-neutral *event graph* per function: what it reads, checks and changes in shared stores, which
//! locks and transactions it holds meanwhile, where it waits, and what it does with errors.
//!
//! [`event`] is the waist between front ends and the auditor. This crate states what the code says; it never judges.

pub mod event;
