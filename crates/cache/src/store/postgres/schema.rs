//! The tables: looked at on every opening, made on the first.

use super::sql;
use super::wire::{Session, Wire};
use crate::error::{Kind, Result};

/// Any number that other programs are unlikely to lock by.
const CREATION_LOCK: i64 = 0x616d_6f72_7369_7a65;

/// Sees to it that the tables are there and of this version. Changes nothing when they are.
pub(super) fn ensure(wire: &Wire) -> Result<()> {
    let schema = &wire.place.schema;
    if wire.read(|session| is_current(session, schema))? {
        return Ok(());
    }
    let create = format!(
        "SELECT pg_advisory_xact_lock({CREATION_LOCK}); CREATE SCHEMA IF NOT EXISTS {schema}"
    );
    wire.write(|session| {
        session.transaction("BEGIN", |session| {
            session.batch(&create)?;
            // Somebody else may have been first, before we had the lock.
            if !is_current(session, schema)? {
                session.batch(sql::CREATE)?;
            }
            Ok(true)
        })
    })?;
    Ok(())
}

/// Whether the tables are there; refuses tables of a newer version and tables that are not ours.
fn is_current(session: &mut Session, schema: &str) -> Result<bool> {
    let name = format!("{schema}.meta");
    let found = session.query("SELECT to_regclass($1::text) IS NOT NULL", &[&name])?;
    if !found.first().is_some_and(|row| row.get::<_, bool>(0)) {
        return Ok(false);
    }
    let foreign = || {
        Kind::Foreign.because(format!("the schema {schema} holds a table that is not a store's"))
    };
    let rows = session
        .query("SELECT version FROM meta", &[])
        .map_err(|error| if error.kind() == Kind::Foreign { foreign() } else { error })?;
    let version: i32 = rows.first().and_then(|row| row.try_get(0).ok()).ok_or_else(foreign)?;
    if version > sql::VERSION {
        return Err(Kind::Newer.because(format!(
            "the store has version {version}, and this program knows versions up to {}",
            sql::VERSION
        )));
    }
    Ok(true)
}
