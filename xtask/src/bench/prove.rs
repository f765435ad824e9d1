//! The cases the prover must decide: each three times on the real program, with its verdict and how long it took.
//!
//! Every row is a test of the prover that asserts the verdict; a run that comes to another one fails the bench.

use amorsize_os::clock::Stopwatch;
use anyhow::{Result, bail};

use crate::shell;

const RUNS: usize = 3;

/// A case may take this long, except where each of hundreds of system calls is a boundary.
const SECONDS_MAX: f64 = 30.0;
const NO_LIMIT: &str = "by system calls";

/// The case, its verdict, and the test that runs it.
type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("Django on PostgreSQL: add/add on an expired key", "PROVED double-win", "servers::django_add_on_an_expired_key_lets_both_win"),
    ("the same with one upsert carrying the condition", "GUARDED", "servers::one_upsert_that_carries_the_condition_is_guarded"),
    ("add/add on an absent key", "GUARDED (primary key)", "servers::django_add_on_an_absent_key_is_guarded_by_the_primary_key"),
    ("add on expired against get's purge", "PROVED lost", "servers::a_purging_get_deletes_what_an_add_has_just_stored"),
    ("set(k) against set(other), SQLite by system calls", "PROVED stale", "servers::django_set_on_sqlite_as_it_comes_keeps_the_old_value_silently"),
    ("the same with IMMEDIATE, SQLite by system calls", "GUARDED", "servers::django_set_on_sqlite_with_immediate_transactions_waits"),
    ("client-go: Resync against Pop, Update, Delete, Replace", "GUARDED (f.lock) x4", "callables::client_go_resync_makes_every_other_writer_of_the_queue_wait"),
    ("client-go: store written after Pop, against Update, Delete", "PROVED lost x2", "callables::client_go_with_the_store_written_after_pop_goes_back_in_time"),
    ("JSON files: exists, then open, against prune", "PROVED wrong-reason", "files::a_pruner_between_exists_and_open_makes_the_reason_wrong"),
    ("JSON files: prune against save", "PROVED lost", "files::a_pruner_deletes_what_was_saved_after_it_looked"),
    ("two savers with one temporary name", "PROVED torn", "files::two_savers_with_one_temporary_name_tear_the_file"),
    ("Redis GET, then SET", "PROVED double-win", "servers::redis_get_then_set_lets_both_win"),
    ("Redis SET NX", "GUARDED", "servers::redis_set_nx_tells_the_loser"),
    ("memcached get, then set (and count)", "PROVED x2", "servers::memcached_get_then_set_is_proved"),
    ("memcached add, cas", "GUARDED x2", "servers::memcached_add_and_cas_tell_the_loser"),
];

/// Runs every case three times; a word picks those whose name or test contains it.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let tests = ["test", "-p", "amorsize-prove", "--test", "it", "-q"];
    shell::read(shell::cargo(&[&tests[..], &["--no-run"]].concat()))?;
    println!("{:58} {:22} {:>7} {:>7} {:>7}", "case", "verdict", "1st s", "2nd s", "3rd s");
    let mut odd = vec![];
    let wanted = |row: &&Row| words.iter().all(|word| row.0.contains(word) || row.2.contains(word));
    for (case, verdict, test) in ROWS.iter().filter(wanted) {
        let mut times = vec![];
        for _ in 0..RUNS {
            let watch = Stopwatch::start();
            let mut command = shell::cargo(&[&tests[..], &["--", "--exact", test]].concat());
            // A case that cannot be run for want of a server is no case decided.
            command.env("AMORSIZE_STRICT", "1");
            let said = shell::read(command);
            let took = watch.elapsed().as_secs_f64();
            times.push(format!("{took:>7.1}"));
            match said {
                Ok(said) if !said.contains("1 passed") => odd.push(format!("{case}: no such test")),
                Ok(_) if took > SECONDS_MAX && !case.contains(NO_LIMIT) => {
                    odd.push(format!("{case}: {took:.1} s"));
                }
                Ok(_) => {}
                Err(error) => odd.push(format!("{case}: {error}")),
            }
        }
        println!("{case:58} {verdict:22} {}", times.join(" "));
    }
    if odd.is_empty() {
        return Ok(());
    }
    bail!("not decided as they must be:\n{}", odd.join("\n"))
}
