//! The door to the front ends.

use std::sync::OnceLock;

use amorsize_facts::event::{FileFacts, Lang};
use amorsize_facts::{Vocabulary, lang_of};

/// The vocabulary that ships with the program, read once.
fn vocabulary() -> &'static Vocabulary {
    static BUILT_IN: OnceLock<Vocabulary> = OnceLock::new();
    BUILT_IN.get_or_init(Vocabulary::builtin)
}

/// The facts of one file.
pub(crate) fn extract(path: &str, text: &str) -> FileFacts {
    let lang = lang_of(path).unwrap_or(Lang::Python);
    amorsize_facts::extract(path, text.as_bytes(), lang, vocabulary())
}
