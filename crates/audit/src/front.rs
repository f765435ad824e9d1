//! The door to the front ends.

use std::borrow::Cow;
use std::sync::OnceLock;

use amorsize_facts::event::{FileFacts, Lang};
use amorsize_facts::{Vocabulary, lang_of};

use crate::error::Error;
use crate::walk::Source;

/// The vocabulary that ships with the program, read once, and the user's rows before its own.
pub(crate) fn vocabulary(rows: &str) -> Result<Cow<'static, Vocabulary>, Error> {
    static BUILT_IN: OnceLock<Vocabulary> = OnceLock::new();
    let built_in = BUILT_IN.get_or_init(Vocabulary::builtin);
    if rows.is_empty() {
        return Ok(Cow::Borrowed(built_in));
    }
    let mut extended = built_in.clone();
    extended.extend(rows).map_err(Error::vocabulary)?;
    Ok(Cow::Owned(extended))
}

/// The facts of files that are read together: one file, or all of a Go package.
pub(crate) fn extract_all(vocabulary: &Vocabulary, files: &[&Source]) -> Vec<FileFacts> {
    let lang = files.first().and_then(|file| lang_of(&file.path)).unwrap_or(Lang::Python);
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|file| (file.path.as_str(), file.text.as_bytes())).collect();
    amorsize_facts::extract_package(&files, lang, vocabulary)
}

/// The facts of one file.
pub(crate) fn extract(vocabulary: &Vocabulary, path: &str, text: &str) -> FileFacts {
    let lang = lang_of(path).unwrap_or(Lang::Python);
    amorsize_facts::extract(path, text.as_bytes(), lang, vocabulary)
}
