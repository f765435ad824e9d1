//! Where items come from: arguments, their combinations, or a stream that may never end.
//!
//! A stream is read only when it has something to say, never ahead of a bound, and an item is never lost or split:
//! the last one counts without its separator, an empty line is an empty item.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};

use crate::error::{Error, Result};
use crate::item::Item;

/// Items that are looked ahead, so that the size of the next batch can be judged.
const AHEAD_ITEMS: usize = 16_384;
/// And their bytes.
const AHEAD_BYTES: usize = 8 << 20;
/// The longest single item of a stream.
const ITEM_BYTES_MOST: usize = 64 << 20;

/// Items as they come.
#[derive(Debug)]
pub enum Source {
    /// All combinations of these lists, the last one running fastest.
    Lists(Lists),
    /// Items separated by one byte.
    Stream(Stream),
    /// Items that were read before.
    Given(std::vec::IntoIter<Item>),
}

impl Source {
    /// Items that were read before; they keep their numbers.
    #[must_use]
    pub fn given(items: Vec<Item>) -> Self {
        Self::Given(items.into_iter())
    }
}

/// All combinations of some lists.
#[derive(Debug)]
pub struct Lists {
    lists: Vec<List>,
    next: u64,
    total: u64,
}

/// One list of values.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// Its values.
    pub values: Vec<Vec<u8>>,
    /// Whether it goes in step with the list before it instead of being combined with it.
    pub linked: bool,
}

impl Lists {
    /// The combinations of `lists`; none if any is empty. Lists that are linked are as long as the shortest of them.
    #[must_use]
    pub fn new(lists: Vec<List>) -> Self {
        let mut lengths: Vec<u64> = Vec::new();
        for list in &lists {
            let length = list.values.len() as u64;
            match lengths.last_mut().filter(|_| list.linked) {
                Some(before) => *before = (*before).min(length),
                None => lengths.push(length),
            }
        }
        let all = lengths.iter().fold(1_u64, |all, length| all.saturating_mul(*length));
        let total = if lengths.is_empty() { 0 } else { all };
        Self { lists, next: 0, total }
    }

    /// Where the lists begin that go in step up to `end`, and how long they are.
    fn step(&self, end: usize) -> (usize, u64) {
        let linked = self.lists[..end].iter().rev().take_while(|list| list.linked).count();
        let begin = end.saturating_sub(linked + 1);
        let lengths = self.lists[begin..end].iter().map(|list| list.values.len() as u64);
        (begin, lengths.min().unwrap_or(1))
    }

    fn next(&mut self) -> Option<Vec<Vec<u8>>> {
        if self.next >= self.total {
            return None;
        }
        let mut rest = self.next;
        self.next += 1;
        let mut columns: Vec<Vec<u8>> = Vec::with_capacity(self.lists.len());
        let mut end = self.lists.len();
        while end > 0 {
            let (begin, length) = self.step(end);
            let at = usize::try_from(rest % length).unwrap_or(0);
            rest /= length;
            columns.extend(self.lists[begin..end].iter().rev().map(|list| list.values[at].clone()));
            end = begin;
        }
        columns.reverse();
        Some(columns)
    }
}

/// Items read from a file or a pipe.
#[derive(Debug)]
pub struct Stream {
    file: File,
    separator: u8,
    buffer: Vec<u8>,
    taken: usize,
    searched: usize,
    ended: bool,
}

impl Stream {
    /// Items of `file`, separated by `separator`.
    #[must_use]
    pub const fn new(file: File, separator: u8) -> Self {
        Self { file, separator, buffer: Vec::new(), taken: 0, searched: 0, ended: false }
    }

    /// The next whole item in the buffer.
    fn cut(&mut self) -> Option<Vec<u8>> {
        let rest = &self.buffer[self.searched..];
        if let Some(at) = rest.iter().position(|&byte| byte == self.separator) {
            let end = self.searched + at;
            let item = self.buffer[self.taken..end].to_vec();
            self.taken = end + 1;
            self.searched = self.taken;
            return Some(item);
        }
        self.searched = self.buffer.len();
        if self.ended && self.taken < self.buffer.len() {
            let item = self.buffer[self.taken..].to_vec();
            self.taken = self.buffer.len();
            return Some(item);
        }
        None
    }

