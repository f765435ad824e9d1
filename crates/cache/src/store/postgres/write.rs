//! Changes as conditional statements.

use std::sync::Arc;

use super::sql;
use super::wire::Session;
use crate::envelope::{Envelope, State};
use crate::error::{Kind, Result};
use crate::fingerprint::Side;
use crate::key::KeyId;
use crate::store::{BodyEdit, Change, Edit, Lease, LeaseEdit, Meta, Raise, Target};
use crate::time::Time;

/// What a decision was shown of one row, byte by byte.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    pub(super) meta: Meta,
    pub(super) env: Option<Vec<u8>>,
    pub(super) lease: Option<Vec<u8>>,
}

impl Shown {
    const fn has_row(&self) -> bool {
        self.env.is_some() || self.lease.is_some()
    }
}

/// The columns that follow from an envelope.
pub(super) struct Columns {
    pub(super) env: Vec<u8>,
    pub(super) state: i16,
    pub(super) exp: i64,
    pub(super) ended: i64,
    used: i64,
}

impl Columns {
    pub(super) fn of(envelope: &Envelope, id: &KeyId) -> Self {
        Self {
            env: envelope.encode(id).to_vec(),
            state: envelope.state as i16,
            exp: to_db(envelope.expires().ns()),
            ended: to_db(envelope.ended.ns()),
            used: if envelope.state == State::Live { to_db(envelope.created.ns()) } else { 0 },
        }
    }
}

pub(super) fn to_db(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn from_db(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Writes one change if the row still is what was shown; whether it was.
pub(super) fn apply(
    session: &mut Session,
    target: &Target<'_>,
    shown: &Shown,
    change: &Change,
) -> Result<bool> {
    let id = target.id();
    let key = id.as_bytes().as_slice();
    if let Some(why) = &change.aside {
        session.execute(sql::SET_ASIDE, &[&key, &why.as_bytes()])?;
    }
    let lease = match &change.lease {
        LeaseEdit::Keep => shown.lease.clone(),
        LeaseEdit::Grant(lease) => Some(lease_bytes(lease)),
        LeaseEdit::Release => None,
    };
    let changed = match &change.edit {
        Edit::Keep if lease == shown.lease => return Ok(true),
        Edit::Keep if shown.has_row() && shown.env.is_none() && lease.is_none() => {
            session.execute(sql::DELETE, &[&key, &shown.env, &shown.lease])?
        }
        Edit::Keep if shown.has_row() => {
            session.execute(sql::LEASE, &[&key, &shown.env, &shown.lease, &lease])?
        }
        Edit::Keep => insert(session, target, shown, None, lease.as_deref())?,
        Edit::Forget => session.execute(sql::DELETE, &[&key, &shown.env, &shown.lease])?,
        Edit::Write { envelope, body } if shown.has_row() => {
            let columns = Columns::of(envelope, id);
            let (what, bytes): (i16, Option<&[u8]>) = match body {
                BodyEdit::Keep => (0, None),
                BodyEdit::Set(bytes) => (1, Some(bytes)),
                BodyEdit::Drop => (2, None),
            };
            let Columns { env, state, exp, ended, used } = columns;
            session.execute(
                sql::UPDATE,
                &[
                    &key,
                    &shown.env,
                    &shown.lease,
                    &env,
                    &what,
                    &bytes,
                    &state,
                    &exp,
                    &ended,
                    &used,
                    &lease,
                ],
            )?
        }
        Edit::Write { envelope, body } => {
            let bytes = match body {
                BodyEdit::Set(bytes) => Some(Arc::clone(bytes)),
                BodyEdit::Keep | BodyEdit::Drop => None,
            };
            insert(
                session,
                target,
                shown,
                Some((Columns::of(envelope, id), bytes)),
                lease.as_deref(),
            )?
        }
    };
    Ok(changed > 0)
}

fn insert(
    session: &mut Session,
    target: &Target<'_>,
    shown: &Shown,
    entry: Option<(Columns, Option<Arc<[u8]>>)>,
    lease: Option<&[u8]>,
) -> Result<u64> {
    let key = target.id().as_bytes().as_slice();
    let Some(name) = target.name() else {
        return Err(Kind::Input.because("an entry cannot be created under an id without a name"));
    };
    let name = name.as_bytes();
    let floor = to_db(shown.meta.floor.0);
    let (columns, body) = entry.map_or((None, None), |(columns, body)| (Some(columns), body));
    let env = columns.as_ref().map(|columns| columns.env.as_slice());
    let state = columns.as_ref().map(|columns| columns.state);
    let exp = columns.as_ref().map(|columns| columns.exp);
    let ended = columns.as_ref().map(|columns| columns.ended);
    let used = columns.as_ref().map(|columns| columns.used);
    let body = body.as_deref();
    session.execute(
        sql::INSERT,
        &[&key, &name, &env, &body, &state, &exp, &ended, &used, &lease, &floor],
    )
}

/// Raises meta; several raises are one.
pub(super) fn raise(session: &mut Session, raises: &[Raise]) -> Result<()> {
    if raises.iter().all(|raise| *raise == Raise::default()) {
        return Ok(());
    }
    let hwm = raises.iter().map(|raise| raise.hwm).max().unwrap_or(Time::EPOCH);
    let floor = raises.iter().map(|raise| raise.floor.0).max().unwrap_or(0);
    let sighted = raises.iter().rev().find_map(|raise| raise.sighted);
    let sighted = sighted.map(|time| to_db(time.ns()));
    session.execute(sql::RAISE, &[&to_db(hwm.ns()), &to_db(floor), &sighted])?;
    Ok(())
}

/// Texts never change, so they may be there before what refers to them.
pub(super) fn sides(session: &mut Session, sides: &[&Side]) -> Result<()> {
    if sides.is_empty() {
        return Ok(());
    }
    let ids: Vec<Vec<u8>> = sides.iter().map(|side| side.id.0.to_le_bytes().to_vec()).collect();
    let texts: Vec<&[u8]> = sides.iter().map(|side| side.text.as_bytes()).collect();
    session.execute(sql::SIDES, &[&ids, &texts])?;
    Ok(())
}

fn lease_bytes(lease: &Lease) -> Vec<u8> {
    lease.to_text().into_bytes()
}
