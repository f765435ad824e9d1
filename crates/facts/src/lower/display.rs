//! What is written out: lists, tables, records and comprehensions, and how often their parts are made.

use super::access::Op2;
use super::body::{Body, Val};
use crate::event::{
    Access, Await, Check, CheckKind, Confidence, EventKind, Key, Name, Outcome, Seen, Span,
    TypeRef, ValueId, ValueKind,
};
use crate::syntax::{Comprehension, ExprId, ExprKind};

/// Fields of a record or table whose content is kept in mind.
const HELD_MAX: usize = 6;

impl<'s> Body<'_, '_, 's> {
    pub(super) fn display(&mut self, items: &[ExprId], name: Option<&str>, id: ExprId) -> Val {
        // A table of constants costs nothing to run and much to number.
        let items = &items[..items.len().min(64)];
        let ids: Vec<ValueId> = items.iter().map(|item| self.expr(*item).id).collect();
        let span = self.span_of(id);
        match name {
            Some(name) => self.made(Name::new(name), ids, TypeRef::plain(Name::new(name)), span),
            None => Val { id: self.pure(ValueKind::Tuple(ids), span), ty: None, path: None },
        }
    }

    pub(super) fn pairs(
        &mut self,
        pairs: &[(Option<ExprId>, ExprId)],
        ty: TypeRef,
        id: ExprId,
    ) -> Val {
        let mut ids = Vec::new();
        for (key, value) in &pairs[..pairs.len().min(64)] {
            if let Some(key) = key
                && !matches!(self.cx.tree.kind(*key), ExprKind::Name(_) | ExprKind::Text(_))
            {
                self.expr(*key);
            }
            let val = self.expr(*value);
            self.escape(&val);
            ids.push(val.id);
        }
        let span = self.span_of(id);
        let val = self.made(ty.name, ids.clone(), ty, span);
        self.note_held(val.id, pairs, &ids);
        val
    }

    /// Keeps what a small record or table holds: whoever it is returned to asks for it by name.
    fn note_held(&mut self, object: ValueId, pairs: &[(Option<ExprId>, ExprId)], ids: &[ValueId]) {
        if pairs.len() > HELD_MAX {
            return;
        }
        for ((field, _), value) in pairs.iter().zip(ids) {
            let name = match field.map(|id| self.cx.tree.kind(id)) {
                Some(ExprKind::Name(name)) if self.cx.is_go() => Name::new(name),
                Some(ExprKind::Text(text)) if !self.cx.is_go() => Name::new(text),
                _ => continue,
            };
            self.holds.push((object, name, *value));
        }
    }

    pub(super) fn composite(
        &mut self,
        of: Option<ExprId>,
        pairs: &[(Option<ExprId>, ExprId)],
        id: ExprId,
    ) -> Val {
        let ty = of.and_then(|of| self.cx.type_of(of)).unwrap_or(TypeRef::plain(Name::EMPTY));
        let val = self.pairs(pairs, ty, id);
        self.note_given(val.id, pairs);
        // An item that carries its key: `&memcache.Item{Key: name, Value: text}`.
        let at = pairs.iter().position(|(key, _)| {
            key.is_some_and(|key| matches!(self.cx.tree.kind(key), ExprKind::Name("Key")))
        });
        if let (Some(at), ValueKind::New(_, inputs)) = (at, self.value(val.id))
            && let Some(key) = inputs.get(at).copied()
        {
            let key = self.key(Some(key), self.span_of(id));
            self.handles.insert(val.id, key);
        }
        val
    }

    /// Keeps which field of a new object is given what: `&Session{ID: id}` has the key of `id`.
    fn note_given(&mut self, object: ValueId, pairs: &[(Option<ExprId>, ExprId)]) {
        let ValueKind::New(_, inputs) = self.value(object).clone() else { return };
        for ((field, _), value) in pairs.iter().zip(inputs) {
            let Some(ExprKind::Name(field)) = field.map(|id| self.cx.tree.kind(id)) else {
                continue;
            };
            if !matches!(self.value(value), ValueKind::Literal(_) | ValueKind::New(..)) {
                self.given.push((object, Name::new(field), value));
            }
        }
    }

    pub(super) fn given_to(&self, object: ValueId, field: Name) -> Option<ValueId> {
        let known = self.given.iter().find(|(of, name, _)| *of == object && *name == field);
        known.map(|(.., value)| *value)
    }

    /// A new object: never equal to another.
    pub(super) fn made(&mut self, name: Name, ids: Vec<ValueId>, ty: TypeRef, span: Span) -> Val {
        let shape = self.unique();
        let id = self.fresh(ValueKind::New(name, ids), shape, span);
        Val { id, ty: Some(ty), path: None }
    }

    pub(super) fn comprehension(&mut self, each: &Comprehension<'s>, id: ExprId) -> Val {
        let span = self.span_of(id);
        let env = self.env.clone();
        let mut ids = Vec::new();
        self.comprehend(each, 0, span, &mut ids);
        self.env = env;
        self.made(Name::new("list"), ids, TypeRef::plain(Name::new("list")), span)
    }

    fn comprehend(
        &mut self,
        each: &Comprehension<'s>,
        n: usize,
        span: Span,
        ids: &mut Vec<ValueId>,
    ) {
        let Some(clause) = each.clauses.get(n) else {
            ids.extend(each.elements.iter().map(|element| self.expr(*element).id));
            return;
        };
        let iter = self.iterate(clause.iter);
        ids.push(iter.id);
        let before = self.events;
        let body = self.within(|it| {
            if clause.is_async {
                it.emit_new(span, EventKind::Await(Await::Await));
            }
            it.bind_element(clause.target, &iter, true, span);
            for test in &clause.tests {
                let cond = it.cond(*test);
                let node = crate::event::Branch { cond, then: Vec::new(), other: Vec::new(), span };
                it.push(crate::event::Node::Branch(Box::new(node)));
            }
            it.comprehend(each, n + 1, span, ids);
        });
        if before != self.events {
            let kind = crate::event::LoopKind::Each;
            let node = crate::event::Loop {
                kind,
                head: Vec::new(),
                cond: None,
                body,
                otherwise: Vec::new(),
                span,
            };
            self.push(crate::event::Node::Loop(Box::new(node)));
        }
    }

    /// What a loop walks over.
    pub(super) fn iterate(&mut self, iter: ExprId) -> Val {
        let val = self.expr(iter);
        let span = self.span_of(iter);
        self.access(&val, Op2::Each, &[], None, span).unwrap_or(val)
    }

    /// `len(x)` of a place.
    pub(super) fn count(
        &mut self,
        store: crate::event::StoreId,
        confidence: Confidence,
        span: Span,
    ) -> Val {
        let event = self.next_event();
        let shape_inputs = Vec::new();
        let result = self.result(event, Name::new("len"), shape_inputs, span);
        let key = Key { value: None, shape: 0, text: None, span };
        let seen =
            super::body::Seen { store, key: key.clone(), miss: Outcome::Nil, confidence, result };
        self.seen.insert(event, seen);
        self.counting.insert(event);
        let check = Check {
            store,
            key,
            what: CheckKind::Size,
            means: Seen::Many,
            of: None,
            access: Access::Count,
            result,
            sql: None,
            confidence,
        };
        self.emit(event, span, EventKind::Check(Box::new(check)));
        Val { id: result, ty: Some(TypeRef::plain(Name::new("int"))), path: None }
    }
}
