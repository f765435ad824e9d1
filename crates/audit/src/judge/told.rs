//! What a statement says, which rows it is about, and which handler keeps its failure quiet.

use amorsize_facts::event::{
    Block, Conflict, Disposition, EventId, EventKind, Handler, Literal, Node, Op as Operator,
    SqlVerb, contains,
};

use crate::slice::names_a_conflict;

/// The innermost handler around an event that makes an ordinary answer of its error.
pub(super) fn quiet_handler(block: &Block, event: EventId) -> Option<&Handler> {
    block.iter().find_map(|node| {
        if let Node::Try(tried) = node
            && contains(&tried.body, event)
        {
            return quiet_handler(&tried.body, event).or_else(|| {
                tried.handlers.iter().find(|handler| {
                    matches!(handler.disposition, Disposition::Swallows | Disposition::Returns(_))
                        && !handler.types.iter().any(|name| tells_one_thing(name.as_str()))
                })
            });
        }
        node.blocks().into_iter().find_map(|block| quiet_handler(block, event))
    })
}

/// Whether an error says no more than what the handler makes of it.
fn tells_one_thing(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    names_a_conflict(last)
        || matches!(
            last,
            "FileNotFoundError"
                | "FileExistsError"
                | "KeyError"
                | "IndexError"
                | "DoesNotExist"
                | "StopIteration"
                | "UniqueViolation"
        )
}

pub(super) fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Bool(true) => "yes".to_owned(),
        Literal::Bool(false) => "no".to_owned(),
        Literal::Nil => "nothing".to_owned(),
        _ => "a constant".to_owned(),
    }
}

/// A statement without how it was put together: `SELECT cache_key, expires FROM t WHERE cache_key = ?`.
pub(super) fn statement(kind: &EventKind) -> Option<String> {
    let sql = kind.statement()?;
    let names = |joint: &str| {
        let names: Vec<&str> = sql.columns.iter().map(|(name, _)| name.as_str()).collect();
        names.join(joint)
    };
    let table = sql.table.as_str();
    let conditions: Vec<String> = sql
        .filter
        .iter()
        .map(|predicate| {
            if predicate.column.is_empty() {
                predicate.text.as_str().to_owned()
            } else {
                format!("{} {} ?", predicate.column, compared(predicate.op))
            }
        })
        .collect();
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let conflict = match sql.conflict {
        Some(Conflict::Ignore) => " ON CONFLICT DO NOTHING",
        Some(Conflict::Update) => " ON CONFLICT DO UPDATE",
        Some(Conflict::UpdateIf) => " ON CONFLICT DO UPDATE ... WHERE",
        _ => "",
    };
    Some(match sql.verb {
        SqlVerb::Select if sql.aggregate && sql.columns.is_empty() => {
            format!("SELECT COUNT(*) FROM {table}{filter}")
        }
        SqlVerb::Select => {
            let columns = if sql.columns.is_empty() { "*".to_owned() } else { names(", ") };
            let lock = if sql.locks_rows { " FOR UPDATE" } else { "" };
            format!("SELECT {columns} FROM {table}{filter}{lock}")
        }
        SqlVerb::Insert => format!("INSERT INTO {table} ({}){conflict}", names(", ")),
        SqlVerb::Update => format!("UPDATE {table} SET {} = ?{filter}", names(" = ?, ")),
        SqlVerb::Delete => format!("DELETE FROM {table}{filter}"),
        SqlVerb::Merge | SqlVerb::Other => return None,
    })
}

const fn compared(op: Operator) -> &'static str {
    match op {
        Operator::Lt => "<",
        Operator::Le => "<=",
        Operator::Gt => ">",
        Operator::Ge => ">=",
        Operator::Ne => "<>",
        Operator::In => "IN",
        _ => "=",
    }
}

/// The columns that say which row.
pub(super) fn key_columns(kind: &EventKind) -> Option<String> {
    let sql = kind.statement()?;
    let columns: Vec<&str> = sql
        .filter
        .iter()
        .map(|predicate| predicate.column.as_str())
        .filter(|column| !column.is_empty())
        .collect();
    (!columns.is_empty()).then(|| columns.join(", "))
}
