//! What a SELECT decides becomes a condition of the write itself: `INSERT … ON CONFLICT`, or Django's
//! `get_or_create`. Both need that the key is unique, which the code does not show.

use amorsize_facts::event::{Conflict, EventKind, FileFacts, Lang, SqlVerb};
use amorsize_finding::Finding;

use super::lines::Lines;
use super::propose::{Proposal, edit, function_at, whole_lines};

/// Statements end in the part that says what to do with a row that is there already.
pub(super) fn on_conflict(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    if !speaks_of_conflicts(facts) {
        return None;
    }
    let function = function_at(facts, finding.act.line)?;
    let (mut insert, mut key) = (None, Vec::new());
    let mut updates = false;
    function.each_event(|event| {
        let Some(sql) = event.kind.statement() else { return };
        match (&event.kind, sql.verb) {
            (EventKind::Act(_), SqlVerb::Insert)
                if matches!(sql.conflict, None | Some(Conflict::Error)) =>
            {
                insert = Some((event.span, sql.columns.clone()));
            }
            (EventKind::Act(_), SqlVerb::Update) => updates = true,
            (_, SqlVerb::Select) => {
                key = sql.filter.iter().map(|predicate| predicate.column.as_str()).collect();
            }
            _ => {}
        }
    });
    let (span, columns) = insert?;
    let columns: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
    if key.is_empty() || !key.iter().all(|column| columns.contains(column)) {
        return None;
    }
    let sets: Vec<String> = columns
        .iter()
        .filter(|column| !key.contains(*column))
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let key = key.join(", ");
    let rest = if updates && !sets.is_empty() {
        format!(" ON CONFLICT ({key}) DO UPDATE SET {}", sets.join(", "))
    } else {
        format!(" ON CONFLICT ({key}) DO NOTHING")
    };
    let (line, column) = end_of_statement(text, span.line, span.end_line)?;
    let place = amorsize_finding::Span {
        line,
        column,
        end_line: line,
        end_column: column,
        ..amorsize_finding::Span::default()
    };
    Some(Proposal { edits: vec![edit(finding, &place, rest)], safe: false, says: None })
}

/// Whether the database the file speaks to knows `ON CONFLICT`.
fn speaks_of_conflicts(facts: &FileFacts) -> bool {
    let words = ["sqlite", "psycopg", "asyncpg", "lib/pq", "pgx"];
    facts
        .imports
        .iter()
        .any(|import| words.iter().any(|word| import.target.as_str().contains(word)))
}

/// Where the text of the only statement in a call ends: the quote that closes `VALUES (…)`.
fn end_of_statement(text: &str, first: u32, last: u32) -> Option<(u32, u32)> {
    let lines = Lines::of(text);
    let mut found = None;
    for number in first..=last.max(first) {
        let line = lines.at(number)?;
        for quote in [")\"", ")'", ")`"] {
            for (at, _) in line.match_indices(quote) {
                let before = &line[..=at];
                let statement = before.to_ascii_uppercase().contains("VALUES");
                if !statement || found.is_some() {
                    return None;
                }
                found = Some((number, u32::try_from(before.chars().count() + 1).ok()?));
            }
        }
    }
    found
}

/// `if not M.objects.filter(…).exists(): M.objects.create(…)` becomes `M.objects.get_or_create(…)`.
pub(super) fn get_or_create(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    if facts.lang != Lang::Python {
        return None;
    }
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let (manager, rest) = lines.code(head)?.strip_prefix("if not ")?.split_once(".filter(")?;
    let wanted = rest.strip_suffix(").exists():")?;
    let made = lines.code(act)?.strip_prefix(&format!("{manager}.create("))?.strip_suffix(')')?;
    if act != head + 1 || lines.block_end(head)? != act || lines.code(act + 1) == Some("else:") {
        return None;
    }
    let (wanted, made) = (named(wanted)?, named(made)?);
    if wanted.iter().any(|(name, _)| name.contains("__"))
        || !wanted.iter().all(|field| made.contains(field))
    {
        return None;
    }
    let spell = |(name, value): &(&str, &str)| format!("{name}={value}");
    let mut given: Vec<String> = wanted.iter().map(spell).collect();
    let rest: Vec<String> = made
        .iter()
        .filter(|field| !wanted.contains(field))
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    if !rest.is_empty() {
        given.push(format!("defaults={{{}}}", rest.join(", ")));
    }
    let fixed = format!("{}{manager}.get_or_create({})\n", lines.indent(head)?, given.join(", "));
    Some(Proposal { edits: vec![whole_lines(finding, head, act, fixed)], safe: false, says: None })
}

/// Named arguments of one line, if there are no others and none holds a comma of its own.
fn named(arguments: &str) -> Option<Vec<(&str, &str)>> {
    if arguments.contains(['(', '[', '{', '"', '\'']) {
        return None;
    }
    arguments
        .split(", ")
        .map(|argument| argument.split_once('=').filter(|(_, value)| !value.starts_with('=')))
        .collect()
}
