//! Time as a value that is handed in.
//!
//! [`Clock`] is the wall clock every expiry is judged by; tests hand in one that stands still or runs ahead.
//! [`Stopwatch`] is the monotonic clock for durations and never goes back. Nothing else in the workspace may
//! ask the system for the time (clippy holds it).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A wall clock: nanoseconds since the Unix epoch.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now, in nanoseconds since the Unix epoch.
    fn now_ns(&self) -> u64;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now_ns(&self) -> u64 {
        (**self).now_ns()
    }
}

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    fn now_ns(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Measures how long something took, by the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the monotonic clock"
    )]
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time left until `limit` has passed since the start; zero once it has.
    #[must_use]
    pub fn left_of(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_2020_and_the_stopwatch_counts_down() {
        assert!(SystemClock.now_ns() > 1_577_836_800_000_000_000);
        let watch = Stopwatch::start();
        assert!(watch.left_of(Duration::from_secs(60)) <= Duration::from_secs(60));
        assert_eq!(watch.left_of(Duration::ZERO), Duration::ZERO);
    }
}
