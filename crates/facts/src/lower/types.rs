//! Types, from annotations, declarations and constructors.

use super::file::{ClassInfo, FileCx};
use crate::event::{Name, TypeRef};
use crate::syntax::{Arg, Binary, ExprId, ExprKind};
use crate::vocabulary::ClassId;

impl FileCx<'_, '_> {
    /// The full name of a type or function called `name` here.
    pub(super) fn resolve(&self, name: &str) -> Name {
        let name = Name::new(name);
        if let Some(target) = self.imports.get(&name) {
            return *target;
        }
        if self.class_named(name).is_some()
            || self.function_named(name).is_some()
            || self.global_named(name).is_some()
        {
            return name.local();
        }
        name
    }

    /// A type written as an annotation.
    pub(super) fn type_of(&self, id: ExprId) -> Option<TypeRef> {
        match self.tree.kind(id) {
            ExprKind::Name(name) => Some(TypeRef::plain(self.type_name(name))),
            ExprKind::Attr(..) => self.dotted(id).map(TypeRef::plain),
            ExprKind::Deref(inner) => {
                self.type_of(*inner).map(|inner| TypeRef { pointer: true, ..inner })
            }
            ExprKind::Index(base, args) => self.generic(*base, args),
            ExprKind::MapType(key, value) => {
                let args = [*key, *value].iter().map(|id| self.type_or_unknown(*id)).collect();
                Some(TypeRef { name: Name::new("map"), args, pointer: false })
            }
            ExprKind::SliceType(inner) => Some(self.wrapped("slice", *inner)),
            ExprKind::ChanType(inner) => Some(self.wrapped("chan", *inner)),
            ExprKind::FuncType => Some(TypeRef::plain(Name::new("func"))),
            ExprKind::InterfaceType { .. } => Some(TypeRef::plain(Name::new("interface"))),
            ExprKind::StructType(_) => Some(TypeRef::plain(Name::new("struct"))),
            ExprKind::Text(text) => self.quoted(text),
            ExprKind::Binary(_, left, right) => match self.tree.kind(*right) {
                ExprKind::Nil => self.type_of(*left),
                _ if matches!(self.tree.kind(*left), ExprKind::Nil) => self.type_of(*right),
                _ => self.type_of(*left),
            },
            _ => None,
        }
    }

    fn type_name(&self, name: &str) -> Name {
        match (self.is_go(), name) {
            (false, "Dict") => Name::new("dict"),
            (false, "List") => Name::new("list"),
            (false, "Set") => Name::new("set"),
            _ => self.resolve(name),
        }
    }

    fn wrapped(&self, name: &str, inner: ExprId) -> TypeRef {
        TypeRef { name: Name::new(name), args: vec![self.type_or_unknown(inner)], pointer: false }
    }

    fn type_or_unknown(&self, id: ExprId) -> TypeRef {
        self.type_of(id).unwrap_or(TypeRef::plain(Name::EMPTY))
    }

    fn generic(&self, base: ExprId, args: &[ExprId]) -> Option<TypeRef> {
        let base = self.type_of(base)?;
        let word = base.name.as_str().rsplit('.').next().unwrap_or_default();
        if matches!(
            word,
            "Optional" | "Annotated" | "Final" | "ClassVar" | "Union" | "Type" | "type"
        ) {
            let inner = args.first()?;
            if let ExprKind::Tuple(items) = self.tree.kind(*inner) {
                return self.type_of(*items.first()?);
            }
            return self.type_of(*inner);
        }
        let mut parts = Vec::new();
        for arg in args {
            match self.tree.kind(*arg) {
                ExprKind::Tuple(items) => {
                    parts.extend(items.iter().map(|id| self.type_or_unknown(*id)));
                }
                _ => parts.push(self.type_or_unknown(*arg)),
            }
        }
        let name = match (self.is_go(), word) {
            (false, "Dict" | "MutableMapping" | "Mapping" | "DefaultDict" | "OrderedDict") => {
                Name::new("dict")
            }
            (false, "List") => Name::new("list"),
            (false, "Set") => Name::new("set"),
            _ => base.name,
        };
        Some(TypeRef { name, args: parts, pointer: base.pointer })
    }

    /// `"Name"`, `"mod.Name"`, `"Optional[Name]"`.
    fn quoted(&self, text: &str) -> Option<TypeRef> {
        let text = text.trim().trim_start_matches("Optional[").trim_end_matches(']');
        let word = text.split(['[', '|', ' ']).next()?;
        let mut parts = word.split('.');
        let first = self.resolve(parts.next()?);
        let rest: String = parts.map(|part| format!(".{part}")).collect();
        Some(TypeRef::plain(if rest.is_empty() {
            first
        } else {
            Name::new(&format!("{first}{rest}"))
        }))
    }

    /// The full name of `a.b.c`, where `a` is an import or a class.
    pub(super) fn dotted(&self, id: ExprId) -> Option<Name> {
        match self.tree.kind(id) {
            ExprKind::Name(name) => Some(self.resolve(name)),
            ExprKind::Attr(base, name) => {
                let base = self.dotted(*base)?;
                Some(base.member(name))
            }
            ExprKind::Call(callee, _) => self.dotted(*callee),
            ExprKind::Index(base, _) => self.dotted(*base),
            _ => None,
        }
    }

