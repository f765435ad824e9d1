//! Functions that run what they are given on every element: `sorted(names, key=getmtime)`, `map(f, names)`.

use std::rc::Rc;

use super::assign::element_type;
use super::body::{Body, Val};
use super::callee::Callee;
use super::effect::{Args, Given};
use crate::event::{
    Await, Block, Branch, Confidence, EventKind, Literal, Loop, LoopKind, Name, Node, Op, Span,
    TypeRef, ValueKind,
};
use crate::syntax::{Arg, ExprId, ExprKind, StmtKind};
use crate::vocabulary::Does;

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
        if name == "filter"
            && let Some(picked) = self.picked_by(&val, run, span)
        {
            return Some(picked);
        }
        self.on_each(&val, run, span);
        if matches!(name, "min" | "max") {
            let shape = self.unique();
            let id = self.fresh(ValueKind::Element(val.id), shape, span);
            return Some(Val { id, ty: element_type(val.ty.as_ref()), path: None });
        }
        Some(Val { id: self.op(Op::Convert, vec![val.id], span), ty: None, path: None })
    }

    /// `filter(lambda key: …, keys)` is `[key for key in keys if …]`.
    fn picked_by(&mut self, list: &Val, run: ExprId, span: Span) -> Option<Val> {
        let ExprKind::Function(def) = self.cx.tree.kind(run) else { return None };
        let ([param], Some([only])) = (def.params.as_slice(), def.body.as_deref()) else {
            return None;
        };
        let StmtKind::Return(Some(test)) = only.kind else { return None };
        let shape = self.unique();
        let id = self.fresh(ValueKind::Element(list.id), shape, span);
        let element = Val { id, ty: element_type(list.ty.as_ref()), path: None };
        let env = self.env.clone();
        let body = self.within(|it| {
            it.env.insert(Name::new(param.name), Rc::new(element));
            let cond = it.cond(test);
            let (then, other) = (Vec::new(), Vec::new());
            it.push(Node::Branch(Box::new(Branch { cond, then, other, span })));
        });
        self.env = env;
        self.push_each(body, span);
        let of = Name::new("list");
        Some(self.made(of, vec![list.id, id], TypeRef::plain(of), span))
    }

    /// A loop over a list whose elements its body has.
    fn push_each(&mut self, body: Block, span: Span) {
        self.push(Node::Loop(Box::new(Loop {
            kind: LoopKind::Each,
            head: Vec::new(),
            cond: None,
            body,
            otherwise: Vec::new(),
            span,
        })));
    }

    /// What a function does to each element of a list.
    pub(super) fn on_each(&mut self, list: &Val, run: ExprId, span: Span) {
        let before = self.events;
        let env = self.env.clone();
        let body = self.within(|it| it.run_on_element(list, run, span));
        self.env = env;
        if before != self.events {
            self.push_each(body, span);
        }
    }

    /// `m.Range(func(key, value any) bool { … })`: a loop over the store, whose body is the function.
    pub(super) fn ranged(
        &mut self,
        callee: &Callee<'_>,
        args: &[Arg<'s>],
        span: Span,
    ) -> Option<Val> {
        let tree = self.cx.tree;
        let (row, (arg, rest)) = (callee.rows.first()?, args.split_last()?);
        let ExprKind::Function(def) = tree.kind(arg.value) else { return None };
        let says = def.returns.first().and_then(|result| self.cx.type_of(result.annotation?));
        let says = says.map(|of| of.name);
        // `filepath.Walk(root, func(path string, info os.FileInfo, err error) error { … })`
        let walks = says.is_some_and(|says| says == "error") && self.sweeps(arg.value, def);
        let asks = says.is_some_and(|says| says == "bool");
        if row.does != Does::Enumerate || !self.cx.is_go() || !(asks || walks) {
            return None;
        }
        let given = Args {
            given: self.args(rest),
            receiver: callee.receiver.clone(),
            name: callee.word,
            pair: false,
        };
        let list = self.effect(row, callee.class, callee.confidence, &given, span);
        if let (true, ValueKind::Result(event, _)) = (walks, self.value(list.id)) {
            let event = *event;
            self.walked.insert(event);
        }
        let env = self.env.clone();
        let outer = std::mem::replace(&mut self.on_element, true);
        let body = self.within(|it| {
            let shape = it.unique();
            let element = it.fresh(ValueKind::Element(list.id), shape, span);
            if walks {
                it.walks(element, callee.word == "WalkDir", &def.params, span);
            }
            for (part, param) in (0_u8..).zip(&def.params).filter(|_| !walks) {
                let id = it.pure(ValueKind::Part(element, part), span);
                let ty = param.annotation.and_then(|id| it.cx.type_of(id));
                it.env.insert(Name::new(param.name), Rc::new(Val { id, ty, path: None }));
            }
            it.statements(def.body.as_deref().unwrap_or_default());
        });
        self.on_element = outer;
        self.merge(&env, span);
        self.push_each(body, span);
        let id = if walks { list.id } else { self.unknown(span) };
        Some(Val { id, ty: None, path: None })
    }

    /// Go: `for i := range names`, in whose body `names[i]` is the element.
    pub(super) fn walk_by_index(&mut self, target: Option<ExprId>, list: ExprId, each: &Val) {
        let index = target.and_then(|target| match self.cx.tree.kind(target) {
            ExprKind::Tuple(parts) => parts.first().copied(),
            _ => Some(target),
        });
        let (Some(index), true) = (index, self.cx.is_go()) else { return };
        let ExprKind::Name(name) = self.cx.tree.kind(index) else { return };
        let Some(index) = self.env.get(&Name::new(name)).map(|val| val.id) else { return };
        let listed =
            each.ty.as_ref().is_some_and(|ty| matches!(ty.name.as_str(), "slice" | "list"));
        let element = match *self.value(index) {
            ValueKind::Part(element, 0) => element,
            ValueKind::Element(_) => index,
            _ => return,
        };
        if !listed {
            return;
        }
        let id = self.pure(ValueKind::Part(element, 1), self.span_of(list));
        let path = each.path.as_ref().filter(|path| super::body::shared(path)).map(|path| {
            let mut path = path.clone();
            path.steps.push(crate::event::Step::Item);
            path
        });
        let val = Val { id, ty: element_type(each.ty.as_ref()), path };
        self.walked_by_index.push((index, list, val));
    }

    /// `names[i]` in a loop over the indexes of `names`.
    pub(super) fn element_at(&self, base: ExprId, keys: &[ExprId]) -> Option<Val> {
        let [key] = keys else { return None };
        let ExprKind::Name(name) = self.cx.tree.kind(*key) else { return None };
        let index = self.env.get(&Name::new(name))?.id;
        let walked = self
            .walked_by_index
            .iter()
            .rev()
            .find(|(known, list, _)| *known == index && self.is_same_place(*list, base));
        walked.map(|(.., element)| element.clone())
    }

    /// Whether two expressions name the same variable or field of one.
    fn is_same_place(&self, a: ExprId, b: ExprId) -> bool {
        match (self.cx.tree.kind(a), self.cx.tree.kind(b)) {
            (ExprKind::Name(a), ExprKind::Name(b)) => a == b,
            (ExprKind::Attr(a, field), ExprKind::Attr(b, other)) => {
                field == other && self.is_same_place(*a, *b)
            }
            _ => false,
        }
    }

    /// What a return does in the body of a function that is run on each element.
    pub(super) fn after_element(&self, constant: Option<&Literal>) -> Option<EventKind> {
        self.on_element.then_some(match constant {
            Some(Literal::Bool(false)) => EventKind::Break,
            _ => EventKind::Continue,
        })
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

/// What a loop waits for before each round: the next of an iterator, or of Go's channel a message.
pub(super) fn waits(is_async: bool, each: &Val) -> Option<Await> {
    let channel = each.ty.as_ref().is_some_and(|ty| ty.name == "chan");
    if is_async { Some(Await::Await) } else { channel.then_some(Await::Channel) }
}
