//! How far a run is, and how long it will take: with an interval, and silent about what is not known.

use amorsize_sizing::stats;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Items that have ended, those of earlier runs included.
    pub ended: u64,
    /// Of these, failed.
    pub failed: u64,
    /// All items, once that is known.
    pub total: Option<u64>,
    /// Processes that run now.
    pub running: u64,
    /// Items a second over the run so far.
    pub rate: f64,
    /// The time that is left, in seconds: expected, and the ends of its 90 % interval.
    pub left_s: Option<Left>,
}

/// The time that is left, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Left {
    /// Expected.
    pub expected: f64,
    /// Not below this, at 90 %.
    pub low: f64,
    /// Not above this, at 90 %.
    pub high: f64,
}

/// The time that `left` items take with `workers` at once, from the costs of items in nanoseconds.
///
/// The interval holds both how little is known of the mean and how much the rest will scatter. It cannot know of
/// items heavier than any seen: it is an interval for a rest like the part that is done.
#[must_use]
pub fn time_left(costs_ns: &[f64], left: u64, workers: f64) -> Option<Left> {
    if costs_ns.len() < 3 || workers <= 0.0 {
        return None;
    }
    let mean = stats::mean(costs_ns)?;
    let deviation = stats::deviation(costs_ns)?;
    let (n, left) = (real(costs_ns.len() as u64), real(left));
    let expected = left * mean / workers / 1e9;
    let spread = deviation * (left * left / n + left).sqrt() / workers / 1e9;
    let wide = 1.645 * spread;
    Some(Left { expected, low: (expected - wide).max(0.0), high: expected + wide })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_narrows_as_more_is_known_and_is_silent_at_first() {
        assert_eq!(time_left(&[1e9, 1e9], 10, 2.0), None);
        let even = time_left(&[1e9; 4], 10, 2.0).unwrap();
        assert_eq!((even.expected, even.low, even.high), (5.0, 5.0, 5.0));
        let some: Vec<f64> = (0..10).map(|at| 1e9 + f64::from(at % 2) * 1e9).collect();
        let many: Vec<f64> = some.iter().copied().cycle().take(500).collect();
        let wide = time_left(&some, 100, 1.0).unwrap();
        let narrow = time_left(&many, 100, 1.0).unwrap();
        assert!(wide.high - wide.low > 2.0 * (narrow.high - narrow.low));
        assert!(narrow.low < 150.0 && 150.0 < narrow.high);
    }
}
