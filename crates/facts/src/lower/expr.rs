//! Expressions. Operators stand in `operator.rs`, what is written out in `display.rs`.

use super::access::Op2;
use super::assign::element_type;
use super::body::{Body, Seen as Looked, Val, shared};
use super::declare::{cut, number};
use super::entry::is_moment;
use crate::event::{
    Await, Confidence, EventId, EventKind, Key, Literal, Name, Op, Outcome, Path, Read, Root, Span,
    StoreKind, TypeRef, ValueId, ValueKind,
};
use crate::syntax::{ExprId, ExprKind, FormatPiece};

impl<'s> Body<'_, '_, 's> {
    /// Evaluates an expression: its events go to the current block.
    pub(super) fn expr(&mut self, id: ExprId) -> Val {
        if self.depth > crate::syntax::DEPTH_MAX * 2 {
            let expr = self.cx.tree.expr(id);
            self.cx.too_deep(expr.start, expr.end);
            return self.nothing(id);
        }
        if let Some(known) = self.evaluated.get(&id) {
            return known.clone();
        }
        self.depth += 1;
        let val = self.expr_within(id);
        self.depth -= 1;
        val
    }

    pub(super) fn nothing(&mut self, id: ExprId) -> Val {
        let span = self.span_of(id);
        Val { id: self.unknown(span), ty: None, path: None }
    }

    fn expr_within(&mut self, id: ExprId) -> Val {
        let tree = self.cx.tree;
        match tree.kind(id) {
            ExprKind::Name(name) => self.name(Name::new(name), id),
            ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Ellipsis => self.constant(id),
            ExprKind::Attr(base, name) => self.attr(*base, Name::new(name), id),
            ExprKind::Call(callee, args) => self.call(id, *callee, args),
            ExprKind::Index(base, keys) => self.index(*base, keys, id),
            ExprKind::Binary(op, left, right) => self.binary(*op, *left, *right, id),
            ExprKind::Unary(op, inner) => self.unary(*op, *inner, id),
            ExprKind::And(items) => self.logical(Op::And, items, id),
            ExprKind::Or(items) => self.logical(Op::Or, items, id),
            ExprKind::Conditional { test, then, other } => self.conditional(*test, *then, *other),
            ExprKind::Format(pieces) => self.format(pieces, id),
            ExprKind::Await(inner) => self.await_(*inner, id),
            ExprKind::Yield(inner) => self.yield_(*inner, id),
            ExprKind::Function(def) => self.closure(def, ""),
            ExprKind::Comprehension(each) => self.comprehension(each, id),
            ExprKind::Walrus(name, inner) => {
                let val = self.expr(*inner);
                let span = self.span_of(id);
                self.put_walrus(Name::new(name), &val, span);
                val
            }
            _ => self.other(id),
        }
    }

    fn put_walrus(&mut self, name: Name, val: &Val, _span: Span) {
        let path = val
            .path
            .clone()
            .filter(shared)
            .unwrap_or(Path::root(Root::Local { name, escapes: false }));
        let val = Val { path: Some(path), ..val.clone() };
        self.env.insert(name, std::rc::Rc::new(val));
    }

    /// Displays, pointers, and what is left.
    fn other(&mut self, id: ExprId) -> Val {
        let tree = self.cx.tree;
        match tree.kind(id) {
            ExprKind::Tuple(items) => self.display(items, None, id),
            ExprKind::List(items) => {
                let name = if self.cx.is_go() { "slice" } else { "list" };
                self.display(items, Some(name), id)
            }
            ExprKind::Set(items) => self.display(items, Some("set"), id),
            ExprKind::Dict(pairs) => self.dictionary(pairs, id),
            ExprKind::Composite(of, pairs) => self.composite(*of, pairs, id),
            ExprKind::Slice(base, bounds) => {
                for bound in bounds {
                    self.expr(*bound);
                }
                let base = self.expr(*base);
                let span = self.span_of(id);
                self.slice_of(&base, span)
            }
            ExprKind::Range(bounds) => self.display(bounds, None, id),
            ExprKind::AddressOf(inner) => {
                let val = self.expr(*inner);
                let ty = val.ty.map(|ty| TypeRef { pointer: true, ..ty });
                Val { ty, ..val }
            }
            ExprKind::Deref(inner) | ExprKind::Star(inner) => self.expr(*inner),
            ExprKind::TypeAssert(inner, of) => self.assert_type(*inner, *of, id),
            ExprKind::Receive(inner) => {
                self.comma_ok = false;
                let channel = self.expr(*inner);
                let span = self.span_of(id);
                self.emit_new(span, EventKind::Await(Await::Channel));
                let ty = element_type(channel.ty.as_ref());
                Val { id: self.unknown(span), ty, path: None }
            }
            _ => self.nothing(id),
        }
    }

