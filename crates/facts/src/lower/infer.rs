//! Types that nobody wrote down: `def path(self, key): return self.root / key`.
//!
//! Only what leads to a file, a table or a server is inferred, and only from what the class or the
//! file itself says: without it `self.path(key).exists()` would be a call of nobody knows what. A
//! field that is set from another one, a property and a helper that hands on another helper's
//! result are followed in a second round.

use super::declare::each_body;
use super::file::{FieldInfo, FileCx};
use crate::event::{Name, StoreKind, TypeRef};
use crate::syntax::{Binary, ClassDef, ExprId, ExprKind, FunctionDef, Stmt, StmtKind};

/// Helpers that hand on helpers.
const ROUNDS: usize = 2;
/// Steps from a returned expression to what it is made of.
const DEPTH_MAX: u32 = 6;

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Within<'d, 's> {
    class: Option<Name>,
    def: &'d FunctionDef<'s>,
}

impl<'s> FileCx<'_, 's> {
    /// Infers results and fields of a Python file, where it imports anything that could be meant.
    pub(super) fn infer(&mut self) {
        if self.is_go() {
            return;
        }
        let tree = self.tree;
        self.infer_tables(&tree.body);
        if !self.imports.values().any(|of| self.words.is_module(*of)) {
            return;
        }
        for _ in 0..ROUNDS {
            self.infer_in(&tree.body);
        }
    }

    /// Methods and properties that hand out a table that their object keeps.
    fn infer_tables(&mut self, body: &[Stmt<'s>]) {
        for stmt in body {
            let StmtKind::Class(class) = &stmt.kind else { continue };
            let name = Name::new(class.name);
            for stmt in &class.body {
                let StmtKind::Function(def) = &stmt.kind else { continue };
                let method = Name::new(def.name);
                self.learn_what_is_put(name, def);
                let unwritten =
                    self.class_named(name).is_some_and(|of| of.methods.get(&method) == Some(&None));
                if unwritten
                    && let Some(of) = self.table_handed_out(Some(name), def)
                    && let Some(info) = self.classes.get_mut(&name)
                {
                    info.methods.insert(method, Some(of));
                }
            }
        }
    }

    fn infer_in(&mut self, body: &[Stmt<'s>]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Class(def) => self.infer_class(def),
                StmtKind::Function(def) => {
                    let name = Name::new(def.name);
                    if matches!(self.functions.get(&name), Some(None))
                        && let Some(of) = self.returned(Within { class: None, def })
                    {
                        self.functions.insert(name, Some(of));
                    }
                }
                _ => {}
            }
        }
    }

    fn infer_class(&mut self, class: &ClassDef<'s>) {
        let name = Name::new(class.name);
        for stmt in &class.body {
            let StmtKind::Function(def) = &stmt.kind else { continue };
            let at = Within { class: Some(name), def };
            let mut fields = Vec::new();
            self.set_fields(def.body.as_deref().unwrap_or_default(), at, &mut fields, 0);
            let method = Name::new(def.name);
            let unwritten =
                self.class_named(name).is_some_and(|of| of.methods.get(&method) == Some(&None));
            let result = if unwritten { self.returned(at) } else { None };
            let property = def
                .decorators
                .iter()
                .any(|id| self.dotted(*id).is_some_and(|name| name.as_str().ends_with("property")));
            let Some(info) = self.classes.get_mut(&name) else { return };
            for (field, of) in fields {
                if let Some(known) = info.fields.get_mut(&field) {
                    known.type_ref.get_or_insert(of);
                }
            }
            if let Some(of) = result {
                info.methods.insert(method, Some(of));
            }
            if let (true, Some(Some(of))) = (property, info.methods.get(&method)) {
                let of = FieldInfo { type_ref: Some(of.clone()), of_class: false };
                info.fields.entry(method).or_insert(of);
            }
        }
    }

    /// `self.x = …`, where the type can be told only now.
    fn set_fields(
        &self,
        body: &[Stmt<'s>],
        at: Within<'_, 's>,
        found: &mut Vec<(Name, TypeRef)>,
        depth: u32,
    ) {
        if depth > DEPTH_MAX {
            return;
        }
        for stmt in body {
            if let StmtKind::Assign { targets, value, .. } = &stmt.kind {
                for target in targets {
                    if let Some(field) = self.own_field(*target, at)
                        && let Some(of) = self.inferred(*value, at, 0)
                    {
                        found.push((field, of));
                    }
                }
            }
            each_body(stmt, &mut |inner| self.set_fields(inner, at, found, depth + 1));
        }
    }

    /// The field, where an expression is one of the receiver.
    fn own_field(&self, id: ExprId, at: Within<'_, 's>) -> Option<Name> {
        let ExprKind::Attr(base, field) = self.tree.kind(id) else { return None };
        let ExprKind::Name(base) = self.tree.kind(*base) else { return None };
        let own = at.class.and(at.def.params.first())?;
        (own.name == *base).then(|| Name::new(field))
    }

    /// What a function returns, as far as one of its returns tells.
    fn returned(&self, at: Within<'_, 's>) -> Option<TypeRef> {
        let mut found = None;
        self.each_return(at.def.body.as_deref()?, 0, &mut |id| {
            found = found.take().or_else(|| self.inferred(id, at, 0));
        });
        found
    }

    /// Visits what a function returns, wherever it does.
    pub(super) fn each_return(&self, body: &[Stmt<'s>], depth: u32, visit: &mut dyn FnMut(ExprId)) {
        for stmt in body.iter().filter(|_| depth <= DEPTH_MAX) {
            if let StmtKind::Return(Some(id)) = stmt.kind {
                visit(id);
            }
            each_body(stmt, &mut |inner| self.each_return(inner, depth + 1, visit));
        }
    }

    fn inferred(&self, id: ExprId, at: Within<'_, 's>, depth: u32) -> Option<TypeRef> {
        if depth > DEPTH_MAX {
            return None;
        }
        let deeper = |id: ExprId| self.inferred(id, at, depth + 1);
        let found = match self.tree.kind(id) {
            ExprKind::Binary(Binary::Div, left, right) => {
                deeper(*left).or_else(|| deeper(*right)).filter(|of| self.is_path_type(of))
            }
            ExprKind::Name(name) => self.variable(name, at, depth),
            ExprKind::Attr(base, name) => match self.own_field(id, at) {
                Some(field) => {
                    let own = TypeRef::plain(Name::new(&format!(".{}", at.class?)));
                    self.field_type(&own, field)?.0
                }
                None => deeper(*base).filter(|of| *name == "parent" && self.is_path_type(of)),
            },
            ExprKind::Call(callee, _) => self.called(*callee, at, depth).or_else(|| self.made(id)),
            ExprKind::Or(items) => items.iter().find_map(|item| deeper(*item)),
            ExprKind::Conditional { then, other, .. } => deeper(*then).or_else(|| deeper(*other)),
            _ => self.made(id),
        };
        found.filter(|of| self.leads_outside(of))
    }

    fn called(&self, callee: ExprId, at: Within<'_, 's>, depth: u32) -> Option<TypeRef> {
        let ExprKind::Attr(base, method) = self.tree.kind(callee) else { return None };
        if self.own_field(callee, at).is_some() {
            let own = TypeRef::plain(Name::new(&format!(".{}", at.class?)));
            return self.method_type(&own, Name::new(method))?;
        }
        self.inferred(*base, at, depth + 1).filter(|of| self.gives_path(of, method))
    }

    /// A parameter of a declared type, a local variable, or one of the module.
    fn variable(&self, name: &str, at: Within<'_, 's>, depth: u32) -> Option<TypeRef> {
        if let Some(param) = at.def.params.iter().find(|param| param.name == name) {
            return self.type_of(param.annotation?);
        }
        let mut value = None;
        self.each_assigned(at.def.body.as_deref()?, name, 0, &mut |id| {
            value = value.or(Some(id));
        });
        match value {
            Some(id) => self.inferred(id, at, depth + 1),
            None => self.global_named(Name::new(name))?.clone(),
        }
    }

    fn each_assigned(
        &self,
        body: &[Stmt<'s>],
        name: &str,
        depth: u32,
        visit: &mut dyn FnMut(ExprId),
    ) {
        for stmt in body.iter().filter(|_| depth <= DEPTH_MAX) {
            if let StmtKind::Assign { targets, value, .. } = &stmt.kind
                && targets.iter().any(
                    |id| matches!(self.tree.kind(*id), ExprKind::Name(found) if *found == name),
                )
            {
                visit(*value);
            }
            each_body(stmt, &mut |inner| self.each_assigned(inner, name, depth + 1, visit));
        }
    }

    /// Whether a method of a path gives a path again: `resolve`.
    pub(super) fn gives_path(&self, of: &TypeRef, method: &str) -> bool {
        let class = self.class_of(of).filter(|_| self.is_path_type(of));
        let rows = class.map(|class| self.words.method(class, Name::new(method)));
        let first = rows.and_then(|rows| rows.first());
        first.is_some_and(|row| row.returns.is_some_and(|returns| returns == "path"))
    }

    pub(super) fn is_path_type(&self, of: &TypeRef) -> bool {
        let path = self.words.class_named("path");
        path.is_some() && self.class_of(of) == path
    }

    /// Whether what is of this type is kept outside of the process.
    fn leads_outside(&self, of: &TypeRef) -> bool {
        let store = self.class_of(of).and_then(|class| self.words.class(class).store);
        matches!(
            store,
            Some(
                StoreKind::File
                    | StoreKind::Sql
                    | StoreKind::Orm
                    | StoreKind::Remote
                    | StoreKind::Api
            )
        )
    }
}
