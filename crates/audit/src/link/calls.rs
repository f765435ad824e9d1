//! Which functions of the tree a call may run.

use amorsize_facts::event::{
    Call, EventKind, Function, Lang, Name, Path, Root, Step, TypeRef, ValueId, ValueKind,
    runs_what_it_is_given as runs,
};
use std::sync::PoisonError;

use super::tree::{ClassId, FnId, Tree};

/// Implementations of a virtual call that are followed.
pub(crate) const FAN_OUT_MAX: usize = 3;

/// A function a call may run, and the concrete class it runs on, where known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Callee {
    pub id: FnId,
    pub class: Option<ClassId>,
    /// Whether the receiver is the caller's own receiver.
    pub own: bool,
}

impl Tree<'_> {
    /// The functions `call` may run when it stands in `from`, whose receiver is of `class`.
    pub(crate) fn resolve(&self, from: FnId, class: Option<ClassId>, call: &Call) -> Vec<Callee> {
        let text = call.callee.as_str();
        if let Some(name) = text.strip_prefix("super.") {
            let own = self.class_of(from);
            let found = own.and_then(|own| self.inherited(own, Name::new(name)));
            return found.map(|id| Callee { id, class, own: true }).into_iter().collect();
        }
        if let Some(path) = &call.receiver {
            let own_class = class.or_else(|| self.class_of(from));
            if path.root == Root::Receiver && path.steps.is_empty() {
                let found = own_class.and_then(|class| self.method(class, call.name));
                return found
                    .map(|id| Callee { id, class: own_class, own: true })
                    .into_iter()
                    .collect();
            }
            if let Some(found) = self.through(from, own_class, call) {
                return found;
            }
        } else if let Some(type_ref) = &call.receiver_type {
            return self.typed(from.file, type_ref, call.name);
        }
        self.named(from, call)
    }

    /// A method call on a path: `self.queue.push(x)`, `cache.get(k)`.
    fn through(&self, from: FnId, class: Option<ClassId>, call: &Call) -> Option<Vec<Callee>> {
        if let Some(type_ref) = &call.receiver_type {
            let found = self.typed(from.file, type_ref, call.name);
            return (!found.is_empty()).then_some(found);
        }
        if let Some(found) = self.of_what_was_given(from, call) {
            return Some(found);
        }
        let path = call.receiver.as_ref()?;
        if let (Root::Receiver, [Step::Field(field)]) = (&path.root, path.steps.as_slice()) {
            let type_ref = self.field_type(class?, *field)?;
            let found = self.typed(type_ref.0, type_ref.1, call.name);
            return (!found.is_empty()).then_some(found);
        }
        if let Root::Class(name) = &path.root
            && path.steps.is_empty()
        {
            let class = self.class_named(from.file, *name)?;
            let id = self.method(class, call.name)?;
            return Some(vec![Callee { id, class: Some(class), own: true }]);
        }
        None
    }

    /// A method of what a function of another package gave: `f, err := repo.Load(path)`, and then `f.Save(path)`.
    fn of_what_was_given(&self, from: FnId, call: &Call) -> Option<Vec<Callee>> {
        let function = self.function(from);
        let value = call.receiver_value.filter(|_| self.file(from).lang == Lang::Go)?;
        let (event, part) = match &function.value(value).kind {
            ValueKind::Result(event, _) => (*event, 0),
            ValueKind::Part(of, part) => match &function.value(*of).kind {
                ValueKind::Result(event, _) => (*event, *part),
                _ => return None,
            },
            _ => return None,
        };
        let EventKind::Call(maker) = &function.event(event)?.kind else { return None };
        if maker.receiver.is_some() || !maker.callee.as_str().contains('/') {
            return None;
        }
        let made = self.by_name(from, maker.callee)?;
        let of = self.function(made.id).returns.get(usize::from(part))?;
        let found = self.typed(made.id.file, of, call.name);
        (!found.is_empty()).then_some(found)
    }

    /// The declared type of a field, through the bases of the class.
    pub(crate) fn field_type(&self, class: ClassId, field: Name) -> Option<(u32, &TypeRef)> {
        self.ancestry(class).into_iter().find_map(|class| {
            let found = self.class(class).fields.iter().find(|f| f.name == field)?;
            found.type_ref.as_ref().map(|type_ref| (class.file, type_ref))
        })
    }

    /// The methods of that name which a receiver of that type may have.
    pub(crate) fn typed(&self, from: u32, type_ref: &TypeRef, name: Name) -> Vec<Callee> {
        let Some(class) = self.class_named(from, type_ref.name) else { return Vec::new() };
        let facts = self.class(class);
        if facts.is_interface {
            return self.implementations(class, name);
        }
        let id = self.method(class, name);
        id.map(|id| Callee { id, class: Some(class), own: false }).into_iter().collect()
    }

    /// The implementations of an interface's method, by method set.
    fn implementations(&self, interface: ClassId, name: Name) -> Vec<Callee> {
        let asks = &self.class(interface).requires;
        if asks.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for id in self.methods_named(name) {
            let Some(class) = self.class_of(*id) else { continue };
            if class == interface || self.class(class).is_interface {
                continue;
            }
            if asks.iter().all(|asked| self.method(class, *asked).is_some()) {
                found.push(Callee { id: *id, class: Some(class), own: false });
            }
            if found.len() > FAN_OUT_MAX {
                return Vec::new();
            }
        }
        found
    }

    /// The functions of the tree that `call` hands to something that runs them, with the number
    /// of the argument: `submit(self._save, key)`, `retry(load, path)`.
    pub(crate) fn handed(
        &self,
        from: FnId,
        class: Option<ClassId>,
        call: &Call,
    ) -> Vec<(usize, Callee)> {
        if call.args.is_empty() || self.file(from).lang != Lang::Python || !runs(call.name) {
            return Vec::new();
        }
        let found = call.args.iter().enumerate();
        let found = found.filter_map(|(n, value)| Some((n, self.spawned(from, class, *value)?)));
        found.take(2).collect()
    }

    /// The function of the tree that a value is.
    pub(crate) fn spawned(
        &self,
        from: FnId,
        class: Option<ClassId>,
        value: ValueId,
    ) -> Option<Callee> {
        match &self.function(from).value(value).kind {
            ValueKind::Named(name) => self.by_name(from, *name),
            ValueKind::Load(Path { root: Root::Receiver, steps }) => {
                let [Step::Field(name)] = steps.as_slice() else { return None };
                let class = class.or_else(|| self.class_of(from))?;
                Some(Callee { id: self.method(class, *name)?, class: Some(class), own: true })
            }
            _ => None,
        }
    }

    /// What classes derived from the caller's make of a call on `self`.
    pub(crate) fn overrides(&self, from: FnId, call: &Call) -> Vec<FnId> {
        let own = matches!(&call.receiver, Some(path)
            if path.root == Root::Receiver && path.steps.is_empty());
        if !own || self.file(from).lang != Lang::Python {
            return Vec::new();
        }
        let Some(class) = self.class_of(from) else { return Vec::new() };
        let [_, derived @ ..] = self.family(class) else { return Vec::new() };
        if derived.is_empty() {
            return Vec::new();
        }
        let key = (class, call.name);
        let known = self
            .tables
            .overridden
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        known.unwrap_or_else(|| {
            let methods = derived.iter().filter_map(|class| self.method(*class, call.name));
            let mut found: Vec<FnId> = methods.collect();
            found.sort_unstable();
            found.dedup();
            let mut all = self.tables.overridden.write().unwrap_or_else(PoisonError::into_inner);
            all.insert(key, found.clone());
            found
        })
    }

    /// A call by name: of this file, of this package, or imported.
    fn named(&self, from: FnId, call: &Call) -> Vec<Callee> {
        self.by_name(from, call.callee).into_iter().collect()
    }

    pub(super) fn by_name(&self, from: FnId, name: Name) -> Option<Callee> {
        if name.is_empty() {
            return None;
        }
        if let Some(id) = self.nested(from, name) {
            return Some(Callee { id, class: None, own: true });
        }
        let key = (from.file, name);
        let known =
            self.tables.meant.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let found = self.known_as(from.file, name.as_str());
            self.tables.meant.write().unwrap_or_else(PoisonError::into_inner).insert(key, found);
            found
        })
    }

    /// What a file means by a name, wherever in it that stands.
    fn known_as(&self, from: u32, text: &str) -> Option<Callee> {
        let free = |id: FnId| Callee { id, class: None, own: false };
        let plain = text.trim_start_matches('.');
        if !plain.contains(['.', '/']) {
            let name = Name::new(plain);
            return self.free_in(from, name).or_else(|| self.handed_out(from, "", name)).map(free);
        }
        let (module, last) = text.rsplit_once('.')?;
        let name = Name::new(last);
        if let Some(id) = self.module(module).iter().find_map(|file| self.free_in(*file, name)) {
            return Some(free(id));
        }
        // `Class.method(…)` and `pkg.Class.method(…)`.
        let class = self.class_named(from, Name::new(module));
        let found = class.and_then(|class| self.method(class, name));
        let found = found.map(|id| Callee { id, class, own: false });
        found.or_else(|| self.handed_out(from, module, name).map(free))
    }

    /// A nested function of `from` or of a function around it.
    fn nested(&self, from: FnId, name: Name) -> Option<FnId> {
        let plain = name.as_str().trim_start_matches('.');
        let name = Some(name.last_word()).filter(|last| *last == plain)?;
        let mut around = Some(from);
        while let Some(outer) = around {
            let found = self.nested_in(outer, name);
            if found.is_some() {
                return found;
            }
            around = self.parent(outer);
        }
        None
    }

    /// Whether nobody outside the package can call the function.
    pub(crate) fn is_private(&self, id: FnId) -> bool {
        let function = self.function(id);
        let name = function.name.as_str();
        match self.file(id).lang {
            Lang::Go => name.starts_with(|c: char| c.is_lowercase() || c == '_'),
            _ => name.starts_with('_') && !name.ends_with("__"),
        }
    }

    /// The last word of a type's name, for reading.
    pub(crate) fn type_word(type_ref: &TypeRef) -> Name {
        type_ref.name.last_word()
    }
}

/// Whether a function is a context manager written as a generator.
pub(crate) fn is_manager(function: &Function) -> bool {
    function.decorators.iter().any(|name| {
        let name = name.as_str();
        let last = name.rsplit('.').next().unwrap_or(name);
        matches!(last, "contextmanager" | "asynccontextmanager")
    })
}
