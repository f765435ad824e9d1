//! The engines under the workload that finds every mutant: several processes, some killed, some stopped.
//!
//! This is a slice; `cargo xtask soak cache` runs it for as long as wanted.

use std::process::Command;
use std::time::Duration;

use amorsize_testkit::servers::{Postgres, Redis, or_skip};
use amorsize_testkit::soak::{Plan, Report, Worker, run};

const WORKER: &str = "AMORSIZE_SOAK_WORKER";

/// Not a test of its own: one worker of the tests below.
#[test]
fn worker() {
    let Some(args) = std::env::var_os(WORKER) else { return };
    let args: Vec<String> = args.to_string_lossy().split('\n').map(ToOwned::to_owned).collect();
    Worker::from_args(&args).expect("the parent's arguments").work().expect("a worker's work");
}

fn command(worker: &Worker) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "soak::worker", "--nocapture"])
        .env(WORKER, worker.to_args().join("\n"));
    command
}

#[track_caller]
#[expect(clippy::print_stderr, reason = "says what was seen")]
fn survives(plan: &Plan) -> Report {
    let report = run(plan, &command).expect("a soak");
    eprintln!(
        "{}: {} in {:?}, {} killed, {} stopped",
        plan.url, report.verdict, report.took, report.kills, report.stops
    );
    assert!(report.verdict.is_truthful(), "{}", report.verdict);
    assert_eq!(report.failures, 0, "workers failed");
    assert!(report.verdict.operations > 1_000, "{}", report.verdict);
    report
}

fn slice(url: &str) -> Plan {
    Plan { operations: 40_000, kills: 30, limit: Duration::from_secs(4), ..Plan::new(url) }
}

#[test]
fn memory_tells_the_truth_to_many_threads() {
    survives(&slice("memory:"));
    survives(&Plan { evict: 2, clear: 1, seed: 7, ..slice("memory:") });
}

#[test]
fn sqlite_tells_the_truth_to_killed_and_stopped_processes() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("soak.db").display());
    survives(&slice(&url));
    survives(&Plan { evict: 2, clear: 1, seed: 7, ..slice(&url) });
}

#[test]
fn postgres_tells_the_truth_to_killed_and_stopped_processes() {
    let Some(server) = or_skip(Postgres::shared()) else { return };
    let url = server.fresh_database().expect("a database");
    survives(&slice(&url));
    survives(&Plan { evict: 2, clear: 1, seed: 7, ..slice(&url) });
}

#[test]
fn redis_tells_the_truth_to_killed_and_stopped_processes() {
    let Some(server) = or_skip(Redis::shared()) else { return };
    let url = format!("{}?prefix=soak", server.url());
    survives(&slice(&url));
    survives(&Plan { evict: 2, clear: 1, seed: 7, ..slice(&url) });
}
