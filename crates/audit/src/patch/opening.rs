//! A look whether a file is there, and then its opening, become the opening and what it says.

use amorsize_finding::Finding;

use super::lines::Lines;
use super::propose::{Proposal, whole_lines};

/// `if not os.path.exists(p): return …` before `with open(p) as f:` becomes
/// `try: f = open(p)`, `except FileNotFoundError: return …`, `with f:`.
pub(super) fn opened_at_once(text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let asked = lines.code(head)?.strip_prefix("if not ")?.strip_suffix(':')?;
    let path = ["os.path.exists(", "os.path.isfile("]
        .iter()
        .find_map(|call| asked.strip_prefix(call)?.strip_suffix(')'))
        .or_else(|| asked.strip_suffix(".exists()"))
        .or_else(|| asked.strip_suffix(".is_file()"))?;
    let end = lines.block_end(head)?;
    let next = (end + 1..=act).find(|line| lines.depth(*line).is_some())?;
    let last = lines.code(end)?;
    let leaves = ["return", "raise", "continue", "break"].iter().any(|word| last.starts_with(word));
    if next != act || lines.depth(act)? != lines.depth(head)? || !leaves || path.contains('(') {
        return None;
    }
    let indent = lines.indent(act)?;
    let code = lines.code(act)?;
    let (tried, rest) = match code.strip_prefix("with ") {
        Some(opened) => {
            let (call, name) = opened.strip_suffix(':')?.rsplit_once(" as ")?;
            let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if !plain || !call.ends_with(')') {
                return None;
            }
            (format!("{name} = {call}"), format!("{indent}with {name}:\n"))
        }
        None => (code.to_owned(), String::new()),
    };
    let of_path = [format!("open({path}"), format!("{path}.open("), format!("{path}.read_")];
    if !of_path.iter().any(|call| tried.contains(call.as_str())) || tried.ends_with(['(', '[']) {
        return None;
    }
    let fixed = format!(
        "{indent}try:\n{indent}    {tried}\n{indent}except FileNotFoundError:\n{}{rest}",
        lines.moved(head + 1, end, "")
    );
    Some(Proposal { edits: vec![whole_lines(finding, head, act, fixed)], safe: true, says: None })
}
