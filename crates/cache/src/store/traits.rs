//! The two faces of a store: [`Reader`] cannot change anything, [`Store`] can.
//!
//! An engine implements the required methods; their documentation is the contract. The provided methods are the
//! operations; all engines share their meaning.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::{BufRead, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::fingerprint::SideId;
use crate::key::{Key, KeyId, Namespace};
use crate::lookup::{Lookup, Want};
use crate::ops;
use crate::ops::clock::ClockReset;
use crate::ops::inspect::{Nothing, Stats, Verified, Why};
use crate::ops::lease::{LeaseRequest, Leased};
use crate::ops::maintain::{Cleared, Evict, Evicted, Forget, Forgotten, Prune, Pruned, Repaired};
use crate::ops::transfer::{Exported, Import, Imported};
use crate::ops::write::{Counted, Put, Removed, Written};

use super::{
    Actor, Change, LeaseToken, Meta, Problem, Raise, Row, Scan, Scanned, Snapshot, Sweep, Swept,
    Target, UseBatch,
};
use crate::envelope::Gen;

/// A store that can be looked into and not changed. Nothing behind this trait prunes, counts or repairs.
pub trait Reader: Send + Sync + Debug {
    /// Where the store is, as it can be opened again (`sqlite:PATH`, `memory:`, `redis://…`), without passwords.
    fn location(&self) -> String;

    /// Meta and entry of `key` in **one atomic snapshot**, then the clock. On a server the clock is the server's,
    /// read after the snapshot (`clock_timestamp()`, `TIME`). The lease is not fetched. Never waits for a writer.
    ///
    /// # Errors
    /// When the store cannot be read. Damage around the entry is not an error but [`Snapshot::damage`].
    fn read(&self, key: &KeyId) -> Result<Snapshot>;

    /// Visits the entries, until `visit` breaks. An embedded or SQL engine shows one snapshot; Redis shows each entry
    /// as it is when it is visited, and each entry that stays at least once.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Scanned>;

    /// What holds for the whole store, and the clock read after it.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn meta(&self) -> Result<Scanned>;

    /// The text at `id` of the side table. Texts never change, so an engine may remember them.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn side(&self, id: SideId) -> Result<Option<Arc<str>>>;

    /// How often each answer was given, as far as processes have reported.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn counts(&self) -> Result<BTreeMap<String, u64>>;

    /// How much room the store takes in bytes; a cheap figure, to decide when to look closer.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn weight(&self) -> Result<u64>;

    /// Checks the store's own structure (not the entries).
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn check(&self) -> Result<Vec<Problem>> {
        Ok(Vec::new())
    }

    /// Damaged entries that repairs have set aside, with the reason.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn aside(&self) -> Result<Vec<Problem>>;

    /// Looks `key` up: the value, or every reason why not. An unreadable store is the reason `Unavailable`.
    fn get(&self, key: &Key, want: &Want) -> Lookup {
        ops::inspect::get(self, key, want)
    }

    /// Everything there is to say about one key: the decision, the raw record, the lease-free truth.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn why(&self, id: &KeyId, want: &Want) -> Result<Why> {
        ops::inspect::why(self, id, want)
    }

    /// The keys whose id begins with, or whose subject contains, `text`; at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn find(&self, text: &str, limit: usize) -> Result<Vec<Key>> {
        ops::inspect::find(self, text, limit)
    }

    /// Counts entries by namespace and state, sizes, horizons and the skew of clocks.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn stats(&self) -> Result<Stats> {
        ops::inspect::stats(self)
    }

    /// Checks the structure and every entry, bodies included.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn verify(&self) -> Result<Verified> {
        ops::inspect::verify(self)
    }

    /// Looks up many keys, which brings them into memory, and says which of them are missing and why.
    fn warm(&self, keys: &[Key], want: &Want) -> Vec<Nothing> {
        ops::inspect::warm(self, keys, want)
    }

    /// Writes the whole entries of `namespace` (or of all) as lines of JSON.
    ///
    /// # Errors
    /// When the store cannot be read or `to` cannot be written.
    fn export(&self, namespace: Option<&Namespace>, to: &mut dyn Write) -> Result<Exported> {
        ops::transfer::export(self, namespace, to)
    }
}

/// A store that can be changed. Every method is one atomic step for each key it touches.
pub trait Store: Reader {
    /// In whose name this handle writes.
    fn actor(&self) -> &Actor;

    /// Whether [`Pick::Expired`] and [`Pick::Ended`] cost no more than the entries they find. Where they do not,
    /// maintenance walks all entries with [`Pick::After`].
    fn is_indexed_by_time(&self) -> bool {
        true
    }

