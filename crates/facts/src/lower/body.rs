//! A function under construction: values, stores, events, environment.

use std::hash::{Hash as _, Hasher as _};
use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet, FxHasher};

use super::blocks::Declared;
use super::file::{FieldInfo, FileCx, Place as At, plain_params};
use crate::event::{
    Block, Confidence, Event, EventId, EventKind, FunctionId, FunctionKind, Key, Literal, Name,
    Node, Op, Outcome, Path, Place, Receiver, Root, Scope, Span, Step, Store, StoreId, StoreKind,
    TypeRef, Value, ValueId, ValueKind,
};
use crate::syntax::{ExprId, FunctionDef};

/// Values of a function that there is room for at first.
const VALUES_USUAL: usize = 28;

/// What is known of an expression.
#[derive(Clone, Debug)]
pub(super) struct Val {
    pub(super) id: ValueId,
    pub(super) ty: Option<TypeRef>,
    /// Where it lives, if it is a place rather than a computed value.
    pub(super) path: Option<Path>,
}

pub(super) type Env = FxHashMap<Name, Rc<Val>>;
/// The environments of the enclosing functions, innermost last.
pub(super) type Scopes = Vec<Rc<Env>>;

/// What a read looked at, for the checks that judge it later.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) store: StoreId,
    pub(super) key: Key,
    pub(super) miss: Outcome,
    pub(super) confidence: Confidence,
    pub(super) result: ValueId,
}

/// A query of an object-relational mapper, as far as it has been narrowed.
#[derive(Clone)]
pub(super) struct Query {
    pub(super) model: Name,
    pub(super) filters: Vec<ValueId>,
    pub(super) locks: bool,
    /// Changes of its rows are written when their session is flushed.
    pub(super) flushes: bool,
    pub(super) span: Span,
}

