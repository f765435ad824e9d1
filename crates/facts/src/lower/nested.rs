//! Functions within functions: methods, closures, and what they take from around them.

use std::rc::Rc;

use super::body::{Body, Env, Val};
use super::declare::each_body;
use super::file::{Place as At, snapshot};
use crate::event::{
    EventKind, FunctionId, FunctionKind, Name, Path, Root, Span, TypeRef, ValueKind,
};
use crate::syntax::{ExprId, ExprKind, FunctionDef, Stmt, StmtKind};

impl<'a, 's> Body<'_, 'a, 's> {
    pub(super) fn method(&mut self, def: &FunctionDef<'s>, class: Name) {
        let decorators: Vec<Name> =
            def.decorators.iter().filter_map(|id| self.cx.decorator(*id)).collect();
        let kind = super::declare::method_kind(def, &decorators);
        let scopes =
            if self.kind == FunctionKind::Module { Vec::new() } else { self.inner_scopes() };
        self.cx.function(
            def,
            &At {
                kind,
                qualified: class.member(def.name),
                class: Some(class),
                parent: (self.kind != FunctionKind::Module).then_some(self.id),
                scopes,
                decorators,
                outer_receiver: None,
            },
        );
    }

    pub(super) fn inner_scopes(&self) -> Vec<Rc<Env>> {
        let mut scopes = self.scopes.clone();
        scopes.push(snapshot(&self.env));
        scopes
    }

    /// A function at the top level, a Go method, or a function within a function.
    pub(super) fn nested(&mut self, def: &FunctionDef<'s>) {
        if self.kind != FunctionKind::Module {
            let val = self.closure(def, def.name);
            self.env.insert(Name::new(def.name), Rc::new(val));
            return;
        }
        let decorators = def.decorators.iter().filter_map(|id| self.cx.decorator(*id)).collect();
        let name = Name::new(def.name);
        let of =
            def.receiver.as_ref().and_then(|own| own.annotation).and_then(|id| self.cx.type_of(id));
        let class = def.receiver.as_ref().map(|_| {
            let of = of.as_ref().map_or(Name::EMPTY, |of| of.name);
            Name::new(of.as_str().trim_start_matches('.'))
        });
        let (kind, qualified) = match class {
            Some(class) => (FunctionKind::Method, class.member(name.as_str())),
            None if self.cx.is_go() && name == "init" => (FunctionKind::Module, name),
            None if self.cx.is_go()
                && name.as_str().starts_with("New")
                && !def.returns.is_empty() =>
            {
                (FunctionKind::Constructor, name)
            }
            None => (FunctionKind::Free, name),
        };
        self.cx.function(
            def,
            &At {
                kind,
                qualified,
                class,
                parent: None,
                scopes: Vec::new(),
                decorators,
                outer_receiver: None,
            },
        );
    }

    /// A function within this one; gives it as a value.
    pub(super) fn closure(&mut self, def: &FunctionDef<'s>, name: &str) -> Val {
        let qualified = if name.is_empty() {
            self.closures += 1;
            let word = if self.cx.is_go() { "func" } else { "<lambda>" };
            Name::new(&format!("{}.{word}{}", self.qualified, self.closures))
        } else {
            self.qualified.member(name)
        };
        let decorators = def.decorators.iter().filter_map(|id| self.cx.decorator(*id)).collect();
        let receiver: Option<(Name, Option<TypeRef>)> = self.receiver.clone();
        let id = self.cx.function(
            def,
            &At {
                kind: FunctionKind::Closure,
                qualified,
                class: self.class,
                parent: Some(self.id),
                scopes: self.inner_scopes(),
                decorators,
                outer_receiver: receiver.as_ref(),
            },
        );
        self.captures(def);
        let span = self.cx.span(def.start, def.end);
        self.given_within(id, span);
        self.note_captured(id, def);
        let id = self.pure(ValueKind::Closure(id), span);
        Val { id, ty: Some(TypeRef::plain(Name::new("func"))), path: None }
    }

    /// What a Go closure assigns to a variable of this function is not known to it any more.
    fn given_within(&mut self, closure: FunctionId, span: Span) {
        if !self.cx.is_go() {
            return;
        }
        let mut names: Vec<Name> = Vec::new();
        let out = self.cx.out.borrow();
        // A closure of the closure assigns it as well.
        let mut within = vec![closure];
        let inner = (0_u32..).zip(out.iter()).skip(closure.0 as usize + 1);
        for (id, function) in inner {
            if let Some(function) = function
                && function.parent.is_some_and(|outer| within.contains(&outer))
            {
                within.push(FunctionId(id));
            }
        }
        for function in within.iter().filter_map(|id| out.get(id.0 as usize)?.as_ref()) {
            function.each_event(|event| {
                if let EventKind::Act(act) = &event.kind
                    && let crate::event::Place::Path(Path { root: Root::Captured(name), steps }) =
                        &function.store(act.store).place
                    && steps.is_empty()
                {
                    names.push(*name);
                }
            });
        }
        drop(out);
        for name in names {
            if let Some(known) = self.env.get(&name).map(|val| Val::clone(val)) {
                let path = Path::root(Root::Local { name, escapes: true });
                let shape = self.unique();
                let id = self.fresh(ValueKind::Load(path), shape, span);
                self.origins.insert(name, None);
                self.env.insert(name, Rc::new(Val { id, ..known }));
            }
        }
    }

    /// Every variable of this function named in the closure's text is out of its hands.
    pub(super) fn captures(&mut self, def: &FunctionDef<'s>) {
        let named = self.named_within(def);
        self.escaped.extend(named);
    }

    /// Notes what the variables are that a function within this one may ask for.
    fn note_captured(&mut self, closure: FunctionId, def: &FunctionDef<'s>) {
        let mut seen = Vec::new();
        for name in self.named_within(def) {
            let known = self.env.get(&name).filter(|val| {
                matches!(&val.path, Some(Path { root: Root::Local { .. }, steps }) if steps.is_empty())
            });
            if let Some(known) = known
                && !seen.contains(&name)
            {
                seen.push(name);
                self.captured.push((closure, name, known.id));
            }
        }
    }

    /// The variables of this function that the text of one within it names.
    fn named_within(&self, def: &FunctionDef<'s>) -> Vec<Name> {
        let text = self.cx.text(def.start, def.end);
        text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .map(Name::new)
            .filter(|name| self.env.contains_key(name))
            .collect()
    }

    /// Fields assigned anywhere in the function: reads of them are events.
    pub(super) fn collect_assigned(&mut self, body: &[Stmt<'s>]) {
        for stmt in body {
            let targets: &[ExprId] = match &stmt.kind {
                StmtKind::Assign { targets, .. } => targets,
                StmtKind::Augment { target, .. } => std::slice::from_ref(target),
                _ => &[],
            };
            for target in targets {
                self.assigned_in(*target);
            }
            if let StmtKind::Outer { names, .. } = &stmt.kind {
                self.assigned.extend(names.iter().map(|name| Name::new(name)));
            }
            let mut inner = Vec::new();
            each_body(stmt, &mut |body| inner.push(body));
            if self.depth < 64 {
                self.depth += 1;
                inner.into_iter().for_each(|body| self.collect_assigned(body));
                self.depth -= 1;
            }
        }
    }

    fn assigned_in(&mut self, target: ExprId) {
        let tree = self.cx.tree;
        match tree.kind(target) {
            ExprKind::Attr(_, name) => {
                self.assigned.insert(Name::new(name));
            }
            ExprKind::Name(name) => {
                let name = Name::new(name);
                if self.cx.global_named(name).is_some() {
                    self.assigned.insert(name);
                }
            }
            ExprKind::Tuple(items) => items.iter().for_each(|item| self.assigned_in(*item)),
            _ => {}
        }
    }
}
