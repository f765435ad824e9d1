//! Points in time as the records store them.
//!
//! A [`Time`] is nanoseconds since the Unix epoch in 64 bits, which lasts until 2554. It is a value that was read
//! from a clock or from a record, never a clock itself: the engines ask [`amorsize_os::clock::Clock`] or their
//! server. Differences saturate, because two hosts need not agree and a negative age means nothing.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

const NS_PER_SEC: u64 = 1_000_000_000;

/// A point in time: nanoseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The epoch itself; as a horizon it means "since ever".
    pub const EPOCH: Self = Self(0);
    /// Later than every other time; as an expiry it means "never".
    pub const NEVER: Self = Self(u64::MAX);

    /// The time `ns` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// The time passed since `earlier`; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This time moved forward; stops at [`Time::NEVER`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span_ns(span)))
    }

    /// This time moved back; stops at [`Time::EPOCH`].
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span_ns(span)))
    }
}

impl fmt::Display for Time {
    /// `2026-11-21T13:40:00Z`, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / NS_PER_SEC;
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// A span in nanoseconds, the largest number when it does not fit.
#[must_use]
pub(crate) fn span_ns(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// A span as a person reads it: `8.2 d`, `30 s`, `1.5 ms`.
#[must_use]
pub fn human(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    let (value, unit) = match seconds {
        s if s >= 86_400.0 => (s / 86_400.0, "d"),
        s if s >= 3_600.0 => (s / 3_600.0, "h"),
        s if s >= 60.0 => (s / 60.0, "min"),
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if s >= 1e-6 => (s * 1e6, "µs"),
        s => (s * 1e9, "ns"),
    };
    // One decimal, but no ".0".
    let text = format!("{value:.1}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// Year, month and day of a day number since the epoch (proleptic Gregorian calendar).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let slot = (5 * of_year + 2) / 153;
    let day = of_year - (153 * slot + 2) / 5 + 1;
    let month = if slot < 10 { slot + 3 } else { slot - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_prints_as_a_calendar_date() {
        assert_eq!(Time::EPOCH.to_string(), "1970-01-01T00:00:00Z");
        let leap = Time::from_ns(1_709_210_096 * NS_PER_SEC);
        assert_eq!(leap.to_string(), "2024-02-29T12:34:56Z");
    }

    #[test]
    fn spans_print_with_the_unit_a_person_would_choose() {
        assert_eq!(human(Duration::from_secs(708_480)), "8.2 d");
        assert_eq!(human(Duration::from_secs(30)), "30 s");
        assert_eq!(human(Duration::from_micros(1_500)), "1.5 ms");
        assert_eq!(human(Duration::ZERO), "0 ns");
    }

    #[test]
    fn differences_saturate_instead_of_wrapping() {
        assert_eq!(Time::from_ns(5).since(Time::from_ns(9)), Duration::ZERO);
        assert_eq!(Time::NEVER.plus(Duration::from_secs(1)), Time::NEVER);
    }
}
