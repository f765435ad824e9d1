//! Links the facts of a tree: which call runs which function, which class inherits what, who
//! calls whom.
//!
//! Resolution stays within the tree and never guesses beyond a bound: a call it cannot resolve is
//! unknown, and a virtual call fans out to at most [`FAN_OUT_MAX`] implementations.

mod adopt;
mod calls;
mod conditions;
mod decorators;
mod front_page;
mod handed_fields;
mod refine;
mod spare_rows;
mod tables;
mod tree;
mod wrapped;

pub(crate) use adopt::adopt;
pub(crate) use calls::{Callee, is_manager};
pub(crate) use conditions::name_locks_of_conditions;
pub(crate) use decorators::{decorator, gives_back, is_given, is_given_to};
pub(crate) use refine::{named_after, refine};
pub(crate) use spare_rows::{made_anyway, spare_rows, takes_spare_rows};
pub(crate) use tables::Tables;
pub(crate) use tree::{ClassId, FnId, Tree, folder};
pub(crate) use wrapped::wrapped;
