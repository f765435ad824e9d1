//! Assignments: to variables, fields, items.

use std::rc::Rc;

use super::access::Op2;
use super::body::{Body, Val, shared};
use super::finish::{builds, is_made};
use crate::event::{
    Act, ActKind, Assign, Atomicity, Confidence, EventKind, FunctionKind, Key, Literal, Meaning,
    Name, Op, Outcome, Path, Root, Scope, Span, Step, StoreId, TypeRef, Uses, ValueId, ValueKind,
};
use crate::syntax::{Binary, ExprId, ExprKind};

impl Body<'_, '_, '_> {
    pub(super) fn assign(&mut self, targets: &[ExprId], value: ExprId, define: bool, span: Span) {
        let tree = self.cx.tree;
        let plain = |id: ExprId| {
            matches!(
                tree.kind(id),
                ExprKind::Nil | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_)
            )
        };
        // `x = decode(raw) if raw else None` is two assignments.
        if let [target] = targets
            && matches!(tree.kind(*target), ExprKind::Name(_))
            && let ExprKind::Conditional { test, then, other } = *tree.kind(value)
            && (plain(then) || plain(other))
        {
            self.either_way(
                test,
                |body| body.assign(targets, then, define, span),
                |body| body.assign(targets, other, define, span),
            );
            return;
        }
        if let [target] = targets
            && let ExprKind::Tuple(left) | ExprKind::List(left) = tree.kind(*target)
        {
            if let ExprKind::Tuple(right) = tree.kind(value)
                && right.len() == left.len()
            {
                let vals: Vec<Val> = right.iter().map(|id| self.expr(*id)).collect();
                for (target, val) in left.iter().zip(vals) {
                    self.put(*target, &val, define, span);
                }
                return;
            }
            self.comma_ok = left.len() == 2
                && matches!(
                    tree.kind(value),
                    ExprKind::Index(..) | ExprKind::TypeAssert(..) | ExprKind::Receive(_)
                );
        }
        let first = targets.first().and_then(|target| match tree.kind(*target) {
            ExprKind::Tuple(parts) | ExprKind::List(parts) => parts.first(),
            _ => Some(target),
        });
        self.kept = first.is_some_and(|first| matches!(tree.kind(*first), ExprKind::Attr(..)));
        self.carried =
            matches!(targets, [target] if matches!(tree.kind(*target), ExprKind::Name(_)));
        let mut val = self.expr(value);
        self.kept = false;
        self.comma_ok = false;
        self.carried = false;
        if define && matches!(tree.kind(value), ExprKind::Deref(_)) {
            val = self.copy_of(val, span);
        }
        for target in targets {
            self.put(*target, &val, define, span);
        }
    }

    /// `next := *entry`: a struct of one's own, made from the other.
    fn copy_of(&mut self, val: Val, span: Span) -> Val {
        let record = val.ty.as_ref().is_some_and(|ty| {
            self.cx.class_of(ty).is_none()
                && self.cx.class_info(ty).is_some_and(|info| !info.fields.is_empty())
        });
        match val.ty {
            Some(ty) if record => {
                let ty = TypeRef { pointer: false, ..ty };
                self.made(ty.name, vec![val.id], ty, span)
            }
            ty => Val { ty, ..val },
        }
    }

    pub(super) fn declare(
        &mut self,
        names: &[ExprId],
        annotation: Option<ExprId>,
        value: Option<ExprId>,
        constant: bool,
        span: Span,
    ) {
        let ty = annotation.and_then(|id| self.cx.type_of(id));
        if let (Some(value), true) = (value, names.len() > 1) {
            let tree = self.cx.tree;
            if let ExprKind::Tuple(items) = tree.kind(value) {
                for (name, item) in names.iter().zip(items) {
                    let val = self.expr(*item);
                    self.put(*name, &Val { ty: ty.clone().or(val.ty.clone()), ..val }, true, span);
                }
                return;
            }
            let val = self.expr(value);
            for (n, name) in names.iter().enumerate() {
                let part = self.part(&val, n, span);
                self.put(*name, &part, true, span);
            }
            return;
        }
        for name in names {
            let val = match value {
                Some(value) => self.expr(value),
                None if self.cx.is_go() && !constant => self.zero(ty.as_ref(), span),
                None => continue,
            };
            let ty = ty.clone().or_else(|| val.ty.clone());
            self.put(*name, &Val { ty, ..val }, true, span);
        }
    }

    /// What `var x T` makes.
    pub(super) fn zero(&mut self, ty: Option<&TypeRef>, span: Span) -> Val {
        let name = ty.map_or(Name::EMPTY, |ty| ty.name);
        let pointer = ty.is_some_and(|ty| ty.pointer);
        let plain = match name.as_str() {
            "bool" => Some(Literal::Bool(false)),
            "int" | "int32" | "int64" | "uint" | "uint32" | "uint64" => Some(Literal::Int(0)),
            "error" => Some(Literal::Nil),
            _ if pointer => Some(Literal::Nil),
            _ => None,
        };
        if let Some(literal) = plain {
            return Val { id: self.literal(literal, span), ty: ty.cloned(), path: None };
        }
        let shape = self.unique();
        let id = self.fresh(ValueKind::New(name, Vec::new()), shape, span);
        Val { id, ty: ty.cloned(), path: None }
    }

    /// The n-th part of a value with several.
    pub(super) fn part(&mut self, val: &Val, n: usize, span: Span) -> Val {
        let n = u8::try_from(n).unwrap_or(u8::MAX);
        if let ValueKind::Tuple(parts) = self.value(val.id)
            && let Some(id) = parts.get(usize::from(n))
        {
            // Of a row and whether it was made, the row is what the whole is called.
            let ty = val.ty.clone().filter(|_| n == 0 && self.queries.contains_key(id));
            return Val { id: *id, ty, path: None };
        }
        let id = self.pure(ValueKind::Part(val.id, n), span);
        let first = n == 0;
        let tuple =
            val.ty.as_ref().filter(|ty| ty.name == "tuple" && ty.args.len() > usize::from(n));
        let ty = match tuple {
            Some(tuple) => Some(tuple.args[usize::from(n)].clone()),
            None => val.ty.clone().filter(|_| first),
        };
        if first {
            if let Some(query) = self.queries.get(&val.id).cloned() {
                self.queries.insert(id, query);
            }
            if let Some(key) = self.handles.get(&val.id).cloned() {
                self.handles.insert(id, key);
            }
        }
        Val { id, ty, path: val.path.clone().filter(|_| first) }
    }

    /// Puts `val` where `target` says.
    pub(super) fn put(&mut self, target: ExprId, val: &Val, define: bool, span: Span) {
        let tree = self.cx.tree;
        match tree.kind(target) {
            ExprKind::Name(name) => self.put_name(Name::new(name), val, define, span),
            ExprKind::Attr(base, name) => {
                let base = self.expr(*base);
                self.put_field(&base, Name::new(name), val, span, ActKind::Insert);
            }
            ExprKind::Index(base, keys) => self.put_item(*base, keys, val, span),
            ExprKind::Slice(base, _) => {
                let base = self.expr(*base);
                self.access(&base, Op2::Set, &[], Some(val), span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for (n, item) in items.iter().enumerate() {
                    let part = self.part(val, n, span);
                    self.put(*item, &part, define, span);
                }
            }
            ExprKind::Star(inner) => self.put(*inner, val, define, span),
            ExprKind::Deref(inner) => {
                let base = self.expr(*inner);
                let path = self.path_of(&base);
                if shared(&path) {
                    self.write_cell(
                        &path,
                        base.ty,
                        Some(val.id),
                        ActKind::Insert,
                        Atomicity::Plain,
                        span,
                    );
                }
            }
            _ => {}
        }
    }

    fn put_item(&mut self, base: ExprId, keys: &[ExprId], val: &Val, span: Span) {
        let base = self.expr(base);
        let keys: Vec<Val> = keys.iter().map(|key| self.expr(*key)).collect();
        self.escape(val);
        self.access(&base, Op2::Set, &keys, Some(val), span);
        let made = self.cx.is_go() && matches!(self.value(val.id), ValueKind::New(..));
        if let Some(mut path) = base.path.filter(|path| made && shared(path)) {
            path.steps.push(Step::Item);
            self.put_under.insert(val.id, path);
        }
    }

    fn put_name(&mut self, name: Name, val: &Val, define: bool, span: Span) {
        if name == "_" {
            return;
        }
        if define {
            self.declares(name);
        }
        if let Some(path) = self.outer_target(name, define) {
            self.escape(val);
            self.write_cell(
                &path,
                val.ty.clone(),
                Some(val.id),
                ActKind::Insert,
                Atomicity::Plain,
                span,
            );
            self.loads.insert(path, val.id);
            return;
        }
        let made = is_made(self.value(val.id));
        if self.kind == FunctionKind::Module {
            self.notes_built(name, val.id, span);
        }
        let path = match &val.path {
            Some(path) if shared(path) && !matches!(path.root, Root::Global(_)) => path.clone(),
            Some(path) if matches!(path.root, Root::Global(_)) && !path.steps.is_empty() => {
                path.clone()
            }
            _ if self.kind == FunctionKind::Module => Path::root(Root::Global(name.local())),
            Some(path @ Path { root: Root::Global(global), .. })
                if global.as_str().starts_with('.') =>
            {
                path.clone()
            }
            _ => {
                if made {
                    self.fresh_locals.insert(name);
                } else {
                    self.fresh_locals.remove(&name);
                }
                self.originates(name, val);
                Path::root(Root::Local { name, escapes: false })
            }
        };
        self.env.insert(name, Rc::new(Val { id: val.id, ty: val.ty.clone(), path: Some(path) }));
        self.note_settled(name, val, span);
    }

    /// Notes what a module's variable is built from: a path, more often than not.
    fn notes_built(&mut self, variable: Name, value: ValueId, span: Span) {
        let built = match self.value(value) {
            ValueKind::Op(op, _) => matches!(op, Op::Join | Op::Call | Op::Convert),
            ValueKind::Load(path) => !path.steps.is_empty(),
            kind => matches!(kind, ValueKind::Result(..) | ValueKind::Field(..)),
        };
        if built && !self.cx.is_go() {
            let assign = Assign { variable, value, settled: false };
            self.emit_new(span, EventKind::Assign(assign));
        }
    }

    /// Notes what a local variable is given; one that is given two things is nobody's other name.
    fn originates(&mut self, name: Name, val: &Val) {
        let named = self.cx.is_go()
            && matches!(
                self.value(val.id),
                ValueKind::Result(..)
                    | ValueKind::Part(..)
                    | ValueKind::Item(..)
                    | ValueKind::Field(..)
                    | ValueKind::Element(_)
                    | ValueKind::Op(Op::Convert, _)
            );
        // A lock on a file is the same lock whoever makes the object.
        let locks_file = matches!(self.value(val.id), ValueKind::New(of, inputs)
            if !inputs.is_empty()
                && self.cx.words.class_of(*of).map(|class| self.cx.words.class(class))
                    .is_some_and(|class| class.lock && class.scope >= Scope::Host));
        let given = (named || locks_file).then_some(val.id);
        self.origins
            .entry(name)
            .and_modify(|known| *known = known.filter(|known| Some(*known) == given))
            .or_insert(given);
    }

    /// The global or captured variable that an assignment to `name` changes, if it is not a local.
    pub(super) fn outer_target(&self, name: Name, define: bool) -> Option<Path> {
        if let Some(global) = self.outer_names.get(&name) {
            let root = if *global { Root::Global(name.local()) } else { Root::Captured(name) };
            return Some(Path::root(root));
        }
        if define || !self.cx.is_go() || self.env.contains_key(&name) {
            return None;
        }
        if self.scopes.iter().any(|scope| scope.contains_key(&name)) {
            return Some(Path::root(Root::Captured(name)));
        }
        Some(Path::root(Root::Global(name.local())))
    }

    /// Whether a value is a condition variable that is made here.
    fn is_condition(&self, id: ValueId) -> bool {
        matches!(self.value(id), ValueKind::New(name, _) if *name == "#cond")
    }

    pub(super) fn put_field(
        &mut self,
        base: &Val,
        field: Name,
        val: &Val,
        span: Span,
        kind: ActKind,
    ) {
        if self.note_changed(base, field, val.id) {
            return;
        }
        let path = self.holder_of_field(base, field).0.field(field);
        if shared(&path) {
            self.escape(val);
            let building =
                builds(self.kind) && path.root == Root::Receiver && path.steps.len() == 1;
            if building {
                self.given.push((base.id, field, val.id));
            } else {
                let ty = val.ty.clone();
                self.write_cell(&path, ty, Some(val.id), kind, Atomicity::Plain, span);
            }
        } else if self.is_condition(val.id) {
            self.given.push((base.id, field, val.id));
        }
        self.loads.insert(path, val.id);
        self.answers(base, field, val, span);
    }

    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    pub(super) fn write_cell(
        &mut self,
        path: &Path,
        ty: Option<TypeRef>,
        value: Option<ValueId>,
        kind: ActKind,
        atomicity: Atomicity,
        span: Span,
    ) {
        let store = self.cell(path, ty);
        self.plain_act(
            store,
            Key { value: None, shape: 0, text: None, span },
            value,
            kind,
            atomicity,
            span,
        );
    }

    /// An act by syntax rather than by call.
    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    pub(super) fn plain_act(
        &mut self,
        store: StoreId,
        key: Key,
        value: Option<ValueId>,
        kind: ActKind,
        atomicity: Atomicity,
        span: Span,
    ) {
        let id = self.next_event();
        let result = self.result(id, Name::EMPTY, value.into_iter().collect(), span);
        let confidence = Confidence::Certain;
        self.emit(
            id,
            span,
            EventKind::Act(Box::new(Act {
                kind,
                store,
                key,
                target: None,
                value,
                fields: Vec::new(),
                result,
                means: Meaning::Nothing,
                used: Uses::default(),
                atomicity,
                failure: Outcome::Silent,
                by_handle: false,
                expects: None,
                ttl: None,
                sql: None,
                confidence,
            })),
        );
    }

    /// `target op= value`.
    pub(super) fn augment(&mut self, target: ExprId, op: Binary, value: ExprId, span: Span) {
        let tree = self.cx.tree;
        match tree.kind(target) {
            ExprKind::Attr(base, name) => {
                self.read_hung_row(*base, op, span);
                let base = self.expr(*base);
                let name = Name::new(name);
                let before = self.field_of(&base, name, span);
                let by = self.expr(value);
                let after = self.combine(op, &before, &by, span);
                self.put_field(&base, name, &after, span, ActKind::Update);
            }
            ExprKind::Index(base, keys) => {
                let base = self.expr(*base);
                let keys: Vec<Val> = keys.iter().map(|key| self.expr(*key)).collect();
                let before = self.access(&base, Op2::Get, &keys, None, span);
                let by = self.expr(value);
                let before = before.unwrap_or_else(|| self.item(&base, keys.first(), span));
                let after = self.combine(op, &before, &by, span);
                self.access(&base, Op2::Set, &keys, Some(&after), span);
            }
            _ => {
                let before = self.expr(target);
                let by = self.expr(value);
                let after = self.combine(op, &before, &by, span);
                let after = Val { ty: before.ty, ..after };
                self.put(target, &after, false, span);
            }
        }
    }

    fn combine(&mut self, op: Binary, left: &Val, right: &Val, span: Span) -> Val {
        let id = self.op(super::operator::plain_op(op), vec![left.id, right.id], span);
        Val { id, ty: left.ty.clone(), path: None }
    }

    pub(super) fn item(&mut self, base: &Val, key: Option<&Val>, span: Span) -> Val {
        let key = match key {
            Some(key) => key.id,
            None => self.unknown(span),
        };
        let id = self.pure(ValueKind::Item(base.id, key), span);
        let path = base.path.as_ref().map(|path| {
            let mut path = path.clone();
            path.steps.push(Step::Item);
            path
        });
        Val { id, ty: element_type(base.ty.as_ref()), path }
    }

    pub(super) fn delete(&mut self, target: ExprId) {
        let span = self.span_of(target);
        let tree = self.cx.tree;
        match tree.kind(target) {
            ExprKind::Index(base, keys) => {
                let base = self.expr(*base);
                let keys: Vec<Val> = keys.iter().map(|key| self.expr(*key)).collect();
                self.access(&base, Op2::Delete, &keys, None, span);
            }
            ExprKind::Slice(base, _) => {
                let base = self.expr(*base);
                self.access(&base, Op2::Delete, &[], None, span);
            }
            ExprKind::Attr(base, name) => {
                let base = self.expr(*base);
                let name = Name::new(name);
                let path = self.holder_of_field(&base, name).0.field(name);
                if shared(&path) {
                    self.write_cell(&path, None, None, ActKind::Delete, Atomicity::Plain, span);
                }
                self.loads.remove(&path);
            }
            ExprKind::Name(name) => {
                let name = Name::new(name);
                if let Some(path) = self.outer_target(name, true) {
                    self.write_cell(&path, None, None, ActKind::Delete, Atomicity::Plain, span);
                } else {
                    self.env.remove(&name);
                }
            }
            _ => {}
        }
    }

    /// `val` is stored where others can reach it.
    pub(super) fn escape(&mut self, val: &Val) {
        if let Some(Path { root: Root::Local { name, .. }, .. }) = &val.path {
            self.escaped.insert(*name);
        }
    }

    pub(super) fn bind_element(&mut self, target: ExprId, each: &Val, define: bool, span: Span) {
        let shape = self.unique();
        let id = self.fresh(ValueKind::Element(each.id), shape, span);
        let ty = element_type(each.ty.as_ref());
        let path = each.path.as_ref().filter(|path| shared(path)).map(|path| {
            let mut path = path.clone();
            path.steps.push(Step::Item);
            path
        });
        let pairs = matches!(self.cx.tree.kind(target), ExprKind::Tuple(_));
        let val = Val { id, ty, path };
        if self.cx.is_go() && pairs {
            self.bind_pair(target, &val, define, span);
        } else {
            self.put(target, &val, define, span);
        }
    }

    /// Go: `for k, v := range m`.
    fn bind_pair(&mut self, target: ExprId, element: &Val, define: bool, span: Span) {
        let tree = self.cx.tree;
        let ExprKind::Tuple(items) = tree.kind(target) else { return };
        for (n, item) in items.iter().enumerate() {
            let part = u8::try_from(n).unwrap_or(u8::MAX);
            let id = self.pure(ValueKind::Part(element.id, part), span);
            let val = if n == 1 {
                Val { id, ..element.clone() }
            } else {
                Val { id, ty: None, path: None }
            };
            self.put(*item, &val, define, span);
        }
    }

    pub(super) fn slice_of(&mut self, base: &Val, span: Span) -> Val {
        let id = self.op(Op::Slice, vec![base.id], span);
        Val { id, ty: base.ty.clone(), path: None }
    }
}

/// The type of what a container of this type holds.
pub(super) fn element_type(of: Option<&TypeRef>) -> Option<TypeRef> {
    let of = of?;
    let last = match of.name.as_str() {
        "map" | "dict" | "slice" | "list" | "set" | "chan" => of.args.last(),
        _ => of.args.last().filter(|_| of.args.len() <= 2),
    };
    last.filter(|ty| !ty.name.is_empty()).cloned()
}
