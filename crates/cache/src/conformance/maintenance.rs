//! Prune, evict, forget, clear.

use std::time::Duration;

use crate::key::{Key, Namespace};
use crate::lookup::{Lookup, Want};
use crate::ops::maintain::{Evict, Forget, Prune};
use crate::ops::write::Put;
use crate::reason::Reason;
use crate::store::Raise;
use crate::store::{Store, UseBatch};
use crate::time::Time;

use super::steps::{hit, key, miss, put, words};
use super::{LONG, PAST, Subject, TTL};

/// Prunes everything that has expired by now.
pub(super) fn prune_all(store: &dyn Store) -> usize {
    let how = Prune { margin: Duration::ZERO, ..Prune::default() };
    store.prune(&how).expect("prunes").pruned
}

pub(super) fn prune_is_invisible(subject: &dyn Subject) {
    let store = subject.open();
    let keys: Vec<Key> = (0..12).map(|number| key(&format!("invisible {number}"))).collect();
    for (number, key) in (0_u32..).zip(&keys) {
        let ttl = if number % 3 == 0 { LONG } else { TTL };
        put(&*store, key, &number.to_le_bytes(), &Put { fmt: number % 2, ..Put::ttl(ttl) });
        if number % 5 == 4 {
            store.remove(key.id()).expect("removes");
        }
    }
    subject.pass(PAST);
    let answers = || -> Vec<(Vec<&str>, Option<crate::Gen>, Option<Time>)> {
        keys.iter()
            .map(|key| match store.get(key, &Want::default()) {
                Lookup::Hit(hit) => (vec!["hit"], Some(hit.generation), Some(hit.created)),
                Lookup::Miss(miss) => (words(&miss), miss.generation, miss.created),
            })
            .collect()
    };
    let before = answers();
    assert!(prune_all(&*store) > 0);
    assert_eq!(answers(), before);
    assert_eq!(prune_all(&*subject.open()), 0);
    assert_eq!(answers(), before);
}

pub(super) fn prune_spares(subject: &dyn Subject) {
    let store = subject.open();
    put(&*store, &key("lives"), b"v", &Put::ttl(LONG));
    put(&*store, &key("for ever"), b"v", &Put::default());
    put(&*store, &key("expires"), b"v", &Put::ttl(TTL));
    subject.pass(PAST);
    // Judged by a time before it expired, it stays.
    let early = Prune { margin: LONG, ..Prune::default() };
    assert_eq!(store.prune(&early).expect("prunes").pruned, 0);
    assert_eq!(prune_all(&*store), 1);
    // Written again after it was pruned, it lives again; a prune does not delete a fresh write.
    put(&*store, &key("expires"), b"w", &Put::ttl(LONG));
    assert_eq!(prune_all(&*store), 0);
    for subject in ["lives", "for ever", "expires"] {
        hit(&*store, &key(subject), &Want::default());
    }
}

pub(super) fn prune_bounds(subject: &dyn Subject) {
    let store = subject.open();
    let other = Namespace::new("other").expect("a good name");
    for number in 0..10 {
        put(&*store, &key(&format!("bound {number}")), b"v", &Put::ttl(TTL));
        put(&*store, &Key::new(&other, number.to_string()), b"v", &Put::ttl(TTL));
    }
    subject.pass(PAST);
    let how = |namespace: Option<&Namespace>, limit| Prune {
        namespace: namespace.cloned(),
        margin: Duration::ZERO,
        force: false,
        limit,
    };
    let some = store.prune(&how(None, Some(3))).expect("prunes");
    assert_eq!((some.pruned, some.more), (3, true));
    let before = store.stats().expect("counts").namespaces["other"].pruned;
    let rest = store.prune(&how(Some(&other), None)).expect("prunes").pruned;
    assert_eq!(rest, 10 - usize::try_from(before).expect("small"));
    let stats = store.stats().expect("counts");
    assert_eq!(stats.namespaces["other"].pruned, 10);
    assert_eq!(stats.total.pruned, 3 - before + 10);
    assert_eq!(prune_all(&*store), usize::try_from(10 - (3 - before)).expect("small"));
}

pub(super) fn evict_order(subject: &dyn Subject) {
    let store = subject.open();
    let mut stored = Time::EPOCH;
    for name in ["a", "b", "c", "d"] {
        stored = put(&*store, &key(name), &[1; 100], &Put::ttl(LONG)).t;
        subject.pass(Duration::from_millis(2));
    }
    // "a" is the oldest, but it was used after all the others.
    let mut batch = UseBatch::default();
    batch.used.insert(*key("a").id(), stored.plus(Duration::from_secs(1)));
    store.record_use(&batch).expect("reports");
    let how = Evict { bytes_max: None, entries_max: Some(2) };
    assert_eq!(store.evict(&how).expect("evicts").evicted, 2);
    let word = |name: &str| store.get(&key(name), &Want::default()).word();
    assert_eq!([word("a"), word("b"), word("c"), word("d")], ["hit", "evicted", "evicted", "hit"]);
    assert_eq!(store.evict(&how).expect("evicts").evicted, 0);
}

