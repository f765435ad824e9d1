//! What one function does with its helpers put in place: the event graph of the entry, with the
//! bodies of the calls that touch stores or locks standing where the calls stand.
//!
//! Every event keeps the frame it runs in; paths and values are made absolute by walking the
//! frames, so that a key built in a helper and the same key built in another are one. Depth and
//! size are bounded, and a flow that met a bound says so.

mod build;
mod given;
mod graph;
mod handle;
mod path;
mod started;
mod trail;
mod value;

pub(crate) use build::{Touching, build, flows};
pub(crate) use graph::{
    Arg, Attempt, Catch, Ev, Flow, Fork, Frame, FrameId, Inlined, Item, Question, Region, Round,
    Uid,
};
pub(crate) use path::{AbsPath, AbsRoot, Origin, global};
pub(crate) use trail::Trail;
pub(crate) use value::{draws, literal_hash, parts_of};
