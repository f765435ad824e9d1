//! Who is called: functions, methods, classes, and what is known of them.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::body::{Body, Val, last_word, shared};
use crate::event::{Confidence, Name, Path, Root, Step, TypeRef, ValueId, ValueKind, says_any};
use crate::syntax::{ExprId, ExprKind};
use crate::vocabulary::{ClassId, Row};

/// Who is called.
pub(super) struct Callee<'a> {
    /// The full name, or the path with the method.
    pub(super) name: Name,
    pub(super) word: Name,
    pub(super) receiver: Option<Val>,
    pub(super) value: Option<ValueId>,
    pub(super) rows: &'a [Row],
    pub(super) class: Option<ClassId>,
    pub(super) confidence: Confidence,
    /// The type of the result, where the callee is of this file.
    pub(super) own: Option<Option<TypeRef>>,
}

impl<'a, 's> Body<'_, 'a, 's> {
    pub(super) fn callee(&mut self, id: ExprId) -> Callee<'a> {
        let tree = self.cx.tree;
        match tree.kind(id) {
            ExprKind::Attr(base, method) => {
                if let ExprKind::Call(inner, _) = tree.kind(*base)
                    && matches!(tree.kind(*inner), ExprKind::Name("super"))
                {
                    return self.super_callee(Name::new(method), id);
                }
                let base = self.expr(*base);
                self.method_callee(base, Name::new(method), id)
            }
            ExprKind::Index(base, _)
                if self.cx.is_go()
                    && matches!(tree.kind(*base), ExprKind::Name(_) | ExprKind::Attr(..)) =>
            {
                self.callee(*base)
            }
            _ => {
                let val = self.expr(id);
                let span = self.span_of(id);
                match self.bound_method(&val, span) {
                    Some((base, method)) => self.object_callee(base, method, id),
                    None => self.value_callee(&val),
                }
            }
        }
    }

    fn super_callee(&mut self, method: Name, id: ExprId) -> Callee<'a> {
        let span = self.span_of(id);
        let receiver = self.receiver.clone().map(|(_, ty)| {
            let id = self.pure(ValueKind::Receiver, span);
            Val { id, ty, path: Some(Path::root(Root::Receiver)) }
        });
        Callee {
            name: Name::new(&format!("super.{method}")),
            word: method,
            receiver,
            value: None,
            rows: &[],
            class: None,
            confidence: Confidence::Certain,
            own: None,
        }
    }

    pub(super) fn value_callee(&self, val: &Val) -> Callee<'a> {
        let name = match self.value(val.id) {
            ValueKind::Named(name) => *name,
            _ => Name::EMPTY,
        };
        let mut rows = self.cx.words.function(name);
        let mut class = None;
        if let (true, Some(Step::Field(method))) =
            (name.is_empty(), val.path.as_ref().and_then(|path| path.steps.last()))
        {
            // A bound method in a variable: `quote = connection.quote_name`.
            class = self.cx.words.distinct(*method);
            rows = class.map_or(&[], |class| self.cx.words.method(class, *method));
        }
        let own = name.bare().map(|own| self.own_function(own));
        let word = Name::new(name.as_str().rsplit('.').next().unwrap_or_default());
        let word = if word.is_empty() {
            val.path.as_ref().and_then(last_word).map_or(Name::EMPTY, Name::new)
        } else {
            word
        };
        Callee {
            name,
            word,
            receiver: None,
            value: Some(val.id),
            rows,
            class,
            confidence: Confidence::Certain,
            own,
        }
    }

    fn own_function(&self, name: Name) -> Option<TypeRef> {
        if self.cx.class_named(name).is_some() {
            return Some(TypeRef::plain(name.local()));
        }
        self.cx.function_named(name).cloned().flatten()
    }

    fn method_callee(&mut self, base: Val, method: Name, id: ExprId) -> Callee<'a> {
        if let (ValueKind::Named(module), None) = (self.value(base.id), &base.ty) {
            let name = module.member(method.as_str());
            let rows = self.cx.words.function(name);
            let as_value = rows.is_empty().then(|| self.guess(&base, method)).flatten();
            if let Some((class, confidence)) = as_value {
                return self.class_callee(base, method, class, confidence);
            }
            return Callee {
                name,
                word: method,
                receiver: Some(base),
                value: None,
                rows,
                class: None,
                confidence: Confidence::Certain,
                own: None,
            };
        }
        self.object_callee(base, method, id)
    }

    pub(super) fn object_callee(&mut self, mut base: Val, method: Name, _id: ExprId) -> Callee<'a> {
        let sure = if self.cx.is_go() { Confidence::Certain } else { Confidence::Likely };
        if let Some(ty) = base.ty.clone() {
            if let Some(class) = self.cx.keyed_lock(ty.name)
                && !self.cx.words.method(class, method).is_empty()
            {
                return self.class_callee(base, method, class, sure);
            }
            if let Some(own) = self.cx.method_type(&ty, method) {
                return self.own_method(base, method, own);
            }
            if let Some(name) =
                self.cx.class_info(&ty).and_then(|info| info.aliases.get(&method)).copied()
            {
                let rows = self.cx.words.function(name);
                return Callee {
                    rows,
                    name,
                    confidence: sure,
                    ..self.own_method(base, method, None)
                };
            }
            if let Some((embedded, of)) = self.cx.promoted(&ty, method) {
                base.path = Some(self.path_of(&base).through(embedded));
                base.ty = Some(of);
            }
        }
        let typed = base.ty.as_ref().and_then(|ty| self.cx.class_of(ty));
        if let Some(class) = typed.filter(|class| !self.cx.words.method(*class, method).is_empty())
        {
            return self.class_callee(base, method, class, sure);
        }
        let known = base.ty.as_ref().is_some_and(|ty| match self.cx.class_info(ty) {
            // A wrapper that hands on what it embeds has the methods of what it is called.
            Some(info) => {
                info.declared
                    && !info.is_interface
                    && (info.embedded.is_empty() || !self.cx.is_go())
            }
            None => !self.is_open_type(ty.name),
        });
        if self.queries.contains_key(&base.id)
            && let Some(class) = self.cx.words.class_named("queryset")
            && !self.cx.words.method(class, method).is_empty()
        {
            return self.class_callee(base, method, class, Confidence::Likely);
        }
        if typed.is_none()
            && !known
            && let Some((class, confidence)) = self.guess(&base, method)
        {
            return self.class_callee(base, method, class, confidence);
        }
        self.own_method(base, method, None)
    }

    pub(super) fn own_method(
        &mut self,
        base: Val,
        method: Name,
        own: Option<TypeRef>,
    ) -> Callee<'a> {
        let path = self.path_of(&base);
        Callee {
            name: Name::new(&format!("{path}.{method}")),
            word: method,
            receiver: Some(base),
            value: None,
            rows: &[],
            class: None,
            confidence: Confidence::Certain,
            own: Some(own),
        }
    }

    fn class_callee(
        &mut self,
        base: Val,
        method: Name,
        class: ClassId,
        confidence: Confidence,
    ) -> Callee<'a> {
        let rows = self.cx.words.method(class, method);
        let path = self.path_of(&base);
        Callee {
            name: Name::new(&format!("{path}.{method}")),
            word: method,
            receiver: Some(base),
            value: None,
            rows,
            class: Some(class),
            confidence,
            own: None,
        }
    }

    /// By what the receiver is called, or by a method that few classes have.
    fn guess(&self, base: &Val, method: Name) -> Option<(ClassId, Confidence)> {
        let words = self.cx.words;
        if let Some(class) = self.related_manager(base, method) {
            return Some((class, Confidence::Likely));
        }
        let used_as = match base.path.as_ref().and_then(|path| path.steps.last()) {
            Some(Step::Field(field)) => self.cx.used_as.get(field).copied(),
            _ => None,
        };
        if let Some(class) = used_as.filter(|class| !words.method(*class, method).is_empty()) {
            return Some((class, Confidence::Likely));
        }
        if let Some(class) = self.path_by_use(base, method) {
            return Some((class, Confidence::Likely));
        }
        if self.cx.mentions_redis
            && base.path.as_ref().and_then(|path| self.called(path)).is_some_and(is_client)
        {
            let redis = words.class_named("redis");
            if let Some(class) = redis.filter(|class| !words.method(*class, method).is_empty()) {
                return Some((class, Confidence::Guess));
            }
        }
        let named = base
            .path
            .as_ref()
            .and_then(|path| self.called(path))
            .and_then(|word| words.guess(word));
        if let Some(class) = named.filter(|class| !words.method(*class, method).is_empty()) {
            // A manager that stands on a class is called so by convention, and nothing else is.
            let called = base.path.as_ref().and_then(|path| self.called(path));
            let manager = called == Some("objects");
            let sure = if manager { Confidence::Likely } else { Confidence::Guess };
            return Some((class, sure));
        }
        let class = words.distinct(method)?;
        let plain = matches!(words.class(class).name.as_str(), "dict" | "list" | "map" | "set");
        let reachable = base.path.as_ref().is_some_and(|path| {
            shared(path)
                && !matches!(&path.root, Root::Global(name) if path.steps.is_empty() && !name.as_str().starts_with('.'))
        });
        (!plain || reachable)
            .then_some((class, if plain { Confidence::Guess } else { Confidence::Likely }))
    }

    /// The class of paths, if what is called like the receiver is used as one in this file. Texts have no such methods,
    /// whatever they are called.
    fn path_by_use(&self, base: &Val, method: Name) -> Option<ClassId> {
        let of_paths =
            ["exists", "mkdir", "open", "rename", "touch", "stat", "lstat", "rmdir", "unlink"];
        if self.cx.is_go() || !of_paths.contains(&method.as_str()) {
            return None;
        }
        let word = match (self.value(base.id), base.path.as_ref()) {
            (_, Some(path)) => self.called(path)?,
            (ValueKind::Named(name), None) => name.as_str().rsplit('.').next()?,
            _ => return None,
        };
        let used = self.cx.used_as_paths.contains(&Name::new(word));
        self.cx.words.class_named("path").filter(|_| used)
    }
}

