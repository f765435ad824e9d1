//! Writes with conditions.

use std::sync::Arc;

use crate::lookup::Want;
use crate::ops::write::{Put, Refusal, Written};
use crate::store::{BodyEdit, Change, Edit, Store, Target};

use super::maintenance::prune_all;
use super::steps::{hit, key, miss, put};
use super::{LONG, PAST, Subject, TTL};

fn refusal(written: &Written) -> &Refusal {
    match written {
        Written::Stored(stored) => unreachable!("expected a refusal, found {stored:?}"),
        Written::Refused { why, .. } => why,
    }
}

pub(super) fn add(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("add");
    let add = |value: &[u8]| store.add(&key, value, &Put::ttl(LONG)).expect("writes");
    let expire = || {
        put(&*store, &key, b"short-lived", &Put::ttl(TTL));
        subject.pass(PAST);
    };
    let first = add(b"1").stored().expect("nothing was there");
    let second = add(b"2");
    assert_eq!(refusal(&second), &Refusal::Exists);
    assert!(matches!(second, Written::Refused { generation, created, .. }
        if generation == Some(first.generation) && created == Some(first.created)));
    expire();
    assert!(add(b"3").stored().is_some(), "an expired entry is not there");
    expire();
    prune_all(&*store);
    assert!(add(b"4").stored().is_some(), "nor is a pruned one");
    assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"4");
    store.remove(key.id()).expect("removes");
    assert!(add(b"5").stored().is_some(), "nor a removed one");
}

pub(super) fn replace(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("replace");
    let replace = |value: &[u8]| store.replace(&key, value, &Put::ttl(LONG)).expect("writes");
    let Refusal::NotLive(reasons) = refusal(&replace(b"0")).clone() else {
        unreachable!("nothing was there");
    };
    assert!(reasons.has("absent"));
    assert!(miss(&*store, &key, &Want::default()).reasons.has("absent"));
    put(&*store, &key, b"1", &Put::ttl(LONG));
    assert!(replace(b"2").stored().is_some());
    assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"2");
    put(&*store, &key, b"2", &Put::ttl(TTL));
    subject.pass(PAST);
    let Refusal::NotLive(reasons) = refusal(&replace(b"3")).clone() else {
        unreachable!("it has expired");
    };
    assert!(reasons.has("expired"));
}

pub(super) fn cas(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("cas");
    let cas =
        |expected, value: &[u8]| store.cas(&key, expected, value, &Put::ttl(TTL)).expect("writes");
    let first = cas(None, b"1").stored().expect("nothing was there");
    assert_eq!(refusal(&cas(None, b"x")), &Refusal::OtherGeneration);
    let second = cas(Some(first.generation), b"2").stored().expect("it is that generation");
    assert_eq!(refusal(&cas(Some(first.generation), b"x")), &Refusal::OtherGeneration);
    subject.pass(PAST);
    prune_all(&*store);
    assert!(cas(Some(second.generation), b"3").stored().is_some(), "pruning keeps the generation");
    store.remove(key.id()).expect("removes");
    assert_eq!(refusal(&cas(Some(second.generation), b"x")), &Refusal::OtherGeneration);
    assert_eq!(refusal(&cas(None, b"x")), &Refusal::OtherGeneration, "a tombstone is an entry");
}

pub(super) fn touch(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("touch");
    assert!(matches!(refusal(&store.touch(&key, None).expect("writes")), Refusal::NotLive(_)));
    let stored = put(&*store, &key, b"v", &Put::ttl(LONG));
    let touched = store.touch(&key, Some(LONG * 2)).expect("writes").stored().expect("it is live");
    assert!(touched.generation > stored.generation);
    assert_eq!(touched.created, stored.created, "a touched value is not a newer one");
    let found = hit(&*store, &key, &Want::default());
    assert_eq!(&*found.value, b"v");
    assert!(found.ttl.is_some_and(|ttl| ttl >= LONG * 2), "{:?}", found.ttl);
    assert!(store.touch(&key, Some(TTL)).expect("writes").stored().is_some());
    subject.pass(PAST);
    assert!(miss(&*store, &key, &Want::default()).reasons.has("expired"));
    assert!(matches!(refusal(&store.touch(&key, None).expect("writes")), Refusal::NotLive(_)));
}

