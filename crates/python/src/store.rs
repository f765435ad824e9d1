//! A store of the cache as Python sees it.
//!
//! Keys come as `(namespace, subject, [(part, value), …])`, values as bytes, answers as dictionaries: what a reader or a
//! person asks about them (reasons, times, versions) is in them and nothing has to be asked again. The interpreter's
//! lock is released around every call, because each may wait for a disk, a writer or a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::ops::lease::{LeaseRequest, Leased};
use amorsize_cache::ops::maintain::{Evict, Forget, Prune};
use amorsize_cache::ops::transfer::{Import, Merge};
use amorsize_cache::ops::write::{Put, Refusal, Written};
use amorsize_cache::store::memory::Memory;
use amorsize_cache::store::postgres::Postgres;
use amorsize_cache::store::redis::Redis;
use amorsize_cache::store::sqlite::{Sqlite, SqliteOptions};
use amorsize_cache::store::{Actor, LeaseToken, Scan, Store};
use amorsize_cache::{Fingerprint, Gen, Key, KeyId, Kind, Lookup, Namespace, Tolerance, Want};
use amorsize_os::clock::{Clock as _, SystemClock};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// A key as it comes from Python.
#[derive(FromPyObject)]
pub(crate) enum RawKey {
    /// `(namespace, subject, [(part, value), …])`.
    Parts(String, Vec<u8>, Vec<(String, Vec<u8>)>),
    /// The name that [`PyStore::keys`] gave.
    #[pyo3(transparent)]
    Name(String),
}

/// `(name, value, tolerance)`: a tolerance below zero means that the field is never compared.
pub(crate) type RawField = (String, FieldIn, f64);

/// The value of a field of a fingerprint.
#[derive(FromPyObject)]
pub(crate) enum FieldIn {
    Number(f64),
    Text(String),
}

/// A store that is open.
#[pyclass(name = "Store", module = "amorsize._native", frozen)]
pub(crate) struct PyStore {
    store: Option<Arc<dyn Store>>,
    /// The process that opened it: no other may use or close it.
    pid: u32,
}

impl Drop for PyStore {
    fn drop(&mut self) {
        // A forked child must not close what its parent has open: that would end the parent's locks and journal.
        if std::process::id() != self.pid
            && let Some(store) = self.store.take()
        {
            std::mem::forget(store);
        }
    }
}

fn error_of(error: &amorsize_cache::Error) -> PyErr {
    let kind = format!("{:?}", error.kind()).to_lowercase();
    match error.kind() {
        Kind::Input => PyValueError::new_err(error.to_string()),
        _ => PyOSError::new_err((kind, error.to_string())),
    }
}

fn key_of(raw: &RawKey) -> PyResult<Key> {
    let (namespace, subject, parts) = match raw {
        RawKey::Parts(namespace, subject, parts) => (namespace, subject, parts),
        RawKey::Name(name) => return Key::from_name(name).map_err(|error| error_of(&error)),
    };
    let namespace = Namespace::new(namespace).map_err(|error| error_of(&error))?;
    let mut key = Key::new(&namespace, subject);
    for (name, value) in parts {
        key = key.part(name, value).map_err(|error| error_of(&error))?;
    }
    Ok(key)
}

fn fingerprint_of(fields: Option<Vec<RawField>>) -> Option<Fingerprint> {
    let mut fingerprint = Fingerprint::new();
    for (name, value, tolerance) in fields? {
        let tolerance = match tolerance {
            t if t < 0.0 => Tolerance::Ignored,
            t if t > 0.0 => Tolerance::Ratio(t),
            _ => Tolerance::Exact,
        };
        fingerprint = match value {
            FieldIn::Number(number) => fingerprint.field(&name, number, tolerance),
            FieldIn::Text(text) => fingerprint.field(&name, text, tolerance),
        };
    }
    Some(fingerprint)
}

fn span(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    seconds
        .filter(|seconds| *seconds != f64::INFINITY)
        .map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)))
        .transpose()
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

impl PyStore {
    fn get_store(&self) -> PyResult<Arc<dyn Store>> {
        if std::process::id() != self.pid {
            let what = "this store was opened before a fork; open it again in this process";
            return Err(PyOSError::new_err(("place".to_owned(), what.to_owned())));
        }
        self.store.clone().ok_or_else(|| {
            PyOSError::new_err(("place".to_owned(), "the store is closed".to_owned()))
        })
    }

