//! Files, functions, classes: what holds the events.

use std::slice::from_ref;

use serde::{Deserialize, Serialize};

use super::body::{each_event_of, each_event_of_mut};
use super::{
    Block, Event, EventId, Literal, Name, Path, Root, Span, Store, StoreId, Value, ValueId,
    ValueKind,
};

/// All facts of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    /// As it was given.
    pub path: String,
    /// The language.
    pub lang: Lang,
    /// BLAKE3 of the bytes: facts are cached by it.
    pub hash: [u8; 32],
    /// Lines in the file.
    pub lines: u32,
    /// Bytes in the file.
    pub bytes: u64,
    /// How much of it was understood.
    pub coverage: Coverage,
    /// The Go package clause, or the Python module's name as far as the path tells.
    pub package: Name,
    /// Functions, methods, closures, and the module body (named `<module>`).
    pub functions: Vec<Function>,
    /// Classes, structs, interfaces.
    pub classes: Vec<Class>,
    /// Variables of the module or package.
    pub globals: Vec<Global>,
    /// Imports.
    pub imports: Vec<Import>,
    /// Comments (each cut at 400 bytes); documentation strings are in what they document.
    pub comments: Vec<Comment>,
    /// The module's own documentation.
    pub doc: Option<Box<str>>,
}

/// A language with a front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "languages")]
pub enum Lang {
    Python,
    Go,
    Rust,
    Java,
    TypeScript,
}

/// How much of a file was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coverage {
    /// All.
    Parsed,
    /// All but these places.
    Partly(Vec<Gap>),
    /// Nothing, and why.
    Skipped(Box<str>),
}

/// A place that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where.
    pub span: Span,
    /// Why.
    pub why: Box<str>,
}

/// Index into [`FileFacts::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FunctionId(pub u32);

/// A function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// `Class.method`, `function`, `outer.inner`, `Type.Method` (without `*`), `outer.func1` for Go literals, `<module>`.
    pub qualified: Name,
    /// Its own name.
    pub name: Name,
    /// What sort it is.
    pub kind: FunctionKind,
    /// The receiver, for a method.
    pub receiver: Option<Receiver>,
    /// The enclosing function, for closures and nested functions.
    pub parent: Option<FunctionId>,
    /// Parameters, without the receiver.
    pub params: Vec<Param>,
    /// Result types, where declared.
    pub returns: Vec<TypeRef>,
    /// Decorators, resolved through imports: `functools.lru_cache`, `property`.
    pub decorators: Vec<Name>,
    /// `async def`.
    pub is_async: bool,
    /// From the first word to the end of the body.
    pub span: Span,
    /// The name's place.
    pub name_span: Span,
    /// The documentation string or comment.
    pub doc: Option<Box<str>>,
    /// Stores mentioned.
    pub stores: Vec<Store>,
    /// Values.
    pub values: Vec<Value>,
    /// Local variables that are given once what others may hold as well: the result of a getter, an item, a field.
    pub origins: Vec<(Name, ValueId)>,
    /// Local variables where ways meet, each with the value that is one or the other.
    pub joined: Vec<(Name, ValueId)>,
    /// What the fields of objects made here are given, by object and field.
    pub given: Vec<(ValueId, Name, ValueId)>,
    /// What small records and tables that are written down here hold, by object and field.
    pub holds: Vec<(ValueId, Name, ValueId)>,
    /// What the local variables that a function within this one uses were when it was written down.
    pub captured: Vec<(FunctionId, Name, ValueId)>,
    /// What it does. Empty for declarations without a body.
    pub body: Block,
    /// Number of events.
    pub events: u32,
}

/// What sort of function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FunctionKind {
    /// At module or package level.
    Free,
    /// With a receiver.
    Method,
    /// On the class.
    ClassMethod,
    /// In a class, without a receiver.
    StaticMethod,
    /// `__init__`, `__new__`, Go `NewX` that returns a fresh `X` (by name and result).
    Constructor,
    /// A closure, lambda, or nested function.
    Closure,
    /// The top level of a module; package-level initialisers; `init`.
    Module,
}

/// A method's receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receiver {
    /// What it is called in the body.
    pub name: Name,
    /// The class or type.
    pub class: Name,
    /// Go: a value receiver, hence a copy: a lock in it excludes nobody.
    pub by_value: bool,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its declared type.
    pub type_ref: Option<TypeRef>,
    /// Its default, if a literal.
    pub default: Option<Literal>,
    /// `*args`, `**kw`, `...T`.
    pub variadic: bool,
}

/// A type, as far as the front end needs it: a resolved name and arguments. `map[string]*T` is `map` with `string` and `*T`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeRef {
    /// Resolved through imports: `sync.RWMutex`, `dict`, `k8s.io/client-go/tools/cache.Store`; names of this file begin with `.`.
    pub name: Name,
    /// Type arguments.
    pub args: Vec<Self>,
    /// Behind a pointer.
    pub pointer: bool,
}

