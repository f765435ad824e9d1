//! Records calls and answers as they happen.

use super::event::{Answer, Call, Done, Event};
use super::log::Log;

/// The monotonic clock of this machine in nanoseconds, comparable between processes.
#[must_use]
pub fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// The recorder of one actor.
#[derive(Debug)]
pub struct Recorder {
    actor: u32,
    log: Log,
}

impl Recorder {
    /// Records what `actor` does into `log`.
    #[must_use]
    pub const fn new(actor: u32, log: Log) -> Self {
        Self { actor, log }
    }

    /// Records that a call is about to be made; `clock` is the wall clock the store judges by.
    ///
    /// # Errors
    ///
    /// When the log cannot be written; the call must not be made then.
    pub fn begin(
        &mut self,
        key: u32,
        call: Call,
        clock: impl FnOnce() -> u64,
    ) -> std::io::Result<Event> {
        let start = monotonic_ns();
        let event = Event { actor: self.actor, key, call, start, clock_from: clock(), done: None };
        self.log.call(&event)?;
        Ok(event)
    }

    /// Records the answer; `None` means that the caller does not know whether the call took effect.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn end(
        &mut self,
        mut event: Event,
        clock: impl FnOnce() -> u64,
        answer: Option<Answer>,
    ) -> std::io::Result<()> {
        event.done = answer.map(|answer| Done { clock_to: clock(), end: monotonic_ns(), answer });
        self.log.answer(event)
    }

    /// The log, when the actor is done.
    ///
    /// # Errors
    ///
    /// When its last part cannot be written.
    pub fn finish(self) -> std::io::Result<Vec<Event>> {
        self.log.finish()
    }
}
