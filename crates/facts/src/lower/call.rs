//! Calls: with what, which row describes them, and what they give back. Who is called is told in `callee.rs`.

use super::body::{Body, Val};
use super::callee::{Callee, getter, is_own};
use super::effect::{Args, Given};
use super::saved_at::Saver;
use super::types::class_type;
use crate::event::{
    Call, Confidence, EventKind, Literal, Name, Op, Path, Root, Span, Step, TypeRef, ValueId,
    ValueKind, runs_what_it_is_given,
};
use crate::syntax::{Arg, ExprId, ExprKind};
use crate::vocabulary::{ClassId, Does, Row};

impl<'a, 's> Body<'_, 'a, 's> {
    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &[Arg<'s>]) -> Val {
        let span = self.span_of(id);
        let awaited = std::mem::take(&mut self.awaited);
        let pair = std::mem::take(&mut self.comma_ok);
        if let ExprKind::Name(name) = self.cx.tree.kind(callee)
            && let Some(val) = self.special(name, args, span)
        {
            return val;
        }
        if let Some(val) = self.by_method_name(callee, args, span) {
            return val;
        }
        if let Some(def) = self.inlinable(callee).filter(|_| args.is_empty()) {
            self.inline(def);
            return Val { id: self.unknown(span), ty: None, path: None };
        }
        self.both_ways(callee, args, span);
        let bound = self.either_bound(callee);
        if !bound.is_empty() {
            return self.either_method(&bound, args, span);
        }
        let callee = self.callee(callee);
        if let Some(val) = self.ranged(&callee, args, span) {
            return val;
        }
        let given = self.args(args);
        let callee = self.modelled(callee, &given, span);
        if let Some(val) = self
            .mapped(&callee, span)
            .or_else(|| self.in_plain_words(&callee, &given, span))
            .or_else(|| self.core_statement(&callee, &given, span))
            .or_else(|| self.stated(&callee, &given, span))
        {
            return val;
        }
        let count = given.iter().filter(|given| given.name.is_none()).count();
        let named = |name: Name| self.is_set(&given, name);
        let row = callee.rows.iter().find(|row| row.applies(count, &named));
        if let Some(row) = row {
            let word = callee.word;
            let named = Args { given, receiver: callee.receiver, name: word, pair };
            let val = self.effect(row, callee.class, callee.confidence, &named, span);
            self.read_into(id, callee.class, &val, span);
            if !matches!(row.does, Does::Act(_) | Does::Spawn(_) | Does::Prune) {
                self.fill(word, args, &val, span);
            }
            return val;
        }
        // A statement that an object keeps is carried out some other time.
        let kept = self.kept && callee.word.as_str().starts_with("Prepare");
        if let Some(row) = self.sql_by_text(&given).filter(|_| !kept) {
            let receiver =
                callee.receiver.or(callee.value.map(|id| Val { id, ty: None, path: None }));
            let confidence = self.prepares(receiver.as_ref(), callee.word);
            let word = callee.word;
            let named = Args { given, receiver, name: word, pair };
            let val = self.effect(row, None, confidence, &named, span);
            self.fill(word, args, &val, span);
            return val;
        }
        if let Some(val) = self.command_given(&callee, &given, pair, span) {
            return val;
        }
        self.undescribed(callee, (args, &given), awaited, span)
    }

    /// A call of which nothing but its name is known.
    fn undescribed(
        &mut self,
        callee: Callee<'a>,
        (args, given): (&[Arg<'s>], &[Given]),
        awaited: bool,
        span: Span,
    ) -> Val {
        let (word, saver) = (callee.word, Saver::of(&callee));
        let val = self.plain_call(callee, given, awaited, span);
        self.fill(word, args, &val, span);
        self.saved_at(&saver, given, span);
        self.handed(word, given, span).unwrap_or(val)
    }

    /// `settings.read(path)`: the object holds from then on what was read.
    fn read_into(&mut self, call: ExprId, class: Option<ClassId>, result: &Val, span: Span) {
        let tree = self.cx.tree;
        if class.is_none() || class != self.cx.words.class_named("settings") {
            return;
        }
        if let ExprKind::Call(callee, _) = tree.kind(call)
            && let ExprKind::Attr(object, _) = tree.kind(*callee)
            && let ExprKind::Name(name) = tree.kind(*object)
            && let Some(old) = self.env.get(&Name::new(name)).map(|val| Val::clone(val))
        {
            let id = self.op(Op::Convert, vec![result.id, old.id], span);
            self.env.insert(Name::new(name), std::rc::Rc::new(Val { id, ..old }));
        }
    }

    /// Calls of methods whose name and arguments say what they do.
    fn by_method_name(&mut self, callee: ExprId, args: &[Arg<'s>], span: Span) -> Option<Val> {
        if let Some(val) = self.enters_stack(callee, args, span) {
            return Some(val);
        }
        if let Some(val) = self.puts_one(callee, args, span) {
            return Some(val);
        }
        if let (ExprKind::Attr(base, "sort"), [arg]) = (self.cx.tree.kind(callee), args)
            && arg.name == Some("key")
        {
            let list = self.expr(*base);
            self.on_each(&list, arg.value, span);
            return Some(Val { id: self.literal(Literal::Nil, span), ty: None, path: None });
        }
        None
    }

    /// The methods that a variable may stand for: `func = cache.add if new else cache.set`.
    fn either_bound(&self, callee: ExprId) -> Vec<Path> {
        let ExprKind::Name(name) = self.cx.tree.kind(callee) else { return Vec::new() };
        let Some(val) = self.env.get(&Name::new(name)) else { return Vec::new() };
        let ValueKind::Phi(parts) = self.value(val.id) else { return Vec::new() };
        let paths: Vec<Path> = parts
            .iter()
            .filter_map(|part| match self.value(*part) {
                ValueKind::Load(path) if path.steps.len() >= 2 => Some(path.clone()),
                _ => None,
            })
            .collect();
        if paths.len() == parts.len() && paths.len() == 2 { paths } else { Vec::new() }
    }

    fn either_method(&mut self, bound: &[Path], args: &[Arg<'s>], span: Span) -> Val {
        let given = self.args(args);
        let mut results = Vec::new();
        let mut blocks = Vec::new();
        for path in bound {
            let mut receiver = path.clone();
            let Some(Step::Field(method)) = receiver.steps.pop() else { continue };
            let id = self.pure(ValueKind::Load(receiver.clone()), span);
            let ty = match (&receiver.root, receiver.steps.as_slice()) {
                (Root::Receiver, [Step::Field(field)]) => {
                    let own = self.receiver.as_ref().and_then(|(_, ty)| ty.clone());
                    own.and_then(|own| self.cx.field_type(&own, *field)?.0)
                }
                _ => None,
            };
            let base = Val { id, ty, path: Some(receiver) };
            let given = given.clone();
            blocks.push(self.within(|it| {
                let callee = it.object_callee(base, method, ExprId(0));
                let count = given.iter().filter(|given| given.name.is_none()).count();
                let named = |name: Name| it.is_set(&given, name);
                let row = callee.rows.iter().find(|row| row.applies(count, &named));
                results.push(match row {
                    Some(row) => {
                        let args =
                            Args { given, receiver: callee.receiver, name: method, pair: false };
                        it.effect(row, callee.class, callee.confidence, &args, span)
                    }
                    None => it.plain_call(callee, &given, false, span),
                });
            }));
        }
        let id = self.pure(ValueKind::Phi(results.iter().map(|val| val.id).collect()), span);
        let other = blocks.pop().unwrap_or_default();
        let then = blocks.pop().unwrap_or_default();
        let cond = crate::event::Cond::Unknown;
        let branch = crate::event::Branch { cond, then, other, span };
        self.push(crate::event::Node::Branch(Box::new(branch)));
        Val { id, ty: None, path: None }
    }

    /// A function that a row describes, handed to something that runs it: `retry(os.replace, a, b)`.
    fn handed(&mut self, word: Name, given: &[Given], span: Span) -> Option<Val> {
        if self.cx.is_go() || given.len() < 2 || !runs_what_it_is_given(word) {
            return None;
        }
        let (at, name) = given.iter().enumerate().find_map(|(at, given)| {
            let ValueKind::Named(name) = self.value(given.val.id) else { return None };
            (given.name.is_none() && !self.cx.words.function(*name).is_empty())
                .then_some((at, *name))
        })?;
        let rest: Vec<Given> = given[at + 1..].to_vec();
        let count = rest.iter().filter(|given| given.name.is_none()).count();
        let named = |name: Name| self.is_set(&rest, name);
        let row = self.cx.words.function(name).iter().find(|row| row.applies(count, &named))?;
        let effect = matches!(
            row.does,
            Does::Check(..) | Does::Read | Does::Enumerate | Does::Act(_) | Does::Open
        );
        if !effect || rest.is_empty() {
            return None;
        }
        let last = Name::new(name.as_str().rsplit('.').next().unwrap_or_default());
        let args = Args { given: rest, receiver: None, name: last, pair: false };
        Some(self.effect(row, None, Confidence::Likely, &args, span))
    }

    /// Calls a value on the way out.
    pub(super) fn call_value(&mut self, val: &Val, span: Span) {
        let outer = std::mem::replace(&mut self.deferred, true);
        let callee = self.value_callee(val);
        self.plain_call(callee, &[], false, span);
        self.deferred = outer;
    }

    /// A call of anything whose first or second argument reads as a statement.
    fn sql_by_text(&self, given: &[Given]) -> Option<&'a Row> {
        let begins = |given: &Given| {
            let ValueKind::Literal(Literal::Text(text)) = self.value(self.first_part(given.val.id))
            else {
                return false;
            };
            let text = text.as_str().trim_start();
            let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
            let rest = text[word.len()..].starts_with(|c: char| c.is_ascii_whitespace());
            let verb = word.to_ascii_uppercase();
            // Words of English begin many a message: only statements in capitals, or with their second word.
            let lower = text.to_ascii_lowercase();
            let second = ["insert into ", "delete from ", "insert or ", "insert ignore "];
            let sure = word == verb || second.iter().any(|start| lower.starts_with(start));
            rest && sure
                && matches!(verb.as_str(), "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE")
        };
        let at = given.iter().take(2).position(begins)?;
        let class =
            self.cx.words.class_named(if self.cx.is_go() { "sql" } else { "connection" })?;
        let method = match (self.cx.is_go(), at) {
            (true, 0) => "Query",
            (true, _) => "QueryContext",
            (false, 0) => "execute",
            (false, _) => return None,
        };
        self.cx.words.method(class, Name::new(method)).first()
    }

    /// Carries out a command of Redis that a call is given as a text.
    fn command_given(
        &mut self,
        callee: &Callee<'a>,
        given: &[Given],
        pair: bool,
        span: Span,
    ) -> Option<Val> {
        let (row, class, at) = self.command_by_text(callee, given)?;
        let receiver = callee.receiver.clone().or_else(|| {
            let id = callee.value?;
            let path = match self.value(id) {
                ValueKind::Param(n) => Some(Path::root(Root::Param(*n))),
                ValueKind::Load(path) => Some(path.clone()),
                _ => None,
            };
            Some(Val { id, ty: None, path })
        });
        let given = given[at..].to_vec();
        let args = Args { given, receiver, name: callee.word, pair };
        Some(self.effect(row, Some(class), Confidence::Likely, &args, span))
    }

    /// A call of a function that was passed in, or of a client's own method, that is given a command of Redis as a
    /// text; and which of the arguments that is.
    fn command_by_text(
        &self,
        callee: &Callee<'a>,
        given: &[Given],
    ) -> Option<(&'a Row, ClassId, usize)> {
        let passed = callee.name.is_empty() && callee.receiver.is_none();
        let method = callee.receiver.is_some() && carries_out(callee.word);
        if !self.cx.is_go() || !self.cx.mentions_redis || !(passed || method) {
            return None;
        }
        // A client of today is given a context first.
        let looked_at = if method { 2 } else { 1 };
        let (at, text) = given.iter().take(looked_at).enumerate().find_map(|(at, given)| {
            let ValueKind::Literal(Literal::Text(text)) = self.value(given.val.id) else {
                return None;
            };
            Some((at, text.as_str()))
        })?;
        let capitals = text.bytes().all(|byte| byte.is_ascii_uppercase());
        if method && !(capitals && given.len() > at + 1) {
            return None;
        }
        let class = self.cx.words.class_named("redigo")?;
        let method = Name::new(&format!("command {}", text.to_ascii_lowercase()));
        if self.cx.words.method(class, method).is_empty() {
            return None;
        }
        Some((self.cx.words.method(class, Name::new("Do")).first()?, class, at))
    }

    fn first_part(&self, id: ValueId) -> ValueId {
        match self.value(id) {
            ValueKind::Op(Op::Format, parts) => parts.first().copied().unwrap_or(id),
            _ => id,
        }
    }

    /// Whether an argument of that name is given and not false.
    fn is_set(&self, given: &[Given], name: Name) -> bool {
        given.iter().any(|given| {
            given.name == Some(name)
                && !matches!(
                    self.value(given.val.id),
                    ValueKind::Literal(Literal::Bool(false) | Literal::Nil)
                )
        })
    }

    pub(super) fn args(&mut self, args: &[Arg<'s>]) -> Vec<Given> {
        args.iter()
            .map(|arg| Given {
                name: arg.name.map(Name::new),
                stars: arg.stars,
                val: self.expr(arg.value),
            })
            .collect()
    }

    /// The row for a call that is not evaluated yet, and its receiver: for `with`. Only for plain callees.
    pub(super) fn find_row(
        &mut self,
        callee: ExprId,
        args: &[Arg<'s>],
    ) -> Option<(Row, Option<Val>)> {
        let mut at = callee;
        while let ExprKind::Attr(base, _) = self.cx.tree.kind(at) {
            at = *base;
        }
        if !matches!(self.cx.tree.kind(at), ExprKind::Name(_)) {
            return None;
        }
        let callee = self.callee(callee);
        let count = args.iter().filter(|arg| arg.name.is_none()).count();
        let named = |name: Name| args.iter().any(|arg| arg.name == Some(name.as_str()));
        let row = callee.rows.iter().find(|row| row.applies(count, &named))?;
        Some((row.clone(), callee.receiver))
    }

    pub(super) fn plain_call(
        &mut self,
        callee: Callee<'a>,
        given: &[Given],
        awaited: bool,
        span: Span,
    ) -> Val {
        if callee.word == "flush" {
            self.flush_rows(span);
        }
        self.saves_what_was_asked(&callee, span);
        if let (Some(base), []) = (&callee.receiver, given)
            && !self.cx.is_go()
            && let Some(field) =
                base.ty.as_ref().and_then(|of| self.cx.handing(of, callee.word, false))
        {
            let base = base.clone();
            return self.field_of(&base, field, span);
        }
        if let Some(val) = self.construct(&callee, given, span) {
            return val;
        }
        let event = self.next_event();
        let mut inputs: Vec<ValueId> = callee.receiver.iter().map(|val| val.id).collect();
        inputs.extend(callee.value.filter(|_| callee.name.is_empty()));
        inputs.extend(given.iter().map(|given| given.val.id));
        let result = self.result(event, callee.name, inputs, span);
        let paths = given
            .iter()
            .enumerate()
            .filter_map(|(n, given)| Some((u16::try_from(n).ok()?, given.val.path.clone()?)))
            .filter(|(_, path)| {
                !matches!(path.root, Root::Global(_)) || !path.steps.is_empty() || is_own(path)
            })
            .collect();
        let (named, plain): (Vec<&Given>, Vec<&Given>) =
            given.iter().partition(|given| given.name.is_some());
        let receiver = callee.receiver.as_ref().and_then(|val| val.path.clone());
        let receiver = receiver.filter(|path| {
            !matches!(path.root, Root::Global(_)) || is_own(path) || !path.steps.is_empty()
        });
        let call = Call {
            name: callee.word,
            callee: callee.name,
            receiver,
            receiver_value: callee.receiver.as_ref().map(|val| val.id).or(callee.value),
            receiver_type: callee.receiver.as_ref().and_then(|val| val.ty.clone()),
            args: plain.iter().map(|given| given.val.id).collect(),
            named: named.iter().filter_map(|given| Some((given.name?, given.val.id))).collect(),
            paths,
            result,
            used: crate::event::Uses::default(),
            awaited,
            deferred: self.deferred,
        };
        self.call_names.insert(event, callee.word);
        self.managed(callee.receiver.as_ref(), result, span);
        if let Some(model) = self.makes_row(&callee) {
            self.made_by.insert(event, model);
        }
        self.emit(event, span, EventKind::Call(Box::new(call)));
        let ty = callee.own.flatten();
        let path = callee.receiver.as_ref().and_then(|base| getter(base, callee.word));
        Val { id: result, ty, path }
    }

    /// A call of a type: a class of this file, or one that the vocabulary knows.
    fn construct(&mut self, callee: &Callee<'a>, given: &[Given], span: Span) -> Option<Val> {
        let ids = || given.iter().map(|given| given.val.id).collect();
        if self.cx.is_go() {
            // Conversion to a type of this file.
            let own = callee.name.as_str().strip_prefix('.').map(Name::new)?;
            let is_type = self.cx.class_named(own).is_some() && given.len() == 1;
            return is_type.then(|| {
                let id = self.op(Op::Convert, ids(), span);
                let ty = Some(TypeRef::plain(callee.name));
                Val { id, ty, path: given[0].val.path.clone() }
            });
        }
        self.cx.words.class_of(callee.name)?;
        let ty = TypeRef::plain(callee.name);
        Some(self.made(callee.name, ids(), ty, span))
    }

    pub(super) fn returned(&self, class: Name) -> TypeRef {
        TypeRef::plain(class_type(class))
    }
}

/// Whether a call of Go reads into what it is given a pointer to, by its name.
pub(super) fn reads_into(word: Name) -> bool {
    let word = word.as_str().to_ascii_lowercase();
    ["unmarshal", "decode", "deserialize", "scan", "unpack"].iter().any(|verb| word.contains(verb))
}

/// Whether a method carries out the command that it is given.
fn carries_out(word: Name) -> bool {
    let word = word.as_str().to_ascii_lowercase();
    ["do", "send", "cmd", "command", "exec"].iter().any(|verb| word.starts_with(verb))
}
