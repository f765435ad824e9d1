//! A file that somebody else has removed meanwhile is no failure of whoever wanted it gone, and a
//! folder that is there already none of whoever wanted it there: Go.

use amorsize_facts::event::FileFacts;
use amorsize_finding::Finding;

use super::lines::Lines;
use super::modules::import;
use super::propose::{Proposal, whole_lines};

/// `if err := os.Remove(p); err != nil {` lets pass that the file has gone.
pub(super) fn removed_already(
    facts: &FileFacts,
    text: &str,
    finding: &Finding,
) -> Option<Proposal> {
    let lines = Lines::of(text);
    let act = finding.act.line;
    let indent = lines.indent(act)?;
    let gone = "!errors.Is(err, fs.ErrNotExist)";
    let (line, fixed) = match lines.code(act)? {
        code if code.starts_with("if err := os.Remove(")
            || code.starts_with("if err = os.Remove(") =>
        {
            let call = code.strip_suffix("; err != nil {")?;
            (act, format!("{indent}{call}; err != nil && {gone} {{\n"))
        }
        code if code.starts_with("err := os.Remove(") || code.starts_with("err = os.Remove(") => {
            (lines.code(act + 1)? == "if err != nil {").then_some(())?;
            (act + 1, format!("{indent}if err != nil && {gone} {{\n"))
        }
        _ => return None,
    };
    let mut edits = vec![whole_lines(finding, line, line, fixed)];
    edits.extend(import(facts, &lines, finding, "errors")?);
    edits.extend(import(facts, &lines, finding, "io/fs")?);
    let says = Some("Skip what has gone: that is what was wanted.");
    Some(Proposal { edits, safe: true, says })
}

/// A look before `os.Mkdir` or `os.MkdirAll` is left out: `os.MkdirAll` is content with what is there.
pub(super) fn made_already(text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let code = lines.code(head)?;
    let (asked, missing) = code.strip_prefix("if _, err := os.Stat(")?.split_once("); ")?;
    let known = ["os.IsNotExist(err) {", "errors.Is(err, os.ErrNotExist) {", "err != nil {"];
    let end = lines.closing(head)?;
    if !known.contains(&missing) || act != head + 1 {
        return None;
    }
    let made = lines.code(act)?;
    let makes =
        ["os.Mkdir(", "os.MkdirAll("].iter().any(|call| made.contains(&format!("{call}{asked}, ")));
    if !makes {
        return None;
    }
    let mut fixed = String::new();
    for line in head + 1..end {
        let moved = lines.moved(line, line, "").replacen("os.Mkdir(", "os.MkdirAll(", 1);
        fixed.push_str(moved.strip_prefix('\t').unwrap_or(&moved));
    }
    let says = Some("Leave the look out: `os.MkdirAll` is content with a folder that is there.");
    Some(Proposal { edits: vec![whole_lines(finding, head, end, fixed)], safe: true, says })
}
