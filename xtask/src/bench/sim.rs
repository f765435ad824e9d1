//! Chunk rules in the simulator: the set-up of the published comparisons, then our own rule beside them.
//!
//! The set-up is Hagerup's (1997): exponential items with mean 1, an overhead of 0.5 a chunk, 1,024 to 65,536 items,
//! 2 to 1,024 workers; the figure is the average wasted time of a worker. His tables are not reprinted here. Instead
//! every cell whose value theory knows (STATIC, self-scheduling) stands beside it with its deviation, and FAC2 is held
//! against the spread that its reproduction gave (4.8 to 10). Only then our rule is judged: its regret against the
//! best of all fixed chunks and published rules, and what the rule that decides about threads costs.

use amorsize_sizing::chunk::Rule;
use amorsize_sizing::exact::{wasted_self_scheduling, wasted_static};
use amorsize_sizing::rent::{Rent, cautious_mean_ns, go_parallel};
use amorsize_sizing::rng::Rng;
use amorsize_sizing::sim::{self, Loop, wasted_each, wasted_learning};
use amorsize_sizing::stats::{deviation, mean, median, quantile};
use anyhow::Result;

#[expect(clippy::cast_precision_loss, reason = "counts of items are far below 2^53")]
const fn real(count: usize) -> f64 {
    count as f64
}

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
/// A cell may be off by so much.
const CELL_OFF_MOST: f64 = 0.05;
/// Self-scheduling's formula is for many items a worker.
const ITEMS_EACH_LEAST: u64 = 8;

/// Prints the tables.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let rounds = match words {
        ["--quick"] => 5,
        [] => 1000,
        _ => anyhow::bail!("only --quick is known"),
    };
    let mut cells = Vec::new();
    for items in [1024_usize, 8192, 65_536] {
        let rounds = (rounds * 4096 / items as u64).clamp(5, rounds);
        table(items, rounds, &mut cells);
    }
    check(&cells);
    regret(if rounds < 10 { 1 } else { 5 });
    short_runs(if rounds < 10 { 3 } else { 20 });
    stopping(if rounds < 10 { 40 } else { 400 });
    Ok(())
}

/// A cell whose value is known: what it is, what theory says, what came out.
struct Cell {
    what: String,
    told: f64,
    got: f64,
    /// The standard error of what came out.
    error: f64,
}

fn table(items: usize, rounds: u64, cells: &mut Vec<Cell>) {
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
            let each = wasted_each(rule, (items, workers), OVERHEAD, rounds);
            let got = mean(&each).unwrap_or(f64::NAN);
            let error = deviation(&each).unwrap_or(f64::NAN) / real(each.len()).sqrt();
            print!("{got:10.2}");
            if let Some(told) = known(rule, items as u64, workers) {
                cells.push(Cell {
                    what: format!("{name}, {items} items, {workers} workers"),
                    told,
                    got,
                    error,
                });
            }
        }
        println!();
    }
    print!("{:12}", "ours, learns");
    for workers in WORKERS {
        print!("{:10.2}", wasted_learning(items, workers, OVERHEAD, rounds));
    }
    println!();
}

fn known(rule: Rule, items: u64, workers: u64) -> Option<f64> {
    match rule {
        Rule::Static => Some(wasted_static(items, workers, OVERHEAD)),
        Rule::SelfScheduling if items / workers >= ITEMS_EACH_LEAST => {
            Some(wasted_self_scheduling(items, workers, OVERHEAD))
        }
        _ => None,
    }
}

fn check(cells: &[Cell]) {
    println!("\n{:38} {:>10} {:>10} {:>8}", "cells that theory knows", "theory", "simulator", "+-");
    let mut missed = 0;
    for cell in cells {
        let off = cell.got - cell.told;
        // What chance alone explains at three standard errors is no deviation.
        let misses = off.abs() > CELL_OFF_MOST * cell.told && off.abs() > 3.0 * cell.error;
        missed += usize::from(misses);
        let word = if misses { "  MISS" } else { "" };
        println!(
            "{:38} {:10.2} {:10.2} {:8.2} {:+6.1} %{word}",
            cell.what,
            cell.told,
            cell.got,
            cell.error,
            off / cell.told * 100.0
        );
    }
    println!(
        "{} of {} cells within 5 %, or within three standard errors (+-)",
        cells.len() - missed,
        cells.len()
    );
}

const SHAPES: [&str; 5] = ["fixed", "exponential", "lognormal", "bimodal", "heavy end"];

fn costs(shape: &str, items: usize, rng: &mut Rng) -> Vec<f64> {
    let cost = |at: usize, rng: &mut Rng| match shape {
        "exponential" => rng.exponential(1.0),
        "lognormal" => rng.lognormal(1.0, 1.0),
        "bimodal" if rng.unit() < 0.1 => 5.5,
        "bimodal" => 0.5,
        "heavy end" if at * 10 >= items * 9 => 5.5,
        "heavy end" => 0.5,
        _ => 1.0,
    };
    (0..items).map(|at| cost(at, rng)).collect()
}

