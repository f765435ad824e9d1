//! A store on SQLite in a hundred lines, right or with one mistake.

use std::path::Path;
use std::sync::Arc;

use amorsize_os::clock::Clock as _;
use amorsize_testkit::clock::SkewedClock;
use amorsize_testkit::history::{Answer, Call, Fault, Mix, Reasons, Record, Sight, Subject, Want};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};
use tempfile::TempDir;

use super::hunt::{ACTORS, hunt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    PruneDeletes,
    TwoStepLook,
    PruneWithoutPredicate,
    AddSelectsThenWrites,
    ClockBeforeSnapshot,
    NoHighWaterMark,
}

struct Store {
    connection: Connection,
    clock: SkewedClock,
    mistake: Mistake,
    _folder: Arc<TempDir>,
}

struct Entry {
    state: i64,
    made: u64,
    created: u64,
    record: Record,
}

const LIVE: i64 = 0;
const PRUNED: i64 = 1;
const DELETED: i64 = 2;

const UPSERT: &str = "INSERT INTO e(k, st, gen, created, ttl, fmt, fp, body, exp) \
    VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?3 + ?4) ON CONFLICT(k) DO UPDATE SET \
    st = 0, gen = excluded.gen, created = excluded.created, ttl = excluded.ttl, \
    fmt = excluded.fmt, fp = excluded.fp, body = excluded.body, exp = excluded.exp";
const LOOK: &str = "SELECT m.hwm, e.st, e.gen, e.created, e.ttl, e.fmt, e.fp, e.body \
    FROM m LEFT JOIN e ON e.k = ?1";

impl Store {
    fn open(folder: &Arc<TempDir>, mistake: Mistake, ahead_ns: i64) -> Self {
        let connection = connect(folder.path());
        Self { connection, clock: SkewedClock { ahead_ns }, mistake, _folder: folder.clone() }
    }

    fn look(&self, key: u32, want: &Want) -> Answer {
        let early = self.clock.now_ns();
        if self.mistake == Mistake::ClockBeforeSnapshot {
            std::thread::yield_now();
        }
        let (mark, mut entry) = read(&self.connection, key);
        if self.mistake == Mistake::TwoStepLook && entry.is_some() {
            std::thread::yield_now();
            let body: Option<Option<u64>> = self
                .connection
                .prepare_cached("SELECT body FROM e WHERE k = ?1")
                .and_then(|mut query| query.query_row([key], |row| row.get(0)).optional())
                .expect("a body");
            match (&mut entry, body.flatten()) {
                (Some(entry), Some(body)) => entry.record.body = body,
                _ => entry = None,
            }
        }
        let clock = match self.mistake {
            Mistake::ClockBeforeSnapshot => early,
            _ => self.clock.now_ns(),
        };
        // The mark would hide the early clock on one host, so that mistake comes without it.
        let t = match self.mistake {
            Mistake::NoHighWaterMark | Mistake::ClockBeforeSnapshot => clock,
            _ => clock.max(mark),
        };
        Answer::Saw(judge(entry.as_ref(), want, t))
    }

    fn write(&mut self, key: u32, call: &Call) -> rusqlite::Result<Answer> {
        let record = call.record().copied();
        let (mistake, clock) = (self.mistake, self.clock);
        if let (Mistake::AddSelectsThenWrites, Call::Add(_)) = (mistake, call) {
            let (mark, entry) = read(&self.connection, key);
            let t = clock.now_ns().max(mark);
            if let Some(entry) = entry.filter(|entry| entry.is_live_at(t)) {
                return Ok(Answer::Refused(judge(Some(&entry), &ANY, t)));
            }
            return self.write(key, &Call::Put(record.expect("an add has a record")));
        }
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (mark, entry) = read(&transaction, key);
        let t = clock.now_ns().max(mark);
        let entry = entry.as_ref();
        let refused = match call {
            Call::Add(_) => entry.is_some_and(|entry| entry.is_live_at(t)),
            Call::Cas(expected, _) => entry.map_or(0, |entry| entry.made) != *expected,
            Call::Remove => entry.is_none_or(|entry| entry.state == DELETED),
            _ => false,
        };
        // An expired entry may still be removed, which the check calls a refusal without ground only when it is live.
        if refused || (*call == Call::Remove && entry.is_none()) {
            return Ok(Answer::Refused(judge(entry, &ANY, t)));
        }
        let made = t.max(entry.map_or(0, |entry| entry.made + 1));
        if let Some(record) = record {
            let Record { ttl, fmt, fp, body } = record;
            transaction
                .prepare_cached(UPSERT)?
                .execute(params![key, made, t, ttl, fmt, fp, body])?;
        } else {
            let sql = "UPDATE e SET st = 2, gen = ?2, body = NULL WHERE k = ?1";
            transaction.prepare_cached(sql)?.execute(params![key, made])?;
        }
        transaction.commit()?;
        Ok(Answer::Stored { made, at: t })
    }

