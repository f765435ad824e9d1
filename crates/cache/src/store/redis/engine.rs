//! The engine: [`Reader`] and [`Store`] over scripts.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use amorsize_os::clock::Stopwatch;
use redis::{Connection, RedisResult, Value, cmd};

use super::place::Place;
use super::script::Scripts;
use super::wire::Wire;
use super::write::{Fields, Shown, fields, micros, record, seen};
use crate::envelope::Gen;
use crate::error::{Error, Kind, Result};
use crate::fingerprint::{Side, SideId};
use crate::key::KeyId;
use crate::store::{
    Actor, Change, Lease, Meta, Pick, Problem, Raise, Reader, Record, Row, Scan, Scanned, Snapshot,
    Store, Sweep, Swept, Target, UseBatch,
};
use crate::time::Time;

const PAGE: usize = 500;
const VERSION: u32 = 1;

/// A store in Redis or Valkey.
pub struct Redis {
    wire: Wire,
    scripts: Scripts,
    actor: Actor,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Redis({})", self.wire.place.location)
    }
}

impl Redis {
    /// Opens the store at `url` (`redis://user:password@host:port/db?prefix=name`). A write tries for at most `wait` when
    /// others keep changing the same entry.
    ///
    /// # Errors
    /// When the URL is not one, the server cannot be reached, or the store is newer or somebody else's.
    pub fn open(url: &str, actor: Actor, wait: Duration) -> Result<Self> {
        let wire = Wire::new(Place::parse(url)?, wait)?;
        let this = Self { wire, scripts: Scripts::new(), actor };
        let version: Option<String> = this
            .wire
            .read(|connection| this.scripts.open.arg(&this.wire.place.prefix).invoke(connection))?;
        match version.and_then(|version| version.parse::<u32>().ok()) {
            Some(version) if version <= VERSION => Ok(this),
            Some(version) => Err(Kind::Newer.because(format!(
                "the store has version {version}, and this program knows versions up to {VERSION}"
            ))),
            None => {
                Err(Kind::Foreign.because("under this prefix lies something else than a store"))
            }
        }
    }

    fn name(&self, what: &str) -> String {
        format!("{{{}}}{what}", self.wire.place.prefix)
    }

    fn show(&self, id: &KeyId, with_body: bool) -> Result<(Seen, Snapshot)> {
        let answer: Vec<Value> = self.wire.read(|connection| {
            let mut call = self.scripts.read.arg(&self.wire.place.prefix);
            call.arg(id.as_bytes().as_slice()).arg(u8::from(with_body)).invoke(connection)
        })?;
        let (scanned, floor_shown) = meta_of(&answer);
        let shown = Shown {
            envelope: bytes(&answer, 5).unwrap_or_default(),
            lease: bytes(&answer, 6).unwrap_or_default(),
            has_body: matches!(answer.get(7), Some(Value::Int(1))),
        };
        let lease = std::str::from_utf8(&shown.lease).ok().and_then(Lease::from_text);
        let mut snapshot =
            Snapshot { meta: scanned.meta, clock: scanned.clock, lease, ..Snapshot::default() };
        snapshot.record = record(id, &snapshot, &shown, bytes(&answer, 8));
        Ok((Seen { shown, floor_shown }, snapshot))
    }

    /// Writes; answers the places of the records that were not as they were shown.
    fn send(
        &self,
        mode: &str,
        floor_shown: &[u8],
        changes: &[Change],
        records: &[Fields],
    ) -> Result<Vec<usize>> {
        let raises = || changes.iter().map(|change| change.raise);
        let hwm = raises().map(|raise| raise.hwm.ns()).max().unwrap_or(0);
        let floor = raises().map(|raise| raise.floor.0).max().unwrap_or(0);
        let sighted = raises().rev().find_map(|raise| raise.sighted);
        let sighted = sighted.map_or_else(String::new, |time| digits(time.ns()));
        let mut call = self.scripts.write.arg(&self.wire.place.prefix);
        call.arg(mode).arg(floor_shown).arg(digits(hwm)).arg(digits(floor)).arg(sighted);
        call.arg(records.len());
        for field in records.iter().flatten() {
            call.arg(field.as_slice());
        }
        let mut sides: Vec<&Side> = changes.iter().flat_map(|change| &change.sides).collect();
        sides.sort_by_key(|side| side.id);
        sides.dedup_by_key(|side| side.id);
        for side in sides {
            call.arg(side.id.0.to_le_bytes().as_slice()).arg(&side.text);
        }
        self.wire.write(|connection| call.invoke(connection)).map_err(unknown_outcome)
    }

