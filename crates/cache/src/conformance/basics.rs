//! Storing, finding, looking around.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::envelope::{Gen, State};
use crate::key::{Key, Namespace};
use crate::lookup::Want;
use crate::ops::write::Put;
use crate::reason::Reason;
use crate::store::{Pick, Scan, Sweep, UseBatch};
use crate::time::Time;

use super::steps::{hit, key, miss, namespace, put};
use super::{LONG, PAST, Subject, TTL};

pub(super) fn round_trip(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("round trip");
    let stored = put(&*store, &key, b"value", &Put::ttl(LONG));
    let found = hit(&*store, &key, &Want::default());
    assert_eq!(&*found.value, b"value");
    assert_eq!((found.generation, found.created), (stored.generation, stored.created));
    assert!(found.t >= found.created, "an answer is not older than what it shows");
    assert_eq!(found.ttl, Some(LONG));
    let again = put(&*store, &key, b"other", &Put::default());
    let found = hit(&*store, &key, &Want::default());
    assert_eq!((&*found.value, found.ttl), (&b"other"[..], None));
    assert!(again.generation > stored.generation);
}

pub(super) fn odd_bodies(subject: &dyn Subject) {
    let store = subject.open();
    let large: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    for body in [&b""[..], &[0], &[0xff, 0, 0xc3, 0x28], &large] {
        let key = key(&format!("odd {}", body.len()));
        put(&*store, &key, body, &Put::default());
        assert_eq!(&*hit(&*store, &key, &Want::default()).value, body);
        // Shorter over longer and longer over shorter.
        put(&*store, &key, b"x", &Put::default());
        assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"x");
        put(&*store, &key, body, &Put::default());
        assert_eq!(&*hit(&*store, &key, &Want::default()).value, body);
    }
}

pub(super) fn another_handle(subject: &dyn Subject) {
    let (one, two) = (subject.open(), subject.open());
    let key = key("shared");
    let stored = put(&*one, &key, b"1", &Put::default());
    assert_eq!(hit(&*two, &key, &Want::default()).generation, stored.generation);
    put(&*two, &key, b"2", &Put::default());
    assert_eq!(&*hit(&*one, &key, &Want::default()).value, b"2");
    one.remove(key.id()).expect("removes");
    assert!(miss(&*two, &key, &Want::default()).reasons.has("deleted"));
}

pub(super) fn never_stored(subject: &dyn Subject) {
    let store = subject.open();
    let wanted = key("nearest").options("o1");
    let lonely = miss(&*store, &wanted, &Want::default());
    let Reason::Absent { since, nearest: None } = lonely.reasons.primary() else {
        unreachable!("a fresh store has nothing: {}", lonely.reasons);
    };
    assert_eq!(lonely.reasons.all().len(), 1, "{}", lonely.reasons);
    let is_proven = *since == Time::EPOCH;
    assert_eq!(is_proven, subject.proves_never(), "a fresh store has forgotten nothing");
    assert_eq!((lonely.generation, lonely.created), (None, None));
    let close = Key::new(&namespace(), "nearest").code("v2").inputs("i1").options("o1");
    let far = Key::new(&namespace(), "nearest").code("v2").inputs("i2").options("o2");
    put(&*store, &far, b"far", &Put::ttl(TTL));
    put(&*store, &close, b"close", &Put::ttl(TTL));
    put(&*store, &key("another subject"), b"no", &Put::default());
    let named = |when: &str| {
        let found = miss(&*store, &wanted, &Want::default());
        let Reason::Absent { nearest: Some(nearest), .. } = found.reasons.primary() else {
            unreachable!("{when}: {}", found.reasons);
        };
        assert_eq!(nearest.id, close.id().to_string(), "{when}");
        let parts: Vec<&str> = nearest.differs.iter().map(|change| change.part.as_str()).collect();
        assert_eq!(parts, ["code"], "{when}");
    };
    named("live");
    subject.pass(PAST);
    named("expired");
    super::maintenance::prune_all(&*store);
    named("pruned");
    let blunt = miss(&*store, &wanted, &Want { skip_nearest: true, ..Want::default() });
    assert!(matches!(blunt.reasons.primary(), Reason::Absent { nearest: None, .. }));
}

