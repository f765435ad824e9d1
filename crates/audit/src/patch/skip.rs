//! An entry of a listing that has gone before its turn is passed over: Python.

use amorsize_finding::Finding;

use super::lines::Lines;
use super::opening::{Opening, opening};
use super::propose::{Proposal, whole_lines};

/// `for name in os.listdir(d):` … `with open(name) as f:` goes on with the next name where this one has gone.
pub(super) fn passed_over(text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let (listed, act) = (finding.check.as_ref()?.line, finding.act.line);
    let looped = loop_around(&lines, act, listed)?;
    let (indent, code) = (lines.indent(act)?, lines.code(act)?);
    let missing = missing_error(&finding.act.text)?;
    // What `break` and `continue` mean must stay what it was.
    if !code.contains(finding.act.text.as_str()) || looped >= act {
        return None;
    }
    let Opening { tried, then } = opening(&lines, act)?;
    let with = then.map_or_else(String::new, |name| format!("{indent}with {name}:\n"));
    // Of what is deleted nothing more is wanted, but the rest of the round may be.
    let goes_on = if tried.starts_with("del ") { "pass" } else { "continue" };
    let fixed = format!(
        "{indent}try:\n{indent}    {tried}\n{indent}except {missing}:\n{indent}    {goes_on}\n{with}"
    );
    let edits = vec![whole_lines(finding, act, act, fixed)];
    // Where a file is moved, it may be the folder of the other end that is missing.
    let safe = !["rename(", "replace(", "move("].iter().any(|call| tried.contains(call));
    Some(Proposal { edits, safe, says: Some("Skip what has gone since it was listed.") })
}

/// The head of the innermost loop around a line, if it goes over what was listed.
fn loop_around(lines: &Lines<'_>, line: u32, listed: u32) -> Option<u32> {
    let head = (listed..line).rev().find(|head| {
        lines.code(*head).is_some_and(|code| {
            ["for ", "while ", "def "].iter().any(|word| code.starts_with(word))
        }) && lines.block_end(*head).is_some_and(|end| end >= line)
    })?;
    lines.code(head)?.starts_with("for ").then_some(head)
}

/// What an act raises whose entry is missing.
fn missing_error(act: &str) -> Option<&'static str> {
    let files = [
        "open(",
        "os.",
        "shutil.",
        ".open(",
        ".stat(",
        ".read_text(",
        ".read_bytes(",
        ".unlink(",
        ".rename(",
    ];
    if files
        .iter()
        .any(|call| if call.starts_with('.') { act.contains(call) } else { act.starts_with(call) })
    {
        return Some("FileNotFoundError");
    }
    let entry = act.ends_with(']') && !act.contains(['(', '=', ':']);
    entry.then_some("KeyError")
}
