//! Real clients on real servers, held before their requests, with no proxy and no configuration.

use crate::support::{Case, example, library_python, text};
use amorsize_finding::{ProofVerdict, Shown};
use amorsize_prove::{Proof, Roles};
use amorsize_testkit::servers::{Memcached, Postgres, Redis, or_skip};

fn assert_proved(proof: &Proof, shown: Shown) {
    assert_eq!(
        (proof.verdict, proof.shown),
        (ProofVerdict::Proved, Some(shown)),
        "{}",
        text(proof)
    );
}

fn redis_case(command: &str) -> Option<Case> {
    let python = library_python()?;
    let server = or_skip(Redis::shared())?;
    let port = server.port();
    let run = |command: &str| format!("{python} {} {port} {command}", example("redis_cache.py"));
    let (a, b) = (run(&format!("{command} k a")), run(&format!("{command} k b")));
    let case = Case::new(&a, &b, &format!("tcp:{port}"));
    Some(case.setup(&run("clear")).probe(&run("show")))
}

#[test]
fn redis_get_then_set_lets_both_win() {
    let Some(case) = redis_case("add") else { return };
    let proof = case.run();
    assert_proved(&proof, Shown::DoubleWin);
    let witness = proof.witness.unwrap();
    assert_eq!(witness.window_labels, ("GET k".to_owned(), "SET k a".to_owned()));
}

#[test]
fn redis_set_nx_tells_the_loser() {
    let Some(case) = redis_case("add-nx") else { return };
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(proof.guards[0].what.contains("SET k"), "{}", text(&proof));
}

#[test]
fn redis_behind_the_proxy_gives_the_same_verdicts() {
    for (command, proved) in [("add", true), ("add-nx", false)] {
        let Some(mut case) = redis_case(command) else { return };
        let port = or_skip(Redis::shared()).map(Redis::port).unwrap_or_default();
        case.experiment.on = vec![format!("wire:redis=127.0.0.1:{port}").parse().unwrap()];
        for text in [&mut case.experiment.a, &mut case.experiment.b] {
            *text = text.replace(&port.to_string(), "{port}");
        }
        let proof = case.run();
        let expected = if proved { ProofVerdict::Proved } else { ProofVerdict::Guarded };
        assert_eq!(proof.verdict, expected, "{}", text(&proof));
    }
}

#[test]
fn postgres_behind_the_proxy_loses_an_update() {
    let Some(server) = or_skip(Postgres::shared()) else { return };
    let url = server.fresh_database().unwrap();
    let on = format!("wire:postgres=127.0.0.1:{}", server.port());
    let session = url.replace(&format!(":{}/", server.port()), ":{port}/");
    let add = |by: &str| {
        let script = format!("SELECT v FROM c \\\\gset\\nUPDATE c SET v = :v + {by};\\n");
        format!("printf '{script}' | psql -qAt -v ON_ERROR_STOP=1 {session}")
    };
    let case = Case::new(&add("1"), &add("10"), &on)
        .setup(&format!("psql -q -c 'DROP TABLE IF EXISTS c' -c 'CREATE TABLE c AS SELECT 0 AS v' {url} 2>/dev/null"))
        .probe(&format!("psql -qAt -c 'SELECT v FROM c' {url}"));
    assert_proved(&case.run(), Shown::Lost);
}

fn memcached_case(command: &str, key: &str) -> Option<Case> {
    let python = library_python()?;
    let port = or_skip(Memcached::shared())?.port();
    let script = example("memcached_cache.py");
    let run = |command: &str| format!("{python} {script} {port} {command}");
    let value =
        |value: &str| if command.starts_with("add") { value.to_owned() } else { String::new() };
    let party = |by: &str| run(&format!("{command} {key} {}", value(by)));
    let case = Case::new(&party("a"), &party("b"), &format!("tcp:{port}"));
    Some(case.setup(&run("clear")).probe(&run(&format!("show {key}"))))
}

