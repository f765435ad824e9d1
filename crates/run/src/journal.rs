//! The journal: which items are finished, kept so that a killed run goes on where it was.
//!
//! One record a line: a checksum, a blank, JSON. It is only ever appended to, by one process at a time. A record is
//! written after the output of its item has been handed over whole, so "recorded finished" is never a promise. A torn
//! last line is what a kill leaves behind and is cut off; a damaged line elsewhere is counted and its item runs again.
//! Items are named by their content: a list that was extended or put in another order still fits its journal.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use amorsize_os::clock::Stopwatch;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Kind, Result};

const FORMAT: u32 = 1;
/// A lock that is held for so long is another run's.
const LOCK_STAYS: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The first record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    amorsize_journal: u32,
    command: String,
}

/// One finished item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number in the run that finished it.
    pub item: u64,
    /// The name of its content, in hexadecimal.
    pub key: String,
    /// Its exit status, if it ended by itself.
    pub exit: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Whether it had been recorded as failed before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// When it was started, in seconds since 1970.
    pub start: f64,
    /// How long it took, in seconds.
    pub wall: f64,
}

impl Record {
    fn succeeded(&self) -> bool {
        self.exit == Some(0)
    }
}

/// The name of an item's content as it stands in a record.
#[must_use]
pub fn key_text(key: u128) -> String {
    format!("{key:032x}")
}

/// How a journal is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It must not hold records yet.
    New,
    /// Finished items are skipped, failed ones too.
    Resume,
    /// Finished items are skipped, failed ones run again.
    RetryFailed,
}

/// What is to be done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It has not been run to its end.
    New,
    /// It has, and is skipped.
    Finished,
    /// It has failed and runs again.
    Failed,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    succeeded: u64,
    failed: u64,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    end: u64,
    finished: HashMap<u128, Count>,
    mode: Mode,
    damaged: u64,
    left_failed: u64,
    pending: Vec<u8>,
    broken: bool,
}

impl Journal {
    /// Opens or creates the journal of `command`.
    ///
    /// # Errors
    /// When another run has it, when it belongs to another command, when it holds records and was not to be resumed,
    /// when it is no journal, or when the file cannot be used.
    pub fn open(path: &Path, command: &str, mode: Mode) -> Result<Self> {
        let at = |doing: &'static str| move |e| Error::file(Kind::Journal, doing, path, e);
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(at("open the journal"))?;
        lock(&file, path)?;
        let mut bytes = Vec::new();
        // A device may have no end; it holds no records either.
        if is_plain(&file) {
            file.read_to_end(&mut bytes).map_err(at("read the journal"))?;
        }
        let read = read(&bytes);
        let mut journal = Self {
            file,
            path: path.to_path_buf(),
            end: read.end,
            finished: HashMap::new(),
            mode,
            damaged: read.damaged,
            left_failed: 0,
            pending: Vec::new(),
            broken: false,
        };
        journal.check(&read, &bytes, command)?;
        for record in read.records {
            journal.count(&record);
        }
        journal.cut_to_end()?;
        if read.header.is_none() {
            journal.append(&Header { amorsize_journal: FORMAT, command: command.to_owned() });
            journal.write()?;
        }
        Ok(journal)
    }

    fn check(&self, read: &Read, bytes: &[u8], command: &str) -> Result<()> {
        let name = self.path.display();
        let error = |text: String| Error::new(Kind::Journal, text);
        let Some(header) = &read.header else {
            // A run killed while it wrote the first line leaves the beginning of one.
            let torn = !bytes.contains(&b'\n');
            if bytes.is_empty() || (torn && looks_torn(bytes)) {
                return Ok(());
            }
            return Err(error(format!("{name} is not a journal of amorsize"))
                .hint("nothing was changed in it; name another file"));
        };
        if header.amorsize_journal != FORMAT {
            let found = header.amorsize_journal;
            return Err(error(format!("{name} has format {found}, and {FORMAT} is understood")));
        }
        if self.mode == Mode::New && (!read.records.is_empty() || read.damaged > 0) {
            let count = read.records.len();
            return Err(error(format!("{name} already holds {count} finished items"))
                .hint("add --resume to go on where it was, or name another file"));
        }
        if header.command != command && (!read.records.is_empty() || read.damaged > 0) {
            return Err(error(format!("{name} belongs to another command: {}", header.command))
                .hint("name another journal for this command"));
        }
        Ok(())
    }

    fn count(&mut self, record: &Record) {
        let Ok(key) = u128::from_str_radix(&record.key, 16) else { return };
        let count = self.finished.entry(key).or_default();
        if record.again {
            if record.succeeded() && count.failed > 0 {
                count.failed -= 1;
                count.succeeded += 1;
            }
        } else if record.succeeded() {
            count.succeeded += 1;
        } else {
            count.failed += 1;
        }
    }

