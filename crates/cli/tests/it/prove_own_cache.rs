//! Our own cache under our own prover: the pairs most at odds with each other, on every engine that processes share. The whole
//! matrix is `cargo xtask prove-cache`.

use crate::program::Home;
use amorsize_testkit::servers::{Postgres, Redis, or_skip};

/// What varies from run to run and is no part of an answer.
const IGNORE: &[&str] =
    &["version [0-9]+", "[0-9-]+T[0-9:.]+Z", "pid [0-9]+", r"[0-9.]+ (ns|µs|us|ms|s|min|h|d)\b"];

/// Holds two operations on an expired entry against each other and wants every outcome serial.
fn assert_serial(store: &str, reset: &str, on: &[&str], pair: [&str; 2]) {
    let home = Home::new();
    let cache = format!("'{}' cache --store '{store}'", env!("CARGO_BIN_EXE_amorsize"));
    let operation = |words: &str| format!("{cache} {words}");
    let setup = format!("{reset} && {}", operation("put k old --ttl 1ms"));
    let [a, b] = pair.map(operation);
    // A miss is an answer here, not a failure.
    let probe = operation("get k 2>&1 || true");
    let mut words = vec!["prove", "--setup", &setup, "--a", &a, "--b", &b, "--probe", &probe];
    words.extend(on);
    words.extend(IGNORE.iter().flat_map(|pattern| ["--ignore", *pattern]));
    let proof = home.json(&words);
    let verdict = proof["verdict"].as_str().unwrap();
    // On a machine that is crowded out a party may run into a bound of its own; nothing is shown by that, either way.
    let is_serial = matches!(verdict, "GUARDED" | "CLOSED AT THIS GRANULARITY" | "INCONCLUSIVE");
    assert!(is_serial, "{pair:?}: {proof:#}");
    assert!(proof["coverage"]["boundaries_tried"].as_u64().unwrap() > 1, "{pair:?}: {proof:#}");
}

const ADD: &str = "add k new --ttl 1h";

#[test]
fn adds_and_prunes_on_sqlite_are_serial() {
    let on = ["--on", "db*", "--only", "^(write|unlink)"];
    assert_serial("sqlite:db", "rm -f db*", &on, [ADD, "prune"]);
}

#[test]
fn adds_and_prunes_on_redis_are_serial() {
    let Some(server) = or_skip(Redis::shared()) else { return };
    let reset = format!("redis-cli -p {} flushall", server.port());
    let on = format!("tcp:{}", server.port());
    for pair in [[ADD, ADD], [ADD, "prune"], ["prune", "prune"]] {
        assert_serial(&server.url(), &reset, &["--on", &on], pair);
    }
}

#[test]
fn adds_and_prunes_on_postgres_are_serial() {
    let Some(server) = or_skip(Postgres::shared()) else { return };
    let url = server.fresh_database().unwrap();
    let sql = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
    let reset = format!("psql -q -c '{sql}' '{url}' 2>/dev/null");
    let on = format!("tcp:{}", server.port());
    for pair in [[ADD, ADD], [ADD, "prune"]] {
        assert_serial(&url, &reset, &["--on", &on], pair);
    }
}