    fn assert_type(&mut self, inner: ExprId, of: Option<ExprId>, id: ExprId) -> Val {
        let pair = std::mem::take(&mut self.comma_ok);
        let val = self.expr(inner);
        let span = self.span_of(id);
        let converted = self.op(Op::Convert, vec![val.id], span);
        if let Some(query) = self.queries.get(&val.id).cloned() {
            self.queries.insert(converted, query);
        }
        let ty = of.and_then(|of| self.cx.type_of(of));
        if pair {
            // Of what was looked up and is not there, nothing can be asserted.
            let nil = self.literal(Literal::Nil, span);
            let flag = match self.seen_as_nil(val.id) {
                true => self.op(Op::Ne, vec![val.id, nil], span),
                false => self.unknown(span),
            };
            let tuple = self.pure(ValueKind::Tuple(vec![converted, flag]), span);
            let known = ty.unwrap_or(TypeRef::plain(Name::EMPTY));
            let ty = Some(TypeRef { name: Name::new("tuple"), args: vec![known], pointer: false });
            return Val { id: tuple, ty, path: val.path };
        }
        Val { id: converted, ty, path: val.path }
    }

    fn constant(&mut self, id: ExprId) -> Val {
        let span = self.span_of(id);
        let (literal, ty) = match self.cx.tree.kind(id) {
            ExprKind::Nil => (Literal::Nil, None),
            ExprKind::Bool(value) => (Literal::Bool(*value), Some("bool")),
            ExprKind::Number(text) => (number(text), Some("int")),
            ExprKind::Text(text) => (Literal::Text(Name::new(cut(text))), Some("str")),
            _ => (Literal::Other, None),
        };
        let id = self.literal(literal, span);
        Val { id, ty: ty.map(|name| TypeRef::plain(Name::new(name))), path: None }
    }

    fn name(&mut self, name: Name, id: ExprId) -> Val {
        if let Some(val) = self.env.get(&name) {
            return Val::clone(val);
        }
        let span = self.span_of(id);
        if let Some(outer) = self.scopes.iter().rev().find_map(|scope| scope.get(&name)).cloned() {
            return self.captured(name, &outer, span);
        }
        if let Some(target) = self.cx.imports.get(&name).copied() {
            return self.named(target, span);
        }
        if let Some(text) = self.cx.text_named(name) {
            let ty = Some(TypeRef::plain(Name::new("str")));
            return Val { id: self.literal(Literal::Text(text), span), ty, path: None };
        }
        let own = name.local();
        if let Some(ty) = self.cx.global_named(name) {
            let path = Path::root(Root::Global(own));
            let ty = ty.clone();
            return self.load(path, ty, name, span);
        }
        if self.cx.class_named(name).is_some() || self.cx.function_named(name).is_some() {
            return self.named(own, span);
        }
        self.named(name, span)
    }

    fn captured(&mut self, name: Name, outer: &Val, span: Span) -> Val {
        let path = match &outer.path {
            Some(path)
                if matches!(path.root, Root::Receiver | Root::Global(_) | Root::Class(_)) =>
            {
                path.clone()
            }
            _ => Path::root(Root::Captured(name)),
        };
        let ty = outer.ty.clone();
        if path.root == Root::Receiver && path.steps.is_empty() {
            let id = self.pure(ValueKind::Receiver, span);
            return Val { id, ty, path: Some(path) };
        }
        self.load(path, ty, name, span)
    }

    /// A function, class, module, or well-known global.
    pub(super) fn named(&mut self, name: Name, span: Span) -> Val {
        let ty = self.cx.words.value(name).map(|class| {
            let class = self.cx.words.class(class).name;
            TypeRef::plain(super::types::class_type(class))
        });
        let id = self.pure(ValueKind::Named(name), span);
        Val { id, ty, path: Some(Path::root(Root::Global(name))) }
    }

