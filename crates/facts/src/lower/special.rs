//! Calls that the language itself gives a meaning: built-in functions and the like.

use super::body::{Body, Val};
use crate::event::{
    Call, EventKind, LOGGED, Name, Op, Path, Raise, Root, Span, TypeRef, Uses, ValueId, ValueKind,
};
use crate::syntax::{Arg, ExprId, ExprKind};

impl<'a, 's> Body<'_, 'a, 's> {
    /// Calls that are syntax in all but name.
    pub(super) fn special(&mut self, name: &str, args: &[Arg<'s>], span: Span) -> Option<Val> {
        let key = Name::new(name);
        if self.env.contains_key(&key)
            || self.cx.function_named(key).is_some()
            || self.cx.imports.contains_key(&key)
        {
            return None;
        }
        if self.cx.is_go() {
            self.special_go(name, args, span)
        } else {
            self.special_python(name, args, span)
        }
    }

    /// A failure is written into a log: nothing is given away by that.
    pub(super) fn logged(&mut self, span: Span) -> Val {
        let event = self.next_event();
        let name = Name::new(LOGGED);
        let result = self.result(event, name, Vec::new(), span);
        let call = Call {
            name,
            callee: name,
            receiver: None,
            receiver_value: None,
            receiver_type: None,
            args: Vec::new(),
            named: Vec::new(),
            paths: Vec::new(),
            result,
            used: Uses::default(),
            awaited: false,
            deferred: self.deferred,
        };
        self.emit(event, span, EventKind::Call(Box::new(call)));
        Val { id: result, ty: None, path: None }
    }

    fn special_go(&mut self, name: &str, args: &[Arg<'s>], span: Span) -> Option<Val> {
        match name {
            "make" | "new" => {
                let ty = self.cx.type_of(args.first()?.value)?;
                for arg in &args[1..] {
                    self.expr(arg.value);
                }
                Some(self.made(ty.name, Vec::new(), ty, span))
            }
            "len" => {
                let base = self.expr(args.first()?.value);
                Some(self.length(&base, span))
            }
            "append" => {
                let given = self.args(args);
                given.iter().for_each(|given| self.escape(&given.val));
                let first = given.first()?.val.clone();
                let ids = given.iter().map(|given| given.val.id).collect();
                let id = self.op(Op::Add, ids, span);
                Some(Val { id, ty: first.ty, path: None })
            }
            "delete" => {
                let base = self.expr(args.first()?.value);
                let key = self.expr(args.get(1)?.value);
                self.access(&base, super::access::Op2::Delete, &[key], None, span);
                Some(Val { id: self.unknown(span), ty: None, path: None })
            }
            "panic" => {
                let value = self.expr(args.first()?.value).id;
                self.emit_new(
                    span,
                    EventKind::Raise(Raise { type_name: Name::EMPTY, value: Some(value) }),
                );
                Some(Val { id: self.unknown(span), ty: None, path: None })
            }
            "string" | "int" | "int64" | "uint64" | "uint32" | "int32" | "float64" | "byte"
            | "cap" | "min" | "max" => {
                let ids = args.iter().map(|arg| self.expr(arg.value).id).collect();
                let id = self.op(Op::Convert, ids, span);
                let ty = (name == "string").then(|| TypeRef::plain(Name::new("string")));
                Some(Val { id, ty, path: None })
            }
            "copy" => Some(self.copied(args, span)),
            _ => None,
        }
    }

    /// `copy(fresh, old)`: what is in `fresh` from then on was in `old`.
    fn copied(&mut self, args: &[Arg<'s>], span: Span) -> Val {
        let ids: Vec<ValueId> = args.iter().map(|arg| self.expr(arg.value).id).collect();
        if let Some(ExprKind::Name(name)) = args.first().map(|arg| self.cx.tree.kind(arg.value))
            && let Some(old) = self.env.get(&Name::new(name)).map(|val| Val::clone(val))
        {
            let id = self.op(Op::Convert, ids.clone(), span);
            self.env.insert(Name::new(name), std::rc::Rc::new(Val { id, ..old }));
        }
        let id = self.op(Op::Convert, ids, span);
        Val { id, ty: None, path: None }
    }

    fn special_python(&mut self, name: &str, args: &[Arg<'s>], span: Span) -> Option<Val> {
        match name {
            "len" => {
                let base = self.expr(args.first()?.value);
                Some(self.length(&base, span))
            }
            "list" | "sorted" | "tuple" | "frozenset" | "set" | "dict" | "iter" | "reversed"
            | "enumerate"
                if !args.is_empty() =>
            {
                let first = args.first()?.value;
                let picks = self.picks(first);
                let val = self.iterate(first);
                // A list of what was picked is what was picked.
                if picks && matches!(name, "list" | "tuple") {
                    return Some(val);
                }
                for arg in &args[1..] {
                    if arg.name == Some("key") {
                        self.on_each(&val, arg.value, span);
                    } else {
                        self.expr(arg.value);
                    }
                }
                if let ValueKind::Result(event, _) = self.value(val.id) {
                    let event = *event;
                    if !matches!(name, "iter" | "reversed" | "enumerate") {
                        self.patch(event, |kind| {
                            if let EventKind::Enumerate(it) = kind {
                                it.live = false;
                            }
                        });
                    }
                }
                let id = self.op(Op::Convert, vec![val.id], span);
                if let Some(query) = self.queries.get(&val.id).cloned() {
                    self.queries.insert(id, query);
                }
                let ty = match name {
                    "dict" | "set" => Some(TypeRef::plain(Name::new(name))),
                    _ => None,
                };
                Some(Val { id, ty, path: None })
            }
            "dict" | "list" | "set" => {
                let ids = args.iter().map(|arg| self.expr(arg.value).id).collect();
                let name = Name::new(name);
                Some(self.made(name, ids, TypeRef::plain(name), span))
            }
            "str" | "int" | "float" | "bool" | "bytes" | "repr" | "abs" | "round" | "hash"
            | "id" => {
                let ids = args.iter().map(|arg| self.expr(arg.value).id).collect();
                let id = self.op(Op::Convert, ids, span);
                Some(Val {
                    id,
                    ty: (name == "str").then(|| TypeRef::plain(Name::new("str"))),
                    path: None,
                })
            }
            "min" | "max" | "map" | "filter" => self.elementwise(name, args, span),
            "getattr" => self.named_field(args, span),
            "super" => {
                let id = self.pure(ValueKind::Receiver, span);
                Some(Val { id, ty: None, path: Some(Path::root(Root::Receiver)) })
            }
            _ => None,
        }
    }

    /// Whether an expression picks elements with a function of its own: `filter(lambda key: …, keys)`.
    fn picks(&self, id: ExprId) -> bool {
        let tree = self.cx.tree;
        let ExprKind::Call(callee, args) = tree.kind(id) else { return false };
        matches!(tree.kind(*callee), ExprKind::Name("filter"))
            && matches!(args.first().map(|arg| tree.kind(arg.value)), Some(ExprKind::Function(_)))
    }
}
