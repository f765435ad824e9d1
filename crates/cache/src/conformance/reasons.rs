//! Every reason, and only the true ones.

use std::time::Duration;

use crate::envelope::Cause;
use crate::fingerprint::{Fingerprint, Tolerance};
use crate::lookup::Want;
use crate::ops::maintain::Evict;
use crate::ops::write::Put;
use crate::reason::{LimitBy, Reason};

use super::maintenance::prune_all;
use super::steps::{hit, key, miss, put, words};
use super::{LONG, PAST, Subject, TTL};

pub(super) fn expired_by_writer(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("writer");
    let stored = put(&*store, &key, b"old", &Put::ttl(TTL));
    subject.pass(PAST);
    let check = |was_pruned: bool| {
        let found = miss(&*store, &key, &Want::default());
        let Reason::Expired { age, ttl, limit_by, pruned } = found.reasons.primary() else {
            unreachable!("expected expired: {}", found.reasons);
        };
        assert_eq!((*ttl, *limit_by, pruned.is_some()), (TTL, LimitBy::Writer, was_pruned));
        assert!(*age > TTL && *age == found.t.since(stored.created), "{age:?}");
        assert_eq!(found.generation, Some(stored.generation), "pruning is no change of state");
        assert_eq!(found.created, Some(stored.created));
        assert_eq!(found.stale.as_deref(), (!was_pruned).then_some(&b"old"[..]));
        if let Some(ended) = pruned {
            assert_eq!(ended.by.as_deref(), Some(store.actor().side().text.as_str()));
            assert_eq!(ended.cause, Cause::Ttl);
        }
    };
    check(false);
    prune_all(&*store);
    check(true);
    prune_all(&*store);
    check(true);
}

pub(super) fn expired_by_reader(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("reader");
    put(&*store, &key, b"v", &Put::ttl(LONG));
    subject.pass(PAST);
    let strict = Want { max_age: Some(TTL), ..Want::default() };
    let found = miss(&*store, &key, &strict);
    assert!(matches!(
        found.reasons.all(),
        [Reason::Expired { limit_by: LimitBy::Reader, ttl: TTL, pruned: None, .. }]
    ));
    prune_all(&*store);
    hit(&*store, &key, &Want::default());
    // A reader cannot lengthen what the writer allowed.
    put(&*store, &key, b"v", &Put::ttl(TTL));
    subject.pass(PAST);
    let lax = Want { max_age: Some(LONG), ..Want::default() };
    let found = miss(&*store, &key, &lax);
    assert!(matches!(found.reasons.all(), [Reason::Expired { limit_by: LimitBy::Writer, .. }]));
}

fn machine(cores: u32, memory: f64) -> Fingerprint {
    Fingerprint::new().exact("cores", cores).field("memory", memory, Tolerance::Ratio(0.1)).field(
        "load",
        f64::from(cores),
        Tolerance::Ignored,
    )
}

pub(super) fn version_and_machine(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("machine");
    let how = Put { fmt: 2, fingerprint: Some(machine(8, 32.0)), ..Put::default() };
    put(&*store, &key, b"v", &how);
    let want = |fmt, cores, memory| Want {
        fmt,
        fingerprint: Some(machine(cores, memory)),
        ..Want::default()
    };
    hit(&*store, &key, &want(2, 8, 32.0));
    hit(&*store, &key, &want(2, 8, 34.0));
    hit(&*store, &key, &Want::fmt(2));
    let other = subject.open();
    let found = miss(&*other, &key, &want(2, 4, 32.0));
    let Reason::Incompatible { changes } = found.reasons.primary() else {
        unreachable!("{}", found.reasons);
    };
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].to_string(), "cores 8 -> 4");
    assert_eq!(found.stale.as_deref(), Some(&b"v"[..]));
    let found = miss(&*store, &key, &want(3, 4, 64.0));
    assert_eq!(words(&found), ["version", "incompatible"]);
    assert_eq!(found.reasons.primary(), &Reason::Version { stored: 2, wanted: 3 });
    // An entry that belongs to no machine fits all.
    put(&*store, &key, b"v", &Put { fmt: 2, ..Put::default() });
    hit(&*store, &key, &want(2, 1, 1.0));
}

pub(super) fn full_set(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("everything");
    let how = Put { fmt: 1, fingerprint: Some(machine(8, 1.0)), ..Put::ttl(TTL) };
    put(&*store, &key, b"v", &how);
    store.remove(key.id()).expect("removes");
    subject.pass(PAST);
    let want = Want { fmt: 2, fingerprint: Some(machine(2, 1.0)), ..Want::default() };
    let found = miss(&*store, &key, &want);
    assert_eq!(words(&found), ["version", "expired", "incompatible", "deleted"]);
    prune_all(&*store);
    assert_eq!(words(&miss(&*store, &key, &want)), words(&found));
}

pub(super) fn deleted(subject: &dyn Subject) {
    let (one, two) = (subject.open(), subject.open());
    let key = key("deleted");
    let stored = put(&*one, &key, b"v", &Put::ttl(LONG));
    let removed = one.remove(key.id()).expect("removes");
    assert!(removed.existed);
    let found = miss(&*two, &key, &Want::default());
    let Reason::Deleted(ended) = found.reasons.primary() else {
        unreachable!("{}", found.reasons);
    };
    assert_eq!(ended.cause, Cause::Remove);
    assert_eq!(ended.by.as_deref(), Some(one.actor().side().text.as_str()));
    assert!(ended.at >= stored.created);
    assert_eq!((found.generation, found.stale), (removed.generation, None));
    assert!(found.generation > Some(stored.generation));
}

pub(super) fn evicted(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("evicted");
    let how = Evict { bytes_max: Some(10), entries_max: None };
    let store_and_evict = |ttl: Duration| {
        put(&*store, &key, &[7; 1_000], &Put::ttl(ttl));
        let evicted = store.evict(&how).expect("evicts");
        assert_eq!((evicted.evicted, evicted.bytes_after), (1, 0));
    };
    store_and_evict(LONG);
    let found = miss(&*store, &key, &Want::default());
    let Reason::Evicted(ended) = found.reasons.primary() else {
        unreachable!("{}", found.reasons);
    };
    assert_eq!(ended.cause, Cause::SizeBound);
    store_and_evict(TTL);
    subject.pass(PAST);
    assert_eq!(words(&miss(&*store, &key, &Want::default())), ["expired", "evicted"]);
    // The next value is as good as the first.
    put(&*store, &key, b"again", &Put::ttl(Duration::from_mins(1)));
    hit(&*store, &key, &Want::default());
}
