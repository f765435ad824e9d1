//! Entries in Redis or Valkey: one store for many hosts, and the server drops expired bodies by itself.
//!
//! The record of an entry (name, envelope, lease) is a hash without an expiry; its body is a string beside it that the
//! server may drop, at its end or for want of room. So the reason outlives the body: a live record without its body is
//! "expired" past its TTL and "evicted by the server" before.
//!
//! A look-up is one script: meta, record, body, and then `TIME`. A write reads, lets the caller decide, and writes with one
//! script that takes effect only when the record still is what the decision was shown. Nothing is ever locked.
//!
//! Redis may lose records as a whole: a restart without persistence, `FLUSHALL`, an eviction policy that takes keys
//! without an expiry. Where that may have happened (the meta record is gone, the server's run id changed, it has evicted
//! such keys) "absent" says since when nothing was stored, never "never": a new store begins with a horizon, too.

mod engine;
mod place;
mod script;
mod wire;
mod write;

pub use engine::Redis;
