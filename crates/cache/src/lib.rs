//! A result cache that cannot lie about why it missed.
//!
//! A look-up is one atomic step against the store. It returns the value, or every true reason why not: never stored,
//! expired (also after somebody pruned it), another format, another machine, deleted, evicted, corrupt, or a store
//! that cannot be read. No reason depends on the schedule, on chance, or on a swallowed error.
//!
//! ```
//! use std::time::Duration;
//! use amorsize_cache::{Cache, Key, Lookup, Namespace, Options, Put, Want};
//!
//! # fn main() -> amorsize_cache::Result<()> {
//! let cache = Cache::open("memory:", &Options::default())?; // or sqlite:PATH, postgres://…, redis://…
//! let key = Key::new(&Namespace::new("mine")?, "primes").code("v1").inputs("1..1000");
//! cache.put(&key, b"2 3 5 7", &Put::ttl(Duration::from_secs(3_600)))?;
//! match cache.get(&key, &Want::default()) {
//!     Lookup::Hit(hit) => assert_eq!(&*hit.value, b"2 3 5 7"),
//!     Lookup::Miss(miss) => println!("{}", miss.reasons), // every true reason, the primary one first
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The decision is one pure function, [`judge::judge`]; engines ([`store`]) only fetch and write.

pub mod cache;
#[cfg(any(test, feature = "testkit"))]
pub mod conformance;
pub mod envelope;
pub mod error;
pub mod fingerprint;
pub mod judge;
pub mod key;
pub mod lookup;
pub mod ops;
pub mod reason;
pub mod render;
pub mod spaces;
pub mod store;
mod sync;
pub mod time;

pub use cache::{Address, Cache, CacheReader, Compute, Computed, Options, Source, Typed};
pub use envelope::{Cause, Corruption, Envelope, Gen, State};
pub use error::{Error, Kind, Result};
pub use fingerprint::{FieldChange, FieldValue, Fingerprint, Tolerance};
pub use key::{Key, KeyId, Namespace, Part, PartChange, PartValue};
pub use lookup::{Hit, Lookup, Miss, Want};
pub use ops::lease::{LeaseRequest, Leased};
pub use ops::maintain::{Evict, Forget, Prune};
pub use ops::transfer::{Import, Merge};
pub use ops::write::{Put, Refusal, Stored, Written};
pub use reason::{Ended, LimitBy, Nearest, Reason, Reasons};
pub use render::cache_status;
pub use store::{Reader, Store};
pub use time::Time;
