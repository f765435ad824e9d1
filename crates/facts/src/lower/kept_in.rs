//! Tables that are kept within something: a property or a method that hands out a field, the item of
//! a table of tables, a shard of a list of shards.
//!
//! What such a function returns is a table only if every one of its returns names what is kept; a copy
//! or a table made on the spot is nobody else's.

use super::assign::element_type;
use super::body::{Body, Val, shared};
use super::declare::each_body;
use super::effect::Args;
use super::file::FileCx;
use crate::event::{Name, Step, StoreKind, TypeRef};
use crate::syntax::{Arg, Expr, ExprId, ExprKind, FunctionDef, Stmt, StmtKind};
use crate::vocabulary::Row;

/// Values of a literal that are looked at.
const VALUES_MAX: usize = 16;
/// Steps from an expression to the field it is part of.
const DEPTH_MAX: u32 = 6;

impl<'s> FileCx<'_, 's> {
    /// The field that a method does nothing but hand out: `return self._items`.
    pub(super) fn field_handed_out(&self, method: &FunctionDef<'s>) -> Option<Name> {
        let own = method.params.first().filter(|_| method.params.len() == 1)?;
        let body = method.body.as_deref()?;
        let text = |stmt: &&Stmt<'s>| {
            !matches!(&stmt.kind, StmtKind::Expr(id)
            if matches!(self.tree.kind(*id), ExprKind::Text(_)))
        };
        let mut statements = body.iter().filter(text);
        let (Some(only), None) = (statements.next(), statements.next()) else { return None };
        let StmtKind::Return(Some(id)) = only.kind else { return None };
        let ExprKind::Attr(base, field) = self.tree.kind(id) else { return None };
        matches!(self.tree.kind(*base), ExprKind::Name(name) if *name == own.name)
            .then(|| Name::new(field))
    }

    /// The table of a class, or of one above it, that a method or a property hands out.
    pub(super) fn handing(&self, of: &TypeRef, method: Name, property: bool) -> Option<Name> {
        self.handing_within(of, (method, property), 0)
    }

    fn handing_within(
        &self,
        of: &TypeRef,
        (method, property): (Name, bool),
        depth: u32,
    ) -> Option<Name> {
        let info = self.class_info(of)?;
        if info.methods.contains_key(&method) || depth > DEPTH_MAX {
            let found = info.handing.get(&method).filter(|(_, is)| *is == property);
            let (field, _) = *found?;
            let (kept, _) = self.field_type(of, field)?;
            return self.is_table(&kept?).then_some(field);
        }
        let mut above = info.bases.iter();
        above.find_map(|base| self.handing_within(base, (method, property), depth + 1))
    }

    /// The table that a function hands out of what its object or module keeps.
    pub(super) fn table_handed_out(
        &self,
        class: Option<Name>,
        def: &FunctionDef<'s>,
    ) -> Option<TypeRef> {
        let mut found = None;
        let mut others = false;
        self.each_return(def.body.as_deref()?, 0, &mut |id| match self
            .kept_type(id, class, def, 0)
            .filter(|of| self.is_table(of))
        {
            Some(of) => found = Some(of),
            None => others = true,
        });
        found.filter(|_| !others)
    }

    /// The type of a field, of a variable of the module, or of what is kept within.
    fn kept_type(
        &self,
        id: ExprId,
        class: Option<Name>,
        def: &FunctionDef<'s>,
        depth: u32,
    ) -> Option<TypeRef> {
        match self.tree.kind(id) {
            _ if depth > DEPTH_MAX => None,
            ExprKind::Attr(base, field) => {
                let own = class.and(def.params.first())?;
                let ExprKind::Name(base) = self.tree.kind(*base) else { return None };
                let of = TypeRef::plain(Name::new(&format!(".{}", class?)));
                self.field_type(&of, Name::new(field)).filter(|_| own.name == *base)?.0
            }
            ExprKind::Index(base, _) => {
                element_type(self.kept_type(*base, class, def, depth + 1).as_ref())
            }
            ExprKind::Name(name) => {
                let local = def.params.iter().any(|param| param.name == *name);
                self.global_named(Name::new(name)).filter(|_| !local)?.clone()
            }
            _ => None,
        }
    }

    pub(super) fn is_table(&self, of: &TypeRef) -> bool {
        let class = self.class_of(of);
        class.and_then(|class| self.words.class(class).store) == Some(StoreKind::Map)
    }

    /// What a literal of Python holds, if all containers in it are of one type: `{"items": {}, "n": 0}`,
    /// `[{} for _ in range(8)]`.
    pub(super) fn held_in_literal(&self, id: ExprId) -> Option<TypeRef> {
        if self.is_go() {
            return None;
        }
        let values: Vec<ExprId> = match self.tree.kind(id) {
            ExprKind::Dict(pairs) => {
                pairs.iter().take(VALUES_MAX).map(|(_, value)| *value).collect()
            }
            ExprKind::List(items) => items.iter().take(VALUES_MAX).copied().collect(),
            ExprKind::Comprehension(it) => it.elements.last().copied().into_iter().collect(),
            _ => return None,
        };
        let mut found: Option<TypeRef> = None;
        for value in values {
            let Some(of) = self.made(value) else { continue };
            let plain = matches!(of.name.as_str(), "str" | "int" | "bool");
            if plain {
                continue;
            }
            if found.as_ref().is_some_and(|known| known.name != of.name) {
                return None;
            }
            found = Some(of);
        }
        found.filter(|of| self.is_table(of))
    }

    /// What a comprehension makes, by its brackets.
    pub(super) fn made_by_comprehension(&self, id: ExprId) -> Option<TypeRef> {
        let Expr { start, .. } = self.tree.expr(id);
        let of = match self.text(*start, *start + 1) {
            "[" => "list",
            "{" => "dict",
            _ => return None,
        };
        let held = self.held_in_literal(id)?;
        Some(TypeRef { name: Name::new(of), args: vec![held], pointer: false })
    }

    /// `defaultdict(dict)`, `defaultdict(lambda: deque(maxlen=8))`.
    pub(super) fn held_by_default(&self, made: TypeRef, args: &[Arg<'_>]) -> TypeRef {
        let [Arg { value, name: None, stars: 0 }] = args else { return made };
        if self.is_go() || !self.is_table(&made) || !made.args.is_empty() {
            return made;
        }
        let held = match self.tree.kind(*value) {
            ExprKind::Function(lambda) => match lambda.body.as_deref() {
                Some([Stmt { kind: StmtKind::Return(Some(id)), .. }]) => self.made(*id),
                _ => None,
            },
            ExprKind::Name(_) | ExprKind::Attr(..) => self.type_of(*value),
            _ => None,
        };
        TypeRef { args: held.filter(|of| self.is_container(of)).into_iter().collect(), ..made }
    }

    /// Whether a type is one that holds others: a table, a list, a set.
    fn is_container(&self, of: &TypeRef) -> bool {
        let class = self.class_of(of);
        let kind = class.and_then(|class| self.words.class(class).store);
        matches!(kind, Some(StoreKind::Map | StoreKind::List))
    }

    /// Tables of an object that are filled with containers of one type: `self.seen[key] = set()`.
    pub(super) fn learn_what_is_put(&mut self, class: Name, def: &FunctionDef<'s>) {
        let Some(own) = def.params.first() else { return };
        let mut found = Vec::new();
        self.each_put(def.body.as_deref().unwrap_or_default(), own.name, &mut found, 0);
        for (field, held) in found {
            let info = self.classes.get(&class).and_then(|info| info.fields.get(&field));
            let Some(Some(of)) = info.map(|info| info.type_ref.clone()) else { continue };
            if of.args.is_empty() && self.is_table(&of) {
                let of = TypeRef { args: vec![held], ..of };
                let fields = self.classes.get_mut(&class).map(|info| &mut info.fields);
                if let Some(known) = fields.and_then(|fields| fields.get_mut(&field)) {
                    known.type_ref = Some(of);
                }
            }
        }
    }

    fn each_put(&self, body: &[Stmt<'s>], own: &str, found: &mut Vec<(Name, TypeRef)>, depth: u32) {
        for stmt in body.iter().filter(|_| depth <= DEPTH_MAX) {
            if let StmtKind::Assign { targets, value, .. } = &stmt.kind {
                let put = targets.iter().find_map(|target| match self.tree.kind(*target) {
                    ExprKind::Index(base, _) => self.field_of(*base, own),
                    _ => None,
                });
                let held = || self.made(*value).filter(|of| self.is_container(of));
                found.extend(put.and_then(|field| Some((field, held()?))));
            }
            each_body(stmt, &mut |inner| self.each_put(inner, own, found, depth + 1));
        }
    }

    fn field_of(&self, id: ExprId, own: &str) -> Option<Name> {
        let ExprKind::Attr(base, field) = self.tree.kind(id) else { return None };
        matches!(self.tree.kind(*base), ExprKind::Name(name) if *name == own)
            .then(|| Name::new(field))
    }
}

impl Body<'_, '_, '_> {
    /// What `table.setdefault(key, {})` gives is the entry itself, which holds others.
    pub(super) fn entry_given_back(&self, row: &Row, args: &Args, given: Val) -> Val {
        let Some(table) = args.receiver.as_ref().filter(|_| args.name == "setdefault") else {
            return given;
        };
        let held = element_type(table.ty.as_ref())
            .or_else(|| args.get(row.value)?.ty.clone())
            .filter(|of| self.cx.is_container(of));
        let path = table.path.as_ref().filter(|path| shared(path));
        let (Some(held), Some(path)) = (held, path) else { return given };
        let mut path = path.clone();
        path.steps.push(Step::Item);
        Val { ty: Some(held), path: Some(path), ..given }
    }
}
