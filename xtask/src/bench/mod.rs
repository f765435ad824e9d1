//! Tables of figures, each beside its peers and measured in one run: `cargo xtask bench NAME`.

mod cache;
mod cache_peers;
mod list;

pub(crate) use cache::{HOLDER, hold_lock};
pub(crate) use list::run;
