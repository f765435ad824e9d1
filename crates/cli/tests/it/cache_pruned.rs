//! The failure this product was born from: an entry expires, another process prunes it over and over while readers look
//! it up. Every answer says `expired`, with an age that fits; none says `absent`.

use std::io::Write as _;
use std::process::{Child, Stdio};

use amorsize_testkit::servers::{self, Durability, Postgres, Redis};
use serde_json::Value;

use crate::program::Home;

const READERS: usize = 2;
/// Look-ups of one reader in one round; rounds go on while the pruner does.
const LOOKUPS: usize = 12_500;
/// So many in each of the two spaces: 100,000 on every engine.
const LOOKUPS_LEAST: usize = 50_000;
const PRUNES: usize = 100;

fn reader(home: &Home, store: &str, namespace: &str) -> Child {
    let words =
        ["cache", "--store", store, "--format", "json", "get-many", "--namespace", namespace];
    let mut child =
        home.command(&words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::spawn(move || {
        // The reader may end first when something is wrong; the assertions say what.
        drop(stdin.write_all("k\n".repeat(LOOKUPS).as_bytes()));
    });
    child
}

fn every_answer_says_expired(store: &str, namespace: &str) {
    let home = Home::new();
    let put = ["cache", "--store", store, "put", "k", "v", "--ttl", "0s", "--namespace", namespace];
    let stored = home.json(&put);
    let created = stored["created_ns"].as_u64().unwrap();
    let prune = ["cache", "--store", store, "prune"];
    std::thread::scope(|scope| {
        let pruner = scope.spawn(|| (0..PRUNES).for_each(|_| drop(home.good(&prune))));
        let mut seen = 0;
        while !pruner.is_finished() || seen < LOOKUPS_LEAST {
            let readers: Vec<Child> =
                (0..READERS).map(|_| reader(&home, store, namespace)).collect();
            for child in readers {
                let output = child.wait_with_output().unwrap();
                for line in String::from_utf8(output.stdout).unwrap().lines() {
                    check(&serde_json::from_str(line).unwrap(), created);
                    seen += 1;
                }
            }
        }
        pruner.join().unwrap();
    });
}

fn check(answer: &Value, created: u64) {
    assert_eq!(answer["verdict"], "expired", "{answer}");
    let reason = &answer["reasons"][0];
    let t = answer["t_ns"].as_u64().unwrap();
    assert_eq!(reason["age_ns"].as_u64().unwrap(), t - created, "{answer}");
    assert_eq!(answer["created_ns"].as_u64().unwrap(), created, "{answer}");
}

#[test]
fn in_sqlite_for_plans_and_for_benchmarks() {
    for namespace in ["plan", "bench"] {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("s.sqlite").display());
        every_answer_says_expired(&store, namespace);
    }
}

#[test]
fn in_postgresql_for_plans_and_for_benchmarks() {
    let Some(server) = servers::or_skip(Postgres::start()) else { return };
    for namespace in ["plan", "bench"] {
        let database = server.fresh_database().unwrap();
        every_answer_says_expired(&database, namespace);
    }
}

#[test]
fn in_redis_for_plans_and_for_benchmarks() {
    let Some(server) = servers::or_skip(Redis::start(Durability::None)) else { return };
    for namespace in ["plan", "bench"] {
        let store = format!("{}?prefix={namespace}", server.url());
        every_answer_says_expired(&store, namespace);
    }
}
