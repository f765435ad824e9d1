//! The first look at a file: imports, classes with their fields, globals, result types.

use super::file::{ClassInfo, FieldInfo, FileCx};
use super::types::class_type;
use super::unique::says_unique;
use crate::event::{Class, Field, FunctionKind, Global, Import, Literal, Name, TypeRef};
use crate::syntax::{ClassDef, ExprId, ExprKind, FunctionDef, Stmt, StmtKind, TypeDef};

impl<'s> FileCx<'_, 's> {
    pub(super) fn declare(&mut self, globals: &mut Vec<Global>) -> Vec<Import> {
        let tree = self.tree;
        let mut imports = Vec::new();
        self.find_imports(&tree.body, &mut imports, 0);
        for import in &imports {
            self.imports.entry(import.alias).or_insert(import.target);
        }
        self.names(&tree.body);
        self.types(&tree.body);
        self.globals_in(&tree.body, globals, 0);
        self.conditions = self.conditions_of_module();
        self.infer();
        self.learn_from_use();
        imports
    }

    /// Imports stand anywhere in Python; the first of a name wins.
    fn find_imports(&self, body: &[Stmt<'s>], into: &mut Vec<Import>, depth: u32) {
        self.imports_of(body, into);
        if self.is_go() || depth > 8 {
            return;
        }
        for stmt in body {
            each_body(stmt, &mut |inner| self.find_imports(inner, into, depth + 1));
        }
    }

    fn names(&mut self, body: &[Stmt<'s>]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Class(def) => {
                    self.classes.entry(Name::new(def.name)).or_default();
                }
                StmtKind::Type(def) => {
                    self.classes.entry(Name::new(def.name)).or_default();
                }
                StmtKind::Function(def) if def.receiver.is_none() => {
                    self.functions.entry(Name::new(def.name)).or_default();
                }
                StmtKind::If { then, other, .. } => {
                    self.names(then);
                    self.names(other);
                }
                StmtKind::Try { body, handlers, .. } => {
                    self.names(body);
                    for handler in handlers {
                        self.names(&handler.body);
                    }
                }
                _ => {}
            }
        }
    }

    fn types(&mut self, body: &[Stmt<'s>]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Class(def) => self.class(def),
                StmtKind::Type(def) => self.go_type(def),
                StmtKind::Function(def) => self.signature(def),
                StmtKind::If { then, other, .. } => {
                    self.types(then);
                    self.types(other);
                }
                StmtKind::Try { body, .. } => self.types(body),
                _ => {}
            }
        }
    }

    fn result(&self, def: &FunctionDef<'s>) -> Option<TypeRef> {
        self.type_of(def.returns.first()?.annotation?)
    }

    fn signature(&mut self, def: &FunctionDef<'s>) {
        let result = self.result(def);
        let Some(receiver) = &def.receiver else {
            self.functions.insert(Name::new(def.name), result);
            return;
        };
        let Some(of) = receiver.annotation.and_then(|id| self.type_of(id)) else { return };
        let class = Name::new(of.name.as_str().trim_start_matches('.'));
        self.classes.entry(class).or_default().methods.insert(Name::new(def.name), result);
    }

    fn go_type(&mut self, def: &TypeDef<'s>) {
        let mut info = self.classes.remove(&Name::new(def.name)).unwrap_or_default();
        let mut facts = Class {
            name: Name::new(def.name),
            bases: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            requires: Vec::new(),
            is_interface: false,
            decorators: Vec::new(),
            doc: def.doc.as_deref().map(Into::into),
            span: self.span(def.start, def.end),
            underlying: None,
            unique: false,
        };
        info.declared = true;
        // Its own name must be known while its fields are read.
        self.classes.insert(facts.name, ClassInfo::default());
        match self.tree.kind(def.target) {
            ExprKind::StructType(fields) => {
                for field in fields {
                    let type_ref = field.annotation.and_then(|id| self.type_of(id));
                    let name = Name::new(field.name);
                    if let (true, Some(of)) = (field.embedded, &type_ref) {
                        info.embedded.push((name, of.clone()));
                        facts.bases.push(of.clone());
                    }
                    info.fields
                        .insert(name, FieldInfo { type_ref: type_ref.clone(), of_class: false });
                    let end = field.at + u32::try_from(field.name.len()).unwrap_or(0);
                    let span = self.span(field.at, end);
                    facts.fields.push(Field {
                        name,
                        type_ref,
                        embedded: field.embedded,
                        of_class: false,
                        span,
                    });
                }
            }
            ExprKind::InterfaceType { methods, embeds } => {
                facts.is_interface = true;
                info.is_interface = true;
                facts.requires = methods.iter().map(|name| Name::new(name)).collect();
                facts.bases = embeds.iter().filter_map(|id| self.type_of(*id)).collect();
                info.bases.clone_from(&facts.bases);
                if opens_files(methods) {
                    info.underlying = Some(TypeRef::plain(class_type(Name::new("file-system"))));
                }
            }
            _ => {
                facts.underlying = self.type_of(def.target);
                info.underlying.clone_from(&facts.underlying);
            }
        }
        let methods = self.classes.remove(&facts.name).unwrap_or_default().methods;
        info.methods.extend(methods);
        self.classes.insert(facts.name, info);
        self.class_facts.borrow_mut().push(facts);
    }

    fn class(&mut self, def: &ClassDef<'s>) {
        let bases: Vec<TypeRef> = def
            .bases
            .iter()
            .filter(|arg| arg.name.is_none() && arg.stars == 0)
            .filter_map(|arg| self.type_of(arg.value))
            .collect();
        let mut fields = Vec::new();
        let mut info = ClassInfo { bases: bases.clone(), declared: true, ..ClassInfo::default() };
        for stmt in &def.body {
            self.class_member(stmt, &mut info, &mut fields);
        }
        for field in &fields {
            let known = info
                .fields
                .entry(field.name)
                .or_insert_with(|| FieldInfo { type_ref: None, of_class: field.of_class });
            if known.type_ref.is_none() {
                known.type_ref.clone_from(&field.type_ref);
            }
        }
        info.common = self.common_fields(def, &fields);
        info.conditions = self.conditions_of_class(def);
        let is_interface = bases.iter().any(|base| base.name.as_str().ends_with("Protocol"));
        self.class_facts.borrow_mut().push(Class {
            name: Name::new(def.name),
            bases,
            fields,
            methods: Vec::new(),
            requires: if is_interface {
                info.methods.keys().copied().collect()
            } else {
                Vec::new()
            },
            is_interface,
            decorators: def.decorators.iter().filter_map(|id| self.decorator(*id)).collect(),
            doc: def.doc.as_deref().map(Into::into),
            span: self.span(def.start, def.end),
            underlying: None,
            unique: self.has_key_of_its_own(def),
        });
        self.classes.insert(Name::new(def.name), info);
    }

    /// Whether the body of a class, but for its methods, speaks of something unique.
    fn has_key_of_its_own(&self, def: &ClassDef<'s>) -> bool {
        def.body.iter().any(|stmt| match &stmt.kind {
            StmtKind::Function(method) => method.name == "__table_args__",
            _ => says_unique(self.text(stmt.start, stmt.end)),
        })
    }

    fn class_member(&self, stmt: &Stmt<'s>, info: &mut ClassInfo, fields: &mut Vec<Field>) {
        match &stmt.kind {
            StmtKind::Function(method) => {
                info.methods.insert(Name::new(method.name), self.result(method));
                if let Some(field) = self.field_handed_out(method) {
                    let property = |id: &ExprId| {
                        self.dotted(*id).is_some_and(|it| it.as_str().ends_with("property"))
                    };
                    let property = method.decorators.iter().any(property);
                    info.handing.insert(Name::new(method.name), (field, property));
                }
                if self.asks_for_a_file(method) {
                    info.asking.insert(Name::new(method.name));
                }
                if self.runs_statements(method) {
                    info.running.insert(Name::new(method.name));
                }
                let Some(receiver) = method.params.first() else { return };
                if let Some(body) = &method.body {
                    self.attributes(body, receiver.name, method, fields, 0);
                }
            }
            StmtKind::Assign { targets, value, .. } => {
                for target in targets {
                    if let ExprKind::Name(name) = self.tree.kind(*target) {
                        let of_class = !self.describes_field(*value);
                        self.field(name, self.made(*value), of_class, *target, fields);
                        info.aliases.extend(self.alias(*value).map(|of| (Name::new(name), of)));
                    }
                }
            }
            StmtKind::Declare { names, annotation, value, .. } => {
                for target in names {
                    if let ExprKind::Name(name) = self.tree.kind(*target) {
                        let of = annotation.and_then(|id| self.type_of(id));
                        let of = of.or_else(|| value.and_then(|id| self.made(id)));
                        let of_class = value.is_some_and(|id| !self.describes_field(id));
                        self.field(name, of, of_class, *target, fields);
                    }
                }
            }
            _ => {}
        }
    }

    /// `attrs.field(factory=deque)`, `field(default_factory=list)`: what each object is given for itself.
    fn describes_field(&self, value: ExprId) -> bool {
        let ExprKind::Call(callee, _) = self.tree.kind(value) else { return false };
        let word = self.dotted(*callee);
        let word = word.and_then(|name| name.as_str().rsplit('.').next());
        word.is_some_and(|word| {
            matches!(word, "field" | "ib" | "attrib" | "Field" | "Factory" | "PrivateAttr")
        })
    }

    /// `staticmethod(os.path.exists)` or `os.path.exists`.
    fn alias(&self, value: ExprId) -> Option<Name> {
        let named = match self.tree.kind(value) {
            ExprKind::Call(callee, args)
                if matches!(self.tree.kind(*callee), ExprKind::Name("staticmethod")) =>
            {
                args.first()?.value
            }
            ExprKind::Attr(..) => value,
            _ => return None,
        };
        let name = self.dotted(named)?;
        (!self.words.function(name).is_empty()).then_some(name)
    }

    fn field(
        &self,
        name: &str,
        of: Option<TypeRef>,
        of_class: bool,
        at: ExprId,
        fields: &mut Vec<Field>,
    ) {
        let name = Name::new(name);
        if let Some(known) = fields.iter_mut().find(|field| field.name == name) {
            if known.type_ref.is_none() {
                known.type_ref = of;
            }
            return;
        }
        let expr = self.tree.expr(at);
        let span = self.span(expr.start, expr.end);
        fields.push(Field { name, type_ref: of, embedded: false, of_class, span });
    }

    /// `self.x = …` anywhere in a method.
    pub(super) fn attributes(
        &self,
        body: &[Stmt<'s>],
        receiver: &str,
        method: &FunctionDef<'s>,
        fields: &mut Vec<Field>,
        depth: u32,
    ) {
        if depth > 12 {
            return;
        }
        for stmt in body {
            let (targets, of, value): (&[ExprId], _, _) = match &stmt.kind {
                StmtKind::Assign { targets, value, .. } => (targets, None, Some(*value)),
                StmtKind::Declare { names, annotation, value, .. } => {
                    (names, annotation.and_then(|id| self.type_of(id)), *value)
                }
                _ => {
                    each_body(stmt, &mut |inner| {
                        self.attributes(inner, receiver, method, fields, depth + 1);
                    });
                    continue;
                }
            };
            for target in targets {
                let ExprKind::Attr(base, name) = self.tree.kind(*target) else { continue };
                if matches!(self.tree.kind(*base), ExprKind::Name(found) if *found == receiver) {
                    let of = of.clone().or_else(|| self.assigned_type(value?, method));
                    self.field(name, of, false, *target, fields);
                }
            }
        }
    }

    /// What a value assigned to a field is: made here, or a parameter of a declared type.
    fn assigned_type(&self, value: ExprId, method: &FunctionDef<'s>) -> Option<TypeRef> {
        if let ExprKind::Name(name) = self.tree.kind(value) {
            let param = method.params.iter().find(|param| param.name == *name)?;
            return param
                .annotation
                .and_then(|id| self.type_of(id))
                .or_else(|| self.made(param.default?).filter(|of| of.name != "bool"));
        }
        if let ExprKind::Or(items) = self.tree.kind(value) {
            return items.iter().find_map(|item| self.assigned_type(*item, method));
        }
        self.made(value)
    }

    fn globals_in(&mut self, body: &[Stmt<'s>], globals: &mut Vec<Global>, depth: u32) {
        for stmt in body {
            let (targets, of, value): (&[ExprId], _, _) = match &stmt.kind {
                StmtKind::Assign { targets, value, .. } => (targets, None, Some(*value)),
                StmtKind::Declare { names, annotation, value, .. } => {
                    (names, annotation.and_then(|id| self.type_of(id)), *value)
                }
                _ if depth < 3
                    && !self.is_go()
                    && !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) =>
                {
                    let mut inner_bodies = Vec::new();
                    collect_bodies(stmt, &mut inner_bodies);
                    for inner in inner_bodies {
                        self.globals_in(inner, globals, depth + 1);
                    }
                    continue;
                }
                _ => continue,
            };
            let constant = matches!(&stmt.kind, StmtKind::Declare { constant: true, .. });
            let text = match value {
                Some(id) if self.is_go() && targets.len() == 1 => self.constant_text(id, constant),
                _ => None,
            };
            for target in targets {
                let ExprKind::Name(name) = self.tree.kind(*target) else { continue };
                let name = Name::new(name);
                if constant && self.is_go() {
                    self.constants.insert(name);
                }
                self.texts.extend(text.map(|text| (name, text)));
                let type_ref = of.clone().or_else(|| self.made(value?));
                let constant = value.and_then(|id| self.literal(id));
                let expr = self.tree.expr(*target);
                if !self.globals.contains_key(&name) {
                    let span = self.span(expr.start, expr.end);
                    globals.push(Global { name, type_ref: type_ref.clone(), constant, span });
                }
                self.globals.insert(name, type_ref);
            }
        }
    }

    pub(super) fn literal(&self, id: ExprId) -> Option<Literal> {
        Some(match self.tree.kind(id) {
            ExprKind::Nil => Literal::Nil,
            ExprKind::Bool(value) => Literal::Bool(*value),
            ExprKind::Number(text) => number(text),
            ExprKind::Text(text) => Literal::Text(Name::new(cut(text))),
            ExprKind::Ellipsis => Literal::Other,
            _ => return None,
        })
    }
}

