//! PostgreSQL's frontend and backend messages, as far as labels need them.

use super::{Kind, Reply, Request};
use crate::outcome::one_line;

const STARTUP: u32 = 196_608;
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;

/// Reads one batch of frontend messages.
pub(super) fn request(bytes: &[u8]) -> Option<Request> {
    let length = usize::try_from(word(bytes, 0)?).ok()?;
    if (8..=10_000).contains(&length) {
        let label = match word(bytes, 4)? {
            STARTUP => Some("start a session"),
            SSL => Some("ask for TLS"),
            GSS => Some("ask for GSS encryption"),
            CANCEL => Some("cancel"),
            _ => None,
        };
        if let Some(label) = label {
            return Some(Request::handshake(Kind::Postgres, label));
        }
    }
    let mut said: Vec<String> = vec![];
    let mut handshake = true;
    let mut rest = bytes;
    while let [tag, tail @ ..] = rest {
        let length = usize::try_from(word(tail, 0)?).ok()?;
        if length < 4 || !b"QPBEDSCHFXpdcf".contains(tag) || length > 64 << 20 {
            return None;
        }
        let body = tail.get(4..length.min(tail.len())).unwrap_or_default();
        if let Some((label, session)) = message(*tag, body, &said) {
            handshake &= session;
            said.push(label);
        }
        rest = tail.get(length..).unwrap_or_default();
    }
    if said.is_empty() {
        return None;
    }
    let request = Request::plain(Kind::Postgres, said.join("; "));
    Some(Request { handshake, ..request })
}

/// Words for one message, and whether it concerns the session only.
fn message(tag: u8, body: &[u8], said: &[String]) -> Option<(String, bool)> {
    match tag {
        b'Q' => statement(&text(body)),
        b'P' => statement(&text(body.splitn(2, |byte| *byte == 0).nth(1)?)),
        b'B' if said.is_empty() => {
            let name = text(body.splitn(2, |byte| *byte == 0).nth(1)?);
            Some((format!("execute {name}"), false))
        }
        b'F' => Some(("call a function".to_owned(), false)),
        b'p' => Some(("authenticate".to_owned(), true)),
        b'X' => Some(("end the session".to_owned(), true)),
        b'd' => Some(("copy data".to_owned(), false)),
        b'S' | b'H' | b'D' | b'C' if said.is_empty() => Some(("sync".to_owned(), true)),
        _ => None,
    }
}

fn statement(sql: &str) -> Option<(String, bool)> {
    let upper = sql.trim_start().to_ascii_uppercase();
    let session = upper.starts_with("SET ") && !upper.contains("TRANSACTION")
        || upper.starts_with("SHOW ")
        || upper.starts_with("SELECT PG_CATALOG.SET_CONFIG")
        || upper.starts_with("SELECT SET_CONFIG");
    Some((one_line(sql, 140), session))
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Reads one batch of backend messages: errors, and how many rows a statement changed.
pub(super) fn reply(bytes: &[u8]) -> Option<Reply> {
    let mut found: Vec<String> = vec![];
    let mut failed = false;
    let mut rest = bytes;
    while let [tag, tail @ ..] = rest {
        let Some(length) = word(tail, 0).and_then(|length| usize::try_from(length).ok()) else {
            break;
        };
        if length < 4 {
            break;
        }
        let body = tail.get(4..length.min(tail.len())).unwrap_or_default();
        match tag {
            b'C' => {
                let done = text(body);
                failed |= done == "UPDATE 0" || done == "DELETE 0" || done == "INSERT 0 0";
                if !matches!(done.as_str(), "BEGIN" | "SET" | "SHOW") {
                    found.push(done);
                }
            }
            b'E' => {
                failed = true;
                found.push(format!("error: {}", error_text(body)));
            }
            _ => {}
        }
        rest = tail.get(length..).unwrap_or_default();
    }
    (!found.is_empty()).then(|| Reply { text: found.join(", "), failed })
}

fn error_text(body: &[u8]) -> String {
    let field = |wanted: u8| {
        let mut parts = body.split(|byte| *byte == 0);
        parts
            .find_map(|part| part.split_first().filter(|(tag, _)| **tag == wanted))
            .map(|(_, rest)| String::from_utf8_lossy(rest).into_owned())
    };
    let message = field(b'M').unwrap_or_else(|| "unreadable".to_owned());
    match field(b'C') {
        Some(code) => format!("{} ({code})", one_line(&message, 100)),
        None => one_line(&message, 100),
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
