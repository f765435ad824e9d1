//! Damaged bytes: corrupt, never absent, never deleted by themselves.

use crate::lookup::Want;
use crate::ops::write::Put;
use crate::reason::Reason;

use super::maintenance::prune_all;
use super::steps::{hit, key, miss, put, words};
use super::{Damage, LONG, PAST, Subject, TTL};

pub(super) fn never_absent(subject: &dyn Subject) {
    let store = subject.open();
    let damages = [
        Damage::EnvelopeBit(0),
        Damage::EnvelopeBit(17),
        Damage::EnvelopeBit(100),
        Damage::EnvelopeBit(700),
        Damage::EnvelopeCut,
        Damage::BodyBit(3),
        Damage::BodyCut,
        Damage::BodyLost,
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let key = key(&format!("damage {number}"));
        put(&*store, &key, b"value", &Put::ttl(LONG));
        if !subject.damage(key.id(), damage) {
            continue;
        }
        for store in [&store, &subject.open()] {
            let found = miss(&**store, &key, &Want::default());
            assert_eq!(words(&found), ["corrupt"], "{damage:?}");
            assert_eq!(found.stale, None, "{damage:?}: damaged bytes are not handed out");
        }
        let verified = store.verify().expect("checks");
        assert!(
            verified.problems.iter().any(|problem| problem.id == Some(key.id().to_string())),
            "{damage:?}: {verified:?}"
        );
        let again = miss(&*store, &key, &Want::default());
        assert_eq!(words(&again), ["corrupt"], "a look-up does not clean");
        // A new value takes the place.
        put(&*store, &key, b"new", &Put::ttl(LONG));
        assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"new");
    }
}

pub(super) fn rotten_body(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("rotten");
    put(&*store, &key, b"value", &Put::ttl(LONG));
    if !subject.damage(key.id(), Damage::BodyBit(1)) {
        return;
    }
    assert_eq!(words(&miss(&*store, &key, &Want::default())), ["corrupt"]);
    put(&*store, &key, b"value", &Put::ttl(TTL));
    assert!(subject.damage(key.id(), Damage::BodyBit(1)));
    subject.pass(PAST);
    assert_eq!(words(&miss(&*store, &key, &Want::default())), ["expired"]);
    prune_all(&*store);
    assert_eq!(words(&miss(&*store, &key, &Want::default())), ["expired"]);
}

pub(super) fn repair(subject: &dyn Subject) {
    let store = subject.open();
    let (good, bad, removed) = (key("good"), key("bad"), key("removed"));
    // A value that no typed reader would accept is still whole.
    put(&*store, &good, b"{\"not\": valid", &Put { fmt: 99, ..Put::ttl(LONG) });
    put(&*store, &bad, b"value", &Put::ttl(LONG));
    put(&*store, &removed, b"value", &Put::ttl(LONG));
    store.remove(removed.id()).expect("removes");
    assert!(store.repair().expect("repairs").set_aside.is_empty());
    if !subject.damage(bad.id(), Damage::EnvelopeBit(50)) {
        return;
    }
    assert_eq!(prune_all(&*store), 0, "pruning does not delete what it cannot read");
    let repaired = store.repair().expect("repairs");
    assert_eq!((repaired.entries, repaired.set_aside.len()), (3, 1));
    hit(&*store, &good, &Want::fmt(99));
    let found = miss(&*store, &bad, &Want::default());
    let Reason::Deleted(ended) = found.reasons.primary() else {
        unreachable!("{}", found.reasons);
    };
    assert_eq!(ended.cause, crate::Cause::Repair);
    let aside = store.aside().expect("the store can be read");
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].id, Some(bad.id().to_string()));
    assert!(store.verify().expect("checks").problems.is_empty());
    assert!(store.repair().expect("repairs").set_aside.is_empty());
}