#[test]
fn memcached_get_then_set_is_proved() {
    for (command, key, shown) in [("add", "k", Shown::DoubleWin), ("count", "n", Shown::Lost)] {
        let Some(case) = memcached_case(command, key) else { return };
        assert_proved(&case.run(), shown);
    }
}

#[test]
fn memcached_add_and_cas_tell_the_loser() {
    for (command, key, told) in [("add-once", "k", "NOT_STORED"), ("count-cas", "n", "EXISTS")] {
        let Some(case) = memcached_case(command, key) else { return };
        let proof = case.run();
        assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
        assert!(proof.guards[0].what.contains(told), "{}", text(&proof));
    }
}

#[test]
fn memcached_behind_the_proxy_gives_the_same_verdicts() {
    for (command, expected) in [("add", ProofVerdict::Proved), ("add-once", ProofVerdict::Guarded)]
    {
        let Some(mut case) = memcached_case(command, "k") else { return };
        let port = or_skip(Memcached::shared()).map(Memcached::port).unwrap_or_default();
        case.experiment.on = vec![format!("wire:memcached=127.0.0.1:{port}").parse().unwrap()];
        for text in [&mut case.experiment.a, &mut case.experiment.b] {
            *text = text.replace(&port.to_string(), "{port}");
        }
        let proof = case.run();
        assert_eq!(proof.verdict, expected, "{}", text(&proof));
    }
}

#[test]
fn every_library_for_postgres_is_held_the_same() {
    let (Some(python), Some(server)) = (library_python(), or_skip(Postgres::shared())) else {
        return;
    };
    let url = server.fresh_database().unwrap();
    let script = example("postgres_counter.py");
    let psql = |sql: &str| format!("psql -qAt -c \"{sql}\" {url}");
    for (library, way, expected) in [
        ("psycopg2", "plain", ProofVerdict::Proved),
        ("asyncpg", "plain", ProofVerdict::Proved),
        ("asyncpg", "locked", ProofVerdict::Guarded),
    ] {
        let run = format!("{python} {script} {library} {url} {way}");
        let case = Case::new(&run, &run, &format!("tcp:{}", server.port()))
            .setup(&psql("DROP TABLE IF EXISTS c; CREATE TABLE c AS SELECT 0 AS v"))
            .probe(&psql("SELECT v FROM c"));
        let proof = case.run();
        assert_eq!(proof.verdict, expected, "{library} {way}: {}", text(&proof));
    }
}

#[test]
fn two_that_count_alike_are_guarded_by_watch() {
    let Some(mut case) = redis_case("incr") else { return };
    assert_proved(&case.run(), Shown::Lost);
    for text in [&mut case.experiment.a, &mut case.experiment.b] {
        *text = text.replace(" incr k a", " incr-watch k").replace(" incr k b", " incr-watch k");
    }
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(proof.guards[0].what.contains("EXEC"), "{}", text(&proof));
}

/// Django's database cache on a database of its own; the state is put back by `psql`.
struct Django {
    python: String,
    database: String,
    url: String,
    port: u16,
}

impl Django {
    fn new() -> Option<Self> {
        let python = library_python()?;
        let server = or_skip(Postgres::shared())?;
        let url = server.fresh_database().unwrap();
        let name = url.rsplit('/').next().unwrap().to_owned();
        let port = server.port();
        Some(Self { python, database: format!("postgres:{port}:{name}"), url, port })
    }

    fn cache(&self, command: &str) -> String {
        format!("{} {} {} {command}", self.python, example("django_cache.py"), self.database)
    }

    fn sql(&self, sql: &str) -> String {
        format!("psql -qAt -v ON_ERROR_STOP=1 -c \"{sql}\" {}", self.url)
    }

