//! Statistics of small noisy samples, without assuming a distribution where that can be avoided.
//!
//! All functions ignore nothing and repair nothing: an empty sample has no mean, and the answer is `None`.
//! Medians, MAD and Theil–Sen stand where one bad measurement must not move the answer; the bootstrap gives
//! intervals that are reproducible because its generator is seeded.

use crate::num;
use crate::rng::Rng;

/// An interval around an estimate.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Rise per unit.
    pub slope: f64,
    /// Value at zero.
    pub intercept: f64,
}

/// The arithmetic mean.
#[must_use]
pub fn mean(sample: &[f64]) -> Option<f64> {
    (!sample.is_empty()).then(|| sample.iter().sum::<f64>() / num::real_len(sample.len()))
}

/// The unbiased variance; needs two values.
#[must_use]
pub fn variance(sample: &[f64]) -> Option<f64> {
    let mean = mean(sample)?;
    let squares: f64 = sample.iter().map(|value| (value - mean).powi(2)).sum();
    (sample.len() > 1).then(|| squares / num::real_len(sample.len() - 1))
}

/// The standard deviation; needs two values.
#[must_use]
pub fn deviation(sample: &[f64]) -> Option<f64> {
    variance(sample).map(f64::sqrt)
}

/// The quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan).
#[must_use]
pub fn quantile(sample: &[f64], at: f64) -> Option<f64> {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_sorted(&sorted, at)
}

/// As [`quantile`], of values already in ascending order.
#[must_use]
pub fn quantile_sorted(sorted: &[f64], at: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = at.clamp(0.0, 1.0) * num::real_len(last);
    let below = num::index(num::floor(position)).min(last);
    let above = (below + 1).min(last);
    let share = position - num::real_len(below);
    Some(sorted[below] + share * (sorted[above] - sorted[below]))
}

/// The median.
#[must_use]
pub fn median(sample: &[f64]) -> Option<f64> {
    quantile(sample, 0.5)
}

/// The median absolute deviation from the median, unscaled (times 1.4826 it estimates a normal deviation).
#[must_use]
pub fn mad(sample: &[f64]) -> Option<f64> {
    let centre = median(sample)?;
    let away: Vec<f64> = sample.iter().map(|value| (value - centre).abs()).collect();
    median(&away)
}

/// The percentile bootstrap interval of a statistic.
#[must_use]
pub fn bootstrap(
    sample: &[f64],
    statistic: impl Fn(&[f64]) -> Option<f64>,
    confidence: f64,
    seed: u64,
) -> Option<Interval> {
    const ROUNDS: usize = 400;
    let mut rng = Rng::new(seed);
    let mut drawn = vec![0.0; sample.len()];
    let mut values = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        for slot in &mut drawn {
            *slot = sample[num::index(rng.below(sample.len() as u64))];
        }
        values.push(statistic(&drawn)?);
    }
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    let low = quantile_sorted(&values, tail)?;
    let high = quantile_sorted(&values, 1.0 - tail)?;
    Some(Interval { low, high })
}

/// The line through the median slope of all pairs: up to 29 % of the points may be arbitrary (Theil, Sen).
#[must_use]
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Line> {
    let mut slopes = Vec::new();
    for (at, &(x1, y1)) in points.iter().enumerate() {
        for &(x2, y2) in points.iter().skip(at + 1) {
            if x1.total_cmp(&x2).is_ne() {
                slopes.push((y2 - y1) / (x2 - x1));
            }
        }
    }
    let slope = median(&slopes)?;
    let offsets: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    Some(Line { slope, intercept: median(&offsets)? })
}

/// The least-squares line and the standard error of its intercept; needs three points and two places.
#[must_use]
pub fn least_squares(points: &[(f64, f64)]) -> Option<(Line, f64)> {
    let n = num::real_len(points.len());
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / n;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / n;
    let spread: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    if points.len() < 3 || spread <= 0.0 {
        return None;
    }
    let joint: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = joint / spread;
    let intercept = mean_y - slope * mean_x;
    let left: f64 = points.iter().map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
    let error = (left / (n - 2.0) * (1.0 / n + mean_x * mean_x / spread)).sqrt();
    Some((Line { slope, intercept }, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn known_values_of_a_known_sample() {
        let sample = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!(near(mean(&sample).unwrap(), 5.0));
        assert!(near(variance(&sample).unwrap(), 32.0 / 7.0));
        assert!(near(median(&sample).unwrap(), 4.5));
        assert!(near(mad(&sample).unwrap(), 0.5));
        assert!(near(quantile(&sample, 0.25).unwrap(), 4.0));
        assert!(near(quantile(&sample, 0.9).unwrap(), 7.6));
        assert!(near(quantile(&sample, 1.0).unwrap(), 9.0));
        assert!(near(mad(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap(), 1.0));
    }

    #[test]
    fn an_empty_sample_has_no_figures() {
        assert_eq!(mean(&[]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(variance(&[1.0]), None);
        assert_eq!(theil_sen(&[(1.0, 1.0)]), None);
        assert_eq!(bootstrap(&[], mean, 0.95, 1), None);
    }

    #[test]
    fn theil_sen_shrugs_at_an_outlier_that_bends_least_squares() {
        let mut points: Vec<(f64, f64)> =
            (0..11).map(f64::from).map(|x| (x, 3.0 + 2.0 * x)).collect();
        points[10].1 = 1000.0;
        let robust = theil_sen(&points).unwrap();
        assert!(near(robust.slope, 2.0) && near(robust.intercept, 3.0));
        let (bent, _) = least_squares(&points).unwrap();
        assert!(bent.slope > 10.0);
    }

    #[test]
    fn least_squares_gives_anscombes_line_and_its_error() {
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let points: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
        let (line, error) = least_squares(&points).unwrap();
        assert!((line.slope - 0.500_091).abs() < 1e-6);
        assert!((line.intercept - 3.000_091).abs() < 1e-6);
        assert!((error - 1.124_747).abs() < 1e-6);
    }

    #[test]
    fn the_bootstrap_interval_covers_the_mean_and_repeats() {
        let sample: Vec<f64> = (0..50).map(f64::from).collect();
        let interval = bootstrap(&sample, mean, 0.95, 42).unwrap();
        assert!(interval.low < 24.5 && 24.5 < interval.high);
        // The normal interval is 24.5 ± 4.04.
        assert!((interval.low - 20.5).abs() < 1.0 && (interval.high - 28.5).abs() < 1.0);
        assert_eq!(bootstrap(&sample, mean, 0.95, 42), Some(interval));
    }
}
