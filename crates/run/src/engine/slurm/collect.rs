//! Collects what agents have published: hands it over, records it, and only then takes it out of the folder.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use amorsize_sizing::measure::Chunk;

use super::coordinate::{Coordinator, Pending, real};
use super::wire::{self, Ended, Last, Tag};
use crate::engine::emit::Ending;
use crate::error::{Error, Kind, Result};
use crate::item::Item;
use crate::journal::{Mode, recorded};
use crate::kept::Kept;
use crate::outcome::Outcome;

impl Coordinator<'_> {
    /// Takes everything that is there; whether there was something.
    pub(super) fn collect(&mut self) -> Result<bool> {
        let parts = self.spool.published();
        if parts.is_empty() {
            return Ok(false);
        }
        for (path, range, agent) in &parts {
            self.agents.heard.insert(agent.clone());
            // What comes late from an agent that was given up tells of nothing that is still open.
            let known = self.ranges.remove(range);
            let mut open = known.unwrap_or_default();
            let size = open.len() as u64;
            match self.take_part(path, &mut open)? {
                Some(last) => self.learn(size, last),
                None if open.is_empty() => continue,
                None => {
                    self.ranges.insert(*range, open);
                    continue;
                }
            }
            self.spool.release(*range, agent);
            if !open.is_empty() {
                // The agent was asked to end, or somebody else was given these meanwhile.
                self.back.push_back(open.into_values().collect());
            }
        }
        self.with_emitter(|emitter, to| emitter.settle(to))?;
        let paths: Vec<PathBuf> = parts.into_iter().map(|part| part.0).collect();
        remove(&paths);
        self.heard_ns = self.now_ns();
        self.agents.in_vain = 0;
        Ok(true)
    }

    /// A range that was told in several parts teaches nothing: its first parts are no longer counted.
    fn learn(&mut self, items: u64, last: Last) {
        self.costs.dispatched(real(last.overhead_ns));
        if items > 0 {
            self.costs.chunk(Chunk { items, wall_ns: real(last.wall_ns) });
        }
        let left =
            self.queue.left() + self.ranges.values().map(|items| items.len() as u64).sum::<u64>();
        self.agents.want_for(self.costs.mean_ns() * real(left), self.costs.chunks());
    }

    /// Reads one part; what it tells of items that have not ended yet is handed over.
    fn take_part(
        &mut self,
        path: &Path,
        open: &mut BTreeMap<u64, Pending>,
    ) -> Result<Option<Last>> {
        let fail = |error| Error::file(Kind::Environment, "read", path, error);
        let mut file = BufReader::new(File::open(path).map_err(fail)?);
        let (mut bytes, mut out, mut err) = (Vec::new(), Kept::default(), Kept::default());
        let mut last = None;
        while let Some(tag) = wire::get(&mut file, &mut bytes).map_err(fail)? {
            match tag {
                Tag::Out => self.store.add(&mut out, &bytes)?,
                Tag::Err => self.store.add(&mut err, &bytes)?,
                Tag::Ended => {
                    let (out, err) = (std::mem::take(&mut out), std::mem::take(&mut err));
                    let ended = serde_json::from_slice(&bytes).map_err(io::Error::other);
                    self.conclude(&ended.map_err(fail)?, open, (out, err))?;
                }
                Tag::Last => last = serde_json::from_slice(&bytes).ok(),
                Tag::Item => {}
            }
        }
        self.store.forget(out);
        self.store.forget(err);
        Ok(last)
    }

    /// Hands one ending over, unless its items have ended before.
    fn conclude(
        &mut self,
        ended: &Ended,
        open: &mut BTreeMap<u64, Pending>,
        (out, err): (Kept, Kept),
    ) -> Result<()> {
        let all = !ended.items.is_empty() && ended.items.iter().all(|n| open.contains_key(n));
        if !all {
            self.store.forget(out);
            self.store.forget(err);
            return Ok(());
        }
        let items: Vec<Pending> = ended.items.iter().filter_map(|n| open.remove(n)).collect();
        let again = items.iter().any(|pending| pending.again);
        let span = items.len() as u64;
        let mut ordinal = items.first().map_or(0, |pending| pending.ordinal);
        if ordinal == 0 {
            // Left by a killed run: it takes the next place in the order.
            ordinal = self.next_ordinal;
            self.next_ordinal += span;
        }
        let outcome = self.outcome(ended, ordinal, items.into_iter().map(|p| p.item).collect());
        self.summary.processes += 1;
        self.judge(&outcome);
        self.with_emitter(|emitter, to| emitter.take(Ending { outcome, again, span, out, err }, to))
    }

    fn outcome(&self, ended: &Ended, ordinal: u64, items: Vec<Item>) -> Outcome {
        // Clocks of nodes differ; nothing began before the run.
        let started_ns = nanoseconds((ended.started - self.epoch_s).max(0.0));
        Outcome {
            items,
            ordinal,
            exit: ended.exit,
            signal: ended.signal,
            timed_out: ended.timed_out,
            cut_short: false,
            attempt: ended.attempt,
            started_ns,
            wall_ns: ended.wall_ns,
            user_ns: ended.user_ns,
            system_ns: ended.system_ns,
            memory_bytes: ended.memory_bytes,
            error: ended.error.clone(),
        }
    }

    fn judge(&mut self, outcome: &Outcome) {
        let items = outcome.items.len() as u64;
        if outcome.succeeded() {
            self.halting.0 += items;
        } else {
            self.halting.1 += items;
        }
        let verdict = self.options.halt.judge(self.halting.0, self.halting.1);
        if verdict > self.verdict {
            self.summary.halted = true;
            self.stop(verdict);
        }
    }

    /// Takes over what a killed run left in the folder: ends its agents, collects what they had published.
    pub(super) fn take_over(&mut self) -> Result<()> {
        let jobs = self.spool.jobs();
        let resumes = self.options.journal.as_ref().filter(|journal| journal.mode != Mode::New);
        if !jobs.is_empty() {
            self.end_agents(&jobs)?;
        }
        let Some(journal) = resumes.filter(|_| !jobs.is_empty()) else {
            self.spool.remove();
            return Ok(());
        };
        let mut before = recorded(&journal.path)?;
        let mut items: HashMap<(u64, String), BTreeMap<u64, Pending>> = HashMap::new();
        let parts = self.spool.published();
        for (path, range, agent) in &parts {
            let key = (*range, agent.clone());
            if !items.contains_key(&key) {
                let taken = self.spool.items_taken(*range, agent).unwrap_or_default();
                let pending = |item: Item| Pending { item, ordinal: 0, again: false };
                let open = taken.into_iter().map(|item| (item.number(), pending(item)));
                let open = open.filter(|(_, p)| take_one(&mut before, p.item.key()).is_none());
                items.insert(key.clone(), open.collect());
            }
            let mut open = items.remove(&key).unwrap_or_default();
            let keys: HashMap<u64, u128> = open.iter().map(|(n, p)| (*n, p.item.key())).collect();
            self.take_part(path, &mut open)?;
            for key in keys.iter().filter(|(n, _)| !open.contains_key(n)).map(|(_, key)| *key) {
                *self.found.entry(key).or_default() += 1;
            }
            items.insert(key, open);
        }
        self.with_emitter(|emitter, to| emitter.settle(to))?;
        self.spool.remove();
        Ok(())
    }
}

/// Takes one of the records of this content; `None` when there is none.
fn take_one(records: &mut HashMap<u128, u64>, key: u128) -> Option<()> {
    let count = records.get_mut(&key).filter(|count| **count > 0)?;
    *count -= 1;
    Some(())
}

fn remove(parts: &[PathBuf]) {
    for part in parts {
        // What stays is read again, and told by its numbers to have ended before.
        drop(std::fs::remove_file(part));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-integer casts saturate, and it is not negative"
)]
fn nanoseconds(secs: f64) -> u64 {
    (secs * 1e9) as u64
}
