//! From a flow to verdicts: every entry of every shared store that is checked and acted upon is
//! explored against itself and against everybody else who changes it.
//!
//! `open` needs a witness the exploration produced. `conditional` needs one as well, and states
//! the assumption. `closed` names the guard without which there would be a witness.

mod admitted;
mod afterwards;
mod agreed;
mod alone;
mod anew;
mod apart;
mod borne_out;
mod claimed;
mod closed;
mod coin;
mod consequence;
mod cross;
mod doubts;
mod doubts_of_files;
mod doubts_of_rows;
mod draft;
mod drawn;
mod dropped;
mod empty_file;
mod evidence;
mod explore;
mod half_locked;
mod halves;
mod heard;
mod holder;
mod immediate;
mod kept;
mod lifetime;
mod listed;
mod lock_unlinked;
mod masks;
mod next_name;
mod no_matter;
mod others;
mod outside;
mod pattern;
mod places;
mod publish;
mod reach;
mod refusal;
mod replaced;
mod rooms;
mod sense;
mod set_by_callers;
mod single_use;
mod skipped;
mod stateful;
mod taken_for_whole;
mod targets;
mod through;
mod tokens;
mod told;
mod variants;
mod wakeups;
mod way_out;
mod words;

pub(crate) use admitted::accepted;
pub(crate) use afterwards::afterwards;
pub(crate) use coin::coins;
pub(crate) use cross::across;
pub(crate) use dropped::dropped;
pub(crate) use explore::{Draft, judge};
pub(crate) use halves::halves;
pub(crate) use listed::listed;
pub(crate) use lock_unlinked::unlinked;
pub(crate) use masks::masks;
pub(crate) use next_name::next_name;
pub(crate) use publish::{Readers, published};
pub(crate) use skipped::skipped;
pub(crate) use tokens::leases;
pub(crate) use wakeups::wakeups;
pub(crate) use words::{Sources, finding};
