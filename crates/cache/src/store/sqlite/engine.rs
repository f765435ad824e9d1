//! [`Sqlite`]: reading, and the entry points of writing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use amorsize_os::clock::Clock;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::envelope::Gen;
use crate::error::Result;
use crate::fingerprint::SideId;
use crate::key::{KeyId, hex};
use crate::store::{
    Actor, Change, Meta, Problem, Raise, Reader, Row, Scan, Scanned, Snapshot, Store, Sweep, Swept,
    Target, UseBatch,
};
use crate::time::Time;

use super::claims::Opening;
use super::errors::is_damage;
use super::hot::Hot;
use super::open::{Access, Place, SqliteOptions, this_boot};
use super::pool::Pool;
use super::rows::{self, StoredMeta, place_of};
use super::schema;
use super::wal;

const META_DAMAGE: &str = "the store's own record (meta) is damaged";

/// A store in one SQLite file.
pub struct Sqlite {
    hot: Hot,
    pub(super) pool: Pool,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) actor: Actor,
    pub(super) boot: u64,
    /// When this handle was opened; see [`StoredMeta::seen`].
    opened: Time,
    /// Up to when writes may have been lost with a damaged log, if that is not in the store itself yet.
    lost: Time,
    /// Side texts known to be in the file.
    sides: RwLock<BTreeMap<SideId, Arc<str>>>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.pool.place().path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the cache at `path`, creating it when there is none.
    ///
    /// # Errors
    /// When the path cannot be used; the message says why and what to do.
    pub fn open(
        path: &Path,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
        actor: Actor,
    ) -> Result<Self> {
        Self::with_access(path, Access::Write, options, clock, actor)
    }

    /// Opens the cache at `path` without ever writing to it.
    ///
    /// # Errors
    /// When there is none, or the path cannot be used.
    pub fn open_to_read(
        path: &Path,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
        actor: Actor,
    ) -> Result<Self> {
        Self::with_access(path, Access::Read, options, clock, actor)
    }

    fn with_access(
        path: &Path,
        access: Access,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
        actor: Actor,
    ) -> Result<Self> {
        let opened = Time::from_ns(clock.now_ns());
        let place = Place { path: path.to_path_buf(), access, options };
        let opening = Opening::begin();
        place.prepare(&opening, opened)?;
        let pool = Pool::new(place, opening)?;
        let lost = wal::noted_loss(path, opened).unwrap_or(Time::EPOCH);
        let (sides, boot, hot) = (RwLock::default(), this_boot(), Hot::new());
        let mut this = Self { hot, pool, clock, actor, boot, opened, lost, sides };
        if lost != Time::EPOCH {
            this.settle_loss(access);
        }
        Ok(this)
    }

    /// Asks the file at every look-up, also when nobody has written since the last one.
    #[must_use]
    pub fn without_hot_tier(mut self) -> Self {
        self.hot = Hot::never();
        self
    }

    /// Brings a noted loss into the store, where everybody sees it. Where that cannot be, this handle knows of it, and
    /// the note stays for the next one.
    fn settle_loss(&mut self, access: Access) {
        let hwm = Reader::meta(self).map_or(Time::EPOCH, |scanned| scanned.meta.hwm);
        let raise = Raise { floor: Gen(self.lost.max(hwm).ns()), ..Raise::default() };
        let is_raised = match access {
            Access::Write => self.raise(raise).is_ok(),
            Access::Read => {
                let place = self.pool.place();
                let (clock, actor) = (Arc::clone(&self.clock), self.actor.clone());
                Self::open(&place.path, place.options.clone(), clock, actor)
                    .is_ok_and(|writing| writing.lost == Time::EPOCH)
            }
        };
        if is_raised {
            let gone = std::fs::remove_file(wal::note(&self.pool.place().path));
            let is_gone = gone.is_ok_and(|()| true) || access == Access::Read;
            self.lost = if is_gone { Time::EPOCH } else { self.lost };
        }
    }

    pub(super) fn now(&self) -> Time {
        Time::from_ns(self.clock.now_ns())
    }

    pub(super) fn explain(&self, error: rusqlite::Error) -> crate::Error {
        self.pool.place().explain(error)
    }

    pub(super) fn read_meta(connection: &Connection) -> rusqlite::Result<Option<StoredMeta>> {
        let decode = |row: &rusqlite::Row<'_>| Ok(StoredMeta::decode(row.get_ref(0)?.as_blob()?));
        connection.prepare_cached(schema::META)?.query_row([], decode)
    }

    pub(super) fn meta_is_damaged(&self) -> crate::Error {
        let path = self.pool.place().path.display();
        crate::Kind::Damaged.because(format!("{path}: {META_DAMAGE}"))
    }

    pub(super) fn seen(&self, stored: &StoredMeta) -> Meta {
        let meta = stored.seen(self.boot, self.opened);
        Meta { floor: meta.floor.max(Gen(self.lost.ns())), ..meta }
    }

    fn look_up(&self, connection: &Connection, id: &KeyId) -> rusqlite::Result<Snapshot> {
        let place = place_of(id);
        let mut statement = connection.prepare_cached(schema::READ)?;
        let present = statement.query_row([place], |row| self.snapshot_of(row, id)).optional()?;
        if let Some(snapshot) = present {
            return Ok(snapshot);
        }
        drop(statement);
        let mut statement = connection.prepare_cached(schema::READ_ABSENT)?;
        statement.query_row(params![place, id.as_bytes()], |row| self.snapshot_of(row, id))
    }

    fn snapshot_of(&self, row: &rusqlite::Row<'_>, id: &KeyId) -> rusqlite::Result<Snapshot> {
        let meta = match row.get_ref(0)? {
            ValueRef::Blob(bytes) => StoredMeta::decode(bytes),
            _ => None,
        };
        let Some(stored) = meta else {
            return Ok(damaged(META_DAMAGE.to_owned()));
        };
        let found = rows::found(row, 1, id)?;
        Ok(Snapshot {
            meta: self.seen(&stored),
            record: found.record,
            lease: None,
            clock: Time::EPOCH,
            damage: found.damage,
        })
    }

    fn scan_with(
        &self,
        connection: &Connection,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> rusqlite::Result<Option<StoredMeta>> {
        let tx = connection.unchecked_transaction()?;
        let meta = Self::read_meta(&tx)?;
        let (first, end) = rows::bounds(scan.prefix);
        let sql = if end.is_some() { schema::scan_prefix() } else { schema::scan_all() };
        let mut statement = tx.prepare_cached(&sql)?;
        let mut rows = match end {
            Some(end) => statement.query(params![scan.with_bodies, first, end])?,
            None => statement.query(params![scan.with_bodies])?,
        };
        while let Some(row) = rows.next()? {
            let row = rows::row(row)?;
            if row.id.as_bytes().starts_with(scan.prefix) && visit(row).is_break() {
                break;
            }
        }
        drop(rows);
        drop(statement);
        tx.finish()?;
        Ok(meta)
    }

    /// Remembers texts that are in the file now.
    pub(super) fn remember(&self, id: SideId, text: &str) {
        let mut sides = self.sides.write().unwrap_or_else(PoisonError::into_inner);
        sides.insert(id, text.into());
    }

    pub(super) fn knows(&self, id: SideId) -> bool {
        self.sides.read().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }
}