    /// Two operations on a table that holds one expired entry, or none.
    fn case(&self, a: &str, b: &str, expired: bool) -> Case {
        let seed = if expired { "INSERT INTO django_cache SELECT * FROM seed" } else { "SELECT 1" };
        let on = format!("tcp:{}", self.port);
        let mut case = Case::new(&self.cache(a), &self.cache(b), &on)
            .setup(&self.sql(&format!("TRUNCATE django_cache; {seed}")))
            .probe(&self.sql("SELECT cache_key, value FROM django_cache ORDER BY 1"));
        let make = format!(
            "{} && {} && {}",
            self.cache("make"),
            self.cache("expired k old"),
            self.sql("CREATE TABLE IF NOT EXISTS seed AS SELECT * FROM django_cache")
        );
        crate::support::shell(&case.experiment.directory, &make);
        // A and B do the same here, so one role and the boundaries from the look on are enough.
        case.experiment.roles = Roles::HoldA;
        case.experiment.only =
            Some(regex::Regex::new("^(SELECT .cache_key|INSERT|UPDATE|DELETE|COMMIT)").unwrap());
        case
    }
}

#[test]
fn django_add_on_an_expired_key_lets_both_win() {
    let Some(django) = Django::new() else { return };
    let proof = django.case("add k a", "add k b", true).run();
    assert_proved(&proof, Shown::DoubleWin);
    let witness = proof.witness.as_ref().unwrap();
    assert!(witness.window_labels.0.contains("SELECT"), "{}", text(&proof));
    assert!(witness.window_labels.1.starts_with("COMMIT"), "{}", text(&proof));
    let waits = proof.boundaries.iter().filter(|tried| tried.waited.is_some()).count();
    assert!(waits > 0, "held before COMMIT, the other one's UPDATE waits: {}", text(&proof));
}

#[test]
fn one_upsert_that_carries_the_condition_is_guarded() {
    let Some(django) = Django::new() else { return };
    let proof = django.case("upsert k a", "upsert k b", true).run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
}

#[test]
fn django_add_on_an_absent_key_is_guarded_by_the_primary_key() {
    let Some(django) = Django::new() else { return };
    let proof = django.case("add k a", "add k b", false).run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
    assert!(
        proof.guards.iter().any(|guard| guard.what.contains("django_cache_pkey")),
        "{}",
        text(&proof)
    );
}

#[test]
fn a_purging_get_deletes_what_an_add_has_just_stored() {
    let Some(django) = Django::new() else { return };
    let proof = django.case("get k", "add k b", true).run();
    assert_proved(&proof, Shown::Lost);
    assert!(proof.witness.unwrap().window_labels.1.contains("DELETE"));
}

fn sqlite_case(kind: &str) -> Option<Case> {
    let python = library_python()?;
    let run =
        |command: &str| format!("{python} {} {kind}:db {command}", example("django_cache.py"));
    let mut case = Case::new(&run("set k new"), &run("set other new"), "db");
    crate::support::shell(
        &case.experiment.directory,
        &format!("{} && {}", run("make"), run("set k old")),
    );
    crate::support::shell(&case.experiment.directory, "cp db seed");
    let select = "SELECT cache_key, value FROM django_cache ORDER BY 1";
    let show = format!("import sqlite3; print(*sqlite3.connect('db').execute('{select}'))");
    let show = format!("{} -S -c \"{show}\"", crate::support::python());
    case = case.setup("rm -f db-*; cp seed db").probe(&show);
    case.experiment.roles = Roles::HoldA;
    // The second look at the file holds the transaction's read lock; the writes follow it.
    case.experiment.only = Some(regex::Regex::new("^(stat|write).*db").unwrap());
    Some(case)
}

#[test]
fn django_set_on_sqlite_as_it_comes_keeps_the_old_value_silently() {
    let Some(case) = sqlite_case("sqlite") else { return };
    assert_proved(&case.run(), Shown::Stale);
}

#[test]
fn django_set_on_sqlite_with_immediate_transactions_waits() {
    let Some(case) = sqlite_case("sqlite-immediate") else { return };
    let proof = case.run();
    assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", text(&proof));
}