    fn rows(&self, call: &RowsCall<'_>) -> Result<Page> {
        let answer: Vec<Value> = self.wire.read(|connection| {
            let mut script = self.scripts.rows.arg(&self.wire.place.prefix);
            script.arg(call.index).arg(call.from.as_slice()).arg(call.to.as_slice());
            script.arg(call.limit).arg(u8::from(call.with_bodies)).arg(call.prefix);
            script.invoke(connection)
        })?;
        let (scanned, _) = meta_of(&answer);
        let all: &[Value] = match answer.get(5) {
            Some(Value::Array(rows)) => rows,
            _ => &[],
        };
        let last = all.last().and_then(|row| match row {
            Value::Array(row) => KeyId::from_slice(&bytes(row, 0)?),
            _ => None,
        });
        // The server may have evicted a record that is still in the index.
        let rows = all.iter().filter_map(|row| row_of(row, scanned)).collect();
        Ok(Page { scanned, rows, visited: all.len(), last })
    }

    /// Decides and writes one round; the rows that changed meanwhile are shown and decided again. Answers those that were
    /// there no more.
    fn settle(
        &self,
        rows: Vec<(Row, Shown)>,
        scanned: &Scanned,
        decide: &mut dyn FnMut(&Row, &Scanned) -> Change,
    ) -> Result<Vec<KeyId>> {
        let watch = Stopwatch::start();
        let (mut rows, mut scanned, mut gone) = (rows, *scanned, Vec::new());
        while !rows.is_empty() {
            let mut left = Vec::new();
            let (mut records, mut changes) = (Vec::new(), Vec::new());
            for (row, shown) in rows {
                let change = decide(&row, &scanned);
                if change.is_none() {
                    continue;
                }
                records.push(fields(&row.id, Some(&row.name), &shown, &change)?);
                changes.push(change);
                left.push(row.id);
            }
            if records.is_empty() {
                return Ok(gone);
            }
            let odd = self.send("each", b"", &changes, &records)?;
            if !odd.is_empty() && watch.elapsed() > self.wire.wait() {
                return Err(Kind::Busy.because("others kept changing entries until the deadline"));
            }
            rows = Vec::new();
            for id in odd.into_iter().filter_map(|place| left.get(place)) {
                let from = [b"[".as_slice(), id.as_bytes()].concat();
                let one = RowsCall { to: from.clone(), from, limit: 1, ..RowsCall::IDS };
                let mut again = self.rows(&one)?;
                scanned = again.scanned;
                if again.rows.is_empty() {
                    gone.push(*id);
                }
                rows.append(&mut again.rows);
            }
        }
        Ok(gone)
    }
}

/// What a write must find unchanged.
struct Seen {
    shown: Shown,
    floor_shown: Vec<u8>,
}

/// Rows, and how far the index was read.
struct Page {
    scanned: Scanned,
    rows: Vec<(Row, Shown)>,
    visited: usize,
    last: Option<KeyId>,
}

/// Which rows.
struct RowsCall<'a> {
    index: &'static str,
    from: Vec<u8>,
    to: Vec<u8>,
    limit: usize,
    with_bodies: bool,
    prefix: &'a [u8],
}

impl RowsCall<'_> {
    const IDS: Self = Self {
        index: "ids",
        from: Vec::new(),
        to: Vec::new(),
        limit: 0,
        with_bodies: false,
        prefix: b"",
    };
}

/// A write that may or may not have reached its end.
fn unknown_outcome(error: Error) -> Error {
    if error.kind() != Kind::Connection {
        return error;
    }
    Kind::Connection.because(format!("{error}; whether the write took effect is unknown"))
}

