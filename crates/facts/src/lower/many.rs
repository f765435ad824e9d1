//! Entries that a table or a cache is given at once: `cache.set_many({key: value})` sets each of them, and what
//! `get_many` gave is put back under the keys that it was asked for.

use super::access::Op2;
use super::body::{Body, Val};
use super::effect::{Args, Given};
use crate::event::{ActKind, Cond, Confidence, Literal, Name, Span, TypeRef, ValueId, ValueKind};
use crate::syntax::{Arg, ExprId, ExprKind};
use crate::vocabulary::{ClassId, Row};

/// Entries that are told apart.
const ENTRIES_MAX: usize = 4;
/// Keys of one dictionary.
const KEYS_MAX: usize = 32;

impl<'s> Body<'_, '_, 's> {
    /// Keeps the keys of a dictionary that is written out, where each can be told.
    fn note_keys(&mut self, made: ValueId, pairs: &[(Option<ExprId>, ExprId)]) {
        if self.cx.is_go() || pairs.is_empty() || pairs.len() > KEYS_MAX {
            return;
        }
        let told = |key: Option<ExprId>| {
            key.filter(|key| {
                matches!(self.cx.tree.kind(*key), ExprKind::Name(_) | ExprKind::Text(_))
            })
        };
        let keys: Option<Vec<ExprId>> = pairs.iter().map(|(key, _)| told(*key)).collect();
        if let Some(keys) = keys {
            let keys = keys.into_iter().map(|key| self.expr(key).id).collect();
            self.entry_keys.insert(made, keys);
        }
    }

    /// `{key: value}`, with its keys.
    pub(super) fn dictionary(&mut self, pairs: &[(Option<ExprId>, ExprId)], id: ExprId) -> Val {
        let val = self.pairs(pairs, TypeRef::plain(Name::new("dict")), id);
        self.note_keys(val.id, pairs);
        val
    }

    /// `self._items.update({key: value})` with one pair is `self._items[key] = value`.
    pub(super) fn puts_one(&mut self, callee: ExprId, args: &[Arg<'s>], span: Span) -> Option<Val> {
        let tree = self.cx.tree;
        let ExprKind::Attr(base, "update") = tree.kind(callee) else { return None };
        let [Arg { name: None, stars: 0, value }] = args else { return None };
        let ExprKind::Dict(pairs) = tree.kind(*value) else { return None };
        let [(Some(key), value)] = pairs.as_slice() else { return None };
        // What is called to get the table is called once.
        let plain = matches!(tree.kind(*base), ExprKind::Name(_) | ExprKind::Attr(..));
        if self.cx.is_go() || !plain {
            return None;
        }
        let base = self.expr(*base);
        if !base.ty.as_ref().is_some_and(|of| self.cx.is_table(of)) {
            return None;
        }
        let (key, value) = (self.expr(*key), self.expr(*value));
        self.escape(&value);
        self.access(&base, Op2::Set, &[key], Some(&value), span);
        Some(Val { id: self.literal(Literal::Nil, span), ty: None, path: None })
    }

    /// An act that is several: the row that was found or made, entries that are set at once.
    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    pub(super) fn done_in_parts(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        kind: ActKind,
        span: Span,
    ) -> Option<Val> {
        if let Some(val) = self.save_new(row, class, confidence, args, span) {
            return Some(val);
        }
        if let Some(added) = self.added_to_session(class, args, span) {
            if let Some((cond, own)) = added {
                let make = |it: &mut Self| drop(it.act(row, class, confidence, &own, kind, span));
                self.branch(cond, span, |_| {}, make);
            }
            return Some(Val { id: self.literal(Literal::Nil, span), ty: None, path: None });
        }
        let saved = args.receiver.as_ref();
        let saved = saved.filter(|_| matches!(args.name.as_str(), "save" | "asave")).cloned();
        if let Some((cond, found, made)) = saved.and_then(|row| self.found_or_made(&row, span)) {
            let of = |val: Val| {
                let mut own: Args = args.clone();
                own.receiver = Some(val);
                own
            };
            let (mut saved, found, made) = (found.clone(), of(found), of(made));
            let update = |it: &mut Self| saved = it.act(row, class, confidence, &found, kind, span);
            self.branch(cond, span, update, |it| {
                it.save_new(row, class, confidence, &made, span);
            });
            return Some(saved);
        }
        let mut done = None;
        for own in self.each_of_many(args)? {
            done = Some(self.act(row, class, confidence, &own, kind, span));
        }
        done
    }

    /// `session.add(row)` of what the session may have given, which is written when it is flushed: the question
    /// whether it has, and the call for the row that was made where it has not.
    fn added_to_session(
        &mut self,
        class: Option<ClassId>,
        args: &Args,
        span: Span,
    ) -> Option<Option<(Cond, Args)>> {
        let session = class.is_some_and(|class| self.cx.words.class(class).name == "session");
        let [Given { val, .. }] = args.given.as_slice() else { return None };
        if !session || args.name != "add" {
            return None;
        }
        if let Some((cond, _, made)) = self.found_or_made(val, span) {
            let mut own = args.clone();
            own.given[0].val = made;
            return Some(Some((cond, own)));
        }
        self.queries.get(&val.id).is_some_and(|query| query.flushes).then_some(None)
    }

    /// The call for each entry of those that are set at once.
    fn each_of_many(&self, args: &Args) -> Option<Vec<Args>> {
        let many = matches!(args.name.as_str(), "set_many" | "aset_many" | "set_multi");
        let given = args.given.first().filter(|given| given.name.is_none())?;
        if self.cx.is_go() || !many {
            return None;
        }
        let entries = match (self.value(given.val.id), self.entry_keys.get(&given.val.id)) {
            (ValueKind::New(_, values), Some(keys)) => {
                keys.iter().copied().zip(values.iter().copied()).take(ENTRIES_MAX).collect()
            }
            // What is put back was changed where it was.
            (ValueKind::Result(event, _), _) => {
                let asked = self.seen.get(event).and_then(|seen| seen.key.value)?;
                vec![(asked, given.val.id)]
            }
            _ => return None,
        };
        let plain =
            |id: ValueId| Given { name: None, stars: 0, val: Val { id, ty: None, path: None } };
        let own = |(key, value): (ValueId, ValueId)| {
            let mut own = args.clone();
            own.name = Name::new("set");
            own.given.splice(..1, [plain(key), plain(value)]);
            own
        };
        Some(entries.into_iter().map(own).collect::<Vec<Args>>())
    }
}
