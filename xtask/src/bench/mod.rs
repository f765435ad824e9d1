//! Tables of figures, each beside its peers and measured in one run: `cargo xtask bench NAME`.

mod audit;
mod cache;
mod cache_peers;
mod flake;
mod list;
mod prove;
mod py;
mod run;
mod run_gates;
mod run_shapes;
mod sim;
mod work;

pub(crate) use cache::{HOLDER, hold_lock};
pub(crate) use list::run;
