//! Statements. Loops stand in `loops.rs`, choices between cases in `switch.rs`.

use std::rc::Rc;

use super::body::{Body, Env, Val};
use super::declare::each_body;
use super::file::Place as At;
use crate::event::{
    Await, Branch, Cond, EventKind, FunctionKind, Name, Node, Path, Raise, Return, Root, Scope,
    Span, Spawn, ValueId, ValueKind, With, leaves,
};
use crate::syntax::{ClassDef, ExprId, ExprKind, FunctionDef, Stmt, StmtKind};

impl<'a, 's> Body<'_, 'a, 's> {
    /// Statements in order. What follows a `defer` is the body of a [`With`].
    pub(super) fn statements(&mut self, list: &[Stmt<'s>]) {
        for (n, stmt) in list.iter().enumerate() {
            if let StmtKind::Defer(call) = stmt.kind {
                let span = self.cx.span(stmt.start, stmt.end);
                let handle = self.deferred_handle(call);
                let exit = self.within(|body| match &handle {
                    Some(handle) => body.call_value(handle, span),
                    None => body.deferred_call(call),
                });
                let body = self.within(|body| body.statements(&list[n + 1..]));
                self.push(Node::With(Box::new(With { enter: Vec::new(), body, exit, span })));
                return;
            }
            match self.locked_if_asked(stmt, &list[n + 1..]) {
                Some(true) => return,
                Some(false) => {}
                None => self.statement(stmt),
            }
        }
    }

    /// `defer lock()()`: what is called on the way out is asked for here, and so are the arguments and
    /// the receiver that calls give: `defer unlock(x.lock())`, `defer x.lock().Unlock()`.
    fn deferred_handle(&mut self, call: ExprId) -> Option<Val> {
        let tree = self.cx.tree;
        let ExprKind::Call(callee, args) = tree.kind(call) else { return None };
        if args.is_empty() && matches!(tree.kind(*callee), ExprKind::Call(..)) {
            return Some(self.expr(*callee));
        }
        let of = match tree.kind(*callee) {
            ExprKind::Attr(of, _) => Some(*of),
            _ => None,
        };
        for asked in args.iter().map(|arg| arg.value).chain(of) {
            if matches!(tree.kind(asked), ExprKind::Call(..)) {
                let val = self.expr(asked);
                self.evaluated.insert(asked, val);
            }
        }
        None
    }

    pub(super) fn deferred_call(&mut self, call: ExprId) {
        let outer = std::mem::replace(&mut self.deferred, true);
        let inline = match self.cx.tree.kind(call) {
            ExprKind::Call(callee, args) if args.is_empty() => self.inlinable(*callee),
            _ => None,
        };
        match inline {
            Some(def) => self.inline(def),
            None => {
                self.expr(call);
            }
        }
        self.deferred = outer;
    }

    /// A function literal without parameters that only falls off its end.
    pub(super) fn inlinable(&self, callee: ExprId) -> Option<&'a FunctionDef<'s>> {
        let tree: &'a crate::syntax::Tree<'s> = self.cx.tree;
        let ExprKind::Function(def) = tree.kind(callee) else { return None };
        let body = def.body.as_ref()?;
        (def.params.is_empty() && !returns(body)).then_some(def)
    }

    pub(super) fn inline(&mut self, def: &FunctionDef<'s>) {
        if let Some(body) = &def.body {
            let env = self.env.clone();
            self.scoped(body);
            let names: Vec<Name> = env.keys().copied().collect();
            let after = std::mem::replace(&mut self.env, env);
            for name in names {
                if let Some(val) = after.get(&name) {
                    self.env.insert(name, Rc::clone(val));
                }
            }
        }
    }

    pub(super) fn statement(&mut self, stmt: &Stmt<'s>) {
        let span = self.cx.span(stmt.start, stmt.end);
        if self.depth > crate::syntax::DEPTH_MAX * 2 {
            self.cx.too_deep(stmt.start, stmt.end);
            return;
        }
        self.depth += 1;
        match &stmt.kind {
            StmtKind::Expr(id) => {
                self.expr(*id);
            }
            StmtKind::Assign { targets, value, define } => {
                self.assign(targets, *value, *define, span);
            }
            StmtKind::Augment { target, op, value } => self.augment(*target, *op, *value, span),
            StmtKind::Declare { names, annotation, value, constant } => {
                self.declare(names, *annotation, *value, *constant, span);
            }
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.delete(*target)),
            StmtKind::Return(value) => self.return_(*value, span),
            StmtKind::Raise(what) => self.raise(*what, span),
            StmtKind::Break => {
                self.emit_new(span, EventKind::Break);
            }
            StmtKind::Continue => {
                self.emit_new(span, EventKind::Continue);
            }
            StmtKind::Outer { names, global } => {
                self.outer_names.extend(names.iter().map(|name| (Name::new(name), *global)));
            }
            StmtKind::Assert(test) => self.assert(*test, span),
            StmtKind::If { test, then, other } => self.if_(*test, then, other),
            StmtKind::While { .. } | StmtKind::For { .. } => self.loop_(stmt, span),
            StmtKind::Switch { subject, cases, kind } => self.switch(*subject, cases, *kind, span),
            StmtKind::Try { body, handlers, other, finally } => {
                self.try_(body, handlers, other, finally, span);
            }
            StmtKind::With { items, is_async, body } => self.with(items, *is_async, body, span),
            StmtKind::Function(def) => self.nested(def),
            StmtKind::Class(def) => self.class_body(def),
            StmtKind::Go(call) => self.go(*call, span),
            StmtKind::Send(channel, value) => self.send(*channel, *value, span),
            StmtKind::Block(body) => self.scoped(body),
            StmtKind::Defer(_) | StmtKind::Pass | StmtKind::Import(_) | StmtKind::Type(_) => {}
        }
        self.depth -= 1;
    }

    /// A block of its own: what it declares ends with it, what it assigns stays.
    pub(super) fn scoped(&mut self, body: &[Stmt<'s>]) {
        self.in_scope(|it| it.statements(body));
    }

    fn return_(&mut self, value: Option<ExprId>, span: Span) {
        // `return a if asked else b` is two ends.
        if let Some(id) = value
            && let ExprKind::Conditional { test, then, other } = *self.cx.tree.kind(id)
        {
            self.either_way(
                test,
                |body| body.return_(Some(then), span),
                |body| body.return_(Some(other), span),
            );
            return;
        }
        let mut values = Vec::new();
        if let Some(id) = value {
            if let ExprKind::Tuple(items) = self.cx.tree.kind(id)
                && self.cx.is_go()
            {
                for item in items {
                    let val = self.expr(*item);
                    self.escape(&val);
                    self.note_record(*item, &val);
                    values.push(val.id);
                }
                // `return v, json.Unmarshal(text, &v)`: a call beside a variable may fill it.
                for (value, item) in values.iter_mut().zip(items) {
                    if let ExprKind::Name(name) = self.cx.tree.kind(*item)
                        && let Some(now) = self.env.get(&Name::new(name))
                    {
                        *value = now.id;
                    }
                }
            } else {
                let id = self.asked_plainly(id);
                let val = self.expr(id);
                if self.says_whether_good(val.id) {
                    return self.yes_or_no(val.id, span);
                }
                self.note_record(id, &val);
                values.extend(self.results_of(id, &val, span));
            }
        } else {
            let named = self.result_names.iter().filter_map(|name| self.env.get(name));
            values.extend(named.map(|val| val.id));
        }
        let constant = values.first().and_then(|id| match self.value(*id) {
            ValueKind::Literal(literal) => Some(literal.clone()),
            _ => None,
        });
        if self.scopes_of_rows > 0 {
            self.flush_rows(span);
        }
        let kind = self.after_element(constant.as_ref());
        self.emit_new(span, kind.unwrap_or(EventKind::Return(Return { values, constant })));
    }

    /// `return s.raw(key)` of several results hands each of them on.
    fn results_of(&mut self, id: ExprId, val: &Val, span: Span) -> Vec<ValueId> {
        let calls = matches!(self.value(val.id), ValueKind::Result(event, _)
            if self.call_names.contains_key(event));
        if !self.cx.is_go() || !calls || !matches!(self.cx.tree.kind(id), ExprKind::Call(..)) {
            return vec![val.id];
        }
        match self.results {
            2..=4 => (0..self.results).map(|n| self.part(val, n, span).id).collect(),
            _ => vec![val.id],
        }
    }

    /// Keeps in mind that a record is returned as it is written down there.
    fn note_record(&mut self, id: ExprId, val: &Val) {
        let tree = self.cx.tree;
        let written = match tree.kind(id) {
            ExprKind::AddressOf(inner) => *inner,
            _ => id,
        };
        if matches!(
            tree.kind(written),
            ExprKind::Composite(..) | ExprKind::Dict(_) | ExprKind::List(_) | ExprKind::Call(..)
        ) {
            self.holds.push((val.id, Name::EMPTY, val.id));
        }
    }

    fn raise(&mut self, what: Option<ExprId>, span: Span) {
        let value = what.map(|id| self.expr(id).id);
        let type_name = what.and_then(|id| self.cx.dotted(id)).unwrap_or(Name::EMPTY);
        self.emit_new(span, EventKind::Raise(Raise { type_name, value }));
    }

    fn go(&mut self, call: ExprId, span: Span) {
        let ExprKind::Call(callee, args) = self.cx.tree.kind(call) else { return };
        let target = self.expr(*callee);
        let args = args.iter().map(|arg| arg.value).collect::<Vec<_>>();
        let args: Vec<ValueId> = args
            .into_iter()
            .map(|id| {
                let val = self.expr(id);
                self.escape(&val);
                val.id
            })
            .collect();
        self.emit_new(
            span,
            EventKind::Spawn(Box::new(Spawn { target: target.id, args, scope: Scope::Thread })),
        );
    }

    fn send(&mut self, channel: ExprId, value: ExprId, span: Span) {
        self.expr(channel);
        let val = self.expr(value);
        self.escape(&val);
        self.emit_new(span, EventKind::Await(Await::Channel));
    }

    fn if_(&mut self, test: ExprId, then: &[Stmt<'s>], other: &[Stmt<'s>]) {
        self.either_way(test, |body| body.scoped(then), |body| body.scoped(other));
    }

    /// The one or the other, by a question.
    pub(super) fn either_way(
        &mut self,
        test: ExprId,
        then: impl FnOnce(&mut Self),
        other: impl FnOnce(&mut Self),
    ) {
        let (span, cond) = (self.span_of(test), self.cond(test));
        self.branch(cond, span, then, other);
    }

    /// Two ways from here, and one environment after.
    pub(super) fn branch(
        &mut self,
        cond: Cond,
        span: Span,
        then: impl FnOnce(&mut Self),
        other: impl FnOnce(&mut Self),
    ) {
        let (env, loads) = (self.env.clone(), self.loads.clone());
        let mut then = self.within(then);
        let then_env = std::mem::replace(&mut self.env, env);
        let then_loads = std::mem::replace(&mut self.loads, loads);
        let mut other = self.within(other);
        if leaves(&other) {
            if !leaves(&then) {
                self.env = then_env;
                self.loads = then_loads;
            }
        } else if !leaves(&then) {
            self.note_ways((&mut then, &then_env), &mut other, span);
            self.merge(&then_env, span);
            self.loads.retain(|path, id| then_loads.get(path) == Some(id));
        }
        self.push(Node::Branch(Box::new(Branch { cond, then, other, span })));
    }

    /// Variables that differ between this environment and `others` become either.
    pub(super) fn merge(&mut self, others: &Env, span: Span) {
        let differs = |(name, theirs): &(&Name, &Rc<Val>)| {
            self.env.get(*name).is_none_or(|ours| ours.id != theirs.id)
        };
        // Ids must not depend on the order of a hash map.
        let mut changed: Vec<(Name, Rc<Val>)> = others
            .iter()
            .filter(differs)
            .map(|(name, theirs)| (*name, Rc::clone(theirs)))
            .collect();
        changed.sort_by_key(|(name, _)| *name);
        for (name, theirs) in changed {
            let val = match self.env.get(&name).cloned() {
                Some(ours) => self.either(name, &ours, &theirs, span),
                None => theirs,
            };
            self.env.insert(name, val);
        }
    }

    fn either(&mut self, name: Name, ours: &Rc<Val>, theirs: &Rc<Val>, span: Span) -> Rc<Val> {
        let ty = ours.ty.clone().or_else(|| theirs.ty.clone());
        let joined = || Some(Path::root(Root::Local { name, escapes: false }));
        let path = match (&ours.path, &theirs.path) {
            (a, b) if a == b => a.clone(),
            // `if client is None: client = self.client`: the argument is there for tests.
            (Some(given), Some(own)) if is_param(given) && is_kept(own) => Some(own.clone()),
            (Some(own), Some(given)) if is_param(given) && is_kept(own) => Some(own.clone()),
            // What was found in a table, or was just put there: an entry of the table either way.
            (Some(found), _) if self.put_under.get(&theirs.id) == Some(found) => ours.path.clone(),
            (_, Some(found)) if self.put_under.get(&ours.id) == Some(found) => theirs.path.clone(),
            _ => joined(),
        };
        if ours.path != theirs.path {
            self.fresh_locals.remove(&name);
        }
        let id = self.phi(ours.id, theirs.id, span);
        self.joined.push((name, id));
        let query = self.queries.get(&ours.id).or_else(|| self.queries.get(&theirs.id)).cloned();
        if let Some(query) = query {
            self.queries.insert(id, query);
        }
        Rc::new(Val { id, ty, path })
    }

    fn phi(&mut self, ours: ValueId, theirs: ValueId, span: Span) -> ValueId {
        let mut parts = match self.value(ours) {
            ValueKind::Phi(parts) if parts.len() < 8 => parts.clone(),
            _ => vec![ours],
        };
        if !parts.contains(&theirs) {
            parts.push(theirs);
        }
        self.pure(ValueKind::Phi(parts), span)
    }

    fn class_body(&mut self, def: &ClassDef<'s>) {
        let class = Name::new(def.name);
        for stmt in &def.body {
            if let StmtKind::Function(method) = &stmt.kind {
                self.method(method, class);
            } else if let StmtKind::Assign { targets, .. } = &stmt.kind {
                targets.iter().for_each(|target| self.alias_method(*target, class));
            } else if matches!(
                stmt.kind,
                StmtKind::Expr(_) | StmtKind::If { .. } | StmtKind::Class(_)
            ) {
                self.statement(stmt);
            }
        }
    }

    /// `_exists = staticmethod(os.path.exists)` in a class is a method that does what the function does.
    fn alias_method(&mut self, target: ExprId, class: Name) {
        let ExprKind::Name(name) = *self.cx.tree.kind(target) else { return };
        let method = Name::new(name);
        let aliases = self.cx.class_named(class).map(|info| &info.aliases);
        let Some(of) = aliases.and_then(|aliases| aliases.get(&method)).copied() else { return };
        let Some(row) = self.cx.words.function(of).first() else { return };
        let expr = self.cx.tree.expr(target);
        let param = |name| crate::syntax::ParamDef {
            name,
            annotation: None,
            default: None,
            variadic: false,
        };
        let def = FunctionDef {
            name,
            name_at: expr.start,
            receiver: None,
            params: vec![param("first"), param("second")],
            returns: Vec::new(),
            decorators: Vec::new(),
            is_async: false,
            body: None,
            doc: None,
            start: expr.start,
            end: expr.end,
        };
        let at = At {
            kind: FunctionKind::StaticMethod,
            qualified: class.member(name),
            class: Some(class),
            parent: None,
            scopes: Vec::new(),
            decorators: Vec::new(),
            outer_receiver: None,
        };
        self.cx.forward(&def, &at, of, row);
    }
}

fn returns(body: &[Stmt<'_>]) -> bool {
    body.iter().any(|stmt| {
        let mut found = matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Defer(_));
        each_body(stmt, &mut |inner| found = found || returns(inner));
        found
    })
}

const fn is_param(path: &Path) -> bool {
    matches!(path.root, Root::Param(_)) && path.steps.is_empty()
}

const fn is_kept(path: &Path) -> bool {
    matches!(path.root, Root::Receiver | Root::Class(_) | Root::Global(_)) && !path.steps.is_empty()
}
