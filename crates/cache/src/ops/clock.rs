//! Setting right what a clock in the far future has done.
//!
//! A prune that was forced under such a clock raises the highest time pruned by, and every look-up from then on is judged
//! by it: nothing that is stored afterwards ever expires, and what was alive is gone. The reset brings the store
//! back to the present clock, says of the values that went too early why they went, and counts the age of entries
//! that claim to be stored in the future from now on.

use std::time::Duration;

use serde::Serialize;

use crate::envelope::{Cause, Envelope, Gen, State};
use crate::error::Result;
use crate::store::{Actor, BodyEdit, Change, Edit, Meta, Row, Scanned, Store};
use crate::time::Time;

use super::inspect::SKEW_NS_MAX;
use super::maintain::all_rounds;

/// What a reset of the clock did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ClockReset {
    /// The highest time pruned by, before.
    #[serde(rename = "pruned_to_before_ns")]
    pub before: Time,
    /// And now.
    #[serde(rename = "pruned_to_ns")]
    pub after: Time,
    /// Entries that claimed to be stored in the future; their age counts from now on.
    pub rejuvenated: usize,
    /// Values that had been pruned before their time; they are lost, and look-ups say why.
    pub pruned_early: usize,
}

/// Resets; see [`Store::reset_clock`].
pub(crate) fn reset<S: Store + ?Sized>(store: &S) -> Result<ClockReset> {
    let found = store.meta()?;
    let mut done = ClockReset { before: found.meta.hwm, ..ClockReset::default() };
    let mut pass = || {
        let mut decide =
            |row: &Row, scanned: &Scanned| bring_back(row, scanned.clock, store.actor());
        all_rounds(store, &[], false, &mut decide, &mut |_, brought| {
            for what in brought.into_values() {
                done.rejuvenated += usize::from(what.rejuvenated);
                done.pruned_early += usize::from(what.pruned_early);
            }
        })
    };
    pass()?;
    let Meta { hwm, floor, .. } = found.meta;
    let meta = Meta {
        hwm: hwm.min(found.clock),
        floor: floor.min(Gen(found.clock.ns())),
        sighted: Time::EPOCH,
    };
    store.settle(meta)?;
    // What was written while the store still judged by the wrong time.
    pass()?;
    done.after = store.meta()?.meta.hwm;
    Ok(done)
}

/// What was wrong with one entry.
struct Brought {
    rejuvenated: bool,
    pruned_early: bool,
}

/// The change for one entry; nothing when it says nothing that cannot be.
fn bring_back(row: &Row, clock: Time, actor: &Actor) -> Option<(Brought, Change)> {
    let was = Envelope::decode(row.record.envelope.as_slice(), &row.id).ok()?;
    let latest = clock.plus(Duration::from_nanos(SKEW_NS_MAX));
    let past = |time: Time| if time > latest { clock } else { time };
    let mut is = Envelope { created: past(was.created), ended: past(was.ended), ..was };
    let pruned_early = is.state == State::Pruned && !is.is_expired(clock);
    if pruned_early {
        is.state = State::Evicted;
        is.cause = Cause::Clock;
        is.ended_by = actor.short_id();
    }
    if is == was {
        return None;
    }
    let rejuvenated = is.created != was.created && is.state == State::Live;
    is.generation = Gen(was.generation.0.saturating_add(1));
    let body = if is.state == State::Live { BodyEdit::Keep } else { BodyEdit::Drop };
    let sides = vec![actor.side().clone()];
    let change = Change { edit: Edit::Write { envelope: is, body }, sides, ..Change::none() };
    Some((Brought { rejuvenated, pruned_early }, change))
}
