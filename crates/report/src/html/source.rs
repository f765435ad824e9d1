//! Source lines with check and act marked, coloured and numbered.

use maud::{Markup, html};

use super::highlight::{self, Kind, Language};
use super::words::shows;
use crate::excerpt::{Excerpt, Mark, Role};

/// Rows farther than this from every mark are folded.
const NEAR: u32 = 3;

/// Renders an excerpt; `anchor` starts the names of its lines, `link` is where a line can be read.
pub(super) fn render(
    excerpt: &Excerpt,
    anchor: &str,
    link: impl Fn(&str, u32) -> Option<String>,
) -> Markup {
    let language = highlight::language(&excerpt.path);
    let near = |line: u32| excerpt.marks.iter().any(|mark| mark.line.abs_diff(line) <= NEAR);
    let rows: Vec<(u32, &str)> = excerpt.numbered().collect();
    let indent = excerpt.common_indent(near);
    html! {
        div.src {
            div.file { code { (shows(&excerpt.path)) } }
            pre {
                @for (at, (line, row)) in rows.iter().enumerate() {
                    @if near(*line) {
                        (line_markup(excerpt, (*line, row), anchor, (language, indent), link(&excerpt.path, *line)))
                    } @else if at == 0 || near(*line - 1) {
                        span.gap { "⋮" }
                    }
                }
            }
        }
    }
}

fn line_markup(
    excerpt: &Excerpt,
    (line, row): (u32, &str),
    anchor: &str,
    (language, indent): (Language, usize),
    link: Option<String>,
) -> Markup {
    let marks: Vec<&Mark> = excerpt.marks.iter().filter(|mark| mark.line == line).collect();
    let class = match marks.iter().map(|mark| mark.role).max() {
        Some(Role::Act) => "row a",
        Some(Role::Check) => "row c",
        None => "row",
    };
    html! {
        span class=(class) id={ (anchor) "-L" (line) } {
            span.no {
                @if let Some(link) = link { a href=(link) { (line) } } @else { (line) }
            }
            @for piece in pieces(row, &marks, (language, indent)) {
                @match (piece.class(), piece.marked) {
                    ("", false) => (piece.text),
                    ("", true) => mark { (piece.text) },
                    (class, false) => span class=(class) { (piece.text) },
                    (class, true) => mark class=(class) { (piece.text) },
                }
            }
            @for mark in marks {
                span.say {
                    (mark.role.number()) ". "
                    @if mark.label.is_empty() { (mark.role.word()) } @else { (mark.label) }
                }
            }
        }
    }
}

/// A stretch of one kind, wholly inside or outside the marks.
struct Piece {
    text: String,
    kind: Kind,
    marked: bool,
}

impl Piece {
    const fn class(&self) -> &'static str {
        match self.kind {
            Kind::Plain => "",
            Kind::Comment => "c0",
            Kind::Text => "t",
            Kind::Number => "n0",
            Kind::Keyword => "k",
        }
    }
}

/// The pieces of a row behind the indentation all rows share.
fn pieces(row: &str, marks: &[&Mark], (language, indent): (Language, usize)) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let kinds = highlight::kinds(language, row);
    for ((at, c), kind) in row.chars().enumerate().zip(kinds).skip(indent) {
        let marked = marks.iter().any(|mark| (mark.from..mark.to).contains(&at));
        match pieces.last_mut() {
            Some(piece) if piece.kind == kind && piece.marked == marked => piece.text.push(c),
            _ => pieces.push(Piece { text: c.to_string(), kind, marked }),
        }
    }
    pieces
}
