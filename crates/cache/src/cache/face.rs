//! [`Cache`] and [`CacheReader`].

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::envelope::Gen;
use crate::error::Result;
use crate::key::{Key, KeyId, Namespace};
use crate::lookup::{Lookup, Want};
use crate::ops::clock::ClockReset;
use crate::ops::inspect::{Nothing, Stats, Verified, Why};
use crate::ops::maintain::{Cleared, Evict, Evicted, Forget, Forgotten, Prune, Pruned, Repaired};
use crate::ops::transfer::{Exported, Import, Imported};
use crate::ops::write::{Counted, Put, Removed, Written, one};
use crate::store::{Change, Lease, Reader, Store, Target};

use super::flight::Flights;
use super::open::{Address, Options, open_reader, open_store};
use super::upkeep::Upkeep;

/// A cache that can be read and written. Cheap to share between threads by reference.
///
/// ```
/// use amorsize_cache::{Cache, Key, Namespace, Options, Put, Want};
///
/// # fn main() -> amorsize_cache::Result<()> {
/// let cache = Cache::open("memory:", &Options::default())?;
/// let key = Key::new(&Namespace::new("mine")?, "answer");
/// assert_eq!(cache.get(&key, &Want::default()).word(), "absent");
/// let first = cache.add(&key, b"42", &Put::default())?;
/// let second = cache.add(&key, b"43", &Put::default())?; // of any number of adds, one wins
/// assert!(first.stored().is_some() && second.stored().is_none());
/// assert_eq!(&*cache.get(&key, &Want::default()).hit().unwrap().value, b"42");
/// cache.remove(key.id())?;
/// assert_eq!(cache.get(&key, &Want::default()).word(), "deleted"); // and by whom, and when
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Cache {
    store: Arc<dyn Store>,
    flights: Flights,
    upkeep: Upkeep,
    bytes_max: Option<u64>,
    does_upkeep: bool,
}

impl Cache {
    /// Opens the cache at an address: `sqlite:PATH` (or a path), `memory:`, `postgres://…`, `redis://…`.
    ///
    /// # Errors
    /// When the address is none, or the store cannot be used; the message says why and what to do.
    pub fn open(address: &str, options: &Options) -> Result<Self> {
        let store = open_store(&address.parse::<Address>()?, options)?;
        Ok(Self::over(store, options))
    }

    /// A cache over a store that is open already.
    #[must_use]
    pub fn over(store: Arc<dyn Store>, options: &Options) -> Self {
        Self {
            store,
            flights: Flights::default(),
            upkeep: Upkeep::default(),
            bytes_max: options.bytes_max,
            does_upkeep: options.upkeep,
        }
    }

    /// The store behind it, for everything that is not here.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// A face of the same store that can only look.
    #[must_use]
    pub fn reader(&self) -> CacheReader {
        let store: Arc<dyn Reader> = Arc::<dyn Store>::clone(&self.store);
        CacheReader { store }
    }

    pub(super) const fn flights(&self) -> &Flights {
        &self.flights
    }

    /// The lease on `key`, if there is one.
    pub(super) fn lease_of(&self, key: &Key) -> Result<Option<Lease>> {
        one(self.store(), Target::Key(key), false, &mut |snapshot| {
            (snapshot.lease.clone(), Change::none())
        })
    }

    fn written<T>(&self, result: Result<T>) -> Result<T> {
        if self.does_upkeep && result.is_ok() {
            self.upkeep.after_write(self.store(), self.bytes_max);
        }
        result
    }

    /// Looks `key` up: the value, or every reason why not.
    pub fn get(&self, key: &Key, want: &Want) -> Lookup {
        let lookup = self.store.get(key, want);
        self.upkeep.note(key.id(), &lookup);
        lookup
    }

