//! One implementation for every typed space.

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cache::{Cache, Typed, not_valid, typed};
use crate::error::{Kind, Result};
use crate::fingerprint::Fingerprint;
use crate::key::{Key, Namespace};
use crate::lookup::{Lookup, Want};
use crate::ops::write::{Put, Written};
use crate::time::Time;

/// A record may claim to be made this far from now at most.
const AHEAD_MAX: Duration = Duration::from_hours(24);
/// Longest text in a record.
const TEXT_BYTES_MAX: usize = 4_096;

/// A kind of value with a namespace of its own.
pub trait SpaceRecord: Serialize + DeserializeOwned {
    /// Where its entries live.
    const NAMESPACE: Namespace;
    /// The version of its format.
    const FMT: u32;
    /// How long a record is used, unless the caller says otherwise.
    const TTL: Duration;

    /// Checks what the type alone does not say.
    ///
    /// # Errors
    /// What cannot be, naming the field.
    fn check(&self, t: Time) -> Result<(), String>;
}

/// A typed view of a cache.
#[derive(Debug)]
pub struct Space<'a, R> {
    cache: &'a Cache,
    record: PhantomData<fn() -> R>,
}

impl<'a, R: SpaceRecord> Space<'a, R> {
    /// The space of `R` in `cache`.
    #[must_use]
    pub const fn new(cache: &'a Cache) -> Self {
        Self { cache, record: PhantomData }
    }

    /// Looks a record up; `machine` is the one it has to be good for.
    pub fn get(
        &self,
        key: &Key,
        machine: Option<&Fingerprint>,
        max_age: Option<Duration>,
    ) -> Typed<R> {
        let want =
            Want { fmt: R::FMT, max_age, fingerprint: machine.cloned(), skip_nearest: false };
        checked(self.cache.get(key, &want))
    }

    /// Stores a record for its usual time to live.
    ///
    /// # Errors
    /// When the record cannot be, the key belongs elsewhere, or the store cannot be written.
    pub fn put(&self, key: &Key, record: &R, machine: Option<&Fingerprint>) -> Result<Written> {
        let how = Put { ttl: Some(R::TTL), fingerprint: machine.cloned(), ..Put::default() };
        self.put_with(key, record, &how)
    }

    /// Stores a record as `how` says, but for the format, which is the record's.
    ///
    /// # Errors
    /// When the record cannot be, the key belongs elsewhere, or the store cannot be written.
    pub fn put_with(&self, key: &Key, record: &R, how: &Put) -> Result<Written> {
        if *key.namespace() != R::NAMESPACE {
            let what = format!("the key {key} does not belong to the namespace {}", R::NAMESPACE);
            return Err(Kind::Input.because(what));
        }
        let t = self.cache.store().meta()?.t();
        record.check(t).map_err(|what| Kind::Input.because(what))?;
        let how = Put { fmt: R::FMT, ..how.clone() };
        self.cache.put_as(key, record, &how)
    }

    /// Removes every record of this space.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear(&self) -> Result<usize> {
        Ok(self.cache.clear(Some(&R::NAMESPACE))?.cleared)
    }
}

/// Gives a look-up its type and checks the record.
pub(super) fn checked<R: SpaceRecord>(lookup: Lookup) -> Typed<R> {
    match typed::<R>(lookup) {
        Typed::Hit(record, hit) => match record.check(hit.t) {
            Ok(()) => Typed::Hit(record, hit),
            Err(what) => Typed::Miss(not_valid(hit, what)),
        },
        miss @ Typed::Miss(_) => miss,
    }
}

/// Checks the bytes of a record that comes from outside.
pub(super) fn check_bytes<R: SpaceRecord>(fmt: u32, body: &[u8], t: Time) -> Result<(), String> {
    let space = R::NAMESPACE;
    if fmt != R::FMT {
        return Err(format!("a {space} record of format {fmt}; this program knows {}", R::FMT));
    }
    let record: R =
        serde_json::from_slice(body).map_err(|error| format!("not a {space} record: {error}"))?;
    record.check(t).map_err(|what| format!("not a possible {space} record: {what}"))
}

/// A number that is finite and within bounds.
pub(super) fn number(field: &str, value: f64, least: f64, most: f64) -> Result<(), String> {
    if value.is_finite() && value >= least && value <= most {
        Ok(())
    } else {
        Err(format!("`{field}` is {value}, not between {least} and {most}"))
    }
}

/// A whole number within bounds.
pub(super) fn whole(field: &str, value: u64, least: u64, most: u64) -> Result<(), String> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(format!("`{field}` is {value}, not between {least} and {most}"))
    }
}

/// A time that is neither before this product nor after now.
pub(super) fn made(field: &str, at: Time, t: Time) -> Result<(), String> {
    /// 2020-01-01.
    const EARLIEST: Time = Time::from_ns(1_577_836_800_000_000_000);
    if at >= EARLIEST && at <= t.plus(AHEAD_MAX).max(EARLIEST) {
        Ok(())
    } else {
        Err(format!("`{field}` is {at}, which cannot be: it is {t}"))
    }
}

/// A text of bounded length.
pub(super) fn text(field: &str, value: &str) -> Result<(), String> {
    if value.len() <= TEXT_BYTES_MAX {
        Ok(())
    } else {
        Err(format!("`{field}` is longer than {TEXT_BYTES_MAX} bytes"))
    }
}
