//! Changes as the fields of the writing script.

use std::sync::Arc;

use crate::envelope::{Cause, Envelope, State};
use crate::error::{Kind, Result};
use crate::key::KeyId;
use crate::store::{BodyEdit, Change, Edit, LeaseEdit, RawEnvelope, Record, Snapshot};
use crate::time::Time;

/// How many fields one record has in the script.
pub(super) const FIELDS: usize = 15;
const NS_PER_US: u64 = 1_000;
const NS_PER_MS: u64 = 1_000_000;
/// The server drops a body this long after its end. Until then it is there for callers who take a stale value while
/// somebody computes a new one.
const STALE_MS: u64 = 60_000;

/// What a decision was shown of one record, byte by byte.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    pub(super) envelope: Vec<u8>,
    pub(super) lease: Vec<u8>,
    pub(super) has_body: bool,
}

/// The fields for the script, in its order.
pub(super) type Fields = [Vec<u8>; FIELDS];

/// The fields of one change.
pub(super) fn fields(
    id: &KeyId,
    name: Option<&str>,
    shown: &Shown,
    change: &Change,
) -> Result<Fields> {
    let mut fields: Fields = Default::default();
    fields[0] = id.as_bytes().to_vec();
    fields[1].clone_from(&shown.envelope);
    fields[2].clone_from(&shown.lease);
    fields[3] = if shown.has_body { b"1".to_vec() } else { b"0".to_vec() };
    fields[12] = match &change.lease {
        LeaseEdit::Keep => b"=".to_vec(),
        LeaseEdit::Grant(lease) => lease.to_text().into_bytes(),
        LeaseEdit::Release => Vec::new(),
    };
    fields[13] = name.unwrap_or_default().as_bytes().to_vec();
    fields[14] = change.aside.clone().unwrap_or_default().into_bytes();
    match &change.edit {
        Edit::Keep => fields[4] = b"k".to_vec(),
        Edit::Forget => fields[4] = b"f".to_vec(),
        Edit::Write { envelope, body } => {
            if shown.envelope.is_empty() && name.is_none() {
                return Err(
                    Kind::Input.because("an entry cannot be created under an id without a name")
                );
            }
            fields[4] = b"w".to_vec();
            fields[5] = envelope.encode(id).to_vec();
            (fields[6], fields[7]) = match body {
                BodyEdit::Keep => (b"k".to_vec(), Vec::new()),
                BodyEdit::Set(bytes) => (b"s".to_vec(), bytes.to_vec()),
                BodyEdit::Drop => (b"d".to_vec(), Vec::new()),
            };
            index_fields(&mut fields, envelope);
        }
    }
    Ok(fields)
}

fn index_fields(fields: &mut Fields, envelope: &Envelope) {
    let expires = envelope.expires();
    if envelope.state == State::Live {
        if expires == Time::NEVER {
            fields[9] = b"+inf".to_vec();
        } else {
            let end_ms = expires.ns().div_ceil(NS_PER_MS) + STALE_MS;
            fields[8] = end_ms.to_string().into_bytes();
            fields[9] = micros(expires).into_bytes();
        }
        fields[10] = micros(envelope.created).into_bytes();
    } else {
        fields[11] = micros(envelope.ended).into_bytes();
    }
}

pub(super) fn micros(time: Time) -> String {
    (time.ns() / NS_PER_US).to_string()
}

/// The record as the rules see it: a live one whose body the server has dropped before its end was evicted.
pub(super) fn seen(id: &KeyId, snapshot: &Snapshot, raw: &[u8], has_body: bool) -> RawEnvelope {
    let whole = Envelope::decode(raw, id).ok();
    let t = snapshot.t();
    let dropped = whole
        .filter(|envelope| envelope.state == State::Live && !has_body && !envelope.is_expired(t));
    let Some(envelope) = dropped else { return RawEnvelope::new(raw) };
    let evicted = Envelope {
        state: State::Evicted,
        cause: Cause::Server,
        ended: t,
        ended_by: 0,
        body_sum: 0,
        body_len: 0,
        ..envelope
    };
    RawEnvelope::new(&evicted.encode(id))
}

/// A record from the answer of a script.
pub(super) fn record(
    id: &KeyId,
    snapshot: &Snapshot,
    shown: &Shown,
    body: Option<Vec<u8>>,
) -> Option<Record> {
    if shown.envelope.is_empty() {
        return None;
    }
    let envelope = seen(id, snapshot, &shown.envelope, shown.has_body);
    Some(Record { envelope, body: body.map(Arc::from) })
}