    /// The name of a decorator; where it is made with a lock of its own, that is in the name:
    /// `@wrapped(threading.Lock())`.
    pub(super) fn decorator(&self, id: ExprId) -> Option<Name> {
        let name = self.dotted(id)?;
        let ExprKind::Call(_, args) = self.tree.kind(id) else { return Some(name) };
        let lock = args.iter().find_map(|arg| {
            let ExprKind::Call(made, _) = self.tree.kind(arg.value) else { return None };
            let made = self.dotted(*made)?;
            let word = made.as_str().rsplit('.').next().unwrap_or_default();
            matches!(word, "Lock" | "RLock").then_some(made)
        });
        let made = lock.map(|lock| Name::new(&format!("{name}({lock}())")));
        Some(made.or_else(|| self.external_lock(name, args)).unwrap_or(name))
    }

    /// The type of what an expression makes, from its form alone: for fields and globals.
    pub(super) fn made(&self, id: ExprId) -> Option<TypeRef> {
        let plain = |name: &str| Some(TypeRef::plain(Name::new(name)));
        let (dict, list) = if self.is_go() { ("map", "slice") } else { ("dict", "list") };
        match self.tree.kind(id) {
            ExprKind::Dict(_) | ExprKind::List(_) => {
                let name =
                    if matches!(self.tree.kind(id), ExprKind::Dict(_)) { dict } else { list };
                let args = self.held_in_literal(id).into_iter().collect();
                Some(TypeRef { name: Name::new(name), args, pointer: false })
            }
            ExprKind::Comprehension(_) if !self.is_go() => self.made_by_comprehension(id),
            ExprKind::Set(_) => plain("set"),
            ExprKind::Text(_) | ExprKind::Format(_) => plain("str"),
            ExprKind::Number(_) => plain("int"),
            ExprKind::Bool(_) => plain("bool"),
            ExprKind::Composite(Some(of), _) => self.type_of(*of),
            ExprKind::AddressOf(inner) => {
                self.made(*inner).map(|inner| TypeRef { pointer: true, ..inner })
            }
            ExprKind::Call(callee, args) => {
                self.made_by(*callee, args).or_else(|| self.path_by(*callee))
            }
            // `Path(__file__).parents[1]`
            ExprKind::Index(base, _)
                if matches!(self.tree.kind(*base), ExprKind::Attr(_, "parents")) =>
            {
                let ExprKind::Attr(of, _) = self.tree.kind(*base) else { return None };
                self.path_of(*of)
            }
            // `self.cache = caches["default"]`: a registry that a row describes.
            ExprKind::Index(base, _) if !self.is_go() => {
                let name = Name::new(&format!("{}.[]", self.dotted(*base)?));
                let returns = self.words.function(name).iter().find_map(|row| row.returns)?;
                Some(TypeRef::plain(class_type(returns)))
            }
            ExprKind::Or(items) => items.iter().rev().find_map(|item| self.made(*item)),
            ExprKind::Conditional { then, other, .. } => {
                self.made(*then).or_else(|| self.made(*other))
            }
            ExprKind::Await(inner) => self.made(*inner),
            ExprKind::Binary(Binary::Div, left, right) => {
                self.path_of(*left).or_else(|| self.path_of(*right))
            }
            ExprKind::Attr(base, "parent") => self.path_of(*base),
            _ => None,
        }
    }

    /// The type of an expression that is a path: made here, or a variable of the module.
    fn path_of(&self, id: ExprId) -> Option<TypeRef> {
        let made = match self.tree.kind(id) {
            ExprKind::Name(name) => self.global_named(Name::new(name))?.clone(),
            _ => self.made(id),
        };
        made.filter(|of| self.is_path_type(of))
    }

    /// What a method of a path gives that gives a path again: `Path(__file__).resolve()`.
    fn path_by(&self, callee: ExprId) -> Option<TypeRef> {
        let ExprKind::Attr(base, method) = self.tree.kind(callee) else { return None };
        self.path_of(*base).filter(|of| self.gives_path(of, method))
    }

    fn made_by(&self, callee: ExprId, args: &[Arg<'_>]) -> Option<TypeRef> {
        if self.is_go()
            && let ExprKind::Name("make" | "new") = self.tree.kind(callee)
        {
            return self.type_of(args.first()?.value);
        }
        let name = self.dotted(callee)?;
        if let Some(own) = name.as_str().strip_prefix('.').filter(|own| !own.contains('.')) {
            if self.class_named(Name::new(own)).is_some() {
                return Some(TypeRef::plain(name));
            }
            return self.function_named(Name::new(own)).cloned().flatten();
        }
        for row in self.words.function(name) {
            if let Some(returns) = row.returns {
                let made = TypeRef::plain(class_type(returns));
                return Some(self.held_by_default(made, args));
            }
        }
        (self.words.class_of(name).is_some() || self.is_class_elsewhere(name))
            .then(|| self.held_by_default(TypeRef::plain(name), args))
    }

    /// Whether a name of another module is that of a class, by how it is spelled. What is called a lock is
    /// one by its name, whatever class it is of.
    fn is_class_elsewhere(&self, name: Name) -> bool {
        let Some((_, word)) = name.as_str().rsplit_once('.') else { return false };
        let spelled = word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase);
        let locks = ["Lock", "Mutex", "Semaphore"].iter().any(|lock| word.contains(lock));
        !self.is_go() && spelled && !locks
    }

