//! One caller computes, the others wait: leases.
//!
//! A lease is given in the same atomic step that finds the value missing. It ends with the next write of the entry, at
//! its deadline, or as soon as its owner is known to be dead; a value computed under a lease that has ended is not
//! stored ([`Refusal::LeaseLost`](super::write::Refusal)), so that a late writer cannot bring back what was removed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::fingerprint::SideId;
use crate::judge::{Sides, judge, readable};
use crate::key::{Hasher, Key};
use crate::lookup::{Hit, Lookup, Miss, Want};
use crate::store::{Change, Lease, LeaseEdit, LeaseToken, Owner, Snapshot, Store, Target};
use crate::time::Time;

use super::inspect::{SidesOf, add_nearest};
use super::write::one;

/// How long a lease is held at most, unless the caller says otherwise.
pub const HOLD_MAX: Duration = Duration::from_mins(5);

/// What is asked for on a miss.
#[derive(Debug, Clone, Copy)]
pub struct LeaseRequest {
    /// The lease ends after this time at the latest.
    pub hold: Duration,
}

impl Default for LeaseRequest {
    fn default() -> Self {
        Self { hold: HOLD_MAX }
    }
}

/// The answer of [`Store::get_or_lease`].
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum Leased {
    /// The value is there.
    Hit(Hit),
    /// The value is there but close to its end, and this caller alone is to compute it again.
    Refresh(Hit, Lease),
    /// The value is missing and this caller alone is to compute it.
    Won(Miss, Lease),
    /// The value is missing and somebody else is computing it.
    Held(Miss, Lease),
}

/// Looks up or takes the lease; see [`Store::get_or_lease`].
pub(crate) fn get_or_lease<S: Store + ?Sized>(
    store: &S,
    key: &Key,
    want: &Want,
    request: &LeaseRequest,
) -> Result<Leased> {
    let snapshot = store.read(key.id())?;
    if let Lookup::Hit(hit) = judge(key.id(), &snapshot, want, &SidesOf(store))
        && !hit.refresh_due
    {
        return Ok(Leased::Hit(hit));
    }
    let owner = store.actor().owner();
    let known = Known::default();
    loop {
        let mut leased = one(store, Target::Key(key), true, &mut |snapshot| {
            decide(key, snapshot, want, request, owner, &known)
        })?;
        // The decision must not call the store; a text it lacked is fetched now, and the decision made again.
        if known.fetch_missing(store)? {
            continue;
        }
        if let Leased::Won(miss, _) | Leased::Held(miss, _) = &mut leased
            && !want.skip_nearest
        {
            add_nearest(store, key, miss);
        }
        return Ok(leased);
    }
}

fn decide(
    key: &Key,
    snapshot: &Snapshot,
    want: &Want,
    request: &LeaseRequest,
    owner: &Owner,
    known: &Known,
) -> (Leased, Change) {
    let t = snapshot.t();
    let lookup = judge(key.id(), snapshot, want, known);
    let held = snapshot.lease.clone().filter(|lease| lease.holds(t));
    let fresh = || Lease {
        token: fresh_token(owner, t),
        until: t.plus(request.hold),
        owner: owner.clone(),
        generation: readable(key.id(), snapshot).map(|envelope| envelope.generation),
    };
    let (leased, granted) = match (lookup, held) {
        (Lookup::Hit(hit), held) if !hit.refresh_due || held.is_some() => (Leased::Hit(hit), None),
        (Lookup::Hit(hit), _) => {
            let lease = fresh();
            (Leased::Refresh(hit, lease.clone()), Some(lease))
        }
        (Lookup::Miss(miss), Some(lease)) => (Leased::Held(miss, lease), None),
        (Lookup::Miss(miss), None) => {
            let lease = fresh();
            (Leased::Won(miss, lease.clone()), Some(lease))
        }
    };
    if known.is_missing_some() {
        return (leased, Change::none());
    }
    let lease = granted.map_or(LeaseEdit::Keep, LeaseEdit::Grant);
    (leased, Change { lease, ..Change::none() })
}

/// Gives a lease back; see [`Store::release`].
pub(crate) fn release<S: Store + ?Sized>(store: &S, key: &Key, token: LeaseToken) -> Result<bool> {
    one(store, Target::Key(key), false, &mut |snapshot| {
        let is_ours = snapshot.lease.as_ref().is_some_and(|lease| lease.token == token);
        let lease = if is_ours { LeaseEdit::Release } else { LeaseEdit::Keep };
        (is_ours, Change { lease, ..Change::none() })
    })
}

/// A token nobody else has: bound to the process, the time and a count. No random generator is touched.
fn fresh_token(owner: &Owner, t: Time) -> LeaseToken {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hash = Hasher::new("lease");
    hash.field(owner.boot.as_bytes());
    hash.field(owner.host.as_bytes());
    hash.field(&owner.pid.to_le_bytes());
    hash.field(&owner.started.to_le_bytes());
    hash.field(&t.ns().to_le_bytes());
    hash.field(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    LeaseToken(u64::from_le_bytes(hash.take()))
}

/// Side texts fetched before a decision, and those it turned out to need.
#[derive(Debug, Default)]
struct Known {
    texts: RefCell<BTreeMap<SideId, Option<Arc<str>>>>,
    missing: RefCell<Vec<SideId>>,
}

impl Known {
    fn is_missing_some(&self) -> bool {
        !self.missing.borrow().is_empty()
    }

    /// Fetches what was missing; whether there was something.
    fn fetch_missing<S: Store + ?Sized>(&self, store: &S) -> Result<bool> {
        let missing = self.missing.take();
        for id in &missing {
            let text = store.side(*id)?;
            self.texts.borrow_mut().insert(*id, text);
        }
        Ok(!missing.is_empty())
    }
}

impl Sides for Known {
    fn text(&self, id: SideId) -> Option<Arc<str>> {
        if id.is_none() {
            return None;
        }
        if let Some(text) = self.texts.borrow().get(&id) {
            return text.clone();
        }
        self.missing.borrow_mut().push(id);
        None
    }
}
