//! Text made fit for Markdown: prose keeps its meaning, code keeps its characters, nothing becomes markup.

use crate::visible;

/// One line of prose. Stretches between single backticks stay code; all other markup is escaped.
pub(crate) fn prose(text: &str) -> String {
    stretches(text, code)
}

/// Prose in a cell of a table.
pub(crate) fn cell_prose(text: &str) -> String {
    stretches(text, cell_code)
}

fn stretches(text: &str, code: impl Fn(&str) -> String) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(text.len() + 8);
    let parts: Vec<&str> = text.split('`').collect();
    // Code only when every backtick has its partner and encloses something.
    let balanced = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|p| !p.is_empty());
    if !balanced {
        plain(&text, &mut out);
        return out;
    }
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 1 { out.push_str(&code(part)) } else { plain(part, &mut out) }
    }
    out
}

/// Prose as a sentence: with a capital and one full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut rest = text.chars();
    let capital: String = rest.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    if text.is_empty() { String::new() } else { format!("{}.", prose(&(capital + rest.as_str()))) }
}

fn plain(text: &str, out: &mut String) {
    let shown = visible::line(text);
    let at_start = out.is_empty();
    let characters: Vec<char> = shown.chars().collect();
    let digits = characters.iter().take_while(|c| c.is_ascii_digit()).count();
    for (at, c) in characters.iter().enumerate() {
        let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        let inside = word(at.checked_sub(1).and_then(|at| characters.get(at)))
            && word(characters.get(at + 1));
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', *c]),
            '_' if !inside => out.push_str("\\_"),
            '#' | '+' | '-' | '>' | '=' if at == 0 && at_start => out.extend(['\\', *c]),
            '.' | ')' if at_start && digits > 0 && at == digits => out.extend(['\\', *c]),
            // No address in the source becomes a link.
            ':' if characters.get(at + 1) == Some(&'/') => out.push_str("&#58;"),
            '@' => out.push_str("&#64;"),
            _ => out.push(*c),
        }
    }
}

/// A stretch of code in a line, with a fence longer than any run of backticks in it.
pub(super) fn code(text: &str) -> String {
    let shown = visible::line(text);
    let text = shown.trim();
    if text.is_empty() {
        return "–".to_owned();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A stretch of code in a cell of a table, where a bar must be escaped even in code.
pub(super) fn cell_code(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A block of code.
pub(super) fn block(language: &str, text: &str, out: &mut String) {
    let shown = visible::lines(text.trim_end_matches('\n'));
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    push!(out, "{fence}{language}\n{shown}\n{fence}\n\n");
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_prose_is_shown() {
        assert_eq!(
            prose("a <b> *c* _d_ snake_case [x](y)"),
            "a &lt;b> \\*c\\* \\_d\\_ snake_case \\[x\\](y)"
        );
        assert_eq!(prose("# no heading"), "\\# no heading");
        assert_eq!(prose("1. no list"), "1\\. no list");
        assert_eq!(prose("see `a|b` and `c"), "see \\`a\\|b\\` and \\`c");
        assert_eq!(prose("see `a*b`"), "see `a*b`");
        assert_eq!(prose("a\n\n# b"), "a # b");
    }

    #[test]
    fn code_survives_backticks() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code(" "), "–");
        let mut out = String::new();
        block("diff", "+ ```", &mut out);
        assert_eq!(out, "````diff\n+ ```\n````\n\n");
    }
}
