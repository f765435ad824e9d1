//! Ends of processes: what they used, whether they are tried again, whether the run goes on.

use amorsize_os::child::Send;
use amorsize_sizing::Finished;

use super::emit::Ending;
use super::local::Local;
use super::task::Work;
use super::time::GRACE_NS;
use crate::error::Result;
use crate::halt::Verdict;
use crate::outcome::{Outcome, seconds};

/// Every so many processes, after the first ones, the time they waited for a CPU is read.
const DELAY_EVERY: u64 = 4;
const DELAY_FIRST: u64 = 32;

impl Local<'_> {
    pub(super) fn ended(&mut self, slot: usize) -> Result<()> {
        let Some(task) = self.tasks.get_mut(slot).and_then(Option::as_mut) else { return Ok(()) };
        let first = self.summary.processes <= DELAY_FIRST;
        let looks = first || self.summary.processes.is_multiple_of(DELAY_EVERY);
        let delay = if looks { task.child.run_queue_delay_ns() } else { None };
        let Some(used) = task.reap()? else { return Ok(()) };
        task.drain(&mut self.store, &mut self.block)?;
        let Some(task) = self.tasks[slot].take() else { return Ok(()) };
        self.running -= 1;
        let at_ns = self.now_ns();
        let wall_ns = at_ns.saturating_sub(task.started_ns).max(1);
        let cpu_ns = used.user_ns + used.system_ns;
        let delay = delay.map(|delay| {
            // On a crowded machine the news of the end reaches us late, too, which is no waiting of the item.
            let own = amorsize_os::child::own_run_queue_delay_ns().unwrap_or(self.own_delay_ns);
            let late = own.saturating_sub(self.own_delay_ns);
            self.own_delay_ns = own;
            delay.saturating_add(late.min(wall_ns.saturating_sub(cpu_ns.saturating_add(delay))))
        });
        if let Some(delay) = delay {
            let share = (seconds(delay) / seconds(wall_ns)).min(1.0);
            self.delay_share += (share - self.delay_share) / 4.0;
        }
        self.cpu_ns += cpu_ns;
        self.control.finished(&Finished {
            items: task.work.items.len() as u64,
            started_ns: task.started_ns,
            at_ns,
            cpu_ns,
            delay_ns: delay.unwrap_or_else(|| share_of(self.delay_share, wall_ns)),
            memory_bytes: Some(used.memory_bytes),
        });
        if task.pushed_out && used.code != Some(0) {
            self.store.forget(task.out);
            self.store.forget(task.err);
            self.retries.push_front(task.work);
            return Ok(());
        }
        let failed = used.code != Some(0);
        let outcome = Outcome {
            items: task.work.items,
            ordinal: task.work.ordinal,
            exit: used.code,
            signal: used.signal,
            timed_out: task.timed_out,
            cut_short: task.cut_short && failed,
            attempt: task.work.attempt,
            started_ns: task.started_ns,
            wall_ns,
            user_ns: used.user_ns,
            system_ns: used.system_ns,
            memory_bytes: used.memory_bytes,
            error: None,
        };
        let again = task.work.again;
        self.conclude(Ending { outcome, again, span: 1, out: task.out, err: task.err })
    }

    /// Tries again, or tells how it ended.
    pub(super) fn conclude(&mut self, ending: Ending) -> Result<()> {
        let outcome = &ending.outcome;
        let tries = !outcome.succeeded() && !outcome.cut_short && self.verdict == Verdict::Go;
        if tries && outcome.attempt <= self.options.retries {
            self.store.forget(ending.out);
            self.store.forget(ending.err);
            self.retries.push_back(Work {
                items: ending.outcome.items,
                ordinal: ending.outcome.ordinal,
                attempt: ending.outcome.attempt + 1,
                again: ending.again,
            });
            return Ok(());
        }
        self.judge(&ending.outcome);
        self.with_emitter(|emitter, to| emitter.take(ending, to))
    }

    /// Asks the halting rule, counting this ending.
    pub(super) fn judge(&mut self, outcome: &Outcome) {
        if outcome.cut_short || self.verdict == Verdict::Now {
            return;
        }
        self.halting.0 += u64::from(outcome.succeeded()) * outcome.items.len() as u64;
        self.halting.1 += u64::from(!outcome.succeeded()) * outcome.items.len() as u64;
        let verdict = self.options.halt.judge(self.halting.0, self.halting.1);
        if verdict == Verdict::Go {
            return;
        }
        self.summary.halted = true;
        self.verdict = self.verdict.max(verdict);
        if verdict == Verdict::Now {
            let kill_at_ns = self.now_ns() + GRACE_NS;
            for task in self.tasks.iter_mut().flatten() {
                task.cut_short = true;
                task.end(Send::Terminate, kill_at_ns);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share between 0 and 1 of a duration"
)]
fn share_of(share: f64, of_ns: u64) -> u64 {
    (share * of_ns as f64) as u64
}
