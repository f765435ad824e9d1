//! Many threads, each with a handle of its own.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::cache::{Cache, Compute, Options, Source};
use crate::lookup::{Lookup, Want};
use crate::ops::maintain::{Evict, Forget, Prune};
use crate::ops::write::Put;
use crate::store::Store;

use super::steps::{hit, key, put};
use super::{LONG, PAST, Subject, TTL};

const THREADS: usize = 4;

/// Runs `work` on so many threads at once, each with its own handle, and adds up what they return.
fn together(subject: &dyn Subject, work: &(dyn Fn(usize, &dyn Store) -> usize + Sync)) -> usize {
    let barrier = Barrier::new(THREADS);
    let run = |number: usize| {
        let store = subject.open();
        barrier.wait();
        work(number, &*store)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || run(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread failed")).sum()
    })
}

/// Writes that may find another writer in the way try again: waiting is bounded, not the test.
fn insist<T>(mut write: impl FnMut() -> crate::Result<T>) -> T {
    for _ in 0..100 {
        match write() {
            Ok(value) => return value,
            Err(error) if error.kind() == crate::Kind::Busy => {}
            Err(error) => unreachable!("{error}"),
        }
    }
    unreachable!("the store stayed busy")
}

pub(super) fn one_add_wins(subject: &dyn Subject) {
    let store = subject.open();
    for round in 0..8 {
        let key = key(&format!("add {}", round % 3));
        let winners = together(subject, &|number, store| {
            let value = number.to_string();
            let add = || store.add(&key, value.as_bytes(), &Put::ttl(LONG));
            usize::from(insist(add).stored().is_some())
        });
        assert_eq!(winners, 1, "round {round}");
        put(&*store, &key, b"short-lived", &Put::ttl(TTL));
        subject.pass(PAST);
        if round % 2 == 0 {
            super::maintenance::prune_all(&*store);
        }
    }
}

pub(super) fn no_lost_increment(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("count");
    together(subject, &|_, store| {
        for _ in 0..25 {
            let counted = insist(|| store.incr(&key, 1, &Put::ttl(LONG)));
            assert!(counted.value.is_some());
        }
        0
    });
    let value = hit(&*store, &key, &Want::default()).value;
    assert_eq!(&*value, (25 * THREADS).to_string().as_bytes());
}

pub(super) fn no_torn_reads(subject: &dyn Subject) {
    let store = subject.open();
    let key = key("torn");
    put(&*store, &key, &[0; 3_000], &Put::ttl(LONG));
    together(subject, &|number, store| {
        for round in 0..40 {
            if number == 0 {
                let byte = u8::try_from(round % 7).expect("small");
                let len = 1_000 + 500 * usize::from(byte);
                let written = insist(|| store.put(&key, &vec![byte; len], &Put::ttl(LONG)));
                assert!(written.stored().is_some());
            } else {
                let value = hit(store, &key, &Want::default()).value;
                assert!(value.iter().all(|byte| *byte == value[0]), "half of one, half of another");
            }
        }
        0
    });
}

pub(super) fn prune_under_readers(subject: &dyn Subject) {
    let store = subject.open();
    let keys: Vec<_> = (0..64).map(|number| key(&format!("expired {number}"))).collect();
    let created: Vec<_> =
        keys.iter().map(|key| put(&*store, key, b"v", &Put::ttl(TTL)).created).collect();
    subject.pass(PAST);
    let is_done = AtomicBool::new(false);
    together(subject, &|number, store| {
        if number == 0 {
            let how = Prune { margin: Duration::ZERO, limit: Some(3), ..Prune::default() };
            while insist(|| store.prune(&how)).pruned > 0 {}
            is_done.store(true, Ordering::SeqCst);
            return 0;
        }
        loop {
            let was_done = is_done.load(Ordering::SeqCst);
            for (key, created) in keys.iter().zip(&created) {
                let lookup = store.get(key, &Want::default());
                assert_eq!(lookup.word(), "expired");
                assert_eq!(lookup.created(), Some(*created));
                assert!(lookup.t().since(*created) > TTL, "judged by a time at which it was fresh");
            }
            if was_done {
                return 0;
            }
        }
    });
}

pub(super) fn counted_once(subject: &dyn Subject) {
    const ENTRIES: usize = 60;
    let store = subject.open();
    let fill = || {
        for number in 0..ENTRIES {
            put(&*store, &key(&format!("entry {number}")), b"v", &Put::ttl(LONG));
        }
        subject.pass(Duration::from_millis(2));
    };
    let count = |count: u64| usize::try_from(count).expect("small");
    fill();
    let cleared = together(subject, &|_, store| insist(|| store.clear(None)).cleared);
    assert_eq!(cleared, ENTRIES, "each was cleared by one");
    subject.pass(Duration::from_millis(2));
    let all = Forget { older_than: Duration::ZERO, keep_max: None, limit: None };
    let forgotten = together(subject, &|_, store| insist(|| store.forget(&all)).forgotten);
    assert_eq!(forgotten, ENTRIES, "each was forgotten by one");
    fill();
    let bound = Evict { bytes_max: None, entries_max: Some(10) };
    let evicted = together(subject, &|_, store| count(insist(|| store.evict(&bound)).evicted));
    let total = store.stats().expect("the store can be read").total;
    assert_eq!(evicted, count(total.evicted), "each was evicted by one");
    assert!(total.live <= 10, "{total:?}");
}

pub(super) fn computed_once(subject: &dyn Subject) {
    let key = key("computed");
    let runs = AtomicUsize::new(0);
    let options = Options { upkeep: false, ..Options::default() };
    together(subject, &|_, _| {
        let cache = Cache::over(subject.open(), &options);
        let compute = || {
            runs.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::convert::Infallible>(b"dear".to_vec())
        };
        let how = Compute::ttl(LONG);
        let Ok(computed) = cache.get_or_compute(&key, &Want::default(), &how, compute);
        assert_eq!(&*computed.value, b"dear");
        assert!(computed.trouble.is_none(), "{:?}", computed.trouble);
        0
    });
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

pub(super) fn panicking_leader(subject: &dyn Subject) {
    let key = key("panics");
    let options = Options { upkeep: false, ..Options::default() };
    let cache = Cache::over(subject.open(), &options);
    let barrier = Barrier::new(2);
    let how = Compute::ttl(LONG);
    std::thread::scope(|scope| {
        let leader = scope.spawn(|| {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let compute = || -> Result<Vec<u8>, String> {
                    barrier.wait();
                    std::panic::resume_unwind(Box::new("on purpose"))
                };
                drop(cache.get_or_compute(&key, &Want::default(), &how, compute));
            }));
            assert!(outcome.is_err());
        });
        let follower = scope.spawn(|| {
            barrier.wait();
            let compute = || Ok::<_, String>(b"second".to_vec());
            let computed = cache.get_or_compute(&key, &Want::default(), &how, compute);
            computed.expect("computes")
        });
        leader.join().expect("the leader's panic was caught");
        let computed = follower.join().expect("the follower is not touched");
        assert_eq!(computed.source, Source::Computed { is_stored: true });
    });
    // An error gives the lease back as well.
    let other = super::steps::key("fails");
    let fails = || Err::<Vec<u8>, _>("no".to_owned());
    assert!(cache.get_or_compute(&other, &Want::default(), &how, fails).is_err());
    let compute = || Ok::<_, String>(b"v".to_vec());
    let computed = cache.get_or_compute(&other, &Want::default(), &how, compute).expect("computes");
    assert_eq!(computed.source, Source::Computed { is_stored: true });
    assert!(matches!(cache.get(&other, &Want::default()), Lookup::Hit(_)));
}
