//! A store of the cache crate, driven by the workload.

use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::ops::maintain::{Evict, Prune};
use amorsize_cache::ops::write::{Put, Written};
use amorsize_cache::{
    Fingerprint, Gen, Key, Kind, LimitBy, Lookup, Miss, Namespace, Reason, Result, Store, Want,
};
use amorsize_os::clock::Clock;

use crate::history::{Answer, Call, Reasons, Record, Sight, Subject, Want as HistoryWant};

/// Live entries that an eviction leaves.
const EVICT_TO: u64 = 4;
const BODY_WORDS_MAX: u64 = 64;

/// One actor's handle on a store.
#[derive(Debug)]
pub struct StoreSubject {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    namespace: Namespace,
    fingerprints: [Fingerprint; 2],
    margin: Duration,
}

impl StoreSubject {
    /// Drives `store`, which judges by `clock`; prunes judge by a time `margin` back.
    ///
    /// # Panics
    ///
    /// Never: the namespace is a valid one.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, margin: Duration) -> Self {
        let namespace = Namespace::new("soak").expect("a plain name");
        let fingerprints = [1_u32, 2].map(|cores| Fingerprint::new().exact("cores", cores));
        Self { store, clock, namespace, fingerprints, margin }
    }

    fn key(&self, key: u32) -> Key {
        Key::new(&self.namespace, format!("key {key}"))
    }

    fn fingerprint(&self, fp: u32) -> Fingerprint {
        self.fingerprints[usize::from(fp != 1)].clone()
    }

    fn look(&self, key: u32, want: &HistoryWant) -> Answer {
        let limit = want.max_age;
        let want = Want {
            fmt: want.fmt,
            max_age: (limit != u64::MAX).then(|| Duration::from_nanos(limit)),
            fingerprint: Some(self.fingerprint(want.fp)),
            skip_nearest: true,
        };
        match self.store.get(&self.key(key), &want) {
            Lookup::Hit(hit) => Answer::Saw(Sight {
                t: hit.t.ns(),
                gen_seen: hit.generation.0,
                reasons: Reasons::HIT,
                body: Some(body_id(&hit.value)),
                created: Some(hit.created.ns()),
                ttl: hit.ttl.map(nanoseconds),
                since: 0,
            }),
            Lookup::Miss(miss) => missed(&miss),
        }
    }

    fn how(&self, record: &Record) -> Put {
        Put {
            ttl: Some(Duration::from_nanos(record.ttl)),
            fmt: record.fmt,
            fingerprint: Some(self.fingerprint(record.fp)),
            ..Put::default()
        }
    }

    fn remove(&self, key: &Key) -> Result<Option<Answer>> {
        let removed = self.store.remove(key.id())?;
        Ok(match removed.generation {
            Some(made) if removed.existed => {
                Some(Answer::Stored { made: made.0, at: removed.t.ns() })
            }
            None => Some(Answer::Refused(nothing(removed.t.ns(), None, None))),
            // A new generation is never below the time of its making, so this tombstone was there before.
            Some(made) if made.0 < removed.t.ns() => {
                Some(Answer::Refused(nothing(removed.t.ns(), Some(made), None)))
            }
            // A tombstone that was there, or one that was made over an expired entry: the answer does not tell.
            Some(_) => None,
        })
    }

    fn sweep(&self, call: &Call) -> Result<()> {
        match call {
            Call::Prune => {
                let how = Prune { margin: self.margin, ..Prune::default() };
                self.store.prune(&how).map(drop)
            }
            Call::Evict => {
                let how = Evict { entries_max: Some(EVICT_TO), ..Evict::default() };
                self.store.evict(&how).map(drop)
            }
            _ => self.store.clear(Some(&self.namespace)).map(drop),
        }
    }
}

impl Subject for StoreSubject {
    fn clock(&self) -> u64 {
        self.clock.now_ns()
    }

    fn call(&mut self, key: u32, call: &Call) -> Option<Answer> {
        let value = call.record().map(|record| body_of(record.body)).unwrap_or_default();
        let answer = match call {
            Call::Look(want) => Ok(Some(self.look(key, want))),
            Call::Put(record) => {
                self.store.put(&self.key(key), &value, &self.how(record)).map(|done| written(&done))
            }
            Call::Add(record) => {
                self.store.add(&self.key(key), &value, &self.how(record)).map(|done| written(&done))
            }
            Call::Cas(expected, record) => {
                let expected = (*expected != 0).then_some(Gen(*expected));
                self.store
                    .cas(&self.key(key), expected, &value, &self.how(record))
                    .map(|done| written(&done))
            }
            Call::Remove => self.remove(&self.key(key)),
            Call::Prune | Call::Evict | Call::Clear => {
                self.sweep(call).map(|()| Some(Answer::NotDone))
            }
        };
        match answer {
            Ok(answer) => answer,
            Err(error) if error.kind() == Kind::Connection => None,
            Err(_) => Some(Answer::NotDone),
        }
    }
}

fn written(written: &Written) -> Option<Answer> {
    Some(match written {
        Written::Stored(stored) => {
            Answer::Stored { made: stored.generation.0, at: stored.created.ns() }
        }
        Written::Refused { generation, created, t, .. } => {
            let created = created.map(|created| created.ns());
            Answer::Refused(nothing(t.ns(), *generation, created))
        }
    })
}

const fn nothing(t: u64, generation: Option<Gen>, created: Option<u64>) -> Sight {
    let gen_seen = match generation {
        Some(generation) => generation.0,
        None => 0,
    };
    Sight { t, gen_seen, reasons: Reasons::HIT, body: None, created, ttl: None, since: 0 }
}

fn missed(miss: &Miss) -> Answer {
    let created = miss.created.map(|created| created.ns());
    let mut sight = nothing(miss.t.ns(), miss.generation, created);
    for reason in miss.reasons.all() {
        let bit = match reason {
            // Says nothing about the entry, so there is nothing to check.
            Reason::Unavailable { .. } => return Answer::NotDone,
            Reason::Corrupt { .. } => Reasons::CORRUPT,
            Reason::Version { .. } => Reasons::VERSION,
            Reason::Expired { ttl, limit_by, .. } => {
                if *limit_by == LimitBy::Writer {
                    sight.ttl = Some(nanoseconds(*ttl));
                }
                Reasons::EXPIRED
            }
            Reason::Incompatible { .. } => Reasons::INCOMPATIBLE,
            Reason::Deleted(_) => Reasons::DELETED,
            Reason::Evicted(_) => Reasons::EVICTED,
            Reason::Absent { since, .. } => {
                sight.since = since.ns();
                Reasons::ABSENT
            }
        };
        sight.reasons = sight.reasons.with(bit, true);
    }
    Answer::Saw(sight)
}

/// A value that shows whether it is whole: its identity, again and again.
fn body_of(id: u64) -> Vec<u8> {
    let words = 1 + id % BODY_WORDS_MAX;
    (0..words).flat_map(|_| id.to_le_bytes()).collect()
}

/// The identity of a value, or one that nobody has when it is not whole.
fn body_id(value: &[u8]) -> u64 {
    let id = value.first_chunk().map_or(u64::MAX, |word| u64::from_le_bytes(*word));
    if value == body_of(id) { id } else { u64::MAX }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
