//! The two spaces every user has: a plan is remembered and scaled to other item counts, a measurement of another plan is
//! a miss that says so, and a plan made on another machine names what differs.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use amorsize_cache::spaces::{
    BenchRecord, BenchSpace, PlanExecutor, PlanRecord, PlanSpace, Workload, bench_key, plan_key,
};
use amorsize_cache::{Cache, Fingerprint, Options, Typed};

fn main() -> Result<(), amorsize_cache::Error> {
    let cache = Cache::open("memory:", &Options::default())?;
    let now = cache.store().meta()?.clock;
    let work = Workload {
        subject: "gzip -9 {}".to_owned(),
        code: b"gzip 1.13".to_vec(),
        items: 100,
        ..Workload::default()
    };
    let plan = PlanRecord {
        workers: 4,
        chunk: 5,
        executor: PlanExecutor::Processes,
        items: 100,
        predicted_speedup: 3.4,
        predicted_secs: 2.0,
        serial_secs: 6.8,
        item_secs_mean: 0.068,
        item_secs_cv: 0.3,
        overhead_secs: Some(0.002),
        cpu_share: 0.97,
        memory_bytes: None,
        sampled: 12,
        reason: "four workers pay".to_owned(),
        warnings: Vec::new(),
        decided: now,
    };
    let here = Fingerprint::new().exact("cores", 8_u32);
    let plans = PlanSpace::new(&cache);
    plans.put(&plan_key(&work), &plan, Some(&here))?;
    if let Typed::Hit(found, hit) = plans.get(&plan_key(&work), Some(&here), None) {
        let other = found.scaled_to(40);
        println!("100 items: {} x {}, age {:?}", found.workers, found.chunk, hit.age());
        println!(" 40 items: {} x {}", other.workers, other.chunk);
    }
    let there = Fingerprint::new().exact("cores", 4_u32);
    if let Some(miss) = plans.get(&plan_key(&work), Some(&there), None).miss() {
        println!("elsewhere: {}", miss.reasons);
    }
    let measured = BenchRecord {
        serial_secs: 6.6,
        parallel_secs: 2.2,
        speedup: 3.0,
        workers: 2,
        chunk: 5,
        items: 100,
        n: 7,
        spread: 0.02,
        measured: now,
    };
    let benches = BenchSpace::new(&cache);
    let key = bench_key(&work, b"a sample of the data");
    benches.put(&key, &measured, Some(&here))?;
    if let Some(miss) = benches.get_for(&key, &plan, Some(&here)).miss() {
        println!("benchmark: {}", miss.reasons);
    }
    Ok(())
}
