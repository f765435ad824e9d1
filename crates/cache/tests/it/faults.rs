//! The SQLite engine on a full disk, in a read-only place, and beside a stopped writer.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::ops::write::Put;
use amorsize_cache::store::Actor;
use amorsize_cache::store::sqlite::{Sqlite, SqliteOptions};
use amorsize_cache::{Key, Kind, Lookup, Namespace, Reader as _, Result, Store as _, Want};
use amorsize_os::clock::{Stopwatch, SystemClock};
use amorsize_testkit::servers::strict;

const HOLDER: &str = "AMORSIZE_TEST_LOCK_HOLDER";
const BUSY: Duration = Duration::from_millis(300);

fn open(path: &Path) -> Result<Sqlite> {
    let options = SqliteOptions { busy: BUSY, durable: false };
    Sqlite::open(path, options, Arc::new(SystemClock), Actor::named("test"))
}

fn key(name: &str) -> Key {
    Key::new(&Namespace::new("faults").unwrap(), name)
}

fn is_hit(store: &Sqlite, name: &str) -> bool {
    matches!(store.get(&key(name), &Want::fmt(0)), Lookup::Hit(_))
}

/// A small file system in memory, unmounted when dropped; only the administrator can make one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    #[expect(clippy::print_stderr, reason = "says what was not seen")]
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "none"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        assert!(!strict() || !amorsize_os::process::is_root(), "root can mount a small disk");
        eprintln!("skipped: only the administrator can mount a small disk (run as root)");
        None
    }

    fn make_read_only(&self) {
        let mut command = Command::new("mount");
        command.args(["-o", "remount,ro"]).arg(self.0.path());
        assert!(command.status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        drop(unmounted);
    }
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount("1m") else { return };
    let store = open(&disk.0.path().join("cache.db")).unwrap();
    let body = [7; 20_000];
    let mut stored = Vec::new();
    let refused = loop {
        let name = format!("entry {}", stored.len());
        match store.put(&key(&name), &body, &Put::default()) {
            Ok(written) => {
                assert!(written.stored().is_some());
                stored.push(name);
            }
            Err(error) => break error,
        }
        assert!(stored.len() < 100, "a megabyte cannot hold this");
    };
    assert_eq!(refused.kind(), Kind::Full, "{refused}");
    for name in &stored {
        assert!(is_hit(&store, name), "{name} was stored before the disk was full");
    }
    let missing = store.get(&key("never"), &Want::fmt(0)).miss().unwrap();
    assert!(missing.reasons.has("absent"), "{}", missing.reasons);
    drop(store);
    let again = open(&disk.0.path().join("cache.db")).unwrap();
    assert!(stored.iter().all(|name| is_hit(&again, name)), "all of it survives the closing");
}

#[test]
fn a_store_on_a_disk_without_any_room_says_so_even_to_a_reader() {
    let Some(disk) = SmallDisk::mount("1m") else { return };
    let path = disk.0.path().join("cache.db");
    let store = open(&path).unwrap();
    assert!(store.put(&key("here"), b"1", &Put::default()).unwrap().stored().is_some());
    drop(store);
    let filled = std::fs::write(disk.0.path().join("filler"), vec![0; 2 << 20]);
    assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let options = SqliteOptions { busy: BUSY, durable: false };
    let reading = Sqlite::open_to_read(&path, options, Arc::new(SystemClock), Actor::named("test"));
    match reading {
        Ok(reader) => assert!(is_hit(&reader, "here"), "what is there is not reported as missing"),
        Err(error) => assert_eq!(error.kind(), Kind::Full, "{error}"),
    }
    // Cut, not removed: a process another test is just starting may still have the file open for a moment.
    drop(std::fs::File::create(disk.0.path().join("filler")).unwrap());
    assert!(is_hit(&open(&path).unwrap(), "here"), "with room it is as it was");
}

#[test]
fn a_read_only_place_is_refused_plainly_and_never_reads_as_empty() {
    let Some(disk) = SmallDisk::mount("4m") else { return };
    let path = disk.0.path().join("cache.db");
    let store = open(&path).unwrap();
    assert!(store.put(&key("here"), b"1", &Put::default()).unwrap().stored().is_some());
    drop(store);
    disk.make_read_only();
    let options = SqliteOptions { busy: BUSY, durable: false };
    let reading = Sqlite::open_to_read(&path, options, Arc::new(SystemClock), Actor::named("test"));
    match reading {
        Ok(reader) => assert!(is_hit(&reader, "here"), "what is there is not reported as missing"),
        Err(error) => assert!(matches!(error.kind(), Kind::Place | Kind::Permission), "{error}"),
    }
    let refused = match open(&path) {
        Ok(store) => store.put(&key("more"), b"2", &Put::default()).unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(refused.kind(), Kind::Place | Kind::Permission), "{refused}");
    assert!(refused.to_string().contains("writ"), "it says what is wanted: {refused}");
}

/// Not a test of its own: the process that takes the write lock and is stopped.
#[test]
fn lock_holder() {
    let Some(path) = std::env::var_os(HOLDER) else { return };
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE; UPDATE e SET used = used").unwrap();
    println!("\nheld");
    loop {
        std::thread::park();
    }
}

#[test]
fn a_stopped_writer_delays_writes_up_to_the_deadline_and_reads_never() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let store = open(&path).unwrap();
    assert!(store.put(&key("here"), b"1", &Put::default()).unwrap().stored().is_some());
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::lock_holder", "--nocapture"])
        .env(HOLDER, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(holder.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(lines).map_while(std::result::Result::ok);
    assert!(lines.any(|line| line == "held"));
    let stop = Command::new("kill").args(["-STOP", &holder.id().to_string()]).status();
    assert!(stop.unwrap().success());

    let watch = Stopwatch::start();
    let refused = store.put(&key("here"), b"2", &Put::default()).unwrap_err();
    assert!(watch.elapsed() >= BUSY, "it waits for its turn");
    assert_eq!(refused.kind(), Kind::Busy, "{refused}");
    // The writer is stopped for good: had a read waited for it, it would still be waiting.
    assert!(is_hit(&store, "here"));
    let opened = open(&path).unwrap();
    assert!(is_hit(&opened, "here"), "opening waits for nobody either");

    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(store.put(&key("here"), b"3", &Put::default()).unwrap().stored().is_some());
}