    /// See [`Store::put`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put(&self, key: &Key, value: &[u8], how: &Put) -> Result<Written> {
        self.written(self.store.put(key, value, how))
    }

    /// See [`Store::add`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add(&self, key: &Key, value: &[u8], how: &Put) -> Result<Written> {
        self.written(self.store.add(key, value, how))
    }

    /// See [`Store::replace`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn replace(&self, key: &Key, value: &[u8], how: &Put) -> Result<Written> {
        self.written(self.store.replace(key, value, how))
    }

    /// See [`Store::cas`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn cas(
        &self,
        key: &Key,
        expected: Option<Gen>,
        value: &[u8],
        how: &Put,
    ) -> Result<Written> {
        self.written(self.store.cas(key, expected, value, how))
    }

    /// See [`Store::touch`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn touch(&self, key: &Key, ttl: Option<Duration>) -> Result<Written> {
        self.written(self.store.touch(key, ttl))
    }

    /// See [`Store::incr`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn incr(&self, key: &Key, by: i64, how: &Put) -> Result<Counted> {
        self.written(self.store.incr(key, by, how))
    }

    /// See [`Store::remove`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remove(&self, id: &KeyId) -> Result<Removed> {
        self.written(self.store.remove(id))
    }

    /// See [`Store::prune`].
    ///
    /// # Errors
    /// When the store cannot be written, or the clock has jumped.
    pub fn prune(&self, how: &Prune) -> Result<Pruned> {
        self.store.prune(how)
    }

    /// See [`Store::evict`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn evict(&self, how: &Evict) -> Result<Evicted> {
        self.flush()?;
        self.store.evict(how)
    }

    /// See [`Store::forget`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget(&self, how: &Forget) -> Result<Forgotten> {
        self.store.forget(how)
    }

    /// See [`Store::clear`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear(&self, namespace: Option<&Namespace>) -> Result<Cleared> {
        self.store.clear(namespace)
    }

    /// See [`Store::repair`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn repair(&self) -> Result<Repaired> {
        self.store.repair()
    }

    /// See [`Store::reset_clock`].
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn reset_clock(&self) -> Result<ClockReset> {
        self.store.reset_clock()
    }

    /// See [`Store::import`].
    ///
    /// # Errors
    /// When anything about the import is wrong; nothing was written then.
    pub fn import(&self, from: &mut dyn BufRead, how: &Import) -> Result<Imported> {
        self.store.import(from, how)
    }

    /// Reports which entries this process has used and which answers it gave. Also done now and then by writes, and
    /// when the cache is dropped.
    ///
    /// # Errors
    /// When the store cannot be written; what was noted is lost, which costs no truth.
    pub fn flush(&self) -> Result<()> {
        self.upkeep.report(self.store())
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        drop(self.flush());
    }
}

/// A cache that can only be looked into.
///
/// ```
/// use amorsize_cache::{Cache, Key, Namespace, Options, Put, Want};
///
/// # fn main() -> amorsize_cache::Result<()> {
/// let cache = Cache::open("memory:", &Options::default())?;
/// let key = Key::new(&Namespace::new("mine")?, "answer");
/// cache.put(&key, b"42", &Put::default())?;
/// let reader = cache.reader();
/// assert_eq!(reader.get(&key, &Want::default()).word(), "hit");
/// assert_eq!(reader.stats()?.total.live, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CacheReader {
    store: Arc<dyn Reader>,
}

impl CacheReader {
    /// Opens the cache at an address without ever writing to it; there has to be one.
    ///
    /// # Errors
    /// When the address is none, or there is no cache, or it cannot be read.
    pub fn open(address: &str, options: &Options) -> Result<Self> {
        let store = open_reader(&address.parse::<Address>()?, options)?;
        Ok(Self { store })
    }

    /// The store behind it, for everything that is not here.
    #[must_use]
    pub fn store(&self) -> &dyn Reader {
        &*self.store
    }

    /// Looks `key` up: the value, or every reason why not.
    pub fn get(&self, key: &Key, want: &Want) -> Lookup {
        self.store.get(key, want)
    }

    /// See [`Reader::why`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn why(&self, id: &KeyId, want: &Want) -> Result<Why> {
        self.store.why(id, want)
    }

    /// See [`Reader::find`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(&self, text: &str, limit: usize) -> Result<Vec<Key>> {
        self.store.find(text, limit)
    }

    /// See [`Reader::stats`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stats(&self) -> Result<Stats> {
        self.store.stats()
    }

    /// See [`Reader::verify`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn verify(&self) -> Result<Verified> {
        self.store.verify()
    }

    /// See [`Reader::warm`].
    #[must_use]
    pub fn warm(&self, keys: &[Key], want: &Want) -> Vec<Nothing> {
        self.store.warm(keys, want)
    }

    /// See [`Reader::export`].
    ///
    /// # Errors
    /// When the store cannot be read or `to` cannot be written.
    pub fn export(&self, namespace: Option<&Namespace>, to: &mut dyn Write) -> Result<Exported> {
        self.store.export(namespace, to)
    }
}
