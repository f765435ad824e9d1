//! What the product promises its users: an expired entry is called expired, with its age, while another process prunes.

use std::process::{Child, Command};
use std::time::Duration;

use amorsize_cache::spaces::{
    BenchRecord, BenchSpace, PlanExecutor, PlanRecord, PlanSpace, Workload, bench_key, plan_key,
};
use amorsize_cache::{Cache, Key, LimitBy, Miss, Options, Prune, Reason, Time};
use amorsize_os::clock::{Clock as _, SystemClock};
use amorsize_testkit::clock::SkewedClock;

const PRUNER: &str = "AMORSIZE_TEST_PRUNER";
const ENTRIES: u64 = 1_500;
const LOOK_UPS: u64 = 100_000;
const DAY: Duration = Duration::from_hours(24);

/// Not a test of its own: the process that prunes, one entry at a time, until it is killed.
#[test]
fn pruner() {
    let Some(path) = std::env::var_os(PRUNER) else { return };
    let cache = open(&path.to_string_lossy(), 0);
    let how = Prune { margin: Duration::ZERO, limit: Some(1), ..Prune::default() };
    loop {
        drop(cache.prune(&how));
    }
}

/// Ends the pruner with the test, however that ends.
struct Pruner(Child);

impl Pruner {
    fn start(path: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "acceptance::pruner"]).env(PRUNER, path);
        Self(command.stdout(std::process::Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Pruner {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn open(path: &str, ahead_ns: i64) -> Cache {
    let clock = std::sync::Arc::new(SkewedClock { ahead_ns });
    let options = Options {
        clock,
        busy: Duration::from_secs(10),
        upkeep: false,
        program: "test".to_owned(),
        ..Options::default()
    };
    Cache::open(path, &options).unwrap()
}

fn work(number: u64) -> Workload {
    Workload { subject: format!("job {number}"), items: 1 + number % 100, ..Workload::default() }
}

fn plan(decided: Time) -> PlanRecord {
    PlanRecord {
        workers: 2,
        chunk: 4,
        executor: PlanExecutor::Threads,
        items: 10,
        predicted_speedup: 1.9,
        predicted_secs: 1.0,
        serial_secs: 1.9,
        item_secs_mean: 0.19,
        item_secs_cv: 0.1,
        overhead_secs: Some(0.002),
        cpu_share: 1.0,
        memory_bytes: None,
        sampled: 3,
        reason: "it pays".to_owned(),
        warnings: Vec::new(),
        decided,
    }
}

fn bench(measured: Time) -> BenchRecord {
    BenchRecord {
        serial_secs: 2.0,
        parallel_secs: 1.0,
        speedup: 2.0,
        workers: 2,
        chunk: 4,
        items: 10,
        n: 3,
        spread: 0.01,
        measured,
    }
}

fn keys(number: u64) -> (Key, Key) {
    (plan_key(&work(number)), bench_key(&work(number), b"sample"))
}

/// Whether the body was cleaned away, of a miss that has to say "expired, 8.2 days old, TTL 7 days".
fn check(miss: &Miss, number: u64) -> bool {
    let [Reason::Expired { age, ttl, limit_by, pruned }] = miss.reasons.all() else {
        unreachable!("entry {number}: {}", miss.reasons);
    };
    assert_eq!((*ttl, *limit_by), (DAY * 7, LimitBy::Writer), "entry {number}");
    assert!(*age >= DAY.mul_f64(8.2) && *age < DAY.mul_f64(8.3), "entry {number}: {age:?}");
    assert_eq!(miss.t.since(miss.created.unwrap()), *age, "entry {number}");
    pruned.is_some()
}

#[test]
fn expired_stays_expired_in_both_spaces_while_another_process_prunes() {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = dir.path().join("cache.db").display().to_string();
    let back = i64::try_from(DAY.mul_f64(8.2).as_nanos()).unwrap();
    let past = open(&path, -back);
    let then = Time::from_ns(SystemClock.now_ns()).minus(DAY.mul_f64(8.2));
    for number in 0..ENTRIES {
        let (plan_key, bench_key) = keys(number);
        let put = PlanSpace::new(&past).put(&plan_key, &plan(then), None).unwrap();
        assert!(put.stored().is_some());
        let put = BenchSpace::new(&past).put(&bench_key, &bench(then), None).unwrap();
        assert!(put.stored().is_some());
    }
    let cache = open(&path, 0);
    // How many of two look-ups came after the prune of their entry.
    let look = |number: u64| {
        let (plan_key, bench_key) = keys(number);
        let plan = PlanSpace::new(&cache).get(&plan_key, None, None).miss().unwrap();
        let bench = BenchSpace::new(&cache).get(&bench_key, None, None).miss().unwrap();
        u64::from(check(&plan, number)) + u64::from(check(&bench, number))
    };
    assert_eq!(look(0), 0, "nobody prunes yet");
    let pruner = Pruner::start(&path);
    let (mut pruned, mut look_ups) = (0, 0);
    // However late the pruner gets its turn, the look-ups go on until it has had it.
    while look_ups < LOOK_UPS || pruned == 0 {
        pruned += look(look_ups.wrapping_mul(7_919) % ENTRIES);
        look_ups += 2;
    }
    drop(pruner);
    let total = cache.store().stats().unwrap().total;
    assert_eq!(total.pruned + total.expired, 2 * ENTRIES);
    assert_eq!((total.live, total.corrupt), (0, 0));
}
