//! `amorsize cache`: look into a store, and keep it in order.
//!
//! Reading verbs take a [`Reader`](amorsize_cache::Reader), which cannot change anything; writing verbs a
//! [`Store`](amorsize_cache::Store).

mod args;
mod from_python;
mod key;
mod life;
mod maintain;
pub(crate) mod open;
mod read;
mod transfer;
mod verb;
mod view;
mod write;

pub(crate) use args::Args;
pub(crate) use verb::run;