    /// Reads a place. Where this function also writes it, the read is an event.
    fn load(&mut self, path: Path, ty: Option<TypeRef>, last: Name, span: Span) -> Val {
        if let Some(id) = self.loads.get(&path) {
            return Val { id: *id, ty, path: Some(path) };
        }
        let class = ty.as_ref().and_then(|ty| self.cx.class_of(ty));
        // A list of which a variable is made to be set as a whole later is a value like another.
        let kind = class.and_then(|class| self.cx.words.class(class).store);
        let carried = self.carried && kind == Some(StoreKind::List);
        let holds_store = class.is_some() && !carried;
        let id = if self.assigned.contains(&last) && shared(&path) && !holds_store {
            self.read_cell(&path, ty.clone(), span)
        } else {
            self.pure(ValueKind::Load(path.clone()), span)
        };
        Val { id, ty, path: Some(path) }
    }

    fn read_cell(&mut self, path: &Path, ty: Option<TypeRef>, span: Span) -> ValueId {
        let store = self.cell(path, ty);
        let event = self.next_event();
        let mut h = rustc_hash::FxHasher::default();
        std::hash::Hash::hash(path, &mut h);
        let shape = std::hash::Hasher::finish(&h);
        let result = self.fresh(ValueKind::Result(event, Vec::new()), shape, span);
        let key = Key { value: None, shape: 0, text: None, span };
        let (miss, confidence) = (Outcome::Nil, Confidence::Certain);
        self.plain_read(event, span, Looked { store, key, miss, confidence, result });
        result
    }

    /// A read that takes no lock and goes through no handle and no statement.
    pub(super) fn plain_read(&mut self, event: EventId, span: Span, looked: Looked) {
        self.seen.insert(event, looked.clone());
        let Looked { store, key, miss, confidence, result } = looked;
        let (by_handle, locks, sql) = (false, false, None);
        let read = Read { store, key, result, miss, by_handle, locks, sql, confidence };
        self.emit(event, span, EventKind::Read(Box::new(read)));
    }

    fn attr(&mut self, base: ExprId, name: Name, id: ExprId) -> Val {
        let base = self.expr(base);
        let span = self.span_of(id);
        self.field_of(&base, name, span)
    }

    pub(super) fn field_of(&mut self, base: &Val, name: Name, span: Span) -> Val {
        if let (ValueKind::Named(module), None) = (self.value(base.id), &base.ty) {
            let module = *module;
            return self.member(module, name, span);
        }
        if let Some(val) = self.row_count(base, name, span) {
            return val;
        }
        if name == "parent" && self.is_path(base) {
            let id = self.pure(ValueKind::Field(base.id, name), span);
            return Val { id, ty: base.ty.clone(), path: None };
        }
        if self.cx.is_go()
            && let Some(class) = base.ty.as_ref().and_then(|of| self.cx.class_of(of))
            && self.cx.words.class(class).store.is_some()
            && !self.cx.words.method(class, name).is_empty()
        {
            // A method as a value: what it is called on is what it acts on.
            let id = self.pure(ValueKind::Field(base.id, name), span);
            return Val {
                id,
                ty: Some(TypeRef::plain(Name::new("func"))),
                path: base.path.clone(),
            };
        }
        if let Some(class) = base.ty.as_ref().and_then(|of| self.cx.class_info(of))
            && class.asking.contains(&name)
        {
            let callee = self.own_method(base.clone(), name, None);
            return self.plain_call(callee, &[], false, span);
        }
        if !self.cx.is_go()
            && let Some(field) = base.ty.as_ref().and_then(|of| self.cx.handing(of, name, true))
        {
            return self.field_of(base, field, span);
        }
        let (mut path, ty) = self.holder_of_field(base, name);
        let common = (path == Path::root(Root::Receiver)).then(|| self.common_to(name)).flatten();
        if let Some(class) = common {
            path = Path::root(Root::Class(class));
        }
        let path = path.field(name);
        if self.queries.contains_key(&base.id) || !shared(&path) {
            let id = match self.loads.get(&path) {
                Some(id) => *id,
                None => match self.given_to(base.id, name) {
                    Some(given) => given,
                    None => self.pure(ValueKind::Field(base.id, name), span),
                },
            };
            return Val { id, ty, path: Some(path) };
        }
        // What was read out of a store is judged by its own fields; of Python, by its age.
        if self.is_read(base.id)
            && (self.cx.is_go() || is_moment(name.as_str()))
            && !self.loads.contains_key(&path)
            && !self.assigned.contains(&name)
        {
            return Val {
                id: self.pure(ValueKind::Field(base.id, name), span),
                ty,
                path: Some(path),
            };
        }
        self.load(path, ty, name, span)
    }

