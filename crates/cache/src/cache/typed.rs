//! Values with a type, kept as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::envelope::Corruption;
use crate::error::{Kind, Result};
use crate::key::Key;
use crate::lookup::{Hit, Lookup, Miss, Want};
use crate::ops::write::{Put, Written};
use crate::reason::{Reason, Reasons};

use super::face::{Cache, CacheReader};

/// The answer to a typed look-up.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Typed<T> {
    /// The value, and the hit it came from.
    Hit(T, Hit),
    /// The reasons.
    Miss(Miss),
}

impl<T> Typed<T> {
    /// The value, if it was found.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Hit(value, _) => Some(value),
            Self::Miss(_) => None,
        }
    }

    /// The miss, if it is one.
    #[must_use]
    pub fn miss(self) -> Option<Miss> {
        match self {
            Self::Hit(..) => None,
            Self::Miss(miss) => Some(miss),
        }
    }
}

/// Gives a look-up its type. Bytes that are whole but not a `T` are a miss that says what is wrong with them.
pub(crate) fn typed<T: DeserializeOwned>(lookup: Lookup) -> Typed<T> {
    match lookup {
        Lookup::Miss(miss) => Typed::Miss(miss),
        Lookup::Hit(hit) => match serde_json::from_slice(&hit.value) {
            Ok(value) => Typed::Hit(value, hit),
            Err(error) => Typed::Miss(not_valid(hit, error.to_string())),
        },
    }
}

/// The miss for a value that cannot be what it should be.
pub(crate) fn not_valid(hit: Hit, what: String) -> Miss {
    let what = Corruption::Content { what };
    Miss {
        reasons: Reasons::one(Reason::Corrupt { what }),
        generation: Some(hit.generation),
        created: Some(hit.created),
        t: hit.t,
        stale: Some(hit.value),
    }
}

impl Cache {
    /// Looks a typed value up.
    pub fn get_as<T: DeserializeOwned>(&self, key: &Key, want: &Want) -> Typed<T> {
        typed(self.get(key, want))
    }

    /// Stores a typed value.
    ///
    /// # Errors
    /// When the value cannot be written as JSON or the store cannot be written.
    pub fn put_as<T: Serialize + ?Sized>(
        &self,
        key: &Key,
        value: &T,
        how: &Put,
    ) -> Result<Written> {
        let bytes = serde_json::to_vec(value).map_err(|error| {
            Kind::Input.from(format!("write the value as JSON: {error}"), error)
        })?;
        self.put(key, &bytes, how)
    }
}

impl CacheReader {
    /// Looks a typed value up.
    pub fn get_as<T: DeserializeOwned>(&self, key: &Key, want: &Want) -> Typed<T> {
        typed(self.get(key, want))
    }
}
