//! What travels through the shared folder: ranges of items one way, endings with their outputs the other.
//!
//! Both are rows of frames: one byte that says what it is, its length, its bytes. A file without its last frame was
//! not written to the end; what stands whole before the tear still counts.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::item::Item;
use crate::outcome::Outcome;

/// The longest frame; longer outputs are several.
pub(super) const FRAME_MOST: usize = 1 << 20;
/// No item may be longer than that of a stream, with its columns.
const ITEM_MOST: usize = 128 << 20;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// An item of a range.
    Item,
    /// Standard output of the process whose ending follows.
    Out,
    /// Its error output.
    Err,
    /// How it ended.
    Ended,
    /// The end of the range.
    Last,
}

const TAGS: [(Tag, u8); 5] =
    [(Tag::Item, b'I'), (Tag::Out, b'O'), (Tag::Err, b'E'), (Tag::Ended, b'R'), (Tag::Last, b'Z')];

/// How a process of an agent ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ended {
    /// The numbers of its items.
    pub(super) items: Vec<u64>,
    pub(super) exit: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) timed_out: bool,
    pub(super) attempt: u32,
    /// When it was started, in seconds since 1970 by the node's clock.
    pub(super) started: f64,
    pub(super) wall_ns: u64,
    pub(super) user_ns: u64,
    pub(super) system_ns: u64,
    pub(super) memory_bytes: u64,
    pub(super) error: Option<String>,
}

impl Ended {
    pub(super) fn of(outcome: &Outcome, epoch_s: f64) -> Self {
        Self {
            items: outcome.items.iter().map(Item::number).collect(),
            exit: outcome.exit,
            signal: outcome.signal,
            timed_out: outcome.timed_out,
            attempt: outcome.attempt,
            started: epoch_s + crate::outcome::seconds(outcome.started_ns),
            wall_ns: outcome.wall_ns,
            user_ns: outcome.user_ns,
            system_ns: outcome.system_ns,
            memory_bytes: outcome.memory_bytes,
            error: outcome.error.clone(),
        }
    }
}

/// What an agent says of a range when it is through with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    /// From taking it to publishing this.
    pub(super) wall_ns: u64,
    /// The part of it that went into taking and publishing.
    pub(super) overhead_ns: u64,
}

/// Writes one frame.
pub(super) fn put(to: &mut impl Write, tag: Tag, bytes: &[u8]) -> io::Result<()> {
    let byte = TAGS.iter().find(|(known, _)| *known == tag).map_or(0, |(_, byte)| *byte);
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::other("a frame too long"))?;
    to.write_all(&[byte])?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)
}

/// Writes a value as one frame.
pub(super) fn put_json(to: &mut impl Write, tag: Tag, value: &impl Serialize) -> io::Result<()> {
    put(to, tag, &serde_json::to_vec(value)?)
}

/// Reads the next frame; `None` at the end and at a tear.
pub(super) fn get(from: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Option<Tag>> {
    let mut head = [0; 5];
    if !fill(from, &mut head)? {
        return Ok(None);
    }
    let [byte, length @ ..] = head;
    let tag = TAGS.iter().find(|(_, known)| *known == byte).map(|(tag, _)| *tag);
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    let Some(tag) = tag.filter(|_| length <= ITEM_MOST) else { return Ok(None) };
    bytes.resize(length, 0);
    Ok(fill(from, bytes)?.then_some(tag))
}

fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// An item as bytes: its number, then its columns with their lengths.
pub(super) fn item_bytes(item: &Item) -> Vec<u8> {
    let mut bytes = item.number().to_le_bytes().to_vec();
    for column in item.columns() {
        bytes.extend((column.len() as u64).to_le_bytes());
        bytes.extend_from_slice(column);
    }
    bytes
}

/// The item of these bytes.
pub(super) fn item_of(bytes: &[u8]) -> Option<Item> {
    let (number, mut rest) = number_of(bytes)?;
    let mut columns = Vec::new();
    while !rest.is_empty() {
        let (length, after) = number_of(rest)?;
        let (column, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        columns.push(column.to_vec());
        rest = after;
    }
    Some(Item::of_columns(number, columns))
}

fn number_of(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*number), rest))
}

/// Writes a range of items.
pub(super) fn put_range(to: &mut impl Write, items: &[Item]) -> io::Result<()> {
    for item in items {
        put(to, Tag::Item, &item_bytes(item))?;
    }
    put(to, Tag::Last, &[])
}

/// Reads a range of items; an error when it is not whole.
pub(super) fn get_range(from: &mut impl Read) -> io::Result<Vec<Item>> {
    let (mut items, mut bytes) = (Vec::new(), Vec::new());
    loop {
        match get(from, &mut bytes)? {
            Some(Tag::Item) => {
                items.push(item_of(&bytes).ok_or_else(|| io::Error::other("a damaged item"))?);
            }
            Some(Tag::Last) => return Ok(items),
            _ => return Err(io::Error::other("a damaged range")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_comes_back_as_it_was_and_a_torn_one_is_an_error() {
        let columns = vec![b"a b".to_vec(), Vec::new(), vec![0xff]];
        let items = vec![
            Item::new(7, Vec::new()),
            Item::new(8, b"x\ny".to_vec()),
            Item::of_columns(9, columns),
        ];
        let mut bytes = Vec::new();
        put_range(&mut bytes, &items).unwrap();
        assert_eq!(get_range(&mut bytes.as_slice()).unwrap(), items);
        for cut in 0..bytes.len() {
            assert!(get_range(&mut &bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn frames_before_a_tear_count() {
        let mut bytes = Vec::new();
        put(&mut bytes, Tag::Out, b"hello").unwrap();
        let whole = bytes.len();
        put(&mut bytes, Tag::Err, b"world").unwrap();
        let mut read = &bytes[..whole + 7];
        let mut frame = Vec::new();
        assert_eq!(get(&mut read, &mut frame).unwrap(), Some(Tag::Out));
        assert_eq!(frame, b"hello");
        assert_eq!(get(&mut read, &mut frame).unwrap(), None);
        assert_eq!(get(&mut &b"Xjunk..."[..], &mut frame).unwrap(), None);
    }
}