    fn write(
        &self,
        py: Python<'_>,
        step: impl FnOnce(&dyn Store) -> amorsize_cache::Result<Written> + Send,
    ) -> PyResult<Py<PyDict>> {
        let store = self.get_store()?;
        let written = py.detach(|| step(&*store)).map_err(|error| error_of(&error))?;
        written_dict(py, &written)
    }
}

#[pymethods]
impl PyStore {
    /// Opens the store at a path, at the URL of a PostgreSQL or Redis server, or `memory:`.
    #[new]
    #[pyo3(signature = (location, *, actor="amorsize (Python)", busy_s=1.0, durable=false, read_only=false))]
    fn new(
        py: Python<'_>,
        location: &str,
        actor: &str,
        busy_s: f64,
        durable: bool,
        read_only: bool,
    ) -> PyResult<Self> {
        let actor = Actor::named(actor);
        let options = SqliteOptions { busy: span(Some(busy_s))?.unwrap_or_default(), durable };
        let opened = py.detach(|| -> amorsize_cache::Result<Arc<dyn Store>> {
            let clock = Arc::new(SystemClock);
            if location == "memory:" {
                return Ok(Arc::new(Memory::new(clock, actor)));
            }
            let scheme = location.split_once("://").map(|(scheme, _)| scheme);
            match scheme {
                Some("redis" | "rediss" | "valkey") => {
                    return Ok(Arc::new(Redis::open(location, actor, options.busy)?));
                }
                Some("postgres" | "postgresql") => {
                    return Ok(Arc::new(Postgres::open(location, actor, options.busy)?));
                }
                _ => {}
            }
            let path = Path::new(location.strip_prefix("sqlite:").unwrap_or(location));
            Ok(Arc::new(if read_only {
                Sqlite::open_to_read(path, options, clock, actor)?
            } else {
                Sqlite::open(path, options, clock, actor)?
            }))
        });
        let store = opened.map_err(|error| error_of(&error))?;
        Ok(Self { store: Some(store), pid: std::process::id() })
    }

    /// Where it is.
    #[getter]
    fn location(&self) -> PyResult<String> {
        Ok(self.get_store()?.location())
    }

    /// The value, or every reason why not.
    #[pyo3(signature = (key, *, fmt=0, max_age_s=None, fingerprint=None, nearest=true))]
    fn get(
        &self,
        py: Python<'_>,
        key: RawKey,
        fmt: u32,
        max_age_s: Option<f64>,
        fingerprint: Option<Vec<RawField>>,
        nearest: bool,
    ) -> PyResult<Py<PyDict>> {
        let store = self.get_store()?;
        let key = key_of(&key)?;
        let want = want(fmt, max_age_s, fingerprint, nearest)?;
        let lookup = py.detach(|| store.get(&key, &want));
        lookup_dict(py, &lookup)
    }

    /// Stores a value: `mode` is `put`, `add` (only if nothing live is there) or `replace` (only if something is).
    #[pyo3(signature = (key, value, *, mode="put", ttl_s=None, fmt=0, fingerprint=None, cost_s=0.0, lease=None))]
    fn put(
        &self,
        py: Python<'_>,
        key: RawKey,
        value: Vec<u8>,
        mode: &str,
        ttl_s: Option<f64>,
        fmt: u32,
        fingerprint: Option<Vec<RawField>>,
        cost_s: f64,
        lease: Option<u64>,
    ) -> PyResult<Py<PyDict>> {
        let key = key_of(&key)?;
        let how = Put {
            ttl: span(ttl_s)?,
            fmt,
            fingerprint: fingerprint_of(fingerprint),
            cost: span(Some(cost_s))?.unwrap_or_default(),
            lease: lease.map(LeaseToken),
        };
        match mode {
            "put" => self.write(py, |store| store.put(&key, &value, &how)),
            "add" => self.write(py, |store| store.add(&key, &value, &how)),
            "replace" => self.write(py, |store| store.replace(&key, &value, &how)),
            _ => Err(PyValueError::new_err(format!("no mode is called {mode:?}"))),
        }
    }

