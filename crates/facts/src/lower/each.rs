//! Functions that run what they are given on every element: `sorted(names, key=getmtime)`, `map(f, names)`.

use std::rc::Rc;

use super::assign::element_type;
use super::body::{Body, Val};
use super::effect::{Args, Given};
use crate::event::{Confidence, Loop, LoopKind, Name, Node, Op, Span, ValueKind};
use crate::syntax::{Arg, ExprId, ExprKind, StmtKind};

impl<'s> Body<'_, '_, 's> {
    /// `min`, `max`, `map`, `filter` of Python; `None` for any other function.
    pub(super) fn elementwise(&mut self, name: &str, args: &[Arg<'s>], span: Span) -> Option<Val> {
        let key = args.iter().find(|arg| arg.name == Some("key")).map(|arg| arg.value);
        let (list, run) = match (name, args) {
            ("min" | "max", [list, ..]) => (list.value, key?),
            ("map" | "filter", [run, list]) => (list.value, run.value),
            _ => return None,
        };
        let val = self.iterate(list);
        self.on_each(&val, run, span);
        if matches!(name, "min" | "max") {
            let shape = self.unique();
            let id = self.fresh(ValueKind::Element(val.id), shape, span);
            return Some(Val { id, ty: element_type(val.ty.as_ref()), path: None });
        }
        Some(Val { id: self.op(Op::Convert, vec![val.id], span), ty: None, path: None })
    }

    /// What a function does to each element of a list.
    pub(super) fn on_each(&mut self, list: &Val, run: ExprId, span: Span) {
        let before = self.events;
        let env = self.env.clone();
        let body = self.within(|it| it.run_on_element(list, run, span));
        self.env = env;
        if before != self.events {
            self.push(Node::Loop(Box::new(Loop {
                kind: LoopKind::Each,
                head: Vec::new(),
                cond: None,
                body,
                otherwise: Vec::new(),
                span,
            })));
        }
    }

    fn run_on_element(&mut self, list: &Val, run: ExprId, span: Span) {
        let shape = self.unique();
        let id = self.fresh(ValueKind::Element(list.id), shape, span);
        let element = Val { id, ty: element_type(list.ty.as_ref()), path: None };
        let tree = self.cx.tree;
        if let ExprKind::Function(def) = tree.kind(run) {
            let ([param], Some([only])) = (def.params.as_slice(), def.body.as_deref()) else {
                return;
            };
            self.env.insert(Name::new(param.name), Rc::new(element));
            if let StmtKind::Return(Some(value)) = &only.kind {
                self.expr(*value);
            }
            return;
        }
        let val = self.expr(run);
        let ValueKind::Named(name) = self.value(val.id) else { return };
        let name = *name;
        let Some(row) = self.cx.words.function(name).iter().find(|row| row.applies(1, &|_| false))
        else {
            return;
        };
        let last = Name::new(name.as_str().rsplit('.').next().unwrap_or_default());
        let given = vec![Given { name: None, stars: 0, val: element }];
        let args = Args { given, receiver: None, name: last, pair: false };
        self.effect(row, None, Confidence::Likely, &args, span);
    }
}
