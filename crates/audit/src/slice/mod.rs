//! Cuts out of a flow what concerns one entry of one store, as a program for the explorer.
//!
//! A [`Target`] names the entry; [`compile`] keeps the steps that touch it, the locks and
//! transactions around them, and the branches that depend on what was seen. A branch it does not
//! understand is decided by a choice that every participant makes alike.

mod aged;
mod answers;
mod carry;
mod compile;
mod cond;
mod counted;
mod emit;
mod folder;
mod free_name;
mod given;
mod kept_by;
mod lockfile;
mod maintenance;
mod nothing;
mod once;
mod popped;
mod probe;
mod publish;
mod room;
mod said;
mod seat;
mod sent_away;
mod settled;
mod shape;
mod sifted;
mod structure;
mod target;
mod unwind;
mod used;
mod values;
mod ways;

pub(crate) use compile::{Day, Locks, Pair, Slice, compile, compile_on};
pub(crate) use maintenance::{collects, collects_garbage, is_maintenance, removes_each};
pub(crate) use popped::apart;
pub(crate) use publish::Publishing;
pub(crate) use room::{extends, grows, held_in};
pub(crate) use said::said;
pub(crate) use seat::{Seat, placed};
pub(crate) use sent_away::sends_away;
pub(crate) use shape::{cleans_up, first_event, leaves};
pub(crate) use target::{AbsPlace, Target, Touch, beside, looks_up_listed, touches};
pub(crate) use ways::{names_a_conflict, refuses};