    /// What a type of Go by its name is a lock for each key of: `KeyLocker`, `NamedMutex`. Its methods find the key's
    /// lock in a table of their own.
    pub(super) fn keyed_lock(&self, name: Name) -> Option<ClassId> {
        if !self.is_go() {
            return None;
        }
        let word = name.as_str().rsplit(['.', '/']).next().unwrap_or_default().to_ascii_lowercase();
        let keyed = ["key", "named", "striped", "multi"].iter().any(|of| word.contains(of));
        let locks = word.contains("lock") || word.contains("mutex");
        let class = if word.contains("rw") { "rwmutex" } else { "mutex" };
        (keyed && locks).then(|| self.words.class_named(class))?
    }

    /// The vocabulary's class of a type: by name, or through what it is made of or inherits from.
    pub(super) fn class_of(&self, of: &TypeRef) -> Option<ClassId> {
        if let Some(id) = self.words.class_of(of.name).or_else(|| self.keyed_lock(of.name)) {
            return Some(id);
        }
        let info = self.class_info(of)?;
        let under = info.underlying.iter().chain(&info.bases);
        under.filter(|base| base.name != of.name).find_map(|base| self.class_of_base(base, 0))
    }

    fn class_of_base(&self, of: &TypeRef, depth: u8) -> Option<ClassId> {
        if depth > 6 {
            return None;
        }
        if let Some(id) = self.words.class_of(of.name) {
            return Some(id);
        }
        let info = self.class_info(of)?;
        info.underlying
            .iter()
            .chain(&info.bases)
            .find_map(|base| self.class_of_base(base, depth + 1))
    }

    pub(super) fn class_info(&self, of: &TypeRef) -> Option<&ClassInfo> {
        match of.name.bare() {
            Some(own) => self.class_named(own),
            // In Go a bare name is of the same package.
            None if self.package.is_some() => self.class_named(of.name),
            None => None,
        }
    }

    /// The type of a field, and the embedded fields it is reached through.
    pub(super) fn field_type(
        &self,
        of: &TypeRef,
        field: Name,
    ) -> Option<(Option<TypeRef>, Vec<Name>)> {
        self.field_within(of, field, 0)
    }

    fn field_within(
        &self,
        of: &TypeRef,
        field: Name,
        depth: u8,
    ) -> Option<(Option<TypeRef>, Vec<Name>)> {
        let info = self.class_info(of)?;
        if let Some(found) = info.fields.get(&field) {
            return Some((found.type_ref.clone(), Vec::new()));
        }
        if depth > 4 {
            return None;
        }
        for (name, embedded) in &info.embedded {
            if let Some((found, mut via)) = self.field_within(embedded, field, depth + 1) {
                via.insert(0, *name);
                return Some((found, via));
            }
        }
        info.bases.iter().find_map(|base| self.field_within(base, field, depth + 1))
    }

    /// The embedded fields on the way to one whose class in the vocabulary has this method.
    pub(super) fn promoted(&self, of: &TypeRef, method: Name) -> Option<(Vec<Name>, TypeRef)> {
        self.promoted_within(of, method, 0)
    }

    fn promoted_within(
        &self,
        of: &TypeRef,
        method: Name,
        depth: u8,
    ) -> Option<(Vec<Name>, TypeRef)> {
        let info = self.class_info(of)?;
        let here = info.embedded.iter().find(|(_, of)| {
            self.words
                .class_of(of.name)
                .is_some_and(|class| !self.words.method(class, method).is_empty())
        });
        if let Some((name, of)) = here {
            return Some((vec![*name], of.clone()));
        }
        info.embedded.iter().filter(|_| depth < 3).find_map(|(name, of)| {
            let (mut via, found) = self.promoted_within(of, method, depth + 1)?;
            via.insert(0, *name);
            Some((via, found))
        })
    }

    /// The result type of a method of this file.
    pub(super) fn method_type(&self, of: &TypeRef, method: Name) -> Option<Option<TypeRef>> {
        self.method_within(of, method, 0)
    }

    fn method_within(&self, of: &TypeRef, method: Name, depth: u8) -> Option<Option<TypeRef>> {
        let info = self.class_info(of)?;
        if let Some(found) = info.methods.get(&method) {
            return Some(found.clone());
        }
        if depth > 4 {
            return None;
        }
        let above = info.bases.iter().chain(info.embedded.iter().map(|(_, of)| of));
        above.into_iter().find_map(|base| self.method_within(base, method, depth + 1))
    }
}

/// The type by which values of a vocabulary's class go.
pub(super) fn class_type(class: Name) -> Name {
    let text = class.as_str();
    if text.contains('.') { class } else { Name::new(&format!("#{text}")) }
}
