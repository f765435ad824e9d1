//! Words for what goes over a wire: which statement or command it is, and what the server said.
//!
//! The protocol is told from the bytes themselves. What cannot be read is called opaque, so that the report can
//! name a blind spot instead of a guess.

use super::{postgres, redis};
use crate::outcome::one_line;

const LABEL_CHARS: usize = 160;

/// A protocol, as far as the bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Redis,
    Memcached,
    Mysql,
    Http,
    Unknown,
}

/// A request in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) label: String,
    /// Opens or closes a session, and touches nothing shared.
    pub(crate) handshake: bool,
    /// The bytes could not be read.
    pub(crate) opaque: bool,
}

/// An answer in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) text: String,
    /// An error, or a change of nothing.
    pub(crate) failed: bool,
}

impl Request {
    pub(super) fn plain(kind: Kind, label: impl Into<String>) -> Self {
        let label = one_line(&label.into(), LABEL_CHARS);
        Self { kind, label, handshake: false, opaque: false }
    }

    pub(super) fn handshake(kind: Kind, label: impl Into<String>) -> Self {
        Self { handshake: true, ..Self::plain(kind, label) }
    }
}

/// Reads a request.
pub(crate) fn request(bytes: &[u8]) -> Request {
    if bytes.starts_with(b"*")
        && let Some(request) = redis::request(bytes)
    {
        return request;
    }
    if let Some(request) = postgres::request(bytes) {
        return request;
    }
    if bytes.len() > 5
        && bytes[3] == 0
        && bytes[4] == 3
        && usize::from(bytes[0]) + 4 <= bytes.len() + 255
    {
        return Request::plain(Kind::Mysql, String::from_utf8_lossy(&bytes[5..]));
    }
    if bytes.starts_with(&[0x16, 3]) || bytes.starts_with(&[0x17, 3]) {
        let label = format!("TLS record, {} bytes", bytes.len());
        return Request { opaque: true, ..Request::plain(Kind::Unknown, label) };
    }
    text_request(bytes)
}

fn text_request(bytes: &[u8]) -> Request {
    const MEMCACHED: &[&str] = &[
        "get",
        "gets",
        "set",
        "add",
        "replace",
        "append",
        "prepend",
        "cas",
        "delete",
        "incr",
        "decr",
        "touch",
        "gat",
        "gats",
        "flush_all",
        "mg",
        "ms",
        "md",
        "ma",
    ];
    const HTTP: &[&str] = &["GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS"];
    let first = bytes.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or(bytes);
    let printable = !first.is_empty() && first.iter().all(|byte| (0x20..0x7f).contains(byte));
    if !printable {
        let label = format!("{} bytes", bytes.len());
        return Request { opaque: true, ..Request::plain(Kind::Unknown, label) };
    }
    let line = String::from_utf8_lossy(first);
    let word = line.split(' ').next().unwrap_or_default();
    match word {
        "version" | "quit" | "verbosity" => Request::handshake(Kind::Memcached, line),
        word if MEMCACHED.contains(&word) => Request::plain(Kind::Memcached, line),
        word if HTTP.contains(&word) => Request::plain(Kind::Http, line),
        _ => Request::plain(Kind::Unknown, line),
    }
}

/// Reads the answer to a request; nothing when there is nothing worth a note.
pub(crate) fn reply(bytes: &[u8], request: &Request) -> Option<Reply> {
    match request.kind {
        Kind::Postgres => postgres::reply(bytes),
        Kind::Redis => redis::reply(bytes, &request.label),
        Kind::Memcached => {
            let line = bytes.split(|byte| *byte == b'\r').next()?;
            let text = one_line(&String::from_utf8_lossy(line), 60);
            let failed = matches!(text.as_str(), "NOT_STORED" | "EXISTS" | "NOT_FOUND" | "ERROR")
                || text.contains("_ERROR");
            (!text.is_empty()).then_some(Reply { text, failed })
        }
        Kind::Http => {
            let line = bytes.split(|byte| *byte == b'\r').next()?;
            let line = String::from_utf8_lossy(line);
            let text = one_line(line.strip_prefix("HTTP/1.1 ")?, 60);
            let failed = text.starts_with(['4', '5']);
            Some(Reply { text, failed })
        }
        Kind::Mysql | Kind::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_each_protocol_get_words() {
        let label = |bytes: &[u8]| request(bytes).label;
        assert_eq!(label(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nv1\r\n"), "SET k v1");
        assert_eq!(label(b"Q\0\0\0\rSELECT 1\0"), "SELECT 1");
        assert_eq!(label(b"set k 0 60 2\r\nv1\r\n"), "set k 0 60 2");
        assert_eq!(label(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /x HTTP/1.1");
        assert!(request(&[0x16, 3, 1, 0, 5]).opaque);
        assert!(request(&[0xff, 0xfe]).opaque);
        assert!(request(b"*2\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n").handshake);
    }

    #[test]
    fn answers_that_changed_nothing_are_marked() {
        let to = |kind, label: &str| Request::plain(kind, label);
        let read = |bytes: &[u8], request| reply(bytes, &request).map(|r| (r.text, r.failed));
        assert_eq!(
            read(b"C\0\0\0\rUPDATE 0\0Z\0\0\0\x05I", to(Kind::Postgres, "UPDATE t")),
            Some(("UPDATE 0".into(), true))
        );
        assert_eq!(read(b"$-1\r\n", to(Kind::Redis, "SET k v NX")), Some(("(nil)".into(), true)));
        assert_eq!(read(b"$-1\r\n", to(Kind::Redis, "GET k")), Some(("(nil)".into(), false)));
        assert_eq!(read(b"+OK\r\n", to(Kind::Redis, "SET k v")), Some(("OK".into(), false)));
        let exec = b"+OK\r\n+QUEUED\r\n*-1\r\n";
        assert_eq!(
            read(exec, to(Kind::Redis, "MULTI; SET k v; EXEC")),
            Some(("(nil)".into(), true))
        );
        let both = b"*2\r\n$1\r\na\r\n:7\r\n-WRONGTYPE no\r\n";
        assert_eq!(
            read(both, to(Kind::Redis, "MGET a b; INCR a")),
            Some(("error: WRONGTYPE no".into(), true))
        );
        assert_eq!(
            read(b"EXISTS\r\n", to(Kind::Memcached, "cas k")),
            Some(("EXISTS".into(), true))
        );
    }
}
