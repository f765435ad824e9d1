//! Building a store anew from what can still be read of a damaged one.
//!
//! The rows are found from both ends of the table and of its index, each is read by itself, and only those whose own
//! checksums hold are taken over. Nothing of the damaged file is deleted: it stays beside the new one. What was lost
//! is not known, so the horizon rises to now.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amorsize_os::clock::Clock;
use amorsize_os::lock::is_range_locked;
use rusqlite::{Connection, OpenFlags, params};
use serde::Serialize;

use crate::envelope::{Envelope, Gen, State};
use crate::error::{Kind, Result};
use crate::key::KeyId;
use crate::ops::inspect::problem_of;
use crate::store::{Meta, Problem, Row};
use crate::time::Time;

use super::claims::Opening;
use super::open::{Access, Place, SqliteOptions, this_boot};
use super::rows::{self, StoredMeta, columns, number, place_of};
use super::{schema, wal};

/// What a rebuild found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rebuilt {
    /// Whole entries that were taken over.
    pub kept: usize,
    /// Damaged entries that were found; they stay in the old file.
    pub left: Vec<Problem>,
    /// Where the old file is now.
    pub old: PathBuf,
}

/// Builds the store at `path` anew from what can be read of it.
///
/// # Errors
/// When somebody has it open, nothing of it can be read, or there is no room; the old file is untouched then.
pub fn rebuild(path: &Path, clock: &Arc<dyn Clock>) -> Result<Rebuilt> {
    let now = Time::from_ns(clock.now_ns());
    let place = Place {
        path: path.to_path_buf(),
        access: Access::Write,
        options: SqliteOptions::default(),
    };
    let opening = Opening::begin();
    let shown = path.display();
    if opening.is_open(path) || is_in_use(path).map_err(|error| broken(path, &error))? {
        return Err(
            Kind::Busy.because(format!("{shown} is open; close every program that uses it"))
        );
    }
    let old = wal::beside(path, &format!(".damaged-{}", now.ns()));
    let fresh = Place { path: wal::beside(path, ".rebuilt"), ..place.clone() };
    remove_files(&fresh.path);
    let explain = |error| place.explain(error);
    let mut rebuilt = {
        let from = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(explain)?;
        fresh.create_tables().map_err(|error| fresh.explain(error))?;
        let to = fresh.connect()?;
        copy(&from, &to, now).map_err(explain)?
    };
    if rebuilt.kept == 0 && rebuilt.left.is_empty() {
        remove_files(&fresh.path);
        return Err(Kind::Damaged
            .because(format!("nothing of {shown} can be read; move it away to begin anew")));
    }
    swap(path, &fresh.path, &old, now).map_err(|error| broken(path, &error))?;
    rebuilt.old = old;
    Ok(rebuilt)
}

fn is_in_use(path: &Path) -> std::io::Result<bool> {
    match std::fs::File::open(wal::beside(path, "-shm")) {
        Ok(file) => is_range_locked(&file, wal::LIVENESS_BYTE, 1),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn broken(path: &Path, error: &std::io::Error) -> crate::Error {
    Kind::System.because(format!("rebuild {}: {error}", path.display()))
}

fn remove_files(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(wal::beside(path, ending)));
    }
}

