//! What a decision wants written.
//!
//! The pure functions of [`ops`](crate::ops) answer a snapshot with a [`Change`]; the engine writes it in the same
//! atomic step, or not at all.

use std::sync::Arc;

use crate::envelope::{Envelope, Gen};
use crate::fingerprint::Side;
use crate::time::Time;

use super::Lease;

/// Everything one decision writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    /// Copy the present bytes of the entry (name, envelope, body) to the aside table before anything else, with this
    /// explanation: they are damaged, and somebody may want to look at them.
    pub aside: Option<String>,
    /// What happens to the entry.
    pub edit: Edit,
    /// What happens to the lease.
    pub lease: LeaseEdit,
    /// What happens to the meta record.
    pub raise: Raise,
    /// Texts to have in the side table. They are written if they are not there; none is ever removed.
    pub sides: Vec<Side>,
}

impl Change {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.aside.is_none()
            && self.edit == Edit::Keep
            && self.lease == LeaseEdit::Keep
            && self.raise == Raise::default()
            && self.sides.is_empty()
    }
}

/// What happens to an entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Edit {
    /// Nothing.
    #[default]
    Keep,
    /// It is written: created when it is not there, else its envelope replaced.
    Write {
        /// The new envelope. Engines that index by expiry, state or version take the columns from here.
        envelope: Envelope,
        /// What happens to the body.
        body: BodyEdit,
    },
    /// It goes without a trace; the decision raises the floor in the same change.
    Forget,
}

/// What happens to a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyEdit {
    /// These bytes become the body.
    Set(Arc<[u8]>),
    /// It stays.
    Keep,
    /// It goes.
    Drop,
}

/// What happens to a lease.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LeaseEdit {
    /// Nothing.
    #[default]
    Keep,
    /// It is given to somebody, whoever had it before.
    Grant(Lease),
    /// It ends.
    Release,
}

/// How far the meta record rises: by maximum, never down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Raise {
    /// The time a prune judged by.
    pub hwm: Time,
    /// The generation up to which records may have been forgotten.
    pub floor: Gen,
    /// When a clock jump was first seen. This one is *set* (also back to the epoch), not raised.
    pub sighted: Option<Time>,
}
