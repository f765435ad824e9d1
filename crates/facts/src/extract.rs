//! From bytes to facts, whatever the bytes are.

use std::borrow::Cow;

use crate::event::{Coverage, FileFacts, Lang, Name};
use crate::front;
use crate::lower::{PackageTypes, declare, lower};
use crate::syntax::Tree;
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
    match decode(bytes) {
        Ok(source) => match parse(lang, &source) {
            Some(tree) => lower(path, &source, &tree, lang, vocabulary, None).of(bytes),
            None => skipped(path, bytes, lang, "no front end for this language"),
        },
        Err(why) => skipped(path, bytes, lang, why),
    }
}

/// Extracts the facts of all files of one package, given as path and bytes: as [`extract`], but types, fields, functions and
/// variables declared in one file are known in the others. For Go, the files of one directory; facts of a file then depend on
/// its siblings' declarations too. For other languages the same as [`extract`] on each.
#[must_use]
pub fn extract_package(
    files: &[(&str, &[u8])],
    lang: Lang,
    vocabulary: &Vocabulary,
) -> Vec<FileFacts> {
    if lang != Lang::Go || files.len() < 2 {
        return files.iter().map(|(path, bytes)| extract(path, bytes, lang, vocabulary)).collect();
    }
    let sources: Vec<Result<Cow<'_, str>, &str>> =
        files.iter().map(|(_, bytes)| decode(bytes)).collect();
    let trees: Vec<Option<Tree<'_>>> = sources
        .iter()
        .map(|source| source.as_ref().ok().and_then(|source| parse(lang, source)))
        .collect();
    // A directory holds a package and the tests of it from outside: each is its own.
    let mut packages: Vec<(&str, PackageTypes)> = Vec::new();
    for (source, tree) in sources.iter().zip(&trees) {
        let (Ok(source), Some(tree)) = (source, tree) else { continue };
        let at = packages.iter().position(|(name, _)| *name == tree.package).unwrap_or_else(|| {
            packages.push((tree.package, PackageTypes::default()));
            packages.len() - 1
        });
        declare(source, tree, lang, vocabulary, &mut packages[at].1);
    }
    let each = files.iter().zip(sources.iter().zip(&trees));
    each.map(|((path, bytes), (source, tree))| match (source, tree) {
        (Ok(source), Some(tree)) => {
            let types =
                packages.iter().find(|(name, _)| *name == tree.package).map(|(_, types)| types);
            lower(path, source, tree, lang, vocabulary, types).of(bytes)
        }
        (Err(why), _) => skipped(path, bytes, lang, why),
        (Ok(_), None) => skipped(path, bytes, lang, "no front end for this language"),
    })
    .collect()
}

impl FileFacts {
    /// These facts, as of the bytes on disk.
    fn of(self, bytes: &[u8]) -> Self {
        Self { hash: *blake3::hash(bytes).as_bytes(), bytes: bytes.len() as u64, ..self }
    }
}

/// The text of a file, or why there is none.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    if bytes.len() > BYTES_MAX {
        return Err("larger than 8 MiB");
    }
    if bytes.contains(&0) {
        return Err("holds a zero byte: not text");
    }
    match std::str::from_utf8(bytes) {
        Ok(source) => Ok(Cow::Borrowed(source)),
        Err(_) => latin1(bytes).map(Cow::Owned).ok_or("not UTF-8"),
    }
}

fn parse(lang: Lang, source: &str) -> Option<Tree<'_>> {
    match lang {
        Lang::Python => Some(front::python::parse(source)),
        Lang::Go => Some(front::go::parse(source)),
        _ => None,
    }
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

/// The facts of a file that nothing is known of, and why.
#[must_use]
pub fn skipped(path: &str, bytes: &[u8], lang: Lang, why: &str) -> FileFacts {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    FileFacts {
        path: path.to_owned(),
        lang,
        hash: *blake3::hash(bytes).as_bytes(),
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
