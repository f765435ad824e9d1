//! Source to a language-neutral *event graph* per function: what it reads, checks and changes in shared stores, which
//! locks and transactions it holds meanwhile, where it waits, and what it does with errors.
//!
//! [`extract`] is a pure function of the bytes and the [`Vocabulary`]: no file system, no clock, no other file, hence facts can be
//! cached by content. It never panics, never recurses deeper than a bound, and says in [`Coverage`](event::Coverage) what it
//! could not read. [`event`] is the waist between front ends and the auditor. This crate states what the code says; it never judges.

pub mod event;
mod extract;
mod front;
mod lower;
mod syntax;
mod vocabulary;

pub use extract::{BYTES_MAX, extract, extract_package, lang_of, skipped};
pub use vocabulary::{Error, Vocabulary};
