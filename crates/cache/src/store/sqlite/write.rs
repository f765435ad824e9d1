//! One write transaction: what it sees and what it writes.

use rusqlite::{Connection, params};

use crate::error::{Kind, Result};
use crate::fingerprint::Side;
use crate::key::KeyId;
use crate::store::{
    BodyEdit, Change, Edit, LeaseEdit, Pick, Raise, Row, Scanned, Snapshot, Sweep, Target, UseBatch,
};
use crate::time::Time;

use super::engine::Sqlite;
use super::rows::{self, StoredMeta, columns, number, place_of};
use super::schema;

/// A transaction that holds the write lock.
pub(super) struct Writing<'a> {
    store: &'a Sqlite,
    connection: &'a Connection,
    meta: StoredMeta,
    /// Whether `meta` was read.
    is_admitted: bool,
    /// Texts written by this transaction, to be remembered once it has committed.
    sides: Vec<Side>,
}

impl Sqlite {
    /// Runs `work` in one transaction that holds the write lock from its first statement on; rolls everything back when
    /// it fails.
    pub(super) fn in_transaction<T>(
        &self,
        work: impl FnOnce(&mut Writing<'_>) -> Result<T>,
    ) -> Result<T> {
        self.in_transaction_from_snapshot(|tx| {
            let stored = tx.explain(Self::read_meta(tx.connection))?;
            tx.admit(stored)?;
            work(tx)
        })
    }

    /// The same for work that begins with [`Writing::snapshot`], which reads the meta record along.
    pub(super) fn in_transaction_from_snapshot<T>(
        &self,
        work: impl FnOnce(&mut Writing<'_>) -> Result<T>,
    ) -> Result<T> {
        let writer = self.pool.writer()?;
        let connection: &Connection = &writer;
        run(connection, "BEGIN IMMEDIATE").map_err(|error| self.explain(error))?;
        let rollback = RollBack(connection);
        let (meta, is_admitted, sides) = (StoredMeta::default(), false, Vec::new());
        let mut writing = Writing { store: self, connection, meta, is_admitted, sides };
        let value = work(&mut writing)?;
        let sides = writing.sides;
        run(connection, "COMMIT").map_err(|error| self.explain(error))?;
        std::mem::forget(rollback);
        for side in sides {
            self.remember(side.id, &side.text);
        }
        Ok(value)
    }
}

/// Rolls back unless it is forgotten, also when a decision panics.
struct RollBack<'a>(&'a Connection);

impl Drop for RollBack<'_> {
    fn drop(&mut self) {
        // SQLite rolls back by itself after some errors; then there is nothing to do.
        if !self.0.is_autocommit() {
            drop(run(self.0, "ROLLBACK"));
        }
    }
}

