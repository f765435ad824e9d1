//! Whether memory leaves room for one more process.
//!
//! What a process needs is what the user says, or the most any has needed so far. Processes that run may still grow
//! to that, so the room they will take is kept for them. Where little memory is left for each worker, the first
//! process runs alone until it has shown what it needs.

use amorsize_os::machine::Machine;

use super::task::Task;

/// With less than this for each worker, the first process runs alone.
const ALONE_BELOW_BYTES: u64 = 1 << 30;
/// What is read of the machine stays good for so long.
const FRESH_NS: u64 = 10_000_000;
/// The need that was seen, and a tenth more.
const MARGIN_DIVISOR: u64 = 10;

/// Watches memory.
#[derive(Debug)]
pub(super) struct Memory {
    machine: Machine,
    read_ns: u64,
    headroom_first: Option<u64>,
    per_job: Option<u64>,
    free: Option<u64>,
}

impl Memory {
    pub(super) fn new(per_job: Option<u64>, free: Option<u64>) -> Self {
        let machine = Machine::read();
        let headroom_first = machine.memory_headroom_bytes();
        Self { machine, read_ns: 0, headroom_first, per_job, free }
    }

    /// The memory that is free now, read again if it is stale.
    fn headroom(&mut self, now_ns: u64) -> Option<u64> {
        if now_ns >= self.read_ns.saturating_add(FRESH_NS) {
            self.machine.refresh_memory();
            self.read_ns = now_ns;
        }
        self.machine.memory_headroom_bytes()
    }

    /// Whether another process may start beside those that run.
    pub(super) fn admits(
        &mut self,
        now_ns: u64,
        running: &[Option<Task>],
        count: u64,
        learnt: Option<u64>,
        workers: u64,
    ) -> bool {
        if let Some(free) = self.free
            && self.headroom(now_ns).is_some_and(|headroom| headroom < free)
        {
            return false;
        }
        let Some(first) = self.headroom_first else { return true };
        if count == 0 {
            return true;
        }
        let learnt = learnt.map(|bytes| bytes + bytes / MARGIN_DIVISOR);
        let Some(need) = self.per_job.or(learnt) else {
            return first / workers.max(1) >= ALONE_BELOW_BYTES;
        };
        if need.saturating_mul(count + 1) < first / 2 {
            return true;
        }
        let grows = |task: &Task| {
            let has = task.child.doing().map_or(0, |doing| doing.memory_bytes);
            need.saturating_sub(has)
        };
        let growth: u64 = running.iter().flatten().map(grows).sum();
        // Read after the processes were asked: what they took meanwhile is counted twice rather than not at all.
        self.read_ns = 0;
        let headroom = self.headroom(now_ns.max(FRESH_NS));
        headroom.is_none_or(|headroom| headroom >= need.saturating_add(growth))
    }

    /// Whether so little is free that the youngest process should make room, as GNU parallel does below half.
    pub(super) fn starves(&mut self, now_ns: u64) -> bool {
        let Some(free) = self.free else { return false };
        self.headroom(now_ns).is_some_and(|headroom| headroom < free / 2)
    }

    /// Whether starts may wait for memory, so that it must be looked at from time to time.
    pub(super) const fn watches(&self) -> bool {
        self.free.is_some()
    }
}
