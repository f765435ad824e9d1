//! The engine: [`Reader`] and [`Store`] over sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amorsize_os::clock::Stopwatch;
use tokio_postgres::Row as DbRow;

use super::place::Place;
use super::wire::{Session, Wire, is_lost};
use super::write::{Columns, Shown, apply, from_db, raise, sides, to_db};
use super::{schema, sql};
use crate::envelope::Gen;
use crate::error::{Error, Kind, Result};
use crate::fingerprint::{Side, SideId};
use crate::key::KeyId;
use crate::store::{
    Actor, BodyEdit, Change, Edit, Lease, LeaseEdit, Meta, Pick, Problem, Raise, RawEnvelope,
    Reader, Record, Row, Scan, Scanned, Snapshot, Store, Sweep, Swept, Target, UseBatch,
};
use crate::time::Time;

const PAGE: i64 = 500;
const NS_PER_US: u64 = 1_000;

/// A store in PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    wire: Wire,
    actor: Actor,
    known_sides: Mutex<BTreeSet<SideId>>,
}

impl Postgres {
    /// Opens the store at `url` (`postgres://user:password@host:port/database?schema=name`), and makes its tables when
    /// there are none. A write waits for others at most `wait`.
    ///
    /// # Errors
    /// When the URL is not one, the server cannot be reached, or the tables are newer or somebody else's.
    pub fn open(url: &str, actor: Actor, wait: Duration) -> Result<Self> {
        let wire = Wire::new(Place::parse(url, wait)?, wait);
        schema::ensure(&wire)?;
        Ok(Self { wire, actor, known_sides: Mutex::new(BTreeSet::new()) })
    }

    /// Writes the texts that this handle has not written yet.
    fn write_sides<'a>(
        &self,
        session: &mut Session,
        changes: impl Iterator<Item = &'a Change>,
    ) -> Result<()> {
        let mut new: Vec<&Side> = changes.flat_map(|change| &change.sides).collect();
        {
            let known = self.known_sides.lock().unwrap_or_else(PoisonError::into_inner);
            new.retain(|side| !known.contains(&side.id));
        }
        new.sort_by_key(|side| side.id);
        new.dedup_by_key(|side| side.id);
        sides(session, &new)?;
        let mut known = self.known_sides.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(new.iter().map(|side| side.id));
        Ok(())
    }

    /// One try: what the targets are, what is decided, and whether it could be written.
    fn try_once(
        &self,
        targets: &[Target<'_>],
        with_bodies: bool,
        decide: &mut dyn FnMut(usize, &Snapshot) -> Change,
    ) -> Result<bool> {
        let mut decided = Vec::with_capacity(targets.len());
        for (place, target) in targets.iter().enumerate() {
            let (shown, snapshot) = self.wire.read(|session| show(session, target, with_bodies))?;
            decided.push((target, shown, decide(place, &snapshot)));
        }
        decided.retain(|(_, _, change)| !change.is_none());
        if decided.is_empty() {
            return Ok(true);
        }
        // Locks are taken in the order of the ids, so that two writers of several keys cannot block each other.
        decided.sort_by_key(|(target, _, _)| *target.id());
        let written = self.wire.write(|session| {
            self.write_sides(session, decided.iter().map(|(_, _, change)| change))?;
            if let [(target, shown, change)] = decided.as_slice()
                && change.raise == Raise::default()
                && change.aside.is_none()
            {
                return apply(session, target, shown, change);
            }
            session.transaction("BEGIN", |session| {
                for (target, shown, change) in &decided {
                    if !apply(session, target, shown, change)? {
                        return Ok(false);
                    }
                }
                let raises: Vec<Raise> =
                    decided.iter().map(|(_, _, change)| change.raise).collect();
                raise(session, &raises).map(|()| true)
            })
        });
        written.map_err(unknown_outcome)
    }
}

/// A write that may or may not have reached its end.
fn unknown_outcome(error: Error) -> Error {
    if error.kind() != Kind::Connection {
        return error;
    }
    Kind::Connection.because(format!("{error}; whether the write took effect is unknown"))
}

fn meta_of(row: &DbRow) -> Scanned {
    let number = |column: usize| from_db(row.get::<_, i64>(column));
    let meta = Meta {
        hwm: Time::from_ns(number(0)),
        floor: Gen(number(1)),
        sighted: Time::from_ns(number(2)),
    };
    Scanned { meta, clock: Time::from_ns(number(3).saturating_mul(NS_PER_US)) }
}

fn gone() -> Error {
    Kind::Foreign.because("the store's meta record is gone")
}

fn meta(session: &mut Session) -> Result<Scanned> {
    session.query(sql::META, &[])?.first().map(meta_of).ok_or_else(gone)
}

