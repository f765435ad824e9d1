//! The proposals, by rule and by the text of the act.

use amorsize_facts::event::{FileFacts, Function, Lang};
use amorsize_finding::{Edit, Finding, Span};

use super::lines::Lines;
use super::{folder_lock, gone, opening, own_lock, publish, remote, rows, sections, skip, upsert};

/// What a fix would change.
pub(crate) struct Proposal {
    pub edits: Vec<Edit>,
    pub safe: bool,
    /// What it does, where that is not what the rule advises in general.
    pub says: Option<&'static str>,
}

/// Proposes a fix, if there is a mechanical one.
pub(crate) fn propose(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    match (finding.rule.number(), facts.lang) {
        (140 | 144, Lang::Python) => tolerate_existing(finding)
            .or_else(|| made_already(text, finding))
            .or_else(|| tolerate_missing(text, finding))
            .or_else(|| opening::opened_at_once(text, finding)),
        (303, Lang::Python) => opening::opened_at_once(text, finding),
        (131, Lang::Python) => folder_lock::judged_and_removed(facts, text, finding),
        (143, _) => publish::apart(facts, text, finding),
        (102, Lang::Go) => sections::load_or_store(text, finding),
        (102, Lang::Python) => remote::set_if_missing(facts, text, finding),
        (104 | 105, _) => sections::one_section(facts, text, finding),
        (150, _) => upsert::on_conflict(facts, text, finding),
        (151, _) => upsert::get_or_create(facts, text, finding),
        (201 | 202, Lang::Python) => answer_first(facts, text, finding),
        (201 | 202, Lang::Go) => defer_cleanup(facts, text, finding),
        (101, Lang::Python) => {
            set_default(text, finding).or_else(|| own_lock::taken(facts, text, finding))
        }
        (101 | 103 | 106 | 107 | 109 | 170, _) => own_lock::taken(facts, text, finding)
            .or_else(|| sections::one_section(facts, text, finding)),
        (120, Lang::Python) => tolerate_missing(text, finding)
            .or_else(|| skip::passed_over(text, finding))
            .or_else(|| own_lock::taken(facts, text, finding)),
        (120, Lang::Go) => gone::removed_already(facts, text, finding)
            .or_else(|| own_lock::taken(facts, text, finding)),
        (140, Lang::Go) => gone::removed_already(facts, text, finding)
            .or_else(|| gone::made_already(text, finding)),
        (152, _) => rows::computed_there(facts, text, finding),
        (160, _) => remote::set_if_missing(facts, text, finding)
            .or_else(|| remote::deleted_if_own(facts, text, finding)),
        (161, _) => remote::deleted_if_own(facts, text, finding),
        (162, _) => remote::with_its_end(facts, text, finding),
        _ => None,
    }
}

pub(super) fn edit(finding: &Finding, span: &Span, replacement: String) -> Edit {
    let (from, to) = ((span.line, span.column), (span.end_line, span.end_column));
    edit_between(finding, from, to, replacement)
}

/// An edit from a line and column to another.
pub(super) fn edit_between(
    finding: &Finding,
    (line, column): (u32, u32),
    (end_line, end_column): (u32, u32),
    replacement: String,
) -> Edit {
    Edit { path: finding.path.clone(), line, column, end_line, end_column, replacement }
}

pub(super) fn whole_lines(finding: &Finding, first: u32, last: u32, replacement: String) -> Edit {
    edit_between(finding, (first, 1), (last + 1, 1), replacement)
}

/// `os.makedirs(p)` becomes `os.makedirs(p, exist_ok=True)`.
fn tolerate_existing(finding: &Finding) -> Option<Proposal> {
    let call = finding.act.text.as_str();
    let makes =
        call.starts_with("os.makedirs(") || call.contains(".mkdir(") && !call.starts_with("os.");
    if !makes || call.contains("exist_ok") || !call.ends_with(')') {
        return None;
    }
    let inside = &call[..call.len() - 1];
    let comma = if inside.ends_with('(') { "" } else { ", " };
    let replacement = format!("{inside}{comma}exist_ok=True)");
    Some(Proposal { edits: vec![edit(finding, &finding.act, replacement)], safe: true, says: None })
}

/// `os.mkdir(p)` alone under its look is content with a folder that is there.
fn made_already(text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let code = lines.code(act)?;
    let alone = lines.code(head)?.starts_with("if not ") && lines.block_end(head)? == act;
    if !code.starts_with("os.mkdir(") || code != finding.act.text || !alone || act != head + 1 {
        return None;
    }
    let indent = lines.indent(head)?;
    let fixed = format!(
        "{indent}try:\n{}{indent}except FileExistsError:\n{indent}    pass\n",
        lines.moved(act, act, "")
    );
    let edits = vec![whole_lines(finding, head, act, fixed)];
    Some(Proposal { edits, safe: true, says: None })
}