impl Writing<'_> {
    /// Takes the meta record that was read.
    fn admit(&mut self, stored: Option<StoredMeta>) -> Result<()> {
        let stored = stored.ok_or_else(|| self.store.meta_is_damaged())?;
        (self.meta, self.is_admitted) = (stored, true);
        if stored.boot == self.store.boot {
            return Ok(());
        }
        // The first write of this boot states the horizon for everybody: writes shortly before the machine went
        // down may be gone.
        let t = self.store.now().max(stored.meta.hwm);
        let risen = Raise { floor: crate::Gen(t.ns()), ..Raise::default() };
        self.set_meta(StoredMeta { boot: self.store.boot, ..stored.raised(&risen) })
    }

    fn explain<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| self.store.explain(error))
    }

    fn set_meta(&mut self, meta: StoredMeta) -> Result<()> {
        self.explain(execute(
            self.connection,
            schema::SET_META,
            params![meta.encode().as_slice()],
        ))?;
        self.meta = meta;
        Ok(())
    }

    /// What lies under a key, and the clock after that.
    pub(super) fn snapshot(&mut self, id: &KeyId, with_body: bool) -> Result<Snapshot> {
        let read = || {
            let mut statement = self.connection.prepare_cached(schema::READ_TO_WRITE)?;
            statement.query_row(params![place_of(id), id.as_bytes(), with_body], |row| {
                let meta = StoredMeta::decode(row.get_ref(5)?.as_blob()?);
                Ok((rows::found(row, 0, id)?, rows::lease(row, 4)?, meta))
            })
        };
        let (found, lease, meta) = self.explain(read())?;
        if !self.is_admitted {
            self.admit(meta)?;
        }
        if let Some(what) = found.damage {
            let path = self.store.pool.place().path.display();
            return Err(Kind::Damaged.because(format!("{path}: {what}")));
        }
        let Scanned { meta, clock } = self.scanned();
        Ok(Snapshot { meta, record: found.record, lease, clock, damage: None })
    }

    pub(super) fn scanned(&self) -> Scanned {
        Scanned { meta: self.meta.meta, clock: self.store.now() }
    }

    /// The rows a sweep is to visit.
    pub(super) fn pick(&self, sweep: &Sweep<'_>) -> Result<Vec<Row>> {
        let (first, end) = rows::bounds(sweep.prefix);
        let limit = i64::try_from(sweep.limit).unwrap_or(i64::MAX);
        let bodies = sweep.with_bodies;
        let read = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<Vec<Row>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(values, rows::row)?;
            rows.collect()
        };
        let rows = match sweep.pick {
            Pick::Expired { before } => {
                read(&schema::pick_expired(), &[&bodies, &first, &end, &limit, &number(before)])
            }
            Pick::Ended { before } => {
                read(&schema::pick_ended(), &[&bodies, &first, &end, &limit, &number(before)])
            }
            Pick::LeastUsed => read(&schema::pick_least_used(), &[&bodies, &first, &end, &limit]),
            Pick::After { last } => {
                let last = last.map_or(-1, |last| place_of(&last));
                read(&schema::pick_after(), &[&bodies, &first, &end, &limit, &last])
            }
        };
        self.explain(rows)
    }

    /// Writes one change.
    pub(super) fn apply(
        &mut self,
        target: &Target<'_>,
        is_there: bool,
        change: &Change,
        used: Time,
    ) -> Result<()> {
        if change.is_none() {
            return Ok(());
        }
        self.raise(&change.raise)?;
        for side in &change.sides {
            self.add_side(side)?;
        }
        let id = target.id();
        let place = place_of(id);
        if let Some(why) = &change.aside {
            self.explain(execute(self.connection, schema::ADD_ASIDE, params![place, why]))?;
        }
        match &change.lease {
            LeaseEdit::Keep => {}
            LeaseEdit::Grant(lease) => {
                let values = params![id.as_bytes(), lease.to_text()];
                self.explain(execute(self.connection, schema::GRANT, values))?;
            }
            LeaseEdit::Release => {
                self.explain(execute(self.connection, schema::RELEASE, params![id.as_bytes()]))?;
            }
        }
        match &change.edit {
            Edit::Keep => Ok(()),
            Edit::Forget => self.explain(execute(self.connection, schema::FORGET, params![place])),
            Edit::Write { envelope, body } if is_there => self.update(id, envelope, body, used),
            Edit::Write { envelope, body } => self.insert(target, envelope, body, used),
        }
    }

    fn update(
        &self,
        id: &KeyId,
        envelope: &crate::Envelope,
        body: &BodyEdit,
        used: Time,
    ) -> Result<()> {
        let (place, bytes) = (place_of(id), envelope.encode(id));
        let (state, expires, ended) = columns(envelope);
        let body: Option<&[u8]> = match body {
            BodyEdit::Keep => {
                let values = params![place, state, expires, ended, bytes.as_slice()];
                return self.explain(execute(self.connection, schema::UPDATE_ENVELOPE, values));
            }
            BodyEdit::Set(body) => Some(body),
            BodyEdit::Drop => None,
        };
        let values = params![place, state, expires, ended, number(used), bytes.as_slice(), body];
        self.explain(execute(self.connection, schema::UPDATE_WITH_BODY, values))
    }

    fn insert(
        &self,
        target: &Target<'_>,
        envelope: &crate::Envelope,
        body: &BodyEdit,
        used: Time,
    ) -> Result<()> {
        let id = target.id();
        let (Some(name), BodyEdit::Set(body)) = (target.name(), body) else {
            return Err(Kind::Input.because(format!("nothing is stored under {id}")));
        };
        let (state, expires, ended) = columns(envelope);
        let bytes = envelope.encode(id);
        let values = params![
            place_of(id),
            state,
            expires,
            ended,
            number(used),
            bytes.as_slice(),
            id.as_bytes(),
            name,
            &body[..]
        ];
        self.explain(execute(self.connection, schema::INSERT, values))
    }

    /// Raises the meta record, if that changes it.
    pub(super) fn raise(&mut self, raise: &Raise) -> Result<()> {
        let risen = self.meta.raised(raise);
        if risen == self.meta { Ok(()) } else { self.set_meta(risen) }
    }

    /// Sets the meta record, also back.
    pub(super) fn settle(&mut self, meta: crate::store::Meta) -> Result<()> {
        self.set_meta(StoredMeta { meta, boot: self.meta.boot })
    }

    fn add_side(&mut self, side: &Side) -> Result<()> {
        if self.store.knows(side.id) || self.sides.contains(side) {
            return Ok(());
        }
        let id = side.id.0.to_le_bytes();
        let values = params![id.as_slice(), side.text];
        self.explain(execute(self.connection, schema::ADD_SIDE, values))?;
        self.sides.push(side.clone());
        Ok(())
    }

    /// Merges uses by maximum and counts by addition.
    pub(super) fn record_use(&self, batch: &UseBatch) -> Result<()> {
        for (id, at) in &batch.used {
            let values = params![place_of(id), number(*at)];
            self.explain(execute(self.connection, schema::USE, values))?;
        }
        for (word, count) in &batch.counts {
            let values = params![word, i64::try_from(*count).unwrap_or(i64::MAX)];
            self.explain(execute(self.connection, schema::ADD_COUNT, values))?;
        }
        Ok(())
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    execute(connection, sql, [])
}

fn execute(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute(values).map(drop)
}
