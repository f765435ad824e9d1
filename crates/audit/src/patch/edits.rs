//! Applies edits to a text.

use amorsize_finding::Edit;

/// Applies edits to the text they were made for. `None` if they do not fit: a place is not there, or two overlap.
#[must_use]
pub fn apply_edits(text: &str, edits: &[Edit]) -> Option<String> {
    let mut places: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let start = offset(text, edit.line, edit.column)?;
            let end = offset(text, edit.end_line, edit.end_column)?;
            (start <= end).then_some((start, end, edit.replacement.as_str()))
        })
        .collect::<Option<_>>()?;
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return None;
    }
    let mut changed = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (start, end, replacement) in places {
        changed.push_str(text.get(at..start)?);
        changed.push_str(replacement);
        at = end;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}

/// The byte of a line and column, both from 1; the column counts characters.
fn offset(text: &str, line: u32, column: u32) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    let stop = rest.find('\n').unwrap_or(rest.len());
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let within = rest[..stop].char_indices().map(|(at, _)| at).chain([stop]).nth(column)?;
    Some(start + within)
}