pub(super) fn forget(subject: &dyn Subject) {
    let store = subject.open();
    let (gone, stays) = (key("gone"), key("stays"));
    put(&*store, &gone, b"v", &Put::ttl(TTL));
    put(&*store, &stays, b"v", &Put::ttl(LONG));
    let removed = store.remove(gone.id()).expect("removes").generation.expect("it was there");
    subject.pass(PAST);
    let young = Forget { older_than: LONG, keep_max: None, limit: None };
    assert_eq!(store.forget(&young).expect("forgets").forgotten, 0);
    let all = Forget { older_than: Duration::ZERO, keep_max: None, limit: None };
    let forgotten = store.forget(&all).expect("forgets");
    assert_eq!(forgotten.forgotten, 1);
    let found = miss(&*store, &gone, &Want::default());
    let Reason::Absent { since, .. } = found.reasons.primary() else {
        unreachable!("{}", found.reasons);
    };
    assert!(since.ns() >= removed.0, "the horizon covers what was forgotten");
    hit(&*store, &stays, &Want::default());
    let stored = put(&*store, &gone, b"again", &Put::default());
    assert!(stored.generation.0 > since.ns(), "what comes after the horizon is above it");
    // A bound on their number forgets the oldest.
    for number in 0..5 {
        let key = key(&format!("tombstone {number}"));
        put(&*store, &key, b"v", &Put::default());
        store.remove(key.id()).expect("removes");
        subject.pass(Duration::from_millis(2));
    }
    let bound = Forget { older_than: LONG, keep_max: Some(2), limit: None };
    assert_eq!(store.forget(&bound).expect("forgets").forgotten, 3);
    let word =
        |number: u32| store.get(&key(&format!("tombstone {number}")), &Want::default()).word();
    assert_eq!([word(2), word(3)], ["absent", "deleted"]);
}

pub(super) fn reset_clock(subject: &dyn Subject) {
    let store = subject.open();
    let (alive, early, future) = (key("alive"), key("pruned too early"), key("stored later"));
    put(&*store, &alive, b"a", &Put::default());
    put(&*store, &early, b"e", &Put::ttl(LONG));
    // A prune by a clock a century ahead, as another host would have forced it.
    let now = store.meta().expect("reads").clock;
    let ahead = now.plus(LONG * 24 * 365 * 100);
    let raise = Raise { hwm: ahead, ..Raise::default() };
    store.raise(raise).expect("raises");
    store.prune(&Prune { force: true, ..Prune::default() }).expect("prunes");
    put(&*store, &future, b"f", &Put::ttl(LONG));
    assert!(miss(&*store, &early, &Want::default()).reasons.has("expired"));
    let done = store.reset_clock().expect("resets");
    assert_eq!((done.before, done.pruned_early, done.rejuvenated), (ahead, 1, 1));
    let after = store.meta().expect("reads");
    assert!(after.meta.hwm <= after.clock);
    assert_eq!(&*hit(&*store, &alive, &Want::default()).value, b"a");
    let found = hit(&*store, &future, &Want::default());
    assert!(found.t < ahead && found.age() < LONG);
    let reasons = miss(&*store, &early, &Want::default()).reasons;
    assert!(reasons.to_string().contains("a clock that was wrong"), "{reasons}");
    let again = store.reset_clock().expect("resets");
    assert_eq!((again.pruned_early, again.rejuvenated), (0, 0));
}

pub(super) fn clear(subject: &dyn Subject) {
    let store = subject.open();
    let other = Namespace::new("other").expect("a good name");
    let kept = Key::new(&other, "kept");
    put(&*store, &key("one"), b"v", &Put::default());
    put(&*store, &key("two"), b"v", &Put::ttl(LONG));
    put(&*store, &kept, b"v", &Put::default());
    assert_eq!(store.clear(Some(&super::steps::namespace())).expect("clears").cleared, 2);
    assert_eq!(store.clear(Some(&super::steps::namespace())).expect("clears").cleared, 0);
    let found = miss(&*store, &key("one"), &Want::default());
    assert!(found.reasons.to_string().contains("cleared"), "{}", found.reasons);
    hit(&*store, &kept, &Want::default());
    assert_eq!(store.clear(None).expect("clears").cleared, 1);
    assert!(miss(&*store, &kept, &Want::default()).reasons.has("deleted"));
}
