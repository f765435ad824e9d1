//! Expressions.

use std::borrow::Cow;

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::Tok;
use super::parser::Parser;
use crate::syntax::{Arg, Binary, ExprId, ExprKind, Unary};

impl<'s> Parser<'s> {
    /// One expression, or a tuple of several.
    pub(super) fn expr_list(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let first = self.expr()?;
        if !self.is(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            items.push(self.expr()?);
        }
        Ok(self.add(ExprKind::Tuple(items), start))
    }

    pub(super) fn expr(&mut self) -> Parsed<ExprId> {
        self.deeper()?;
        let id = self.binary(1)?;
        self.made.depth -= 1;
        Ok(id)
    }

    fn binary(&mut self, lowest: u8) -> Parsed<ExprId> {
        let mut left = self.unary()?;
        loop {
            let Tok::Op(op) = self.tok else { return Ok(left) };
            let Some(level) = precedence(op).filter(|level| *level >= lowest) else {
                return Ok(left);
            };
            let start = self.expr_start(left);
            self.next();
            let right = self.binary(level + 1)?;
            left = match op {
                "&&" | "||" => self.logical(op, left, right, start),
                _ => self.add(ExprKind::Binary(operator(op), left, right), start),
            };
        }
    }

    fn logical(&mut self, op: &str, left: ExprId, right: ExprId, start: u32) -> ExprId {
        let end = self.made.prev_end;
        let expr = &mut self.made.tree.exprs[left.0 as usize];
        match (&mut expr.kind, op) {
            (ExprKind::And(items), "&&") | (ExprKind::Or(items), "||") if expr.start == start => {
                items.push(right);
                expr.end = end;
                left
            }
            _ => {
                let items = vec![left, right];
                self.add(if op == "&&" { ExprKind::And(items) } else { ExprKind::Or(items) }, start)
            }
        }
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let Tok::Op(op) = self.tok else { return self.postfix() };
        if !matches!(op, "!" | "-" | "+" | "^" | "*" | "&" | "<-") {
            return self.postfix();
        }
        self.next();
        self.deeper()?;
        if op == "<-" && self.is_key("chan") {
            let inner = self.type_()?;
            self.made.depth -= 1;
            return Ok(inner);
        }
        let inner = self.unary()?;
        self.made.depth -= 1;
        let kind = match op {
            "!" => ExprKind::Unary(Unary::Not, inner),
            "-" => ExprKind::Unary(Unary::Neg, inner),
            "+" => ExprKind::Unary(Unary::Plus, inner),
            "^" => ExprKind::Unary(Unary::Invert, inner),
            "*" => ExprKind::Deref(inner),
            "&" => ExprKind::AddressOf(inner),
            _ => ExprKind::Receive(inner),
        };
        Ok(self.add(kind, start))
    }

    fn postfix(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let mut id = self.operand()?;
        loop {
            id = match self.tok {
                Tok::Op(".") => self.selector(id, start)?,
                Tok::Op("(") => self.call(id, start)?,
                Tok::Op("[") => self.index(id, start)?,
                Tok::Op("{") if self.may_be_composite(id) => self.composite(Some(id), start)?,
                _ => return Ok(id),
            };
        }
    }

    fn selector(&mut self, base: ExprId, start: u32) -> Parsed<ExprId> {
        self.next();
        if self.eat("(") {
            let target = if self.eat_key("type") { None } else { Some(self.type_()?) };
            self.expect(")")?;
            return Ok(self.add(ExprKind::TypeAssert(base, target), start));
        }
        let name = self.ident()?;
        Ok(self.add(ExprKind::Attr(base, name), start))
    }

