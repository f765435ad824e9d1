//! What the code says about its own race: comments, documentation strings, the documentation of a
//! type's constructors.

use amorsize_facts::event::FileFacts;
use amorsize_finding::{Acknowledgement, Verdict};

use super::explore::Draft;
use super::words::shorten;
use crate::flow::{Flow, Uid};

/// Comments near the pair, and the documentation of the function, that admit the race.
pub(super) fn acknowledged(
    flow: &Flow<'_, '_>,
    draft: &Draft,
    file: &FileFacts,
) -> Vec<Acknowledgement> {
    let entry = flow.tree.function(flow.entry);
    let mut found = Vec::new();
    let line = |uid: Uid| flow.place_in_entry(uid).map_or(0, |uid| flow.event(uid).span.line);
    let (first, last) = (line(draft.pair.check), line(draft.pair.act));
    let (first, last) = (first.min(last).saturating_sub(6), first.max(last) + 4);
    for comment in &file.comments {
        if (first..=last).contains(&comment.line) && admits(&comment.text) {
            let (line, text) = (comment.line, shorten(&comment.text));
            found.push(Acknowledgement { line, text, path: None });
        }
    }
    if let Some(doc) = &entry.doc
        && let Some(sentence) = doc.split(". ").find(|sentence| admits(sentence))
    {
        let (line, text) = (entry.span.line, shorten(sentence));
        found.push(Acknowledgement { line, text, path: None });
    }
    if matches!(draft.rule, 108 | 110 | 120) {
        found.extend(by_constructor(flow));
    }
    found
}

/// A draft as its author sees it: where the comment that admits the race also accepts it, the
/// alarm hangs on the comment being wrong.
pub(crate) fn accepted(flow: &Flow<'_, '_>, mut draft: Draft) -> Draft {
    if draft.verdict != Verdict::Open {
        return draft;
    }
    let comments = &flow.tree.file(flow.entry).comments;
    let line = |uid: Uid| flow.place_in_entry(uid).map_or(0, |uid| flow.event(uid).span.line);
    let (check, act) = (line(draft.pair.check), line(draft.pair.act));
    let (first, last) = (check.min(act), check.max(act));
    // What is said of the function before or after is not said of this one.
    let functions = &flow.tree.file(flow.entry).functions;
    let begins = flow.tree.function(flow.entry).span.line;
    let ends = functions.iter().map(|other| other.span.line).filter(|line| *line > last).min();
    let first = first.saturating_sub(6).max(begins);
    let last = (last + 4).min(ends.unwrap_or(u32::MAX));
    let near = comments.iter().filter(|comment| (first..=last).contains(&comment.line));
    let accepts = near.filter(|comment| admits(&comment.text)).any(|comment| {
        // The sentence may go on on the next line.
        let next = comments.iter().find(|other| other.line == comment.line + 1);
        let next = next.map_or("", |comment| comment.text.trim_start_matches(['#', '/', ' ']));
        accepts(&format!("{} {next}", comment.text.trim_end()))
    });
    if accepts {
        draft.verdict = Verdict::Conditional;
        draft.assumption = Some("what the comment here accepts does harm after all".to_owned());
    }
    draft
}

/// Whether a comment says of a race that it does no harm.
fn accepts(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "not a big problem",
        "not a problem",
        "no problem",
        "no big deal",
        "not a big deal",
        "harmless",
        "benign",
        "acceptable",
        "doesn't matter",
        "does not matter",
        "don't care",
        "not an issue",
        "doesn't hurt",
        "does not hurt",
        "no harm",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// What the documentation of the type's constructors admits, quoted from the sentence on.
fn by_constructor(flow: &Flow<'_, '_>) -> Option<Acknowledgement> {
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry))?;
    let name = flow.tree.class(class).name.as_str();
    flow.tree.all().find_map(|id| {
        let function = flow.tree.function(id);
        let builds = id.file == class.file
            && function.name.as_str().starts_with("New")
            && function.name.as_str().contains(name);
        let doc = function.doc.as_deref().filter(|_| builds)?;
        let sentence = doc.split(". ").find(|sentence| admits(sentence))?;
        // From the paragraph's own beginning: `NOTE: It is possible to misuse this …`.
        let at = sentence.rfind("NOTE").or_else(|| sentence.rfind("\n\n")).unwrap_or(0);
        let quoted = sentence.get(at..)?.trim();
        let first = quoted.lines().next().unwrap_or(quoted).trim();
        let file = flow.tree.file(id);
        let line = file
            .comments
            .iter()
            .find(|comment| !first.is_empty() && comment.text.contains(first))
            .map_or(function.span.line, |comment| comment.line);
        let text = format!("{}: {}", function.name, shorten(quoted));
        let own = flow.tree.file(flow.entry).path == file.path;
        Some(Acknowledgement { line, text, path: (!own).then(|| file.path.clone()) })
    })
}

fn admits(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "race",
        "racy",
        "toctou",
        "concurren",
        "not atomic",
        "non-atomic",
        "thread-safe",
        "threadsafe",
        "thread safe",
        "in the meantime",
        "meanwhile",
        "another process",
        "another thread",
        "other process",
        "someone else",
        "simultaneous",
        "same time",
        "between the check",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// What the documentation says about atomicity.
pub(super) fn documented(flow: &Flow<'_, '_>) -> Option<String> {
    let entry = flow.tree.function(flow.entry);
    let doc = entry.doc.as_deref()?;
    let low = doc.to_ascii_lowercase();
    let disclaims = [
        "not atomic",
        "not thread",
        "isn't atomic",
        "not be atomic",
        "race condition",
        "not safe",
        "supporting caches",
        "is not guaranteed",
    ]
    .iter()
    .any(|word| low.contains(word));
    disclaims.then(|| shorten(doc))
}
