//! Expressions.

use super::access::Op2;
use super::assign::element_type;
use super::body::{Body, Seen as Looked, Val, shared};
use super::declare::{cut, number};
use super::entry::is_moment;
use crate::event::{
    Access, Await, Check, CheckKind, Confidence, EventId, EventKind, Key, Literal, Name, Op,
    Outcome, Path, Read, Root, Seen, Span, Step, TypeRef, ValueId, ValueKind,
};
use crate::syntax::{Binary, Comprehension, ExprId, ExprKind, FormatPiece, Unary};

/// Fields of a record or table whose content is kept in mind.
const HELD_MAX: usize = 6;

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

    fn nothing(&mut self, id: ExprId) -> Val {
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
        let own = Name::new(&format!(".{name}"));
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
        let holds_store = ty.as_ref().is_some_and(|ty| self.cx.class_of(ty).is_some());
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
        let mut path = self.path_of(base);
        let mut ty = None;
        if let Some((found, via)) = base.ty.as_ref().and_then(|of| self.cx.field_type(of, name)) {
            ty = found;
            for embedded in via {
                path = path.field(embedded);
            }
        }
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
        if (self.cx.is_go() || is_moment(name.as_str()))
            && self.is_read(base.id)
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
        if let Some(own) = module.as_str().strip_prefix('.') {
            let class = Name::new(own);
            let field = self.cx.class_named(class).and_then(|info| info.fields.get(&name)).cloned();
            if let Some(field) = field.filter(|field| field.of_class) {
                let path = Path { root: Root::Class(class), steps: vec![Step::Field(name)] };
                return self.load(path, field.type_ref, name, span);
            }
        }
        self.named(Name::new(&format!("{module}.{name}")), span)
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

    fn binary(&mut self, op: Binary, left: ExprId, right: ExprId, id: ExprId) -> Val {
        let left_val = self.expr(left);
        let right_val = self.expr(right);
        let span = self.span_of(id);
        match op {
            Binary::In | Binary::NotIn => {
                let keys = [left_val.clone()];
                if let Some(found) = self.access(&right_val, Op2::Contains, &keys, None, span) {
                    if op == Binary::In {
                        return found;
                    }
                    let id = self.op(Op::Not, vec![found.id], span);
                    return Val { id, ty: None, path: None };
                }
                let op = if op == Binary::In { Op::In } else { Op::NotIn };
                let id = self.op(op, vec![left_val.id, right_val.id], span);
                Val { id, ty: None, path: None }
            }
            Binary::Div if self.is_folder(&left_val) || self.is_path(&right_val) => {
                let path = [&left_val, &right_val].into_iter().find(|val| self.is_path(val));
                let ty = path.and_then(|val| val.ty.clone());
                let ty = ty.or_else(|| Some(TypeRef::plain(Name::new("pathlib.Path"))));
                let id = self.op(Op::Join, vec![left_val.id, right_val.id], span);
                Val { id, ty, path: None }
            }
            Binary::Mod | Binary::Add
                if self.is_text(&left_val) || (op == Binary::Add && self.is_text(&right_val)) =>
            {
                let id = self.text_binary(op, &left_val, &right_val, span);
                Val { id, ty: Some(TypeRef::plain(Name::new("str"))), path: None }
            }
            _ => self.compare(op, &left_val, &right_val, span),
        }
    }

    fn is_path(&self, val: &Val) -> bool {
        let path = self.cx.words.class_named("path");
        path.is_some() && val.ty.as_ref().and_then(|ty| self.cx.class_of(ty)) == path
    }

    /// Whether a value is a path, or by its name a folder of whatever module: `settings.CACHE_DIR / name`.
    fn is_folder(&self, val: &Val) -> bool {
        let named = || {
            let text = val.path.as_ref().map(ToString::to_string).unwrap_or_default();
            let last = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            last.split('_').any(|word| {
                matches!(word, "dir" | "path" | "root" | "folder" | "home" | "directory")
            })
        };
        let unknown = val.ty.as_ref().is_none_or(|ty| ty.name.is_empty());
        self.is_path(val) || !self.cx.is_go() && unknown && named()
    }

    fn is_text(&self, val: &Val) -> bool {
        val.ty.as_ref().is_some_and(|ty| ty.name == "str" || ty.name == "string")
            || matches!(
                self.value(val.id),
                ValueKind::Literal(Literal::Text(_)) | ValueKind::Op(Op::Format, _)
            )
    }

    /// `%` and `+` on text: the format's holes are the parts after the first.
    fn text_binary(&mut self, op: Binary, left: &Val, right: &Val, span: Span) -> ValueId {
        if op == Binary::Add {
            return self.op(Op::Format, vec![left.id, right.id], span);
        }
        let mut parts = vec![left.id];
        match self.value(right.id) {
            ValueKind::Tuple(items) => parts.extend(items.iter().copied()),
            ValueKind::New(name, items) if *name == "dict" => parts.extend(items.iter().copied()),
            _ => parts.push(right.id),
        }
        let marked = self.mark_percent(left.id, span);
        parts[0] = marked;
        self.op(Op::Format, parts, span)
    }

    pub(super) fn compare(&mut self, op: Binary, left: &Val, right: &Val, span: Span) -> Val {
        self.note_chance(op, left.id, right.id);
        let id = self.op(plain_op(op), vec![left.id, right.id], span);
        let arithmetic = matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div);
        Val { id, ty: left.ty.clone().filter(|_| arithmetic), path: None }
    }

    fn unary(&mut self, op: Unary, inner: ExprId, id: ExprId) -> Val {
        let val = self.expr(inner);
        let span = self.span_of(id);
        let op = match op {
            Unary::Not => Op::Not,
            Unary::Neg => Op::Neg,
            Unary::Plus => return val,
            Unary::Invert => Op::Other,
        };
        if op == Op::Neg
            && let ValueKind::Literal(Literal::Int(n)) = self.value(val.id)
        {
            let literal = Literal::Int(n.wrapping_neg());
            return Val { id: self.literal(literal, span), ..val };
        }
        Val { id: self.op(op, vec![val.id], span), ty: None, path: None }
    }

    /// `a and b`, `a or b` as values: later operands run only if need be.
    fn logical(&mut self, op: Op, items: &[ExprId], id: ExprId) -> Val {
        let span = self.span_of(id);
        let Some((first, rest)) = items.split_first() else { return self.nothing(id) };
        let first = self.expr(*first);
        let mut vals = Vec::new();
        let before = self.events;
        let block = self.within(|it| {
            vals.extend(rest.iter().map(|item| it.expr(*item)));
        });
        let ids: Vec<ValueId> =
            std::iter::once(first.id).chain(vals.iter().map(|val| val.id)).collect();
        if before != self.events {
            let cond = self.judge(first.id, span);
            let (then, other) =
                if op == Op::And { (block, Vec::new()) } else { (Vec::new(), block) };
            self.push(crate::event::Node::Branch(Box::new(crate::event::Branch {
                cond,
                then,
                other,
                span,
            })));
        }
        let ty = vals.last().and_then(|val| val.ty.clone()).or(first.ty);
        let path = if op == Op::Or { first.path } else { None };
        let id = self.op(op, ids, span);
        self.pass_on(&vals.iter().map(|val| val.id).chain([first.id]).collect::<Vec<_>>(), id);
        Val { id, ty, path }
    }

    /// What is known of one of `from` holds for `into`.
    fn pass_on(&mut self, from: &[ValueId], into: ValueId) {
        if let Some(query) = from.iter().find_map(|id| self.queries.get(id)).cloned() {
            self.queries.insert(into, query);
        }
    }

    fn conditional(&mut self, test: ExprId, then: ExprId, other: ExprId) -> Val {
        let span = self.span_of(test);
        let cond = self.cond(test);
        let (mut a, mut b) = (None, None);
        let before = self.events;
        let env = self.env.clone();
        let then = self.within(|it| a = Some(it.expr(then)));
        self.env = env;
        let other = self.within(|it| b = Some(it.expr(other)));
        if before != self.events || !cond.values().is_empty() {
            self.push(crate::event::Node::Branch(Box::new(crate::event::Branch {
                cond,
                then,
                other,
                span,
            })));
        }
        let (Some(a), Some(b)) = (a, b) else {
            return Val { id: self.unknown(span), ty: None, path: None };
        };
        let id = self.pure(ValueKind::Phi(vec![a.id, b.id]), span);
        self.pass_on(&[a.id, b.id], id);
        let path = if a.path == b.path { a.path } else { None };
        Val { id, ty: a.ty.or(b.ty), path }
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
            let manages = |name: &Name| name.as_str().ends_with("contextmanager");
            if self.decorators.iter().any(manages) {
                // What `with … as x` gets, under a name that no variable can have.
                let variable = Name::new("yield");
                let assign = crate::event::Assign { variable, value: val.id, settled: false };
                self.emit_new(self.span_of(id), EventKind::Assign(assign));
            }
        }
        let span = self.span_of(id);
        self.emit_new(span, EventKind::Await(Await::Yield));
        Val { id: self.unknown(span), ty: None, path: None }
    }

    fn display(&mut self, items: &[ExprId], name: Option<&str>, id: ExprId) -> Val {
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

    fn composite(
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

    fn given_to(&self, object: ValueId, field: Name) -> Option<ValueId> {
        let known = self.given.iter().find(|(of, name, _)| *of == object && *name == field);
        known.map(|(.., value)| *value)
    }

    /// A new object: never equal to another.
    pub(super) fn made(&mut self, name: Name, ids: Vec<ValueId>, ty: TypeRef, span: Span) -> Val {
        let shape = self.unique();
        let id = self.fresh(ValueKind::New(name, ids), shape, span);
        Val { id, ty: Some(ty), path: None }
    }

    fn comprehension(&mut self, each: &Comprehension<'s>, id: ExprId) -> Val {
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

pub(super) const fn plain_op(op: Binary) -> Op {
    match op {
        Binary::Add => Op::Add,
        Binary::Sub => Op::Sub,
        Binary::Mul => Op::Mul,
        Binary::Div => Op::Div,
        Binary::Mod => Op::Mod,
        Binary::Other => Op::Other,
        Binary::Eq => Op::Eq,
        Binary::Ne => Op::Ne,
        Binary::Lt => Op::Lt,
        Binary::Le => Op::Le,
        Binary::Gt => Op::Gt,
        Binary::Ge => Op::Ge,
        Binary::Is => Op::Is,
        Binary::IsNot => Op::IsNot,
        Binary::In => Op::In,
        Binary::NotIn => Op::NotIn,
    }
}