    /// Reads once if that does not wait, or in any case when `wait` is set.
    fn read(&mut self, wait: bool) -> Result<bool> {
        if self.ended || !(wait || self.readable()) {
            return Ok(false);
        }
        self.buffer.drain(..self.taken);
        self.searched -= self.taken;
        self.taken = 0;
        if self.buffer.len() > ITEM_BYTES_MOST {
            let most = ITEM_BYTES_MOST >> 20;
            return Err(Error::usage(format!("an item is longer than {most} MiB"))
                .hint("items are separated by newlines; use -0 for items separated by NUL"));
        }
        let mut block = [0; 1 << 16];
        match self.file.read(&mut block) {
            Ok(0) => self.ended = true,
            Ok(count) => self.buffer.extend_from_slice(&block[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(Error::system("read the items", error)),
        }
        Ok(true)
    }

    fn readable(&self) -> bool {
        amorsize_os::ready::readable(self.file.as_fd())
    }
}

/// Items that are looked ahead.
#[derive(Debug)]
pub struct Queue {
    source: Source,
    ahead: VecDeque<Item>,
    ahead_bytes: usize,
    numbered: u64,
    ended: bool,
    /// What the journal says of the first item, once it was asked: whether it failed before.
    judged: Option<bool>,
}

impl Queue {
    /// A queue in front of `source`.
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self {
            source,
            ahead: VecDeque::new(),
            ahead_bytes: 0,
            numbered: 0,
            ended: false,
            judged: None,
        }
    }

    /// Looks ahead as far as can be without waiting.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub fn fill(&mut self) -> Result<()> {
        while !self.ended && self.wants_more() {
            let number = self.numbered + 1;
            let item = match &mut self.source {
                Source::Lists(lists) => {
                    lists.next().map(|columns| Item::of_columns(number, columns))
                }
                Source::Given(items) => items.next(),
                Source::Stream(stream) => match stream.cut() {
                    Some(text) => Some(Item::new(number, text)),
                    None if stream.ended => None,
                    None if stream.read(false)? => continue,
                    None => return Ok(()),
                },
            };
            match item {
                Some(item) => {
                    self.numbered = number;
                    self.ahead_bytes += item.bytes();
                    self.ahead.push_back(item);
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }

    /// The next item that is there.
    pub fn pop(&mut self) -> Option<Item> {
        let item = self.ahead.pop_front()?;
        self.ahead_bytes -= item.bytes();
        self.judged = None;
        Some(item)
    }

    /// The key of the next item that is there.
    #[must_use]
    pub fn peek_key(&self) -> Option<u128> {
        self.ahead.front().map(Item::key)
    }

    /// Looks ahead again if nothing is there; whether something is now.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub fn refill(&mut self) -> Result<bool> {
        self.fill()?;
        Ok(!self.ahead.is_empty())
    }

    /// Notes that the next item is to be run, and whether it failed before.
    pub const fn judge(&mut self, again: bool) {
        self.judged = Some(again);
    }

    /// Whether the next item was judged, and failed before.
    #[must_use]
    pub const fn judged(&self) -> Option<bool> {
        self.judged
    }

    /// The next item, waited for.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub fn wait_next(&mut self) -> Result<Option<Item>> {
        loop {
            if let Some(item) = self.pop() {
                return Ok(Some(item));
            }
            self.fill()?;
            if self.is_done() {
                return Ok(None);
            }
            if let (true, Source::Stream(stream)) = (self.ahead.is_empty(), &mut self.source) {
                stream.read(true)?;
            }
        }
    }

    /// Stops watching the stream.
    pub fn unwatch(&self, ready: &amorsize_os::ready::Ready) {
        if let Source::Stream(stream) = &self.source {
            ready.remove(&stream.file);
        }
    }

    /// The bytes of the next item.
    #[must_use]
    pub fn peek_bytes(&self) -> Option<usize> {
        self.ahead.front().map(Item::bytes)
    }

    /// Whether every item has been handed out.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended && self.ahead.is_empty()
    }