fn digits(number: u64) -> String {
    format!("{number:020}")
}

fn bytes(answer: &[Value], place: usize) -> Option<Vec<u8>> {
    match answer.get(place) {
        Some(Value::BulkString(bytes)) => Some(bytes.clone()),
        _ => None,
    }
}

fn number(answer: &[Value], place: usize) -> u64 {
    let text = bytes(answer, place).unwrap_or_default();
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Meta and clock, and the floor as it is stored, to compare with.
fn meta_of(answer: &[Value]) -> (Scanned, Vec<u8>) {
    let meta = Meta {
        hwm: Time::from_ns(number(answer, 0)),
        floor: Gen(number(answer, 3)),
        sighted: Time::from_ns(number(answer, 2)),
    };
    let scanned = Scanned { meta, clock: Time::from_ns(number(answer, 4)) };
    (scanned, bytes(answer, 1).unwrap_or_default())
}

fn row_of(row: &Value, scanned: Scanned) -> Option<(Row, Shown)> {
    let Value::Array(row) = row else { return None };
    let id = KeyId::from_slice(&bytes(row, 0)?)?;
    let envelope = bytes(row, 2)?;
    let body_len = match row.get(3) {
        Some(Value::Int(length)) => u64::try_from(*length).unwrap_or(0),
        _ => 0,
    };
    let has_body = matches!(row.get(7), Some(Value::Int(1)));
    let snapshot = Snapshot { meta: scanned.meta, clock: scanned.clock, ..Snapshot::default() };
    let used = bytes(row, 4).and_then(|text| String::from_utf8(text).ok()?.parse::<f64>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "microseconds fit")]
    let used = used.map_or(0, |micros| micros.max(0.0) as u64);
    let found = Row {
        id,
        name: String::from_utf8_lossy(&bytes(row, 1).unwrap_or_default()).into(),
        record: Record {
            envelope: seen(&id, &snapshot, &envelope, has_body),
            body: bytes(row, 5).map(Arc::from),
        },
        body_len,
        used: Time::from_ns(used.saturating_mul(1_000)),
        damage: None,
    };
    let lease = bytes(row, 6).unwrap_or_default();
    Some((found, Shown { envelope, lease, has_body }))
}

/// The ids that begin with `prefix`, as the index wants its bounds.
fn bounds(prefix: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let from = if prefix.is_empty() { b"-".to_vec() } else { [b"[", prefix].concat() };
    let mut after = prefix.to_vec();
    while let Some(last) = after.pop() {
        if let Some(next) = last.checked_add(1) {
            after.push(next);
            return (from, [b"(".as_slice(), &after].concat());
        }
    }
    (from, b"+".to_vec())
}

fn after(id: KeyId) -> Vec<u8> {
    [b"(".as_slice(), id.as_bytes()].concat()
}

impl Reader for Redis {
    fn location(&self) -> String {
        self.wire.place.location.clone()
    }

    fn read(&self, key: &KeyId) -> Result<Snapshot> {
        let (_, mut snapshot) = self.show(key, true)?;
        snapshot.lease = None;
        Ok(snapshot)
    }

    fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Scanned> {
        let scanned = self.meta()?;
        let (mut from, to) = bounds(scan.prefix);
        loop {
            let page = self.rows(&RowsCall {
                from,
                to: to.clone(),
                limit: PAGE,
                with_bodies: scan.with_bodies,
                ..RowsCall::IDS
            })?;
            for (row, _) in page.rows {
                if visit(row).is_break() {
                    return Ok(scanned);
                }
            }
            match page.last {
                Some(last) if page.visited == PAGE => from = after(last),
                _ => return Ok(scanned),
            }
        }
    }

    fn meta(&self) -> Result<Scanned> {
        let answer: Vec<Value> = self
            .wire
            .read(|connection| self.scripts.meta.arg(&self.wire.place.prefix).invoke(connection))?;
        Ok(meta_of(&answer).0)
    }