/// `p.unlink()` becomes `p.unlink(missing_ok=True)`, `os.remove(p)` is wrapped in a handler.
fn tolerate_missing(text: &str, finding: &Finding) -> Option<Proposal> {
    let call = finding.act.text.as_str();
    if let Some(path) = call.strip_suffix(".unlink()")
        && path != "os"
    {
        let replacement = format!("{path}.unlink(missing_ok=True)");
        return Some(Proposal {
            edits: vec![edit(finding, &finding.act, replacement)],
            safe: true,
            says: None,
        });
    }
    let removes =
        ["os.remove(", "os.unlink(", "os.rmdir("].iter().any(|word| call.starts_with(word));
    let line = text.lines().nth(usize::try_from(finding.act.line).ok()?.checked_sub(1)?)?;
    if !removes || line.trim() != call {
        return None;
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    let replacement = format!(
        "{indent}try:\n{indent}    {call}\n{indent}except FileNotFoundError:\n{indent}    pass\n"
    );
    let edits = vec![whole_lines(finding, finding.act.line, finding.act.line, replacement)];
    Some(Proposal { edits, safe: true, says: None })
}

pub(super) fn function_at(facts: &FileFacts, line: u32) -> Option<&Function> {
    facts
        .functions
        .iter()
        .filter(|function| {
            function.span.line <= line
                && line <= function.span.end_line
                && !function.body.is_empty()
        })
        .min_by_key(|function| function.span.end_line - function.span.line)
}

/// The clean-up moves behind the answer: `try: … finally: clean up`.
fn answer_first(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    let check = finding.act.line.min(finding.check.as_ref().map_or(u32::MAX, |check| check.line));
    let function = function_at(facts, check)?;
    let lines: Vec<&str> = text.lines().collect();
    let line = |number: u32| lines.get(usize::try_from(number).ok()?.checked_sub(1)?).copied();
    let (mut first, last) = (check, check);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let indent = depth(line(first)?);
    // The coin that the clean-up hangs on goes with it.
    if let Some(before) = line(first - 1)
        && before.trim_start().starts_with("if ")
        && before.trim_end().ends_with(':')
        && depth(before) < indent
    {
        first -= 1;
    }
    let indent = depth(line(first)?);
    let end = function.span.end_line;
    let rest: Vec<&str> = (last + 1..=end).filter_map(line).collect();
    if rest.iter().any(|line| line.contains("\"\"\"") || line.contains("'''")) || rest.is_empty() {
        return None;
    }
    let pad = " ".repeat(indent);
    let mut fixed = format!("{pad}try:\n");
    for line in &rest {
        if !line.trim().is_empty() {
            fixed.push_str("    ");
            fixed.push_str(line);
        }
        fixed.push('\n');
    }
    fixed.push_str(&pad);
    fixed.push_str("finally:\n");
    for number in first..=last {
        fixed.push_str("    ");
        fixed.push_str(line(number)?);
        fixed.push('\n');
    }
    Some(Proposal { edits: vec![whole_lines(finding, first, end, fixed)], safe: true, says: None })
}

/// In Go the clean-up is deferred.
fn defer_cleanup(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    let place = finding.act.line.min(finding.check.as_ref().map_or(u32::MAX, |check| check.line));
    let _ = facts;
    let line = text.lines().nth(usize::try_from(place).ok()?.checked_sub(1)?)?;
    let call = line.trim();
    if !call.ends_with(')') || call.contains('=') || call.starts_with("if ") {
        return None;
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    let edits = vec![whole_lines(finding, place, place, format!("{indent}defer {call}\n"))];
    Some(Proposal { edits, safe: true, says: None })
}

/// `if k not in d: d[k] = v` becomes `d.setdefault(k, v)`.
fn set_default(text: &str, finding: &Finding) -> Option<Proposal> {
    let check = finding.check.as_ref()?;
    if check.line + 1 != finding.act.line {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let at = usize::try_from(check.line).ok()?.checked_sub(1)?;
    let (head, body) = (lines.get(at)?, lines.get(at + 1)?);
    let (key, store) =
        head.trim().strip_prefix("if ")?.strip_suffix(':')?.split_once(" not in ")?;
    let value = body.trim().strip_prefix(&format!("{store}[{key}] = "))?;
    // What is made although it may be there already must cost nothing and do nothing.
    let empty = ["set()", "dict()", "list()", "deque()", "Lock()", "RLock()"];
    let made = value.rsplit('.').next().unwrap_or(value);
    if value.contains('(') && !empty.contains(&made) || value.contains("await ") {
        return None;
    }
    let indent = &head[..head.len() - head.trim_start().len()];
    let deeper = body.len() - body.trim_start().len();
    let alone = lines.get(at + 2).is_none_or(|next| {
        let depth = next.len() - next.trim_start().len();
        next.trim().is_empty() || depth < deeper && !next.trim_start().starts_with("el")
    });
    if !alone {
        return None;
    }
    let fixed = format!("{indent}{store}.setdefault({key}, {value})\n");
    let edits = vec![whole_lines(finding, check.line, finding.act.line, fixed)];
    Some(Proposal { edits, safe: true, says: None })
}
