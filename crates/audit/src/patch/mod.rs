//! Mechanical fixes: each is proposed as edits, applied to a copy, and the copy is audited again.
//! A patch is kept only if the finding was there before, is gone afterwards, and nothing new is
//! open.

mod edits;
mod folder_lock;
mod gone;
mod lines;
mod mend;
mod modules;
mod new_lock;
mod opening;
mod own_lock;
mod propose;
mod publish;
mod remote;
mod rows;
mod sections;
mod skip;
mod upsert;

pub use edits::apply_edits;
pub(crate) use mend::mend;
