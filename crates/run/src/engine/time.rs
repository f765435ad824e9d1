//! What happens because time has passed: limits, kills, memory, progress, a look at the machine.

use amorsize_os::child::Send;
use amorsize_sizing::climb::Silence;

use super::local::Local;
use crate::outcome::seconds;
use crate::progress::{Progress, time_left};

/// From a request to end to the end.
pub(super) const GRACE_NS: u64 = 1_000_000_000;
/// How often the machine is looked at, and progress shown.
const TICK_NS: u64 = 100_000_000;
/// How often starts that wait for memory are tried again.
const MEMORY_TICK_NS: u64 = 20_000_000;
/// Processes that are asked what they are doing.
const ASKED_MOST: usize = 32;

impl Local<'_> {
    /// When something is due at the latest, from now.
    pub(super) fn next_wake_ns(&self) -> Option<u64> {
        let now = self.now_ns();
        let limit = self.options.timeout.map(ns_of);
        let due = |task: &super::task::Task| {
            let ends = limit.filter(|_| !task.timed_out).map(|limit| task.started_ns + limit);
            task.kill_at_ns.into_iter().chain(ends).min()
        };
        let tasks = self.tasks.iter().flatten().filter_map(due).min();
        let ticks = self.face.wants_progress() || self.may_climb();
        let tick = (ticks && self.running > 0).then_some(now + TICK_NS);
        let held = self.held_by_memory || (self.memory.watches() && self.running > 0);
        let memory = held.then_some(now + MEMORY_TICK_NS);
        let sampling = self.options.sampling.map(|_| now + TICK_NS);
        let all = tasks.into_iter().chain(tick).chain(memory).chain(sampling);
        all.min().map(|due| due.saturating_sub(now))
    }

    fn may_climb(&self) -> bool {
        let rules = &self.options.rules;
        rules.workers_fixed.is_none() && self.control.workers() < rules.limits.workers_most
    }

    /// Does what is due.
    pub(super) fn keep_time(&mut self) {
        let now = self.now_ns();
        self.keep_limits(now);
        if self.memory.starves(now) && self.running > 1 {
            self.push_out_youngest();
        }
        if self.control.listens(now) {
            self.look_at_machine(now);
        }
        if self.face.wants_progress() && now >= self.shown_ns + TICK_NS {
            self.shown_ns = now;
            let progress = self.how_far(now);
            self.face.progress(&progress);
        }
    }

    fn keep_limits(&mut self, now: u64) {
        let limit = self.options.timeout.map(ns_of);
        for task in self.tasks.iter_mut().flatten() {
            let late = limit.is_some_and(|limit| now >= task.started_ns + limit);
            if late && !task.timed_out {
                task.timed_out = true;
                task.end(Send::Terminate, now + GRACE_NS);
            }
            if task.kill_at_ns.is_some_and(|at| now >= at) {
                task.kill_at_ns = None;
                task.child.signal(Send::Kill);
            }
        }
    }

    /// Ends the process that was started last, to be started again later.
    fn push_out_youngest(&mut self) {
        let youngest = self.tasks.iter_mut().flatten().max_by_key(|task| task.started_ns);
        if let Some(task) = youngest.filter(|task| !task.pushed_out) {
            task.pushed_out = true;
            task.child.signal(Send::Kill);
        }
    }

    fn look_at_machine(&mut self, now: u64) {
        let Some((at, (busy, total))) = self.ticks else { return };
        if now < at + TICK_NS {
            return;
        }
        let Some(ticks) = amorsize_os::machine::cpu_ticks() else { return };
        self.ticks = Some((now, ticks));
        let all = ticks.1.saturating_sub(total);
        if all == 0 {
            return;
        }
        let idle = 1.0 - ratio(ticks.0.saturating_sub(busy), all);
        let running = self.tasks.iter().flatten().take(ASKED_MOST);
        let doing: Vec<bool> =
            running.filter_map(|task| Some(task.child.doing()?.asleep)).collect();
        let asleep = doing.iter().filter(|asleep| **asleep).count();
        let asleep = ratio(asleep as u64, doing.len() as u64);
        self.control.silent(now, Silence { cpu_idle: idle, asleep });
    }

    fn how_far(&self, now: u64) -> Progress {
        let summary = &self.summary;
        let ended = summary.ended() + summary.skipped;
        let total = self.queue.total();
        let left = total.map(|total| total.saturating_sub(ended));
        let costs = self.control.costs().sample();
        let running = f64::from(u32::try_from(self.running).unwrap_or(u32::MAX));
        Progress {
            ended,
            failed: summary.failed,
            total,
            running: self.running,
            rate: ratio(summary.ended(), 1) / seconds(now.max(1)),
            left_s: left.and_then(|left| time_left(costs, left, running)),
        }
    }
}

fn ns_of(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX >> 1)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
