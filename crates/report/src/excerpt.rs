//! The source lines around a finding, made safe to show.
//!
//! Lines come from [`Sources`] when the file is at hand and still says what the finding saw there;
//! otherwise from the text the finding carries. An excerpt never shows a line it does not know.

use amorsize_finding::{Finding, Span};

use crate::visible;

/// Gives the text of source files.
pub trait Sources {
    /// The text of a file of one of the report's roots, if it can be read.
    fn text(&self, root: u32, path: &str) -> Option<String>;
}

/// No source files: excerpts show what the findings carry.
#[derive(Debug, Clone, Copy)]
pub struct NoSources;

impl Sources for NoSources {
    fn text(&self, _: u32, _: &str) -> Option<String> {
        None
    }
}

impl<F: Fn(u32, &str) -> Option<String>> Sources for F {
    fn text(&self, root: u32, path: &str) -> Option<String> {
        self(root, path)
    }
}

/// What a marked stretch is to the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Check,
    Act,
}

impl Role {
    /// The number it is labelled with.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Check => 1,
            Self::Act => 2,
        }
    }

    /// What it is called when nothing more is known.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Act => "act",
        }
    }
}

/// A marked stretch of one row; positions count characters of the row.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) line: u32,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) role: Role,
    pub(crate) label: String,
}

/// Consecutive rows of one file with their marks.
#[derive(Debug, Clone)]
pub(crate) struct Excerpt {
    pub(crate) path: String,
    /// Line number of the first row.
    pub(crate) first: u32,
    /// The rows; [`visible::line`] went over them, and none is longer than [`LONGEST`].
    pub(crate) rows: Vec<String>,
    pub(crate) marks: Vec<Mark>,
}

/// Longer lines are cut around what is marked.
const LONGEST: usize = 200;
/// Check and act farther apart than this become two excerpts.
const APART: u32 = 200;
/// A mark longer than this says nothing more.
const LONGEST_MARK: usize = 160;

/// Reads excerpts; keeps the file it read last, for findings come sorted by file.
pub(crate) struct Reader<'a> {
    sources: &'a dyn Sources,
    last: Option<(u32, String, Vec<String>)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(sources: &'a dyn Sources) -> Self {
        Self { sources, last: None }
    }

    /// The excerpts of a finding, with `context` known rows around each.
    pub(crate) fn excerpts(&mut self, finding: &Finding, context: u32) -> Vec<Excerpt> {
        let mut spans: Vec<(Role, &Span)> = Vec::new();
        spans.extend(finding.check.as_ref().map(|check| (Role::Check, check)));
        spans.push((Role::Act, &finding.act));
        spans.sort_by_key(|(role, span)| (span.line, span.column, *role));
        let mut groups: Vec<(&str, Vec<(Role, &Span)>)> = Vec::new();
        for (role, span) in spans {
            let path = span.path.as_deref().unwrap_or(&finding.path);
            match groups.last_mut() {
                Some((last, group))
                    if *last == path
                        && group.iter().all(|(_, s)| span.line.abs_diff(s.line) <= APART) =>
                {
                    group.push((role, span));
                }
                _ => groups.push((path, vec![(role, span)])),
            }
        }
        groups
            .into_iter()
            .flat_map(|(path, group)| self.excerpt(finding.root, path, &group, context))
            .collect()
    }

    fn excerpt(
        &mut self,
        root: u32,
        path: &str,
        spans: &[(Role, &Span)],
        context: u32,
    ) -> Vec<Excerpt> {
        let lines = self.file(root, path);
        if !spans.iter().all(|(_, span)| stands_there(lines, span)) {
            return spans.iter().map(|span| from_span(path, *span)).collect();
        }
        let first = spans.iter().map(|(_, s)| s.line).min().unwrap_or(1);
        let last = spans.iter().map(|(_, s)| s.line).max().unwrap_or(1);
        let first = first.saturating_sub(context).max(1);
        let last = last.saturating_add(context).min(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        let mut excerpt =
            Excerpt { path: path.to_owned(), first, rows: Vec::new(), marks: Vec::new() };
        for line in first..=last {
            let here: Vec<_> = spans.iter().filter(|(_, s)| s.line == line).copied().collect();
            excerpt.push_row(line, &lines[line as usize - 1], &here);
        }
        vec![excerpt]
    }

    fn file(&mut self, root: u32, path: &str) -> &[String] {
        let known = self.last.as_ref().is_some_and(|(r, p, _)| *r == root && p == path);
        if !known {
            let text = self.sources.text(root, path).unwrap_or_default();
            let lines = text.lines().map(str::to_owned).collect();
            self.last = Some((root, path.to_owned(), lines));
        }
        self.last.as_ref().map_or(&[], |(_, _, lines)| lines)
    }
}

