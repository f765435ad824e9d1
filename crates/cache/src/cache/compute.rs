//! Get a value, computing it when it is missing, once.
//!
//! Within the process one thread computes and the others wait for it; between processes the store's lease decides.
//! Waiting is bounded: after the deadline a caller computes for itself. When the computing thread panics or returns an
//! error, its lease goes back at once and the next caller takes over. When the store cannot be used, the value is
//! computed and returned all the same, and the answer says what was wrong.

use std::sync::Arc;
use std::time::Duration;

use amorsize_os::clock::Stopwatch;
use amorsize_os::process::Life;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::lookup::{Hit, Lookup, Miss, Want};
use crate::ops::lease::{HOLD_MAX, LeaseRequest, Leased};
use crate::ops::write::{Put, Written};
use crate::reason::{Reason, Reasons};
use crate::store::{Lease, LeaseToken};

use super::face::Cache;
use super::flight::Seat;

/// The pause between two looks at what another process is computing, at first and at most.
const PAUSE_FIRST: Duration = Duration::from_micros(500);
const PAUSE_MOST: Duration = Duration::from_millis(20);

/// How a missing value is computed and kept.
#[derive(Debug, Clone)]
pub struct Compute {
    /// How it is stored. Its cost is measured and its lease is filled in.
    pub put: Put,
    /// The right to compute is held for so long at most.
    pub hold: Duration,
    /// Somebody else's computation is waited for so long at most.
    pub wait: Duration,
    /// While somebody else computes, take an expired value whose age is at most this instead of waiting.
    pub stale_max: Option<Duration>,
}

impl Default for Compute {
    fn default() -> Self {
        Self { put: Put::default(), hold: HOLD_MAX, wait: HOLD_MAX, stale_max: None }
    }
}

impl Compute {
    /// Stores for `ttl`.
    #[must_use]
    pub fn ttl(ttl: Duration) -> Self {
        Self { put: Put::ttl(ttl), ..Self::default() }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was there.
    Hit,
    /// Somebody else computed it while this caller waited.
    Waited,
    /// This caller computed it.
    Computed {
        /// Whether it was stored.
        is_stored: bool,
    },
    /// It has expired, and somebody else is computing it.
    Stale,
}

/// A value and how it came about.
#[derive(Debug)]
pub struct Computed {
    /// The value.
    pub value: Arc<[u8]>,
    /// Where it came from.
    pub source: Source,
    /// Why it was not there at first, if it was not.
    pub reasons: Option<Reasons>,
    /// What went wrong with the store, which did not keep the value from being returned.
    pub trouble: Option<Error>,
}

/// The state of one call: its bounds and what it has learnt.
struct Call<'a, F> {
    cache: &'a Cache,
    key: &'a Key,
    want: &'a Want,
    how: &'a Compute,
    watch: Stopwatch,
    reasons: Option<Reasons>,
    compute: F,
}

/// What one attempt came to.
enum Step {
    Done(Hit),
    Stale(Arc<[u8]>),
    Again,
    /// Compute, under this lease if there is one; the hit is the value that is to be refreshed.
    Compute(Option<Lease>, Option<Hit>, Option<Error>),
}

impl Cache {
    /// The value of `key`; when it is missing, `compute` runs once among all callers of all processes and the others
    /// wait for it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use amorsize_cache::{Cache, Compute, Key, Namespace, Options, Source, Want};
    ///
    /// # fn main() -> amorsize_cache::Result<()> {
    /// let cache = Cache::open("memory:", &Options::default())?;
    /// let key = Key::new(&Namespace::new("mine")?, "squares").inputs("1..10");
    /// let week = Compute::ttl(Duration::from_secs(7 * 86_400));
    /// let squares = || Ok::<_, std::fmt::Error>(b"1 4 9".to_vec());
    /// let first = cache.get_or_compute(&key, &Want::default(), &week, squares).unwrap();
    /// let second = cache.get_or_compute(&key, &Want::default(), &week, squares).unwrap();
    /// assert_eq!(first.source, Source::Computed { is_stored: true });
    /// assert_eq!(second.source, Source::Hit);
    /// assert_eq!(first.value, second.value);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `compute` returned. The store's own troubles are in the answer and never an error.
    pub fn get_or_compute<E, F>(
        &self,
        key: &Key,
        want: &Want,
        how: &Compute,
        compute: F,
    ) -> std::result::Result<Computed, E>
    where
        F: FnOnce() -> std::result::Result<Vec<u8>, E>,
    {
        let watch = Stopwatch::start();
        let call = Call { cache: self, key, want, how, watch, reasons: None, compute };
        call.run()
    }
}