    fn side(&self, id: SideId) -> Result<Option<Arc<str>>> {
        let key = id.0.to_le_bytes();
        let text: Option<Vec<u8>> = self
            .wire
            .read(|connection| cmd("HGET").arg(self.name("s")).arg(&key[..]).query(connection))?;
        Ok(text.and_then(|text| String::from_utf8(text).ok()).map(Arc::from))
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        self.wire.read(|connection| cmd("HGETALL").arg(self.name("c")).query(connection))
    }

    fn weight(&self) -> Result<u64> {
        let info: String =
            self.wire.read(|connection| cmd("INFO").arg("memory").query(connection))?;
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        Ok(used.and_then(|used| used.trim().parse().ok()).unwrap_or(0))
    }

    fn aside(&self) -> Result<Vec<Problem>> {
        let all: Vec<Vec<u8>> = self.wire.read(|connection| {
            cmd("LRANGE").arg(self.name("a")).arg(0).arg(-1).query(connection)
        })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let problem = |entry: &[Vec<u8>]| Problem {
            id: KeyId::from_slice(&entry[0]).map(|id| id.to_string()),
            name: Some(text(&entry[1])),
            what: text(&entry[2]),
        };
        Ok(all.chunks_exact(5).map(problem).collect())
    }
}

impl Store for Redis {
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
            let (mut records, mut changes, mut floor_shown) = (Vec::new(), Vec::new(), Vec::new());
            for (place, target) in targets.iter().enumerate() {
                let (seen, snapshot) = self.show(target.id(), with_bodies)?;
                let change = decide(place, &snapshot);
                if change.is_none() {
                    continue;
                }
                if changes.is_empty() {
                    // The lowest of them: it never falls.
                    floor_shown = seen.floor_shown;
                }
                let name = target.name();
                records.push(fields(target.id(), name.as_deref(), &seen.shown, &change)?);
                changes.push(change);
            }
            if records.is_empty() {
                return Ok(());
            }
            if self.send("all", &floor_shown, &changes, &records)?.is_empty() {
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
        let Sweep { pick, prefix, limit, with_bodies } = sweep;
        let score = |index, to: Time| RowsCall {
            index,
            from: b"-inf".to_vec(),
            to: if to == Time::NEVER { b"+inf".to_vec() } else { micros(to).into_bytes() },
            limit,
            with_bodies,
            prefix,
        };
        let call = match pick {
            Pick::Expired { before } => score("exp", before),
            Pick::LeastUsed => score("use", Time::NEVER),
            Pick::Ended { before } => score("end", before),
            Pick::After { last } => {
                let (first, to) = bounds(prefix);
                let from = last.map_or(first, after);
                RowsCall { from, to, limit, with_bodies, ..RowsCall::IDS }
            }
        };
        let page = self.rows(&call)?;
        let gone = self.settle(page.rows, &page.scanned, decide)?;
        Ok(Swept { visited: page.visited, last: page.last, gone })
    }

    fn raise(&self, raise: Raise) -> Result<()> {
        let change = Change { raise, ..Change::none() };
        self.send("all", b"", &[change], &[]).map(drop)
    }

    fn settle(&self, meta: Meta) -> Result<()> {
        let write = |connection: &mut Connection| -> RedisResult<()> {
            let mut call = cmd("HSET");
            call.arg(self.name("m")).arg("hwm").arg(digits(meta.hwm.ns()));
            call.arg("floor").arg(digits(meta.floor.0));
            call.arg("sighted").arg(digits(meta.sighted.ns())).query(connection)
        };
        self.wire.write(write).map_err(unknown_outcome)
    }

    fn record_use(&self, batch: &UseBatch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let write = |connection: &mut Connection| -> RedisResult<()> {
            let mut call = self.scripts.record_use.arg(&self.wire.place.prefix);
            call.arg(batch.used.len());
            for (id, time) in &batch.used {
                call.arg(id.as_bytes().as_slice()).arg(micros(*time));
            }
            for (word, count) in &batch.counts {
                call.arg(word).arg(*count);
            }
            call.invoke(connection)
        };
        // An idle connection may have died with the server; a batch counted twice harms nobody.
        self.wire.read(write)
    }
}
