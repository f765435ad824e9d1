//! Rows through Django's mapper: what is computed from a row is computed where the row is.

use amorsize_facts::event::{FileFacts, Lang};
use amorsize_finding::Finding;

use super::lines::{Lines, mentions};
use super::propose::{Proposal, edit_between, whole_lines};

/// `row.n = row.n - x` and `row.n -= x` before `row.save()` become `row.n = F("n") - x`.
pub(super) fn computed_there(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    if facts.lang != Lang::Python {
        return None;
    }
    let lines = Lines::of(text);
    let (check, act) = (finding.check.as_ref()?.line, finding.act.line);
    let row = lines.code(act)?.split_once(".save(")?.0;
    let mut made = None;
    for line in (check + 1..act).rev() {
        let code = lines.code(line)?;
        let Some(rest) = code.strip_prefix(&format!("{row}.")) else { continue };
        let (field, op, by) = relative(row, rest)?;
        if made.is_some() || mentions(by, row) {
            return None;
        }
        made = Some((line, format!("{row}.{field} = F(\"{field}\") {op} {by}\n")));
    }
    let (line, fixed) = made?;
    // What the function does with the field afterwards would see an expression.
    let field = fixed.split(" = ").next()?;
    let end = facts
        .functions
        .iter()
        .filter(|function| function.span.line <= act && act <= function.span.end_line)
        .map(|function| function.span.end_line)
        .min()?;
    if (line + 1..=end).any(|other| lines.code(other).is_some_and(|code| code.contains(field))) {
        return None;
    }
    let fixed = format!("{}{fixed}", lines.indent(line)?);
    let mut edits = vec![whole_lines(finding, line, line, fixed)];
    let known = facts.imports.iter().any(|import| import.alias.as_str() == "F");
    if !known {
        let first = (1..=check).find(|line| {
            lines.at(*line).is_some_and(|code| {
                code.starts_with("import ")
                    || code.starts_with("from ") && !code.starts_with("from __future__")
            })
        })?;
        let text = "from django.db.models import F\n".to_owned();
        let ours = lines.at(first)?.starts_with("from ") && lines.at(first)? < text.as_str();
        let at = if ours { first + 1 } else { first };
        edits.push(edit_between(finding, (at, 1), (at, 1), text));
    }
    Some(Proposal {
        edits,
        safe: false,
        says: Some(
            "Let the database compute it: `F()`; a check before it needs its own condition.",
        ),
    })
}

/// The field, the operator and the rest of an assignment that computes a field from itself.
fn relative<'c>(row: &str, rest: &'c str) -> Option<(&'c str, &'c str, &'c str)> {
    for op in ["+", "-"] {
        if let Some((field, by)) = rest.split_once(&format!(" {op}= ")) {
            let op = &rest[field.len() + 1..field.len() + 2];
            return is_name(field).then_some((field, op, by));
        }
    }
    let (field, value) = rest.split_once(" = ")?;
    let by = value.strip_prefix(&format!("{row}.{field} "))?;
    let (op, by) = by.split_once(' ')?;
    (is_name(field) && matches!(op, "+" | "-")).then_some((field, op, by))
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