impl<E, F> Call<'_, F>
where
    F: FnOnce() -> std::result::Result<Vec<u8>, E>,
{
    fn run(mut self) -> std::result::Result<Computed, E> {
        let mut has_waited = false;
        loop {
            let lookup = self.cache.get(self.key, self.want);
            let due = match lookup {
                Lookup::Hit(hit) if !hit.refresh_due => return Ok(self.found(hit, has_waited)),
                Lookup::Hit(hit) => Some(hit),
                Lookup::Miss(miss) => {
                    self.note(&miss);
                    if let Reason::Unavailable { what } = miss.reasons.primary() {
                        let trouble = crate::Kind::System.because(what.clone());
                        return self.compute(None, None, Some(trouble));
                    }
                    None
                }
            };
            let cache = self.cache;
            let lead = match cache.flights().board(self.key.id()) {
                Seat::Lead(lead) => lead,
                Seat::Follow(follow) => {
                    if let Some(hit) = due {
                        return Ok(self.found(hit, has_waited));
                    }
                    if let Some(stale) = self.stale() {
                        return Ok(self.stale_value(stale));
                    }
                    has_waited = true;
                    if follow.wait(self.watch.left_of(self.how.wait)) {
                        continue;
                    }
                    return self.compute(None, None, None);
                }
            };
            let step = self.lead();
            let result = match step {
                Step::Again => {
                    has_waited = true;
                    continue;
                }
                Step::Done(hit) => Ok(self.found(hit, has_waited)),
                Step::Stale(value) => Ok(self.stale_value(value)),
                Step::Compute(lease, hit, trouble) => self.compute(lease, hit, trouble),
            };
            drop(lead);
            return result;
        }
    }

    /// The part of the thread that leads within this process: get the lease, or wait for another process.
    fn lead(&mut self) -> Step {
        let request = LeaseRequest { hold: self.how.hold };
        let leased = self.cache.store().get_or_lease(self.key, self.want, &request);
        let (miss, other) = match leased {
            Err(error) => return Step::Compute(None, None, Some(error)),
            Ok(Leased::Hit(hit)) => return Step::Done(hit),
            Ok(Leased::Refresh(hit, lease)) => return Step::Compute(Some(lease), Some(hit), None),
            Ok(Leased::Won(miss, lease)) => {
                self.note(&miss);
                return Step::Compute(Some(lease), None, None);
            }
            Ok(Leased::Held(miss, lease)) => (miss, lease),
        };
        self.note(&miss);
        if let Some(stale) = self.fresh_enough(miss) {
            return Step::Stale(stale);
        }
        let mut pause = PAUSE_FIRST;
        loop {
            let left = self.watch.left_of(self.how.wait);
            if left.is_zero() {
                return Step::Compute(None, None, None);
            }
            crate::sync::sleep(pause.min(left));
            pause = (pause * 2).min(PAUSE_MOST);
            let lookup = self.cache.store().get(self.key, self.want);
            let has_ended = other.until < lookup.t()
                || other.owner.identity().life() == Life::Dead
                || pause == PAUSE_MOST && !self.is_still_held(&other);
            if has_ended || matches!(lookup, Lookup::Hit(_)) {
                return Step::Again;
            }
        }
    }

    /// Whether the other's lease is still the one in the store (it may have been given back after an error).
    fn is_still_held(&self, other: &Lease) -> bool {
        self.cache
            .lease_of(self.key)
            .is_ok_and(|lease| lease.is_some_and(|lease| lease.token == other.token))
    }

    /// Runs the computation and stores its value.
    fn compute(
        self,
        lease: Option<Lease>,
        old: Option<Hit>,
        trouble: Option<Error>,
    ) -> std::result::Result<Computed, E> {
        let guard =
            lease.map(|lease| Giving { cache: self.cache, key: self.key, token: lease.token });
        let watch = Stopwatch::start();
        let value = match ((self.compute)(), old) {
            (Ok(value), _) => value,
            // The value that was to be refreshed is still good.
            (Err(_), Some(hit)) => {
                let (value, source) = (hit.value, Source::Hit);
                return Ok(Computed { value, source, reasons: None, trouble });
            }
            (Err(error), None) => return Err(error),
        };
        let put = Put {
            cost: watch.elapsed(),
            lease: guard.as_ref().map(|guard| guard.token),
            ..self.how.put.clone()
        };
        let written = self.cache.put(self.key, &value, &put);
        // A put has ended the lease; a failed one leaves it to the guard.
        let is_stored = matches!(written, Ok(Written::Stored(_)));
        if is_stored {
            guard.into_iter().for_each(std::mem::forget);
        }
        Ok(Computed {
            value: value.into(),
            source: Source::Computed { is_stored },
            reasons: self.reasons,
            trouble: trouble.or(written.err()),
        })
    }

    fn note(&mut self, miss: &Miss) {
        if self.reasons.is_none() {
            self.reasons = Some(miss.reasons.clone());
        }
    }

    fn found(self, hit: Hit, has_waited: bool) -> Computed {
        let source = if has_waited { Source::Waited } else { Source::Hit };
        Computed { value: hit.value, source, reasons: self.reasons, trouble: None }
    }

    fn stale_value(self, value: Arc<[u8]>) -> Computed {
        Computed { value, source: Source::Stale, reasons: self.reasons, trouble: None }
    }

    /// An expired value that this call accepts while somebody else computes.
    fn stale(&self) -> Option<Arc<[u8]>> {
        self.how.stale_max?;
        self.fresh_enough(self.cache.store().get(self.key, self.want).miss()?)
    }

    fn fresh_enough(&self, miss: Miss) -> Option<Arc<[u8]>> {
        let stale_max = self.how.stale_max?;
        let is_only_old = matches!(miss.reasons.all(), [Reason::Expired { .. }]);
        let age = miss.t.since(miss.created?);
        miss.stale.filter(|_| is_only_old && age <= stale_max)
    }
}

/// Gives a lease back unless the value was stored, also when the computation panics.
struct Giving<'a> {
    cache: &'a Cache,
    key: &'a Key,
    token: LeaseToken,
}

impl Drop for Giving<'_> {
    fn drop(&mut self) {
        drop::<Result<bool>>(self.cache.store().release(self.key, self.token));
    }
}