pub(super) struct Body<'f, 'a, 's> {
    pub(super) cx: &'f FileCx<'a, 's>,
    pub(super) id: FunctionId,
    pub(super) kind: FunctionKind,
    pub(super) name: Name,
    pub(super) qualified: Name,
    pub(super) class: Option<Name>,
    pub(super) parent: Option<FunctionId>,
    pub(super) decorators: Vec<Name>,
    pub(super) scopes: Scopes,
    pub(super) receiver: Option<(Name, Option<TypeRef>)>,
    pub(super) receiver_facts: Option<Receiver>,
    pub(super) param_names: Vec<Name>,
    /// Go: what the results are called, where they have names.
    pub(super) result_names: Vec<Name>,
    /// How many results there are.
    pub(super) results: usize,
    pub(super) values: Vec<Value>,
    numbered: FxHashMap<u64, ValueId>,
    pub(super) stores: Vec<Store>,
    store_ids: FxHashMap<(Place, StoreKind), StoreId>,
    pub(super) env: Env,
    /// What each block of Go around declares, with what the name meant before.
    pub(super) declared: Vec<Declared>,
    pub(super) stack: Vec<Block>,
    pub(super) events: u32,
    pub(super) seen: FxHashMap<EventId, Seen>,
    /// Events that are checks.
    pub(super) checks: FxHashSet<EventId>,
    /// Events that change a store: their result tells of the change, not of what was read for it.
    pub(super) acts: FxHashSet<EventId>,
    /// Comparisons of times.
    pub(super) ages: FxHashSet<ValueId>,
    /// Listings of folders that a function walks.
    pub(super) walked: FxHashSet<EventId>,
    /// Checks of sizes.
    pub(super) counting: FxHashSet<EventId>,
    pub(super) call_names: FxHashMap<EventId, Name>,
    /// Calls of what is named like a class, by its full name.
    pub(super) made_by: FxHashMap<EventId, Name>,
    pub(super) queries: FxHashMap<ValueId, Query>,
    /// Open files: the path they were opened by.
    pub(super) handles: FxHashMap<ValueId, Key>,
    /// Openings for reading and writing through which something was read first.
    pub(super) read_first: FxHashSet<EventId>,
    /// The paths by which acts open files.
    pub(super) opened: FxHashMap<EventId, ValueId>,
    /// What the fields of objects made here are given.
    pub(super) given: Vec<(ValueId, Name, ValueId)>,
    /// What small records and tables written down here hold.
    pub(super) holds: Vec<(ValueId, Name, ValueId)>,
    /// What functions within this one take of its variables.
    pub(super) captured: Vec<(FunctionId, Name, ValueId)>,
    /// Cursors: the statement's result that `fetch` gives.
    pub(super) cursors: FxHashMap<Path, ValueId>,
    /// What was last put in a place.
    pub(super) loads: FxHashMap<Path, ValueId>,
    /// Fields of objects from a query that were changed since.
    pub(super) dirty: FxHashMap<ValueId, Vec<(Name, ValueId)>>,
    /// Statements that a class of rows was asked to begin.
    pub(super) begun: FxHashMap<ValueId, super::own_statements::Begun>,
    /// Commands that wait in pipelines.
    pub(super) piped: FxHashMap<Path, super::piped::Piped>,
    /// Statements that are put together, so far.
    pub(super) core: FxHashMap<ValueId, crate::event::Statement>,
    /// The rows that statements before named by their conditions, and the tables.
    pub(super) rows_named: Vec<(Name, Vec<ValueId>)>,
    /// The keys of dictionaries that are written out.
    pub(super) entry_keys: FxHashMap<ValueId, Vec<ValueId>>,
    /// Fields that this function assigns.
    pub(super) assigned: FxHashSet<Name>,
    /// Variables of the module or of enclosing functions that this one may assign.
    pub(super) outer_names: FxHashMap<Name, bool>,
    pub(super) escaped: FxHashSet<Name>,
    pub(super) fresh_locals: FxHashSet<Name>,
    /// Variables that are returned by their name.
    pub(super) handed_out: FxHashSet<Name>,
    /// Stacks of contexts around here, by variable, and what is to be undone at their end.
    pub(super) exit_stacks: Vec<(Name, Vec<EventKind>)>,
    /// Variables that only ever hold constants.
    pub(super) settled: FxHashSet<Name>,
    /// What each local variable was given, if once.
    pub(super) origins: FxHashMap<Name, Option<ValueId>>,
    pub(super) joined: Vec<(Name, ValueId)>,
    /// Go: new objects that were put into a table, and the path of its entries.
    pub(super) put_under: FxHashMap<ValueId, Path>,
    pub(super) closures: u32,
    /// Whether this is the body of a function that is run on each element: what it returns says
    /// whether it goes on.
    pub(super) on_element: bool,
    /// Go: lists that are walked by their index: the index, the list as it is written, and the element.
    pub(super) walked_by_index: Vec<(ValueId, ExprId, Val)>,
    pub(super) depth: u32,
    /// Regions around here at whose end somebody else commits what was changed.
    pub(super) scopes_of_rows: u32,
    /// The next index, assertion or receive gives two results.
    pub(super) comma_ok: bool,
    /// What is evaluated goes into a field.
    pub(super) kept: bool,
    /// Whether what is read is given to a variable.
    pub(super) carried: bool,
    /// Whether this looks for a row of its own class and makes it where there is none.
    pub(super) mapper: Option<super::own_mapper::Mapper>,
    pub(super) awaited: bool,
    pub(super) deferred: bool,
    /// What was evaluated before its place in the text: arguments of a deferred call.
    pub(super) evaluated: FxHashMap<ExprId, Val>,
}

impl<'f, 'a, 's> Body<'f, 'a, 's> {
    pub(super) fn new(
        cx: &'f FileCx<'a, 's>,
        id: FunctionId,
        kind: FunctionKind,
        qualified: Name,
    ) -> Self {
        Self {
            cx,
            id,
            kind,
            name: qualified,
            qualified,
            class: None,
            parent: None,
            decorators: Vec::new(),
            scopes: Vec::new(),
            receiver: None,
            receiver_facts: None,
            param_names: Vec::new(),
            result_names: Vec::new(),
            results: 0,
            values: Vec::new(),
            numbered: FxHashMap::with_capacity_and_hasher(VALUES_USUAL, FxBuildHasher),
            stores: Vec::new(),
            store_ids: FxHashMap::default(),
            env: Env::default(),
            declared: Vec::new(),
            stack: Vec::new(),
            events: 0,
            seen: FxHashMap::default(),
            checks: FxHashSet::default(),
            begun: FxHashMap::default(),
            piped: FxHashMap::default(),
            acts: FxHashSet::default(),
            ages: FxHashSet::default(),
            walked: FxHashSet::default(),
            counting: FxHashSet::default(),
            call_names: FxHashMap::default(),
            made_by: FxHashMap::default(),
            queries: FxHashMap::default(),
            handles: FxHashMap::default(),
            read_first: FxHashSet::default(),
            opened: FxHashMap::default(),
            given: Vec::new(),
            holds: Vec::new(),
            captured: Vec::new(),
            cursors: FxHashMap::default(),
            loads: FxHashMap::default(),
            dirty: FxHashMap::default(),
            core: FxHashMap::default(),
            rows_named: Vec::new(),
            entry_keys: FxHashMap::default(),
            assigned: FxHashSet::default(),
            outer_names: FxHashMap::default(),
            escaped: FxHashSet::default(),
            fresh_locals: FxHashSet::default(),
            handed_out: FxHashSet::default(),
            exit_stacks: Vec::new(),
            settled: FxHashSet::default(),
            origins: FxHashMap::default(),
            joined: Vec::new(),
            put_under: FxHashMap::default(),
            closures: 0,
            on_element: false,
            walked_by_index: Vec::new(),
            depth: 0,
            scopes_of_rows: 0,
            comma_ok: false,
            kept: false,
            carried: false,
            mapper: None,
            awaited: false,
            deferred: false,
            evaluated: FxHashMap::default(),
        }
    }

