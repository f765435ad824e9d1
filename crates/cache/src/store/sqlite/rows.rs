//! Between SQLite's columns and the model.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use xxhash_rust::xxh3::xxh3_64;

use crate::envelope::{Envelope, Gen, State};
use crate::key::KeyId;
use crate::store::{Lease, Meta, Raise, RawEnvelope, Record, Row};
use crate::time::Time;

use super::schema::EXP_NEVER;

/// The length of a stored meta record.
const META_BYTES: usize = 40;

/// The meta record with the boot it was last written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StoredMeta {
    pub(super) meta: Meta,
    pub(super) boot: u64,
}

impl StoredMeta {
    /// `None` when the bytes are not what was stored.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; META_BYTES] = bytes.try_into().ok()?;
        let number = |at: usize| {
            let mut own = [0; 8];
            own.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(own)
        };
        let meta = Meta {
            hwm: Time::from_ns(number(0)),
            floor: Gen(number(8)),
            sighted: Time::from_ns(number(16)),
        };
        (number(32) == xxh3_64(&bytes[..32])).then(|| Self { meta, boot: number(24) })
    }

    pub(super) fn encode(&self) -> [u8; META_BYTES] {
        let mut out = [0; META_BYTES];
        out[0..8].copy_from_slice(&self.meta.hwm.ns().to_le_bytes());
        out[8..16].copy_from_slice(&self.meta.floor.0.to_le_bytes());
        out[16..24].copy_from_slice(&self.meta.sighted.ns().to_le_bytes());
        out[24..32].copy_from_slice(&self.boot.to_le_bytes());
        let sum = xxh3_64(&out[..32]);
        out[32..40].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// What a reader sees in boot `now`: writes shortly before a power loss may be gone, so in another boot than the
    /// last writer's nothing is certain about what was stored before this process looked.
    pub(super) fn seen(&self, now: u64, opened: Time) -> Meta {
        if self.boot == now {
            return self.meta;
        }
        Meta { floor: self.meta.floor.max(Gen(opened.ns())), ..self.meta }
    }

    pub(super) fn raised(&self, raise: &Raise) -> Self {
        let meta = Meta {
            hwm: self.meta.hwm.max(raise.hwm),
            floor: self.meta.floor.max(raise.floor),
            sighted: raise.sighted.unwrap_or(self.meta.sighted),
        };
        Self { meta, boot: self.boot }
    }
}

/// What a look-up found at a key's place.
pub(super) struct Found {
    pub(super) record: Option<Record>,
    pub(super) damage: Option<String>,
}

/// Reads the columns `k, env, body, witness` that start at `at`.
pub(super) fn found(row: &rusqlite::Row<'_>, at: usize, id: &KeyId) -> rusqlite::Result<Found> {
    let found = match (row.get_ref(at)?, row.get_ref(at + 1)?) {
        (ValueRef::Null, _) => {
            let damage = match row.get_ref(at + 3)? {
                ValueRef::Integer(0) => None,
                _ => Some("the entry's row is lost; the index still has it".to_owned()),
            };
            Found { record: None, damage }
        }
        (ValueRef::Blob(key), ValueRef::Blob(envelope)) if key == id.as_bytes() => {
            let body = match row.get_ref(at + 2)? {
                ValueRef::Blob(body) => Some(Arc::from(body)),
                _ => None,
            };
            Found {
                record: Some(Record { envelope: RawEnvelope::new(envelope), body }),
                damage: None,
            }
        }
        _ => {
            Found { record: None, damage: Some("another key's row stands in its place".to_owned()) }
        }
    };
    Ok(found)
}

/// The lease in a column.
pub(super) fn lease(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Option<Lease>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(Lease::from_text),
        _ => None,
    })
}

/// A row of a scan or a sweep: `id, k, name, env, body, length(body), used`.
pub(super) fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let place = row.get_ref(0)?.as_i64().unwrap_or(0);
    let key = match row.get_ref(1)? {
        ValueRef::Blob(key) => KeyId::from_slice(key),
        _ => None,
    };
    let name = match row.get_ref(2)? {
        ValueRef::Text(name) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    };
    let envelope = match row.get_ref(3)? {
        ValueRef::Blob(envelope) => RawEnvelope::new(envelope),
        _ => RawEnvelope::new(&[]),
    };
    let body = match row.get_ref(4)? {
        ValueRef::Blob(body) => Some(Arc::from(body)),
        _ => None,
    };
    let number = |at: usize| -> rusqlite::Result<u64> {
        Ok(row.get_ref(at)?.as_i64().map_or(0, i64::cast_unsigned))
    };
    let (body_len, used) = (number(5)?, Time::from_ns(number(6)?));
    let damage = match key {
        None => Some("its key cannot be read".to_owned()),
        Some(key) if place_of(&key) != place => Some("its row stands in a wrong place".to_owned()),
        Some(_) => None,
    };
    let id = key.unwrap_or_else(|| KeyId::from_bytes([0; KeyId::BYTES]));
    let record = Record { envelope, body };
    Ok(Row { id, name: name.into(), record, body_len, used, damage })
}

/// The number that rows are ordered by.
pub(super) fn place_of(id: &KeyId) -> i64 {
    (id.number() >> 1).cast_signed()
}

/// The columns an envelope is indexed by: state, expiry, end.
pub(super) fn columns(envelope: &Envelope) -> (i64, i64, i64) {
    let number = |time: Time| i64::try_from(time.ns()).unwrap_or(EXP_NEVER);
    let state = match envelope.state {
        State::Live => 0,
        State::Pruned => 1,
        State::Evicted => 2,
        State::Deleted => 3,
    };
    (state, number(envelope.expires()), number(envelope.ended))
}

/// A time as SQLite's number.
pub(super) fn number(time: Time) -> i64 {
    i64::try_from(time.ns()).unwrap_or(EXP_NEVER)
}

/// The ids that begin with `prefix`: from the first (inclusive) to the end (exclusive; nothing when there is none).
pub(super) fn bounds(prefix: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return (prefix.to_vec(), Some(end));
        }
        end.pop();
    }
    (prefix.to_vec(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meta_record_reads_back_and_a_flipped_bit_is_seen() {
        let meta = Meta { hwm: Time::from_ns(1), floor: Gen(2), sighted: Time::from_ns(3) };
        let stored = StoredMeta { meta, boot: 4 };
        let bytes = stored.encode();
        assert_eq!(StoredMeta::decode(&bytes), Some(stored));
        for bit in 0..META_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(StoredMeta::decode(&flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn the_floor_rises_for_readers_of_another_boot() {
        let stored = StoredMeta { meta: Meta::default(), boot: 4 };
        assert_eq!(stored.seen(4, Time::from_ns(9)).floor, Gen(0));
        assert_eq!(stored.seen(5, Time::from_ns(9)).floor, Gen(9));
    }

    #[test]
    fn a_prefix_of_high_bytes_has_no_upper_end() {
        assert_eq!(bounds(&[1, 255]), (vec![1, 255], Some(vec![2])));
        assert_eq!(bounds(&[255]), (vec![255], None));
        assert_eq!(bounds(&[]), (vec![], None));
    }
}
