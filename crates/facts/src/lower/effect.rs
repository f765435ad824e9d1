//! Rows of the vocabulary, carried out: from a call to its events. Which store and key they are about is told in
//! `row_place.rs`; locks and transactions stand in `locking.rs`.

use super::body::{Body, Seen as Looked, Val};
use crate::event::{
    Access, Act, ActKind, Await, Chance, Check, CheckKind, Confidence, Enumerate, EventKind, Key,
    Literal, Name, Op, Outcome, Prune, Read, Scope, Seen, Span, Spawn, StoreId, StoreKind, TypeRef,
    Uses, ValueId, ValueKind, Via,
};
use crate::vocabulary::{Arg, ClassId, Does, Row};

/// An argument as given.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) name: Option<Name>,
    pub(super) stars: u8,
    pub(super) val: Val,
}

/// A call's arguments.
#[derive(Clone)]
pub(super) struct Args {
    pub(super) given: Vec<Given>,
    pub(super) receiver: Option<Val>,
    /// The function's or method's own name.
    pub(super) name: Name,
    /// Two results are wanted (`v, ok :=`).
    pub(super) pair: bool,
}

impl Args {
    /// The argument that a row means.
    pub(super) fn get(&self, arg: Option<Arg>) -> Option<&Val> {
        match arg? {
            Arg::Receiver => self.receiver.as_ref(),
            Arg::Named => None,
            Arg::At(at, name) => {
                let named =
                    self.given.iter().find(|given| given.name.is_some() && given.name == name);
                let plain = || {
                    let at = usize::from(at?);
                    self.given
                        .iter()
                        .filter(|it| it.name.is_none() && (it.stars == 0 || self.given.len() == 1))
                        .nth(at)
                };
                named.or_else(plain).map(|given| &given.val)
            }
        }
    }

    pub(super) fn inputs(&self) -> Vec<ValueId> {
        self.receiver
            .iter()
            .map(|val| val.id)
            .chain(self.given.iter().map(|given| given.val.id))
            .collect()
    }
}

