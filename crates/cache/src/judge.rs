//! The decision, as one pure function.
//!
//! Every engine fetches a [`Snapshot`] (meta and entry in one atomic step, *then* the clock) and hands it to
//! [`judge`]; none decides anything itself. The time of the answer is the larger of the clock and the highest time
//! any prune has judged by, which lies in the same snapshot: so an answer can never carry a time at which a pruned
//! entry was still fresh, however the clocks of several hosts differ.

use std::sync::Arc;
use std::time::Duration;

use crate::envelope::{Corruption, Envelope, State, bound_sum};
use crate::fingerprint::{Fingerprint, SideId};
use crate::key::KeyId;
use crate::lookup::{Hit, Lookup, Miss, Want};
use crate::reason::{Ended, LimitBy, Reason, Reasons};
use crate::store::{Record, Snapshot};
use crate::time::{Time, span_ns};

/// Where the texts of fingerprints and process names are found. They are content-addressed and never change, so
/// they need not come from the snapshot.
pub trait Sides {
    /// The text at `id`, if it is known and readable.
    fn text(&self, id: SideId) -> Option<Arc<str>>;
}

/// Decides one look-up.
pub fn judge(key: &KeyId, snapshot: &Snapshot, want: &Want, sides: &dyn Sides) -> Lookup {
    let t = snapshot.t();
    if let Some(what) = &snapshot.damage {
        return corrupt(t, Corruption::Structure { what: what.clone() });
    }
    let Some(record) = &snapshot.record else {
        let since = Time::from_ns(snapshot.meta.floor.0);
        return miss(t, None, vec![Reason::Absent { since, nearest: None }], None);
    };
    let envelope = match Envelope::decode(record.envelope.as_slice(), key) {
        Ok(envelope) => envelope,
        Err(what) => return corrupt(t, what),
    };
    let mut reasons = obstacles(&envelope, t, want, sides);
    let body = match (&record.body, envelope.state) {
        (Some(body), State::Live) => envelope.check_body(body, key).map(|()| body),
        (None, State::Live) => Err(Corruption::BodyMissing),
        // A tombstone has no body; the reasons already say why.
        _ => return miss(t, Some(&envelope), reasons, None),
    };
    match body {
        Ok(body) if reasons.is_empty() => Lookup::Hit(Hit {
            value: Arc::clone(body),
            generation: envelope.generation,
            created: envelope.created,
            t,
            ttl: ttl_of(&envelope),
            cost: Duration::from_nanos(envelope.cost_ns),
            refresh_due: is_refresh_due(key, &envelope, want, t),
        }),
        Ok(body) => miss(t, Some(&envelope), reasons, Some(Arc::clone(body))),
        Err(what) => {
            // A rotten body matters only where it would have been the answer: otherwise pruning it would change one.
            if reasons.is_empty() {
                reasons.push(Reason::Corrupt { what });
            }
            miss(t, Some(&envelope), reasons, None)
        }
    }
}

/// Whether there is a whole, unexpired entry at the time of the snapshot, whatever a reader may want of it. This is
/// what `add` and `replace` mean by "there".
#[must_use]
pub fn live(key: &KeyId, snapshot: &Snapshot) -> Option<Envelope> {
    let envelope = readable(key, snapshot)?;
    let body = snapshot.record.as_ref()?.body.as_ref()?;
    let is_live = envelope.state == State::Live
        && !envelope.is_expired(snapshot.t())
        && envelope.check_body(body, key).is_ok();
    is_live.then_some(envelope)
}

/// The envelope of the entry, if there is one that can be read.
#[must_use]
pub fn readable(key: &KeyId, snapshot: &Snapshot) -> Option<Envelope> {
    let record: &Record = snapshot.record.as_ref()?;
    Envelope::decode(record.envelope.as_slice(), key).ok()
}

