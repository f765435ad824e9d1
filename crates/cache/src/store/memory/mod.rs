//! The engine that keeps everything in this process.
//!
//! Entries lie in shards, each behind its own lock; a shard keeps its entries in the order of their ids and two indexes
//! (by expiry and by end). What a prune has judged by is raised *before* the entry changes and read *after* it, both
//! under the shard's lock: so every snapshot that shows a pruned entry also shows the time it was pruned by.
//! Nothing is written to disk and nothing survives the process.

mod engine;
mod shard;

pub use engine::Memory;