    /// Reads, decides and writes in **one atomic step for all `targets` together**: what `decide` answers is written
    /// if and only if nothing it was shown has changed meanwhile (same transaction under the write lock, or compare
    /// and write). `decide` gets the place of the target and its snapshot, lease included, and the body too when
    /// `with_bodies`. It may be called several times for a target when the engine tries again; the last answers
    /// are the ones written. It never calls back into the store. If any write fails, none has happened.
    ///
    /// A [`Raise`](super::Raise) takes effect in the same step. [`Edit::Write`](super::Edit::Write) on a target
    /// without a name and without an entry is a bug of the caller, which engines refuse. Targets are distinct. When an
    /// engine finds its structure damaged around a target it returns an error of
    /// [`Kind::Damaged`](crate::Kind::Damaged).
    ///
    /// # Errors
    /// When the store cannot be read or written; nothing has changed then.
    fn transact(
        &self,
        targets: &[Target<'_>],
        with_bodies: bool,
        decide: &mut dyn FnMut(usize, &Snapshot) -> Change,
    ) -> Result<()>;

    /// Visits the picked entries and writes what `decide` answers, each entry in one atomic step with its decision
    /// (SQL engines: all in one transaction). `decide` also gets the time to judge by. The index behind `pick`
    /// may be wrong (damaged, or behind): `decide` looks at the envelope itself.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    fn sweep(
        &self,
        sweep: Sweep<'_>,
        decide: &mut dyn FnMut(&Row, &Scanned) -> Change,
    ) -> Result<Swept>;

    /// Raises the meta record alone.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn raise(&self, raise: Raise) -> Result<()>;

    /// Sets the meta record, also back: only to set right what a wrong clock has done.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn settle(&self, meta: Meta) -> Result<()>;

    /// Merges what a process has gathered about uses and answers. Losing a batch loses no truth.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn record_use(&self, batch: &UseBatch) -> Result<()>;

    /// Looks `key` up; on a miss hands the right to compute it to exactly one caller.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    fn get_or_lease(&self, key: &Key, want: &Want, lease: &LeaseRequest) -> Result<Leased> {
        ops::lease::get_or_lease(self, key, want, lease)
    }

    /// Gives a lease back without a value; whether it was still held.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    fn release(&self, key: &Key, token: LeaseToken) -> Result<bool> {
        ops::lease::release(self, key, token)
    }

    /// Stores a value, whatever is there. Refused only with a lease that is no longer held.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn put(&self, key: &Key, value: &[u8], how: &Put) -> Result<Written> {
        ops::write::put(self, key, value, how)
    }

    /// Stores a value if and only if nothing live is there: exactly one of any number of concurrent calls wins.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn add(&self, key: &Key, value: &[u8], how: &Put) -> Result<Written> {
        ops::write::add(self, key, value, how)
    }

    /// Stores a value if and only if something live is there.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn replace(&self, key: &Key, value: &[u8], how: &Put) -> Result<Written> {
        ops::write::replace(self, key, value, how)
    }

    /// Stores a value if and only if the entry still has the version `expected` (`None`: there is no entry at all).
    ///
    /// # Errors
    /// When the store cannot be written.
    fn cas(&self, key: &Key, expected: Option<Gen>, value: &[u8], how: &Put) -> Result<Written> {
        ops::write::cas(self, key, expected, value, how)
    }

    /// Lets a live entry live for `ttl` from now on (`None`: for ever).
    ///
    /// # Errors
    /// When the store cannot be written.
    fn touch(&self, key: &Key, ttl: Option<Duration>) -> Result<Written> {
        ops::write::touch(self, key, ttl)
    }

    /// Adds `by` to the whole number stored under `key`; when nothing live is there, stores `by` as `how` says.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn incr(&self, key: &Key, by: i64, how: &Put) -> Result<Counted> {
        ops::write::incr(self, key, by, how)
    }

    /// Removes an entry; a tombstone says since when and by whom.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn remove(&self, id: &KeyId) -> Result<Removed> {
        ops::write::remove(self, id)
    }

    /// Cleans away the bodies of expired entries. Changes no answer.
    ///
    /// # Errors
    /// When the store cannot be written, or with [`Kind::ClockJump`](crate::Kind::ClockJump).
    fn prune(&self, how: &Prune) -> Result<Pruned> {
        ops::maintain::prune(self, how)
    }

    /// Drops the least recently used bodies until the store is within a bound.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn evict(&self, how: &Evict) -> Result<Evicted> {
        ops::maintain::evict(self, how)
    }

    /// Drops old tombstones and raises the horizon that `Absent` states.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn forget(&self, how: &Forget) -> Result<Forgotten> {
        ops::maintain::forget(self, how)
    }

    /// Removes every entry of `namespace` (or of all); tombstones say so.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn clear(&self, namespace: Option<&Namespace>) -> Result<Cleared> {
        ops::maintain::clear(self, namespace)
    }

    /// Sets damaged entries aside. Never touches one that is whole, whatever is in it.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn repair(&self) -> Result<Repaired> {
        ops::maintain::repair(self)
    }

    /// Brings a store back to this clock that a far-future one has pruned or written by.
    ///
    /// The one operation that takes back what the store has stated: nothing else lowers the highest time pruned by.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn reset_clock(&self) -> Result<ClockReset> {
        ops::clock::reset(self)
    }

    /// Takes over the entries of an export: all of them, or none when anything about it is wrong.
    ///
    /// # Errors
    /// With [`Kind::Import`](crate::Kind::Import) naming the line, or when the store cannot be written.
    fn import(&self, from: &mut dyn BufRead, how: &Import) -> Result<Imported> {
        ops::transfer::import(self, from, how)
    }
}
