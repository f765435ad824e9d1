//! Rows of object-relational mappers, where the mapper is known by how it is used: a class that is
//! asked for its own rows (peewee, Tortoise), a statement built before it is executed and rows that
//! are written when the session is flushed (`SQLAlchemy`).

use super::body::{Body, Query, Seen as Looked, Val};
use super::callee::Callee;
use super::effect::{Args, Given};
use crate::event::{
    Act, ActKind, Atomicity, Cond, Confidence, EventKind, Key, Literal, Meaning, Name, Op, Outcome,
    Path, Place, Read, Root, Scope, Span, Store, StoreId, StoreKind, ValueId, ValueKind,
};
use crate::vocabulary::{ClassId, Row};

impl<'a> Body<'_, 'a, '_> {
    /// The callee, if it is a query that a class is asked for or a session by another name.
    pub(super) fn modelled(
        &mut self,
        callee: Callee<'a>,
        given: &[Given],
        span: Span,
    ) -> Callee<'a> {
        let guessed = callee.confidence == Confidence::Guess;
        if self.cx.is_go() || !callee.rows.is_empty() && !guessed {
            return callee;
        }
        if guessed && callee.word == "get" && self.is_fetched(&callee, given) {
            return Callee { rows: &[], class: None, ..callee };
        }
        let Some(base) = &callee.receiver else { return callee };
        let asked = self.asked_class(base, callee.word, given);
        if asked.is_some()
            && let ValueKind::Named(model) = *self.value(base.id)
        {
            let query = Query { model, filters: Vec::new(), locks: false, flushes: false, span };
            self.queries.entry(base.id).or_insert(query);
        }
        let found = asked
            .or_else(|| {
                self.session_called_otherwise(base, callee.word, given).filter(|_| !guessed)
            })
            .or_else(|| self.row_saved(base, callee.word).filter(|_| !guessed));
        match found {
            Some((class, confidence)) => {
                let rows = self.cx.words.method(class, callee.word);
                Callee { rows, class: Some(class), confidence, ..callee }
            }
            None => callee,
        }
    }

    /// `session.get(url, headers=headers)`: a session of the web is given an address, one of a database a class
    /// and which of its rows.
    fn is_fetched(&self, callee: &Callee<'_>, given: &[Given]) -> bool {
        let session = self.cx.words.class_named("session");
        let placed = given.iter().filter(|given| given.name.is_none() && given.stars == 0).count();
        let named = |word: &str| given.iter().any(|given| given.name.is_some_and(|it| it == word));
        callee.class.is_some() && callee.class == session && placed < 2 && !named("ident")
    }

    /// `User.get_or_none(…)`: the class of the rows is what is asked.
    fn asked_class(
        &self,
        base: &Val,
        method: Name,
        given: &[Given],
    ) -> Option<(ClassId, Confidence)> {
        let ValueKind::Named(model) = self.value(base.id) else { return None };
        let class = self.cx.words.class_named("queryset")?;
        let own = model.as_str().strip_prefix('.').map(Name::new);
        let declares = own
            .and_then(|own| self.cx.class_named(own))
            .is_some_and(|info| info.methods.contains_key(&method));
        if declares || self.cx.words.method(class, method).is_empty() {
            return None;
        }
        let word = model.as_str().rsplit('.').next().unwrap_or_default();
        let capital = word.starts_with(char::is_uppercase);
        let inherits = self.is_model(*model);
        let by_column = || given.iter().any(|given| self.column_asked(given.val.id, *model));
        let queried = || self.queries.values().any(|query| query.model == *model);
        let says = matches!(method.as_str(), "get_or_none" | "get_by_id");
        (capital && (inherits || says || by_column() || queried()))
            .then_some((class, Confidence::Likely))
    }

    /// `user.save()`, where `user` was made of a class that was queried.
    fn row_saved(&self, base: &Val, method: Name) -> Option<(ClassId, Confidence)> {
        let saves = matches!(method.as_str(), "save" | "asave");
        let class = self.cx.words.class_named("queryset")?;
        (saves && self.new_row(base.id) && self.is_queried(base))
            .then_some((class, Confidence::Likely))
    }

    /// Whether rows of a value's class were asked for.
    fn is_queried(&self, base: &Val) -> bool {
        let model = self.model_name(base);
        self.queries.values().any(|query| query.model == model)
    }

    /// Notes what a field of a row is given; tells whether that is all there is to it: a row that was read is
    /// written when it is saved.
    pub(super) fn note_changed(&mut self, row: &Val, field: Name, value: ValueId) -> bool {
        let read = self.queries.contains_key(&row.id);
        if read || self.new_row(row.id) && self.is_queried(row) {
            self.dirty.entry(row.id).or_default().push((field, value));
        }
        read
    }

    /// The value that a column is compared with, and the column: `User.name == name`.
    fn column_of(&self, id: ValueId) -> Option<(String, ValueId)> {
        let ValueKind::Op(Op::Eq, parts) = self.value(id) else { return None };
        let [left, right] = parts.as_slice() else { return None };
        let column = self.name_of_column(*left)?;
        let (class, _) = column.trim_start_matches('.').rsplit_once('.')?;
        let word = class.rsplit('.').next().unwrap_or_default();
        word.starts_with(char::is_uppercase).then_some((column, *right))
    }

    /// Whether it compares a column of the model.
    fn column_asked(&self, id: ValueId, model: Name) -> bool {
        self.column_of(id).is_some_and(|(column, _)| {
            let model = model.as_str().trim_start_matches('.');
            let rest = column.trim_start_matches('.').strip_prefix(model);
            rest.is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// `db.query(User)`, `db.add(row)`: what a session does to classes and to rows that were asked
    /// for or made here, whatever it is called.
    fn session_called_otherwise(
        &self,
        base: &Val,
        method: Name,
        given: &[Given],
    ) -> Option<(ClassId, Confidence)> {
        let called = base.path.as_ref().and_then(|path| self.called(path))?;
        let usual = matches!(called, "db" | "s" | "sess" | "dbsession" | "database")
            || called.to_ascii_lowercase().ends_with("session");
        if !usual {
            return None;
        }
        let first = given.first().filter(|given| given.name.is_none())?;
        let named = |name: &Name| {
            let word = name.as_str().rsplit('.').next().unwrap_or_default();
            word.starts_with(char::is_uppercase)
        };
        let fits = match method.as_str() {
            "query" | "get" => {
                matches!(self.value(first.val.id), ValueKind::Named(name) if named(name))
            }
            "execute" | "scalars" | "scalar" | "exec" => self.queries.contains_key(&first.val.id),
            "add" => self.new_row(first.val.id),
            _ => false,
        };
        let class = self.cx.words.class_named("session")?;
        fits.then_some((class, Confidence::Likely))
    }

    /// `user = User(name=name); user.save()`: the row is created with what the object was made of.
    pub(super) fn save_new(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Option<Val> {
        let made = args.receiver.as_ref().filter(|val| self.new_row(val.id))?;
        if self.cx.is_go() || !matches!(args.name.as_str(), "save" | "asave") {
            return None;
        }
        let mut inputs: Vec<ValueId> = self.value(made.id).inputs().collect();
        // What was put into its fields since belongs to it as well.
        inputs.extend(self.dirty.get(&made.id).into_iter().flatten().map(|(_, value)| *value));
        let store = self.row_store(row, class, args, confidence);
        let Place::Model(model) = self.stores[store.0 as usize].place else { return None };
        let asked = self.asked_for(model, &inputs).unwrap_or_else(|| inputs.clone());
        let key = self.rows_key(asked, span);
        let mut act = Act::plain(ActKind::Create, store, key, ValueId(0));
        act.atomicity = Atomicity::Exclusive;
        act.failure = Outcome::Raises(vec![Name::new("IntegrityError")]);
        act.value = Some(self.pure(ValueKind::Tuple(inputs), span));
        act.confidence = confidence;
        let id = self.push_act(act, args, span);
        Some(Val { id, ty: None, path: None })
    }

    /// `if not Vote.objects.filter(…)`: a query that is tested is asked whether there are such rows.
    pub(super) fn rows_there(&mut self, val: &Val, span: Span) -> Option<Val> {
        let built = matches!(self.value(val.id), ValueKind::Op(Op::Call, _)) && !self.cx.is_go();
        self.queries.get(&val.id).filter(|query| built && !query.flushes)?;
        let class = self.cx.words.class_named("queryset")?;
        let asks = Name::new("exists");
        let row = self.cx.words.method(class, asks).first()?;
        let args = Args { given: Vec::new(), receiver: Some(val.clone()), name: asks, pair: false };
        Some(self.effect(row, Some(class), Confidence::Likely, &args, span))
    }

    /// What a manager's own method gives of the rows of a model: some of them, nobody knows which.
    pub(super) fn managed(&mut self, receiver: Option<&Val>, result: ValueId, span: Span) {
        let Some(base) = receiver.filter(|_| !self.cx.is_go()) else { return };
        let manager = match (self.value(base.id), &base.path) {
            (ValueKind::Named(name), _) => name.as_str().ends_with(".objects"),
            (_, Some(path)) => path.to_string().ends_with(".objects"),
            _ => false,
        };
        if let Some(model) = manager.then(|| self.query_of(base)).flatten().map(|it| it.model) {
            let query = Query { model, filters: Vec::new(), locks: false, flushes: false, span };
            self.queries.insert(result, query);
        }
    }

    /// `row, created = objects.get_or_create(…)`: whoever made it, the row is what was read then.
    pub(super) fn row_at_hand(
        &mut self,
        done: ValueId,
        row: &Row,
        args: &Args,
        span: Span,
    ) -> Option<ValueId> {
        let either = row.result == Meaning::Current && row.atomicity == Atomicity::Conditional;
        let of = args.receiver.as_ref().filter(|_| either && !self.cx.is_go())?;
        let locks = self.locks_rows(of);
        let ValueKind::Result(event, _) = self.value(done) else { return None };
        let seen = self.seen.get(event)?.clone();
        if self.stores[seen.store.0 as usize].kind != StoreKind::Orm {
            return None;
        }
        let event = self.next_event();
        let result = self.result(event, args.name, vec![done], span);
        let looked = Looked { result, miss: Outcome::Silent, ..seen };
        self.seen.insert(event, looked.clone());
        let Looked { store, key, miss, confidence, result } = looked;
        let read =
            Read { store, key, result, miss, by_handle: false, locks, sql: None, confidence };
        self.emit(event, span, EventKind::Read(Box::new(read)));
        self.instance(result, args);
        let created = self.pure(ValueKind::Part(done, 1), span);
        Some(self.pure(ValueKind::Tuple(vec![result, created]), span))
    }

    /// `row.save()` and `session.add(row)`, where `row` is the one that was asked for or, if there was none, a new
    /// one: the question, and the two.
    pub(super) fn found_or_made(&mut self, either: &Val, span: Span) -> Option<(Cond, Val, Val)> {
        if self.cx.is_go() {
            return None;
        }
        let ValueKind::Phi(parts) = self.value(either.id) else { return None };
        let [one, other] = *parts.as_slice() else { return None };
        let (found, made) = if self.new_row(one) { (other, one) } else { (one, other) };
        let asked = match self.value(found) {
            ValueKind::Result(event, _) => self.seen.contains_key(event),
            _ => false,
        };
        if !asked || !self.queries.contains_key(&found) || !self.new_row(made) {
            return None;
        }
        if let Some(values) = self.dirty.remove(&either.id) {
            self.dirty.entry(found).or_default().extend(values);
        }
        let nil = self.pure(ValueKind::Literal(Literal::Nil), span);
        let there = self.op(Op::IsNot, vec![found, nil], span);
        let check = self.check_of(there, span)?;
        let of = |id| Val { id, ty: either.ty.clone(), path: either.path.clone() };
        Some((Cond::Value(check), of(found), of(made)))
    }

    /// Whether a call is that of a class by its name, or of a field whose rows were asked for before:
    /// `self.model(**values)` makes one.
    pub(super) fn makes_row(&self, callee: &Callee<'_>) -> Option<Name> {
        let queried = || self.queries.values().any(|query| query.model == callee.name);
        let class = callee.word.as_str().starts_with(char::is_uppercase);
        if self.cx.is_go() {
            return None;
        }
        self.model_of_manager(callee)
            .or_else(|| (class || !callee.name.is_empty() && queried()).then_some(callee.name))
    }

    /// `self.model(name=name)` in a manager: the rows that it is asked for by `self.filter(…)`.
    fn model_of_manager(&self, callee: &Callee<'_>) -> Option<Name> {
        let base = callee.receiver.as_ref().filter(|_| callee.word == "model")?;
        let manager = self.receiver.as_ref()?.1.as_ref()?;
        let of = base.ty.as_ref().filter(|of| of.name == manager.name)?;
        let class = self.cx.class_of(of)?;
        (self.cx.words.class(class).name == "queryset").then_some(of.name)
    }

    /// `session.query(found.exists()).scalar()`: what was asked, and no new question.
    pub(super) fn answered_already(&self, callee: &Callee<'_>, given: &[Given]) -> Option<Val> {
        let base = callee.receiver.as_ref().filter(|_| !self.cx.is_go())?;
        let of = match (callee.word.as_str(), given) {
            ("query", [about]) => &about.val,
            ("scalar", []) => base,
            _ => return None,
        };
        let ValueKind::Result(event, _) = self.value(of.id) else { return None };
        let asked = self.checks.contains(event)
            && self
                .seen
                .get(event)
                .is_some_and(|seen| self.stores[seen.store.0 as usize].kind == StoreKind::Orm);
        asked.then(|| of.clone())
    }

    /// The class whose column a query asks for: `session.query(User.id)`.
    pub(super) fn class_of_column(&self, of: &Val) -> Option<Name> {
        let text = self.name_of_column(of.id).filter(|_| !self.cx.is_go())?;
        let (class, column) = text.rsplit_once('.')?;
        let word = class.rsplit('.').next().unwrap_or_default();
        let fits = word.starts_with(char::is_uppercase)
            && word.contains(char::is_lowercase)
            && column.starts_with(char::is_lowercase);
        // A class of this file goes by its name with a dot before it.
        let own = self.cx.class_named(Name::new(class)).is_some();
        fits.then(|| if own { Name::new(&format!(".{class}")) } else { Name::new(class) })
    }

    /// What a column is called, by its class. Where a field of that name is assigned, it is read like one.
    fn name_of_column(&self, id: ValueId) -> Option<String> {
        let of_class = |path: &Path| matches!(path.root, Root::Global(_) | Root::Class(_));
        match self.value(id) {
            ValueKind::Named(name) => Some(name.as_str().to_owned()),
            ValueKind::Load(path) if of_class(path) => Some(path.to_string()),
            ValueKind::Result(event, _) => {
                match &self.stores[self.seen.get(event)?.store.0 as usize].place {
                    Place::Path(path) if of_class(path) => Some(path.to_string()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the value is an object that was just made.
    pub(super) fn new_row(&self, id: ValueId) -> bool {
        match self.value(id) {
            ValueKind::New(..) => true,
            ValueKind::Result(event, _) => self.made_by.contains_key(event),
            _ => false,
        }
    }

    /// What a filter asks for: the value that a column is compared with.
    pub(super) fn wanted(&self, id: ValueId) -> ValueId {
        self.column_of(id).map_or(id, |(_, value)| value)
    }

    /// `session.execute(select(User)…)`: the rows of the statement, once they are asked for.
    pub(super) fn execute_query(
        &mut self,
        statement: &Val,
        args: &Args,
        span: Span,
    ) -> Option<Val> {
        let mut query = self.queries.get(&statement.id)?.clone();
        query.flushes = true;
        let class = self.cx.words.class_named("queryset")?;
        let id = self.op(Op::Convert, vec![statement.id], span);
        self.queries.insert(id, query);
        let val = Val { id, ty: Some(self.returned(Name::new("queryset"))), path: None };
        if args.name != "scalar" {
            return Some(val);
        }
        let row = self.cx.words.method(class, Name::new("first")).first()?;
        let first = Args { given: Vec::new(), receiver: Some(val), name: args.name, pair: false };
        Some(self.effect(row, Some(class), Confidence::Likely, &first, span))
    }

    /// `session.get(User, ident)`: a row that is written when the session is flushed.
    pub(super) fn session_row(&mut self, result: ValueId, args: &Args, locks: bool, span: Span) {
        let model = self.model(args);
        let filters =
            args.given.iter().filter(|it| it.name.is_none()).skip(1).map(|it| it.val.id).collect();
        self.queries.insert(result, Query { model, filters, locks, flushes: true, span });
    }

    /// Rows of a session that were changed are written: at the commit, the flush, the end of the
    /// transaction.
    pub(super) fn flush_rows(&mut self, span: Span) {
        if self.dirty.is_empty() || self.versioned() {
            return;
        }
        let mut changed: Vec<ValueId> = self
            .dirty
            .keys()
            .copied()
            .filter(|id| self.queries.get(id).is_some_and(|query| query.flushes))
            .collect();
        changed.sort_unstable();
        for id in changed {
            let set = self.dirty.remove(&id).unwrap_or_default();
            let (fields, values) = set.into_iter().unzip();
            let Some(query) = self.queries.get(&id).cloned() else { continue };
            let store = self.rows_of(query.model);
            let key = self.rows_key(query.filters, span);
            let value = self.pure(ValueKind::Tuple(values), span);
            let event = self.next_event();
            let result = self.result(event, Name::new("flush"), vec![id], span);
            let mut act = Act::plain(ActKind::Update, store, key, result);
            (act.value, act.fields) = (Some(value), fields);
            self.emit(event, span, EventKind::Act(Box::new(act)));
        }
    }

    /// The rows of a model, which all connections share.
    pub(super) fn rows_of(&mut self, model: Name) -> StoreId {
        self.store(Store {
            kind: StoreKind::Orm,
            scope: Scope::Cluster,
            place: Place::Model(model),
            type_ref: None,
            confined: false,
            confidence: Confidence::Likely,
        })
    }

    /// The key of the rows that these filters choose.
    pub(super) fn rows_key(&mut self, filters: Vec<ValueId>, span: Span) -> Key {
        match filters.as_slice() {
            [] => Key { value: None, shape: 0, text: None, span },
            [one] => self.key(Some(*one), span),
            _ => {
                let id = self.pure(ValueKind::Tuple(filters), span);
                self.key(Some(id), span)
            }
        }
    }

    /// Whether the mapper is told to compare versions.
    const fn versioned(&self) -> bool {
        self.cx.versions_rows
    }
}
