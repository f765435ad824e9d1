//! The parts that live in memory, their threads run in every order that the model checker thinks of: the store's shards
//! and meta record, the single flight, the leases. Each model also runs over a broken variant, which must be caught: a
//! model that catches nothing proves nothing.
//!
//! `cargo test -p amorsize-cache --features shuttle --test models`

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amorsize_cache::fingerprint::SideId;
use amorsize_cache::ops::write::Written;
use amorsize_cache::store::memory::Memory;
use amorsize_cache::store::{
    Actor, Change, Meta, Problem, Raise, Row, Scan, Scanned, Snapshot, Sweep, Swept, Target,
    UseBatch,
};
use amorsize_cache::{
    Cache, Compute, Key, KeyId, Lookup, Namespace, Options, Prune, Put, Reader, Reason, Result,
    Source, Store, Want,
};
use amorsize_os::clock::Clock;
use amorsize_testkit::clock::ManualClock;
use amorsize_testkit::history::{Mix, Rules, act, check};
use amorsize_testkit::soak::StoreSubject;
use shuttle::thread;

const ROUNDS: usize = 1_000;
const START_NS: u64 = 1_767_225_600_000_000_000;
const TTL: Duration = Duration::from_millis(10);

fn key() -> Key {
    Key::new(&Namespace::new("model").unwrap(), "k")
}

fn memory() -> (Arc<dyn Store>, ManualClock) {
    let clock = ManualClock::at(START_NS);
    (Arc::new(Memory::new(Arc::new(clock.clone()), Actor::named("model"))), clock)
}

fn cache_over(store: &Arc<dyn Store>) -> Arc<Cache> {
    Arc::new(Cache::over(Arc::clone(store), &Options { upkeep: false, ..Options::default() }))
}

/// Runs `model` in many orders of its threads.
fn holds(model: impl Fn() + Send + Sync + 'static) {
    shuttle::check_random(model, ROUNDS);
}

/// Runs a broken variant, which must fail in one of the orders.
fn is_caught(model: impl Fn() + Send + Sync + std::panic::UnwindSafe + 'static) {
    let seen = catch_unwind(|| shuttle::check_random(model, ROUNDS));
    assert!(seen.is_err(), "the broken variant passed every order");
}