    /// Stores a value if the entry still has the version `expected`; `None`: if there is no entry.
    #[pyo3(signature = (key, expected, value, *, ttl_s=None, fmt=0))]
    fn cas(
        &self,
        py: Python<'_>,
        key: RawKey,
        expected: Option<u64>,
        value: Vec<u8>,
        ttl_s: Option<f64>,
        fmt: u32,
    ) -> PyResult<Py<PyDict>> {
        let key = key_of(&key)?;
        let how = Put { ttl: span(ttl_s)?, fmt, ..Put::default() };
        self.write(py, |store| store.cas(&key, expected.map(Gen), &value, &how))
    }

    /// Lets a live entry live for `ttl_s` from now on; `None` is for ever.
    fn touch(&self, py: Python<'_>, key: RawKey, ttl_s: Option<f64>) -> PyResult<Py<PyDict>> {
        let key = key_of(&key)?;
        let ttl = span(ttl_s)?;
        self.write(py, |store| store.touch(&key, ttl))
    }

    /// Adds to a whole number; when nothing live is there, stores `by`.
    #[pyo3(signature = (key, by, *, ttl_s=None, fmt=0))]
    fn incr(
        &self,
        py: Python<'_>,
        key: RawKey,
        by: i64,
        ttl_s: Option<f64>,
        fmt: u32,
    ) -> PyResult<(Option<i64>, Py<PyDict>)> {
        let store = self.get_store()?;
        let key = key_of(&key)?;
        let how = Put { ttl: span(ttl_s)?, fmt, ..Put::default() };
        let counted = py.detach(|| store.incr(&key, by, &how)).map_err(|error| error_of(&error))?;
        Ok((counted.value, written_dict(py, &counted.written)?))
    }

    /// Looks up; on a miss hands the right to compute to exactly one caller.
    #[pyo3(signature = (key, *, fmt=0, max_age_s=None, hold_s=300.0))]
    fn get_or_lease(
        &self,
        py: Python<'_>,
        key: RawKey,
        fmt: u32,
        max_age_s: Option<f64>,
        hold_s: f64,
    ) -> PyResult<Py<PyDict>> {
        let store = self.get_store()?;
        let key = key_of(&key)?;
        let want = want(fmt, max_age_s, None, true)?;
        let request = LeaseRequest { hold: span(Some(hold_s))?.unwrap_or_default() };
        let leased = py
            .detach(|| store.get_or_lease(&key, &want, &request))
            .map_err(|error| error_of(&error))?;
        let (lookup, lease, won) = match leased {
            Leased::Hit(hit) => (Lookup::Hit(hit), None, false),
            Leased::Refresh(hit, lease) => (Lookup::Hit(hit), Some(lease), true),
            Leased::Won(miss, lease) => (Lookup::Miss(miss), Some(lease), true),
            Leased::Held(miss, lease) => (Lookup::Miss(miss), Some(lease), false),
        };
        let out = lookup_dict(py, &lookup)?;
        let dict = out.bind(py);
        dict.set_item("won", won)?;
        dict.set_item("lease", lease.as_ref().map(|lease| lease.token.0))?;
        dict.set_item("lease_until_ns", lease.as_ref().map(|lease| lease.until.ns()))?;
        Ok(out)
    }

    /// Gives a lease back without a value.
    fn release(&self, py: Python<'_>, key: RawKey, token: u64) -> PyResult<bool> {
        let store = self.get_store()?;
        let key = key_of(&key)?;
        py.detach(|| store.release(&key, LeaseToken(token))).map_err(|error| error_of(&error))
    }

    /// Removes an entry; whether something live was there.
    fn remove(&self, py: Python<'_>, key: RawKey) -> PyResult<bool> {
        let store = self.get_store()?;
        let key = key_of(&key)?;
        let removed = py.detach(|| store.remove(key.id())).map_err(|error| error_of(&error))?;
        Ok(removed.existed)
    }

    /// Removes an entry by the digits of its id.
    fn remove_id(&self, py: Python<'_>, id: &str) -> PyResult<bool> {
        let store = self.get_store()?;
        let id: KeyId = id.parse().map_err(|error| error_of(&error))?;
        let removed = py.detach(|| store.remove(&id)).map_err(|error| error_of(&error))?;
        Ok(removed.existed)
    }