    /// Puts receiver and parameters into the environment.
    pub(super) fn receive(&mut self, def: &FunctionDef<'s>, at: &At<'_>) {
        let go = self.cx.is_go();
        let span = self.cx.span(def.start, def.start);
        let own = if go { def.receiver.as_ref() } else { def.params.first() };
        let params = plain_params(def, self.kind, go);
        let has_receiver =
            if go { def.receiver.is_some() } else { params.len() < def.params.len() };
        if let (true, Some(own)) = (has_receiver, own) {
            let name = Name::new(own.name);
            let declared = own.annotation.and_then(|id| self.cx.type_of(id));
            let by_value = go && declared.as_ref().is_some_and(|of| !of.pointer);
            let class = self.class.unwrap_or(Name::EMPTY);
            let of = declared
                .filter(|_| go)
                .or_else(|| (!class.is_empty()).then(|| TypeRef::plain(class.local())));
            self.receiver = Some((name, of.clone()));
            self.receiver_facts = Some(Receiver { name, class, by_value });
            let (kind, root) = if self.kind == FunctionKind::ClassMethod {
                (ValueKind::Named(class.local()), Root::Class(class))
            } else {
                (ValueKind::Receiver, Root::Receiver)
            };
            let id = self.pure(kind, span);
            self.env.insert(name, Rc::new(Val { id, ty: of, path: Some(Path::root(root)) }));
        } else if let Some((name, of)) = at.outer_receiver {
            self.receiver = Some((*name, of.clone()));
            let id = self.pure(ValueKind::Receiver, span);
            let val = Val { id, ty: of.clone(), path: Some(Path::root(Root::Receiver)) };
            self.env.insert(*name, Rc::new(val));
        }
        for (n, param) in params.iter().enumerate() {
            let n = u16::try_from(n).unwrap_or(u16::MAX);
            let id = self.pure(ValueKind::Param(n), span);
            let ty =
                param.annotation.and_then(|id| self.cx.type_of(id)).filter(|_| !param.variadic);
            let val = Val { id, ty, path: Some(Path::root(Root::Param(n))) };
            self.param_names.push(Name::new(param.name));
            self.env.insert(Name::new(param.name), Rc::new(val));
        }
        self.results = def.returns.len();
        for result in def.returns.iter().filter(|result| go && !result.name.is_empty()) {
            let name = Name::new(result.name);
            self.result_names.push(name);
            if name != "_" {
                let ty = result.annotation.and_then(|id| self.cx.type_of(id));
                let path = Some(Path::root(Root::Local { name, escapes: false }));
                let val = Val { path, ..self.zero(ty.as_ref(), span) };
                self.env.insert(name, Rc::new(val));
            }
        }
    }

    // --- values

    pub(super) fn value(&self, id: ValueId) -> &ValueKind {
        &self.values[id.0 as usize].kind
    }

    pub(super) fn shape(&self, id: ValueId) -> u64 {
        self.values[id.0 as usize].shape
    }

