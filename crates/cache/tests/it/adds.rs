//! Processes race to add the same expired keys, and some are killed in the middle: each key has one winner, and nobody is
//! told that it won what another one holds.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use amorsize_cache::{Cache, Key, Namespace, Options, Put, Want};
use amorsize_testkit::servers::{Durability, Postgres, Redis, or_skip};

const RACER: &str = "AMORSIZE_ADD_RACER";
const KEYS: u32 = 400;
const RACERS: usize = 4;
const KILLS: usize = 12;

fn open(url: &str) -> Cache {
    let options = Options { busy: Duration::from_secs(10), upkeep: false, ..Options::default() };
    Cache::open(url, &options).unwrap()
}

fn key(number: u32) -> Key {
    Key::new(&Namespace::new("adds").unwrap(), number.to_string())
}

/// Not a test of its own: one process that adds every key and writes down the ones it won.
#[test]
fn racer() {
    let Some(words) = std::env::var_os(RACER) else { return };
    let words = words.to_string_lossy().into_owned();
    let [name, log, url] = words.split('\n').collect::<Vec<_>>().try_into().unwrap();
    let cache = open(url);
    let mut log = std::fs::File::options().append(true).create(true).open(log).unwrap();
    for number in 0..KEYS {
        let added = cache.add(&key(number), name.as_bytes(), &Put::default()).unwrap();
        if added.stored().is_some() {
            // One write: a killed process has written it or has not.
            log.write_all(format!("{number}\n").as_bytes()).unwrap();
        }
    }
    log.write_all(b"end\n").unwrap();
}

fn start(folder: &Path, url: &str, name: usize) -> Child {
    let log = folder.join(name.to_string());
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "adds::racer"])
        .env(RACER, format!("{name}\n{}\n{url}", log.display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn one_wins_each(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let cache = open(url);
    for number in 0..KEYS {
        let put = cache.put(&key(number), b"old", &Put::ttl(Duration::ZERO)).unwrap();
        assert!(put.stored().is_some());
    }
    let mut racers: Vec<Child> = (0..RACERS).map(|name| start(folder.path(), url, name)).collect();
    // Killed as soon as somebody has got on: after every so many wins, so in the middle of the race.
    for (kill, name) in (0..KILLS).zip(RACERS..) {
        while wins(folder.path()).len() < (kill + 1) * KEYS as usize / (KILLS + 2) {
            std::thread::yield_now();
        }
        let at = kill % RACERS;
        racers[at].kill().unwrap();
        racers[at].wait().unwrap();
        racers[at] = start(folder.path(), url, name);
    }
    for mut racer in racers {
        assert!(racer.wait().unwrap().success());
    }
    let won = wins(folder.path());
    let mut unreported = 0;
    for number in 0..KEYS {
        let hit = cache.get(&key(number), &Want::default()).hit().expect("somebody won");
        let holder = std::str::from_utf8(&hit.value).unwrap().to_owned();
        let winners = won.get(&number).cloned().unwrap_or_default();
        if winners.is_empty() {
            // Won by a process that was killed before it could say so.
            let log = std::fs::read_to_string(folder.path().join(&holder)).unwrap_or_default();
            assert!(!log.ends_with("end\n"), "key {number}: {holder} did not say that it won");
            unreported += 1;
        } else {
            assert_eq!(winners, [holder], "key {number}");
        }
    }
    assert!(unreported <= KILLS, "{unreported}");
}

/// Who says that it won which key.
fn wins(folder: &Path) -> BTreeMap<u32, Vec<String>> {
    let mut wins = BTreeMap::<u32, Vec<String>>::new();
    for log in std::fs::read_dir(folder).unwrap() {
        let path = log.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for number in std::fs::read_to_string(&path).unwrap().lines() {
            if let Ok(number) = number.parse() {
                wins.entry(number).or_default().push(name.clone());
            }
        }
    }
    wins
}

#[test]
fn in_sqlite_among_killed_processes() {
    let folder = tempfile::tempdir().unwrap();
    one_wins_each(&format!("sqlite:{}", folder.path().join("adds.db").display()));
}

#[test]
fn in_postgres_among_killed_processes() {
    let Some(server) = or_skip(Postgres::shared()) else { return };
    one_wins_each(&server.fresh_database().unwrap());
}

#[test]
fn in_redis_among_killed_processes() {
    let Some(server) = or_skip(Redis::start(Durability::None)) else { return };
    one_wins_each(&server.url());
}
