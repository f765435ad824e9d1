//! Clocks that a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use amorsize_os::clock::{Clock, SystemClock};

/// A clock that moves only when it is told to; clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows `now_ns`.
    #[must_use]
    pub fn at(now_ns: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now_ns)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(nanoseconds(by), Ordering::SeqCst);
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, now_ns: u64) {
        self.0.store(now_ns, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ns(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The system's clock, ahead or behind by a fixed amount, as on a host whose clock is wrong.
#[derive(Debug, Clone, Copy)]
pub struct SkewedClock {
    /// How far ahead it runs, in nanoseconds; negative when behind.
    pub ahead_ns: i64,
}

impl Clock for SkewedClock {
    fn now_ns(&self) -> u64 {
        SystemClock.now_ns().saturating_add_signed(self.ahead_ns)
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(10);
        let same = clock.clone();
        clock.advance(Duration::from_nanos(5));
        assert_eq!(same.now_ns(), 15);
        same.set(3);
        assert_eq!(clock.now_ns(), 3);
    }
}
