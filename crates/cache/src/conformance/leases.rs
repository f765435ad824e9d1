//! One caller computes at a time.

use std::time::Duration;

use crate::fingerprint::{Fingerprint, Tolerance};
use crate::key::Key;
use crate::lookup::Want;
use crate::ops::lease::{LeaseRequest, Leased};
use crate::ops::write::{Put, Refusal, Written};
use crate::store::{Change, Lease, LeaseEdit, LeaseToken, Owner, Store, Target};

use super::steps::{hit, key, miss, put};
use super::{LONG, PAST, Subject, TTL};

fn ask(store: &dyn Store, key: &Key, hold: Duration) -> Leased {
    store.get_or_lease(key, &Want::default(), &LeaseRequest { hold }).expect("the store works")
}

fn won(leased: Leased) -> Lease {
    match leased {
        Leased::Won(_, lease) => lease,
        other => unreachable!("expected to win the lease, found {other:?}"),
    }
}

pub(super) fn one_lease(subject: &dyn Subject) {
    let (one, two) = (subject.open(), subject.open());
    let key = key("lease");
    let Leased::Won(miss, lease) = ask(&*one, &key, LONG) else {
        unreachable!("nobody else asked")
    };
    assert!(miss.reasons.has("absent"));
    for store in [&one, &two] {
        let Leased::Held(_, held) = ask(&**store, &key, LONG) else {
            unreachable!("it is held");
        };
        assert_eq!(held.token, lease.token);
    }
    assert!(super::steps::miss(&*two, &key, &Want::default()).reasons.has("absent"));
    let how = Put { lease: Some(lease.token), ..Put::ttl(LONG) };
    assert!(one.put(&key, b"v", &how).expect("writes").stored().is_some());
    assert!(matches!(ask(&*two, &key, LONG), Leased::Hit(_)));
    put(&*one, &key, b"v", &Put::ttl(TTL));
    subject.pass(PAST);
    let lease = won(ask(&*two, &key, LONG));
    assert!(lease.generation.is_some(), "it is for the expired entry");
}

pub(super) fn ends(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("lease ends");
    let first = won(ask(&*store, &key, LONG));
    assert!(!store.release(&key, LeaseToken(first.token.0 ^ 1)).expect("writes"), "not its token");
    assert!(matches!(ask(&*store, &key, LONG), Leased::Held(..)));
    assert!(store.release(&key, first.token).expect("writes"));
    let second = won(ask(&*store, &key, TTL));
    assert_ne!(first.token, second.token);
    subject.pass(PAST);
    let third = won(ask(&*store, &key, LONG));
    // Somebody else's put ends it too.
    put(&*store, &key, b"v", &Put::ttl(TTL));
    assert!(!store.release(&key, third.token).expect("writes"));
    subject.pass(PAST);
    won(ask(&*store, &key, LONG));
}

pub(super) fn late_put(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("late put");
    let late = |token: LeaseToken| {
        let how = Put { lease: Some(token), ..Put::default() };
        match store.put(&key, b"late", &how).expect("the store works") {
            Written::Refused { why, .. } => why,
            Written::Stored(stored) => unreachable!("a late value was stored: {stored:?}"),
        }
    };
    let lease = won(ask(&*store, &key, LONG));
    store.remove(key.id()).expect("removes");
    assert_eq!(late(lease.token), Refusal::LeaseLost);
    let lease = won(ask(&*store, &key, TTL));
    subject.pass(PAST);
    let next = won(ask(&*store, &key, LONG));
    assert_eq!(late(lease.token), Refusal::LeaseLost);
    put(&*store, &key, b"newer", &Put::default());
    assert_eq!(late(next.token), Refusal::LeaseLost);
    assert_eq!(&*hit(&*store, &key, &Want::default()).value, b"newer");
}

pub(super) fn late_after_clear(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("late after a clear");
    put(&*store, &key, b"old", &Put::ttl(TTL));
    subject.pass(PAST);
    let lease = won(ask(&*store, &key, LONG));
    store.clear(Some(key.namespace())).expect("clears");
    let how = Put { lease: Some(lease.token), ..Put::default() };
    let late = store.put(&key, b"late", &how).expect("the store works");
    assert!(matches!(late, Written::Refused { why: Refusal::LeaseLost, .. }), "{late:?}");
    assert!(miss(&*store, &key, &Want::default()).reasons.has("deleted"));
    // The one who asks after the clear computes for what is there now.
    assert!(store.release(&key, lease.token).expect("writes"));
    let lease = won(ask(&*store, &key, LONG));
    let how = Put { lease: Some(lease.token), ..Put::default() };
    assert!(store.put(&key, b"new", &how).expect("writes").stored().is_some());
}

pub(super) fn dead_owner(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("dead owner");
    let grant = |owner: Owner| {
        store
            .transact(&[Target::Key(&key)], false, &mut |_, snapshot| {
                let until = snapshot.t().plus(LONG);
                let owner = owner.clone();
                let lease = Lease { token: LeaseToken(1), until, owner, generation: None };
                Change { lease: LeaseEdit::Grant(lease), ..Change::none() }
            })
            .expect("writes");
    };
    let me = Owner::of_this_process();
    // The same number with another start is a process that has ended.
    grant(Owner { started: me.started - 1, ..me.clone() });
    won(ask(&*store, &key, LONG));
    // Nobody here can tell about another host: its deadline counts.
    grant(Owner { boot: "another boot".to_owned(), ..me });
    assert!(matches!(ask(&*store, &key, LONG), Leased::Held(..)));
    assert!(miss(&*store, &key, &Want::default()).reasons.has("absent"));
}

pub(super) fn refresh(subject: &dyn Subject) {
    let (one, two) = (subject.open(), subject.open());
    let key = key("refresh");
    // So dear that it is due at once, for any jitter.
    let how = Put { cost: LONG * 1_000_000, ..Put::ttl(LONG) };
    put(&*one, &key, b"v", &how);
    assert!(hit(&*one, &key, &Want::default()).refresh_due);
    let Leased::Refresh(found, lease) = ask(&*one, &key, LONG) else {
        unreachable!("nobody else refreshes");
    };
    assert_eq!(&*found.value, b"v");
    for store in [&one, &two] {
        assert!(matches!(ask(&**store, &key, LONG), Leased::Hit(_)), "one refreshes");
    }
    let how = Put { lease: Some(lease.token), ..Put::ttl(LONG) };
    assert!(one.put(&key, b"w", &how).expect("writes").stored().is_some());
    assert!(!hit(&*two, &key, &Want::default()).refresh_due);
}

pub(super) fn tolerance(subject: &dyn Subject) {
    let (one, two) = (subject.open(), subject.open());
    let key = key("tolerance");
    let machine = |memory: f64| {
        let field = Fingerprint::new().field("memory", memory, Tolerance::Ratio(0.1));
        Some(field)
    };
    put(&*one, &key, b"v", &Put { fingerprint: machine(32.0), ..Put::default() });
    let ask = |memory: f64| {
        let want = Want { fingerprint: machine(memory), ..Want::default() };
        two.get_or_lease(&key, &want, &LeaseRequest::default()).expect("the store works")
    };
    assert!(matches!(ask(33.0), Leased::Hit(_)));
    let Leased::Won(miss, lease) = ask(64.0) else { unreachable!("another machine") };
    assert!(miss.reasons.to_string().contains("memory 32 -> 64"), "{}", miss.reasons);
    two.release(&key, lease.token).expect("writes");
    assert!(matches!(ask(32.0), Leased::Hit(_)));
}