    /// Lines that were damaged; their items run again.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Items that were asked for, are recorded as failed, and are left so.
    #[must_use]
    pub const fn left_failed(&self) -> u64 {
        self.left_failed
    }

    /// Says what to do with the next item of this content, and takes note that it was asked for.
    pub fn next(&mut self, key: u128) -> Known {
        let Some(count) = self.finished.get_mut(&key) else { return Known::New };
        if count.succeeded > 0 {
            count.succeeded -= 1;
            return Known::Finished;
        }
        if count.failed > 0 {
            count.failed -= 1;
            if self.mode == Mode::RetryFailed {
                return Known::Failed;
            }
            self.left_failed += 1;
            return Known::Finished;
        }
        Known::New
    }

    /// Takes a record; it is in the file once [`Self::write`] has returned.
    pub fn record(&mut self, record: &Record) {
        self.append(record);
    }

    fn append<T: Serialize>(&mut self, value: &T) {
        let json = serde_json::to_string(value).expect("records are plain data");
        let line = format!("{:016x} {json}\n", xxh3_64(json.as_bytes()));
        self.pending.extend_from_slice(line.as_bytes());
    }

    /// Writes what was recorded.
    ///
    /// # Errors
    /// When the disk is full or the file cannot be written; what was half-written is taken back, and the journal is
    /// valid up to the last successful write.
    pub fn write(&mut self) -> Result<()> {
        if self.pending.is_empty() || self.broken {
            return Ok(());
        }
        let written = self.file.write_all(&self.pending);
        match written {
            Ok(()) => {
                self.end += self.pending.len() as u64;
                self.pending.clear();
                Ok(())
            }
            Err(error) => {
                self.broken = true;
                // If even that fails, the torn line is cut off by the next run.
                drop(self.cut_to_end());
                Err(Error::file(Kind::Journal, "append to the journal", &self.path, error)
                    .hint("no further item was started; make room and go on with --resume"))
            }
        }
    }

    /// Makes the journal last through a loss of power.
    ///
    /// # Errors
    /// When the system cannot say that it will.
    pub fn sync(&mut self) -> Result<()> {
        // A device keeps nothing that could be lost.
        if self.broken || !is_plain(&self.file) {
            return Ok(());
        }
        let synced = self.file.sync_data();
        synced.map_err(|error| Error::file(Kind::Journal, "sync the journal", &self.path, error))
    }

    fn cut_to_end(&mut self) -> Result<()> {
        let path = self.path.clone();
        let error = |e| Error::file(Kind::Journal, "write the journal", &path, e);
        let length = self.file.metadata().map_err(error)?.len();
        if length > self.end && is_plain(&self.file) {
            self.file.set_len(self.end).map_err(error)?;
        }
        match self.file.seek(SeekFrom::Start(self.end)) {
            Err(e) if e.kind() == io::ErrorKind::NotSeekable => Ok(()),
            other => other.map(|_| ()).map_err(error),
        }
    }
}

