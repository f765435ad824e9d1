//! The last look at a function: what becomes of results, which locals escape.

use rustc_hash::FxHashSet;

use super::body::Body;
use super::file::plain_params;
use crate::event::{
    Block, Cond, Event, EventKind, Function, FunctionKind, Name, Node, Param, Path, Place, Root,
    StoreKind, Uses, ValueId, ValueKind, each_event_of_mut,
};
use crate::syntax::{FunctionDef, Stmt};

impl<'s> Body<'_, '_, 's> {
    /// Runs `fill`, then makes the function of it.
    pub(super) fn block(mut self, fill: impl FnOnce(&mut Self), def: &FunctionDef<'s>) {
        let body = self.within(fill);
        let params = plain_params(def, self.kind, self.cx.is_go()).len();
        let mut body = self.once_more(body, params, self.cx.span(def.end, def.end));
        let mut uses = vec![Uses::default(); self.values.len()];
        use_block(&body, &mut uses);
        self.spread(&mut uses);
        let escapes =
            |name: Name| !self.fresh_locals.contains(&name) || self.escaped.contains(&name);
        for store in &mut self.stores {
            if let Place::Path(path) = &mut store.place {
                settle(path, &escapes);
                // A client made here still speaks to a server that others speak to.
                let server = matches!(
                    store.kind,
                    StoreKind::Remote | StoreKind::Api | StoreKind::Sql | StoreKind::Orm
                );
                store.confined |= !server
                    && (matches!(path.root, Root::Local { escapes: false, .. })
                        || !self.cx.is_go() && self.cx.is_of_one_thread(self.class, path));
            }
        }
        each_event_of_mut(&mut body, &mut |event| settle_event(event, &uses, &escapes));
        let function = self.function(def, body);
        let class = self.class;
        if let (Some(class), true) = (class, self.parent.is_none()) {
            self.cx.method_of(class, self.id);
        }
        self.cx.put(self.id, function);
    }

    fn function(&mut self, def: &FunctionDef<'s>, mut body: Block) -> Function {
        self.opened_to_be_read(&mut body);
        let cx = self.cx;
        let go = cx.is_go();
        let params = plain_params(def, self.kind, go)
            .iter()
            .map(|param| Param {
                name: Name::new(param.name),
                type_ref: param.annotation.and_then(|id| cx.type_of(id)),
                default: param.default.and_then(|id| cx.literal(id)),
                variadic: param.variadic,
            })
            .collect();
        let name_end = def.name_at + u32::try_from(def.name.len()).unwrap_or(0);
        let end = u32::try_from(cx.source.len()).unwrap_or(u32::MAX);
        Function {
            qualified: self.qualified,
            name: self.name,
            kind: self.kind,
            receiver: self.receiver_facts.take(),
            parent: self.parent,
            params,
            returns: def.returns.iter().filter_map(|it| cx.type_of(it.annotation?)).collect(),
            decorators: std::mem::take(&mut self.decorators),
            is_async: def.is_async,
            span: cx.span(def.start, def.end),
            name_span: cx.span(def.name_at, name_end.min(end)),
            doc: def.doc.as_deref().map(Into::into),
            stores: std::mem::take(&mut self.stores),
            values: {
                self.values.shrink_to_fit();
                std::mem::take(&mut self.values)
            },
            origins: self.settled_origins(),
            joined: std::mem::take(&mut self.joined),
            holds: self.returned_records(),
            given: std::mem::take(&mut self.given),
            captured: std::mem::take(&mut self.captured),
            body,
            events: self.events,
        }
    }

