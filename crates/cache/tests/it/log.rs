//! A log that is damaged while nobody has the store open: what was lost with it is never "never stored".

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use amorsize_cache::{Cache, CacheReader, Key, Lookup, Namespace, Options, Put, Want};

const WRITER: &str = "AMORSIZE_LOG_WRITER";
const ENTRIES: u32 = 60;

fn key(number: u32) -> Key {
    Key::new(&Namespace::new("log").unwrap(), number.to_string())
}

fn options() -> Options {
    Options { upkeep: false, ..Options::default() }
}

fn address(path: &Path) -> String {
    path.display().to_string()
}

/// Not a test of its own: a process that writes and is killed, so that the log stays.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(WRITER) else { return };
    let cache = Cache::open(&path.to_string_lossy(), &options()).unwrap();
    for number in 0..ENTRIES {
        let put = cache.put(&key(number), &number.to_le_bytes().repeat(300), &Put::default());
        assert!(put.unwrap().stored().is_some());
    }
    println!("\nwritten");
    loop {
        std::thread::park();
    }
}

/// A store whose only writer was killed.
fn left_behind(folder: &Path) -> PathBuf {
    let path = folder.join("cache.db");
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "log::writer", "--nocapture"])
        .env(WRITER, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(writer.stdout.take().unwrap());
    assert!(lines.lines().map_while(Result::ok).any(|line| line == "written"));
    writer.kill().unwrap();
    writer.wait().unwrap();
    path
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// What the look-ups of all keys say: hits, and misses that say "may be lost". Anything else is a lie.
fn look(get: impl Fn(&Key) -> Lookup) -> (u32, u32) {
    let (mut hits, mut lost) = (0, 0);
    for number in 0..ENTRIES {
        match get(&key(number)) {
            Lookup::Hit(hit) => {
                assert_eq!(*hit.value, number.to_le_bytes().repeat(300));
                hits += 1;
            }
            Lookup::Miss(miss) => {
                let text = miss.reasons.to_string();
                assert!(text.contains("what was before is forgotten or lost"), "{number}: {text}");
                lost += 1;
            }
        }
    }
    (hits, lost)
}

fn floor(path: &Path) -> u64 {
    let reader = CacheReader::open(&address(path), &options()).unwrap();
    reader.stats().unwrap().meta.floor.0
}

type Damage = fn(&Path);

fn flip(path: &Path, part: (u64, u64)) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() as u64 * part.0 / part.1;
    bytes[usize::try_from(at).unwrap()] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

const DAMAGES: [(&str, Damage); 8] = [
    ("a bit in the middle", |path| flip(&beside(path, "-wal"), (1, 2))),
    ("a bit near the end", |path| flip(&beside(path, "-wal"), (99, 100))),
    ("a bit in the head", |path| flip(&beside(path, "-wal"), (0, 1))),
    ("cut in the middle", |path| {
        let log = std::fs::File::options().write(true).open(beside(path, "-wal")).unwrap();
        log.set_len(log.metadata().unwrap().len() / 2).unwrap();
    }),
    ("emptied", |path| std::fs::write(beside(path, "-wal"), b"").unwrap()),
    ("gone", |path| std::fs::remove_file(beside(path, "-wal")).unwrap()),
    ("a bit, and no shared memory", |path| {
        std::fs::remove_file(beside(path, "-shm")).unwrap();
        flip(&beside(path, "-wal"), (1, 2));
    }),
    ("a bit, and other shared memory", |path| {
        flip(&beside(path, "-shm"), (0, 1));
        flip(&beside(path, "-wal"), (1, 3));
    }),
];

#[test]
fn what_a_damaged_log_has_lost_is_said_to_be_lost() {
    for (what, damage) in DAMAGES {
        for reads_first in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = left_behind(folder.path());
            damage(&path);
            if reads_first {
                // A reader cannot wait for a writer to come: its own answers are true, and those of all after it.
                let reader = CacheReader::open(&address(&path), &options()).unwrap();
                let (_, lost) = look(|key| reader.get(key, &Want::default()));
                assert!(lost > 0, "{what}");
            }
            let cache = Cache::open(&address(&path), &options()).unwrap();
            let (hits, lost) = look(|key| cache.get(key, &Want::default()));
            assert!(lost > 0, "{what}: {hits} hits");
            drop(cache);
            assert!(floor(&path) > 0, "{what}: the store itself knows it now");
            assert!(!beside(&path, ".lost").is_file(), "{what}: the note has done its work");
            // What is stored from now on is known for certain again.
            let cache = Cache::open(&address(&path), &options()).unwrap();
            assert!(cache.put(&key(0), b"new", &Put::default()).unwrap().stored().is_some());
            assert_eq!(cache.get(&key(0), &Want::default()).word(), "hit");
        }
    }
}

#[test]
fn a_whole_log_of_a_killed_writer_loses_nothing_and_raises_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = left_behind(folder.path());
    let cache = Cache::open(&address(&path), &options()).unwrap();
    assert_eq!(look(|key| cache.get(key, &Want::default())), (ENTRIES, 0));
    let never = Key::new(&Namespace::new("log").unwrap(), "never");
    let want = Want { skip_nearest: true, ..Want::default() };
    let miss = cache.get(&never, &want).miss().unwrap();
    assert_eq!(miss.reasons.to_string(), "absent: never stored");
}

#[test]
fn a_note_that_a_killed_process_left_is_taken_up_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    drop(Cache::open(&address(&path), &options()).unwrap());
    std::fs::write(beside(&path, ".lost"), "something torn").unwrap();
    let cache = Cache::open(&address(&path), &options()).unwrap();
    assert_eq!(look(|key| cache.get(key, &Want::default())), (0, ENTRIES));
    assert!(!beside(&path, ".lost").is_file());
}