/// How often each content is recorded as finished.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn recorded(path: &Path) -> Result<HashMap<u128, u64>> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::file(Kind::Journal, "read the journal", path, error))?;
    let mut counts = HashMap::new();
    for record in read(&bytes).records {
        if let Ok(key) = u128::from_str_radix(&record.key, 16) {
            *counts.entry(key).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Takes the lock. A process that a killed run was just starting holds a copy of it until it has become its program,
/// so a lock is only another run's when it stays.
fn lock(file: &File, path: &Path) -> Result<()> {
    let watch = Stopwatch::start();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if watch.left_of(LOCK_STAYS).is_zero() => {
                let text = format!("another run is using the journal {}", path.display());
                return Err(
                    Error::new(Kind::Journal, text).hint("wait for it, or use another file")
                );
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => {
                return Err(Error::file(Kind::Journal, "lock the journal", path, error));
            }
        }
    }
}

fn is_plain(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Whether bytes without a line end are the beginning of a first record.
fn looks_torn(bytes: &[u8]) -> bool {
    let sum = bytes.iter().take(16).all(u8::is_ascii_hexdigit);
    let head = b" {\"amorsize_journal\":";
    let rest = bytes.get(16..).unwrap_or_default();
    sum && rest.iter().zip(head).all(|(a, b)| a == b)
}

#[derive(Debug, Default)]
struct Read {
    header: Option<Header>,
    records: Vec<Record>,
    damaged: u64,
    end: u64,
}

/// Reads all whole lines; `end` is after the last good one.
fn read(bytes: &[u8]) -> Read {
    let mut read = Read::default();
    let mut at = 0;
    let mut damaged_since_good = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        at += line.len() as u64;
        let Some(json) = checked(line) else {
            damaged_since_good += 1;
            continue;
        };
        if read.header.is_none() {
            let Ok(header) = serde_json::from_slice(json) else { return read };
            read.header = Some(header);
        } else if let Ok(record) = serde_json::from_slice(json) {
            read.records.push(record);
        } else {
            damaged_since_good += 1;
            continue;
        }
        read.damaged += damaged_since_good;
        damaged_since_good = 0;
        read.end = at;
    }
    // One bad line at the very end is what a kill leaves; more is damage.
    read.damaged += u64::saturating_sub(damaged_since_good, 1);
    read
}

/// The JSON of a line whose checksum is right.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    let (sum, rest) = line.split_at_checked(16)?;
    let json = rest.strip_prefix(b" ")?;
    let sum = u64::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    (sum == xxh3_64(json)).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(item: u64, key: u128, exit: i32) -> Record {
        Record {
            item,
            key: key_text(key),
            exit: Some(exit),
            signal: None,
            again: false,
            start: 1.5,
            wall: 0.25,
        }
    }

    fn written(path: &Path, records: &[Record]) {
        let mut journal = Journal::open(path, "cmd", Mode::Resume).unwrap();
        for record in records {
            journal.record(record);
        }
        journal.write().unwrap();
        journal.sync().unwrap();
    }

    #[test]
    fn finished_items_are_known_by_content_as_often_as_they_were_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        written(&path, &[record(1, 7, 0), record(2, 7, 0), record(3, 8, 1)]);
        let mut journal = Journal::open(&path, "cmd", Mode::Resume).unwrap();
        let asked: Vec<Known> = [7, 7, 7, 8, 9].map(|key| journal.next(key)).to_vec();
        use Known::{Failed, Finished, New};
        assert_eq!(asked, [Finished, Finished, New, Finished, New]);
        drop(journal);
        let mut journal = Journal::open(&path, "cmd", Mode::RetryFailed).unwrap();
        assert_eq!((journal.next(8), journal.next(8)), (Failed, New));
    }

    #[test]
    fn an_item_that_failed_and_then_succeeded_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let again = Record { again: true, ..record(1, 7, 0) };
        written(&path, &[record(1, 7, 1), again]);
        let mut journal = Journal::open(&path, "cmd", Mode::Resume).unwrap();
        assert_eq!((journal.next(7), journal.next(7)), (Known::Finished, Known::New));
    }

    #[test]
    fn every_cut_of_the_file_leaves_a_valid_journal_with_a_prefix_of_its_records() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        written(&path, &[record(1, 1, 0), record(2, 2, 0), record(3, 3, 0)]);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            let torn = folder.path().join("torn");
            std::fs::write(&torn, &whole[..cut]).unwrap();
            let mut journal = Journal::open(&torn, "cmd", Mode::Resume).unwrap();
            assert_eq!(journal.damaged(), 0, "cut at {cut}");
            let known: Vec<bool> =
                [1, 2, 3].map(|key| journal.next(key) == Known::Finished).to_vec();
            assert!(known.is_sorted_by(|a, b| a >= b), "{known:?}");
            journal.record(&record(9, 9, 0));
            journal.write().unwrap();
            drop(journal);
            let mut journal = Journal::open(&torn, "cmd", Mode::Resume).unwrap();
            assert_eq!((journal.next(9), journal.damaged()), (Known::Finished, 0));
        }
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_counted_and_its_item_runs_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        written(&path, &[record(1, 1, 0), record(2, 2, 0), record(3, 3, 0)]);
        let mut bytes = std::fs::read(&path).unwrap();
        let second = bytes.windows(8).position(|part| part == b"\"item\":2").unwrap();
        bytes[second + 7] = b'5';
        std::fs::write(&path, bytes).unwrap();
        let mut journal = Journal::open(&path, "cmd", Mode::Resume).unwrap();
        assert_eq!(journal.damaged(), 1);
        assert_eq!((journal.next(2), journal.next(3)), (Known::New, Known::Finished));
    }

    #[test]
    fn a_journal_is_not_mixed_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        written(&path, &[record(1, 1, 0)]);
        let refused = |path: &Path, command: &str, mode| {
            Journal::open(path, command, mode).unwrap_err().to_string()
        };
        assert!(refused(&path, "cmd", Mode::New).contains("already holds 1"));
        assert!(refused(&path, "other", Mode::Resume).contains("another command: cmd"));
        let held = Journal::open(&path, "cmd", Mode::Resume).unwrap();
        assert!(refused(&path, "cmd", Mode::Resume).contains("another run"));
        drop(held);
        let foreign = folder.path().join("foreign");
        std::fs::write(&foreign, "my precious notes\n").unwrap();
        assert!(refused(&foreign, "cmd", Mode::Resume).contains("not a journal"));
        assert_eq!(std::fs::read(&foreign).unwrap(), b"my precious notes\n");
    }

    #[test]
    fn a_full_disk_is_a_clear_error() {
        let refused = Journal::open(Path::new("/dev/full"), "cmd", Mode::New);
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("/dev/full") && text.contains("journal"), "{text}");
    }
}
