//! The log of one actor, in memory or in a file that survives the actor's SIGKILL.
//!
//! The file holds fixed-size frames. The frame of a call is handed to the kernel before the call is made, together with
//! the frame of the answer before it: one write per operation. What the kernel has, a killed process cannot take back. A
//! cut last frame is dropped when the file is read; then the call it belongs to counts as not made or not answered.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::event::{Answer, Call, Done, Event, Reasons, Record, Sight, Want};

const WORDS: usize = 14;
const FRAME: usize = WORDS * 8;
const NONE: u64 = u64::MAX;

/// Where an actor's events go.
#[derive(Debug)]
pub enum Log {
    /// Kept in memory: for threads, which are not killed.
    Memory(Vec<Event>),
    /// Written to a file: for processes, which are.
    File(FileLog),
}

/// A log in a file.
#[derive(Debug)]
pub struct FileLog {
    file: File,
    /// The frame of the last answer, not yet written.
    waiting: Vec<u8>,
}

impl Log {
    /// A log in memory.
    #[must_use]
    pub const fn memory() -> Self {
        Self::Memory(Vec::new())
    }

    /// A new log file.
    ///
    /// # Errors
    ///
    /// When the file is already there or cannot be made.
    pub fn file(path: &Path) -> std::io::Result<Self> {
        let file = File::options().write(true).create_new(true).open(path)?;
        Ok(Self::File(FileLog { file, waiting: Vec::with_capacity(2 * FRAME) }))
    }

    pub(super) fn call(&mut self, event: &Event) -> std::io::Result<()> {
        let Self::File(log) = self else { return Ok(()) };
        log.waiting.extend_from_slice(&bytes(encode_call(event)));
        log.flush()
    }

    pub(super) fn answer(&mut self, event: Event) -> std::io::Result<()> {
        match self {
            Self::Memory(events) => events.push(event),
            Self::File(log) => {
                if let Some(done) = &event.done {
                    log.waiting.extend_from_slice(&bytes(encode_done(done)));
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> std::io::Result<Vec<Event>> {
        match self {
            Self::Memory(events) => Ok(events),
            Self::File(mut log) => log.flush().map(|()| Vec::new()),
        }
    }
}

impl FileLog {
    fn flush(&mut self) -> std::io::Result<()> {
        self.file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}

/// Reads every log file of a folder.
///
/// # Errors
///
/// When a file cannot be read or holds something else than a log.
pub fn load(folder: &Path) -> std::io::Result<Vec<Event>> {
    let mut events = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let bytes = std::fs::read(entry?.path())?;
        let mut open: Option<Event> = None;
        for frame in bytes.chunks_exact(FRAME) {
            let mut words = [0; WORDS];
            for (word, eight) in words.iter_mut().zip(frame.chunks_exact(8)) {
                *word = u64::from_le_bytes(eight.try_into().unwrap_or_default());
            }
            if words[0] == 0 {
                events.extend(open.take());
                open = Some(decode_call(&words).ok_or(std::io::ErrorKind::InvalidData)?);
            } else {
                let mut event = open.take().ok_or(std::io::ErrorKind::InvalidData)?;
                event.done = Some(decode_done(&words).ok_or(std::io::ErrorKind::InvalidData)?);
                events.push(event);
            }
        }
        events.extend(open);
    }
    Ok(events)
}

fn bytes(words: [u64; WORDS]) -> [u8; FRAME] {
    let mut frame = [0; FRAME];
    for (eight, word) in frame.chunks_exact_mut(8).zip(words) {
        eight.copy_from_slice(&word.to_le_bytes());
    }
    frame
}

fn encode_call(event: &Event) -> [u64; WORDS] {
    let (code, [a, b, c, d], expected) = match event.call {
        Call::Look(want) => (0, [want.max_age, want.fmt.into(), want.fp.into(), 0], 0),
        Call::Put(record) => (1, fields(&record), 0),
        Call::Add(record) => (2, fields(&record), 0),
        Call::Cas(expected, record) => (3, fields(&record), expected),
        Call::Remove => (4, [0; 4], 0),
        Call::Evict => (5, [0; 4], 0),
        Call::Clear => (6, [0; 4], 0),
        Call::Prune => (7, [0; 4], 0),
    };
    let who = (u64::from(event.actor), u64::from(event.key));
    [0, who.0, who.1, event.start, event.clock_from, code, a, b, c, d, expected, 0, 0, 0]
}

fn fields(record: &Record) -> [u64; 4] {
    [record.ttl, record.fmt.into(), record.fp.into(), record.body]
}

fn decode_call(words: &[u64; WORDS]) -> Option<Event> {
    let [_, actor, key, start, clock_from, code, a, b, c, d, expected, ..] = *words;
    let small = |word| u32::try_from(word).ok();
    let record = || Some(Record { ttl: a, fmt: small(b)?, fp: small(c)?, body: d });
    let call = match code {
        0 => Call::Look(Want { max_age: a, fmt: small(b)?, fp: small(c)? }),
        1 => Call::Put(record()?),
        2 => Call::Add(record()?),
        3 => Call::Cas(expected, record()?),
        4 => Call::Remove,
        5 => Call::Evict,
        6 => Call::Clear,
        7 => Call::Prune,
        _ => return None,
    };
    Some(Event { actor: small(actor)?, key: small(key)?, call, start, clock_from, done: None })
}

fn encode_done(done: &Done) -> [u64; WORDS] {
    let head = [1, done.end, done.clock_to];
    let rest = match done.answer {
        Answer::Saw(sight) => sight_words(0, &sight),
        Answer::Stored { made, at } => [1, at, made, 0, 0, 0, 0, 0, 0, 0, 0],
        Answer::Refused(sight) => sight_words(2, &sight),
        Answer::NotDone => [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    };
    let mut words = [0; WORDS];
    words[..3].copy_from_slice(&head);
    words[3..].copy_from_slice(&rest);
    words
}

fn sight_words(code: u64, sight: &Sight) -> [u64; 11] {
    let (created, ttl) = (sight.created.unwrap_or(NONE), sight.ttl.unwrap_or(NONE));
    let reasons = sight.reasons.bits().into();
    let (has_body, body) = sight.body.map_or((0, 0), |body| (1, body));
    [code, sight.t, sight.gen_seen, reasons, has_body, body, created, ttl, sight.since, 0, 0]
}

fn decode_done(words: &[u64; WORDS]) -> Option<Done> {
    let [_, end, clock_to, code, t, made, reasons, has_body, body, created, ttl, since, ..] =
        *words;
    let sight = || {
        Some(Sight {
            t,
            gen_seen: made,
            reasons: Reasons::from_bits(u16::try_from(reasons).ok()?),
            body: (has_body == 1).then_some(body),
            created: (created != NONE).then_some(created),
            ttl: (ttl != NONE).then_some(ttl),
            since,
        })
    };
    let answer = match code {
        0 => Answer::Saw(sight()?),
        1 => Answer::Stored { made, at: t },
        2 => Answer::Refused(sight()?),
        3 => Answer::NotDone,
        _ => return None,
    };
    Some(Done { end, clock_to, answer })
}