    /// Items that are known to be left.
    #[must_use]
    pub fn left(&self) -> u64 {
        let ahead = self.ahead.len() as u64;
        match &self.source {
            Source::Lists(lists) => ahead + (lists.total - lists.next),
            Source::Given(items) => ahead + items.len() as u64,
            Source::Stream(_) => ahead,
        }
    }

    /// All items there are, once that is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        match &self.source {
            Source::Lists(lists) => Some(lists.total),
            Source::Given(items) => Some(self.numbered + items.len() as u64),
            Source::Stream(_) if self.ended => Some(self.numbered),
            Source::Stream(_) => None,
        }
    }

    /// The handle to wait on for more items, while more are wanted.
    #[must_use]
    pub fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        match &self.source {
            Source::Stream(stream) if !self.ended && self.wants_more() => Some(stream.file.as_fd()),
            _ => None,
        }
    }

    fn wants_more(&self) -> bool {
        self.ahead.len() < AHEAD_ITEMS && self.ahead_bytes < AHEAD_BYTES
    }
}

/// Reads a whole file of items, for a combination with others.
///
/// # Errors
/// When the file cannot be read.
pub fn read_list(file: File, separator: u8) -> Result<Vec<Vec<u8>>> {
    let mut stream = Stream::new(file, separator);
    let mut items = Vec::new();
    loop {
        match stream.cut() {
            Some(item) => items.push(item),
            None if stream.ended => return Ok(items),
            None => {
                stream.read(true)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn all(queue: &mut Queue) -> Vec<String> {
        queue.fill().unwrap();
        std::iter::from_fn(|| queue.pop())
            .map(|item| format!("{}:{}", item.number(), String::from_utf8_lossy(item.text())))
            .collect()
    }

    #[test]
    fn a_stream_is_cut_at_its_separator_and_keeps_empty_items() {
        let (reader, mut writer) = io::pipe().unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(reader));
        let mut queue = Queue::new(Source::Stream(Stream::new(file, b'\n')));
        assert!(all(&mut queue).is_empty() && !queue.is_done());
        writer.write_all(b"a\n\n-x 'y\npar").unwrap();
        assert_eq!(all(&mut queue), ["1:a", "2:", "3:-x 'y"]);
        assert_eq!(queue.total(), None);
        writer.write_all(b"t").unwrap();
        drop(writer);
        assert_eq!(all(&mut queue), ["4:part"]);
        assert!(queue.is_done());
        assert_eq!(queue.total(), Some(4));
    }

    fn list(words: &[&str]) -> List {
        let values = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        List { values, linked: false }
    }

    #[test]
    fn lists_in_step_are_as_long_as_the_shortest_and_combined_as_one() {
        let step = |words: &[&str]| List { linked: true, ..list(words) };
        let lists = vec![
            list(&["a", "b"]),
            list(&["1", "2", "3"]),
            step(&["x", "y"]),
            step(&["p", "q", "r"]),
        ];
        let mut queue = Queue::new(Source::Lists(Lists::new(lists)));
        assert_eq!(queue.total(), Some(4));
        assert_eq!(all(&mut queue), ["1:a 1 x p", "2:a 2 y q", "3:b 1 x p", "4:b 2 y q"]);
    }

    #[test]
    fn lists_are_combined_with_the_last_running_fastest() {
        let lists = Lists::new(vec![list(&["a", "b"]), list(&["1", "2"])]);
        let mut queue = Queue::new(Source::Lists(lists));
        assert_eq!((queue.left(), queue.total()), (4, Some(4)));
        assert_eq!(all(&mut queue), ["1:a 1", "2:a 2", "3:b 1", "4:b 2"]);
        let empty = Lists::new(vec![list(&["a"]), list(&[])]);
        let mut queue = Queue::new(Source::Lists(empty));
        assert!(all(&mut queue).is_empty() && queue.is_done());
    }

    #[test]
    fn looking_ahead_is_bounded() {
        let many = List { values: vec![b"x".to_vec(); AHEAD_ITEMS * 2], linked: false };
        let mut queue = Queue::new(Source::Lists(Lists::new(vec![many])));
        queue.fill().unwrap();
        assert_eq!(queue.ahead.len(), AHEAD_ITEMS);
        assert_eq!(queue.left(), 2 * AHEAD_ITEMS as u64);
    }
}