/// Our makespan, learning, over the best of every fixed chunk and every published rule that is told the truth.
fn regret(rounds: u64) {
    println!(
        "\nregret against the best fixed policy, told the truth (100 items a worker, overhead 0.01 to 8)"
    );
    print!("{:12}", "workers");
    for workers in WORKERS {
        print!("{workers:>10}");
    }
    println!();
    let mut all = Vec::new();
    for shape in SHAPES {
        print!("{shape:12}");
        for workers in WORKERS {
            let mut regrets = Vec::new();
            for (round, overhead) in (0..rounds).flat_map(|r| [0.01, 0.5, 8.0].map(|h| (r, h))) {
                let mut rng = Rng::new(round * 31 + workers);
                let items = usize::try_from(workers).unwrap_or(1) * 100;
                let costs = costs(shape, items, &mut rng);
                regrets.push(one_regret(&Loop { costs: &costs, workers, overhead }));
            }
            print!("{:10.3}", median(&regrets).unwrap_or(f64::NAN));
            all.extend(regrets);
        }
        println!();
    }
    let at = |share| quantile(&all, share).unwrap_or(f64::NAN);
    println!(
        "median {:.3}, 90 % {:.3}, worst {:.3} of {} loops",
        at(0.5),
        at(0.9),
        at(1.0),
        all.len()
    );
}

/// The shapes of `bench run` on two workers, where starting a process costs about 1.8 ms.
fn short_runs(rounds: u64) {
    const START_MS: f64 = 1.8;
    println!(
        "\nshort runs of commands on 2 workers, {START_MS} ms a process: regret, median and worst, by the whole run's length"
    );
    let kinds = ["fixed", "lognormal", "bimodal", "heavy end"];
    for tenths in [2000, 5000, 10_000, 40_000_usize] {
        print!("{:7} ms", tenths / 10);
        let mut all = Vec::new();
        for shape in kinds {
            let mut regrets = Vec::new();
            for (round, each) in (0..rounds).flat_map(|r| [1, 10, 100, 1000].map(|each| (r, each)))
            {
                let items = (tenths / each).max(4);
                let mut rng = Rng::new(round * 31 + 7);
                let costs: Vec<f64> = costs(shape, items, &mut rng)
                    .iter()
                    .map(|cost| cost * real(each) / 10.0)
                    .collect();
                regrets.push(one_regret(&Loop { costs: &costs, workers: 2, overhead: START_MS }));
            }
            print!(
                "  {shape} {:6.3} {:6.3}",
                median(&regrets).unwrap_or(f64::NAN),
                quantile(&regrets, 1.0).unwrap_or(f64::NAN)
            );
            all.extend(regrets);
        }
        println!(
            "  all {:6.3} {:6.3}",
            median(&all).unwrap_or(f64::NAN),
            quantile(&all, 1.0).unwrap_or(f64::NAN)
        );
    }
}

fn one_regret(of: &Loop<'_>) -> f64 {
    let n = of.costs.len();
    let mean = of.costs.iter().sum::<f64>() / real(n);
    let squares: f64 = of.costs.iter().map(|cost| (cost - mean).powi(2)).sum();
    let deviation = (squares / real(n)).sqrt();
    let chunks = (0..12).map(|power| sim::fixed(of, 1 << power).makespan);
    let rules = RULES[..7].iter().map(|(_, rule)| sim::run(of, *rule, mean, deviation).makespan);
    let best = chunks.chain(rules).fold(f64::INFINITY, f64::min);
    sim::learning(of).makespan / best
}

/// What deciding between serial and parallel costs when nothing is known beforehand.
fn stopping(rounds: u64) {
    println!(
        "\nserial or parallel, decided while it runs, against the better of the two, known beforehand"
    );
    println!(
        "{:12} {:>22} {:>29} {:>22}",
        "", "where serial is best", "where parallel is best", "wrong and dear (> 5 %)"
    );
    println!(
        "{:12} {:>11} {:>10} {:>9} {:>9} {:>9}",
        "shape", "median", "worst", "median", "90 %", "worst"
    );
    for shape in SHAPES {
        let (mut serial, mut parallel) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            let mut rng = Rng::new(round * 977 + 5);
            let items = 1 << (3 + rng.below(10));
            let workers = 2 << rng.below(5);
            let costs = costs(shape, items, &mut rng);
            // From a pool that costs a hundredth of an item to one that costs a hundred of them.
            let start = 10_f64.powf(rng.unit() * 4.0 - 2.0);
            let (loss, serial_is_best) = one_stop(&costs, start, workers);
            let list = if serial_is_best { &mut serial } else { &mut parallel };
            list.push(loss);
        }
        let errors = serial.iter().chain(&parallel).filter(|loss| **loss > 1.05).count();
        let all = serial.len() + parallel.len();
        let at = |list: &[f64], share| quantile(list, share).unwrap_or(f64::NAN);
        println!(
            "{shape:12} {:11.3} {:10.3} {:9.3} {:9.3} {:9.3} {errors:10} of {all} ({:.0} %)",
            at(&serial, 0.5),
            at(&serial, 1.0),
            at(&parallel, 0.5),
            at(&parallel, 0.9),
            at(&parallel, 1.0),
            100.0 * real(errors) / real(all)
        );
    }
    println!("(the rule guards the plain loop first: a pool must promise twenty times its price)");
}

fn one_stop(costs: &[f64], start: f64, workers: u64) -> (f64, bool) {
    let serial: f64 = costs.iter().sum();
    let parallel = |work: f64| start + work / real(usize::try_from(workers).unwrap_or(1));
    let best = serial.min(parallel(serial));
    let serial_is_best = serial <= parallel(serial);
    let mut elapsed = 0.0;
    for (done, cost) in (1_u64..).zip(costs) {
        elapsed += cost;
        let left = cautious_mean_ns(elapsed, done, done)
            * real(costs.len() - usize::try_from(done).unwrap_or(0));
        let rent = Rent {
            start_ns: start,
            elapsed_ns: elapsed,
            left_low_ns: Some(left),
            workers,
            efficiency: 1.0,
        };
        if go_parallel(&rent) {
            return ((elapsed + parallel(serial - elapsed)) / best, serial_is_best);
        }
    }
    (serial / best, serial_is_best)
}