    /// Whether a value is what a look gave that gives nil where nothing is.
    fn seen_as_nil(&self, id: ValueId) -> bool {
        let ValueKind::Result(event, _) = self.value(id) else { return false };
        self.seen
            .get(event)
            .is_some_and(|looked| matches!(looked.miss, Outcome::Nil | Outcome::Silent))
    }

    fn is_read(&self, id: ValueId) -> bool {
        let mut at = id;
        loop {
            match self.value(at) {
                ValueKind::Result(event, _) => return self.seen.contains_key(event),
                ValueKind::Part(of, _) | ValueKind::Element(of) | ValueKind::Field(of, _) => {
                    at = *of;
                }
                _ => return false,
            }
        }
    }

    /// `module.name` or `Class.name`.
    fn member(&mut self, module: Name, name: Name, span: Span) -> Val {
        if let Some((class, field)) = self.field_of_class(module, name) {
            let of = field.type_ref.clone();
            return self.load(Path::root(Root::Class(class)).field(name), of, name, span);
        }
        self.named(module.member(name.as_str()), span)
    }

    fn index(&mut self, base: ExprId, keys: &[ExprId], id: ExprId) -> Val {
        let pair = std::mem::take(&mut self.comma_ok);
        if let Some(element) = self.element_at(base, keys) {
            return element;
        }
        let base = self.expr(base);
        let keys: Vec<Val> = keys.iter().map(|key| self.expr(*key)).collect();
        let span = self.span_of(id);
        self.comma_ok = pair;
        let found = self.access(&base, Op2::Get, &keys, None, span);
        self.comma_ok = false;
        found.unwrap_or_else(|| self.item(&base, keys.first(), span))
    }

    fn format(&mut self, pieces: &[FormatPiece<'s>], id: ExprId) -> Val {
        let span = self.span_of(id);
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            parts.push(match piece {
                FormatPiece::Text(text) => self.literal(Literal::Text(Name::new(cut(text))), span),
                FormatPiece::Hole(inner) => self.expr(*inner).id,
            });
        }
        let id = self.op(Op::Format, parts, span);
        Val { id, ty: Some(TypeRef::plain(Name::new("str"))), path: None }
    }

    fn await_(&mut self, inner: ExprId, id: ExprId) -> Val {
        self.awaited = true;
        let val = self.expr(inner);
        self.awaited = false;
        let span = self.span_of(id);
        self.emit_new(span, EventKind::Await(Await::Await));
        val
    }

    fn yield_(&mut self, inner: Option<ExprId>, id: ExprId) -> Val {
        if let Some(inner) = inner {
            let val = self.expr(inner);
            self.escape(&val);
            // What `with … as x` gets, and who goes through what was read from a file, under names that no
            // variable can have.
            let manages = |name: &Name| name.as_str().ends_with("contextmanager");
            let handed = if self.decorators.iter().any(manages) {
                Some("yield")
            } else {
                self.is_read_from_file(val.id).then_some("yield each")
            };
            if let Some(handed) = handed {
                let variable = Name::new(handed);
                let assign = crate::event::Assign { variable, value: val.id, settled: false };
                self.emit_new(self.span_of(id), EventKind::Assign(assign));
            }
        }
        let span = self.span_of(id);
        self.emit_new(span, EventKind::Await(Await::Yield));
        Val { id: self.unknown(span), ty: None, path: None }
    }

    /// Whether a value is made of what was read through an open file.
    fn is_read_from_file(&self, value: ValueId) -> bool {
        let mut todo = vec![value];
        let mut left = 40;
        while let Some(next) = todo.pop().filter(|_| left > 0) {
            left -= 1;
            let kind = self.value(next);
            match kind {
                ValueKind::Result(event, _) if self.opened.contains_key(event) => return true,
                _ => todo.extend(kind.inputs()),
            }
        }
        false
    }
}
