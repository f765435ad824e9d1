//! Connections with the server, each call with a deadline.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::{Client, Connection, ConnectionLike as _, ErrorKind, RedisError, ServerErrorKind};

use super::place::Place;
use crate::error::{Error, Kind, Result};

/// What a call may take beyond the wait for a lock.
const MARGIN: Duration = Duration::from_secs(4);
const IDLE_MAX: usize = 16;
const ATTEMPTS: usize = 4;

/// The connections of one store.
pub(super) struct Wire {
    pub(super) place: Place,
    client: Client,
    wait: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Wire {
    pub(super) fn new(place: Place, wait: Duration) -> Result<Self> {
        let client = Client::open(place.info.clone())
            .map_err(|_| Kind::Input.because("this is not a Redis URL"))?;
        Ok(Self { place, client, wait, idle: Mutex::new(Vec::new()) })
    }

    /// How long a write may wait for others.
    pub(super) const fn wait(&self) -> Duration {
        self.wait
    }

    /// Runs a call that only reads, or that may run twice. A connection that turns out to be dead is replaced, and a
    /// wait that a signal has cut short (as a stopped process sees when it goes on) begins again.
    pub(super) fn read<T>(
        &self,
        call: impl Fn(&mut Connection) -> redis::RedisResult<T>,
    ) -> Result<T> {
        for _ in 1..ATTEMPTS {
            let idle = self.idle().pop().filter(|connection| connection.is_open());
            let was_idle = idle.is_some();
            let mut connection = match idle.map_or_else(|| self.dial(), Ok) {
                Err(error) if is_interrupted(&error) => continue,
                dialed => dialed.map_err(|error| self.unreachable(&error))?,
            };
            match call(&mut connection) {
                Err(error) if is_lost(&error) && (was_idle || is_interrupted(&error)) => {
                    self.idle().clear();
                }
                answer => return self.put_back(connection, answer),
            }
        }
        let mut connection = self.dial().map_err(|error| self.unreachable(&error))?;
        let answer = call(&mut connection);
        self.put_back(connection, answer)
    }

    /// Runs a call that writes, once.
    pub(super) fn write<T>(
        &self,
        call: impl FnOnce(&mut Connection) -> redis::RedisResult<T>,
    ) -> Result<T> {
        let idle = self.idle().pop();
        let mut connection = match idle.filter(|connection| connection.is_open()) {
            Some(connection) => connection,
            None => self.dial().map_err(|error| self.unreachable(&error))?,
        };
        let answer = call(&mut connection);
        self.put_back(connection, answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_back<T>(&self, connection: Connection, answer: redis::RedisResult<T>) -> Result<T> {
        if !matches!(&answer, Err(error) if is_lost(error)) {
            let mut idle = self.idle();
            if idle.len() < IDLE_MAX {
                idle.push(connection);
            }
        }
        answer.map_err(|error| self.explain(&error))
    }

    fn dial(&self) -> redis::RedisResult<Connection> {
        let limit = self.wait + MARGIN;
        let patience = self.wait.max(Duration::from_secs(2));
        let connection = self.client.get_connection_with_timeout(patience)?;
        connection.set_read_timeout(Some(limit))?;
        connection.set_write_timeout(Some(limit))?;
        Ok(connection)
    }

    fn unreachable(&self, error: &RedisError) -> Error {
        let error = self.explain(error);
        if error.kind() != Kind::Connection {
            return error;
        }
        Kind::Connection.because(format!("the server cannot be reached ({error})"))
    }

    /// The error of a server or of the way to it; no text of ours or of the server's holds the password.
    fn explain(&self, error: &RedisError) -> Error {
        if error.is_timeout() {
            let limit = self.wait + MARGIN;
            return Kind::Connection.because(format!("the server did not answer within {limit:?}"));
        }
        let kind = match error.kind() {
            ErrorKind::AuthenticationFailed => Kind::Permission,
            _ if is_lost(error) => Kind::Connection,
            _ => match error.code() {
                Some("OOM" | "MISCONF") => Kind::Full,
                Some("NOPERM" | "NOAUTH" | "WRONGPASS" | "READONLY") => Kind::Permission,
                Some("WRONGTYPE") => Kind::Foreign,
                Some("BUSY") => Kind::Busy,
                _ => Kind::System,
            },
        };
        let said = error.detail().map_or_else(|| error.to_string(), ToOwned::to_owned);
        kind.because(format!("the server or the way to it said: {said}"))
    }
}

fn is_interrupted(error: &RedisError) -> bool {
    // The client shares its causes, so the cause itself is one step further in.
    let shared = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>());
    let kind = shared.and_then(|it| it.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::Interrupted)
}

fn is_lost(error: &RedisError) -> bool {
    let is_away = matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
        )
    );
    is_away || error.is_io_error() || error.is_connection_dropped() || error.is_timeout()
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.place.location)
    }
}
