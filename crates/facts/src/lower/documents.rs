//! Collections of documents and tables of items: `users.find_one({"email": email})` asks for the document that
//! `users.insert_one({"email": email, "visits": 0})` makes.
//!
//! What is asked for in a filter besides the key is a condition on the document, and an update by `$inc` is
//! relative to what is there.

use super::body::{Body, Val};
use super::callee::Callee;
use super::effect::{Args, Given};
use crate::event::{Atomicity, Key, Literal, Place, Span, StoreKind, ValueId, ValueKind};
use crate::vocabulary::Row;

/// The updates that are relative to what is there.
const RELATIVE: [&str; 7] = ["$inc", "$push", "$addToSet", "$pull", "$max", "$min", "$setOnInsert"];

impl Body<'_, '_, '_> {
    /// `document.get("expires")`: a field of what was found, as `document["expires"]` is.
    pub(super) fn field_of_found(
        &mut self,
        callee: &Callee<'_>,
        given: &[Given],
        span: Span,
    ) -> Option<Val> {
        let [field, ..] = given else { return None };
        let id = callee.value.or(callee.receiver.as_ref().map(|val| val.id))?;
        let named = matches!(self.value(field.val.id), ValueKind::Literal(Literal::Text(_)));
        let unknown = callee.rows.is_empty() && !self.cx.is_go();
        let plain = named && given.len() <= 2 && callee.word == "get" && unknown;
        if !plain || !self.comes_from_a_look(id) {
            return None;
        }
        let path = callee.receiver.as_ref().and_then(|val| val.path.clone());
        Some(self.item(&Val { id, ty: None, path }, Some(&field.val), span))
    }

    /// The key of what a collection of documents is asked for or given, `{"id": ident}`: of a new document, what
    /// was asked for before.
    pub(super) fn document_key(&mut self, receiver: &Val, args: &Args, span: Span) -> Option<Key> {
        // The words of the driver before version 3 are those of many: only where documents were asked for.
        let before = || {
            let place = Place::Path(self.path_of(receiver));
            self.seen.values().any(|seen| {
                let store = &self.stores[seen.store.0 as usize];
                store.kind == StoreKind::Remote && store.place == place
            })
        };
        let inserts = matches!(args.name.as_str(), "insert_one" | "replace_one" | "put_item")
            || matches!(args.name.as_str(), "insert" | "save") && before();
        let asks = matches!(
            args.name.as_str(),
            "find_one"
                | "count_documents"
                | "delete_one"
                | "find_one_and_delete"
                | "remove"
                | "update_one"
                | "find_one_and_update"
                | "find_one_and_replace"
                | "get_item"
                | "delete_item"
        ) || args.name == "update" && before();
        let document = args
            .given
            .iter()
            .find(|given| given.name.is_none_or(|name| matches!(name.as_str(), "Key" | "Item")))?;
        if let (true, ValueKind::Result(event, _)) = (inserts, self.value(document.val.id)) {
            // What was read there is put back.
            let place = Place::Path(self.path_of(receiver));
            let seen = self.seen.get(event)?;
            let here = self.stores[seen.store.0 as usize].place == place;
            return here.then(|| seen.key.clone());
        }
        let ValueKind::New(of, fields) = self.value(document.val.id) else { return None };
        if self.cx.is_go() || *of != "dict" || !(inserts || asks) {
            return None;
        }
        let told = |id: &ValueId| !matches!(self.value(*id), ValueKind::Literal(_));
        let fields: Vec<ValueId> = fields.iter().copied().filter(told).collect();
        if inserts {
            let place = Place::Path(self.path_of(receiver));
            let wanted = |key: &Key| match key.value.map(|value| self.value(value)) {
                Some(ValueKind::Tuple(ids)) => ids.iter().all(|id| fields.contains(id)),
                _ => key.value.is_some_and(|value| fields.contains(&value)),
            };
            let asked = self.seen.iter().filter(|(_, seen)| {
                self.stores[seen.store.0 as usize].place == place && wanted(&seen.key)
            });
            if let Some((_, seen)) = asked.max_by_key(|(event, _)| **event) {
                return Some(seen.key.clone());
            }
        }
        (!fields.is_empty()).then(|| self.rows_key(fields, span))
    }

    /// How an act is done: an update of a document may be relative, or on a condition that stands in its filter.
    pub(super) fn atomicity_of(&self, row: &Row, args: &Args) -> (Atomicity, Option<ValueId>) {
        let updates = matches!(
            args.name.as_str(),
            "update_one"
                | "find_one_and_update"
                | "replace_one"
                | "find_one_and_replace"
                | "delete_one"
        );
        let [filter, rest @ ..] = args.given.as_slice() else { return (row.atomicity, None) };
        let before = args.name == "update" && !rest.is_empty();
        if !(updates || before) || self.cx.is_go() {
            return (row.atomicity, None);
        }
        let keys = |id: ValueId| self.entry_keys.get(&id).map_or(&[][..], Vec::as_slice);
        let relative = |key: &ValueId| {
            matches!(self.value(*key), ValueKind::Literal(Literal::Text(name))
                if RELATIVE.contains(&name.as_str()))
        };
        if rest.iter().any(|given| keys(given.val.id).iter().any(relative)) {
            return (Atomicity::Relative, None);
        }
        let conditions = match self.value(filter.val.id) {
            ValueKind::New(_, fields) => fields.len(),
            _ => 0,
        };
        (row.atomicity, (conditions > 1 && updates).then_some(filter.val.id))
    }
}