    /// Cleans away the bodies of expired entries, which changes no answer; how many.
    #[pyo3(signature = (namespace=None, *, margin_s=0.0, force=false, limit=None))]
    fn prune(
        &self,
        py: Python<'_>,
        namespace: Option<&str>,
        margin_s: f64,
        force: bool,
        limit: Option<usize>,
    ) -> PyResult<usize> {
        let store = self.get_store()?;
        let namespace = namespace_of(namespace)?;
        let margin = span(Some(margin_s))?.unwrap_or_default();
        let how = Prune { namespace, margin, force, limit };
        Ok(py.detach(|| store.prune(&how)).map_err(|error| error_of(&error))?.pruned)
    }

    /// Drops the least recently used until the store is within a bound; how many.
    #[pyo3(signature = (*, bytes_max=None, entries_max=None))]
    fn evict(
        &self,
        py: Python<'_>,
        bytes_max: Option<u64>,
        entries_max: Option<u64>,
    ) -> PyResult<u64> {
        let store = self.get_store()?;
        let how = Evict { bytes_max, entries_max };
        Ok(py.detach(|| store.evict(&how)).map_err(|error| error_of(&error))?.evicted)
    }

    /// Drops tombstones older than so many seconds; how many.
    fn forget(&self, py: Python<'_>, older_than_s: f64) -> PyResult<usize> {
        let store = self.get_store()?;
        let older_than = span(Some(older_than_s))?.unwrap_or_default();
        let how = Forget { older_than, ..Forget::default() };
        Ok(py.detach(|| store.forget(&how)).map_err(|error| error_of(&error))?.forgotten)
    }

    /// Removes every entry of a namespace, or of all; how many.
    #[pyo3(signature = (namespace=None))]
    fn clear(&self, py: Python<'_>, namespace: Option<&str>) -> PyResult<usize> {
        let store = self.get_store()?;
        let namespace = namespace_of(namespace)?;
        let done = py.detach(|| store.clear(namespace.as_ref()));
        Ok(done.map_err(|error| error_of(&error))?.cleared)
    }

    /// The figures of the store, as JSON.
    fn stats(&self, py: Python<'_>) -> PyResult<String> {
        let store = self.get_store()?;
        json(&py.detach(|| store.stats()).map_err(|error| error_of(&error))?)
    }

    /// Checks the structure and every entry, as JSON.
    fn verify(&self, py: Python<'_>) -> PyResult<String> {
        let store = self.get_store()?;
        json(&py.detach(|| store.verify()).map_err(|error| error_of(&error))?)
    }

    /// Sets damaged entries aside, as JSON.
    fn repair(&self, py: Python<'_>) -> PyResult<String> {
        let store = self.get_store()?;
        json(&py.detach(|| store.repair()).map_err(|error| error_of(&error))?)
    }

    /// Everything there is to say about one key, as JSON.
    #[pyo3(signature = (key, *, fmt=0, max_age_s=None, fingerprint=None))]
    fn why(
        &self,
        py: Python<'_>,
        key: RawKey,
        fmt: u32,
        max_age_s: Option<f64>,
        fingerprint: Option<Vec<RawField>>,
    ) -> PyResult<String> {
        let store = self.get_store()?;
        let key = key_of(&key)?;
        let want = want(fmt, max_age_s, fingerprint, true)?;
        json(&py.detach(|| store.why(key.id(), &want)).map_err(|error| error_of(&error))?)
    }

    /// The names (as JSON) and ids of the entries of a namespace, in no order that means anything.
    fn keys(&self, py: Python<'_>, namespace: &str) -> PyResult<Vec<(String, String)>> {
        let store = self.get_store()?;
        let namespace = Namespace::new(namespace).map_err(|error| error_of(&error))?;
        let mut found = Vec::new();
        py.detach(|| {
            let prefix = namespace.prefix();
            let scan = Scan { prefix: &prefix, with_bodies: false };
            store.scan(scan, &mut |row| {
                found.push((row.name.to_string(), row.id.to_string()));
                std::ops::ControlFlow::Continue(())
            })
        })
        .map_err(|error| error_of(&error))?;
        Ok(found)
    }

