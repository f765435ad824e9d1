//! The numbers behind a claim: how many green runs are enough, how wide the rate may be, and whether two samples
//! differ.
//!
//! The test for *steady* is a test martingale: against a failure rate of `r`, every green run multiplies the
//! evidence by `1 / (1 - r)`, and a red one ends it. Such evidence may be looked at after every run; it exceeds
//! `1 / alpha` under a rate of at least `r` with probability at most `alpha`, however one stops. After a failure the
//! interval is the confidence sequence of the uniform mixture, which may be looked at any time as well.

/// Wins and losses of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Sample {
    /// How often it ran.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
}

impl Sample {
    /// Takes another sample of the same thing into this one.
    pub(super) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.failures += other.failures;
    }

    /// Whether both a pass and a failure were seen.
    pub(super) fn is_mixed(self) -> bool {
        self.failures > 0 && self.failures < self.runs
    }
}

/// How many green runs in a row show a rate below `rate` with that confidence.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded below by construction"
)]
pub fn passes_needed(rate: f64, confidence: f64) -> u64 {
    let needed = (1.0 - confidence).ln() / (-rate).ln_1p();
    needed.ceil().clamp(1.0, 1e9) as u64
}

/// The interval for the failure rate, valid whenever one looks.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
pub fn interval(sample: Sample, confidence: f64) -> (f64, f64) {
    let alpha = 1.0 - confidence;
    let (runs, failures) = (sample.runs as f64, sample.failures as f64);
    if sample.runs == 0 {
        return (0.0, 1.0);
    }
    if sample.failures == 0 {
        return (0.0, 1.0 - alpha.powf(1.0 / runs));
    }
    let rate = failures / runs;
    // The log of the mixture's evidence against a rate of p, less its threshold.
    let evidence = |p: f64| {
        let mixed = ln_beta(failures + 1.0, runs - failures + 1.0);
        let passes = runs - failures;
        let own = failures * p.ln() + if passes > 0.0 { passes * (-p).ln_1p() } else { 0.0 };
        mixed - own + alpha.ln()
    };
    let low = bisect(0.0, rate, &evidence);
    let high = if sample.failures == sample.runs { 1.0 } else { bisect(1.0, rate, &evidence) };
    (low, high)
}

/// The place between `out` (evidence positive) and `within` (negative) where it crosses zero.
fn bisect(mut out: f64, mut within: f64, evidence: &dyn Fn(f64) -> f64) -> f64 {
    for _ in 0..80 {
        let middle = f64::midpoint(out, within);
        if evidence(middle) > 0.0 { out = middle } else { within = middle }
    }
    within
}

/// Fisher's exact test: how probable so large a difference is if both samples fail equally often (two-sided).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
pub fn fisher(one: Sample, other: Sample) -> f64 {
    let (runs, failures) = (one.runs + other.runs, one.failures + other.failures);
    let choose = |n: u64, k: u64| {
        let (n, k) = (n as f64, k as f64);
        ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
    };
    let probability = |k: u64| {
        let rest = failures - k;
        (choose(one.runs, k) + choose(other.runs, rest) - choose(runs, failures)).exp()
    };
    let least = failures.saturating_sub(other.runs);
    let most = failures.min(one.runs);
    let seen = probability(one.failures);
    let total: f64 = (least..=most).map(probability).filter(|p| *p <= seen * (1.0 + 1e-7)).sum();
    total.min(1.0)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Lanczos' approximation, good to 1e-13 for positive arguments.
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let mut sum = C[0];
    let mut at = x;
    for c in &C[1..] {
        at += 1.0;
        sum += c / at;
    }
    let t = x + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator with a fixed start: the simulations are the same on every run.
    struct Coin(u64);

    impl Coin {
        fn fails(&mut self, rate: f64) -> bool {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            #[expect(clippy::cast_precision_loss, reason = "a coin needs no more")]
            let draw = (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
            draw < rate
        }
    }

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-4
    }

    #[test]
    fn ten_green_runs_bound_the_rate_below_26_percent_and_59_below_5() {
        let (low, high) = interval(Sample { runs: 10, failures: 0 }, 0.95);
        assert!(low.abs() < 1e-12 && near(high, 0.258_866), "{high}");
        assert_eq!(passes_needed(0.05, 0.95), 59);
        assert_eq!(passes_needed(0.01, 0.95), 299);
    }

    #[test]
    fn fisher_agrees_with_published_values() {
        let sample = |runs, failures| Sample { runs, failures };
        // The lady tasting tea, and a table worked out by hand.
        assert!(near(fisher(sample(4, 3), sample(4, 1)), 0.485_714), "tea");
        assert!(near(fisher(sample(10, 1), sample(14, 11)), 0.002_759), "table");
        assert!(near(fisher(sample(20, 0), sample(20, 0)), 1.0), "nothing failed");
    }

    #[test]
    fn a_flaky_test_is_called_steady_no_more_often_than_promised() {
        let needed = passes_needed(0.05, 0.95);
        let mut coin = Coin(0x9E37_79B9_7F4A_7C15);
        let wrong = (0..20_000).filter(|_| (0..needed).all(|_| !coin.fails(0.05))).count();
        assert!(wrong <= 1_060, "{wrong} of 20000, promised at most 1000 and some noise");
    }

    #[test]
    fn the_interval_covers_the_rate_however_often_one_looks() {
        let mut coin = Coin(42);
        for rate in [0.02, 0.1, 0.5] {
            let missed = (0..150)
                .filter(|_| {
                    let mut sample = Sample::default();
                    (0..100).any(|_| {
                        sample.runs += 1;
                        sample.failures += u64::from(coin.fails(rate));
                        let (low, high) = interval(sample, 0.95);
                        sample.failures > 0 && !(low..=high).contains(&rate)
                    })
                })
                .count();
            assert!(missed <= 14, "{missed} of 150 at a rate of {rate}: promised 7 and some noise");
        }
    }
}
