//! Tables of figures, each beside its peers and measured in one run: `cargo xtask bench NAME`.

mod list;

pub(crate) use list::run;
