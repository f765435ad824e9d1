//! Queries of object-relational mappers, and cursors.

use super::body::{Body, Query, Val};
use super::effect::Args;
use crate::event::{
    Act, ActKind, Atomicity, Confidence, EventKind, Isolation, Key, Meaning, Name, Op, Outcome,
    Path, Place, Read, Root, Scope, Span, SqlVerb, Statement, Store, StoreKind, TxBegin, TxEnd,
    TypeRef, Uses, ValueId, ValueKind,
};
use crate::vocabulary::{ClassId, Row};

impl Body<'_, '_, '_> {
    /// `qs.filter(…)`, `session.query(M)`: the query so far, narrower.
    pub(super) fn narrow(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        args: &Args,
        span: Span,
    ) -> Val {
        let mut query =
            args.receiver.as_ref().and_then(|val| self.query_of(val)).unwrap_or_else(|| {
                // Go: the connection is no model; what the rows are put into says which.
                let receiver = args.receiver.as_ref().filter(|_| !self.cx.is_go());
                let about = args.get(row.key);
                let model = about.and_then(|val| self.class_of_column(val)).unwrap_or_else(|| {
                    about.or(receiver).map_or(Name::EMPTY, |val| self.model_name(val))
                });
                let flushes =
                    class.is_some_and(|class| self.cx.words.class(class).name == "session");
                Query { model, filters: Vec::new(), locks: false, flushes, span }
            });
        if query.model.is_empty()
            && !self.cx.is_go()
            && let Some(from) = args.get(row.key)
        {
            query.model = self.model_name(from);
        }
        let about = args.get(row.key).filter(|_| !self.cx.is_go()).map(|val| val.id);
        let asked = args.given.iter().map(|given| given.val.id).filter(|id| Some(*id) != about);
        let asked: Vec<ValueId> = asked.map(|id| self.wanted(id)).collect();
        // How a query is run, and in which order rows come, says nothing of which rows they are.
        let manner =
            matches!(args.name.as_str(), "WithContext" | "Session" | "Preload" | "Order" | "Limit");
        if !(self.cx.is_go() && manner) {
            query.filters.extend(asked);
        }
        query.locks |= row.locks;
        query.span = span;
        let mut inputs = vec![self.literal(crate::event::Literal::Text(args.name), span)];
        inputs.extend(args.inputs());
        let id = self.op(Op::Call, inputs, span);
        self.queries.insert(id, query);
        let ty = row.returns.map(|class| self.returned(class));
        Val { id, ty, path: None }
    }

    /// The query that a value is, or begins: `Model.objects`, `Model.query`.
    pub(super) fn query_of(&self, val: &Val) -> Option<Query> {
        if let Some(query) = self.queries.get(&val.id) {
            return Some(query.clone());
        }
        let named = |model, flushes| {
            let span = self.values[val.id.0 as usize].span;
            Query { model, filters: Vec::new(), locks: false, flushes, span }
        };
        let name = match self.value(val.id) {
            // peewee: the class of the rows is what is asked.
            ValueKind::Named(name) if self.is_model(*name) => return Some(named(*name, false)),
            ValueKind::Named(name) => name.as_str().to_owned(),
            _ => val.path.as_ref()?.to_string(),
        };
        if let Some(model) = val.path.as_ref().and_then(|path| self.related_rows(path)) {
            return Some(named(model, false));
        }
        let model = name
            .strip_suffix(".objects")
            .or_else(|| name.strip_suffix(".query"))
            .or_else(|| name.strip_suffix("._default_manager"))
            .or_else(|| name.strip_suffix("._base_manager"))?;
        // `cls.objects` asks for the same rows as the name of the class does elsewhere.
        let own = matches!(val.path.as_ref()?.root, Root::Class(of) if of == model)
            && self.cx.class_named(Name::new(model)).is_some();
        let model = if own { format!(".{model}") } else { model.to_owned() };
        Some(named(Name::new(&model), name.ends_with(".query")))
    }

    /// Whether a class of this file is declared as one of rows.
    pub(super) fn is_model(&self, name: Name) -> bool {
        let own = name.as_str().starts_with('.').then(|| TypeRef::plain(name));
        own.and_then(|of| self.cx.class_of(&of))
            .is_some_and(|of| self.cx.words.class(of).name == "model")
    }

    pub(super) fn model_name(&self, val: &Val) -> Name {
        match self.value(val.id) {
            ValueKind::Named(name) => *name,
            ValueKind::New(name, _) => *name,
            ValueKind::Result(event, _) if self.made_by.contains_key(event) => self.made_by[event],
            _ => match (&val.ty, &val.path) {
                (Some(ty), _) if !ty.name.as_str().starts_with('#') => ty.name,
                (_, Some(path)) => Name::new(&path.to_string()),
                _ => Name::EMPTY,
            },
        }
    }

    /// The model a call is about.
    pub(super) fn model(&self, args: &Args) -> Name {
        let of = |val: &Val| match self.query_of(val) {
            // What was asked for without saying of what is of the type that it was put into.
            Some(query) if !query.model.is_empty() => query.model,
            _ => self.model_name(val),
        };
        match &args.receiver {
            Some(val) if self.query_of(val).is_some_and(|query| !query.model.is_empty()) => of(val),
            // `session.add(obj)`, `get_object_or_404(Model, …)`
            receiver => match (args.given.iter().find(|given| given.name.is_none()), receiver) {
                (Some(first), _) => of(&first.val),
                (None, Some(val)) => of(val),
                _ => Name::EMPTY,
            },
        }
    }

    pub(super) fn locks_rows(&self, val: &Val) -> bool {
        self.queries.get(&val.id).is_some_and(|query| query.locks)
    }

    /// The rows a call is about: the filters of its query and its own arguments.
    pub(super) fn query_key(
        &mut self,
        receiver: &Val,
        row: &Row,
        args: &Args,
        span: Span,
    ) -> Option<Key> {
        if let Some(key) = self.document_key(receiver, args, span) {
            return Some(key);
        }
        let Some(query) = self.query_of(receiver) else {
            return self.told_beside(receiver, row, args, span);
        };
        let mut ids = query.filters;
        let finds = matches!(args.name.as_str(), "First" | "Take" | "Last" | "Find" | "Delete");
        if self.cx.is_go() && finds {
            ids.extend(self.asked_beside(row, args));
        } else if !matches!(args.name.as_str(), "update" | "save" | "delete") {
            ids.extend(
                args.given
                    .iter()
                    .filter(|given| given.name.is_none_or(|name| name != "defaults"))
                    .map(|given| self.wanted(given.val.id)),
            );
        }
        if args.name == "create"
            && let Some(asked) = self.asked_for(query.model, &ids)
        {
            ids = asked;
        }
        Some(self.rows_key(ids, span))
    }

    /// Go: what is asked for besides where the row goes: `db.First(&user, "email = ?", email)`.
    fn asked_beside(&self, row: &Row, args: &Args) -> Vec<ValueId> {
        let into = [row.key, row.value].map(|arg| args.get(arg).map(|val| val.id));
        let asked = args.given.iter().map(|given| given.val.id);
        asked.filter(|id| !into.contains(&Some(*id))).map(|id| self.wanted(id)).collect()
    }

    /// The same where nothing was asked before.
    fn told_beside(&mut self, receiver: &Val, row: &Row, args: &Args, span: Span) -> Option<Key> {
        let class = receiver.ty.as_ref().and_then(|ty| self.cx.class_of(ty))?;
        let mapper = self.cx.is_go() && self.cx.words.class(class).name == "gorm";
        let asked = mapper && args.given.len() > 1 && row.key.is_some();
        let ids = if asked { self.asked_beside(row, args) } else { Vec::new() };
        (!ids.is_empty()).then(|| self.rows_key(ids, span))
    }

    /// The filters of the narrowest earlier query of a model that hold for a row made of these values:
    /// what was asked for is what is made, and the rest of the row is not part of its key.
    pub(super) fn asked_for(&self, model: Name, made: &[ValueId]) -> Option<Vec<ValueId>> {
        let asked = self.queries.values().filter(|query| {
            query.model == model
                && !query.filters.is_empty()
                && query.filters.len() <= made.len()
                && query.filters.iter().all(|filter| made.contains(filter))
        });
        asked.map(|query| &query.filters).max_by_key(|filters| (filters.len(), *filters)).cloned()
    }

    /// What a query gives stands for the same rows.
    pub(super) fn instance(&mut self, result: ValueId, args: &Args) {
        let Some(mut query) = args.receiver.as_ref().and_then(|val| self.query_of(val)) else {
            return;
        };
        // What rows are given says nothing of which they are.
        let sets = matches!(args.name.as_str(), "update" | "aupdate") && !self.cx.is_go();
        let asked = args.given.iter().filter(|_| !sets);
        query.filters.extend(asked.map(|given| self.wanted(given.val.id)));
        self.queries.insert(result, query);
    }

    /// `cursor.rowcount` is the last statement's.
    pub(super) fn row_count(&mut self, base: &Val, name: Name, span: Span) -> Option<Val> {
        if !matches!(name.as_str(), "rowcount" | "lastrowid" | "rows_affected") {
            return None;
        }
        let last = match self.cursors.get(&self.path_of(base)) {
            Some(last) => *last,
            None => matches!(self.value(base.id), ValueKind::Result(..)).then_some(base.id)?,
        };
        let id = self.pure(ValueKind::Field(last, name), span);
        Some(Val { id, ty: None, path: None })
    }

    /// `cursor.execute(text, params)`.
    pub(super) fn sql(
        &mut self,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        if let Some(built) = args.get(row.key).cloned()
            && let Some(val) = self.execute_query(&built, args, span)
        {
            return val;
        }
        let text = args.get(row.key).map(|val| val.id);
        let params = self.params(row, args);
        let built = text.and_then(|id| self.core_of(id, args.get(row.value).map(|val| val.id)));
        let ty = built.as_ref().map(|_| self.returned(Name::new("connection")));
        let statement = built.or_else(|| text.and_then(|id| self.statement_of(id, &params)));
        let ty = ty
            .or_else(|| row.returns.map(|class| self.returned(class)))
            .or_else(|| args.receiver.as_ref().and_then(|val| val.ty.clone()));
        let path = args.receiver.as_ref().and_then(|val| val.path.clone());
        let Some(statement) = statement else {
            return self.opaque(args, ty, path, span);
        };
        // What is executed and reads as a statement is one, whatever the connection is called.
        let executes = matches!(args.name.as_str(), "execute" | "executemany") && !self.cx.is_go();
        let sure = confidence != Confidence::Guess || !executes;
        let confidence = if sure { confidence } else { Confidence::Likely };
        let id = self.statement_event(statement, row, confidence, args, span);
        if let Some(receiver) = &args.receiver {
            let path = self.path_of(receiver);
            self.cursors.insert(path, id);
        }
        self.cursors.insert(Path::root(Root::Value(id)), id);
        Val { id, ty, path: None }
    }

    fn opaque(&mut self, args: &Args, ty: Option<TypeRef>, path: Option<Path>, span: Span) -> Val {
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let call = crate::event::Call {
            name: args.name,
            callee: args.name,
            receiver: path,
            receiver_value: args.receiver.as_ref().map(|val| val.id),
            receiver_type: ty.clone(),
            args: args.given.iter().map(|given| given.val.id).collect(),
            named: Vec::new(),
            paths: Vec::new(),
            result,
            used: Uses::default(),
            awaited: false,
            deferred: self.deferred,
        };
        self.emit(event, span, EventKind::Call(Box::new(call)));
        Val { id: result, ty, path: None }
    }

    /// Values for the placeholders, in order: of the list given, or the arguments after the text.
    fn params(&self, row: &Row, args: &Args) -> Vec<ValueId> {
        let listed = args.get(row.value).map(|val| val.id);
        if let Some(listed) = listed
            && let ValueKind::Tuple(ids) | ValueKind::New(_, ids) = self.value(listed)
        {
            return ids.clone();
        }
        let text = args.get(row.key).map(|val| val.id);
        let after = args.given.iter().skip_while(|given| Some(given.val.id) != text).skip(1);
        after.map(|given| given.val.id).collect()
    }

    pub(super) fn statement_event(
        &mut self,
        statement: Statement,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> ValueId {
        if statement.verb == SqlVerb::Other {
            return self.control(&statement, args, span);
        }
        let store = self.store(Store {
            kind: StoreKind::Sql,
            scope: Scope::Cluster,
            place: Place::Table(statement.table),
            type_ref: None,
            confined: false,
            confidence,
        });
        let key = self.row_of(&statement, span);
        let value = {
            let ids: Vec<ValueId> = statement.columns.iter().filter_map(|(_, id)| *id).collect();
            (!ids.is_empty()).then(|| self.pure(ValueKind::Tuple(ids), span))
        };
        let (kind, atomicity) = match statement.verb {
            SqlVerb::Select => {
                return self.select(statement, store, key, row, confidence, args, span);
            }
            SqlVerb::Insert => (
                ActKind::Create,
                match statement.conflict {
                    Some(crate::event::Conflict::Ignore | crate::event::Conflict::UpdateIf) => {
                        Atomicity::Conditional
                    }
                    Some(crate::event::Conflict::Update) => Atomicity::Upsert,
                    _ => Atomicity::Exclusive,
                },
            ),
            SqlVerb::Update if statement.relative => (ActKind::Update, Atomicity::Relative),
            SqlVerb::Update => (ActKind::Update, Atomicity::Plain),
            SqlVerb::Delete => (
                if statement.filter.is_empty() { ActKind::Clear } else { ActKind::Delete },
                Atomicity::Plain,
            ),
            SqlVerb::Merge | SqlVerb::Other => (ActKind::Insert, Atomicity::Upsert),
        };
        let failure = match &row.miss {
            Outcome::Silent => {
                Outcome::Raises(vec![Name::new("IntegrityError"), Name::new("DatabaseError")])
            }
            other => other.clone(),
        };
        let act = Act {
            kind,
            store,
            key,
            target: None,
            value,
            fields: Vec::new(),
            result: ValueId(0),
            means: Meaning::Count,
            used: Uses::default(),
            atomicity,
            failure,
            by_handle: false,
            expects: None,
            ttl: None,
            sql: Some(Box::new(statement)),
            confidence,
        };
        self.push_act(act, args, span)
    }

    #[expect(clippy::too_many_arguments, reason = "a statement and all that is known of the call")]
    fn select(
        &mut self,
        statement: Statement,
        store: crate::event::StoreId,
        key: Key,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> ValueId {
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let miss = match &row.miss {
            Outcome::Silent => Outcome::Nil,
            other => other.clone(),
        };
        self.look(event, store, &key, miss.clone(), confidence, result);
        if statement.aggregate {
            self.counting.insert(event);
        }
        let locks = statement.locks_rows;
        let sql = Some(Box::new(statement));
        let read = Read { store, key, result, miss, by_handle: false, locks, sql, confidence };
        self.emit(event, span, EventKind::Read(Box::new(read)));
        result
    }

    /// `BEGIN`, `COMMIT` and the rest.
    fn control(&mut self, statement: &Statement, args: &Args, span: Span) -> ValueId {
        let on = args.receiver.as_ref().and_then(|val| val.path.clone());
        let word = statement.table.as_str();
        let kind = if word.starts_with("begin") || word.starts_with("start") {
            let isolation = if word.contains("immediate") || word.contains("exclusive") {
                Isolation::Exclusive
            } else if word.contains("serializable") {
                Isolation::Serializable
            } else {
                Isolation::Default
            };
            EventKind::TxBegin(Box::new(TxBegin { on, isolation }))
        } else if word.starts_with("lock") {
            EventKind::TxBegin(Box::new(TxBegin { on, isolation: Isolation::Serializable }))
        } else if word.starts_with("commit") || word.starts_with("unlock") {
            EventKind::TxEnd(Box::new(TxEnd { on, commit: true }))
        } else if word.starts_with("rollback") {
            EventKind::TxEnd(Box::new(TxEnd { on, commit: false }))
        } else {
            return self.unknown(span);
        };
        self.emit_new(span, kind);
        self.unknown(span)
    }

    /// Which of the values of a new row a statement before named: they are its key, wherever they stand.
    fn asked_of(&self, table: Name, made: &[ValueId]) -> Option<Vec<ValueId>> {
        let named = self.rows_named.iter().rev().filter(|(of, _)| *of == table);
        let mut named = named.filter(|(_, ids)| ids.iter().all(|id| made.contains(id)));
        named.next().map(|(_, ids)| ids.clone())
    }

    /// The rows a statement is about: the values its equalities name.
    fn row_of(&mut self, statement: &Statement, span: Span) -> Key {
        let of_filter: Vec<ValueId> = statement
            .filter
            .iter()
            .filter(|it| matches!(it.op, Op::Eq | Op::In))
            .filter_map(|it| it.value)
            .collect();
        let ids = if of_filter.is_empty() && statement.verb == SqlVerb::Insert {
            let made: Vec<ValueId> = statement.columns.iter().filter_map(|(_, id)| *id).collect();
            self.asked_of(statement.table, &made)
                .unwrap_or_else(|| made.into_iter().take(1).collect())
        } else {
            of_filter
        };
        if statement.verb != SqlVerb::Insert && !ids.is_empty() && !self.cx.is_go() {
            self.rows_named.push((statement.table, ids.clone()));
        }
        self.rows_key(ids, span)
    }

    /// `cursor.fetchone()`: what the statement read.
    pub(super) fn fetch(&mut self, row: &Row, args: &Args, span: Span) -> Val {
        let ty = row.returns.map(|class| self.returned(class));
        let last = args.receiver.as_ref().and_then(|val| {
            let path = self.path_of(val);
            let direct = matches!(self.value(val.id), ValueKind::Result(event, _) if self.seen.contains_key(event));
            if direct { Some(val.id) } else { self.cursors.get(&path).copied() }
        });
        match last {
            // What a row is read into is given besides; what is returned is the error.
            Some(last) if self.cx.is_go() && args.name.as_str().ends_with("Scan") => {
                Val { id: self.pure(ValueKind::Part(last, 1), span), ty, path: None }
            }
            Some(last) => Val { id: self.op(Op::Convert, vec![last], span), ty, path: None },
            None => self.opaque(args, ty, None, span),
        }
    }
}