    /// Writes the entries of a namespace (or of all) as lines of JSON; how many.
    #[pyo3(signature = (namespace=None))]
    fn export(&self, py: Python<'_>, namespace: Option<&str>) -> PyResult<Py<PyBytes>> {
        let store = self.get_store()?;
        let namespace = namespace_of(namespace)?;
        let mut lines = Vec::new();
        py.detach(|| store.export(namespace.as_ref(), &mut lines))
            .map_err(|error| error_of(&error))?;
        Ok(PyBytes::new(py, &lines).unbind())
    }

    /// Takes over the lines of an export, all or none; entries in it, and how many were stored.
    #[pyo3(signature = (lines, *, merge="skip"))]
    fn import_lines(
        &self,
        py: Python<'_>,
        lines: Vec<u8>,
        merge: &str,
    ) -> PyResult<(usize, usize)> {
        let store = self.get_store()?;
        let merge = match merge {
            "skip" => Merge::Skip,
            "overwrite" => Merge::Overwrite,
            "newer" => Merge::Newer,
            _ => return Err(PyValueError::new_err(format!("no merge is called {merge:?}"))),
        };
        let how = Import { merge, dry_run: false };
        let done = py
            .detach(|| store.import(&mut lines.as_slice(), &how))
            .map_err(|error| error_of(&error))?;
        Ok((done.entries, done.stored))
    }

    /// The name of a key, as it stands in an export.
    #[staticmethod]
    fn name_of(key: RawKey) -> PyResult<String> {
        Ok(key_of(&key)?.to_name())
    }

    /// The wall clock by which this process judges, in nanoseconds since the epoch.
    #[staticmethod]
    fn now_ns() -> u64 {
        SystemClock.now_ns()
    }
}

fn namespace_of(name: Option<&str>) -> PyResult<Option<Namespace>> {
    name.map(Namespace::new).transpose().map_err(|error| error_of(&error))
}

fn want(
    fmt: u32,
    max_age_s: Option<f64>,
    fingerprint: Option<Vec<RawField>>,
    nearest: bool,
) -> PyResult<Want> {
    Ok(Want {
        fmt,
        max_age: span(max_age_s)?,
        fingerprint: fingerprint_of(fingerprint),
        skip_nearest: !nearest,
    })
}

fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn lookup_dict(py: Python<'_>, lookup: &Lookup) -> PyResult<Py<PyDict>> {
    let out = PyDict::new(py);
    out.set_item("word", lookup.word())?;
    out.set_item("gen", lookup.generation().map(|generation| generation.0))?;
    out.set_item("created_ns", lookup.created().map(|created| created.ns()))?;
    out.set_item("t_ns", lookup.t().ns())?;
    match lookup {
        Lookup::Hit(hit) => {
            out.set_item("value", PyBytes::new(py, &hit.value))?;
            out.set_item("ttl_s", hit.ttl.map(|ttl| ttl.as_secs_f64()))?;
            out.set_item("refresh_due", hit.refresh_due)?;
        }
        Lookup::Miss(miss) => {
            out.set_item("value", py.None())?;
            out.set_item("reasons", json(&miss.reasons)?)?;
            out.set_item("text", miss.reasons.to_string())?;
            out.set_item("stale", miss.stale.as_ref().map(|stale| PyBytes::new(py, stale)))?;
        }
    }
    Ok(out.unbind())
}

fn written_dict(py: Python<'_>, written: &Written) -> PyResult<Py<PyDict>> {
    let out = PyDict::new(py);
    match written {
        Written::Stored(stored) => {
            out.set_item("stored", true)?;
            out.set_item("gen", stored.generation.0)?;
            out.set_item("t_ns", stored.t.ns())?;
        }
        Written::Refused { why, generation, t, .. } => {
            out.set_item("stored", false)?;
            out.set_item("gen", generation.map(|generation| generation.0))?;
            out.set_item("t_ns", t.ns())?;
            out.set_item("refused", refusal(why))?;
        }
    }
    Ok(out.unbind())
}

const fn refusal(why: &Refusal) -> &'static str {
    match why {
        Refusal::Exists => "exists",
        Refusal::NotLive(_) => "not live",
        Refusal::OtherGeneration => "other generation",
        Refusal::LeaseLost => "lease lost",
        Refusal::NotANumber => "not a number",
        Refusal::Overflow => "overflow",
    }
}