/// Puts the new file in the place of the old one, which keeps its log under its new name. A kill in between leaves a
/// store, old or new, and the note that says that writes may be lost.
fn swap(path: &Path, fresh: &Path, old: &Path, now: Time) -> std::io::Result<()> {
    std::fs::write(wal::note(path), format!("{} rebuilt\n", now.ns()))?;
    std::fs::hard_link(path, old)?;
    for ending in ["-wal", "-shm"] {
        match std::fs::rename(wal::beside(path, ending), wal::beside(old, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::rename(fresh, path)
}

fn copy(from: &Connection, to: &Connection, now: Time) -> rusqlite::Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    let mut ended = Time::EPOCH;
    to.execute_batch("BEGIN IMMEDIATE")?;
    for place in places(from) {
        let Some(row) = read(from, place) else {
            let what = "its row cannot be read".to_owned();
            rebuilt.left.push(Problem { id: None, name: None, what });
            continue;
        };
        let whole = Envelope::decode(row.record.envelope.as_slice(), &row.id).ok();
        let (Some(envelope), None) = (whole, problem_of(&row).or_else(|| row.damage.clone()))
        else {
            let what = problem_of(&row).unwrap_or_else(|| "it is damaged".to_owned());
            let (id, name) = (Some(row.id.to_string()), Some(row.name.to_string()));
            rebuilt.left.push(Problem { id, name, what });
            continue;
        };
        if envelope.state != State::Live {
            ended = ended.max(envelope.ended);
        }
        insert(to, &row, &envelope)?;
        rebuilt.kept += 1;
    }
    texts(from, to)?;
    let meta = from
        .query_row(schema::META, [], |row| Ok(StoredMeta::decode(row.get_ref(0)?.as_blob()?)))
        .ok()
        .flatten()
        .map_or(Meta { hwm: ended, ..Meta::default() }, |stored| stored.meta);
    let floor = meta.floor.max(Gen(now.max(meta.hwm).ns()));
    let stored = StoredMeta { meta: Meta { floor, ..meta }, boot: this_boot() };
    to.execute(schema::SET_META, [stored.encode().as_slice()])?;
    to.execute_batch("COMMIT")?;
    Ok(rebuilt)
}

/// The places of all rows that any way leads to.
fn places(from: &Connection) -> BTreeSet<i64> {
    let mut places = BTreeSet::new();
    for order in ["ASC", "DESC"] {
        walk(from, &format!("SELECT id FROM e NOT INDEXED ORDER BY id {order}"), &mut |row| {
            places.extend(row.get::<_, i64>(0).ok());
        });
        walk(from, &format!("SELECT k FROM e INDEXED BY ek ORDER BY k {order}"), &mut |row| {
            let key = row.get_ref(0).ok().and_then(|key| KeyId::from_slice(key.as_blob().ok()?));
            places.extend(key.map(|key| place_of(&key)));
        });
    }
    places
}

/// Shows rows until there are no more, or none that can be read.
fn walk(from: &Connection, sql: &str, see: &mut dyn FnMut(&rusqlite::Row<'_>)) {
    let Ok(mut statement) = from.prepare(sql) else { return };
    let Ok(mut rows) = statement.query([]) else { return };
    while let Ok(Some(row)) = rows.next() {
        see(row);
    }
}

fn read(from: &Connection, place: i64) -> Option<Row> {
    let sql = "SELECT id, k, name, env, body, length(body), used FROM e WHERE id = ?1";
    from.prepare_cached(sql).ok()?.query_row([place], rows::row).ok()
}

fn insert(to: &Connection, row: &Row, envelope: &Envelope) -> rusqlite::Result<()> {
    let (state, expires, ended) = columns(envelope);
    let values = params![
        place_of(&row.id),
        state,
        expires,
        ended,
        number(row.used),
        row.record.envelope.as_slice(),
        row.id.as_bytes(),
        &*row.name,
        row.record.body.as_deref()
    ];
    to.prepare_cached(schema::INSERT)?.execute(values).map(drop)
}

/// Takes over the texts of machines and processes, and the counts, as far as they can be read.
fn texts(from: &Connection, to: &Connection) -> rusqlite::Result<()> {
    let mut sides: Vec<(Vec<u8>, String)> = Vec::new();
    for order in ["ASC", "DESC"] {
        walk(from, &format!("SELECT id, v FROM side ORDER BY id {order}"), &mut |row| {
            sides.extend(row.get(0).ok().zip(row.get(1).ok()));
        });
    }
    for (id, text) in sides {
        to.prepare_cached(schema::ADD_SIDE)?.execute(params![id, text])?;
    }
    let mut counts: Vec<(String, i64)> = Vec::new();
    walk(from, schema::COUNTS, &mut |row| {
        counts.extend(row.get(0).ok().zip(row.get(1).ok()));
    });
    for (word, count) in counts {
        to.prepare_cached(schema::ADD_COUNT)?.execute(params![word, count])?;
    }
    Ok(())
}
