//! An editor's side of the conversation, over a connection in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod conversation;
mod editor;
