//! Access by syntax: `a[k]`, `a[k] = v`, `del a[k]`, `k in a`, `for x in a`.

use super::body::{Body, Val, shared};
use super::effect::{Args, Given};
use crate::event::{
    Access, Check, CheckKind, Confidence, EventKind, Literal, Name, Op, Outcome, Path, Root, Seen,
    Span, Step, StoreKind, TypeRef, ValueId, ValueKind,
};
use crate::vocabulary::ClassId;

/// The operators that rows describe, by the names they have there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op2 {
    Get,
    Set,
    Delete,
    Contains,
    Each,
}

impl Op2 {
    fn name(self) -> Name {
        Name::new(match self {
            Self::Get => "[]",
            Self::Set => "[]=",
            Self::Delete => "del[]",
            Self::Contains => "in",
            Self::Each => "for",
        })
    }

    /// The method by which a class of Python defines the operator.
    const fn method(self) -> Option<&'static str> {
        match self {
            Self::Get => Some("__getitem__"),
            Self::Set => Some("__setitem__"),
            Self::Delete => Some("__delitem__"),
            Self::Contains => Some("__contains__"),
            Self::Each => None,
        }
    }
}

impl Body<'_, '_, '_> {
    /// Does `op` on `base`, if that is a store as far as can be told.
    pub(super) fn access(
        &mut self,
        base: &Val,
        op: Op2,
        keys: &[Val],
        value: Option<&Val>,
        span: Span,
    ) -> Option<Val> {
        if let (Op2::Contains, [name]) = (op, keys)
            && let Some(found) = self.listed(base, name, span)
        {
            return Some(found);
        }
        let Some((class, confidence)) = self.container(base, op, keys) else {
            return self.by_method(base, op, keys, value, span);
        };
        let row = self.cx.words.method(class, op.name()).first()?;
        let given = keys
            .iter()
            .chain(value)
            .map(|val| Given { name: None, stars: 0, val: val.clone() })
            .collect();
        let args =
            Args { given, receiver: Some(base.clone()), name: op.name(), pair: self.comma_ok };
        Some(self.effect(row, Some(class), confidence, &args, span))
    }

    /// `name in os.listdir(folder)` asks whether there is such a file in the folder.
    fn listed(&mut self, listing: &Val, name: &Val, span: Span) -> Option<Val> {
        let mut id = listing.id;
        while let ValueKind::Op(Op::Convert, parts) = self.value(id) {
            id = *parts.first()?;
        }
        let ValueKind::Result(event, _) = self.value(id) else { return None };
        let looked = self.seen.get(event)?.clone();
        // Of files, a listing alone gives nothing where there is none; everything else fails.
        let files = self.stores[looked.store.0 as usize].kind == StoreKind::File;
        if self.cx.is_go() || !files || looked.miss != Outcome::Nil {
            return None;
        }
        let path = self.op(Op::Join, vec![looked.key.value?, name.id], span);
        let key = self.key(Some(path), span);
        let event = self.next_event();
        let result = self.result(event, Name::new("in"), vec![path], span);
        let (store, confidence) = (looked.store, looked.confidence);
        self.look(event, store, &key, Outcome::Silent, confidence, result);
        self.checks.insert(event);
        let (what, means, access) = (CheckKind::Presence, Seen::Present, Access::Contains);
        let check =
            Check { store, key, what, means, of: None, access, result, sql: None, confidence };
        self.emit(event, span, EventKind::Check(Box::new(check)));
        Some(Val { id: result, ty: None, path: None })
    }

    /// The operator as the class itself defines it: `self[key] = v` calls its `__setitem__`.
    fn by_method(
        &mut self,
        base: &Val,
        op: Op2,
        keys: &[Val],
        value: Option<&Val>,
        span: Span,
    ) -> Option<Val> {
        let method = Name::new(op.method().filter(|_| !self.cx.is_go() && keys.len() == 1)?);
        let own = self.cx.method_type(base.ty.as_ref()?, method)?;
        let callee = self.own_method(base.clone(), method, own);
        let given: Vec<Given> = keys
            .iter()
            .chain(value)
            .map(|val| Given { name: None, stars: 0, val: val.clone() })
            .collect();
        Some(self.plain_call(callee, &given, false, span))
    }

    fn container(&self, base: &Val, op: Op2, keys: &[Val]) -> Option<(ClassId, Confidence)> {
        let sure = if self.cx.is_go() { Confidence::Certain } else { Confidence::Likely };
        if let Some(ty) = &base.ty
            && !ty.name.is_empty()
        {
            if let Some(class) = self.cx.class_of(ty) {
                return Some((class, sure));
            }
            if self.cx.class_info(ty).is_some() || !self.is_open_type(ty.name) {
                return None;
            }
        }
        self.guess_container(base, op, keys)
    }

    /// Whether a type's name says nothing: declared elsewhere, or an interface.
    pub(super) fn is_open_type(&self, name: Name) -> bool {
        let text = name.as_str();
        if matches!(
            text,
            "str"
                | "int"
                | "bool"
                | "float"
                | "bytes"
                | "func"
                | "string"
                | "tuple"
                | "byte"
                | "error"
                | "chan"
                | "int64"
                | "uint64"
                | "uint32"
                | "int32"
                | "uint8"
                | "slice"
                | "object"
        ) {
            return text == "object";
        }
        true
    }

    fn guess_container(&self, base: &Val, op: Op2, keys: &[Val]) -> Option<(ClassId, Confidence)> {
        let path = base.path.as_ref()?;
        if let Root::Global(name) = &path.root
            && path.steps.is_empty()
            && !name.as_str().starts_with('.')
        {
            return None;
        }
        let number = keys.first().is_some_and(|key| {
            matches!(self.value(key.id), ValueKind::Literal(Literal::Int(_)) | ValueKind::Op(..))
                && key.ty.as_ref().is_none_or(|ty| ty.name != "str")
                && !matches!(self.value(key.id), ValueKind::Op(Op::Format | Op::Call, _))
        });
        let go = self.cx.is_go();
        // `counts[key][0] -= 1`: the entry is a record whose fields have numbers for names.
        let place = keys
            .first()
            .is_some_and(|key| matches!(self.value(key.id), ValueKind::Literal(Literal::Int(_))));
        let record = !go && place && shared(path) && path.steps.last() == Some(&Step::Item);
        let number = number && !record;
        let plausible = match op {
            Op2::Get if go => self.comma_ok,
            Op2::Get => shared(path) && !number,
            Op2::Set => !number && (!go || shared(path)),
            Op2::Contains => shared(path) || !self.is_fresh(path),
            Op2::Delete => true,
            Op2::Each => false,
        };
        let name = if go { "map" } else { "dict" };
        let class = self.cx.words.class_named(name).filter(|_| plausible)?;
        // Syntax says that it is a map; whether others can see it is another question.
        let confidence = if op == Op2::Get && go { Confidence::Likely } else { Confidence::Guess };
        Some((class, confidence))
    }

    fn is_fresh(&self, path: &Path) -> bool {
        matches!(path.root, Root::Local { name, .. } if self.fresh_locals.contains(&name))
    }

    /// `len(x)`: a question to a store, or the length of a value.
    pub(super) fn length(&mut self, base: &Val, span: Span) -> Val {
        if self.seen_value(base.id) {
            let id = self.op(Op::Len, vec![base.id], span);
            return Val { id, ty: None, path: None };
        }
        let class = base.ty.as_ref().and_then(|ty| self.cx.class_of(ty));
        let kind = class.and_then(|class| self.cx.words.class(class).store);
        let in_memory = matches!(
            kind,
            Some(
                StoreKind::Map
                    | StoreKind::List
                    | StoreKind::Synchronised
                    | StoreKind::Queue
                    | StoreKind::Remote
            )
        );
        let place = base.path.as_ref().filter(|path| shared(path));
        if let (Some(kind), Some(path), true) = (kind, place, in_memory) {
            let store = self.memory_store(path, kind, class, base.ty.clone(), Confidence::Likely);
            return self.count(store, Confidence::Likely, span);
        }
        let elsewhere =
            |ty: &TypeRef| !self.cx.is_go() && class.is_none() && ty.name.as_str().contains('.');
        if let Some(path) = place.filter(|_| base.ty.as_ref().is_none_or(elsewhere))
            && !path.steps.is_empty()
        {
            let store = self.memory_store(path, StoreKind::List, None, None, Confidence::Guess);
            return self.count(store, Confidence::Guess, span);
        }
        let id = self.op(Op::Len, vec![base.id], span);
        Val { id, ty: None, path: None }
    }

    fn seen_value(&self, id: ValueId) -> bool {
        matches!(self.value(id), ValueKind::Result(event, _) if self.seen.contains_key(event))
    }
}