/// A class, struct or interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Its name (`Outer.Inner` where nested).
    pub name: Name,
    /// Base classes, resolved; Go: embedded types.
    pub bases: Vec<TypeRef>,
    /// Fields: declared ones, and attributes assigned through `self`.
    pub fields: Vec<Field>,
    /// Methods with a body in this file.
    pub methods: Vec<FunctionId>,
    /// Method names an interface asks for.
    pub requires: Vec<Name>,
    /// Whether it is an interface (Go `interface`, `Protocol`, `ABC` with only abstract methods).
    pub is_interface: bool,
    /// Decorators.
    pub decorators: Vec<Name>,
    /// The documentation.
    pub doc: Option<Box<str>>,
    /// From the first word to the end.
    pub span: Span,
    /// For `type A B`: what it is another name of, or made of.
    pub underlying: Option<TypeRef>,
    /// Python: its body speaks of something that no two rows may have alike (`unique=True`, a key of its own).
    pub unique: bool,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type: declared, annotated, or that of the constructor assigned.
    pub type_ref: Option<TypeRef>,
    /// Go: embedded, so its methods are the type's own.
    pub embedded: bool,
    /// On the class itself, hence shared by all instances.
    pub of_class: bool,
    /// Where it is declared or first assigned.
    pub span: Span,
}

/// A variable of the module or package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Global {
    /// Its name.
    pub name: Name,
    /// Its type: declared, or that of its first value.
    pub type_ref: Option<TypeRef>,
    /// Its constant value.
    pub constant: Option<Literal>,
    /// Where it is declared.
    pub span: Span,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The name in this file.
    pub alias: Name,
    /// What it stands for: `os.path`, `k8s.io/client-go/tools/cache`; relative imports begin with dots.
    pub target: Name,
    /// Where it stands.
    pub span: Span,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its first line.
    pub line: u32,
    /// Its text without the marks.
    pub text: Box<str>,
}

impl Function {
    /// The store.
    ///
    /// # Panics
    /// If the id is of another function.
    #[must_use]
    pub fn store(&self, id: StoreId) -> &Store {
        &self.stores[id.0 as usize]
    }

    /// The value.
    ///
    /// # Panics
    /// If the id is of another function.
    #[must_use]
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0 as usize]
    }

    /// Calls `visit` on every event, however deep, in evaluation order.
    pub fn each_event<'f>(&'f self, mut visit: impl FnMut(&'f Event)) {
        each_event_of(&self.body, &mut visit);
    }

    /// Calls `visit` on every event, however deep, in evaluation order, to change it.
    pub fn each_event_mut<'f>(&'f mut self, mut visit: impl FnMut(&'f mut Event)) {
        each_event_of_mut(&mut self.body, &mut visit);
    }

    /// Whether a value is nothing by its letter: `None`, `nil`.
    ///
    /// # Panics
    /// If the id is of another function.
    #[must_use]
    pub fn is_nil(&self, id: ValueId) -> bool {
        matches!(self.value(id).kind, ValueKind::Literal(Literal::Nil))
    }

    /// The event of that number.
    #[must_use]
    pub fn event(&self, id: EventId) -> Option<&Event> {
        let mut found = None;
        self.each_event(|event| {
            if event.id == id {
                found = Some(event);
            }
        });
        found
    }

    /// The event of that number, to change it.
    pub fn event_mut(&mut self, id: EventId) -> Option<&mut Event> {
        let mut found = None;
        self.each_event_mut(|event| {
            if event.id == id {
                found = Some(event);
            }
        });
        found
    }

    /// Whether `value` is computed, however indirectly, from the result of `event`.
    #[must_use]
    pub fn depends_on(&self, value: ValueId, event: EventId) -> bool {
        self.sources(value).contains(&event)
    }

    /// The events from whose results `value` is computed, nearest first.
    #[must_use]
    pub fn sources(&self, value: ValueId) -> Vec<EventId> {
        let (mut events, mut seen, mut todo) =
            (Vec::new(), vec![false; self.values.len()], vec![value]);
        while let Some(next) = todo.pop() {
            let Some(flag) = seen.get_mut(next.0 as usize) else { continue };
            if std::mem::replace(flag, true) {
                continue;
            }
            let kind = &self.value(next).kind;
            if let ValueKind::Result(event, _) = kind {
                events.push(*event);
            }
            todo.extend(kind.inputs());
        }
        events
    }
}

impl ValueKind {
    /// The values it is made of.
    pub fn inputs(&self) -> impl Iterator<Item = ValueId> + '_ {
        let (all, more) = match self {
            Self::Part(v, _) | Self::Field(v, _) | Self::Element(v) => (from_ref(v), None),
            Self::Item(v, i) => (from_ref(v), Some(*i)),
            Self::Op(_, vs)
            | Self::Phi(vs)
            | Self::Tuple(vs)
            | Self::New(_, vs)
            | Self::Result(_, vs) => (vs.as_slice(), None),
            Self::Load(Path { root: Root::Value(v), .. }) => (from_ref(v), None),
            _ => (&[][..], None),
        };
        all.iter().copied().chain(more)
    }
}

impl TypeRef {
    /// A type without arguments.
    #[must_use]
    pub const fn plain(name: Name) -> Self {
        Self { name, args: Vec::new(), pointer: false }
    }
}