pub(super) fn scans(subject: &dyn Subject) {
    let store = subject.open();
    let other = Namespace::new("other").expect("a good name");
    for number in 0..20 {
        put(&*store, &key("many").options(number.to_string()), b"12345", &Put::default());
    }
    put(&*store, &key("one"), b"1", &Put::default());
    put(&*store, &Key::new(&other, "many"), b"1", &Put::default());
    let count = |prefix: &[u8], with_bodies: bool| {
        let mut ids = std::collections::BTreeSet::new();
        let scan = Scan { prefix, with_bodies };
        store
            .scan(scan, &mut |row| {
                assert_eq!(row.record.body.is_some(), with_bodies);
                assert_eq!(*Key::from_name(&row.name).expect("a name").id(), row.id);
                assert!(row.body_len > 0);
                ids.insert(row.id);
                ControlFlow::Continue(())
            })
            .expect("the store can be read");
        ids.len()
    };
    assert_eq!(count(&[], false), 22);
    assert_eq!(count(&namespace().prefix(), true), 21);
    assert_eq!(count(&other.prefix(), false), 1);
    assert_eq!(count(&key("many").id().subject_prefix(), false), 20);
    assert_eq!(count(key("one").id().as_bytes(), true), 1);
    let mut seen = 0;
    store
        .scan(Scan::default(), &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        })
        .expect("the store can be read");
    assert_eq!(seen, 1, "a scan stops when it is told to");
    assert_eq!(store.find("one", 10).expect("finds"), [key("one")]);
    let id = key("one").id().to_string();
    assert_eq!(store.find(&id[..20], 10).expect("finds"), [key("one")]);
    sweep_in_order(&*store);
}

/// Sweeping from id to id visits every entry once.
fn sweep_in_order(store: &dyn crate::Store) {
    let (mut last, mut visited) = (None, Vec::new());
    loop {
        let pick = Pick::After { last };
        let sweep = Sweep { pick, prefix: &[], limit: 7, with_bodies: false };
        let swept = store
            .sweep(sweep, &mut |row, _| {
                visited.push(row.id);
                crate::store::Change::none()
            })
            .expect("sweeps");
        last = swept.last;
        if swept.visited < 7 {
            break;
        }
    }
    assert_eq!(visited.len(), 22);
    visited.sort_unstable();
    visited.dedup();
    assert_eq!(visited.len(), 22, "each once");
}

pub(super) fn stats(subject: &dyn Subject) {
    let store = subject.open();
    put(&*store, &key("live"), b"1234", &Put::default());
    put(&*store, &key("expires"), b"12", &Put::ttl(TTL));
    put(&*store, &key("removed"), b"12", &Put::default());
    store.remove(key("removed").id()).expect("removes");
    subject.pass(PAST);
    let stats = store.stats().expect("the store can be read");
    assert_eq!(stats.total, stats.namespaces["conformance"]);
    let total = &stats.total;
    assert_eq!((total.live, total.expired, total.deleted, total.body_bytes), (1, 1, 1, 6));
    super::maintenance::prune_all(&*store);
    let total = store.stats().expect("the store can be read").total;
    assert_eq!((total.live, total.expired, total.pruned, total.body_bytes), (1, 0, 1, 4));
    assert!(store.verify().expect("checks").problems.is_empty());
}

pub(super) fn why(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("why");
    put(&*store, &key, b"1234", &Put { fmt: 3, ..Put::ttl(LONG) });
    let why = store.why(key.id(), &Want::fmt(3)).expect("the store can be read");
    assert_eq!((why.verdict, why.name.as_deref()), ("hit", Some(key.to_name().as_str())));
    let record = why.record.expect("a readable record");
    assert_eq!((record.state, record.fmt, record.body_bytes), (State::Live, 3, 4));
    let storer = Some(store.actor().storer().text.as_str());
    assert_eq!(record.stored_by.as_deref(), storer);
    store.remove(key.id()).expect("removes");
    let why = store.why(key.id(), &Want::fmt(3)).expect("the store can be read");
    assert_eq!(why.verdict, "deleted");
    let record = why.record.expect("a readable record");
    assert_eq!(record.ended_by.as_deref(), Some(store.actor().side().text.as_str()));
    assert_eq!(record.stored_by.as_deref(), storer, "a tombstone still says who stored the value");
}

pub(super) fn record_use(subject: &dyn Subject) {
    let (one, two) = (subject.open(), subject.open());
    let key = key("used");
    let stored = put(&*one, &key, b"1", &Put::default());
    let used_at = |t: u64| UseBatch {
        used: BTreeMap::from([(*key.id(), Time::from_ns(stored.t.ns() + t))]),
        counts: BTreeMap::from([("hit".to_owned(), 3), ("expired".to_owned(), t)]),
    };
    one.record_use(&used_at(2_000_000)).expect("reports");
    two.record_use(&used_at(1_000_000)).expect("reports");
    let counts = one.counts().expect("the store can be read");
    assert_eq!(counts, BTreeMap::from([("hit".to_owned(), 6), ("expired".to_owned(), 3_000_000)]));
    let mut used = Time::EPOCH;
    one.scan(Scan::default(), &mut |row| {
        used = row.used;
        ControlFlow::Continue(())
    })
    .expect("the store can be read");
    assert!(used >= stored.t.plus(std::time::Duration::from_millis(1)), "{used:?} {stored:?}");
    assert_ne!(hit(&*one, &key, &Want::default()).generation, Gen(0));
}