pub(super) fn number(text: &str) -> Literal {
    let plain = text.replace('_', "");
    let parsed = match plain.get(..2) {
        Some("0x" | "0X") => i64::from_str_radix(&plain[2..], 16).ok(),
        Some("0o" | "0O") => i64::from_str_radix(&plain[2..], 8).ok(),
        Some("0b" | "0B") => i64::from_str_radix(&plain[2..], 2).ok(),
        _ => plain.parse().ok(),
    };
    match (parsed, plain.parse::<f64>()) {
        (Some(int), _) => Literal::Int(int),
        (None, Ok(float)) => Literal::Float(float),
        _ => Literal::Other,
    }
}

/// At most 4,096 bytes.
pub(super) fn cut(text: &str) -> &str {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Calls `visit` on each block within `stmt` that belongs to the same function.
pub(super) fn each_body<'t, 's>(stmt: &'t Stmt<'s>, visit: &mut dyn FnMut(&'t [Stmt<'s>])) {
    match &stmt.kind {
        StmtKind::If { then, other, .. } => {
            visit(then);
            visit(other);
        }
        StmtKind::While { body, other, post, .. } => {
            visit(body);
            visit(post);
            visit(other);
        }
        StmtKind::For { body, other, .. } => {
            visit(body);
            visit(other);
        }
        StmtKind::Switch { cases, .. } => {
            for case in cases {
                if let Some(comm) = &case.comm {
                    visit(std::slice::from_ref(comm));
                }
                visit(&case.body);
            }
        }
        StmtKind::Try { body, handlers, other, finally } => {
            visit(body);
            for handler in handlers {
                visit(&handler.body);
            }
            visit(other);
            visit(finally);
        }
        StmtKind::With { body, .. } | StmtKind::Block(body) => visit(body),
        _ => {}
    }
}

