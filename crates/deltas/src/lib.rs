//! A keyed queue of changes and the store it feeds, as one state machine.
//!
//! Who follows a changing world keeps two things: what it has been told so far, and what it has still to be told. Kept
//! apart, they leave windows: a decision on the one with what was read of the other, a listing whose keys have gone, a
//! stale object that is queued again after it was deleted. Here they are one. [`Deltas::replace`] and [`Deltas::resync`]
//! read the store and queue in one step; [`Deltas::pop`] takes a key out of the queue and writes its value to the store
//! in one step; and nothing else writes the store.
//!
//! What is queued of one key is what still separates the store from the world, so it never grows: two updates are one, and
//! what came and went untold is nothing. Who holds a [`Popped`] has its key to itself: what happens to it meanwhile is queued,
//! and handed out when the holder lets go.
//!
//! Deliberately absent: where the changes come from, and what is done with them.

mod queue;

pub use queue::{Delta, Deltas, Popped};
