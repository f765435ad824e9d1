//! What is said not to be for several at a time: by the documentation of a method, of its type, or of an interface
//! beside it that the type answers.

use amorsize_facts::event::Lang;

use crate::flow::{AbsRoot, Flow};
use crate::link::{ClassId, Tree};
use crate::slice::{AbsPlace, Target};

/// How it is said that one alone may call or use a thing.
const DISCLAIMERS: [&str; 7] = [
    "not safe for concurrent",
    "not be called concurrently",
    "not concurrency-safe",
    "not concurrency safe",
    "not goroutine-safe",
    "not goroutine safe",
    "not be used concurrently",
];
/// Methods that an interface asks for, at least: one alone is often answered by chance.
const ASKED_LEAST: usize = 2;

/// Whether the documentation of the entry forbids that several call it at a time.
pub(super) fn method_is_for_one(flow: &Flow<'_, '_>) -> bool {
    disclaims(flow.tree.function(flow.entry).doc.as_deref())
}

/// Whether the documentation of the object's type forbids that several use it at a time, or that of an interface of
/// the package which its users know it by.
pub(super) fn object_is_for_one(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let tree = flow.tree;
    let own = matches!(&target.place, AbsPlace::Path(path) if path.root == AbsRoot::Receiver);
    let class = tree.class_of(flow.entry).filter(|_| own && tree.file(flow.entry).lang == Lang::Go);
    class.is_some_and(|class| {
        let doc = tree.class(class).doc.as_deref();
        disclaims(doc) && !vouches(doc) || is_known_as_for_one(tree, class)
    })
}

fn is_known_as_for_one(tree: &Tree<'_>, class: ClassId) -> bool {
    let package = tree.package(class.file);
    let files = (0_u32..).zip(tree.files).filter(|(file, _)| tree.package(*file) == package);
    files.flat_map(|(_, file)| &file.classes).any(|interface| {
        let doc = interface.doc.as_deref();
        interface.is_interface
            && interface.requires.len() >= ASKED_LEAST
            && disclaims(doc)
            && !vouches(doc)
            && !is_meant_for_several(tree, class, doc)
            && interface.requires.iter().all(|asked| tree.method(class, *asked).is_some())
    })
}

/// Whether a type is the one of an interface's that several may use: it says so, is named so, or is named by it.
fn is_meant_for_several(tree: &Tree<'_>, class: ClassId, of: Option<&str>) -> bool {
    let facts = tree.class(class);
    let name = facts.name.as_str();
    let low = name.to_ascii_lowercase();
    vouches(facts.doc.as_deref())
        || of.is_some_and(|doc| doc.split(|c: char| !c.is_alphanumeric()).any(|word| word == name))
        || ["lock", "sync", "safe", "shared", "concurrent"].iter().any(|word| low.contains(word))
}

fn said(doc: Option<&str>) -> String {
    let words: Vec<&str> = doc.unwrap_or_default().split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}

fn disclaims(doc: Option<&str>) -> bool {
    let said = said(doc);
    // `which is not safe`, `the values are not safe`: something else is spoken of.
    let of_others = ["which is ", "that is ", "are "];
    DISCLAIMERS.iter().any(|words| {
        said.match_indices(words)
            .any(|(at, _)| !of_others.iter().any(|before| said[..at].ends_with(before)))
    })
}

/// Whether a documentation says of something that several may use it: then it tells one thing from another.
fn vouches(doc: Option<&str>) -> bool {
    let said = said(doc);
    [
        "is safe for concurrent",
        "are safe for concurrent",
        "may be called concurrently",
        "can share",
        "may share",
        "several goroutines",
        "multiple goroutines",
        "for all ",
    ]
    .iter()
    .any(|words| said.contains(words))
}