impl Body<'_, '_, '_> {
    pub(super) fn effect(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        let val = self.effect_alone(row, class, confidence, args, span);
        self.piped(row, args, val, span)
    }

    fn effect_alone(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        match &row.does {
            Does::Check(what, means) => {
                self.check(row, class, confidence, args, (*what, *means), span)
            }
            Does::Read => self.read(row, class, confidence, args, span),
            Does::Enumerate => self.enumerate(row, class, confidence, args, span),
            Does::Act(kind) => self.act(row, class, confidence, args, *kind, span),
            Does::Open => self.open(row, confidence, args, span),
            Does::Prune => self.prune(row, class, confidence, args, span),
            Does::Sql => {
                let val = self.sql(row, confidence, args, span);
                self.answer_of(args, val, span)
            }
            Does::Fetch => self.fetch(row, args, span),
            Does::Command => self.command(class, confidence, args, span),
            Does::Query => self.narrow(row, class, args, span),
            Does::Spawn(scope) => self.spawn(row, args, *scope, span),
            Does::Acquire { .. }
            | Does::Release(_)
            | Does::Lock { .. }
            | Does::Around { .. }
            | Does::Wait => self.locking(row, confidence, args, span),
            Does::Run => self.run_on_receiver(row, args, span),
            Does::Log => self.logged(span),
            Does::Tx(tx, isolation) => self.transaction(row, args, *tx, *isolation, span),
            _ => self.value_effect(row, args, span),
        }
    }

    /// `row` with this function's own parameters, and its result returned.
    pub(super) fn forwarded(&mut self, of: Name, row: &Row, span: Span) {
        let names = self.param_names.clone();
        let given = names
            .iter()
            .filter_map(|name| self.env.get(name))
            .map(|val| Given { name: None, stars: 0, val: Val::clone(val) })
            .collect();
        let args = Args { given, receiver: None, name: of, pair: false };
        let val = self.effect(row, None, Confidence::Likely, &args, span);
        let values = vec![val.id];
        self.emit_new(span, EventKind::Return(crate::event::Return { values, constant: None }));
    }

    /// Rows that only say what a value is.
    fn value_effect(&mut self, row: &Row, args: &Args, span: Span) -> Val {
        let ty = row.returns.map(|class| self.returned(class));
        match &row.does {
            Does::Same if row.by_handle => self.name_of_open(args, span),
            Does::Part => self.part_by_name(row, args, span),
            Does::Same => {
                let Some(val) = args
                    .get(row.key)
                    .or(args.given.first().map(|given| &given.val))
                    .or(args.receiver.as_ref())
                else {
                    return self.made_by_row(row, args, span);
                };
                // `client.SetNX(…).Err()` says nothing of who was first.
                let told = self.cx.is_go()
                    && args.name == "Err"
                    && matches!(self.value(val.id), ValueKind::Result(event, _) if self.acts.contains(event));
                let (id, path) = (val.id, val.path.clone());
                let ty = ty.or_else(|| val.ty.clone());
                let id = if told { self.pure(ValueKind::Part(id, 1), span) } else { id };
                Val { id, ty, path }
            }
            Does::Join => {
                let from_receiver = args
                    .receiver
                    .as_ref()
                    .filter(|val| !matches!(self.value(val.id), ValueKind::Named(_)));
                let ids = from_receiver.into_iter().map(|val| val.id);
                let ids = ids.chain(args.given.iter().map(|given| given.val.id)).collect();
                Val { id: self.op(Op::Join, ids, span), ty, path: None }
            }
            Does::Format => self.formatted(args, ty, span),
            Does::Now => {
                let shape = self.unique();
                Val { id: self.fresh(ValueKind::Now, shape, span), ty, path: None }
            }
            Does::Chance => {
                let event = self.next_event();
                let result = self.result(event, args.name, args.inputs(), span);
                self.emit(
                    event,
                    span,
                    EventKind::Chance(Box::new(Chance { result, probability: None })),
                );
                Val { id: result, ty, path: None }
            }
            Does::Await(what) => {
                self.emit_new(
                    span,
                    EventKind::Await(if *what == Await::Sleep { Await::Sleep } else { *what }),
                );
                Val { id: self.unknown(span), ty, path: None }
            }
            Does::New => self.made_by_row(row, args, span),
            _ if args.name.as_str().ends_with("load") && self.lent(args).is_some() => {
                self.read_lent(args, span)
            }
            _ => self.said_by_call(args, ty, span),
        }
    }

    /// What a call gives of which no more is known than what went in.
    pub(super) fn said_by_call(&mut self, args: &Args, ty: Option<TypeRef>, span: Span) -> Val {
        let mut inputs = vec![self.literal(Literal::Text(args.name), span)];
        inputs.extend(args.inputs());
        Val { id: self.op(Op::Call, inputs, span), ty, path: None }
    }

    pub(super) fn made_by_row(&mut self, row: &Row, args: &Args, span: Span) -> Val {
        let ty = row.returns.map_or(TypeRef::plain(Name::EMPTY), |class| self.returned(class));
        let inputs = args.given.iter().map(|given| given.val.id).collect();
        let val = self.made(ty.name, inputs, ty, span);
        if let Some(key) = args.get(row.key) {
            let key = self.key(Some(key.id), span);
            self.handles.insert(val.id, key);
        }
        val
    }

    // --- stores

    // --- effects

    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    fn check(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        (what, means): (CheckKind, Seen),
        span: Span,
    ) -> Val {
        let store = self.row_store(row, class, args, confidence);
        let key = self.row_key(row, args, span);
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let access = match (what, self.stores[store.0 as usize].kind) {
            (CheckKind::Size, _) => Access::Count,
            (CheckKind::Presence, StoreKind::File) if !is_plain_question(args.name) => Access::Stat,
            (CheckKind::Expiry | CheckKind::State, _) => Access::Stat,
            _ => Access::Contains,
        };
        self.look(event, store, &key, row.miss.clone(), confidence, result);
        if row.miss == Outcome::Silent {
            self.checks.insert(event);
        }
        // Asked whether it is empty, the answer is no number.
        if what == CheckKind::Size && means != Seen::Few {
            self.counting.insert(event);
            self.checks.remove(&event);
        }
        let check =
            Check { store, key, what, means, of: None, access, result, sql: None, confidence };
        self.emit(event, span, EventKind::Check(Box::new(check)));
        let ty = row.returns.map(|class| self.returned(class));
        Val { id: result, ty, path: None }
    }

    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    pub(super) fn look(
        &mut self,
        event: crate::event::EventId,
        store: StoreId,
        key: &Key,
        miss: Outcome,
        confidence: Confidence,
        result: ValueId,
    ) {
        self.seen.insert(event, Looked { store, key: key.clone(), miss, confidence, result });
    }

    fn read(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        let store = self.row_store(row, class, args, confidence);
        let key = self.row_key(row, args, span);
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let miss = match &row.miss {
            Outcome::Flag if !args.pair && args.name == "[]" => Outcome::Nil,
            other => other.clone(),
        };
        self.look(event, store, &key, miss.clone(), confidence, result);
        let locks = row.locks || args.receiver.as_ref().is_some_and(|val| self.locks_rows(val));
        let read = Read {
            store,
            key,
            result,
            miss,
            by_handle: row.by_handle,
            locks,
            sql: None,
            confidence,
        };
        self.emit(event, span, EventKind::Read(Box::new(read)));
        self.instance(result, args);
        if class.is_some_and(|class| self.cx.words.class(class).name == "session") {
            self.session_row(result, args, locks, span);
        }
        let ty = row.returns.map(|class| self.returned(class));
        let element = || super::assign::element_type(args.receiver.as_ref()?.ty.as_ref());
        let path =
            match (args.name.as_str(), args.receiver.as_ref().and_then(|val| val.path.clone())) {
                ("[]" | "get" | "setdefault", Some(mut path)) if super::body::shared(&path) => {
                    path.steps.push(crate::event::Step::Item);
                    Some(path)
                }
                _ => None,
            };
        Val { id: result, ty: ty.or_else(element), path }
    }

    fn enumerate(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        let store = self.row_store(row, class, args, confidence);
        let key = self.row_key(row, args, span);
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        self.look(event, store, &key, Outcome::Nil, confidence, result);
        let kind = self.stores[store.0 as usize].kind;
        let live = matches!(kind, StoreKind::Map | StoreKind::List);
        let listed = Enumerate { store, key, result, live, sql: None, confidence };
        self.emit(event, span, EventKind::Enumerate(Box::new(listed)));
        self.instance(result, args);
        let ty = match row.returns {
            // What is listed of a folder are such things, not one.
            Some(class) if kind == StoreKind::File => Some(TypeRef {
                name: Name::new("listing"),
                args: vec![self.returned(class)],
                pointer: false,
            }),
            Some(class) => Some(self.returned(class)),
            None => args
                .receiver
                .as_ref()
                .and_then(|val| val.ty.clone())
                .filter(|ty| !ty.args.is_empty()),
        };
        // A view shows the container as it is; a copy is another one.
        let views = live && args.name != "copy";
        let path = args.receiver.as_ref().and_then(|val| val.path.clone()).filter(|_| views);
        Val { id: result, ty, path }
    }

    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    pub(super) fn act(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        kind: ActKind,
        span: Span,
    ) -> Val {
        if let Some(val) = self.done_in_parts(row, class, confidence, args, kind, span) {
            return val;
        }
        let store = self.row_store(row, class, args, confidence);
        let key = self.row_key(row, args, span);
        let target = args.get(row.target).map(|val| val.id).map(|id| self.key(Some(id), span));
        // Whoever sets an event sets it as everybody does.
        let event = args.name == "set"
            && class.is_some_and(|class| self.cx.words.class(class).name == "event");
        let value = self
            .written(row, args, span)
            .or_else(|| event.then(|| self.literal(Literal::Bool(true), span)));
        for given in &args.given {
            self.escape(&given.val);
        }
        let (atomicity, expects) = self.atomicity_of(row, args);
        let id = self.push_act(
            Act {
                kind,
                store,
                key,
                target,
                value,
                fields: self.fields_set(args),
                result: ValueId(0),
                means: row.result,
                used: Uses::default(),
                atomicity,
                failure: row.miss.clone(),
                by_handle: row.by_handle,
                expects: args.get(row.expects).map(|val| val.id).or(expects),
                ttl: args
                    .get(row.ttl)
                    .or_else(|| {
                        row.ttl.and_then(|_| args.get(Some(Arg::At(None, Some(Name::new("px"))))))
                    })
                    .map(|val| val.id),
                sql: None,
                confidence,
            },
            args,
            span,
        );
        self.instance(id, args);
        let ty = row.returns.map(|class| self.returned(class));
        let id = self.row_at_hand(id, row, args, span).unwrap_or(id);
        self.entry_given_back(row, args, Val { id, ty, path: None })
    }

    /// Emits an act; what it returns of the store's content can be judged like a read.
    pub(super) fn push_act(&mut self, mut act: Act, args: &Args, span: Span) -> ValueId {
        let event = self.next_event();
        act.result = self.result(event, args.name, args.inputs(), span);
        let result = act.result;
        if matches!(act.means, crate::event::Meaning::Current | crate::event::Meaning::Previous)
            || matches!(act.kind, ActKind::Take)
        {
            let (key, miss) = (act.key.clone(), act.failure.clone());
            self.look(event, act.store, &key, miss, act.confidence, result);
        } else if !matches!(act.kind, ActKind::OpenRead | ActKind::OpenWrite) {
            self.acts.insert(event);
        }
        if let (ActKind::OpenRead | ActKind::OpenWrite, Some(path)) = (act.kind, act.key.value) {
            self.opened.insert(event, path);
        }
        self.emit(event, span, EventKind::Act(Box::new(act)));
        result
    }

    /// The fields that the row was given before it is saved.
    fn fields_set(&self, args: &Args) -> Vec<Name> {
        let set = args.receiver.as_ref().and_then(|receiver| self.dirty.get(&receiver.id));
        // Who may read a file is no part of what it holds.
        let mode = matches!(args.name.as_str(), "chmod" | "chown" | "lchmod" | "lchown");
        let mode = mode.then(|| Name::new("mode"));
        set.into_iter().flatten().map(|(field, _)| *field).chain(mode).collect()
    }

    fn written(&mut self, row: &Row, args: &Args, span: Span) -> Option<ValueId> {
        if let Some(receiver) = &args.receiver
            && let Some(set) = self.dirty.get(&receiver.id)
        {
            let values = set.iter().map(|(_, value)| *value).collect();
            return Some(self.pure(ValueKind::Tuple(values), span));
        }
        if matches!(row.value, Some(Arg::Named)) {
            let ids = args
                .given
                .iter()
                .filter(|given| given.name.is_some())
                .map(|given| given.val.id)
                .collect();
            return Some(self.pure(ValueKind::Tuple(ids), span));
        }
        args.get(row.value).map(|val| val.id)
    }

    /// `conn.Do("SETNX", key, value)`: as the command's own row says.
    fn command(
        &mut self,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        let text = |id: ValueId| match self.value(id) {
            ValueKind::Literal(Literal::Text(text)) => text.as_str().to_ascii_lowercase(),
            _ => String::new(),
        };
        let words: Vec<String> = args.given.iter().map(|given| text(given.val.id)).collect();
        let verb = words.first().map_or("", String::as_str);
        let verb = match verb {
            "set" if words.iter().skip(2).any(|word| word == "nx") => "setnx",
            "set" if words.iter().skip(2).any(|word| word == "xx") => "setxx",
            other => other,
        };
        let method = Name::new(&format!("command {verb}"));
        let rows = class.map_or(&[][..], |class| self.cx.words.method(class, method));
        match rows.first() {
            Some(row) => self.effect(row, class, confidence, args, span),
            None => Val { id: self.unknown(span), ty: None, path: None },
        }
    }

    fn prune(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        let store = self.row_store(row, class, args, confidence);
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let prune = Prune { store, call: args.name, result, confidence };
        self.emit(event, span, EventKind::Prune(Box::new(prune)));
        Val { id: result, ty: None, path: None }
    }

    fn spawn(&mut self, row: &Row, args: &Args, scope: Scope, span: Span) -> Val {
        let ty = row.returns.map(|class| self.returned(class));
        for given in &args.given {
            self.escape(&given.val);
        }
        let Some(target) = args.get(row.key).map(|val| val.id) else {
            return Val { id: self.unknown(span), ty, path: None };
        };
        let others =
            args.given.iter().map(|given| given.val.id).filter(|id| *id != target).collect();
        let spawn = Spawn { target, args: others, scope };
        self.emit_new(span, EventKind::Spawn(Box::new(spawn)));
        Val { id: self.unknown(span), ty, path: None }
    }

    pub(super) const fn given_back_by(&self) -> Via {
        if self.deferred { Via::Defer } else { Via::Call }
    }
}

/// Whether a look at a file by that name gives a plain yes or no.
fn is_plain_question(name: Name) -> bool {
    matches!(name.as_str(), "exists" | "Exists" | "DirExists" | "FileExists")
}
