//! Text made fit to be shown: control and direction characters become visible, widths are counted
//! in columns, lines are cut or wrapped.
//!
//! Source code under audit is hostile input. A comment may hold an escape sequence that clears the
//! terminal or a right-to-left override that reorders a line; both are shown, never passed on.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Whether a character changes how its neighbours are shown instead of being shown itself.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

fn show(c: char, out: &mut String) {
    match c {
        '\t' => out.push_str("    "),
        '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
        '\u{7f}' => out.push('\u{2421}'),
        _ => push!(out, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c)),
    }
}

/// One line: everything that is not plainly shown is replaced by a visible sign, newlines too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) { show(c, &mut out) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Several lines: as [`line`], but `\n` and `\r\n` still end a line.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown: Vec<_> =
        text.split('\n').map(|row| line(row.strip_suffix('\r').unwrap_or(row))).collect();
    Cow::Owned(shown.join("\n"))
}

/// Columns a line takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a line to at most `columns`, ending in `…` when something was cut.
#[must_use]
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut taken = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let next = taken + c.width().unwrap_or(0);
        if next > columns - 1 {
            break;
        }
        taken = next;
        end = at + c.len_utf8();
    }
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Breaks a line at spaces into lines of at most `columns`; a word that is longer is broken inside.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut taken = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let needed = word.width();
        if taken > 0 && taken + 1 + needed > columns {
            rows.push(std::mem::take(&mut row));
            taken = 0;
        }
        if taken > 0 {
            row.push(' ');
            taken += 1;
        }
        if needed <= columns - taken.min(columns) {
            row.push_str(word);
            taken += needed;
        } else {
            taken = push_broken(word, columns, taken, &mut row, &mut rows);
        }
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row);
    }
    rows
}

/// Spreads a word that is longer than a row over several; gives the columns taken in the last.
fn push_broken(
    word: &str,
    columns: usize,
    mut taken: usize,
    row: &mut String,
    rows: &mut Vec<String>,
) -> usize {
    for c in word.chars() {
        let wide = c.width().unwrap_or(0);
        if taken > 0 && taken + wide > columns {
            rows.push(std::mem::take(row));
            taken = 0;
        }
        row.push(c);
        taken += wide;
    }
    taken
}

/// Pads a line with spaces on its right to `columns`.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(line("a\u{1b}[2Jb"), "a␛[2Jb");
        assert_eq!(line("x\u{202e}y"), "x⟨U+202E⟩y");
        assert_eq!(line("a\nb\tc"), "a␊b    c");
        assert_eq!(lines("a\r\nb\rc"), "a\nb␍c");
        assert!(matches!(line("plain ä 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn cuts_and_wraps_by_columns() {
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("漢字", 1), ["漢", "字"]);
    }
}
