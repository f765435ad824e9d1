//! Operators: arithmetic, comparisons, and those that evaluate one side only.

use super::access::Op2;
use super::body::{Body, Val};
use crate::event::{Literal, Name, Op, Span, TypeRef, ValueId, ValueKind};
use crate::syntax::{Binary, ExprId, Unary};

impl<'s> Body<'_, '_, 's> {
    pub(super) fn binary(&mut self, op: Binary, left: ExprId, right: ExprId, id: ExprId) -> Val {
        let left_val = self.expr(left);
        let right_val = self.expr(right);
        let span = self.span_of(id);
        match op {
            Binary::In | Binary::NotIn => {
                let keys = [left_val.clone()];
                if let Some(found) = self.access(&right_val, Op2::Contains, &keys, None, span) {
                    if op == Binary::In {
                        return found;
                    }
                    let id = self.op(Op::Not, vec![found.id], span);
                    return Val { id, ty: None, path: None };
                }
                let op = if op == Binary::In { Op::In } else { Op::NotIn };
                let id = self.op(op, vec![left_val.id, right_val.id], span);
                Val { id, ty: None, path: None }
            }
            Binary::Div
                if self.is_folder(&left_val)
                    || self.is_path(&right_val)
                    || self.is_unknown(&left_val) && self.is_text(&right_val) =>
            {
                let path = [&left_val, &right_val].into_iter().find(|val| self.is_path(val));
                let ty = path.and_then(|val| val.ty.clone());
                let ty = ty.or_else(|| Some(TypeRef::plain(Name::new("pathlib.Path"))));
                let id = self.op(Op::Join, vec![left_val.id, right_val.id], span);
                Val { id, ty, path: None }
            }
            Binary::Mod | Binary::Add
                if self.is_text(&left_val) || (op == Binary::Add && self.is_text(&right_val)) =>
            {
                let id = self.text_binary(op, &left_val, &right_val, span);
                Val { id, ty: Some(TypeRef::plain(Name::new("str"))), path: None }
            }
            _ => self.compare(op, &left_val, &right_val, span),
        }
    }

    pub(super) fn is_path(&self, val: &Val) -> bool {
        let path = self.cx.words.class_named("path");
        path.is_some() && val.ty.as_ref().and_then(|ty| self.cx.class_of(ty)) == path
    }

    /// Whether a value is a path, or by its name a folder of whatever module: `settings.CACHE_DIR / name`.
    fn is_folder(&self, val: &Val) -> bool {
        let named = || {
            let text = val.path.as_ref().map(ToString::to_string).unwrap_or_default();
            let last = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
            last.split('_').any(|word| {
                matches!(word, "dir" | "path" | "root" | "folder" | "home" | "directory")
            })
        };
        self.is_path(val) || self.is_unknown(val) && named()
    }

    /// Whether nothing is known of what a value of Python is. What a text divides is a path.
    fn is_unknown(&self, val: &Val) -> bool {
        !self.cx.is_go() && val.ty.as_ref().is_none_or(|ty| ty.name.is_empty())
    }

    fn is_text(&self, val: &Val) -> bool {
        val.ty.as_ref().is_some_and(|ty| ty.name == "str" || ty.name == "string")
            || matches!(
                self.value(val.id),
                ValueKind::Literal(Literal::Text(_)) | ValueKind::Op(Op::Format, _)
            )
    }

    /// `%` and `+` on text: the format's holes are the parts after the first.
    fn text_binary(&mut self, op: Binary, left: &Val, right: &Val, span: Span) -> ValueId {
        if op == Binary::Add {
            return self.op(Op::Format, vec![left.id, right.id], span);
        }
        let mut parts = vec![left.id];
        match self.value(right.id) {
            ValueKind::Tuple(items) => parts.extend(items.iter().copied()),
            ValueKind::New(name, items) if *name == "dict" => parts.extend(items.iter().copied()),
            _ => parts.push(right.id),
        }
        let marked = self.mark_percent(left.id, span);
        parts[0] = marked;
        self.op(Op::Format, parts, span)
    }

