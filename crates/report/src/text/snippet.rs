//! The head of a finding: title, place, and check and act marked in the source.

use amorsize_finding::{Finding, Severity};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::paint::Paint;
use crate::excerpt::{Excerpt, Role};
use crate::{summary, visible};

/// Renders the head; ends with a newline.
pub(super) fn render(
    finding: &Finding,
    excerpts: &[Excerpt],
    locate: impl Fn(&str) -> String,
    columns: usize,
    paint: Paint,
) -> String {
    let sources: Vec<Source> =
        excerpts.iter().map(|excerpt| Source::new(excerpt, &locate(&excerpt.path))).collect();
    let id = finding.rule.to_string();
    let title = visible::line(&finding.title);
    let level = match summary::loudness(finding) {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(&*title).id(&*id));
    for (excerpt, source) in excerpts.iter().zip(&sources) {
        let mut snippet = Snippet::source(&*source.text)
            .line_start(excerpt.first as usize)
            .path(&*source.path)
            .fold(true);
        for (range, role, label) in &source.marks {
            let kind =
                if *role == Role::Act { AnnotationKind::Primary } else { AnnotationKind::Context };
            snippet = snippet.annotation(kind.span(range.clone()).label(&**label));
        }
        group = group.element(snippet);
    }
    let renderer = if paint.on { Renderer::styled() } else { Renderer::plain() };
    let mut text = renderer.term_width(columns).render(&[group]);
    text.push('\n');
    text
}

/// An excerpt as one text with byte ranges.
struct Source {
    path: String,
    text: String,
    marks: Vec<(std::ops::Range<usize>, Role, String)>,
}

impl Source {
    fn new(excerpt: &Excerpt, path: &str) -> Self {
        let mut text = String::new();
        let mut marks = Vec::new();
        for (line, row) in excerpt.numbered() {
            let start = text.len();
            for mark in excerpt.marks.iter().filter(|mark| mark.line == line) {
                let at = |place: usize| {
                    start + row.char_indices().nth(place).map_or(row.len(), |(at, _)| at)
                };
                let word = if mark.label.is_empty() { mark.role.word() } else { &mark.label };
                let label = format!("{}. {word}", mark.role.number());
                marks.push((at(mark.from)..at(mark.to), mark.role, label));
            }
            text.push_str(row);
            text.push('\n');
        }
        Self { path: visible::line(path).into_owned(), text, marks }
    }
}
