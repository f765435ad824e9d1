//! Statements that are put together by `SQLAlchemy`'s core before they are executed: `select(kv).where(…)`,
//! `kv.insert().values(…)`. Each step is the statement so far, and the execution is what any other is.
//!
//! Joins and subqueries are left alone: they are about more than one table.

use super::body::{Body, Val};
use super::callee::Callee;
use super::effect::{Args, Given};
use crate::event::{
    Confidence, Conflict, Literal, Name, Op, Path, Predicate, Root, Span, SqlVerb, Statement, Text,
    ValueId, ValueKind,
};

/// Conditions within conditions that are looked through.
const DEPTH_MAX: u32 = 6;

impl Body<'_, '_, '_> {
    /// A statement that a call begins, narrows or executes.
    pub(super) fn core_statement(
        &mut self,
        callee: &Callee<'_>,
        given: &[Given],
        span: Span,
    ) -> Option<Val> {
        if self.cx.is_go() {
            return None;
        }
        let word = callee.word;
        let base = callee.receiver.as_ref();
        let known = base.and_then(|base| self.core.get(&base.id).cloned());
        let begins = matches!(word.as_str(), "select" | "insert" | "update" | "delete");
        if known.is_none() && !begins {
            return None;
        }
        let statement = match (known, base) {
            (Some(statement), Some(base)) if word == "execute" => {
                return self.core_executed(statement, base, given, span);
            }
            (Some(statement), _) => self.narrowed(statement, word.as_str(), given)?,
            _ if callee.name.as_str().starts_with("sqlalchemy.") => {
                self.begun_by_name(word.as_str(), given)?
            }
            (None, Some(base)) => {
                let table = self.table_of(base)?;
                self.begun(word.as_str(), table, given)?
            }
            (None, None) => return None,
        };
        let mut inputs = vec![self.literal(Literal::Text(word), span)];
        inputs.extend(base.map(|val| val.id));
        inputs.extend(given.iter().map(|given| given.val.id));
        let id = self.op(Op::Call, inputs, span);
        self.core.insert(id, statement);
        Some(Val { id, ty: None, path: None })
    }

    /// `statement.execute()`, as it was written before there were connections to give it to.
    fn core_executed(
        &mut self,
        statement: Statement,
        base: &Val,
        given: &[Given],
        span: Span,
    ) -> Option<Val> {
        let class = self.cx.words.class_named("connection")?;
        let name = Name::new("execute");
        let row = self.cx.words.method(class, name).first()?;
        let args = Args { given: given.to_vec(), receiver: Some(base.clone()), name, pair: false };
        let id = self.statement_event(statement, row, Confidence::Likely, &args, span);
        self.cursors.insert(Path::root(Root::Value(id)), id);
        Some(Val { id, ty: Some(self.returned(Name::new("connection"))), path: None })
    }

    /// The statement that a value is, with the values it is executed with.
    pub(super) fn core_of(&self, built: ValueId, params: Option<ValueId>) -> Option<Statement> {
        let mut statement = self.core.get(&built).filter(|it| !it.table.is_empty())?.clone();
        if statement.verb != SqlVerb::Select {
            self.set_of(params, &mut statement);
        }
        Some(statement)
    }

    /// `select(kv.c.value)`, `insert(kv)`.
    fn begun_by_name(&self, word: &str, given: &[Given]) -> Option<Statement> {
        let first = &given.first().filter(|given| given.name.is_none())?.val;
        let listed = match self.value(first.id) {
            ValueKind::New(_, items) | ValueKind::Tuple(items) if word == "select" => {
                items.first().copied()
            }
            _ => None,
        };
        let table = match listed {
            Some(item) => self.column(item).map(|(table, _)| table).or_else(|| {
                let path = match self.value(item) {
                    ValueKind::Load(path) => Some(path.clone()),
                    _ => None,
                };
                self.table_of(&Val { id: item, ty: None, path: path.clone() })
                    // The conditions tell which it is.
                    .or_else(|| path.is_some().then_some(Name::EMPTY))
            }),
            None => self.table_of(first).or_else(|| self.column(first.id).map(|(table, _)| table)),
        };
        self.begun(word, table?, &given[1..])
    }

    fn begun(&self, word: &str, table: Name, given: &[Given]) -> Option<Statement> {
        let verb = match word {
            "select" => SqlVerb::Select,
            "insert" => SqlVerb::Insert,
            "update" => SqlVerb::Update,
            "delete" => SqlVerb::Delete,
            _ => return None,
        };
        let mut statement = Statement {
            verb,
            table,
            columns: Vec::new(),
            filter: Vec::new(),
            conflict: (verb == SqlVerb::Insert).then_some(Conflict::Error),
            conflict_filter: Vec::new(),
            locks_rows: false,
            returning: false,
            aggregate: false,
            limited: false,
            subselect: false,
            relative: false,
            text: Text::default(),
        };
        let first = given.first().filter(|given| given.name.is_none()).map(|given| given.val.id);
        match (verb, first) {
            (SqlVerb::Insert, values) => self.set_of(values, &mut statement),
            (_, Some(id)) => self.conditions(id, &mut statement.filter, 0),
            _ => {}
        }
        Some(statement)
    }

    fn narrowed(&self, mut of: Statement, word: &str, given: &[Given]) -> Option<Statement> {
        match word {
            "where" | "filter" => {
                for given in given {
                    self.conditions(given.val.id, &mut of.filter, 0);
                    if of.table.is_empty()
                        && let ValueKind::Op(_, sides) = self.value(given.val.id)
                    {
                        let found = sides.iter().find_map(|side| self.column(*side));
                        of.table = found.map_or(Name::EMPTY, |(table, _)| table);
                    }
                }
            }
            "values" => {
                let named = given.iter().filter_map(|given| Some((given.name?, given.val.id)));
                for (column, value) in named.collect::<Vec<_>>() {
                    self.sets(column, value, &mut of);
                }
                let listed = given.first().filter(|given| given.name.is_none());
                self.set_of(listed.map(|given| given.val.id), &mut of);
            }
            "with_for_update" => of.locks_rows = true,
            "limit" | "offset" => of.limited = true,
            "returning" => of.returning = true,
            "on_conflict_do_nothing" => of.conflict = Some(Conflict::Ignore),
            "on_conflict_do_update" => {
                let only = given.iter().any(|given| given.name.is_some_and(|name| name == "where"));
                of.conflict = Some(if only { Conflict::UpdateIf } else { Conflict::Update });
            }
            "prefix_with" => {
                let says = |word: &str| {
                    given.iter().any(|given| {
                        matches!(self.value(given.val.id), ValueKind::Literal(Literal::Text(text))
                            if text.as_str().to_ascii_lowercase().contains(word))
                    })
                };
                if says("ignore") {
                    of.conflict = Some(Conflict::Ignore);
                } else if says("replace") {
                    of.conflict = Some(Conflict::Update);
                }
            }
            "order_by" | "group_by" | "distinct" | "with_only_columns" | "execution_options" => {}
            _ => return None,
        }
        Some(of)
    }

    /// The columns of a dictionary that is written out.
    fn set_of(&self, values: Option<ValueId>, into: &mut Statement) {
        let Some(id) = values else { return };
        let (ValueKind::New(_, values), Some(keys)) = (self.value(id), self.entry_keys.get(&id))
        else {
            return;
        };
        for (key, value) in keys.iter().zip(values) {
            if let ValueKind::Literal(Literal::Text(column)) = self.value(*key) {
                self.sets(*column, *value, into);
            }
        }
    }

    fn sets(&self, column: Name, value: ValueId, into: &mut Statement) {
        into.relative |= self.computes_with_a_column(value, 0);
        into.columns.push((column, Some(value)));
    }

    /// `kv.c.n + 1`: the server computes it.
    fn computes_with_a_column(&self, id: ValueId, depth: u32) -> bool {
        match self.value(id) {
            ValueKind::Op(Op::Add | Op::Sub | Op::Mul | Op::Div, parts) if depth < DEPTH_MAX => {
                parts.iter().any(|part| self.computes_with_a_column(*part, depth + 1))
            }
            _ => self.column(id).is_some(),
        }
    }

    /// The conjuncts of a condition; what is none is one that nobody knows.
    fn conditions(&self, id: ValueId, into: &mut Vec<Predicate>, depth: u32) {
        let parts = match self.value(id) {
            ValueKind::Result(event, inputs)
                if self.call_names.get(event).is_some_and(|name| *name == "and_") =>
            {
                Some(inputs)
            }
            ValueKind::Op(Op::And, parts) => Some(parts),
            _ => None,
        };
        if let Some(parts) = parts.filter(|_| depth < DEPTH_MAX) {
            for part in parts {
                self.conditions(*part, into, depth + 1);
            }
            return;
        }
        let compared = match self.value(id) {
            ValueKind::Op(op, sides) => match sides.as_slice() {
                [left, right] => [(left, right), (right, left)]
                    .into_iter()
                    .find_map(|(it, other)| Some((self.column(*it)?.1, *op, Some(*other)))),
                _ => None,
            },
            _ => None,
        };
        let (column, op, value) = compared.unwrap_or((Name::EMPTY, Op::Or, None));
        into.push(Predicate { column, op, value, text: Name::EMPTY });
    }

    /// The table and the column that a value names: `kv.c.key`.
    fn column(&self, id: ValueId) -> Option<(Name, Name)> {
        let text = match self.value(id) {
            ValueKind::Named(name) => name.as_str().to_owned(),
            ValueKind::Load(path) => path.to_string(),
            _ => return None,
        };
        let (table, column) = within(&text)?;
        Some((self.own_table(table), Name::new(column)))
    }

    /// The table that a value is: by its class, or by what it is called where the core is used.
    fn table_of(&self, val: &Val) -> Option<Name> {
        let text = match (self.value(val.id), &val.path) {
            (_, Some(path)) => path.to_string(),
            (ValueKind::Named(name), _) => name.as_str().to_owned(),
            (ValueKind::Load(path), _) => path.to_string(),
            _ => return None,
        };
        let typed = val.ty.as_ref().is_some_and(|ty| {
            let name = ty.name.as_str();
            name.starts_with("sqlalchemy.") && name.ends_with(".Table")
        });
        // A name with a capital is a class of rows, which the mapper's own queries are about.
        let last = text.rsplit('.').next().unwrap_or_default();
        let named = !last.starts_with(char::is_uppercase)
            && (last == "__table__"
                || last.ends_with("table")
                || last.ends_with("_t")
                || self.cx.core_tables.contains(&Name::new(last)));
        let uses = || {
            let imported = |target: &Name| target.as_str().split('.').next() == Some("sqlalchemy");
            self.cx.imports.values().any(imported)
        };
        (typed || named && uses()).then(|| self.own_table(&text))
    }

    /// A table of the object is that of its class.
    fn own_table(&self, text: &str) -> Name {
        let class = self.receiver.as_ref().and_then(|(_, of)| of.as_ref()).map(|of| of.name);
        match (text.strip_prefix("self."), class) {
            (Some(rest), Some(class)) => Name::new(&format!("{class}.{rest}")),
            _ => Name::new(text.trim_start_matches('.')),
        }
    }
}

/// What stands before and after the columns of a table: `kv.c.key`.
fn within(text: &str) -> Option<(&str, &str)> {
    let (table, column) = text.split_once(".c.").or_else(|| text.split_once(".columns."))?;
    (!table.is_empty() && !column.is_empty() && !column.contains('.')).then_some((table, column))
}
