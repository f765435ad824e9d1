//! Places as the protocol writes them: URIs, and lines and columns from 0.
//!
//! A finding counts characters. The protocol counts UTF-16 units unless both sides agree on something else, which they do
//! where the editor offers `utf-32`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    Utf16,
    Characters,
}

/// The `file:` URI of a path.
pub(crate) fn uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(*byte));
            }
            other => {
                uri.push('%');
                for half in [other >> 4, other & 15] {
                    uri.push(
                        char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase(),
                    );
                }
            }
        }
    }
    uri
}

/// The path of a `file:` URI.
pub(crate) fn path(uri: &str) -> Option<PathBuf> {
    let encoded = uri.strip_prefix("file://")?;
    let (mut bytes, mut rest) = (Vec::new(), encoded.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        let hex = || u8::from_str_radix(std::str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        match (byte, hex()) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    Some(PathBuf::from(String::from_utf8(bytes).ok()?))
}

/// A line and a column, both from 1 and in characters, as a position.
pub(crate) fn position(text: &str, line: u32, column: u32, counting: Counting) -> Value {
    let characters = column.saturating_sub(1);
    let character = match counting {
        Counting::Characters => characters,
        Counting::Utf16 => {
            let line = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
            let before = line.chars().take(characters as usize);
            u32::try_from(before.map(char::len_utf16).sum::<usize>()).unwrap_or(u32::MAX)
        }
    };
    json!({ "line": line.saturating_sub(1), "character": character })
}

/// A stretch of text as a range. An end that was not said is the end of the first line.
pub(crate) fn range(
    text: &str,
    (line, column): (u32, u32),
    (end_line, end_column): (u32, u32),
    counting: Counting,
) -> Value {
    let (end_line, end_column) = if end_line < line || (end_line, end_column) <= (line, column) {
        (line, u32::MAX)
    } else {
        (end_line, end_column)
    };
    json!({
        "start": position(text, line, column.max(1), counting),
        "end": position(text, end_line, end_column, counting),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_its_uri_and_back() {
        for name in ["/a/b.py", "/with blank/ä#%?.go", "/100%/x", "/"] {
            let uri = uri(Path::new(name));
            assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
            assert_eq!(path(&uri), Some(PathBuf::from(name)), "{uri}");
        }
        assert_eq!(path("file:///a%2"), Some(PathBuf::from("/a%2")));
        assert_eq!(path("untitled:1"), None);
    }

    #[test]
    fn columns_count_what_both_sides_agreed_on() {
        let text = "one\nx = '😀ä' + y\n";
        assert_eq!(
            position(text, 2, 11, Counting::Utf16),
            json!({ "line": 1, "character": 11 }),
            "the emoji is two units"
        );
        assert_eq!(
            position(text, 2, 11, Counting::Characters),
            json!({ "line": 1, "character": 10 })
        );
        assert_eq!(position(text, 9, 4, Counting::Utf16), json!({ "line": 8, "character": 0 }));
    }
}
