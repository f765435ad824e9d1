//! Several handles and processes on one file: what one writes, all see at once, and nobody pulls the file from under
//! another.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::store::Actor;
use amorsize_cache::store::sqlite::{Sqlite, SqliteOptions};
use amorsize_cache::{
    Cache, CacheReader, Key, Namespace, Options, Prune, Put, Reader, Store as _, Want,
};
use amorsize_os::clock::SystemClock;
use amorsize_testkit::clock::ManualClock;
use amorsize_testkit::history::{Mix, Rules, Subject, check, run_in_threads};
use amorsize_testkit::soak::StoreSubject;

const OTHER: &str = "AMORSIZE_SHARING_OTHER";

fn key(name: &str) -> Key {
    Key::new(&Namespace::new("sharing").unwrap(), name)
}

fn options() -> Options {
    Options { upkeep: false, ..Options::default() }
}

fn open(path: &Path) -> Cache {
    Cache::open(&path.display().to_string(), &options()).unwrap()
}

fn put(cache: &Cache, name: &str) {
    assert!(cache.put(&key(name), name.as_bytes(), &Put::default()).unwrap().stored().is_some());
}

fn word(cache: &Cache, name: &str) -> &'static str {
    cache.get(&key(name), &Want::default()).word()
}

/// Not a test of its own: another process that opens the store, does one thing and closes it.
#[test]
fn other() {
    let Some(words) = std::env::var_os(OTHER) else { return };
    let words = words.to_string_lossy().into_owned();
    let [verb, name, path] = words.split('\n').collect::<Vec<_>>().try_into().unwrap();
    let cache = open(Path::new(path));
    if verb == "put" {
        put(&cache, name);
    } else {
        println!("\n{}", word(&cache, name));
    }
}

fn another(path: &Path, verb: &str, name: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sharing::other", "--nocapture"])
        .env(OTHER, format!("{verb}\n{name}\n{}", path.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_second_handle_of_a_process_does_not_give_up_the_locks_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let first = open(&path);
    put(&first, "one");
    assert_eq!(word(&first, "one"), "hit");
    // Opened and closed beside the first, in every way there is.
    drop(open(&path));
    let reader = CacheReader::open(&path.display().to_string(), &options()).unwrap();
    assert_eq!(reader.get(&key("one"), &Want::default()).word(), "hit");
    drop(reader);
    let second = open(&path);
    // Another process comes and goes. Did it take itself for the last one, it would remove the log.
    another(&path, "put", "two");
    put(&first, "three");
    put(&second, "four");
    for name in ["one", "two", "three", "four"] {
        assert_eq!((word(&first, name), word(&second, name)), ("hit", "hit"), "{name}");
        let seen = another(&path, "get", name);
        assert!(seen.lines().any(|line| line == "hit"), "{name}: {seen}");
    }
}

#[test]
fn what_was_read_often_is_still_asked_anew_when_somebody_has_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let (reading, writing) = (open(&path), open(&path));
    for round in 0..40_u8 {
        let stored = writing.put(&key("k"), &[round], &Put::default()).unwrap().stored().unwrap();
        // More and more look-ups in between, so that the entry is kept in some rounds and not yet in others.
        for _ in 0..round * 3 {
            let hit = reading.get(&key("k"), &Want::default()).hit().unwrap();
            assert_eq!((&*hit.value, hit.generation), (&[round][..], stored.generation));
        }
        if round % 8 == 7 {
            another(&path, "put", "k");
            let hit = reading.get(&key("k"), &Want::default()).hit().unwrap();
            assert_eq!(&*hit.value, b"k", "round {round}");
        }
    }
    writing.remove(key("k").id()).unwrap();
    assert_eq!(word(&reading, "k"), "deleted");
}

#[test]
fn what_is_kept_expires_and_is_pruned_like_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let clock = ManualClock::at(1_767_225_600_000_000_000);
    let open = || {
        let (options, clock) = (SqliteOptions::default(), Arc::new(clock.clone()));
        Sqlite::open(&path, options, clock, Actor::named("test")).unwrap()
    };
    let (reading, writing) = (open(), open());
    let put = Put::ttl(Duration::from_secs(10));
    assert!(writing.put(&key("k"), b"v", &put).unwrap().stored().is_some());
    for _ in 0..50 {
        assert_eq!(Reader::get(&reading, &key("k"), &Want::default()).word(), "hit");
    }
    clock.advance(Duration::from_secs(11));
    assert_eq!(Reader::get(&reading, &key("k"), &Want::default()).word(), "expired");
    let prune = Prune { margin: Duration::ZERO, force: true, ..Prune::default() };
    assert_eq!(writing.prune(&prune).unwrap().pruned, 1);
    // The clock of the reader is set back; what the prune has judged by still holds.
    clock.advance(Duration::from_secs(1));
    clock.set(1_767_225_600_000_000_000);
    let miss = Reader::get(&reading, &key("k"), &Want::default()).miss().unwrap();
    assert!(
        miss.reasons.to_string().contains("expired: age 11 s, TTL 10 s; body pruned"),
        "{miss:?}"
    );
}

#[test]
fn threads_that_mostly_read_are_told_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let subject = |_| {
        let options = SqliteOptions { busy: Duration::from_secs(5), durable: false };
        let store =
            Sqlite::open(&path, options, Arc::new(SystemClock), Actor::named("test")).unwrap();
        let subject = StoreSubject::new(Arc::new(store), Arc::new(SystemClock), Duration::ZERO);
        Box::new(subject) as Box<dyn Subject + Send>
    };
    let mix = Mix { look: 960, put: 10, add: 10, cas: 10, remove: 5, prune: 5, evict: 0, clear: 0 };
    let events = run_in_threads((0..4).map(subject).collect(), 11, 6, 20_000, mix);
    let verdict = check(&events, Rules { clock_tolerance: 2_000, ..Rules::default() });
    assert!(verdict.is_truthful(), "{verdict}");
}
