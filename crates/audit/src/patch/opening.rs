//! A look whether a file is there, and then its opening, become the opening and what it says: Python.

use amorsize_finding::Finding;

use super::lines::{Lines, mentions};
use super::propose::{Proposal, whole_lines};

/// Proposes to open at once, whichever way the look is asked.
pub(super) fn opened_at_once(text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let fixed = where_not_there_leaves(&lines, finding).or_else(|| where_there(&lines, finding))?;
    Some(Proposal { edits: vec![fixed], safe: true, says: None })
}

/// `if not os.path.exists(p): return …` before `with open(p) as f:` becomes
/// `try: f = open(p)`, `except FileNotFoundError: return …`, `with f:`.
fn where_not_there_leaves(lines: &Lines<'_>, finding: &Finding) -> Option<amorsize_finding::Edit> {
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let path = asked(lines.code(head)?.strip_prefix("if not ")?)?;
    let end = lines.block_end(head)?;
    let next = (end + 1..=act).find(|line| lines.depth(*line).is_some())?;
    let last = lines.code(end)?;
    let leaves = ["return", "raise", "continue", "break"].iter().any(|word| last.starts_with(word));
    if next != act || lines.depth(act)? != lines.depth(head)? || !leaves || path.contains('(') {
        return None;
    }
    let indent = lines.indent(act)?;
    let Opening { tried, then } = opening(lines, act)?;
    if !opens(&tried, path) {
        return None;
    }
    let with = then.map_or_else(String::new, |name| format!("{indent}with {name}:\n"));
    let fixed = format!(
        "{indent}try:\n{indent}    {tried}\n{indent}except FileNotFoundError:\n{}{with}",
        lines.moved(head + 1, end, "")
    );
    Some(whole_lines(finding, head, act, fixed))
}

/// `if os.path.exists(p):` around `with open(p) as f:` becomes `try: f = open(p)`,
/// `except FileNotFoundError:` with what stood under `else:`, and `else: with f:`.
fn where_there(lines: &Lines<'_>, finding: &Finding) -> Option<amorsize_finding::Edit> {
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let path = asked(lines.code(head)?.strip_prefix("if ")?)?;
    let end = lines.block_end(head)?;
    let first = (head + 1..=end).find(|line| lines.depth(*line).is_some())?;
    // What is done with the file once it is open may be told of as the act.
    if !(first..=end).contains(&act) {
        return None;
    }
    let Opening { tried, then } = opening(lines, first)?;
    let indent = lines.indent(head)?;
    let deeper = lines.indent(first)?;
    if !opens(&tried, path) {
        return None;
    }
    let depth = lines.depth(head)?;
    let after = (end + 1..).take_while(|line| lines.at(*line).is_some());
    let next = after.clone().find(|line| lines.depth(*line).is_some());
    let other = next.filter(|line| lines.depth(*line) == Some(depth));
    let (last, instead) = match other.map(|line| (line, lines.code(line).unwrap_or_default())) {
        Some((line, "else:")) => {
            let end = lines.block_end(line)?;
            (end, lines.moved(line + 1, end, ""))
        }
        Some((_, code)) if code.starts_with("el") => return None,
        _ => (end, format!("{deeper}pass\n")),
    };
    let with = then.map(|name| format!("{deeper}with {name}:\n")).unwrap_or_default();
    let rest = format!("{with}{}", lines.moved(first + 1, end, ""));
    let rest = match rest.trim().is_empty() {
        true => String::new(),
        false => format!("{indent}else:\n{rest}"),
    };
    let fixed = format!(
        "{indent}try:\n{deeper}{tried}\n{indent}except FileNotFoundError:\n{instead}{rest}"
    );
    Some(whole_lines(finding, head, last, fixed))
}

/// The path that a condition asks for, where it asks for nothing else.
fn asked(condition: &str) -> Option<&str> {
    let asked = condition.strip_suffix(':')?;
    let path = ["os.path.exists(", "os.path.isfile("]
        .iter()
        .find_map(|call| asked.strip_prefix(call)?.strip_suffix(')'))
        .or_else(|| asked.strip_suffix(".exists()"))
        .or_else(|| asked.strip_suffix(".is_file()"))?;
    (!["and", "or", "not"].iter().any(|word| mentions(path, word))).then_some(path)
}

/// Whether a statement opens or reads the file of that path.
fn opens(tried: &str, path: &str) -> bool {
    [format!("open({path}"), format!("{path}.open("), format!("{path}.read_")]
        .iter()
        .any(|call| tried.contains(call.as_str()))
}

/// A statement that opens a file.
pub(super) struct Opening {
    /// What may find the file missing.
    pub tried: String,
    /// The file, where the statement was the head of a block.
    pub then: Option<String>,
}

/// The opening that stands in one line: `with open(p) as f:` is `f = open(p)` and a block of `f`.
pub(super) fn opening(lines: &Lines<'_>, line: u32) -> Option<Opening> {
    let code = lines.code(line)?;
    if let Some(opened) = code.strip_prefix("with ") {
        let (call, name) = opened.strip_suffix(':')?.rsplit_once(" as ")?;
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !plain || !call.ends_with(')') || call.contains(" as ") {
            return None;
        }
        return Some(Opening { tried: format!("{name} = {call}"), then: Some(name.to_owned()) });
    }
    let words = ["return", "if ", "for ", "while ", "elif ", "yield", "async ", "else", "try"];
    let ends =
        |code: &str| code.matches(['(', '[', '{']).count() == code.matches([')', ']', '}']).count();
    let statement = !words.iter().any(|word| code.starts_with(word)) && !code.ends_with(':');
    (statement && ends(code)).then(|| Opening { tried: code.to_owned(), then: None })
}
