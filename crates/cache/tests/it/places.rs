//! Places a cache cannot be in: each one clear error, nothing changed, nothing half-written.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use amorsize_cache::{Cache, CacheReader, Error, Key, Kind, Namespace, Options, Put, Want};

fn options() -> Options {
    Options { busy: Duration::from_millis(50), upkeep: false, ..Options::default() }
}

fn open(path: &Path) -> Result<Cache, Error> {
    Cache::open(&format!("sqlite:{}", path.display()), &options())
}

fn refused(path: &Path, kind: Kind, says: &str) {
    let before = std::fs::read(path).ok();
    let error = open(path).expect_err("this place must be refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    assert_eq!(std::fs::read(path).ok(), before, "a refused file is not touched");
}

fn key() -> Key {
    Key::new(&Namespace::new("places").unwrap(), "key")
}

#[test]
fn a_text_file_is_not_a_cache() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    std::fs::write(&path, "dear diary\n".repeat(100)).unwrap();
    refused(&path, Kind::Foreign, "not an SQLite file");
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE precious (data TEXT)").unwrap();
    drop(other);
    refused(&path, Kind::Foreign, "another program");
}

#[test]
fn a_newer_layout_and_a_damaged_header_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    drop(open(&path).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[63] += 1;
    std::fs::write(&path, &bytes).unwrap();
    refused(&path, Kind::Newer, "newer version");
    bytes[61] ^= 0x10;
    std::fs::write(&path, &bytes).unwrap();
    refused(&path, Kind::Damaged, "header");
}

#[test]
fn a_cut_file_is_damaged_and_not_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    let cache = open(&path).unwrap();
    assert!(cache.put(&key(), b"v", &Put::default()).unwrap().stored().is_some());
    drop(cache);
    let bytes = std::fs::read(&path).unwrap();
    for len in [1, 10, 15, 60, 99] {
        std::fs::write(&path, &bytes[..len]).unwrap();
        refused(&path, Kind::Damaged, "cut short");
    }
    for len in [100, 1_023, 1_024, 3 * 1_024, bytes.len() - 1_024, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..len]).unwrap();
        let word = match open(&path) {
            Ok(cache) => cache.get(&key(), &Want::default()).word(),
            Err(error) => {
                assert_eq!(error.kind(), Kind::Damaged, "{error}");
                "refused"
            }
        };
        // Its own pages may be whole.
        assert!(["hit", "corrupt", "unavailable", "refused"].contains(&word), "{len}: {word}");
    }
}

#[test]
fn an_empty_file_becomes_a_cache() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.db");
    std::fs::write(&path, b"").unwrap();
    let cache = open(&path).unwrap();
    assert_eq!(cache.get(&key(), &Want::default()).word(), "absent");
}

#[test]
fn a_folder_a_pipe_and_a_file_in_the_way_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = open(dir.path()).err().unwrap();
    assert_eq!(error.kind(), Kind::Place, "{error}");
    let pipe = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = open(&pipe).err().unwrap();
    assert_eq!(error.kind(), Kind::Place, "a pipe nobody writes to is not waited for: {error}");
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = open(&file.join("cache.db")).err().unwrap();
    assert_eq!(error.kind(), Kind::Place, "{error}");
}

#[test]
fn a_reader_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.db");
    let address = format!("sqlite:{}", path.display());
    let error = CacheReader::open(&address, &options()).unwrap_err();
    assert_eq!(error.kind(), Kind::Place, "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let cache = open(&path).unwrap();
    assert!(cache.put(&key(), b"v", &Put::default()).unwrap().stored().is_some());
    let reader = CacheReader::open(&address, &options()).unwrap();
    assert_eq!(reader.get(&key(), &Want::default()).word(), "hit");
}

#[test]
fn a_place_without_permission_says_so() {
    if amorsize_os::process::is_root() {
        // Root may do everything; a read-only file system is tried where one can be mounted.
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    drop(open(&path).unwrap());
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
    refused(&path, Kind::Permission, "may not be read");
}

#[test]
fn a_writer_waits_no_longer_than_its_deadline_and_readers_never_wait() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    let cache = open(&path).unwrap();
    assert!(cache.put(&key(), b"v", &Put::default()).unwrap().stored().is_some());
    // Another process (another connection is the same to SQLite) sits on the write lock.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; UPDATE e SET used = 1").unwrap();
    let error = cache.put(&key(), b"w", &Put::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Busy, "{error}");
    assert!(error.to_string().contains("50ms"), "{error}");
    assert_eq!(cache.get(&key(), &Want::default()).word(), "hit");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(cache.put(&key(), b"w", &Put::default()).unwrap().stored().is_some());
}

#[test]
fn a_store_whose_maker_was_killed_before_it_had_its_log_gets_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    let cache = open(&path).unwrap();
    assert!(cache.put(&key(), b"v", &Put::default()).unwrap().stored().is_some());
    drop(cache);
    let other = rusqlite::Connection::open(&path).unwrap();
    let set = "PRAGMA journal_mode = DELETE";
    let mode: String = other.query_row(set, [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    drop(other);
    let marks = || std::fs::read(&path).unwrap()[18..20].to_vec();
    assert_eq!(marks(), [1, 1]);
    let reader = CacheReader::open(&path.display().to_string(), &options()).unwrap();
    assert_eq!(reader.get(&key(), &Want::default()).word(), "hit");
    drop(reader);
    assert_eq!(marks(), [1, 1], "a reader changes nothing");
    let cache = open(&path).unwrap();
    assert_eq!(cache.get(&key(), &Want::default()).word(), "hit");
    drop(cache);
    assert_eq!(marks(), [2, 2], "it has a log now");
}

#[test]
fn many_openers_create_one_cache() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    let options = Options { busy: Duration::from_secs(10), ..options() };
    let address = format!("sqlite:{}", path.display());
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (address, options) = (&address, &options);
            scope.spawn(move || {
                let cache = Cache::open(address, options).unwrap();
                let mine = Key::new(&Namespace::new("places").unwrap(), number.to_string());
                assert!(cache.put(&mine, b"v", &Put::default()).unwrap().stored().is_some());
            });
        }
    });
    let cache = open(&path).unwrap();
    assert_eq!(cache.reader().stats().unwrap().total.live, 8);
}

#[test]
fn the_horizon_rises_in_another_boot() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    let cache = open(&path).unwrap();
    assert_eq!(
        cache.get(&key(), &Want::default()).miss().unwrap().reasons.to_string(),
        "absent: never stored"
    );
    drop(cache);
    // The meta record as another boot would have left it.
    let other = rusqlite::Connection::open(&path).unwrap();
    let mut meta: Vec<u8> = other.query_row("SELECT v FROM m", [], |row| row.get(0)).unwrap();
    meta[24] ^= 1;
    let sum = xxhash_rust::xxh3::xxh3_64(&meta[..32]).to_le_bytes();
    meta[32..].copy_from_slice(&sum);
    other.execute("UPDATE m SET v = ?1", [meta]).unwrap();
    drop(other);
    let cache = open(&path).unwrap();
    let text = cache.get(&key(), &Want::default()).miss().unwrap().reasons.to_string();
    assert!(text.starts_with("absent: nothing stored since 20"), "{text}");
    assert!(cache.put(&key(), b"v", &Put::default()).unwrap().stored().is_some());
    assert_eq!(cache.get(&key(), &Want::default()).word(), "hit");
    // The first writer of the new boot has stated the horizon for everybody.
    let floor = cache.reader().stats().unwrap().meta.floor;
    assert!(floor.0 > 0);
}