fn damaged(what: String) -> Snapshot {
    Snapshot { damage: Some(what), ..Snapshot::default() }
}

impl Reader for Sqlite {
    fn location(&self) -> String {
        format!("sqlite:{}", self.pool.place().path.display())
    }

    fn read(&self, key: &KeyId) -> Result<Snapshot> {
        let head = self.hot.head(|| self.pool.shared_memory());
        if let Some(head) = &head
            && let Some((meta, record)) = self.hot.find(head, key)
        {
            let clock = self.now();
            return Ok(Snapshot { meta, record: Some(record), clock, ..Snapshot::default() });
        }
        let connection = self.pool.reader()?;
        let looked = self.look_up(&connection, key);
        drop(connection);
        let mut snapshot = match looked {
            Ok(snapshot) => snapshot,
            Err(error) if is_damage(&error) => damaged(self.explain(error).to_string()),
            Err(error) => return Err(self.explain(error)),
        };
        if let (Some(head), Some(record)) = (&head, &snapshot.record) {
            self.hot.keep(head, key, snapshot.meta, record);
        }
        snapshot.clock = self.now();
        Ok(snapshot)
    }

    fn meta(&self) -> Result<Scanned> {
        let connection = self.pool.reader()?;
        let stored = Self::read_meta(&connection).map_err(|error| self.explain(error))?;
        let meta = self.seen(&stored.ok_or_else(|| self.meta_is_damaged())?);
        Ok(Scanned { meta, clock: self.now() })
    }

    fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Scanned> {
        let connection = self.pool.reader()?;
        let stored =
            self.scan_with(&connection, scan, visit).map_err(|error| self.explain(error))?;
        let meta = self.seen(&stored.ok_or_else(|| self.meta_is_damaged())?);
        Ok(Scanned { meta, clock: self.now() })
    }

    fn side(&self, id: SideId) -> Result<Option<Arc<str>>> {
        let known = self.sides.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let connection = self.pool.reader()?;
        let read = || -> rusqlite::Result<Option<String>> {
            let mut statement = connection.prepare_cached(schema::SIDE)?;
            statement.query_row([id.0.to_le_bytes().as_slice()], |row| row.get(0)).optional()
        };
        let text = read().map_err(|error| self.explain(error))?;
        if let Some(text) = &text {
            self.remember(id, text);
        }
        Ok(text.map(Into::into))
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        let connection = self.pool.reader()?;
        let read = || -> rusqlite::Result<BTreeMap<String, u64>> {
            let mut statement = connection.prepare_cached(schema::COUNTS)?;
            let pairs = statement
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
            pairs.collect()
        };
        read().map_err(|error| self.explain(error))
    }

    fn weight(&self) -> Result<u64> {
        let connection = self.pool.reader()?;
        let pragma = |name: &str| connection.query_row(name, [], |row| row.get::<_, i64>(0));
        let read = || -> rusqlite::Result<i64> {
            let used = pragma("PRAGMA page_count")? - pragma("PRAGMA freelist_count")?;
            Ok(used * pragma("PRAGMA page_size")?)
        };
        read().map(|bytes| bytes.max(0).cast_unsigned()).map_err(|error| self.explain(error))
    }

    fn check(&self) -> Result<Vec<Problem>> {
        let connection = self.pool.reader()?;
        let read = || -> rusqlite::Result<BTreeSet<String>> {
            let mut statement = connection.prepare("PRAGMA integrity_check(100)")?;
            let lines = statement.query_map([], |row| row.get(0))?;
            lines.collect()
        };
        let lines = match read() {
            Ok(lines) => lines,
            Err(error) if is_damage(&error) => [self.explain(error).to_string()].into(),
            Err(error) => return Err(self.explain(error)),
        };
        let problem = |what: String| Problem { id: None, name: None, what };
        Ok(lines.into_iter().filter(|line| line != "ok").map(problem).collect())
    }

    fn aside(&self) -> Result<Vec<Problem>> {
        let connection = self.pool.reader()?;
        let problem = |row: &rusqlite::Row<'_>| {
            let (id, name) = (row.get::<_, Vec<u8>>(0)?, row.get(1)?);
            Ok(Problem { id: Some(hex(&id)), name, what: row.get(2)? })
        };
        let read = || -> rusqlite::Result<Vec<Problem>> {
            connection.prepare_cached(schema::ASIDE)?.query_map([], problem)?.collect()
        };
        read().map_err(|error| self.explain(error))
    }
}

impl Store for Sqlite {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn is_indexed_by_time(&self) -> bool {
        false
    }

    fn transact(
        &self,
        targets: &[Target<'_>],
        with_bodies: bool,
        decide: &mut dyn FnMut(usize, &Snapshot) -> Change,
    ) -> Result<()> {
        self.in_transaction_from_snapshot(|tx| {
            for (at, target) in targets.iter().enumerate() {
                let snapshot = tx.snapshot(target.id(), with_bodies)?;
                let change = decide(at, &snapshot);
                tx.apply(target, snapshot.record.is_some(), &change, snapshot.t())?;
            }
            Ok(())
        })
    }

    fn sweep(
        &self,
        sweep: Sweep<'_>,
        decide: &mut dyn FnMut(&Row, &Scanned) -> Change,
    ) -> Result<Swept> {
        self.in_transaction(|tx| {
            let rows = tx.pick(&sweep)?;
            let scanned = tx.scanned();
            for row in &rows {
                let change = decide(row, &scanned);
                tx.apply(&Target::Id(&row.id), true, &change, row.used)?;
            }
            let last = rows.last().map(|row| row.id);
            Ok(Swept { visited: rows.len(), last, gone: Vec::new() })
        })
    }

    fn raise(&self, raise: Raise) -> Result<()> {
        self.in_transaction(|tx| tx.raise(&raise))
    }

    fn settle(&self, meta: Meta) -> Result<()> {
        self.in_transaction(|tx| tx.settle(meta))
    }

    fn record_use(&self, batch: &UseBatch) -> Result<()> {
        self.in_transaction(|tx| tx.record_use(batch))
    }
}