    pub(super) fn compare(&mut self, op: Binary, left: &Val, right: &Val, span: Span) -> Val {
        self.note_chance(op, left.id, right.id);
        let id = self.op(plain_op(op), vec![left.id, right.id], span);
        let arithmetic = matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div);
        Val { id, ty: left.ty.clone().filter(|_| arithmetic), path: None }
    }

    pub(super) fn unary(&mut self, op: Unary, inner: ExprId, id: ExprId) -> Val {
        let val = self.expr(inner);
        let span = self.span_of(id);
        let op = match op {
            Unary::Not => Op::Not,
            Unary::Neg => Op::Neg,
            Unary::Plus => return val,
            Unary::Invert => Op::Other,
        };
        if op == Op::Neg
            && let ValueKind::Literal(Literal::Int(n)) = self.value(val.id)
        {
            let literal = Literal::Int(n.wrapping_neg());
            return Val { id: self.literal(literal, span), ..val };
        }
        Val { id: self.op(op, vec![val.id], span), ty: None, path: None }
    }

    /// `a and b`, `a or b` as values: later operands run only if need be.
    pub(super) fn logical(&mut self, op: Op, items: &[ExprId], id: ExprId) -> Val {
        let span = self.span_of(id);
        let Some((first, rest)) = items.split_first() else { return self.nothing(id) };
        let first = self.expr(*first);
        let mut vals = Vec::new();
        let before = self.events;
        let block = self.within(|it| {
            vals.extend(rest.iter().map(|item| it.expr(*item)));
        });
        let ids: Vec<ValueId> =
            std::iter::once(first.id).chain(vals.iter().map(|val| val.id)).collect();
        if before != self.events {
            let cond = self.judge(first.id, span);
            let (then, other) =
                if op == Op::And { (block, Vec::new()) } else { (Vec::new(), block) };
            self.push(crate::event::Node::Branch(Box::new(crate::event::Branch {
                cond,
                then,
                other,
                span,
            })));
        }
        let ty = vals.last().and_then(|val| val.ty.clone()).or(first.ty);
        let path = if op == Op::Or { first.path } else { None };
        let id = self.op(op, ids, span);
        self.pass_on(&vals.iter().map(|val| val.id).chain([first.id]).collect::<Vec<_>>(), id);
        Val { id, ty, path }
    }

    /// What is known of one of `from` holds for `into`.
    fn pass_on(&mut self, from: &[ValueId], into: ValueId) {
        if let Some(query) = from.iter().find_map(|id| self.queries.get(id)).cloned() {
            self.queries.insert(into, query);
        }
    }

    pub(super) fn conditional(&mut self, test: ExprId, then: ExprId, other: ExprId) -> Val {
        let span = self.span_of(test);
        let cond = self.cond(test);
        let (mut a, mut b) = (None, None);
        let before = self.events;
        let env = self.env.clone();
        let then = self.within(|it| a = Some(it.expr(then)));
        self.env = env;
        let other = self.within(|it| b = Some(it.expr(other)));
        if before != self.events || !cond.values().is_empty() {
            self.push(crate::event::Node::Branch(Box::new(crate::event::Branch {
                cond,
                then,
                other,
                span,
            })));
        }
        let (Some(a), Some(b)) = (a, b) else {
            return Val { id: self.unknown(span), ty: None, path: None };
        };
        let id = self.pure(ValueKind::Phi(vec![a.id, b.id]), span);
        self.pass_on(&[a.id, b.id], id);
        let path = if a.path == b.path { a.path } else { None };
        Val { id, ty: a.ty.or(b.ty), path }
    }
}

pub(super) const fn plain_op(op: Binary) -> Op {
    match op {
        Binary::Add => Op::Add,
        Binary::Sub => Op::Sub,
        Binary::Mul => Op::Mul,
        Binary::Div => Op::Div,
        Binary::Mod => Op::Mod,
        Binary::Other => Op::Other,
        Binary::Eq => Op::Eq,
        Binary::Ne => Op::Ne,
        Binary::Lt => Op::Lt,
        Binary::Le => Op::Le,
        Binary::Gt => Op::Gt,
        Binary::Ge => Op::Ge,
        Binary::Is => Op::Is,
        Binary::IsNot => Op::IsNot,
        Binary::In => Op::In,
        Binary::NotIn => Op::NotIn,
    }
}
