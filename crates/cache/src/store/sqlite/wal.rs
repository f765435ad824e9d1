//! What a damaged write-ahead log has lost.
//!
//! When the last process died without closing, the next one replays the log up to the first frame that is not whole,
//! and says nothing about what stood behind it: keys stored there would read as "never stored". But the shared
//! memory of the dead is a file too and still tells how far the log went. So before SQLite is asked, and only when no
//! living process has the store open, the log is read: when it ends earlier than it did, a note beside the
//! store says so, until a writer has raised the horizon.
//!
//! The formats are those of SQLite's file-format documentation: a log of checksummed frames, and its index, whose
//! first 48 bytes are the head and are there twice.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use amorsize_os::lock::is_range_locked;

use crate::time::Time;

/// The head of the shared memory: what changes with every commit.
pub(super) const HEAD_BYTES: usize = 48;
/// The byte of the shared memory that every process with the store open keeps locked.
pub(super) const LIVENESS_BYTE: u64 = 128;
/// Where the shared memory counts the frames that are in the store itself.
const BACKFILL_AT: usize = 96;
const SHARED_BYTES: usize = BACKFILL_AT + 4;
const LOG_HEAD_BYTES: usize = 32;
const FRAME_HEAD_BYTES: usize = 24;
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;
const PAGE_BYTES_MAX: usize = 65_536;

/// The file that lies beside the store under this ending.
pub(super) fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// The note that says that writes were lost.
pub(super) fn note(store: &Path) -> PathBuf {
    beside(store, ".lost")
}

/// Leaves a note when the log has lost writes and nobody has the store open. Must not be called while this process has.
pub(super) fn look_for_loss(store: &Path, now: Time) -> std::io::Result<()> {
    let shared = match File::open(beside(store, "-shm")) {
        Ok(file) if is_range_locked(&file, LIVENESS_BYTE, 1)? => return Ok(()),
        Ok(file) => Shared::read(file)?,
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let log = match File::open(beside(store, "-wal")) {
        Ok(file) => Log::read(BufReader::with_capacity(1 << 18, file))?,
        Err(error) if error.kind() == ErrorKind::NotFound => Log::default(),
        Err(error) => return Err(error),
    };
    let Some(what) = loss(shared.as_ref(), &log) else { return Ok(()) };
    // Atomic for whoever reads it: the time alone matters, and any content means "now or before".
    let mut file = File::create(note(store))?;
    writeln!(file, "{} {what}", now.ns())
}

/// Until when writes may have been lost, if a note says so; `fallback` where it cannot be read.
pub(super) fn noted_loss(store: &Path, fallback: Time) -> Option<Time> {
    match std::fs::read_to_string(note(store)) {
        Ok(text) => {
            let stated = text.split(' ').next().and_then(|number| number.parse().ok());
            Some(stated.map_or(fallback, Time::from_ns))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(fallback),
    }
}

/// What was lost, in words; nothing when the log is whole.
fn loss(shared: Option<&Shared>, log: &Log) -> Option<&'static str> {
    match shared {
        // Everything the log held is in the store itself.
        Some(shared) if shared.frames <= shared.backfilled => None,
        Some(shared) if log.salts != Some(shared.salts) => {
            Some("the log is gone or its head is damaged")
        }
        Some(shared) if log.committed < shared.frames => Some("the log is damaged"),
        Some(_) => None,
        // Without the index the log speaks for itself: a bad frame of the running log was a whole one once.
        None if log.has_bad_head || log.has_bad_frame => Some("the log is damaged"),
        None => None,
    }
}

/// What the dead last knew about the log.
#[derive(Debug, PartialEq, Eq)]
struct Shared {
    frames: u32,
    backfilled: u32,
    salts: [u8; 8],
}

impl Shared {
    /// `None` when the bytes are not what a process wrote.
    fn read(mut file: File) -> std::io::Result<Option<Self>> {
        let mut bytes = [0; SHARED_BYTES];
        match file.read_exact(&mut bytes) {
            Ok(()) => Ok(Self::decode(&bytes)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn decode(bytes: &[u8; SHARED_BYTES]) -> Option<Self> {
        let head = &bytes[..HEAD_BYTES];
        let word = |at: usize| u32::from_ne_bytes(array(&bytes[at..at + 4]));
        let mut sum = Sum { is_big: cfg!(target_endian = "big"), sum: [0, 0] };
        sum.add(&head[..40]);
        let is_whole = head == &bytes[HEAD_BYTES..2 * HEAD_BYTES]
            && sum.sum == [word(40), word(44)]
            && word(0) == VERSION;
        is_whole.then(|| Self {
            frames: word(16),
            backfilled: word(BACKFILL_AT),
            salts: array(&head[32..40]),
        })
    }
}

/// What the log still holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Log {
    /// Frames up to the last whole commit.
    committed: u32,
    /// What its head and its frames are marked with; nothing when the head is not whole.
    salts: Option<[u8; 8]>,
    has_bad_head: bool,
    /// A frame carries the marks of the running log, but not its checksum.
    has_bad_frame: bool,
}

impl Log {
    fn read(mut file: impl Read) -> std::io::Result<Self> {
        let mut log = Self::default();
        let mut head = [0; LOG_HEAD_BYTES];
        let found = fill(&mut file, &mut head)?;
        if found < LOG_HEAD_BYTES {
            log.has_bad_head = found > 0;
            return Ok(log);
        }
        let word = |bytes: &[u8], at: usize| u32::from_be_bytes(array(&bytes[at..at + 4]));
        let mut sum = Sum { is_big: word(&head, 0) & 1 == 1, sum: [0, 0] };
        sum.add(&head[..24]);
        let page = word(&head, 8) as usize;
        let is_page = page.is_power_of_two() && (512..=PAGE_BYTES_MAX).contains(&page);
        if word(&head, 0) & !1 != MAGIC
            || !is_page
            || word(&head, 4) != VERSION
            || sum.sum != [word(&head, 24), word(&head, 28)]
        {
            log.has_bad_head = true;
            return Ok(log);
        }
        let salts: [u8; 8] = array(&head[16..24]);
        log.salts = Some(salts);
        let mut frame = vec![0; FRAME_HEAD_BYTES + page];
        for number in 1.. {
            let found = fill(&mut file, &mut frame)?;
            if found < FRAME_HEAD_BYTES || frame[8..16] != salts {
                break;
            }
            sum.add(&frame[..8]);
            sum.add(&frame[FRAME_HEAD_BYTES..]);
            if found < frame.len() || sum.sum != [word(&frame, 16), word(&frame, 20)] {
                log.has_bad_frame = true;
                break;
            }
            if word(&frame, 4) != 0 {
                log.committed = number;
            }
        }
        Ok(log)
    }
}

/// SQLite's running checksum over pairs of 32-bit words.
struct Sum {
    is_big: bool,
    sum: [u32; 2],
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let word = |bytes: &[u8]| {
            let word = array(bytes);
            if self.is_big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
        };
        let [mut one, mut two] = self.sum;
        for pair in bytes.chunks_exact(8) {
            one = one.wrapping_add(word(&pair[..4])).wrapping_add(two);
            two = two.wrapping_add(word(&pair[4..])).wrapping_add(one);
        }
        self.sum = [one, two];
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut own = [0; N];
    own.copy_from_slice(bytes);
    own
}

/// Reads until the buffer is full or the file ends; how much there was.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut found = 0;
    while found < buffer.len() {
        match file.read(&mut buffer[found..]) {
            Ok(0) => break,
            Ok(read) => found += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
