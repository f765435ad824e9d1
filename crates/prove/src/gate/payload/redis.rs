//! Redis' RESP, as far as labels need it.

use super::{Kind, Reply, Request};
use crate::outcome::one_line;

const COMMANDS_MAX: usize = 16;
const WORDS_MAX: usize = 64;

/// Reads one or several pipelined commands.
pub(super) fn request(bytes: &[u8]) -> Option<Request> {
    let mut rest = bytes;
    let mut said: Vec<String> = vec![];
    let mut handshake = true;
    while !rest.is_empty() && said.len() < COMMANDS_MAX {
        let Some((words, tail)) = command(rest) else { break };
        let name = words.first()?.to_ascii_uppercase();
        handshake &= matches!(
            name.as_str(),
            "HELLO"
                | "CLIENT"
                | "AUTH"
                | "SELECT"
                | "PING"
                | "COMMAND"
                | "INFO"
                | "QUIT"
                | "READONLY"
        );
        said.push(one_line(&words.join(" "), 120));
        rest = tail;
    }
    if said.is_empty() {
        return None;
    }
    Some(Request { handshake, ..Request::plain(Kind::Redis, said.join("; ")) })
}

fn command(bytes: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (count, mut rest) = header(bytes, b'*')?;
    let mut words = vec![];
    for _ in 0..count.min(WORDS_MAX) {
        let Some((length, tail)) = header(rest, b'$') else { break };
        let word = tail.get(..length.min(tail.len()))?;
        words.push(String::from_utf8_lossy(word).into_owned());
        rest = tail.get(length + 2..).unwrap_or_default();
    }
    (!words.is_empty()).then_some((words, rest))
}

fn header(bytes: &[u8], tag: u8) -> Option<(usize, &[u8])> {
    let rest = bytes.strip_prefix(&[tag])?;
    let end = rest.iter().position(|byte| *byte == b'\r')?;
    let number = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    Some((number, rest.get(end + 2..)?))
}

/// Reads the answers to one or several pipelined commands. No value is an ordinary answer to a read, and a refusal to
/// a write; of several answers the first that refuses is told, or else the last.
pub(super) fn reply(bytes: &[u8], commands: &str) -> Option<Reply> {
    let mut rest = bytes;
    let mut told: Option<Reply> = None;
    for command in commands.split("; ") {
        let Some((answer, tail)) = answer(rest, command) else { break };
        let refused = told.as_ref().is_some_and(|told| told.failed);
        if !refused {
            told = Some(answer);
        }
        rest = tail;
    }
    told
}

fn answer<'a>(bytes: &'a [u8], command: &str) -> Option<(Reply, &'a [u8])> {
    let name = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
    let writes = matches!(name.as_str(), "SET" | "EXEC" | "GETSET" | "RESTORE");
    let (tag, rest) = bytes.split_first()?;
    let end = rest.iter().position(|byte| *byte == b'\r')?;
    let line = String::from_utf8_lossy(&rest[..end]).into_owned();
    let after = rest.get(end + 2..).unwrap_or_default();
    let (text, failed) = match tag {
        b'+' | b':' => (line, false),
        b'-' => (format!("error: {}", one_line(&line, 100)), true),
        b'_' => ("(nil)".to_owned(), writes),
        b'$' | b'*' if line == "-1" => ("(nil)".to_owned(), writes),
        b'$' => {
            let length: usize = line.parse().ok()?;
            let value = after.get(..length.min(after.len()))?;
            let text = one_line(&String::from_utf8_lossy(value), 40);
            let after = after.get(length + 2..).unwrap_or_default();
            return Some((Reply { text, failed: false }, after));
        }
        b'*' => {
            let mut after = after;
            for _ in 0..line.parse::<usize>().ok()?.min(WORDS_MAX) {
                let Some((_, tail)) = answer(after, "") else { break };
                after = tail;
            }
            return Some((Reply { text: format!("{line} values"), failed: false }, after));
        }
        _ => return None,
    };
    Some((Reply { text, failed }, after))
}