/// Everything that stands against using this entry at `t`, but for its body.
fn obstacles(envelope: &Envelope, t: Time, want: &Want, sides: &dyn Sides) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if envelope.fmt != want.fmt {
        reasons.push(Reason::Version { stored: envelope.fmt, wanted: want.fmt });
    }
    let age = t.since(envelope.created);
    let (limit_ns, limit_by) = limit(envelope, want);
    if limit_ns != u64::MAX && span_ns(age) > limit_ns {
        let pruned = (envelope.state == State::Pruned).then(|| ended(envelope, sides));
        let ttl = Duration::from_nanos(limit_ns);
        reasons.push(Reason::Expired { age, ttl, limit_by, pruned });
    }
    if let Some(wanted) = &want.fingerprint
        && !envelope.fingerprint.is_none()
        && envelope.fingerprint != wanted.id()
    {
        let then = sides
            .text(envelope.fingerprint)
            .and_then(|text| Fingerprint::from_side(&text).ok())
            .unwrap_or_default();
        let changes = wanted.changes_since(&then);
        if !changes.is_empty() {
            reasons.push(Reason::Incompatible { changes });
        }
    }
    match envelope.state {
        State::Deleted => reasons.push(Reason::Deleted(ended(envelope, sides))),
        State::Evicted => reasons.push(Reason::Evicted(ended(envelope, sides))),
        State::Live | State::Pruned => {}
    }
    reasons
}

/// The stricter of the writer's and the reader's limit, and whose it is.
fn limit(envelope: &Envelope, want: &Want) -> (u64, LimitBy) {
    match want.max_age.map(span_ns) {
        Some(max_age) if max_age < envelope.ttl_ns => (max_age, LimitBy::Reader),
        _ => (envelope.ttl_ns, LimitBy::Writer),
    }
}

fn ended(envelope: &Envelope, sides: &dyn Sides) -> Ended {
    let by = sides.text(SideId(u128::from(envelope.ended_by))).map(|text| text.to_string());
    Ended { at: envelope.ended, cause: envelope.cause, by }
}

fn ttl_of(envelope: &Envelope) -> Option<Duration> {
    (envelope.ttl_ns != u64::MAX).then(|| Duration::from_nanos(envelope.ttl_ns))
}

/// Early refresh after Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention"
/// (2015), with the random number replaced by a hash of key and version: the moment is fixed for each entry and
/// differs between entries, and nobody's random generator is touched.
fn is_refresh_due(key: &KeyId, envelope: &Envelope, want: &Want, t: Time) -> bool {
    let (limit_ns, _) = limit(envelope, want);
    if envelope.cost_ns == 0 || limit_ns == u64::MAX {
        return false;
    }
    let hash = bound_sum(&envelope.generation.0.to_le_bytes(), key);
    #[expect(clippy::cast_precision_loss, reason = "53 bits are plenty for a jitter")]
    let (even, cost) =
        (((hash >> 11) as f64 + 1.0) / (1_u64 << 53) as f64, envelope.cost_ns as f64);
    let ahead_ns = Duration::try_from_secs_f64(cost * -even.ln() / 1e9).unwrap_or(Duration::MAX);
    span_ns(t.since(envelope.created)).saturating_add(span_ns(ahead_ns)) > limit_ns
}

fn corrupt(t: Time, what: Corruption) -> Lookup {
    miss(t, None, vec![Reason::Corrupt { what }], None)
}

fn miss(
    t: Time,
    envelope: Option<&Envelope>,
    reasons: Vec<Reason>,
    stale: Option<Arc<[u8]>>,
) -> Lookup {
    // A body that went without a reason of its own can only be a pruned entry that is not expired at `t`: the store
    // promised that this cannot be (`t` is at least every prune's time), so its bytes are not what was stored.
    let nothing = || {
        let what = "its body was pruned although it has not expired".to_owned();
        Reasons::one(Reason::Corrupt { what: Corruption::Structure { what } })
    };
    Lookup::Miss(Miss {
        reasons: Reasons::from_vec(reasons).unwrap_or_else(nothing),
        generation: envelope.map(|envelope| envelope.generation),
        created: envelope.map(|envelope| envelope.created),
        t,
        stale,
    })
}