/// Whether the file still says at that place what the finding saw there.
fn stands_there(lines: &[String], span: &Span) -> bool {
    let Some(line) = (span.line as usize).checked_sub(1).and_then(|at| lines.get(at)) else {
        return false;
    };
    let Some(seen) = span.text.lines().next() else { return true };
    let seen = seen.trim_end().trim_end_matches('…');
    let column = (span.column as usize).max(1) - 1;
    line.chars().skip(column).take(seen.chars().count()).eq(seen.chars())
}

/// An excerpt of what the finding carries itself.
fn from_span(path: &str, (role, span): (Role, &Span)) -> Excerpt {
    let mut excerpt =
        Excerpt { path: path.to_owned(), first: span.line, rows: Vec::new(), marks: Vec::new() };
    let seen = span.text.lines().next().unwrap_or("");
    let width = u32::try_from(seen.chars().count()).unwrap_or(u32::MAX);
    // Moved to where it stood, so that a reader sees the true column.
    let indent = (span.column as usize).max(1) - 1;
    let (indent, column) = if indent < LONGEST / 2 { (indent, span.column.max(1)) } else { (0, 1) };
    let text = format!("{}{seen}", " ".repeat(indent));
    let end_column = column.saturating_add(width);
    let here = Span { column, end_column, end_line: span.line, ..span.clone() };
    excerpt.push_row(span.line, &text, &[(role, &here)]);
    excerpt
}

impl Excerpt {
    /// The rows with their line numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &str)> {
        let numbers = (0..=u32::MAX).map(|at| self.first.saturating_add(at));
        numbers.zip(self.rows.iter().map(String::as_str))
    }

    /// How many spaces every wanted row starts with.
    pub(crate) fn common_indent(&self, wanted: impl Fn(u32) -> bool) -> usize {
        self.numbered()
            .filter(|(line, row)| wanted(*line) && !row.trim().is_empty())
            .map(|(_, row)| row.len() - row.trim_start_matches(' ').len())
            .min()
            .unwrap_or(0)
    }

    fn push_row(&mut self, line: u32, raw: &str, spans: &[(Role, &Span)]) {
        let mut row: Vec<char> = Vec::new();
        // Where each character of the source line starts in the row; a megabyte is not looked through.
        let start = spans.iter().map(|(_, s)| s.column as usize).min().unwrap_or(1).max(1) - 1;
        let skipped = if start > LONGEST / 2 { start - LONGEST / 4 } else { 0 };
        let mut starts = Vec::new();
        let mut rest = raw.chars().skip(skipped);
        if skipped > 0 {
            row.push('…');
        }
        for c in rest.by_ref() {
            if row.len() >= LONGEST {
                row.push('…');
                break;
            }
            starts.push(row.len());
            row.extend(visible::line(c.encode_utf8(&mut [0; 4])).chars());
        }
        let place = |column: usize| {
            column.checked_sub(skipped).and_then(|at| starts.get(at).copied()).unwrap_or(row.len())
        };
        for (role, span) in spans {
            let from = place((span.column as usize).max(1) - 1);
            let ends_here = span.end_line <= span.line && span.end_column > span.column;
            let to = if ends_here { place(span.end_column as usize - 1) } else { row.len() };
            let to = to.clamp(from, from.saturating_add(LONGEST_MARK)).min(row.len());
            self.marks.push(Mark {
                line,
                from: from.min(row.len()),
                to,
                role: *role,
                label: visible::line(&span.label).into_owned(),
            });
        }
        self.rows.push(row.into_iter().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(raw: &str, column: u32, text: &str) -> Excerpt {
        let mut excerpt = Excerpt { path: "p".into(), first: 1, rows: vec![], marks: vec![] };
        excerpt.push_row(1, raw, &[(Role::Act, &Span::on_line(1, column, text))]);
        excerpt
    }

    fn marked(excerpt: &Excerpt) -> String {
        let mark = &excerpt.marks[0];
        excerpt.rows[0].chars().skip(mark.from).take(mark.to - mark.from).collect()
    }

    #[test]
    fn marks_what_was_meant_behind_tabs_and_control_characters() {
        assert_eq!(marked(&row("\t\u{1b}if key in d:", 6, "key in d")), "key in d");
        assert_eq!(marked(&row("漢字 = d[k]", 6, "d[k]")), "d[k]");
    }

    #[test]
    fn cuts_long_lines_around_the_mark() {
        let raw = format!("{}target{}", "x".repeat(100_000), "y".repeat(100_000));
        let excerpt = row(&raw, 100_001, "target");
        assert_eq!(marked(&excerpt), "target");
        assert!(excerpt.rows[0].chars().count() <= LONGEST + 1);
    }

    #[test]
    fn a_file_that_changed_is_not_quoted() {
        let lines = vec!["if key in d:".to_owned()];
        assert!(stands_there(&lines, &Span::on_line(1, 4, "key in d")));
        assert!(!stands_there(&lines, &Span::on_line(1, 4, "key in e")));
        assert!(!stands_there(&lines, &Span::on_line(2, 1, "")));
        assert!(!stands_there(&lines, &Span::on_line(0, 1, "if")));
    }
}
