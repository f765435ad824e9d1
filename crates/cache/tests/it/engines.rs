//! Memory and SQLite pass every case of the suite.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::conformance::{self, Damage, Subject};
use amorsize_cache::store::memory::Memory;
use amorsize_cache::store::sqlite::{Sqlite, SqliteOptions};
use amorsize_cache::store::{Actor, RawEnvelope};
use amorsize_cache::{KeyId, Store};
use amorsize_testkit::clock::ManualClock;
use tempfile::TempDir;

/// 2026-01-01.
const START_NS: u64 = 1_767_225_600_000_000_000;

struct InMemory {
    store: Arc<Memory>,
    clock: ManualClock,
}

impl InMemory {
    fn fresh() -> Self {
        let clock = ManualClock::at(START_NS);
        let store = Arc::new(Memory::new(Arc::new(clock.clone()), Actor::named("test")));
        Self { store, clock }
    }
}

impl Subject for InMemory {
    fn open(&self) -> Arc<dyn Store> {
        let store: Arc<dyn Store> = Arc::<Memory>::clone(&self.store);
        store
    }

    fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    fn damage(&self, id: &KeyId, damage: Damage) -> bool {
        self.store.tamper(id, &mut |record| {
            let body = record.body.as_ref().map(|body| body.to_vec());
            let (envelope, body) = damage.apply(record.envelope.as_slice().to_vec(), body);
            record.envelope = RawEnvelope::new(&envelope);
            record.body = body.map(Into::into);
        })
    }
}

pub(crate) struct InFile {
    pub(crate) path: PathBuf,
    pub(crate) clock: ManualClock,
    _dir: TempDir,
}

impl InFile {
    pub(crate) fn fresh() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cache.db");
        Self { path, clock: ManualClock::at(START_NS), _dir: dir }
    }
}

impl Subject for InFile {
    fn open(&self) -> Arc<dyn Store> {
        let (options, clock) = (SqliteOptions::default(), Arc::new(self.clock.clone()));
        Arc::new(Sqlite::open(&self.path, options, clock, Actor::named("test")).unwrap())
    }

    fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    fn damage(&self, id: &KeyId, damage: Damage) -> bool {
        let connection = rusqlite::Connection::open(&self.path).unwrap();
        let (envelope, body) = connection
            .query_row("SELECT env, body FROM e WHERE k = ?1", [id.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let (envelope, body) = damage.apply(envelope, body);
        let values = rusqlite::params![id.as_bytes(), envelope, body];
        connection.execute("UPDATE e SET env = ?2, body = ?3 WHERE k = ?1", values).unwrap() == 1
    }
}

#[test]
fn memory_passes_the_suite() {
    conformance::run_all(&|| Box::new(InMemory::fresh()));
}

#[test]
fn sqlite_passes_the_suite() {
    conformance::run_all(&|| Box::new(InFile::fresh()));
}