/// What Redis clients are called where nothing else is.
fn is_client(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(word.as_str(), "r" | "c" | "conn" | "connection" | "server" | "con" | "cli" | "pipe")
        || word.ends_with("client")
}

pub(super) fn is_own(path: &Path) -> bool {
    matches!(&path.root, Root::Global(name) if name.as_str().starts_with('.'))
}

/// Whether a method gives something that is shared, by its name.
fn gets_shared(word: &str) -> bool {
    const WORDS: [&str; 16] = [
        "shard", "bucket", "lock", "cache", "store", "pool", "conn", "client", "segment", "stripe",
        "redis", "session", "registry", "map", "table", "mutex",
    ];
    let begins =
        |with: &str| word.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    !begins("new") && !begins("make") && says_any(word, &WORDS)
}

/// The place that a getter stands for: `self.shard(k)`, `pool.client()`.
pub(super) fn getter(base: &Val, method: Name) -> Option<Path> {
    thread_local! {
        static GETS: RefCell<FxHashMap<Name, bool>> = RefCell::default();
    }
    let path = base.path.as_ref().filter(|path| shared(path))?;
    let gets = |known: &mut FxHashMap<Name, bool>| {
        *known.entry(method).or_insert_with(|| gets_shared(method.as_str()))
    };
    if !GETS.with_borrow_mut(gets) {
        return None;
    }
    let mut path = path.clone();
    path.steps.push(Step::Getter(method));
    Some(path)
}