pub(super) fn incr(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("incr");
    let how = Put::ttl(LONG);
    let incr = |by: i64| store.incr(&key, by, &how).expect("writes");
    let first = incr(5);
    assert_eq!(first.value, Some(5));
    let second = incr(-7);
    assert_eq!(second.value, Some(-2));
    let created =
        |counted: &crate::ops::write::Counted| counted.written.stored().expect("stored").created;
    assert_eq!(created(&first), created(&second), "counting on keeps the age");
    assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"-2");
    put(&*store, &key, i64::MAX.to_string().as_bytes(), &how);
    assert_eq!(refusal(&incr(1).written), &Refusal::Overflow);
    put(&*store, &key, b"many", &how);
    let refused = incr(1);
    assert_eq!((refused.value, refusal(&refused.written)), (None, &Refusal::NotANumber));
    assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"many");
    put(&*store, &key, b"9", &Put::ttl(TTL));
    subject.pass(PAST);
    assert_eq!(incr(1).value, Some(1), "an expired number is not counted on");
}

pub(super) fn remove(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("remove");
    let nothing = store.remove(key.id()).expect("writes");
    assert_eq!((nothing.existed, nothing.generation), (false, None));
    assert!(miss(&*store, &key, &Want::default()).reasons.has("absent"));
    put(&*store, &key, b"v", &Put::ttl(LONG));
    let first = store.remove(key.id()).expect("writes");
    let second = store.remove(key.id()).expect("writes");
    assert_eq!((first.existed, second.existed), (true, false));
    assert_eq!(first.generation, second.generation, "removing twice changes nothing");
    put(&*store, &key, b"v", &Put::ttl(TTL));
    subject.pass(PAST);
    assert!(!store.remove(key.id()).expect("writes").existed, "what has expired is not there");
    put(&*store, &key, b"w", &Put::default());
    assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"w");
}

pub(super) fn transaction(subject: &dyn Subject) {
    let store = subject.open();
    let (one, two) = (key("tx 1"), key("tx 2"));
    put(&*store, &one, b"1", &Put::default());
    // The second target cannot be written (nothing is there, and an id alone names nothing): so the first is not either.
    let failed =
        store.transact(&[Target::Key(&one), Target::Id(two.id())], false, &mut |_, snapshot| {
            let envelope = crate::Envelope {
                generation: crate::Gen(snapshot.t().ns()),
                ..crate::Envelope::EMPTY
            };
            let body = BodyEdit::Set(Arc::from(&b"2"[..]));
            Change { edit: Edit::Write { envelope, body }, ..Change::none() }
        });
    assert!(failed.is_err(), "an entry without a name must be refused");
    assert_eq!(&*hit(&*store, &one, &Want::default()).value, b"1");
    assert!(miss(&*store, &two, &Want::default()).reasons.has("absent"));
    let mut seen = Vec::new();
    store
        .transact(&[Target::Key(&one), Target::Key(&two)], true, &mut |at, snapshot| {
            seen.push((at, snapshot.record.as_ref().map(|record| record.body.is_some())));
            Change::none()
        })
        .expect("reads");
    assert_eq!(seen, [(0, Some(true)), (1, None)]);
    is_readable(&*store);
}

fn is_readable(store: &dyn Store) {
    assert!(store.verify().expect("checks").problems.is_empty());
}

pub(super) fn generations(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("generations");
    let mut last = crate::Gen(0);
    for round in 0..20_u8 {
        let stored = put(&*store, &key, &[round], &Put::ttl(LONG));
        assert!(stored.generation > last, "{round}");
        last = stored.generation;
        if round % 3 == 0 {
            let removed =
                store.remove(key.id()).expect("removes").generation.expect("it was there");
            assert!(removed > last, "{round}");
            last = removed;
        }
    }
}
