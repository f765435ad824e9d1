//! Random damage to the file: every answer is right, or says that the store is damaged. Never "absent".

use std::path::Path;
use std::sync::Arc;

use amorsize_cache::store::sqlite::rebuild;
use amorsize_cache::{Cache, Key, Kind, Lookup, Namespace, Options, Put, Want};
use amorsize_os::clock::{Clock, SystemClock};

/// Flips and cuts tried; each opens the damaged file anew and asks for several entries. An optimised build tries more.
const ROUNDS: u64 = if cfg!(debug_assertions) { 1_500 } else { 10_000 };
const ENTRIES: u64 = 120;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }
}

fn key(number: u64) -> Key {
    Key::new(&Namespace::new("rot").unwrap(), format!("subject {}", number % 7))
        .code(number.to_string())
}

fn value(number: u64) -> Vec<u8> {
    let len = if number.is_multiple_of(17) { 6_000 } else { 20 + number };
    number
        .to_string()
        .into_bytes()
        .into_iter()
        .cycle()
        .take(usize::try_from(len).unwrap())
        .collect()
}

fn options() -> Options {
    Options { upkeep: false, ..Options::default() }
}

/// A file with entries of every kind, closed and whole in itself.
fn write_file(path: &Path) -> Vec<u8> {
    let cache = Cache::open(&path.display().to_string(), &options()).unwrap();
    for number in 0..ENTRIES {
        assert!(
            cache.put(&key(number), &value(number), &Put::default()).unwrap().stored().is_some()
        );
        if number % 10 == 9 {
            cache.remove(key(number).id()).unwrap();
        }
    }
    drop(cache);
    std::fs::read(path).unwrap()
}

/// What is wrong with the answer for one entry of a damaged file, if something is.
fn lie(cache: &Cache, number: u64) -> Option<String> {
    let lookup = cache.get(&key(number), &Want { skip_nearest: true, ..Want::default() });
    let is_removed = number % 10 == 9;
    match (&lookup, lookup.word()) {
        (_, "corrupt" | "unavailable") => None,
        (_, "deleted") if is_removed => None,
        (Lookup::Hit(hit), _) if !is_removed && *hit.value == value(number) => None,
        (_, word) => Some(format!("entry {number}: {word}")),
    }
}

#[test]
fn flips_and_cuts_are_never_an_absence() {
    // In memory where there is such a place: thousands of files are written.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = dir.path().join("rot.db");
    let whole = write_file(&path);
    let mut dice = Dice(2026);
    let (mut refused, mut damaged, mut lies) = (0_u64, 0_u64, Vec::new());
    for round in 0..ROUNDS {
        let mut bytes = whole.clone();
        let what = damage(&mut bytes, &mut dice);
        for suffix in ["-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{suffix}", path.display())));
        }
        std::fs::write(&path, &bytes).unwrap();
        let Ok(cache) = Cache::open(&path.display().to_string(), &options()) else {
            refused += 1;
            continue;
        };
        for _ in 0..6 {
            let number = dice.roll(usize::try_from(ENTRIES).unwrap()) as u64;
            let lookup = cache.get(&key(number), &Want::default());
            damaged += u64::from(lookup.word() == "corrupt");
            lies.extend(lie(&cache, number).map(|lie| format!("round {round} ({what}): {lie}")));
        }
    }
    assert!(lies.is_empty(), "{} lies of {ROUNDS}: {:#?}", lies.len(), &lies[..lies.len().min(20)]);
    assert!(
        refused > 0 && damaged > 0,
        "the damage was seen: {refused} refused, {damaged} corrupt"
    );
}

#[test]
fn a_file_with_a_broken_structure_is_built_anew_from_what_can_be_read() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut dice = Dice(7);
    for round in 0..24 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rot.db");
        let mut bytes = write_file(&path);
        let pages = bytes.len() / 4_096;
        // One to three pages of garbage; the first page says what the file is.
        for _ in 0..=round % 3 {
            let page = 1 + dice.roll(pages - 1);
            let fill = if round % 2 == 0 { 0 } else { 0xa5 };
            bytes[page * 4_096..][..4_096].fill(fill);
        }
        std::fs::write(&path, &bytes).unwrap();
        let rebuilt = match rebuild(&path, &clock) {
            Ok(rebuilt) => rebuilt,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Damaged, "{error}");
                assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left alone");
                continue;
            }
        };
        assert_eq!(std::fs::read(&rebuilt.old).unwrap().len(), bytes.len(), "the old one is kept");
        let cache = Cache::open(&path.display().to_string(), &options()).unwrap();
        let mut kept = 0;
        for number in 0..ENTRIES {
            let lookup = cache.get(&key(number), &Want::default());
            let text = lookup.clone().miss().map(|miss| miss.reasons.to_string());
            if text.is_some_and(|text| text.contains("forgotten or lost")) {
                continue;
            }
            assert_eq!(lie(&cache, number), None, "round {round}");
            kept += 1;
        }
        assert_eq!(kept, rebuilt.kept as u64, "round {round}");
        let verified = cache.reader().verify().unwrap();
        assert_eq!((verified.entries, verified.problems), (kept, Vec::new()));
        let busy = rebuild(&path, &clock).unwrap_err();
        assert_eq!(busy.kind(), Kind::Busy, "somebody has it open: {busy}");
    }
}

/// Damages a file as disks and half-done copies do; says how.
fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) -> String {
    match dice.roll(10) {
        0 => {
            let len = dice.roll(bytes.len());
            bytes.truncate(len.max(1));
            format!("cut to {len}")
        }
        1 => {
            let page = dice.roll(bytes.len() / 4_096);
            bytes[page * 4_096..][..4_096].fill(0);
            format!("page {page} zeroed")
        }
        2 => {
            let (from, to) = (dice.roll(bytes.len() / 4_096), dice.roll(bytes.len() / 4_096));
            bytes.copy_within(from * 4_096..(from + 1) * 4_096, to * 4_096);
            format!("page {from} over page {to}")
        }
        3 => {
            let at = dice.roll(bytes.len() - 64);
            for byte in &mut bytes[at..at + 64] {
                *byte = u8::try_from(dice.roll(256)).unwrap();
            }
            format!("64 bytes at {at}")
        }
        flips => {
            let mut places = Vec::new();
            for _ in 0..flips.min(6) - 3 {
                let bit = dice.roll(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                places.push(bit / 8);
            }
            format!("bits flipped at {places:?}")
        }
    }
}
