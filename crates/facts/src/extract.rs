//! From bytes to facts, whatever the bytes are.

use crate::event::{Coverage, FileFacts, Lang, Name};
use crate::front;
use crate::lower::lower;
use crate::vocabulary::Vocabulary;

/// Larger files are skipped: nobody wrote them by hand.
pub const BYTES_MAX: usize = 8 << 20;

/// The language of a file, by its name.
#[must_use]
pub fn lang_of(path: &str) -> Option<Lang> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "py" | "pyi" | "pyw" => Some(Lang::Python),
        "go" => Some(Lang::Go),
        _ => None,
    }
}

/// Extracts the facts of one file.
#[must_use]
pub fn extract(path: &str, bytes: &[u8], lang: Lang, vocabulary: &Vocabulary) -> FileFacts {
    let hash = *blake3::hash(bytes).as_bytes();
    if bytes.len() > BYTES_MAX {
        return skipped(path, bytes, lang, hash, "larger than 8 MiB");
    }
    if bytes.contains(&0) {
        return skipped(path, bytes, lang, hash, "holds a zero byte: not text");
    }
    let Ok(source) = std::str::from_utf8(bytes) else {
        return match latin1(bytes) {
            Some(source) => facts(path, &source, lang, vocabulary, hash),
            None => skipped(path, bytes, lang, hash, "not UTF-8"),
        };
    };
    facts(path, source, lang, vocabulary, hash)
}

fn facts(
    path: &str,
    source: &str,
    lang: Lang,
    vocabulary: &Vocabulary,
    hash: [u8; 32],
) -> FileFacts {
    let tree = match lang {
        Lang::Python => front::python::parse(source),
        Lang::Go => front::go::parse(source),
        _ => return skipped(path, source.as_bytes(), lang, hash, "no front end for this language"),
    };
    lower(path, source, &tree, lang, vocabulary, hash)
}

/// A Python file that declares a one-byte encoding in its first lines.
fn latin1(bytes: &[u8]) -> Option<String> {
    let head = bytes.split(|byte| *byte == b'\n').take(2);
    let declared = head.into_iter().any(|line| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        line.trim_start().starts_with('#')
            && line.contains("coding")
            && ["latin", "iso-8859", "iso8859", "cp1252", "koi8", "windows-12"]
                .iter()
                .any(|name| line.contains(name))
    });
    declared.then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

fn skipped(path: &str, bytes: &[u8], lang: Lang, hash: [u8; 32], why: &str) -> FileFacts {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    FileFacts {
        path: path.to_owned(),
        lang,
        hash,
        lines: u32::try_from(lines).unwrap_or(u32::MAX),
        bytes: bytes.len() as u64,
        coverage: Coverage::Skipped(why.into()),
        package: Name::EMPTY,
        functions: Vec::new(),
        classes: Vec::new(),
        globals: Vec::new(),
        imports: Vec::new(),
        comments: Vec::new(),
        doc: None,
    }
}
