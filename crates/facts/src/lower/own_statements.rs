//! Statements that a class of rows is asked to begin, and that are carried out at their end:
//! `User.insert(name=name).execute()`, `User.update(n=1).where(User.name == name).execute()` (peewee).
//!
//! Only where the mapper is imported, or the class is known to be one of rows: others have methods of these names.

use super::body::{Body, Val};
use super::callee::Callee;
use super::effect::{Args, Given};
use crate::event::{
    Act, ActKind, Atomicity, Literal, Meaning, Name, Op, Outcome, Span, ValueId, ValueKind,
};

/// A statement so far.
#[derive(Clone)]
pub(super) struct Begun {
    kind: ActKind,
    model: Name,
    filters: Vec<ValueId>,
    values: Vec<ValueId>,
    /// Whether it says itself what is to be done about a row that is there.
    settles: bool,
}

impl<'a> Body<'_, 'a, '_> {
    /// What a call comes to by what was stated or found before.
    pub(super) fn stated(
        &mut self,
        callee: &Callee<'a>,
        given: &[Given],
        span: Span,
    ) -> Option<Val> {
        self.own_statement(callee, given, span)
            .or_else(|| self.answered_already(callee, given))
            .or_else(|| self.field_of_found(callee, given, span))
    }

    /// A statement that a call begins, narrows or carries out.
    fn own_statement(&mut self, callee: &Callee<'a>, given: &[Given], span: Span) -> Option<Val> {
        let base = callee.receiver.as_ref().filter(|_| !self.cx.is_go())?;
        let begun = match self.begun.get(&base.id).cloned() {
            Some(begun) if callee.word == "execute" => {
                return self.carried_out(begun, base, span);
            }
            Some(begun) => self.continued(begun, callee.word, given)?,
            None => self.begun_by_class(base, callee.word, given)?,
        };
        let mut inputs = vec![self.literal(Literal::Text(callee.word), span), base.id];
        inputs.extend(given.iter().map(|given| given.val.id));
        let id = self.op(Op::Call, inputs, span);
        self.begun.insert(id, begun);
        Some(Val { id, ty: None, path: None })
    }

    fn begun_by_class(&self, base: &Val, word: Name, given: &[Given]) -> Option<Begun> {
        let kind = match word.as_str() {
            "insert" => ActKind::Create,
            "update" => ActKind::Update,
            "delete" => ActKind::Delete,
            _ => return None,
        };
        let ValueKind::Named(model) = self.value(base.id) else { return None };
        let class = model.as_str().rsplit('.').next().unwrap_or_default();
        let mapped = || {
            let mapper = |target: &Name| {
                matches!(target.as_str().split('.').next(), Some("peewee" | "playhouse"))
            };
            self.cx.imports.values().any(mapper)
        };
        let fits = class.starts_with(char::is_uppercase) && (self.is_model(*model) || mapped());
        let named = given.iter().all(|given| given.name.is_some() || kind == ActKind::Update);
        let values = given.iter().map(|given| given.val.id).collect();
        (fits && named).then_some(Begun {
            kind,
            model: *model,
            filters: Vec::new(),
            values,
            settles: false,
        })
    }

    fn continued(&self, mut of: Begun, word: Name, given: &[Given]) -> Option<Begun> {
        match word.as_str() {
            "where" => of.filters.extend(given.iter().map(|it| self.wanted(it.val.id))),
            "returning" => {}
            word if word.starts_with("on_conflict") => of.settles = true,
            _ => return None,
        }
        Some(of)
    }

    fn carried_out(&mut self, of: Begun, base: &Val, span: Span) -> Option<Val> {
        if of.settles {
            return None;
        }
        let store = self.rows_of(of.model);
        let asked = match of.kind {
            ActKind::Create => {
                self.asked_for(of.model, &of.values).unwrap_or_else(|| of.values.clone())
            }
            _ => of.filters.clone(),
        };
        let key = self.rows_key(asked, span);
        let mut act = Act::plain(of.kind, store, key, ValueId(0));
        if of.kind == ActKind::Create {
            act.atomicity = Atomicity::Exclusive;
            act.failure = Outcome::Raises(vec![Name::new("IntegrityError")]);
        } else {
            act.means = Meaning::Count;
        }
        if of.kind == ActKind::Update && of.values.iter().any(|id| self.made_of_columns(*id, &of)) {
            act.atomicity = Atomicity::Relative;
        }
        act.value = Some(self.pure(ValueKind::Tuple(of.values.clone()), span));
        let args = Args {
            given: Vec::new(),
            receiver: Some(base.clone()),
            name: Name::new("execute"),
            pair: false,
        };
        let id = self.push_act(act, &args, span);
        if !of.filters.is_empty() {
            let (model, filters) = (of.model, of.filters);
            let query = super::body::Query { model, filters, locks: false, flushes: false, span };
            self.queries.insert(id, query);
        }
        Some(Val { id, ty: None, path: None })
    }

    /// `User.n + 1`: the server computes it.
    fn made_of_columns(&self, id: ValueId, of: &Begun) -> bool {
        let text = match self.value(id) {
            ValueKind::Op(_, parts) => {
                return parts.iter().any(|part| self.made_of_columns(*part, of));
            }
            ValueKind::New(_, parts) | ValueKind::Tuple(parts) => {
                return parts.iter().any(|part| self.made_of_columns(*part, of));
            }
            ValueKind::Named(name) => name.as_str().to_owned(),
            ValueKind::Load(path) => path.to_string(),
            _ => return false,
        };
        let class = of.model.as_str().trim_start_matches('.');
        let column = text.trim_start_matches('.').strip_prefix(class);
        column.is_some_and(|rest| rest.starts_with('.'))
    }
}