/// Reads one key, with its lease.
fn show(session: &mut Session, target: &Target<'_>, with_body: bool) -> Result<(Shown, Snapshot)> {
    let key = target.id().as_bytes().as_slice();
    let rows = session.query(sql::READ, &[&key, &with_body])?;
    let row = rows.first().ok_or_else(gone)?;
    let scanned = meta_of(row);
    let env: Option<Vec<u8>> = row.get(4);
    let body: Option<&[u8]> = row.get(5);
    let lease: Option<Vec<u8>> = row.get(6);
    let parsed = lease.as_deref().and_then(|text| std::str::from_utf8(text).ok());
    let snapshot = Snapshot {
        meta: scanned.meta,
        record: env
            .as_deref()
            .map(|env| Record { envelope: RawEnvelope::new(env), body: body.map(Arc::from) }),
        lease: parsed.and_then(Lease::from_text),
        clock: scanned.clock,
        damage: None,
    };
    Ok((Shown { meta: scanned.meta, env, lease }, snapshot))
}

fn row_of(row: &DbRow) -> Option<Row> {
    let name: &[u8] = row.get(1);
    let body: Option<&[u8]> = row.get(3);
    Some(Row {
        id: KeyId::from_slice(row.get(0))?,
        name: String::from_utf8_lossy(name).into(),
        record: Record { envelope: RawEnvelope::new(row.get(2)), body: body.map(Arc::from) },
        body_len: from_db(row.get(4)),
        used: Time::from_ns(from_db(row.get::<_, Option<i64>>(5).unwrap_or(0))),
        damage: None,
    })
}

/// The ids that begin with `prefix`: from the first to before the second.
fn bounds(prefix: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut after = prefix.to_vec();
    while let Some(last) = after.pop() {
        if let Some(next) = last.checked_add(1) {
            after.push(next);
            return (prefix.to_vec(), Some(after));
        }
    }
    (prefix.to_vec(), None)
}

impl Reader for Postgres {
    fn location(&self) -> String {
        self.wire.place.location.clone()
    }

    fn read(&self, key: &KeyId) -> Result<Snapshot> {
        let (_, mut snapshot) = self.wire.read(|session| show(session, &Target::Id(key), true))?;
        snapshot.lease = None;
        Ok(snapshot)
    }

    fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Scanned> {
        let (from, to) = bounds(scan.prefix);
        let visit = std::cell::RefCell::new(visit);
        let begun = std::cell::Cell::new(false);
        let scanned = std::cell::Cell::new(Scanned::default());
        self.wire.read(|session| {
            if begun.replace(true) {
                // The first rows were visited already; beginning anew would show them twice.
                return Err(Kind::Connection.because("the connection broke during a scan"));
            }
            session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", |session| {
                scanned.set(meta(session)?);
                let mut last: Option<Vec<u8>> = None;
                loop {
                    let page =
                        session.query(sql::SCAN, &[&from, &to, &PAGE, &scan.with_bodies, &last])?;
                    for row in page.iter().filter_map(row_of) {
                        last = Some(row.id.as_bytes().to_vec());
                        if (*visit.borrow_mut())(row).is_break() {
                            return Ok(true);
                        }
                    }
                    if to_db(page.len() as u64) < PAGE {
                        return Ok(true);
                    }
                }
            })
        })?;
        Ok(scanned.get())
    }

    fn meta(&self) -> Result<Scanned> {
        self.wire.read(meta)
    }

    fn side(&self, id: SideId) -> Result<Option<Arc<str>>> {
        let key = id.0.to_le_bytes();
        let rows = self.wire.read(|session| session.query(sql::SIDE, &[&key.as_slice()]))?;
        let text = rows.first().map(|row| row.get::<_, &[u8]>(0).to_vec());
        Ok(text.and_then(|text| String::from_utf8(text).ok()).map(Arc::from))
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        let rows = self.wire.read(|session| session.query(sql::COUNTS, &[]))?;
        Ok(rows.iter().map(|row| (row.get(0), from_db(row.get(1)))).collect())
    }

    fn weight(&self) -> Result<u64> {
        let rows = self.wire.read(|session| session.query(sql::WEIGHT, &[]))?;
        Ok(rows.first().map_or(0, |row| from_db(row.get(0))))
    }

    fn aside(&self) -> Result<Vec<Problem>> {
        let rows = self.wire.read(|session| session.query(sql::ASIDE, &[]))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let problem = |row: &DbRow| Problem {
            id: KeyId::from_slice(row.get(0)).map(|id| id.to_string()),
            name: Some(text(row.get(1))),
            what: text(row.get(2)),
        };
        Ok(rows.iter().map(problem).collect())
    }
}

