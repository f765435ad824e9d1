//! One computation of a key at a time within the process.
//!
//! Threads that find another one computing wait for it to end, however it ends: by a value, an error or a panic. Then
//! each looks again, and at most one of them takes over.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::key::KeyId;
use crate::sync::{Condvar, Mutex};

/// The computations of this process.
#[derive(Debug, Default)]
pub(super) struct Flights {
    running: Mutex<BTreeMap<KeyId, Arc<Flight>>>,
}

#[derive(Debug, Default)]
struct Flight {
    has_ended: Mutex<bool>,
    ended: Condvar,
}

/// What [`Flights::board`] gives: the lead, or somebody to wait for.
pub(super) enum Seat<'a> {
    /// This thread computes; the flight ends when this is dropped.
    Lead(Lead<'a>),
    /// Another thread computes.
    Follow(Follow),
}

/// The right to compute within this process.
pub(super) struct Lead<'a> {
    flights: &'a Flights,
    id: KeyId,
    flight: Arc<Flight>,
}

/// A computation to wait for.
pub(super) struct Follow(Arc<Flight>);

impl Flights {
    pub(super) fn board(&self, id: &KeyId) -> Seat<'_> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = running.get(id) {
            return Seat::Follow(Follow(Arc::clone(flight)));
        }
        let flight = Arc::new(Flight::default());
        running.insert(*id, Arc::clone(&flight));
        drop(running);
        Seat::Lead(Lead { flights: self, id: *id, flight })
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut running = self.flights.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.id);
        drop(running);
        *self.flight.has_ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.flight.ended.notify_all();
    }
}

impl Follow {
    /// Waits until the computation has ended, at most `limit`; whether it has.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        let has_ended = self.0.has_ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.ended.wait_timeout_while(has_ended, limit, |ended| !*ended);
        let (has_ended, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *has_ended
    }
}
