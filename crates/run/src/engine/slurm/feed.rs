//! Cuts the items into ranges, as large as their measured cost and the cost of handing over a range ask for.

use amorsize_sizing::chunk::{Cut, two_epsilon};

use super::coordinate::{Coordinator, Pending};
use crate::error::Result;
use crate::journal::Known;

/// The most items and bytes of one range.
const RANGE_ITEMS_MOST: u64 = 1 << 20;
const RANGE_BYTES_MOST: usize = 8 << 20;
/// Ranges that are offered beyond one for each agent, so that nobody waits for the next.
const AHEAD: u64 = 2;
/// Endings that may wait for their turn before nothing more is offered.
const WAITING_MOST: usize = 65_536;

impl Coordinator<'_> {
    /// Keeps one range for each agent and some ahead in the folder.
    pub(super) fn feed(&mut self) -> Result<()> {
        self.queue.fill()?;
        let wanted = self.agents.wanted.max(1) + AHEAD;
        while (self.ranges.len() as u64) < wanted && self.emitter.waiting() < WAITING_MOST {
            let Some(items) = self.next_range()? else { break };
            let range = self.next_range;
            self.next_range += 1;
            let texts: Vec<_> = items.iter().map(|pending| pending.item.clone()).collect();
            self.spool.offer(range, &texts)?;
            let keyed = items.into_iter().map(|pending| (pending.item.number(), pending));
            self.ranges.insert(range, keyed.collect());
        }
        Ok(())
    }

    fn next_range(&mut self) -> Result<Option<Vec<Pending>>> {
        if let Some(mut items) = self.back.pop_front() {
            // What came back from an agent that died stays in rows without gaps, so that its order is kept.
            let gap = items.windows(2).position(|two| two[0].ordinal + 1 != two[1].ordinal);
            if let Some(at) = gap {
                self.back.push_front(items.split_off(at + 1));
            }
            return Ok(Some(items));
        }
        let mut items: Vec<Pending> = Vec::new();
        let mut bytes = 0;
        let wanted = self.range_items();
        while (items.len() as u64) < wanted && bytes < RANGE_BYTES_MOST {
            let Some(pending) = self.next_item()? else { break };
            bytes += pending.item.bytes();
            items.push(pending);
        }
        Ok((!items.is_empty()).then_some(items))
    }

    /// How many items the next range holds.
    fn range_items(&self) -> u64 {
        let overhead = self.costs.overhead();
        let size = two_epsilon(&Cut {
            left: self.queue.left().max(1),
            workers: self.agents.wanted.max(1),
            busy: 0.0,
            overhead: overhead.value,
            overhead_high: overhead.high,
            dispatcher: 0.0,
            mean: self.costs.mean_ns(),
            spread: self.costs.spread(),
            largest_done: self.costs.largest(),
        });
        size.clamp(1, RANGE_ITEMS_MOST)
    }

    /// The next item that is there and that no earlier run has finished.
    fn next_item(&mut self) -> Result<Option<Pending>> {
        loop {
            let Some(key) = self.queue.peek_key() else {
                if self.queue.is_done() || !self.queue.refill()? {
                    return Ok(None);
                }
                continue;
            };
            if let Some(count) = self.found.get_mut(&key).filter(|count| **count > 0) {
                *count -= 1;
                self.queue.pop();
                continue;
            }
            let known = self.emitter.journal().map_or(Known::New, |journal| journal.next(key));
            let Some(item) = self.queue.pop() else { return Ok(None) };
            if known == Known::Finished {
                self.summary.skipped += 1;
                continue;
            }
            let ordinal = self.next_ordinal;
            self.next_ordinal += 1;
            return Ok(Some(Pending { item, ordinal, again: known == Known::Failed }));
        }
    }
}
