//! Races between processes that take turns at being stopped: a holder of a lease that wakes up late, and a prune that meets an
//! import.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use amorsize_cache::ops::lease::{LeaseRequest, Leased};
use amorsize_cache::ops::transfer::{Import, Merge};
use amorsize_cache::ops::write::{Put, Refusal, Written};
use amorsize_cache::{Cache, Key, Namespace, Options, Prune, Store, Want};
use amorsize_testkit::servers::{Postgres, Redis, or_skip};

const HOLDER: &str = "AMORSIZE_TEST_LEASE_HOLDER";
const PRUNER: &str = "AMORSIZE_TEST_PRUNER_IN_TURNS";
/// Long enough to be won by the parent soon, and to be asked for by the holder first.
const HOLD: Duration = Duration::from_millis(300);

fn open(url: &str) -> Cache {
    let options = Options { busy: Duration::from_secs(10), upkeep: false, ..Options::default() };
    Cache::open(url, &options).unwrap()
}

fn key(subject: &str) -> Key {
    Key::new(&Namespace::new("race").unwrap(), subject)
}

fn lease(store: &dyn Store, key: &Key, hold: Duration) -> Option<amorsize_cache::store::Lease> {
    match store.get_or_lease(key, &Want::default(), &LeaseRequest { hold }).unwrap() {
        Leased::Won(_, lease) => Some(lease),
        _ => None,
    }
}

/// Not a test of its own: wins a lease, and publishes under it when it is told to.
#[test]
fn holder() {
    let Some(url) = std::env::var_os(HOLDER) else { return };
    let cache = open(&url.to_string_lossy());
    let key = key("dear");
    let mine = lease(cache.store(), &key, HOLD).unwrap();
    println!("\nwon");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let how = Put { lease: Some(mine.token), ..Put::default() };
    let said = match cache.store().put(&key, b"late", &how).unwrap() {
        Written::Refused { why: Refusal::LeaseLost, .. } => "fenced".to_owned(),
        other => format!("{other:?}"),
    };
    println!("\n{said}");
}

/// Another test of this binary as a process, ended with the test however that ends.
struct Other(Child);

impl Other {
    fn start(test: &str, variable: &str, value: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(variable, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }

    fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        BufReader::new(self.0.stdout.take().unwrap()).lines().map_while(Result::ok)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

/// A holder is stopped, its lease ends, somebody else computes and publishes; when it goes on, it must not bring its own back.
fn a_stopped_holder_is_fenced(url: &str) {
    let mut holder = Other::start("race::holder", HOLDER, url);
    let mut lines = holder.lines();
    assert!(lines.any(|line| line == "won"));
    signal(&holder.0, "-STOP");
    let cache = open(url);
    let mine = loop {
        // Held until its deadline; a stopped owner is not a dead one.
        if let Some(lease) = lease(cache.store(), &key("dear"), Duration::from_hours(1)) {
            break lease;
        }
    };
    let how = Put { lease: Some(mine.token), ..Put::default() };
    let published = cache.store().put(&key("dear"), b"newer", &how).unwrap();
    assert!(published.stored().is_some(), "{url}: {published:?}");
    holder.0.stdin.take().unwrap().write_all(b"go\n").unwrap();
    signal(&holder.0, "-CONT");
    let said = lines.find(|line| !line.is_empty()).unwrap();
    assert_eq!(said, "fenced", "{url}");
    let found = cache.get(&key("dear"), &Want::default()).hit().unwrap();
    assert_eq!(&*found.value, b"newer", "{url}");
}

#[test]
fn a_late_publish_of_a_stopped_process_is_fenced_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_stopped_holder_is_fenced(&format!("sqlite:{}", folder.path().join("c.db").display()));
}

#[test]
fn a_late_publish_of_a_stopped_process_is_fenced_in_postgres() {
    let Some(server) = or_skip(Postgres::shared()) else { return };
    a_stopped_holder_is_fenced(&server.fresh_database().unwrap());
}

#[test]
fn a_late_publish_of_a_stopped_process_is_fenced_in_redis() {
    let Some(server) = or_skip(Redis::shared()) else { return };
    a_stopped_holder_is_fenced(&format!("{}?prefix=fence", server.url()));
}

/// Not a test of its own: prunes a little for every line it reads, and says how much at the end.
#[test]
fn pruner() {
    let Some(path) = std::env::var_os(PRUNER) else { return };
    let cache = open(&path.to_string_lossy());
    let how = Prune { margin: Duration::ZERO, limit: Some(3), ..Prune::default() };
    let mut pruned = 0;
    for _ in std::io::stdin().lines().map_while(Result::ok) {
        for _ in 0..30 {
            pruned += cache.prune(&how).unwrap().pruned;
        }
    }
    println!("\npruned {pruned}");
}

#[test]
fn an_import_loses_nothing_to_a_prune_in_another_process() {
    const ENTRIES: usize = 400;
    let from = open("memory:");
    for number in 0..ENTRIES {
        let ttl = if number % 2 == 0 { Duration::from_hours(1) } else { Duration::ZERO };
        from.put(&key(&format!("entry {number}")), b"value", &Put::ttl(ttl)).unwrap();
    }
    let mut export = Vec::new();
    from.store().export(None, &mut export).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db").display().to_string();
    let cache = open(&path);
    let mut pruner = Other::start("race::pruner", PRUNER, &path);
    let mut turns = pruner.0.stdin.take().unwrap();
    let how = Import { merge: Merge::Overwrite, ..Import::default() };
    for round in 0..4 {
        turns.write_all(b"prune\n").unwrap();
        let imported = cache.store().import(&mut &export[..], &how).unwrap();
        assert_eq!(imported.entries, imported.stored, "round {round}");
        for number in 0..ENTRIES {
            let word = cache.get(&key(&format!("entry {number}")), &Want::default()).word();
            assert_eq!(word, if number % 2 == 0 { "hit" } else { "expired" }, "entry {number}");
        }
    }
    // Whenever it has its turn: what is left of it comes after the last import.
    turns.write_all(b"prune\n").unwrap();
    drop(turns);
    let said = pruner.lines().find(|line| line.starts_with("pruned ")).unwrap();
    assert_ne!(said, "pruned 0");
}
