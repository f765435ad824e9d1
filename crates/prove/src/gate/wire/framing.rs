//! Where one request ends and the next begins, in each protocol.

use crate::experiment::Protocol;

/// The next request in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// It is not complete yet.
    More,
    /// It is so long.
    Whole(usize),
    /// It asks for encryption, which is declined.
    Declined(usize),
}

/// Takes a stream of requests apart.
#[derive(Debug)]
pub(super) struct Framing {
    protocol: Protocol,
    /// PostgreSQL's first message has no tag.
    begun: bool,
}

impl Framing {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self { protocol, begun: false }
    }

    pub(super) fn next(&mut self, bytes: &[u8]) -> Unit {
        if bytes.is_empty() {
            return Unit::More;
        }
        match self.protocol {
            Protocol::Postgres => self.postgres(bytes),
            Protocol::Redis => redis(bytes),
            Protocol::Memcached => memcached(bytes),
        }
    }

    fn postgres(&mut self, bytes: &[u8]) -> Unit {
        const SSL: u32 = 80_877_103;
        const GSS: u32 = 80_877_104;
        if !self.begun {
            let (Some(length), Some(code)) = (word(bytes, 0), word(bytes, 4)) else {
                return Unit::More;
            };
            if bytes.len() < length {
                return Unit::More;
            }
            if code == SSL as usize || code == GSS as usize {
                return Unit::Declined(length.max(8));
            }
            self.begun = true;
            return Unit::Whole(length.max(4));
        }
        // A batch of the extended protocol ends with its Sync or Flush; everything else is a batch of its own.
        let mut end = 0;
        loop {
            let Some(tag) = bytes.get(end) else { return Unit::More };
            let Some(length) = word(bytes, end + 1) else { return Unit::More };
            end += 1 + length.max(4);
            if bytes.len() < end {
                return Unit::More;
            }
            if !b"PBDEC".contains(tag) {
                return Unit::Whole(end);
            }
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(word)).ok()
}

fn line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((&bytes[..end], end + 2))
}

fn number(bytes: &[u8]) -> Option<usize> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

fn redis(bytes: &[u8]) -> Unit {
    let Some((head, mut end)) = line(bytes) else { return Unit::More };
    // An inline command is its line.
    let Some(count) = head.strip_prefix(b"*").and_then(number) else { return Unit::Whole(end) };
    for _ in 0..count {
        let Some((head, next)) = bytes.get(end..).and_then(line) else { return Unit::More };
        let Some(length) = head.strip_prefix(b"$").and_then(number) else {
            return Unit::Whole(end + next);
        };
        end = end.saturating_add(next).saturating_add(length).saturating_add(2);
        if bytes.len() < end {
            return Unit::More;
        }
    }
    Unit::Whole(end)
}

fn memcached(bytes: &[u8]) -> Unit {
    let Some((head, end)) = line(bytes) else { return Unit::More };
    let words: Vec<&[u8]> = head.split(|byte| *byte == b' ').collect();
    let length = match words.first().copied().unwrap_or_default() {
        b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas" => words.get(4),
        b"ms" => words.get(2),
        _ => None,
    };
    let whole = match length.and_then(|word| number(word)) {
        Some(length) => end.saturating_add(length).saturating_add(2),
        None => end,
    };
    if bytes.len() < whole { Unit::More } else { Unit::Whole(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a stream byte by byte and returns the units that come out.
    fn units(protocol: Protocol, stream: &[u8]) -> Vec<Vec<u8>> {
        let mut framing = Framing::new(protocol);
        let (mut waiting, mut found) = (vec![], vec![]);
        for byte in stream {
            waiting.push(*byte);
            match framing.next(&waiting) {
                Unit::More => {}
                Unit::Whole(length) | Unit::Declined(length) => {
                    found.push(waiting.drain(..length).collect::<Vec<u8>>());
                }
            }
        }
        assert!(waiting.is_empty(), "{waiting:?} was left over");
        found
    }

    #[test]
    fn pipelined_requests_are_taken_apart_however_they_arrive() {
        let stream = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\r\n\r\n";
        assert_eq!(units(Protocol::Redis, stream).len(), 3);
        let stream = b"get k\r\nset k 0 0 5\r\na\r\nbc\r\ncas k 0 0 1 7\r\nx\r\nms k 2\r\nhi\r\n";
        assert_eq!(units(Protocol::Memcached, stream).len(), 4);
    }

    #[test]
    fn postgres_batches_end_with_their_sync() {
        let mut stream = vec![0, 0, 0, 8, 4, 210, 22, 47];
        stream.extend([0, 0, 0, 9, 0, 3, 0, 0, 0]);
        stream.extend(b"P\0\0\0\x06s\0B\0\0\0\x04E\0\0\0\x04S\0\0\0\x04");
        stream.extend(b"Q\0\0\0\x06x\0");
        let found = units(Protocol::Postgres, &stream);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [8, 9, 22, 7]);
    }
}
