//! Chunk rules in the simulator: the set-up of the published comparisons, then our own rule beside them.
//!
//! The set-up is Hagerup's (1997): exponential items with mean 1, an overhead of 0.5 a chunk, 1,024 to 65,536 items,
//! 2 to 1,024 workers; the figure is the average wasted time of a worker. Cells whose value is known without any
//! experiment stand beside it: self-scheduling wastes its overhead (h n / p), one item each waits for the harmonic
//! number. Our rule is shown twice: told the truth, and learning it while it runs.

use amorsize_sizing::chunk::Rule;
use amorsize_sizing::sim::{wasted_exponential, wasted_learning};
use anyhow::Result;

const OVERHEAD: f64 = 0.5;
const WORKERS: [u64; 5] = [2, 8, 64, 256, 1024];
const RULES: [(&str, Rule); 8] = [
    ("STATIC", Rule::Static),
    ("SS", Rule::SelfScheduling),
    ("FSC", Rule::FixedSize),
    ("GSS", Rule::Guided),
    ("TSS", Rule::Trapezoid),
    ("FAC", Rule::Factoring),
    ("FAC2", Rule::FactoringHalves),
    ("ours, told", Rule::TwoEpsilon),
];

/// Prints the tables.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let rounds = match words {
        ["--quick"] => 5,
        [] => 100,
        _ => anyhow::bail!("only --quick is known"),
    };
    for items in [1024_usize, 8192, 65_536] {
        let rounds = if items > 10_000 { rounds / 5 } else { rounds }.max(2);
        println!(
            "\n{items} items, exponential, overhead {OVERHEAD}: average wasted time ({rounds} rounds)"
        );
        print!("{:12}", "workers");
        for workers in WORKERS {
            print!("{workers:>10}");
        }
        println!();
        for (name, rule) in RULES {
            print!("{name:12}");
            for workers in WORKERS {
                print!("{:10.2}", wasted_exponential(rule, items, workers, OVERHEAD, rounds));
            }
            println!();
        }
        print!("{:12}", "ours, learns");
        for workers in WORKERS {
            print!("{:10.2}", wasted_learning(items, workers, OVERHEAD, rounds));
        }
        println!();
        check(items, rounds);
    }
    Ok(())
}

/// The cells that are known exactly.
fn check(items: usize, rounds: u64) {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let expected = OVERHEAD * items as f64 / 2.0;
    let got = wasted_exponential(Rule::SelfScheduling, items, 2, OVERHEAD, rounds);
    println!(
        "check: SS on 2 workers {got:.1}, h n / p = {expected:.1} ({:+.1} %)",
        (got / expected - 1.0) * 100.0
    );
    if items == 1024 {
        let harmonic: f64 = (1..=1024_u32).map(|k| 1.0 / f64::from(k)).sum();
        let expected = harmonic - 1.0 + OVERHEAD;
        let got = wasted_exponential(Rule::Static, items, 1024, OVERHEAD, rounds);
        println!(
            "check: one item each on 1,024 workers {got:.2}, H(1024) - 1 + h = {expected:.2} ({:+.1} %)",
            (got / expected - 1.0) * 100.0
        );
    }
}
