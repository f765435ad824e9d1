//! Settings: `amorsize.toml`, `.amorsize.toml` or `[tool.amorsize]` in `pyproject.toml`, nearest upwards wins,
//! `extend` names a base; the environment overrides the file; a flag (in its subcommand) overrides both.
//!
//! Every setting is one row of [`SETTINGS`]. A key that is no row is an error that names file, line and the
//! nearest key; a value of the wrong type is an error too. Where a value came from is kept for
//! `amorsize config --origin`.

mod file;
mod resolved;
mod table;

pub(crate) use resolved::{Origin, Settings};
pub(crate) use table::SETTINGS;
