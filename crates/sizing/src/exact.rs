//! What the simulator must give where probability theory knows the answer: exponential items of mean 1.
//!
//! STATIC waits for the longest of `p` gamma times; self-scheduling pays its overhead for every item and waits at the
//! end for the longest of `p` residual times. Both are integrals of a distribution function, done numerically.

use crate::num::{ceil, real};

/// Steps of the integration for one unit of time.
const STEPS: f64 = 200.0;

/// The mean wasted time of STATIC: `items` over `workers` that divide them, `overhead` a chunk.
#[must_use]
pub fn wasted_static(items: u64, workers: u64, overhead: f64) -> f64 {
    let share = items / workers.max(1);
    let mean = real(share);
    let most = mean + 40.0 * mean.sqrt() + 60.0;
    let longest = integrate(most, |x| 1.0 - gamma_below(share, x).powf(real(workers)));
    longest - mean + overhead
}

/// The mean wasted time of self-scheduling, for many more items than workers.
#[must_use]
pub fn wasted_self_scheduling(items: u64, workers: u64, overhead: f64) -> f64 {
    let h = overhead;
    // Whoever is met at a random time stands in the overhead for the share h / (1 + h), else in the item.
    let item = |x: f64| 1.0 - (-x).exp();
    let in_overhead = |x: f64| {
        let (from, to) = ((x - h).max(0.0), x);
        ((to - from) + (-to).exp() - (-from).exp()) / h.max(1e-12)
    };
    let met = |x: f64| (item(x) + h * in_overhead(x)) / (1.0 + h);
    let fresh = |x: f64| if x > h { 1.0 - (h - x).exp() } else { 0.0 };
    let others = real(workers.saturating_sub(1));
    let longest = integrate(60.0 + h, |x| 1.0 - met(x).powf(others) * fresh(x));
    let mean_met = (1.0 + h * (1.0 + h / 2.0)) / (1.0 + h);
    let mean = (others * mean_met + 1.0 + h) / real(workers.max(1));
    h * real(items) / real(workers.max(1)) + longest - mean
}

fn integrate(to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let steps = ceil(to * STEPS).min(2_000_000);
    let width = to / real(steps);
    (0..steps).map(|step| f((real(step) + 0.5) * width)).sum::<f64>() * width
}

/// The chance that a sum of `count` exponential times of mean 1 stays below `x`.
fn gamma_below(count: u64, x: f64) -> f64 {
    // Far from the middle nothing can be told from 0 and 1, and near it a normal quantile of the cube root is exact to
    // four digits for large counts (Wilson and Hilferty).
    if count > 60 {
        let n = real(count);
        let z = ((x / n).cbrt() - (1.0 - 1.0 / (9.0 * n))) * 3.0 * n.sqrt();
        return normal_below(z);
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..count {
        term *= x / real(k);
        sum += term;
    }
    (1.0 - (-x).exp() * sum).clamp(0.0, 1.0)
}

/// The normal distribution function, to seven digits (Abramowitz and Stegun 26.2.17).
fn normal_below(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let poly = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if z > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_each_waits_for_the_harmonic_number() {
        let harmonic: f64 = (1..=64).map(|k| 1.0 / f64::from(k)).sum();
        assert!((wasted_static(64, 64, 0.5) - (harmonic - 1.0 + 0.5)).abs() < 1e-3);
    }

    #[test]
    fn the_distributions_are_those_of_the_tables() {
        assert!((gamma_below(1, 1.0) - 0.632_120_6).abs() < 1e-6);
        assert!((gamma_below(10, 10.0) - 0.542_070_3).abs() < 1e-6);
        assert!((gamma_below(100, 100.0) - 0.513_298_8).abs() < 1e-4);
        assert!((normal_below(1.96) - 0.975_002_1).abs() < 1e-6);
    }

    #[test]
    fn the_simulator_gives_what_theory_says() {
        use crate::chunk::Rule;
        use crate::sim::wasted_exponential;
        for (items, workers) in [(1024, 8), (1024, 64), (4096, 64)] {
            let near = |rule, told: f64| {
                let got = wasted_exponential(rule, items, workers, 0.5, 300);
                assert!(
                    (got / told - 1.0).abs() < 0.08,
                    "{rule:?} {items} {workers}: {got} {told}"
                );
            };
            near(Rule::Static, wasted_static(items as u64, workers, 0.5));
            near(Rule::SelfScheduling, wasted_self_scheduling(items as u64, workers, 0.5));
        }
    }
}