    fn prune(&mut self) -> rusqlite::Result<()> {
        let (mistake, clock) = (self.mistake, self.clock);
        if mistake == Mistake::PruneWithoutPredicate {
            let t = clock.now_ns();
            let mut query = self.connection.prepare("SELECT k FROM e WHERE st = 0 AND exp < ?1")?;
            let keys: Vec<u32> =
                query.query_map([t], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            drop(query);
            std::thread::yield_now();
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for key in keys {
                transaction.execute("UPDATE e SET st = 1, body = NULL WHERE k = ?1", [key])?;
            }
            transaction.execute("UPDATE m SET hwm = max(hwm, ?1)", [t])?;
            return transaction.commit();
        }
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let t = clock.now_ns();
        let sql = match mistake {
            Mistake::PruneDeletes => "DELETE FROM e WHERE st = 0 AND exp < ?1",
            _ => "UPDATE e SET st = 1, body = NULL WHERE st = 0 AND exp < ?1",
        };
        transaction.execute(sql, [t])?;
        transaction.execute("UPDATE m SET hwm = max(hwm, ?1)", [t])?;
        transaction.commit()
    }
}

const ANY: Want = Want { max_age: u64::MAX, fmt: 0, fp: 0 };

impl Entry {
    fn is_live_at(&self, t: u64) -> bool {
        self.state == LIVE && t.saturating_sub(self.created) <= self.record.ttl
    }
}

fn judge(entry: Option<&Entry>, want: &Want, t: u64) -> Sight {
    let Some(entry) = entry else {
        let reasons = Reasons::ABSENT;
        return Sight { t, gen_seen: 0, reasons, body: None, created: None, ttl: None, since: 0 };
    };
    let record = &entry.record;
    let age = t.saturating_sub(entry.created);
    let expired = entry.state == PRUNED || age > record.ttl.min(want.max_age);
    let reasons = Reasons::HIT
        .with(Reasons::VERSION, record.fmt != want.fmt)
        .with(Reasons::EXPIRED, expired)
        .with(Reasons::INCOMPATIBLE, record.fp != want.fp)
        .with(Reasons::DELETED, entry.state == DELETED);
    let body = (reasons == Reasons::HIT).then_some(record.body);
    let (created, ttl) = (Some(entry.created), Some(record.ttl));
    Sight { t, gen_seen: entry.made, reasons, body, created, ttl, since: 0 }
}

fn read(connection: &Connection, key: u32) -> (u64, Option<Entry>) {
    let parse = |row: &Row<'_>| {
        let Some(state) = row.get(1)? else { return Ok((row.get(0)?, None)) };
        let record = Record {
            ttl: row.get(4)?,
            fmt: row.get(5)?,
            fp: row.get(6)?,
            body: row.get::<_, Option<u64>>(7)?.unwrap_or(0),
        };
        Ok((row.get(0)?, Some(Entry { state, made: row.get(2)?, created: row.get(3)?, record })))
    };
    connection
        .prepare_cached(LOOK)
        .and_then(|mut query| query.query_row([key], parse))
        .expect("a look-up")
}

fn connect(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("db")).expect("it opens");
    connection.busy_timeout(std::time::Duration::from_secs(20)).expect("a timeout");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS e(k INTEGER PRIMARY KEY, st, gen, created, ttl, fmt, fp, body, exp);
            CREATE TABLE IF NOT EXISTS m(one INTEGER PRIMARY KEY, hwm);
            INSERT OR IGNORE INTO m VALUES (1, 0);",
        )
        .expect("the tables");
    connection
}

impl Subject for Store {
    fn clock(&self) -> u64 {
        self.clock.now_ns()
    }

    fn call(&mut self, key: u32, call: &Call) -> Option<Answer> {
        Some(match call {
            Call::Look(want) => self.look(key, want),
            Call::Prune => {
                self.prune().expect("a prune");
                Answer::NotDone
            }
            write => self.write(key, write).expect("a write"),
        })
    }
}

fn subjects(mistake: Mistake, skew_ns: i64) -> Vec<Box<dyn Subject + Send>> {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let open = |actor: usize| {
        let ahead_ns = skew_ns * i64::try_from(actor).expect("few actors");
        Box::new(Store::open(&folder, mistake, ahead_ns)) as Box<dyn Subject + Send>
    };
    (0..ACTORS).map(open).collect()
}

fn hunt_for(mistake: Mistake, skew_ns: i64) -> amorsize_testkit::history::Verdict {
    hunt(Mix::USUAL, |_| subjects(mistake, skew_ns))
}

#[test]
fn the_right_store_survives_also_with_clocks_apart() {
    for skew_ns in [0, 2_000_000] {
        let verdict = hunt_for(Mistake::None, skew_ns);
        assert!(verdict.is_truthful(), "{verdict}");
    }
}

#[test]
fn a_prune_that_deletes_is_found() {
    let verdict = hunt_for(Mistake::PruneDeletes, 0);
    assert!(!verdict.is_truthful(), "it survived");
}

#[test]
fn a_look_up_in_two_steps_is_found() {
    let verdict = hunt_for(Mistake::TwoStepLook, 0);
    assert!(verdict.count(Fault::WrongReason) > 0, "it survived: {verdict}");
}

#[test]
fn a_prune_that_does_not_look_again_is_found() {
    let verdict = hunt_for(Mistake::PruneWithoutPredicate, 0);
    assert!(verdict.count(Fault::WrongReason) > 0, "it survived: {verdict}");
}

#[test]
fn an_add_that_selects_and_then_writes_is_found() {
    let verdict = hunt_for(Mistake::AddSelectsThenWrites, 0);
    assert!(verdict.count(Fault::ExtraWinner) > 0, "it survived: {verdict}");
}

#[test]
fn a_clock_read_before_the_snapshot_is_found() {
    let verdict = hunt_for(Mistake::ClockBeforeSnapshot, 0);
    assert!(verdict.count(Fault::WrongReason) > 0, "it survived: {verdict}");
}

#[test]
fn clocks_apart_without_a_high_water_mark_are_found() {
    let verdict = hunt_for(Mistake::NoHighWaterMark, 2_000_000);
    assert!(verdict.count(Fault::WrongReason) > 0, "it survived: {verdict}");
}
