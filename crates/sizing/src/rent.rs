//! Serial or parallel, as ski rental: how long to go on renting before buying.
//!
//! A pool costs `start` once. The work is begun serially, and the pool is bought when the gain that is certain is
//! many times its price, or when so much has been spent serially that the price no longer matters. The second rule
//! alone bounds the loss: a run never takes more than `1 + epsilon` times the plain loop, whatever the sample said.

/// The share of the total that a needless pool may cost.
pub const EPSILON: f64 = 0.05;

/// What the decision is made from, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rent {
    /// The price of the pool.
    pub start_ns: f64,
    /// Spent serially so far.
    pub elapsed_ns: f64,
    /// The lower bound of the serial time that is left, where it is known.
    pub left_low_ns: Option<f64>,
    /// Workers the pool would have.
    pub workers: u64,
    /// How much a worker of the pool gets done beside the others; 1 is undisturbed.
    pub efficiency: f64,
}

/// Whether to buy the pool now.
#[must_use]
pub fn go_parallel(rent: &Rent) -> bool {
    let speed = crate::num::real(rent.workers) * rent.efficiency;
    if speed <= 1.0 {
        return false;
    }
    let threshold = rent.start_ns / EPSILON;
    match rent.left_low_ns {
        // A known rest that cannot pay its pool back is never worth it, however much is spent.
        Some(left) if left * (1.0 - 1.0 / speed) <= rent.start_ns => false,
        Some(left) => left * (1.0 - 1.0 / speed) > threshold || rent.elapsed_ns >= threshold,
        None => rent.elapsed_ns >= threshold,
    }
}

/// A cautious cost of an item, from those that were run so far: half the mean until three measurements are there, then
/// below it by what as many uneven items may be off.
#[must_use]
pub fn cautious_mean_ns(elapsed_ns: f64, items: u64, measurements: u64) -> f64 {
    let items = crate::num::real(items.max(1));
    let mean = elapsed_ns / items;
    if measurements < 3 { mean / 2.0 } else { mean * (1.0 - 0.5 / items.sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs equal items under the rule, with a sample that may lie by `lie`.
    fn total(item: f64, items: u32, start: f64, workers: u64, lie: f64) -> f64 {
        let mut elapsed = 0.0;
        for done in 0..items {
            let left = f64::from(items - done) * item;
            let left_low_ns = Some(left * lie);
            let rent = Rent {
                start_ns: start,
                elapsed_ns: elapsed,
                left_low_ns,
                workers,
                efficiency: 1.0,
            };
            if go_parallel(&rent) {
                // The worst case: the pool turns out to gain nothing.
                return elapsed + start + left;
            }
            elapsed += item;
        }
        elapsed
    }

    proptest! {
        #[test]
        fn a_truthful_sample_never_costs_more_than_epsilon(
            item in 1.0..1e6, items in 1_u32..2000, start in 1.0..1e8, workers in 1_u64..64,
        ) {
            let serial = item * f64::from(items);
            let taken = total(item, items, start, workers, 1.0);
            prop_assert!(taken <= serial * (1.0 + EPSILON) + 1e-3);
        }

        #[test]
        fn a_lying_sample_costs_at_most_the_pool(
            item in 1.0..1e6, items in 1_u32..2000, start in 1.0..1e8, lie in 0.0..100.0,
        ) {
            let serial = item * f64::from(items);
            prop_assert!(total(item, items, start, 4, lie) <= serial + start + 1e-3);
        }
    }

    #[test]
    fn one_worker_is_never_bought_and_much_work_is_bought_at_once() {
        let rent = Rent {
            start_ns: 1e6,
            elapsed_ns: 1e9,
            left_low_ns: Some(1e9),
            workers: 1,
            efficiency: 1.0,
        };
        assert!(!go_parallel(&rent));
        assert!(go_parallel(&Rent { workers: 2, elapsed_ns: 0.0, ..rent }));
        assert!(!go_parallel(&Rent { workers: 2, left_low_ns: Some(1e6), ..rent }));
        assert!(go_parallel(&Rent { workers: 2, left_low_ns: None, ..rent }));
    }
}
