//! The pleasant face of a store: open it by an address, keep typed values, compute what is missing once.
//!
//! [`Cache`] adds to a [`Store`](crate::Store) what belongs to a process rather than to an engine: the single flight of
//! [`Cache::get_or_compute`], the batching of uses and counts, and the bounded upkeep that writers pay for.
//! [`CacheReader`] is the face for those who only look: it cannot write, prune or count.

mod compute;
mod face;
mod flight;
mod open;
mod typed;
mod upkeep;

pub use compute::{Compute, Computed, Source};
pub use face::{Cache, CacheReader};
pub use open::{Address, Options};
pub use typed::Typed;
pub(crate) use typed::{not_valid, typed};
