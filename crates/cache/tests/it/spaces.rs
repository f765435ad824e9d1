//! Plans and measurements: valid on the way in, on the way out, and by import.

use std::io::Write as _;
use std::time::Duration;

use amorsize_cache::spaces::{
    BenchRecord, BenchSpace, PlanExecutor, PlanRecord, PlanSpace, Workload, bench_key, plan_key,
};
use amorsize_cache::{Cache, Fingerprint, Import, Options, Put, Time, Typed};
use amorsize_testkit::clock::ManualClock;

const NOW_NS: u64 = 1_767_225_600_000_000_000;

fn open(clock: &ManualClock) -> Cache {
    let options = Options { clock: std::sync::Arc::new(clock.clone()), ..Options::default() };
    Cache::open("memory:", &options).unwrap()
}

fn work() -> Workload {
    Workload {
        subject: "gzip -9 {}".to_owned(),
        code: b"gzip".to_vec(),
        items: 99,
        ..Workload::default()
    }
}

fn plan() -> PlanRecord {
    PlanRecord {
        workers: 4,
        chunk: 8,
        executor: PlanExecutor::Processes,
        items: 99,
        predicted_speedup: 3.2,
        predicted_secs: 1.0,
        serial_secs: 3.2,
        item_secs_mean: 0.03,
        item_secs_cv: 0.4,
        overhead_secs: Some(0.002),
        cpu_share: 0.98,
        memory_bytes: None,
        sampled: 7,
        reason: "parallel saves 2.2 s".to_owned(),
        warnings: Vec::new(),
        decided: Time::from_ns(NOW_NS),
    }
}

fn bench() -> BenchRecord {
    BenchRecord {
        serial_secs: 3.2,
        parallel_secs: 1.0,
        speedup: 3.2,
        workers: 4,
        chunk: 8,
        items: 99,
        n: 5,
        spread: 0.02,
        measured: Time::from_ns(NOW_NS),
    }
}

fn machine(cores: u32) -> Fingerprint {
    Fingerprint::new().exact("cores", cores)
}

fn said<T>(typed: Typed<T>) -> String {
    match typed {
        Typed::Hit(..) => "hit".to_owned(),
        Typed::Miss(miss) => miss.reasons.to_string(),
    }
}

#[test]
fn a_plan_is_found_again_and_every_miss_says_why() {
    let clock = ManualClock::at(NOW_NS);
    let cache = open(&clock);
    let plans = PlanSpace::new(&cache);
    let key = plan_key(&work());
    assert_eq!(said(plans.get(&key, None, None)), "absent: never stored");
    assert!(plans.put(&key, &plan(), Some(&machine(8))).unwrap().stored().is_some());
    assert_eq!(plans.get(&key, Some(&machine(8)), None).value().unwrap(), plan());
    assert_eq!(said(plans.get(&key, Some(&machine(4)), None)), "incompatible: cores 8 -> 4");
    let other = Workload { code: b"zstd".to_vec(), ..work() };
    let text = said(plans.get(&plan_key(&other), None, None));
    assert!(text.contains("the nearest entry differs in code"), "{text}");
    clock.advance(Duration::from_hours(8 * 24));
    assert_eq!(said(plans.get(&key, None, None)), "expired: age 8 d, TTL 7 d");
}

#[test]
fn a_measurement_of_another_plan_is_a_miss_that_says_so() {
    let cache = open(&ManualClock::at(NOW_NS));
    let benches = BenchSpace::new(&cache);
    let key = bench_key(&work(), b"the sample");
    assert_ne!(key.id(), bench_key(&work(), b"another sample").id());
    assert!(benches.put(&key, &bench(), None).unwrap().stored().is_some());
    assert!(benches.get_for(&key, &plan(), None).value().is_some());
    let other = PlanRecord { workers: 2, ..plan() };
    let text = said(benches.get_for(&key, &other, None));
    assert_eq!(text, "incompatible: plan's workers 4 -> 2");
}