fn together(threads: Vec<Box<dyn FnOnce() + Send>>) {
    let handles: Vec<_> = threads.into_iter().map(thread::spawn).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

// --- one add wins

/// Three adds on an expired key, beside a prune and a look-up. `add` is the way to add.
fn adds(add: fn(&dyn Store) -> bool) {
    let (store, clock) = memory();
    assert!(store.put(&key(), b"old", &Put::ttl(TTL)).unwrap().stored().is_some());
    clock.advance(2 * TTL);
    let winners = Arc::new(AtomicUsize::new(0));
    let adder = || -> Box<dyn FnOnce() + Send> {
        let (store, winners) = (Arc::clone(&store), Arc::clone(&winners));
        Box::new(move || {
            winners.fetch_add(usize::from(add(&*store)), Ordering::SeqCst);
        })
    };
    let (pruned, looked) = (Arc::clone(&store), Arc::clone(&store));
    together(vec![
        adder(),
        adder(),
        adder(),
        Box::new(move || {
            pruned.prune(&prune()).unwrap();
        }),
        Box::new(move || {
            let word = looked.get(&key(), &Want::default()).word();
            assert!(word == "expired" || word == "hit", "{word}");
        }),
    ]);
    assert_eq!(winners.load(Ordering::SeqCst), 1);
}

fn prune() -> Prune {
    Prune { margin: Duration::ZERO, force: true, ..Prune::default() }
}

#[test]
fn of_concurrent_adds_one_wins() {
    holds(|| {
        adds(|store| store.add(&key(), b"new", &Put::default()).unwrap().stored().is_some());
    });
}

#[test]
fn an_add_that_looks_first_and_writes_then_is_caught() {
    is_caught(|| {
        adds(|store| {
            let is_free = store.get(&key(), &Want::default()).hit().is_none();
            is_free && store.put(&key(), b"new", &Put::default()).unwrap().stored().is_some()
        });
    });
}

// --- pruning changes no answer

/// A prune, look-ups and a clock that is set back meanwhile: an answer is a hit before the end or says "expired".
fn prunes(wrap: fn(Memory) -> Arc<dyn Store>) {
    let clock = ManualClock::at(START_NS);
    let store = wrap(Memory::new(Arc::new(clock.clone()), Actor::named("model")));
    let Written::Stored(stored) = store.put(&key(), b"v", &Put::ttl(TTL)).unwrap() else {
        panic!()
    };
    clock.advance(2 * TTL);
    let looker = || -> Box<dyn FnOnce() + Send> {
        let store = Arc::clone(&store);
        Box::new(move || {
            for _ in 0..12 {
                let lookup = store.get(&key(), &Want::default());
                let age = lookup.t().since(stored.created);
                match &lookup {
                    Lookup::Hit(_) => assert!(age <= TTL),
                    Lookup::Miss(miss) => match miss.reasons.all() {
                        [Reason::Expired { age: said, .. }] => {
                            assert!(*said == age && age > TTL);
                        }
                        other => panic!("{other:?}"),
                    },
                }
            }
        })
    };
    let (pruned, back) = (Arc::clone(&store), clock);
    together(vec![
        looker(),
        looker(),
        Box::new(move || {
            pruned.prune(&prune()).unwrap();
        }),
        Box::new(move || back.set(START_NS + 1)),
    ]);
}

#[test]
fn a_prune_is_invisible_also_when_the_clock_is_set_back() {
    holds(|| prunes(|memory| Arc::new(memory)));
}

#[test]
fn a_prune_that_raises_the_meta_record_afterwards_is_caught() {
    is_caught(|| prunes(|memory| Arc::new(RaisesLate(memory))));
}

// --- whole histories

#[test]
fn histories_of_random_calls_are_truthful() {
    shuttle::check_random(
        || {
            let (store, clock) = memory();
            let shared: Arc<dyn Clock> = Arc::new(clock.clone());
            let ticking = thread::spawn(move || {
                for _ in 0..8 {
                    clock.advance(Duration::from_millis(2));
                    thread::yield_now();
                }
            });
            let seed =
                u64::from(shuttle::rand::Rng::r#gen::<u32>(&mut shuttle::rand::thread_rng()));
            let actors: Vec<_> = (0..3_u32)
                .map(|actor| {
                    let (store, clock) = (Arc::clone(&store), Arc::clone(&shared));
                    thread::spawn(move || {
                        let subject = StoreSubject::new(store, clock, Duration::ZERO);
                        let mix = Mix { clear: 2, ..Mix::USUAL };
                        act(Box::new(subject), actor, seed, 2, (8, mix))
                    })
                })
                .collect();
            let events: Vec<_> = actors.into_iter().flat_map(|it| it.join().unwrap()).collect();
            ticking.join().unwrap();
            let verdict = check(&events, Rules::default());
            assert!(verdict.is_truthful(), "{verdict}");
        },
        ROUNDS,
    );
}

// --- one flight

fn value_of(cache: &Cache, computed: &AtomicUsize, value: &str) -> std::result::Result<String, ()> {
    let how = Compute::default();
    let done = cache.get_or_compute(&key(), &Want::default(), &how, || {
        computed.fetch_add(1, Ordering::SeqCst);
        thread::yield_now();
        if value.is_empty() { Err(()) } else { Ok(value.as_bytes().to_vec()) }
    })?;
    assert!(done.trouble.is_none(), "{done:?}");
    Ok(String::from_utf8(done.value.to_vec()).unwrap())
}

/// Several callers of several caches over one store: the value is computed once, and everybody gets it.
fn flights(caches: usize, callers: usize) {
    let (store, _) = memory();
    let caches: Vec<_> = (0..caches).map(|_| cache_over(&store)).collect();
    let computed = Arc::new(AtomicUsize::new(0));
    let caller = |at: usize| -> Box<dyn FnOnce() + Send> {
        let (cache, computed) = (Arc::clone(&caches[at % caches.len()]), Arc::clone(&computed));
        Box::new(move || assert_eq!(value_of(&cache, &computed, "v").as_deref(), Ok("v")))
    };
    together((0..callers).map(caller).collect());
    assert_eq!(computed.load(Ordering::SeqCst), 1);
}

#[test]
fn threads_compute_once() {
    holds(|| flights(1, 3));
}

#[test]
fn two_handles_compute_once() {
    holds(|| flights(2, 3));
}

#[test]
fn a_look_up_then_compute_is_caught() {
    is_caught(|| {
        let (store, _) = memory();
        let computed = Arc::new(AtomicUsize::new(0));
        let caller = || -> Box<dyn FnOnce() + Send> {
            let (store, computed) = (Arc::clone(&store), Arc::clone(&computed));
            Box::new(move || {
                if store.get(&key(), &Want::default()).hit().is_none() {
                    computed.fetch_add(1, Ordering::SeqCst);
                    assert!(store.put(&key(), b"v", &Put::default()).unwrap().stored().is_some());
                }
            })
        };
        together(vec![caller(), caller()]);
        assert_eq!(computed.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn after_a_leader_that_fails_another_takes_over() {
    holds(|| {
        let (store, _) = memory();
        let cache = cache_over(&store);
        let computed = Arc::new(AtomicUsize::new(0));
        let caller = |value: &'static str| -> Box<dyn FnOnce() + Send> {
            let (cache, computed) = (Arc::clone(&cache), Arc::clone(&computed));
            Box::new(move || {
                let got = value_of(&cache, &computed, value);
                // The one that fails may also have found the value of the others.
                assert!(got.as_deref() == Ok("v") || value.is_empty(), "{got:?}");
            })
        };
        together(vec![caller(""), caller("v"), caller("v")]);
        assert!(computed.load(Ordering::SeqCst) <= 2);
        assert!(store.get(&key(), &Want::default()).hit().is_some());
    });
}

/// A computation beside a newer put, or beside a clear: what came later stays.
fn late(compute: fn(&Cache)) {
    let (store, _) = memory();
    let cache = cache_over(&store);
    let (leader, writer) = (Arc::clone(&cache), Arc::clone(&store));
    together(vec![
        Box::new(move || compute(&leader)),
        Box::new(move || {
            assert!(writer.put(&key(), b"newer", &Put::default()).unwrap().stored().is_some());
        }),
    ]);
    let hit = store.get(&key(), &Want::default()).hit().expect("something was stored");
    assert_eq!(&*hit.value, b"newer");
}

#[test]
fn a_value_computed_late_never_replaces_a_newer_one() {
    holds(|| {
        late(|cache| {
            let computed = AtomicUsize::new(0);
            value_of(cache, &computed, "computed").unwrap();
        });
    });
}

#[test]
fn a_late_put_without_a_lease_is_caught() {
    is_caught(|| {
        late(|cache| {
            if cache.get(&key(), &Want::default()).hit().is_none() {
                thread::yield_now();
                drop(cache.put(&key(), b"computed", &Put::default()).unwrap());
            }
        });
    });
}

#[test]
fn a_removal_during_the_computation_stays_a_removal() {
    holds(|| {
        let (store, _) = memory();
        assert!(store.put(&key(), b"old", &Put::default()).unwrap().stored().is_some());
        let removed = store.remove(key().id()).unwrap();
        let cache = cache_over(&store);
        let leader = thread::spawn({
            let cache = Arc::clone(&cache);
            move || {
                cache
                    .get_or_compute(&key(), &Want::default(), &Compute::default(), || {
                        thread::yield_now();
                        Ok::<_, ()>(b"computed".to_vec())
                    })
                    .unwrap()
            }
        });
        let second = store.remove(key().id()).unwrap();
        let done = leader.join().unwrap();
        let now = store.get(&key(), &Want::default());
        let stored = matches!(done.source, Source::Computed { is_stored: true });
        // It was stored before the second removal (and is gone), after it by a lease of its own, or not at all.
        match (stored, second.generation != removed.generation) {
            (true, true) => assert_eq!(now.word(), "deleted"),
            (true, false) => assert_eq!(now.word(), "hit"),
            (false, _) => assert_eq!(now.word(), "deleted"),
        }
    });
}

/// A store that raises the meta record after the entries of a sweep, as two steps.
#[derive(Debug)]
struct RaisesLate(Memory);

impl Reader for RaisesLate {
    fn location(&self) -> String {
        self.0.location()
    }
    fn read(&self, key: &KeyId) -> Result<Snapshot> {
        self.0.read(key)
    }
    fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Scanned> {
        self.0.scan(scan, visit)
    }
    fn meta(&self) -> Result<Scanned> {
        Reader::meta(&self.0)
    }
    fn side(&self, id: SideId) -> Result<Option<Arc<str>>> {
        self.0.side(id)
    }
    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        self.0.counts()
    }
    fn weight(&self) -> Result<u64> {
        self.0.weight()
    }
    fn aside(&self) -> Result<Vec<Problem>> {
        self.0.aside()
    }
}

impl Store for RaisesLate {
    fn actor(&self) -> &Actor {
        self.0.actor()
    }
    fn transact(
        &self,
        targets: &[Target<'_>],
        with_bodies: bool,
        decide: &mut dyn FnMut(usize, &Snapshot) -> Change,
    ) -> Result<()> {
        self.0.transact(targets, with_bodies, decide)
    }
    fn sweep(
        &self,
        sweep: Sweep<'_>,
        decide: &mut dyn FnMut(&Row, &Scanned) -> Change,
    ) -> Result<Swept> {
        let mut raises = Vec::new();
        let swept = self.0.sweep(sweep, &mut |row, scanned| {
            let mut change = decide(row, scanned);
            raises.push(std::mem::take(&mut change.raise));
            change
        })?;
        raises.into_iter().try_for_each(|raise| self.0.raise(raise))?;
        Ok(swept)
    }
    fn raise(&self, raise: Raise) -> Result<()> {
        self.0.raise(raise)
    }
    fn settle(&self, meta: Meta) -> Result<()> {
        self.0.settle(meta)
    }
    fn record_use(&self, batch: &UseBatch) -> Result<()> {
        self.0.record_use(batch)
    }
}
