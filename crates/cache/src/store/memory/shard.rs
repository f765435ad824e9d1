//! One shard: entries in order, their leases and two indexes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::envelope::{Envelope, State};
use crate::error::{Kind, Result};
use crate::key::KeyId;
use crate::store::{BodyEdit, Change, Edit, Lease, LeaseEdit, RawEnvelope, Record, Row, Target};
use crate::sync::AtomicU64;
use crate::time::Time;

/// An entry.
#[derive(Debug)]
pub(super) struct Entry {
    name: Arc<str>,
    record: Record,
    used: AtomicU64,
    /// Where the entry stands in the indexes, so that it can be taken out whatever its bytes say.
    indexed: Indexed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Indexed {
    Expires(Time),
    Ended(Time),
}

impl Indexed {
    fn of(envelope: &Envelope) -> Self {
        match envelope.state {
            State::Live => Self::Expires(envelope.expires()),
            _ => Self::Ended(envelope.ended),
        }
    }
}

/// A part of the store behind one lock.
#[derive(Debug, Default)]
pub(super) struct Shard {
    entries: BTreeMap<KeyId, Entry>,
    leases: BTreeMap<KeyId, Lease>,
    expires: BTreeSet<(Time, KeyId)>,
    ended: BTreeSet<(Time, KeyId)>,
    bytes: u64,
}

impl Shard {
    pub(super) fn record(&self, id: &KeyId) -> Option<&Record> {
        self.entries.get(id).map(|entry| &entry.record)
    }

    pub(super) fn lease(&self, id: &KeyId) -> Option<&Lease> {
        self.leases.get(id)
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn row(&self, id: &KeyId, with_body: bool) -> Option<Row> {
        self.entries.get(id).map(|entry| row(*id, entry, with_body))
    }

    pub(super) fn mark_used(&self, id: &KeyId, at: Time) {
        if let Some(entry) = self.entries.get(id) {
            entry.used.fetch_max(at.ns(), Ordering::Relaxed);
        }
    }

    /// The entries whose id begins with `prefix`, after `last`.
    pub(super) fn range<'a>(
        &'a self,
        prefix: &'a [u8],
        last: Option<KeyId>,
        with_bodies: bool,
    ) -> impl Iterator<Item = Row> + 'a {
        let first = first_of(prefix);
        let from = match last {
            Some(last) if last >= first => Bound::Excluded(last),
            _ => Bound::Included(first),
        };
        self.entries
            .range((from, Bound::Unbounded))
            .take_while(move |(id, _)| id.as_bytes().starts_with(prefix))
            .map(move |(id, entry)| row(*id, entry, with_bodies))
    }

    pub(super) fn expired(&self, before: Time) -> impl Iterator<Item = (Time, KeyId)> + '_ {
        self.expires.iter().take_while(move |(at, _)| *at < before).copied()
    }

    pub(super) fn ended(&self, before: Time) -> impl Iterator<Item = (Time, KeyId)> + '_ {
        self.ended.iter().take_while(move |(at, _)| *at < before).copied()
    }

    /// Live entries with the time of their last use.
    pub(super) fn uses(&self) -> impl Iterator<Item = (Time, KeyId)> + '_ {
        self.entries
            .iter()
            .filter(|(_, entry)| matches!(entry.indexed, Indexed::Expires(_)))
            .map(|(id, entry)| (Time::from_ns(entry.used.load(Ordering::Relaxed)), *id))
    }

    /// Whether `change` can be applied to `target`.
    pub(super) fn check(&self, target: &Target<'_>, change: &Change) -> Result<()> {
        let is_creating =
            matches!(change.edit, Edit::Write { .. }) && !self.entries.contains_key(target.id());
        let has_body = matches!(&change.edit, Edit::Write { body: BodyEdit::Set(_), .. });
        if is_creating && (target.name().is_none() || !has_body) {
            return Err(Kind::Input.because(format!("nothing is stored under {}", target.id())));
        }
        Ok(())
    }

    /// Applies a change that passed [`Shard::check`].
    pub(super) fn apply(&mut self, target: &Target<'_>, change: &Change, t: Time) {
        let id = *target.id();
        match &change.lease {
            LeaseEdit::Keep => {}
            LeaseEdit::Grant(lease) => drop(self.leases.insert(id, lease.clone())),
            LeaseEdit::Release => drop(self.leases.remove(&id)),
        }
        match &change.edit {
            Edit::Keep => {}
            Edit::Forget => drop(self.take(&id)),
            Edit::Write { envelope, body } => self.write(target, envelope, body, t),
        }
    }

    fn write(&mut self, target: &Target<'_>, envelope: &Envelope, body: &BodyEdit, t: Time) {
        let id = *target.id();
        let old = self.take(&id);
        let name = match (&old, target.name()) {
            (Some(old), None) => Arc::clone(&old.name),
            (_, Some(name)) => name.into(),
            (None, None) => return,
        };
        let used = old.as_ref().map_or(0, |old| old.used.load(Ordering::Relaxed)).max(t.ns());
        let body = match body {
            BodyEdit::Set(body) => Some(Arc::clone(body)),
            BodyEdit::Keep => old.and_then(|old| old.record.body),
            BodyEdit::Drop => None,
        };
        let record = Record { envelope: RawEnvelope::new(&envelope.encode(&id)), body };
        let indexed = Indexed::of(envelope);
        match indexed {
            Indexed::Expires(Time::NEVER) => {}
            Indexed::Expires(at) => drop(self.expires.insert((at, id))),
            Indexed::Ended(at) => drop(self.ended.insert((at, id))),
        }
        let entry = Entry { name, record, used: AtomicU64::new(used), indexed };
        self.bytes += bytes_of(&entry);
        self.entries.insert(id, entry);
    }

    /// Takes an entry out, indexes included.
    fn take(&mut self, id: &KeyId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        match entry.indexed {
            Indexed::Expires(at) => self.expires.remove(&(at, *id)),
            Indexed::Ended(at) => self.ended.remove(&(at, *id)),
        };
        self.bytes -= bytes_of(&entry);
        Some(entry)
    }

    /// Changes the raw bytes of an entry behind the engine's back, for tests of damage.
    #[cfg(any(test, feature = "testkit"))]
    pub(super) fn tamper(&mut self, id: &KeyId, with: &mut dyn FnMut(&mut Record)) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        let before = bytes_of(entry);
        with(&mut entry.record);
        self.bytes = self.bytes - before + bytes_of(entry);
        true
    }
}

fn row(id: KeyId, entry: &Entry, with_body: bool) -> Row {
    let body = entry.record.body.as_ref();
    Row {
        id,
        name: Arc::clone(&entry.name),
        record: Record {
            envelope: entry.record.envelope,
            body: body.filter(|_| with_body).map(Arc::clone),
        },
        body_len: body.map_or(0, |body| body.len() as u64),
        used: Time::from_ns(entry.used.load(Ordering::Relaxed)),
        damage: None,
    }
}

fn bytes_of(entry: &Entry) -> u64 {
    let body = entry.record.body.as_ref().map_or(0, |body| body.len());
    (size_of::<Entry>() + size_of::<KeyId>() + entry.name.len() + body) as u64
}

/// The smallest id that begins with `prefix`.
pub(crate) fn first_of(prefix: &[u8]) -> KeyId {
    let mut first = [0; KeyId::BYTES];
    let len = prefix.len().min(KeyId::BYTES);
    first[..len].copy_from_slice(&prefix[..len]);
    KeyId::from_bytes(first)
}
