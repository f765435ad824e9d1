//! Steps that most cases take: a key, a value that must go in, an answer that must be a hit or a miss.

use crate::key::{Key, Namespace};
use crate::lookup::{Hit, Lookup, Miss, Want};
use crate::ops::write::{Put, Stored};
use crate::store::Store;

pub(super) fn namespace() -> Namespace {
    Namespace::new("conformance").expect("a good name")
}

pub(super) fn key(subject: &str) -> Key {
    Key::new(&namespace(), subject).code("v1").inputs("i1")
}

pub(super) fn put(store: &dyn Store, key: &Key, value: &[u8], how: &Put) -> Stored {
    let written = store.put(key, value, how).expect("the store can be written");
    written.stored().expect("an unconditional put is not refused")
}

pub(super) fn hit(store: &dyn Store, key: &Key, want: &Want) -> Hit {
    match store.get(key, want) {
        Lookup::Hit(hit) => hit,
        Lookup::Miss(miss) => unreachable!("expected a hit of {key}, found: {}", miss.reasons),
    }
}

pub(super) fn miss(store: &dyn Store, key: &Key, want: &Want) -> Miss {
    match store.get(key, want) {
        Lookup::Hit(hit) => unreachable!("expected a miss of {key}, found {hit:?}"),
        Lookup::Miss(miss) => miss,
    }
}

pub(super) fn words(miss: &Miss) -> Vec<&'static str> {
    miss.reasons.all().iter().map(crate::reason::Reason::word).collect()
}