    fn call(&mut self, callee: ExprId, start: u32) -> Parsed<ExprId> {
        self.next();
        let header = std::mem::take(&mut self.no_composite);
        let mut args = Vec::new();
        while !self.is(")") {
            let value = self.expr_or_type()?;
            let stars = u8::from(self.eat("..."));
            args.push(Arg { name: None, stars, value });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        self.no_composite = header;
        Ok(self.add(ExprKind::Call(callee, args), start))
    }

    fn index(&mut self, base: ExprId, start: u32) -> Parsed<ExprId> {
        self.next();
        let header = std::mem::take(&mut self.no_composite);
        let (mut items, mut slice) = (Vec::new(), false);
        while !self.is("]") {
            if self.eat(":") {
                slice = true;
            } else {
                items.push(self.expr_or_type()?);
                self.eat(",");
            }
        }
        self.expect("]")?;
        self.no_composite = header;
        Ok(self.add(
            if slice { ExprKind::Slice(base, items) } else { ExprKind::Index(base, items) },
            start,
        ))
    }

    fn expr_or_type(&mut self) -> Parsed<ExprId> {
        match self.tok {
            Tok::Op("[") | Tok::Key("map" | "chan" | "struct" | "interface") => self.expr(),
            _ => self.expr(),
        }
    }

    fn may_be_composite(&self, id: ExprId) -> bool {
        match self.made.tree.kind(id) {
            ExprKind::Name(_) => !self.no_composite,
            ExprKind::Attr(base, _) => {
                !self.no_composite && matches!(self.made.tree.kind(*base), ExprKind::Name(_))
            }
            ExprKind::Index(base, _) => !self.no_composite && self.may_be_composite(*base),
            ExprKind::MapType(..) | ExprKind::SliceType(_) | ExprKind::StructType(_) => true,
            _ => false,
        }
    }

    fn composite(&mut self, type_: Option<ExprId>, start: u32) -> Parsed<ExprId> {
        self.deeper()?;
        self.expect("{")?;
        let header = std::mem::take(&mut self.no_composite);
        let mut items = Vec::new();
        while !self.is("}") {
            let first = self.element()?;
            if self.eat(":") {
                let value = self.element()?;
                items.push((Some(first), value));
            } else {
                items.push((None, first));
            }
            if !self.eat(",") {
                break;
            }
        }
        self.no_composite = header;
        self.expect("}")?;
        self.made.depth -= 1;
        Ok(self.add(ExprKind::Composite(type_, items), start))
    }

    fn element(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        if self.is("{") { self.composite(None, start) } else { self.expr() }
    }

    fn operand(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        match self.tok {
            Tok::Ident(name) => {
                self.next();
                let kind = match name {
                    "nil" => ExprKind::Nil,
                    "true" => ExprKind::Bool(true),
                    "false" => ExprKind::Bool(false),
                    _ => ExprKind::Name(name),
                };
                Ok(self.add(kind, start))
            }
            Tok::Number(text) => {
                self.next();
                Ok(self.add(ExprKind::Number(text), start))
            }
            Tok::Text(text, raw) => {
                self.next();
                let text = if raw { Cow::Borrowed(text) } else { unescape(text) };
                Ok(self.add(ExprKind::Text(text), start))
            }
            Tok::Char => {
                self.next();
                Ok(self.add(ExprKind::Number("0"), start))
            }
            Tok::Op("(") => self.parenthesised(),
            Tok::Key("func") => self.function_literal(),
            Tok::Op("[") | Tok::Key("map" | "chan" | "struct" | "interface") => self.type_(),
            _ => Err(Stop("an expression is expected")),
        }
    }

    fn parenthesised(&mut self) -> Parsed<ExprId> {
        self.next();
        let header = std::mem::take(&mut self.no_composite);
        let id = self.expr_or_type()?;
        self.expect(")")?;
        self.no_composite = header;
        Ok(id)
    }

    fn function_literal(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.next();
        let header = std::mem::take(&mut self.no_composite);
        let def = self.function_rest("", start, start, None)?;
        self.no_composite = header;
        let kind =
            if def.body.is_none() { ExprKind::FuncType } else { ExprKind::Function(Box::new(def)) };
        Ok(self.add(kind, start))
    }
}

fn precedence(op: &str) -> Option<u8> {
    Some(match op {
        "||" => 1,
        "&&" => 2,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 3,
        "+" | "-" | "|" | "^" => 4,
        "*" | "/" | "%" | "<<" | ">>" | "&" | "&^" => 5,
        _ => return None,
    })
}

pub(super) fn operator(op: &str) -> Binary {
    match op {
        "+" => Binary::Add,
        "-" => Binary::Sub,
        "*" => Binary::Mul,
        "/" => Binary::Div,
        "%" => Binary::Mod,
        "==" => Binary::Eq,
        "!=" => Binary::Ne,
        "<" => Binary::Lt,
        "<=" => Binary::Le,
        ">" => Binary::Gt,
        ">=" => Binary::Ge,
        _ => Binary::Other,
    }
}

/// The usual escapes; others stay as they are, for nobody compares them.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') | None => {}
            Some(quote @ ('"' | '\'' | '\\' | '`')) => out.push(quote),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    Cow::Owned(out)
}
