//! A small abstract machine that runs two or three copies of a slice through every interleaving
//! its guards allow, from every small initial state.
//!
//! A store is a handful of [`Cell`]s that are absent, live or expired. An execution ends with
//! what each copy answered and what the cells hold. An ending that no one-after-the-other order
//! reaches is a [`Witness`]. Interleavings are searched by the number of preemptions, so that the
//! first witness found is the simplest there is. Every bound is a verdict, never a silent cut.

mod machine;
mod program;
mod scene;
mod search;
mod term;

pub use machine::{Cell, End, NOTHING, Obs, Outcome, SENT_AWAY, Step};
pub use program::{Answer, CellId, Domain, LockId, Lost, Mode, Op, OpKind, Pc, Program, Reg};
pub use program::{FAILED, Test, Value, When};
pub use scene::{Coin, Scene, Verdict, Wanted, Witness, flip, interleave, seek};
pub(crate) use scene::{Purse, interleave_for, interleave_within, seek_within};
pub(crate) use term::actor;
pub use term::{Term, Terms};
