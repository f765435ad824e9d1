//! Handlers and regions.

use std::rc::Rc;

use super::body::{Body, Val};
use super::decorated::{held_by, is_synchronised};
use crate::event::{
    Acquire, Block, Confidence, Disposition, Event, EventKind, FunctionKind, Handler, LockKind,
    LockMode, Name, Node, Release, Scope, Span, StoreId, Try, TxBegin, TxEnd, ValueId, ValueKind,
    Via, With, leaves,
};
use crate::syntax::{Except, ExprId, ExprKind, Stmt};
use crate::vocabulary::{Does, Row, Tx};

/// What a `with` item does at the end.
pub(super) enum Leave {
    Nothing,
    Events(Vec<EventKind>),
    /// Exceptions of these types are swallowed.
    Suppress(Vec<Name>),
}

impl<'s> Body<'_, '_, 's> {
    pub(super) fn try_(
        &mut self,
        body: &[Stmt<'s>],
        handlers: &[Except<'s>],
        other: &[Stmt<'s>],
        finally: &[Stmt<'s>],
        span: Span,
    ) {
        let before = self.env.clone();
        let mut tried = self.within(|it| it.statements(body));
        let after = self.env.clone();
        let mut otherwise = self.within(|it| it.statements(other));
        let normal = self.env.clone();
        let mut ends = Vec::new();
        if !leaves(&tried) && !leaves(&otherwise) {
            ends.push(normal.clone());
        }
        let mut lowered = Vec::new();
        for handler in handlers {
            self.env.clone_from(&before);
            self.loads.clear();
            self.merge(&after, span);
            let mut handler = self.handler(handler, &tried);
            if !leaves(&handler.body) {
                ends.push(self.env.clone());
                let last = if otherwise.is_empty() { &mut tried } else { &mut otherwise };
                self.note_failing((last, &normal), (&mut handler.body, &before), span);
            }
            lowered.push(handler);
        }
        let mut ends = ends.into_iter();
        self.env = ends.next().unwrap_or(after);
        for end in ends {
            self.merge(&end, span);
        }
        self.loads.clear();
        let finally = self.within(|it| it.statements(finally));
        self.push(Node::Try(Box::new(Try {
            body: tried,
            handlers: lowered,
            otherwise,
            finally,
            span,
        })));
    }

    fn handler(&mut self, handler: &Except<'s>, tried: &Block) -> Handler {
        let span = self.cx.span(handler.start, handler.end);
        let types = handler.types.map_or_else(Vec::new, |id| self.exception_types(id));
        let shape = self.unique();
        let caught = self.fresh(ValueKind::Caught(types.clone()), shape, span);
        if let Some(name) = handler.name {
            self.env.insert(Name::new(name), Rc::new(Val { id: caught, ty: None, path: None }));
        }
        let before: Vec<(Name, ValueId)> =
            self.env.iter().map(|(name, val)| (*name, val.id)).collect();
        let body = self.within(|it| it.statements(&handler.body));
        let changed = before.len() != self.env.len()
            || before.iter().any(|(name, id)| self.env.get(name).is_none_or(|val| val.id != *id));
        let disposition = disposition(&body, tried, changed);
        Handler { types, caught: Some(caught), body, disposition, span }
    }

    pub(super) fn exception_types(&self, id: ExprId) -> Vec<Name> {
        match self.cx.tree.kind(id) {
            ExprKind::Tuple(items) => {
                items.iter().filter_map(|item| self.cx.dotted(*item)).collect()
            }
            _ => self.cx.dotted(id).into_iter().collect(),
        }
    }

    /// `with a as x, b: …`
    pub(super) fn with(
        &mut self,
        items: &[(ExprId, Option<ExprId>)],
        is_async: bool,
        body: &[Stmt<'s>],
        span: Span,
    ) {
        let Some(((context, target), rest)) = items.split_first() else {
            self.statements(body);
            return;
        };
        let mut leave = Leave::Nothing;
        let enter = self.within(|it| leave = it.enter(*context, *target, is_async));
        let at = self.span_of(*context);
        let commits =
            target.is_some() && matches!(leave, Leave::Nothing) && self.is_helper(*context);
        self.scopes_of_rows += u32::from(commits);
        let stack = self.exit_stack(*context, *target);
        self.exit_stacks.extend(stack.map(|name| (name, Vec::new())));
        let inner = self.within(|it| {
            if rest.is_empty() {
                it.statements(body);
            } else {
                it.with(rest, is_async, body, span);
            }
            if commits {
                it.flush_rows(at);
            }
        });
        self.scopes_of_rows -= u32::from(commits);
        if stack.is_some()
            && let Some((_, undo)) = self.exit_stacks.pop()
            && !undo.is_empty()
            && matches!(leave, Leave::Nothing)
        {
            leave = Leave::Events(undo.into_iter().rev().collect());
        }
        match leave {
            Leave::Nothing if enter.is_empty() => {
                inner.into_iter().for_each(|node| self.push(node));
            }
            Leave::Nothing => {
                self.push(Node::With(Box::new(With {
                    enter,
                    body: inner,
                    exit: Vec::new(),
                    span,
                })));
            }
            Leave::Events(kinds) => {
                let mut inner = inner;
                if kinds.iter().any(|kind| matches!(kind, EventKind::TxEnd(_))) {
                    inner.extend(self.within(|it| it.flush_rows(at)));
                }
                let exit = kinds
                    .into_iter()
                    .map(|kind| Node::Event(Event { id: self.next_event(), span: at, kind }))
                    .collect();
                self.push(Node::With(Box::new(With { enter, body: inner, exit, span })));
            }
            Leave::Suppress(types) => {
                let handler = Handler {
                    types,
                    caught: None,
                    body: Vec::new(),
                    disposition: Disposition::Swallows,
                    span: at,
                };
                self.push(Node::Try(Box::new(Try {
                    body: inner,
                    handlers: vec![handler],
                    otherwise: Vec::new(),
                    finally: Vec::new(),
                    span,
                })));
            }
        }
    }

    /// Whether a context is made by a function, `session_scope()`, not by what a class or a factory
    /// of sessions gives: that leaves the commit to its user.
    fn is_helper(&self, context: ExprId) -> bool {
        let ExprKind::Call(callee, _) = self.cx.tree.kind(context) else { return false };
        let (ExprKind::Name(name) | ExprKind::Attr(_, name)) = self.cx.tree.kind(*callee) else {
            return false;
        };
        let makes = ["maker", "factory"].iter().any(|word| name.ends_with(word));
        !self.cx.is_go() && name.trim_start_matches('_').starts_with(char::is_lowercase) && !makes
    }

    fn enter(&mut self, context: ExprId, target: Option<ExprId>, is_async: bool) -> Leave {
        let span = self.span_of(context);
        if let Some(leave) = self.enter_row(context, target, span) {
            return leave;
        }
        let before = self.events;
        let val = self.expr(context);
        if is_async {
            self.emit_new(span, EventKind::Await(crate::event::Await::Await));
        }
        if let Some(target) = target {
            self.put(target, &val, true, span);
        }
        let by_name = !self.cx.is_go() && self.locks_by_name(context);
        match self.lock_of(&val, before == self.events) {
            Some((kind, _, Confidence::Guess)) if by_name => {
                self.hold(&val, kind, Scope::Cluster, Confidence::Guess, span)
            }
            Some((kind, scope, confidence)) => self.hold(&val, kind, scope, confidence, span),
            None if by_name => {
                self.hold(&val, LockKind::Mutex, Scope::Cluster, Confidence::Guess, span)
            }
            None => Leave::Nothing,
        }
    }

    /// Whether a context is asked for by what it locks, `store.lock_for(key)`, `FolderLock(path)`:
    /// that is locked for all who know the name.
    fn locks_by_name(&self, context: ExprId) -> bool {
        let tree = self.cx.tree;
        let ExprKind::Call(callee, args) = tree.kind(context) else { return false };
        let name = match tree.kind(*callee) {
            ExprKind::Name(name) | ExprKind::Attr(_, name) => *name,
            _ => return false,
        };
        let word = name.to_ascii_lowercase();
        let apart = word.replace("block", "").replace("clock", "");
        !args.is_empty()
            && (apart.contains("lock") || apart.contains("mutex"))
            && !apart.contains("unlock")
    }

    /// Contexts that a row describes: locks made on the spot, transactions, `suppress`.
    fn enter_row(&mut self, context: ExprId, target: Option<ExprId>, span: Span) -> Option<Leave> {
        let ExprKind::Call(callee, args) = self.cx.tree.kind(context) else { return None };
        let (row, receiver): (Row, Option<Val>) = self.find_row(*callee, args)?;
        match &row.does {
            Does::Suppress => Some(Leave::Suppress(
                args.iter().flat_map(|arg| self.exception_types(arg.value)).collect(),
            )),
            Does::Tx(Tx::Around, isolation) => {
                for arg in args {
                    self.expr(arg.value);
                }
                let on = receiver.as_ref().and_then(|val| val.path.clone());
                let begin = TxBegin { on: on.clone(), isolation: *isolation };
                self.emit_new(span, EventKind::TxBegin(Box::new(begin)));
                if let Some(target) = target {
                    let ty = row
                        .returns
                        .map(|class| crate::event::TypeRef::plain(super::types::class_type(class)));
                    let ty = ty.or_else(|| receiver.as_ref().and_then(|val| val.ty.clone()));
                    let path = on.clone();
                    let val = Val { id: self.unknown(span), ty, path };
                    self.put(target, &val, true, span);
                }
                Some(Leave::Events(vec![EventKind::TxEnd(Box::new(TxEnd { on, commit: true }))]))
            }
            _ => None,
        }
    }

    /// Takes `val` as a lock for the region.
    pub(super) fn hold(
        &mut self,
        val: &Val,
        kind: LockKind,
        scope: Scope,
        confidence: Confidence,
        span: Span,
    ) -> Leave {
        let lock = self.path_of_lock(val);
        let id = self.next_event();
        let result = self.result(id, Name::EMPTY, vec![val.id], span);
        let key = self.handles.get(&val.id).cloned();
        let mode =
            if self.value_is_shared_lock(val) { LockMode::Shared } else { LockMode::Exclusive };
        let via = Via::With;
        let acquire = Acquire {
            lock: lock.clone(),
            kind,
            mode,
            scope,
            via,
            may_fail: false,
            result,
            key,
            confidence,
        };
        self.emit(id, span, EventKind::Acquire(Box::new(acquire)));
        Leave::Events(vec![EventKind::Release(Box::new(Release { lock, mode, via }))])
    }

    fn value_is_shared_lock(&self, val: &Val) -> bool {
        val.path.as_ref().and_then(|path| self.called(path)).is_some_and(says_read)
    }

    /// Whether a context is a lock: by its type, else by its name.
    pub(super) fn lock_of(&self, val: &Val, silent: bool) -> Option<(LockKind, Scope, Confidence)> {
        if let Some(ty) = &val.ty
            && let Some(class) = self.cx.class_of(ty)
        {
            let class = self.cx.words.class(class);
            return class.lock.then(|| (kind_of(class.name), class.scope, Confidence::Certain));
        }
        let path = val.path.as_ref()?;
        let word = self.called(path)?;
        let guess = self.cx.words.guess(word).filter(|class| self.cx.words.class(*class).lock);
        if let Some(class) = guess {
            let class = self.cx.words.class(class);
            let confidence = if silent { Confidence::Likely } else { Confidence::Guess };
            return Some((kind_of(class.name), class.scope, confidence));
        }
        let word = word.to_ascii_lowercase();
        let named =
            word.contains("lock") || word.contains("mutex") || word.contains("synchronized");
        named.then_some((LockKind::Mutex, Scope::Thread, Confidence::Guess))
    }

    /// A decorator that holds a lock around the whole function.
    pub(super) fn decorator_lock(&mut self) -> Option<(Node, Node, Span)> {
        if self.kind == FunctionKind::Module {
            return None;
        }
        let found = self.decorators.iter().copied().find(|name| {
            is_synchronised(name.as_str())
                || self
                    .cx
                    .words
                    .function(*name)
                    .iter()
                    .any(|row| matches!(row.does, Does::Lock { .. }))
        })?;
        let span = Span::default();
        let (lock, scope) = held_by(found);
        let id = self.next_event();
        let result = self.result(id, found, Vec::new(), span);
        let (mode, via) = (LockMode::Exclusive, Via::Decorator);
        let enter = EventKind::Acquire(Box::new(Acquire {
            lock: lock.clone(),
            kind: LockKind::Mutex,
            mode,
            scope,
            via,
            may_fail: false,
            result,
            key: None,
            confidence: Confidence::Guess,
        }));
        let exit = EventKind::Release(Box::new(Release { lock, mode, via }));
        let enter = Node::Event(Event { id, span, kind: enter });
        let exit = Node::Event(Event { id: self.next_event(), span, kind: exit });
        Some((enter, exit, span))
    }
}

/// Whether a lock's name says that it is for reading: `read_lock`, `rw.reader`, `readLock`, but
/// neither `thread_lock` nor `ready`.
fn says_read(name: &str) -> bool {
    let mut apart = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            apart.push('_');
        }
        apart.extend(c.to_lowercase());
    }
    apart.split('_').any(|word| matches!(word, "read" | "reader" | "readlock" | "readerlock"))
}

pub(super) fn kind_of(class: Name) -> LockKind {
    match class.as_str() {
        "rlock" => LockKind::Reentrant,
        "async-lock" => LockKind::Async,
        "rwmutex" | "rwlock" => LockKind::ReadWrite,
        "file-lock" => LockKind::File,
        "remote-lock" => LockKind::Remote,
        "semaphore" => LockKind::Semaphore,
        _ => LockKind::Mutex,
    }
}

/// What a handler makes of an error, in one word.
fn disposition(body: &Block, tried: &Block, changed: bool) -> Disposition {
    if let Some(last) = exit(body) {
        return last;
    }
    let mut before: Vec<StoreId> = Vec::new();
    crate::event::each_event_of(tried, &mut |event| {
        before.extend(event.kind.target().map(|(store, _)| store));
    });
    let (mut rereads, mut acts) = (false, false);
    crate::event::each_event_of(body, &mut |event| match &event.kind {
        EventKind::Read(read) => rereads |= before.contains(&read.store),
        EventKind::Act(_) | EventKind::Call(_) => acts = true,
        _ => {}
    });
    match (rereads, acts || changed) {
        (true, _) => Disposition::Rereads,
        (false, true) => Disposition::Recovers,
        (false, false) => Disposition::Swallows,
    }
}

/// How the block is left, if it always is.
fn exit(body: &Block) -> Option<Disposition> {
    if !leaves(body) {
        return None;
    }
    let mut found = None;
    crate::event::each_event_of(body, &mut |event| {
        let next = match &event.kind {
            EventKind::Raise(_) => Disposition::Raises,
            EventKind::Continue => Disposition::Retries,
            EventKind::Break => Disposition::Swallows,
            EventKind::Return(it) => match (&it.constant, it.values.first()) {
                (Some(constant), _) => Disposition::Returns(Some(constant.clone())),
                (None, None) => Disposition::Returns(None),
                (None, Some(value)) => Disposition::ReturnsValue(*value),
            },
            _ => return,
        };
        // A handler that returns on one way and raises on another does both: the quieter one counts.
        if !matches!((&found, &next), (Some(_), Disposition::Raises)) {
            found = Some(next);
        }
    });
    found
}