fn collect_bodies<'t, 's>(stmt: &'t Stmt<'s>, into: &mut Vec<&'t [Stmt<'s>]>) {
    each_body(stmt, &mut |body| into.push(body));
}

/// What sort of method a definition within a class is.
pub(super) fn method_kind(def: &FunctionDef<'_>, decorators: &[Name]) -> FunctionKind {
    let has = |word: &str| decorators.iter().any(|name| *name == word);
    let first = def.params.first().map(|own| own.name);
    match def.name {
        _ if has("staticmethod") => FunctionKind::StaticMethod,
        _ if has("classmethod") => FunctionKind::ClassMethod,
        // What a metaclass or `__new__` keeps is kept with a class, hence for everybody.
        "__new__" => FunctionKind::ClassMethod,
        _ if first.is_some_and(|name| matches!(name, "cls" | "mcs" | "mcls")) => {
            FunctionKind::ClassMethod
        }
        "__init__" | "__post_init__" => FunctionKind::Constructor,
        _ => FunctionKind::Method,
    }
}

/// Whether an interface is a file system's by its methods: it asks, opens or makes, and takes away by name.
fn opens_files(methods: &[&str]) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| methods.contains(word));
    any(&["Stat", "Lstat"])
        && any(&["Open", "OpenFile", "Create"])
        && any(&["Remove", "RemoveAll", "Rename"])
}