    fn settled_origins(&mut self) -> Vec<(Name, ValueId)> {
        let mut origins: Vec<(Name, ValueId)> = std::mem::take(&mut self.origins)
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)))
            .collect();
        origins.sort_unstable_by_key(|(_, value)| *value);
        origins
    }

    /// What the records hold that are returned as they are written down.
    fn returned_records(&mut self) -> Vec<(ValueId, Name, ValueId)> {
        let mut holds = std::mem::take(&mut self.holds);
        let returned: FxHashSet<ValueId> = holds
            .iter()
            .filter(|(_, field, _)| field.is_empty())
            .map(|(object, ..)| *object)
            .collect();
        holds.retain(|(object, ..)| returned.contains(object));
        holds
    }

    /// What a value is made of is used as it is.
    fn spread(&self, uses: &mut [Uses]) {
        let mut todo: Vec<usize> = (0..uses.len()).filter(|at| uses[*at].any()).collect();
        while let Some(at) = todo.pop() {
            let from = uses[at];
            for input in self.values[at].kind.inputs() {
                let into = &mut uses[input.0 as usize];
                let joined = join(*into, from);
                if joined != *into {
                    *into = joined;
                    todo.push(input.0 as usize);
                }
            }
        }
    }

    /// A whole function body: statements, within the locks of its decorators.
    pub(super) fn whole(&mut self, statements: &[Stmt<'s>]) {
        self.find_handed_out(statements);
        self.find_settled(statements);
        self.read_own_row(statements);
        self.find_mapper(statements);
        match self.decorator_lock() {
            Some((enter, exit, span)) => {
                let body = self.within(|body| body.statements(statements));
                self.push(Node::With(Box::new(crate::event::With {
                    enter: vec![enter],
                    body,
                    exit: vec![exit],
                    span,
                })));
            }
            None => self.statements(statements),
        }
    }
}

impl super::file::FileCx<'_, '_> {
    fn method_of(&self, class: Name, id: crate::event::FunctionId) {
        let mut classes = self.class_facts.borrow_mut();
        if let Some(found) = classes.iter_mut().find(|found| found.name == class) {
            found.methods.push(id);
        }
    }
}

fn join(a: Uses, b: Uses) -> Uses {
    Uses {
        tested: a.tested || b.tested,
        returned: a.returned || b.returned,
        stored: a.stored || b.stored,
        passed: a.passed || b.passed,
    }
}

fn settle(path: &mut Path, escapes_of: &dyn Fn(Name) -> bool) {
    if let Root::Local { name, escapes } = &mut path.root {
        *escapes = escapes_of(*name);
    }
}

fn use_block(block: &Block, uses: &mut [Uses]) {
    for node in block {
        match node {
            Node::Event(event) => use_event(event, uses),
            Node::Branch(branch) => use_cond(&branch.cond, uses),
            Node::Loop(each) => each.cond.iter().for_each(|cond| use_cond(cond, uses)),
            Node::Try(_) | Node::With(_) => {}
        }
        for inner in node.blocks() {
            use_block(inner, uses);
        }
    }
}

fn use_cond(cond: &Cond, uses: &mut [Uses]) {
    for value in cond.values() {
        uses[value.0 as usize].tested = true;
    }
}

fn use_event(event: &Event, uses: &mut [Uses]) {
    let mut mark = |ids: &[ValueId], set: fn(&mut Uses)| {
        for id in ids {
            set(&mut uses[id.0 as usize]);
        }
    };
    match &event.kind {
        EventKind::Return(it) => mark(&it.values, |uses| uses.returned = true),
        EventKind::Act(it) => mark(it.value.as_slice(), |uses| uses.stored = true),
        EventKind::Call(it) => {
            mark(&it.args, |uses| uses.passed = true);
            for (_, id) in &it.named {
                mark(&[*id], |uses| uses.passed = true);
            }
        }
        EventKind::Raise(it) => mark(it.value.as_slice(), |uses| uses.passed = true),
        EventKind::Spawn(it) => mark(&it.args, |uses| uses.passed = true),
        _ => {}
    }
}

fn settle_event(event: &mut Event, uses: &[Uses], escapes: &dyn Fn(Name) -> bool) {
    match &mut event.kind {
        EventKind::Act(act) => act.used = uses[act.result.0 as usize],
        EventKind::Call(call) => {
            call.used = uses[call.result.0 as usize];
            call.receiver.iter_mut().for_each(|path| settle(path, escapes));
            call.paths.iter_mut().for_each(|(_, path)| settle(path, escapes));
        }
        EventKind::Acquire(it) => settle(&mut it.lock, escapes),
        EventKind::Release(it) => settle(&mut it.lock, escapes),
        EventKind::Wait(it) => settle(&mut it.cond, escapes),
        _ => {}
    }
}

/// Whether a value is an object made here.
pub(super) const fn is_made(kind: &ValueKind) -> bool {
    matches!(kind, ValueKind::New(..) | ValueKind::Tuple(_))
}

/// Whether functions of this kind cannot meet another thread on their receiver.
pub(super) const fn builds(kind: FunctionKind) -> bool {
    matches!(kind, FunctionKind::Constructor)
}