#[test]
fn a_plan_is_scaled_and_never_replayed_blindly() {
    let scaled = plan().scaled_to(198);
    assert_eq!((scaled.workers, scaled.chunk), (4, 16));
    let few = plan().scaled_to(2);
    assert_eq!((few.workers, few.chunk), (2, 1));
    let none = plan().scaled_to(0);
    assert_eq!((none.workers, none.chunk), (1, 1));
}

/// Records that cannot be, as the change they make to a good one's JSON.
fn impossible() -> Vec<(&'static str, serde_json::Value)> {
    use serde_json::json;
    vec![
        ("workers", json!(-5)),
        ("workers", json!(0)),
        ("workers", json!(1e9)),
        ("workers", json!(null)),
        ("workers", json!("4")),
        ("chunk", json!(0)),
        ("predicted_speedup", json!(null)),
        ("predicted_speedup", json!(-1.0)),
        ("item_secs_cv", json!(1e300)),
        ("cpu_share", json!(1.5)),
        ("executor", json!("teleport")),
        ("decided_ns", json!(3_786_912_000_000_000_000_u64)),
        ("decided_ns", json!(null)),
        ("decided_ns", json!(0)),
        ("path", json!("../../etc/passwd")),
        ("warnings", json!(vec!["w"; 1_000])),
        ("reason", json!("x".repeat(10_000))),
    ]
}

#[test]
fn what_cannot_be_is_refused_on_reading_and_on_import_and_named() {
    let cache = open(&ManualClock::at(NOW_NS));
    let plans = PlanSpace::new(&cache);
    let key = plan_key(&work());
    for (field, value) in impossible() {
        let mut record = serde_json::to_value(plan()).unwrap();
        record[field] = value.clone();
        let body = record.to_string();
        // Somebody writes past the typed space.
        let how = Put { fmt: 1, ..Put::default() };
        assert!(cache.put(&key, body.as_bytes(), &how).unwrap().stored().is_some());
        let text = said(plans.get(&key, None, None));
        assert!(text.starts_with("corrupt: "), "{field} {value}: {text}");
        let mut export = Vec::new();
        cache.store().export(None, &mut export).unwrap();
        let error = cache.import(&mut &export[..], &Import::default()).unwrap_err();
        assert!(error.to_string().contains("plan record"), "{field} {value}: {error}");
    }
    assert!(said(plans.get(&key, None, None)).contains("`reason`"));
}

#[test]
fn a_bad_record_is_not_stored() {
    let cache = open(&ManualClock::at(NOW_NS));
    let key = plan_key(&work());
    let bad = PlanRecord { predicted_speedup: f64::NAN, ..plan() };
    let error = PlanSpace::new(&cache).put(&key, &bad, None).unwrap_err();
    assert!(error.to_string().contains("`predicted_speedup`"), "{error}");
    let wrong = BenchRecord { speedup: 9.0, ..bench() };
    let error = BenchSpace::new(&cache).put(&bench_key(&work(), b""), &wrong, None).unwrap_err();
    assert!(error.to_string().contains("the times say 3.200"), "{error}");
    let error = BenchSpace::new(&cache).put(&key, &bench(), None).unwrap_err();
    assert!(error.to_string().contains("namespace"), "{error}");
}

#[test]
fn repair_spares_records_of_every_space() {
    let cache = open(&ManualClock::at(NOW_NS));
    assert!(PlanSpace::new(&cache).put(&plan_key(&work()), &plan(), None).is_ok());
    let key = bench_key(&work(), b"sample");
    assert!(BenchSpace::new(&cache).put(&key, &bench(), None).is_ok());
    let repaired = cache.repair().unwrap();
    assert_eq!((repaired.entries, repaired.set_aside.len()), (2, 0));
    assert_eq!(BenchSpace::new(&cache).clear().unwrap(), 1);
    assert!(PlanSpace::new(&cache).get(&plan_key(&work()), None, None).value().is_some());
    let mut sink = Vec::new();
    sink.flush().unwrap();
    assert_eq!(cache.store().export(None, &mut sink).unwrap().entries, 1);
}