impl Store for Postgres {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn transact(
        &self,
        targets: &[Target<'_>],
        with_bodies: bool,
        decide: &mut dyn FnMut(usize, &Snapshot) -> Change,
    ) -> Result<()> {
        let watch = Stopwatch::start();
        loop {
            if self.try_once(targets, with_bodies, decide)? {
                return Ok(());
            }
            if watch.elapsed() > self.wire.wait() {
                return Err(Kind::Busy.because("others kept changing the entry until the deadline"));
            }
        }
    }

    fn sweep(
        &self,
        sweep: Sweep<'_>,
        decide: &mut dyn FnMut(&Row, &Scanned) -> Change,
    ) -> Result<Swept> {
        let mut swept = Swept::default();
        let swept_ref = &mut swept;
        let done = self.wire.write(|session| {
            session.transaction("BEGIN", |session| {
                let rows = pick(session, &sweep)?;
                // The clock after the locks: nothing that is shown can change any more.
                let scanned = meta(session)?;
                let decided: Vec<(Row, Change)> = rows
                    .into_iter()
                    .map(|row| {
                        let change = decide(&row, &scanned);
                        (row, change)
                    })
                    .collect();
                swept_ref.visited = decided.len();
                swept_ref.last = decided.last().map(|(row, _)| row.id);
                self.write_sides(session, decided.iter().map(|(_, change)| change))?;
                write_swept(session, &decided, scanned.meta)?;
                Ok(true)
            })
        });
        done.map_err(unknown_outcome)?;
        Ok(swept)
    }

    fn raise(&self, by: Raise) -> Result<()> {
        self.wire.write(|session| raise(session, &[by])).map_err(unknown_outcome)
    }

    fn settle(&self, meta: Meta) -> Result<()> {
        let (hwm, floor) = (to_db(meta.hwm.ns()), to_db(meta.floor.0));
        let sighted = to_db(meta.sighted.ns());
        let write = |session: &mut Session| session.execute(sql::SETTLE, &[&hwm, &floor, &sighted]);
        self.wire.write(write).map(drop).map_err(unknown_outcome)
    }

    fn record_use(&self, batch: &UseBatch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let ids: Vec<&[u8]> = batch.used.keys().map(|id| id.as_bytes().as_slice()).collect();
        let times: Vec<i64> = batch.used.values().map(|time| to_db(time.ns())).collect();
        let words: Vec<&str> = batch.counts.keys().map(String::as_str).collect();
        let counts: Vec<i64> = batch.counts.values().map(|count| to_db(*count)).collect();
        let write = |session: &mut Session| {
            session.execute(sql::USE, &[&ids, &times, &words, &counts]).map(|_| ())
        };
        let done = self.wire.write(write);
        // An idle session may have died with the server; a batch counted twice harms nobody.
        if is_lost(&done) { self.wire.write(write) } else { done }
    }
}

fn pick(session: &mut Session, sweep: &Sweep<'_>) -> Result<Vec<Row>> {
    let (from, to) = bounds(sweep.prefix);
    let limit = to_db(sweep.limit as u64);
    let bodies = sweep.with_bodies;
    let rows = match sweep.pick {
        Pick::Expired { before } => {
            session.query(sql::EXPIRED, &[&from, &to, &limit, &bodies, &to_db(before.ns())])
        }
        Pick::LeastUsed => session.query(sql::LEAST_USED, &[&from, &to, &limit, &bodies, &0_i64]),
        Pick::Ended { before } => {
            session.query(sql::ENDED, &[&from, &to, &limit, &bodies, &to_db(before.ns())])
        }
        Pick::After { last } => {
            let last = last.map(|id| id.as_bytes().to_vec());
            session.query(sql::AFTER, &[&from, &to, &limit, &bodies, &last])
        }
    }?;
    Ok(rows.iter().filter_map(row_of).collect())
}

/// Writes what was decided about rows whose locks we hold: the plain changes at once, the rest one by one.
fn write_swept(session: &mut Session, decided: &[(Row, Change)], meta: Meta) -> Result<()> {
    let mut forgotten: Vec<&[u8]> = Vec::new();
    let (mut ids, mut envs, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut exps, mut endeds) = (Vec::new(), Vec::new(), Vec::new());
    for (row, change) in decided {
        let is_plain = change.aside.is_none() && change.lease == LeaseEdit::Keep;
        match &change.edit {
            Edit::Keep if is_plain => {}
            Edit::Forget if is_plain => forgotten.push(row.id.as_bytes()),
            Edit::Write { envelope, body: body @ (BodyEdit::Keep | BodyEdit::Drop) }
                if is_plain =>
            {
                let columns = Columns::of(envelope, &row.id);
                ids.push(row.id.as_bytes().as_slice());
                envs.push(columns.env);
                gone.push(*body == BodyEdit::Drop);
                states.push(columns.state);
                exps.push(columns.exp);
                endeds.push(columns.ended);
            }
            _ => {
                let target = Target::Id(&row.id);
                let (shown, _) = show(session, &target, false)?;
                apply(session, &target, &Shown { meta, ..shown }, change)?;
            }
        }
    }
    if !ids.is_empty() {
        session.execute(sql::SWEEP_WRITE, &[&ids, &envs, &gone, &states, &exps, &endeds])?;
    }
    if !forgotten.is_empty() {
        session.execute(sql::SWEEP_FORGET, &[&forgotten])?;
    }
    let raises: Vec<Raise> = decided.iter().map(|(_, change)| change.raise).collect();
    raise(session, &raises)
}
