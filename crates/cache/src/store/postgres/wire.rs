//! Sessions with the server, each call with a deadline.
//!
//! A session is taken from the idle ones for one call and put back when the call went well; after any failure of the
//! connection it is dropped, so the next call begins with a fresh one. The runtime of a session runs only inside the
//! call: there is no background thread.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, Statement};

use super::place::Place;
use crate::error::{Error, Kind, Result};

/// What a call may take beyond the wait for a lock.
const MARGIN: Duration = Duration::from_secs(4);
const IDLE_MAX: usize = 16;

/// Parameters of a statement.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The sessions of one store.
pub(super) struct Wire {
    pub(super) place: Place,
    wait: Duration,
    idle: Mutex<Vec<Session>>,
}

impl Wire {
    pub(super) const fn new(place: Place, wait: Duration) -> Self {
        Self { place, wait, idle: Mutex::new(Vec::new()) }
    }

    /// How long a write may wait for others.
    pub(super) const fn wait(&self) -> Duration {
        self.wait
    }

    /// Runs a call that only reads; a session that turns out to be dead is replaced once.
    pub(super) fn read<T>(&self, call: impl Fn(&mut Session) -> Result<T>) -> Result<T> {
        let (mut session, was_idle) = self.take()?;
        let mut answer = call(&mut session);
        if was_idle && is_lost(&answer) {
            self.forget_idle();
            session = self.connect()?;
            answer = call(&mut session);
        }
        self.put_back(session, &answer);
        answer
    }

    /// A session for a call that writes.
    pub(super) fn write<T>(&self, call: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let (mut session, _) = self.take()?;
        let answer = call(&mut session);
        self.put_back(session, &answer);
        answer
    }

    fn take(&self) -> Result<(Session, bool)> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some(session) if session.client.is_closed() => {}
                Some(session) => return Ok((session, true)),
                None => return Ok((self.connect()?, false)),
            }
        }
    }

    fn put_back<T>(&self, session: Session, answer: &Result<T>) {
        if is_lost(answer) || session.is_spoiled {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(session);
        }
    }

    /// Sessions of a server that has gone are dead together.
    fn forget_idle(&self) {
        let dead = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        drop(dead);
    }

    pub(super) fn connect(&self) -> Result<Session> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| {
            Kind::System.from("a session with the server cannot be set up", error)
        })?;
        let limit = self.wait + MARGIN;
        let connecting = self.place.config.connect(NoTls);
        let (client, connection) = runtime
            .block_on(async { tokio::time::timeout(limit, connecting).await })
            .map_err(|_| no_answer(limit))?
            .map_err(|error| from_server(&error, "the server cannot be reached"))?;
        // The task ends with the connection; what it ends with shows in the calls.
        drop(runtime.spawn(async move { drop(connection.await) }));
        Ok(Session { runtime, client, statements: HashMap::new(), limit, is_spoiled: false })
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.place.location)
    }
}

/// One connection.
pub(super) struct Session {
    runtime: Runtime,
    client: Client,
    statements: HashMap<&'static str, Statement>,
    limit: Duration,
    /// It may be inside of a transaction or of an answer; it must not be used again.
    is_spoiled: bool,
}

impl Session {
    pub(super) fn query(&mut self, sql: &'static str, params: Params<'_>) -> Result<Vec<Row>> {
        let statement = self.prepared(sql)?;
        let Self { runtime, client, limit, is_spoiled, .. } = self;
        wait(runtime, *limit, is_spoiled, client.query(&statement, params))
    }

    pub(super) fn execute(&mut self, sql: &'static str, params: Params<'_>) -> Result<u64> {
        let statement = self.prepared(sql)?;
        let Self { runtime, client, limit, is_spoiled, .. } = self;
        wait(runtime, *limit, is_spoiled, client.execute(&statement, params))
    }

    /// Runs statements without parameters or answers.
    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        let Self { runtime, client, limit, is_spoiled, .. } = self;
        wait(runtime, *limit, is_spoiled, client.batch_execute(sql))
    }

    /// Runs `work` in a transaction: committed when it answers yes, rolled back when it answers no or fails.
    pub(super) fn transaction(
        &mut self,
        begin: &str,
        work: impl FnOnce(&mut Self) -> Result<bool>,
    ) -> Result<bool> {
        self.batch(begin)?;
        let done = work(self);
        let end = if matches!(done, Ok(true)) { "COMMIT" } else { "ROLLBACK" };
        if done.is_ok() || !self.client.is_closed() {
            let ended = self.batch(end);
            if ended.is_err() {
                self.is_spoiled = true;
            }
            if matches!(done, Ok(true)) {
                ended?;
            }
        }
        done
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let Self { runtime, client, limit, is_spoiled, .. } = self;
        let statement = wait(runtime, *limit, is_spoiled, client.prepare(sql))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

fn wait<T>(
    runtime: &Runtime,
    limit: Duration,
    is_spoiled: &mut bool,
    call: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match runtime.block_on(async { tokio::time::timeout(limit, call).await }) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(from_server(&error, "the connection broke")),
        Err(_) => {
            *is_spoiled = true;
            Err(no_answer(limit))
        }
    }
}

fn no_answer(limit: Duration) -> Error {
    Kind::Connection.because(format!("the server did not answer within {limit:?}"))
}

pub(super) fn is_lost<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(error) if error.kind() == Kind::Connection)
}

/// The error of a server or of the way to it; no text of ours or of the server's holds the password.
fn from_server(error: &tokio_postgres::Error, lost: &str) -> Error {
    let Some(said) = error.as_db_error() else {
        let cause =
            std::error::Error::source(error).map_or_else(String::new, |it| format!(": {it}"));
        return Kind::Connection.because(format!("{lost} ({error}{cause})"));
    };
    let code = said.code();
    let kind = match code.code() {
        "40001" | "40P01" | "55P03" | "57014" | "25P03" => Kind::Busy,
        "53100" | "53200" => Kind::Full,
        "42501" | "25006" | "28000" | "28P01" => Kind::Permission,
        "3D000" | "3F000" => Kind::Place,
        "42P01" | "42703" | "42883" | "42804" => Kind::Foreign,
        "XX001" | "XX002" => Kind::Damaged,
        other if other.starts_with("08") || other.starts_with("57P") || other == "53300" => {
            Kind::Connection
        }
        _ => Kind::System,
    };
    let what = match *code {
        SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED => {
            "somebody else kept a lock until the deadline".to_owned()
        }
        _ => format!("the server said: {}", said.message()),
    };
    kind.because(what)
}