    /// A value that is the same whenever its parts are.
    pub(super) fn pure(&mut self, kind: ValueKind, span: Span) -> ValueId {
        let exact = self.hash(&kind, false);
        if let Some(id) = self.numbered.get(&exact) {
            return *id;
        }
        let shape = self.hash(&kind, true);
        let id = self.fresh(kind, shape, span);
        self.numbered.insert(exact, id);
        id
    }

    /// A value of its own, with the given shape.
    pub(super) fn fresh(&mut self, kind: ValueKind, shape: u64, span: Span) -> ValueId {
        let id = ValueId(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
        self.values.push(Value { kind, shape, span });
        id
    }

    pub(super) fn unknown(&mut self, span: Span) -> ValueId {
        let shape = self.unique();
        self.fresh(ValueKind::Unknown, shape, span)
    }

    /// A shape that no other value has.
    pub(super) fn unique(&self) -> u64 {
        let mut hasher = FxHasher::default();
        (u64::MAX, self.values.len()).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn literal(&mut self, literal: Literal, span: Span) -> ValueId {
        self.pure(ValueKind::Literal(literal), span)
    }

    pub(super) fn op(&mut self, op: Op, inputs: Vec<ValueId>, span: Span) -> ValueId {
        self.pure(ValueKind::Op(op, inputs), span)
    }

    fn hash(&self, kind: &ValueKind, by_shape: bool) -> u64 {
        let mut h = FxHasher::default();
        std::mem::discriminant(kind).hash(&mut h);
        let one = |id: &ValueId, h: &mut FxHasher| {
            if by_shape { self.shape(*id).hash(h) } else { id.hash(h) }
        };
        match kind {
            ValueKind::Param(n) => n.hash(&mut h),
            ValueKind::Literal(literal) => hash_literal(literal, &mut h),
            ValueKind::Load(path) => path.hash(&mut h),
            ValueKind::Part(id, n) => {
                one(id, &mut h);
                n.hash(&mut h);
            }
            ValueKind::Field(id, name) => {
                one(id, &mut h);
                name.hash(&mut h);
            }
            ValueKind::Item(base, index) => {
                one(base, &mut h);
                one(index, &mut h);
            }
            ValueKind::Op(op, ids) => {
                op.hash(&mut h);
                ids.iter().for_each(|id| one(id, &mut h));
            }
            ValueKind::New(name, ids) => {
                name.hash(&mut h);
                ids.iter().for_each(|id| one(id, &mut h));
            }
            ValueKind::Phi(ids) | ValueKind::Tuple(ids) => {
                ids.iter().for_each(|id| one(id, &mut h));
            }
            ValueKind::Named(name) => name.hash(&mut h),
            ValueKind::Closure(id) => id.hash(&mut h),
            _ => {}
        }
        h.finish()
    }

    // --- stores

    pub(super) fn store(&mut self, store: Store) -> StoreId {
        let key = (store.place.clone(), store.kind);
        if let Some(id) = self.store_ids.get(&key) {
            let known = &mut self.stores[id.0 as usize];
            known.confidence = known.confidence.max(store.confidence);
            return *id;
        }
        let id = StoreId(u32::try_from(self.stores.len()).unwrap_or(u32::MAX));
        self.stores.push(store);
        self.store_ids.insert(key, id);
        id
    }

    /// A field, global or captured variable as a store.
    pub(super) fn cell(&mut self, path: &Path, ty: Option<TypeRef>) -> StoreId {
        self.store(Store {
            kind: StoreKind::Cell,
            scope: Scope::Thread,
            place: Place::Path(path.clone()),
            type_ref: ty,
            confined: matches!(path.root, Root::Local { .. } | Root::Value(_)),
            confidence: Confidence::Certain,
        })
    }

    pub(super) fn key(&self, value: Option<ValueId>, span: Span) -> Key {
        let shape = value.map_or(0, |id| self.shape(id));
        let text = value.and_then(|id| self.key_text(id));
        Key { value, shape, text, span }
    }

    /// What a path is called, for guessing: its last field, else its variable or parameter.
    pub(super) fn called(&self, path: &Path) -> Option<&'static str> {
        match path.root {
            Root::Param(n) if path.steps.is_empty() => {
                self.param_names.get(usize::from(n)).map(|name| name.as_str())
            }
            _ => last_word(path),
        }
    }

    pub(super) fn path_of(&self, val: &Val) -> Path {
        val.path.clone().unwrap_or(Path::root(Root::Value(val.id)))
    }

    /// The path of what has a field, and the field's type: a struct of Go has the fields of what it embeds by the
    /// name of that.
    pub(super) fn holder_of_field(&self, val: &Val, field: Name) -> (Path, Option<TypeRef>) {
        if let (ValueKind::Named(name), None) = (self.value(val.id), &val.ty)
            && let Some((class, info)) = self.field_of_class(*name, field)
        {
            return (Path::root(Root::Class(class)), info.type_ref.clone());
        }
        let path = self.path_of(val);
        match val.ty.as_ref().and_then(|of| self.cx.field_type(of, field)) {
            Some((ty, via)) => (path.through(via), ty),
            None => (path, None),
        }
    }

    /// The class of this file that `name` is, and its field: one for all its objects, by whichever name it is called.
    pub(super) fn field_of_class(&self, name: Name, field: Name) -> Option<(Name, &FieldInfo)> {
        let class = Name::new(name.as_str().strip_prefix('.')?);
        let info = self.cx.class_named(class)?.fields.get(&field)?;
        info.of_class.then_some((class, info))
    }

    // --- events

    pub(super) fn span_of(&self, id: ExprId) -> Span {
        let expr = self.cx.tree.expr(id);
        self.cx.span(expr.start, expr.end)
    }

    pub(super) fn next_event(&mut self) -> EventId {
        let id = EventId(self.events);
        self.events += 1;
        id
    }

    pub(super) fn push(&mut self, node: Node) {
        if let Some(block) = self.stack.last_mut() {
            block.push(node);
        }
    }

    pub(super) fn emit(&mut self, id: EventId, span: Span, kind: EventKind) {
        if matches!(kind, EventKind::Acquire(_) | EventKind::Wait(_)) {
            // Whoever had the lock before, or meanwhile, may have changed what was seen of shared variables.
            let mut loads = std::mem::take(&mut self.loads);
            loads.retain(|path, id| !shared(path) || matches!(self.value(*id), ValueKind::Load(_)));
            self.loads = loads;
        }
        self.push(Node::Event(Event { id, span, kind }));
    }

    pub(super) fn emit_new(&mut self, span: Span, kind: EventKind) -> EventId {
        let id = self.next_event();
        self.emit(id, span, kind);
        id
    }

    /// The result of event `id`, made from `inputs`; it has the shape of the expression.
    pub(super) fn result(
        &mut self,
        id: EventId,
        name: Name,
        inputs: Vec<ValueId>,
        span: Span,
    ) -> ValueId {
        let mut h = FxHasher::default();
        name.hash(&mut h);
        for input in &inputs {
            self.shape(*input).hash(&mut h);
        }
        self.fresh(ValueKind::Result(id, inputs), h.finish(), span)
    }

    /// Runs `fill` on a new block.
    pub(super) fn within(&mut self, fill: impl FnOnce(&mut Self)) -> Block {
        self.stack.push(Block::new());
        fill(self);
        self.stack.pop().unwrap_or_default()
    }

    /// Changes an event of the blocks still open.
    pub(super) fn patch(&mut self, id: EventId, change: impl FnOnce(&mut EventKind)) {
        for block in self.stack.iter_mut().rev() {
            for node in block.iter_mut().rev().take(64) {
                if let Node::Event(event) = node
                    && event.id == id
                {
                    change(&mut event.kind);
                    return;
                }
            }
        }
    }
}

fn hash_literal(literal: &Literal, h: &mut FxHasher) {
    std::mem::discriminant(literal).hash(h);
    match literal {
        Literal::Bool(value) => value.hash(h),
        Literal::Int(value) => value.hash(h),
        Literal::Float(value) => value.to_bits().hash(h),
        Literal::Text(value) => value.hash(h),
        Literal::Nil | Literal::Other => {}
    }
}

/// Whether others can reach what begins at this root.
pub(super) fn shared(path: &Path) -> bool {
    !matches!(path.root, Root::Local { .. } | Root::Value(_))
}

/// The last word of a path, for guessing.
pub(super) fn last_word(path: &Path) -> Option<&'static str> {
    for step in path.steps.iter().rev() {
        match step {
            Step::Field(name) | Step::Getter(name) => return Some(name.as_str()),
            Step::Item => {}
        }
    }
    match &path.root {
        Root::Global(name)
        | Root::Captured(name)
        | Root::Local { name, .. }
        | Root::Class(name) => name.as_str().rsplit('.').next(),
        _ => None,
    }
}
