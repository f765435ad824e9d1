//! How far the learning chunk rule is from the best fixed chunk, on shapes of work it was not tuned on.

use amorsize_sizing::rng::Rng;
use amorsize_sizing::sim::{self, Loop};

fn shape(name: &str, items: usize, rng: &mut Rng) -> Vec<f64> {
    let cost = |at: usize, rng: &mut Rng| match name {
        "fixed" => 1.0,
        "lognormal" => rng.lognormal(1.0, 1.0),
        "bimodal" if rng.unit() < 0.05 => 15.0,
        "bimodal" => 0.26,
        "rising" => 2.0 * at as f64 / items as f64,
        "falling" => 2.0 - 2.0 * at as f64 / items as f64,
        "heavy end" if at * 20 >= items * 19 => 10.0,
        "heavy end" => 0.53,
        _ => unreachable!("no such shape"),
    };
    (0..items).map(|at| cost(at, rng)).collect()
}

/// Our makespan over the best of all fixed chunks.
fn regret(costs: &[f64], workers: u64, overhead: f64) -> f64 {
    let of = Loop { costs, workers, overhead };
    let sizes = (0..18).map(|power| 1_u64 << power);
    let best = sizes.map(|chunk| sim::fixed(&of, chunk).makespan).fold(f64::INFINITY, f64::min);
    sim::learning(&of).makespan / best
}

#[test]
fn the_chunk_rule_stays_near_the_best_fixed_chunk() {
    let mut rng = Rng::new(5);
    let mut all = Vec::new();
    for name in ["fixed", "lognormal", "bimodal", "rising", "falling", "heavy end"] {
        for (items, workers) in [(5_000, 2), (5_000, 8), (20_000, 32)] {
            for overhead in [0.01, 1.0, 8.0] {
                let costs = shape(name, items, &mut rng);
                let regret = regret(&costs, workers, overhead);
                assert!(regret < 1.25, "{name} on {workers}, overhead {overhead}: {regret:.3}");
                all.push(regret);
            }
        }
    }
    let median = amorsize_sizing::stats::median(&all).unwrap();
    assert!(median < 1.05, "{median:.3}");
}
