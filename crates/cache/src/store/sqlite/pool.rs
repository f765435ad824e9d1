//! The connections of one handle.
//!
//! Threads borrow a reading connection each; all writes of the process go through one more. A connection must not be
//! used on the other side of a `fork`, so the connections of another process are left alone and new ones made.

use std::num::NonZero;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amorsize_os::memory::{SharedWords, incarnation};
use rusqlite::Connection;

use crate::error::{Kind, Result};

use super::claims::{Claim, Opening};
use super::open::Place;
use super::schema;

/// Idle reading connections that are kept.
const IDLE_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Pool {
    place: Place,
    readers: Mutex<Idle>,
    writer: Mutex<Writer>,
    /// The last to go.
    claim: Claim,
}

#[derive(Debug)]
struct Idle {
    owner: NonZero<u64>,
    connections: Vec<Connection>,
}

#[derive(Debug, Default)]
pub(super) struct Writer {
    owner: Option<NonZero<u64>>,
    connection: Option<Connection>,
}

impl Pool {
    /// A pool with its first connection, which shows that the place can be opened.
    pub(super) fn new(place: Place, opening: Opening) -> Result<Self> {
        let connection = place.connect()?;
        // SQLite opens a file only when it is asked something.
        connection.prepare_cached(schema::READ).map_err(|error| place.explain(error))?;
        let connections = vec![connection];
        let claim = opening.claim(&place.path).map_err(|error| {
            Kind::Place.from(format!("open {}: {error}", place.path.display()), error)
        })?;
        let idle = Idle { owner: incarnation(), connections };
        Ok(Self { place, readers: Mutex::new(idle), writer: Mutex::default(), claim })
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// The head of what all processes share about the log; there once somebody has read.
    pub(super) fn shared_memory(&self) -> Option<Arc<SharedWords>> {
        self.claim.shared_memory(&self.place.path)
    }

    /// A connection to read with.
    pub(super) fn reader(&self) -> Result<Borrowed<'_>> {
        let owner = incarnation();
        let mut idle = lock(&self.readers);
        if idle.owner != owner {
            abandon(std::mem::take(&mut idle.connections));
            idle.owner = owner;
        }
        let connection = idle.connections.pop();
        drop(idle);
        let connection = match connection {
            Some(connection) => connection,
            None => self.place.connect()?,
        };
        Ok(Borrowed { pool: self, owner, connection: Some(connection) })
    }

    /// The connection to write with, alone in this process.
    pub(super) fn writer(&self) -> Result<MutexGuard<'_, Writer>> {
        let owner = incarnation();
        let mut writer = lock(&self.writer);
        if writer.owner != Some(owner) {
            abandon(writer.connection.take().into_iter().collect());
            writer.owner = Some(owner);
        }
        if writer.connection.is_none() {
            writer.connection = Some(self.place.connect_to_write()?);
        }
        Ok(writer)
    }

    fn give_back(&self, owner: NonZero<u64>, connection: Connection) {
        let mut idle = lock(&self.readers);
        if idle.owner == owner && idle.connections.len() < IDLE_MAX {
            idle.connections.push(connection);
        } else if idle.owner != owner {
            abandon(vec![connection]);
        }
    }
}

impl Deref for Writer {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("opened when it was handed out")
    }
}

/// A reading connection on loan.
#[derive(Debug)]
pub(super) struct Borrowed<'a> {
    pool: &'a Pool,
    owner: NonZero<u64>,
    connection: Option<Connection>,
}

impl Deref for Borrowed<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("given back only on drop")
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(self.owner, connection);
        }
    }
}

/// Leaves connections of the parent process alone: closing them would touch the parent's locks.
fn abandon(connections: Vec<Connection>) {
    connections.into_iter().for_each(std::mem::forget);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
