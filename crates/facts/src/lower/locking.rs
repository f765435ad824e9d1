//! Locks and transactions that a row of the vocabulary takes, ends or brings.

use super::body::{Body, Val};
use super::effect::Args;
use crate::event::{
    Acquire, Confidence, EventKind, Literal, LockKind, LockMode, Name, Node, Op, Path, Release,
    Root, Scope, Span, TxBegin, TxEnd, ValueId, ValueKind, Via, Wait, With,
};
use crate::vocabulary::{Does, Row, Tx};

impl Body<'_, '_, '_> {
    pub(super) fn locking(
        &mut self,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        let lock = args.receiver.as_ref().map_or(Path::root(Root::Global(args.name)), |val| {
            self.lock_of_file(val.id).unwrap_or_else(|| self.path_of_lock(val))
        });
        match &row.does {
            Does::Acquire { kind, mode, scope, may_fail } => {
                let lock = match args.receiver.as_ref().map(|val| self.value(val.id)) {
                    // `fcntl.flock(f, …)`: the lock is the file.
                    Some(ValueKind::Named(_)) | None => match args.get(row.key) {
                        Some(val) => {
                            let by_name = (*scope == Scope::Host).then(|| self.file_lock(val.id));
                            by_name.flatten().unwrap_or_else(|| self.path_of(val))
                        }
                        None => lock,
                    },
                    _ => lock,
                };
                let Some(mode) = self.lock_mode(args, *mode) else {
                    let release = Release { lock, mode: *mode, via: self.given_back_by() };
                    self.emit_new(span, EventKind::Release(Box::new(release)));
                    return Val { id: self.unknown(span), ty: None, path: None };
                };
                let id = args.get(row.key).map(|val| val.id);
                let key = id.map(|id| {
                    self.handles.get(&id).cloned().unwrap_or_else(|| self.key(Some(id), span))
                });
                let event = self.next_event();
                let result = self.result(event, args.name, args.inputs(), span);
                let acquire = Acquire {
                    lock,
                    kind: *kind,
                    mode,
                    scope: *scope,
                    via: Via::Call,
                    may_fail: *may_fail,
                    result,
                    key,
                    confidence,
                };
                self.emit(event, span, EventKind::Acquire(Box::new(acquire)));
                Val { id: result, ty: None, path: None }
            }
            Does::Release(mode) => {
                let lock =
                    match (args.receiver.as_ref().map(|val| self.value(val.id)), args.get(row.key))
                    {
                        (Some(ValueKind::Named(_)) | None, Some(val)) => {
                            self.file_lock(val.id).unwrap_or_else(|| self.path_of(val))
                        }
                        _ => lock,
                    };
                let release = Release { lock, mode: *mode, via: self.given_back_by() };
                self.emit_new(span, EventKind::Release(Box::new(release)));
                Val { id: self.unknown(span), ty: None, path: None }
            }
            Does::Wait => {
                let wait = Wait { cond: lock, lock: None };
                self.emit_new(span, EventKind::Wait(Box::new(wait)));
                Val { id: self.unknown(span), ty: None, path: None }
            }
            Does::Around { kind, scope } => self.around(row, (*kind, *scope), lock, args, span),
            _ => self.lock_object(row, args, span),
        }
    }

    fn lock_object(&mut self, row: &Row, args: &Args, span: Span) -> Val {
        let val = self.made_by_row(row, args, span);
        let key = args.get(row.key).and_then(|val| self.key_text(val.id));
        let mut h = rustc_hash::FxHasher::default();
        std::hash::Hash::hash(&key, &mut h);
        let _ = h;
        val
    }

    /// `once.Do(f)`, `group.Do(key, f)`: `f` runs under the lock.
    fn around(
        &mut self,
        row: &Row,
        (kind, scope): (LockKind, Scope),
        lock: Path,
        args: &Args,
        span: Span,
    ) -> Val {
        let id = args.get(row.key).map(|val| val.id);
        let key = id.map(|id| self.key(Some(id), span));
        let target = args.get(row.value).map(|val| val.id);
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let (mode, via) = (LockMode::Exclusive, Via::Body);
        let acquire = Acquire {
            lock: lock.clone(),
            kind,
            mode,
            scope,
            via,
            may_fail: false,
            result,
            key,
            confidence: Confidence::Certain,
        };
        let enter = self.within(|it| it.emit(event, span, EventKind::Acquire(Box::new(acquire))));
        let body = self.within(|it| {
            if let Some(target) = target {
                it.run(target, None, span);
            }
        });
        let exit = self.within(|it| {
            it.emit_new(span, EventKind::Release(Box::new(Release { lock, mode, via })));
        });
        self.push(Node::With(Box::new(With { enter, body, exit, span })));
        Val { id: result, ty: None, path: None }
    }

    /// Calls a function value without arguments that are known.
    pub(super) fn transaction(
        &mut self,
        row: &Row,
        args: &Args,
        tx: Tx,
        isolation: crate::event::Isolation,
        span: Span,
    ) -> Val {
        let on = args.receiver.as_ref().and_then(|val| val.path.clone());
        let ty = row.returns.map(|class| self.returned(class));
        let isolation = if isolation == crate::event::Isolation::Default && self.asks_serial(args) {
            crate::event::Isolation::Serializable
        } else {
            isolation
        };
        let end = |commit| EventKind::TxEnd(Box::new(TxEnd { on: on.clone(), commit }));
        match tx {
            Tx::Begin => {
                let begin = TxBegin { on: on.clone(), isolation };
                self.emit_new(span, EventKind::TxBegin(Box::new(begin)));
                let shape = self.unique();
                let id = self.fresh(
                    ValueKind::New(Name::new("transaction"), args.inputs()),
                    shape,
                    span,
                );
                return Val { id, ty, path: on };
            }
            Tx::Commit => {
                self.flush_rows(span);
                self.emit_new(span, end(true));
            }
            Tx::Rollback => {
                self.emit_new(span, end(false));
            }
            Tx::Around => {
                let told = self.run_in_transaction(row, args, (isolation, on.clone()), span);
                if let Some(id) = told.filter(|_| self.cx.is_go()) {
                    return Val { id, ty, path: on };
                }
            }
        }
        let inputs = args.inputs();
        let shape = self.unique();
        Val { id: self.fresh(ValueKind::Op(Op::Call, inputs), shape, span), ty, path: on }
    }

    /// `sql.TxOptions{Isolation: sql.LevelSerializable}`, `isolation_level="SERIALIZABLE"`.
    fn asks_serial(&self, args: &Args) -> bool {
        let mut todo: Vec<ValueId> = args.given.iter().map(|given| given.val.id).collect();
        let mut left = 24;
        while let Some(id) = todo.pop() {
            left -= 1;
            if left == 0 {
                return false;
            }
            match self.value(id) {
                ValueKind::Named(name) | ValueKind::Literal(Literal::Text(name)) => {
                    if name.as_str().to_ascii_lowercase().ends_with("serializable") {
                        return true;
                    }
                }
                kind => todo.extend(kind.inputs()),
            }
        }
        false
    }
}
