//! Expressions, by precedence.

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::Tok;
use super::parser::Parser;
use crate::syntax::{Arg, Binary, ExprId, ExprKind, FunctionDef, ParamDef, Stmt, StmtKind, Unary};

impl<'s> Parser<'s> {
    /// One expression, or a tuple of several (with stars and assignments by `:=`).
    pub(super) fn expr_list(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let first = self.star_or_named()?;
        if !self.is(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            if self.ends_list() {
                break;
            }
            items.push(self.star_or_named()?);
        }
        Ok(self.add(ExprKind::Tuple(items), start))
    }

    fn ends_list(&self) -> bool {
        match self.tok {
            Tok::Newline | Tok::Eof => true,
            Tok::Op(op) => op.ends_with('=') || matches!(op, ")" | "]" | "}" | ":" | ";"),
            Tok::Key(word) => word == "in",
            _ => false,
        }
    }

    pub(super) fn star_or_named(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        if self.eat("*") {
            let inner = self.bit_or()?;
            return Ok(self.add(ExprKind::Star(inner), start));
        }
        self.named()
    }

    /// `name := value`, or an expression.
    pub(super) fn named(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let id = self.expr()?;
        if self.is(":=")
            && let ExprKind::Name(name) = *self.made.tree.kind(id)
        {
            self.next();
            let value = self.expr()?;
            return Ok(self.add(ExprKind::Walrus(name, value), start));
        }
        if self.pattern && self.is_key("as") {
            self.next();
            let name = self.name()?;
            return Ok(self.add(ExprKind::Walrus(name, id), start));
        }
        Ok(id)
    }

    pub(super) fn expr(&mut self) -> Parsed<ExprId> {
        self.deeper()?;
        let id = self.conditional()?;
        self.made.depth -= 1;
        Ok(id)
    }

    fn conditional(&mut self) -> Parsed<ExprId> {
        if self.is_key("lambda") {
            return self.lambda();
        }
        if self.is_key("yield") {
            return self.yield_();
        }
        let then = self.or()?;
        if self.pattern || !self.is_key("if") {
            return Ok(then);
        }
        let start = self.expr_start(then);
        let saved = self.save();
        self.next();
        let test = self.or()?;
        if !self.eat_key("else") {
            self.restore(&saved);
            return Ok(then);
        }
        let other = self.expr()?;
        Ok(self.add(ExprKind::Conditional { test, then, other }, start))
    }

    pub(super) fn yield_(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.next();
        self.eat_key("from");
        let none = self.ends_list();
        let inner = if none { None } else { Some(self.expr_list()?) };
        Ok(self.add(ExprKind::Yield(inner), start))
    }

    fn lambda(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.next();
        let params = self.params(":")?;
        self.expect(":")?;
        let value = self.expr()?;
        let end = self.made.prev_end;
        let body =
            vec![Stmt { kind: StmtKind::Return(Some(value)), start: self.expr_start(value), end }];
        let def = FunctionDef {
            name: "",
            name_at: start,
            receiver: None,
            params,
            returns: Vec::new(),
            decorators: Vec::new(),
            is_async: false,
            body: Some(body),
            doc: None,
            start,
            end,
        };
        Ok(self.add(ExprKind::Function(Box::new(def)), start))
    }

    /// Parameters up to `close`, which is left.
    pub(super) fn params(&mut self, close: &'static str) -> Parsed<Vec<ParamDef<'s>>> {
        let mut params = Vec::new();
        while !self.is(close) {
            if self.eat("/") {
                self.eat(",");
                continue;
            }
            let variadic = self.eat("*") || self.eat("**");
            if variadic && self.eat(",") {
                continue;
            }
            let name = self.name()?;
            let annotation =
                if close == ")" && self.eat(":") { Some(self.star_or_named()?) } else { None };
            let default = if self.eat("=") { Some(self.expr()?) } else { None };
            params.push(ParamDef { name, annotation, default, variadic });
            if !self.eat(",") {
                break;
            }
        }
        Ok(params)
    }

    pub(super) fn or(&mut self) -> Parsed<ExprId> {
        let first = self.and()?;
        if !self.is_key("or") {
            return Ok(first);
        }
        let start = self.expr_start(first);
        let mut items = vec![first];
        while self.eat_key("or") {
            items.push(self.and()?);
        }
        Ok(self.add(ExprKind::Or(items), start))
    }

    fn and(&mut self) -> Parsed<ExprId> {
        let first = self.not()?;
        if !self.is_key("and") {
            return Ok(first);
        }
        let start = self.expr_start(first);
        let mut items = vec![first];
        while self.eat_key("and") {
            items.push(self.not()?);
        }
        Ok(self.add(ExprKind::And(items), start))
    }

    fn not(&mut self) -> Parsed<ExprId> {
        if !self.is_key("not") {
            return self.comparison();
        }
        let start = self.start;
        self.next();
        self.deeper()?;
        let inner = self.not()?;
        self.made.depth -= 1;
        Ok(self.add(ExprKind::Unary(Unary::Not, inner), start))
    }

    /// `a < b < c` is `a < b and b < c`.
    fn comparison(&mut self) -> Parsed<ExprId> {
        let first = self.bit_or()?;
        let start = self.expr_start(first);
        let (mut left, mut parts) = (first, Vec::new());
        while let Some(op) = self.compare_op()? {
            let right = self.bit_or()?;
            let from = self.expr_start(left);
            parts.push(self.add(ExprKind::Binary(op, left, right), from));
            left = right;
        }
        match parts.len() {
            0 => Ok(first),
            1 => Ok(parts[0]),
            _ => Ok(self.add(ExprKind::And(parts), start)),
        }
    }

    fn compare_op(&mut self) -> Parsed<Option<Binary>> {
        let op = match self.tok {
            Tok::Op("==") => Binary::Eq,
            Tok::Op("!=" | "<>") => Binary::Ne,
            Tok::Op("<") => Binary::Lt,
            Tok::Op("<=") => Binary::Le,
            Tok::Op(">") => Binary::Gt,
            Tok::Op(">=") => Binary::Ge,
            Tok::Key("in") if !self.no_in => Binary::In,
            Tok::Key("is") => {
                self.next();
                return Ok(Some(if self.eat_key("not") { Binary::IsNot } else { Binary::Is }));
            }
            Tok::Key("not") => {
                self.next();
                if !self.is_key("in") {
                    return Err(Stop("not understood here"));
                }
                Binary::NotIn
            }
            _ => return Ok(None),
        };
        self.next();
        Ok(Some(op))
    }

    pub(super) fn bit_or(&mut self) -> Parsed<ExprId> {
        self.arithmetic(1)
    }

    fn arithmetic(&mut self, lowest: u8) -> Parsed<ExprId> {
        let mut left = self.unary()?;
        loop {
            let Tok::Op(op) = self.tok else { return Ok(left) };
            let Some((level, binary)) = arithmetic_op(op).filter(|(level, _)| *level >= lowest)
            else {
                return Ok(left);
            };
            let start = self.expr_start(left);
            self.next();
            let right = self.arithmetic(level + 1)?;
            left = self.add(ExprKind::Binary(binary, left, right), start);
        }
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let op = match self.tok {
            Tok::Op("-") => Unary::Neg,
            Tok::Op("+") => Unary::Plus,
            Tok::Op("~") => Unary::Invert,
            _ => return self.power(),
        };
        let start = self.start;
        self.next();
        self.deeper()?;
        let inner = self.unary()?;
        self.made.depth -= 1;
        Ok(self.add(ExprKind::Unary(op, inner), start))
    }

    fn power(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let base = if self.eat_key("await") {
            self.deeper()?;
            let inner = self.postfix()?;
            self.made.depth -= 1;
            self.add(ExprKind::Await(inner), start)
        } else {
            self.postfix()?
        };
        if !self.eat("**") {
            return Ok(base);
        }
        self.deeper()?;
        let exponent = self.unary()?;
        self.made.depth -= 1;
        Ok(self.add(ExprKind::Binary(Binary::Other, base, exponent), start))
    }

    pub(super) fn postfix(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let mut id = self.atom()?;
        loop {
            id = match self.tok {
                Tok::Op(".") => {
                    self.next();
                    let name = self.attribute()?;
                    self.add(ExprKind::Attr(id, name), start)
                }
                Tok::Op("(") => {
                    let args = self.args()?;
                    self.add(ExprKind::Call(id, args), start)
                }
                Tok::Op("[") => self.subscript(id, start)?,
                _ => return Ok(id),
            };
        }
    }

    fn attribute(&mut self) -> Parsed<&'s str> {
        if let Tok::Key(word) = self.tok {
            self.next();
            return Ok(word);
        }
        self.name()
    }

    /// `(…)` of a call or class.
    pub(super) fn args(&mut self) -> Parsed<Vec<Arg<'s>>> {
        self.deeper()?;
        self.expect("(")?;
        let outer = std::mem::take(&mut self.no_in);
        let mut args = Vec::new();
        while !self.is(")") {
            args.push(self.arg()?);
            if !self.eat(",") {
                break;
            }
        }
        self.no_in = outer;
        self.expect(")")?;
        self.made.depth -= 1;
        Ok(args)
    }

    fn arg(&mut self) -> Parsed<Arg<'s>> {
        if self.eat("**") {
            return Ok(Arg { name: None, stars: 2, value: self.expr()? });
        }
        if self.eat("*") {
            return Ok(Arg { name: None, stars: 1, value: self.expr()? });
        }
        let start = self.start;
        let value = self.named()?;
        if self.is("=")
            && let ExprKind::Name(name) = *self.made.tree.kind(value)
        {
            self.next();
            let value = self.named()?;
            return Ok(Arg { name: Some(name), stars: 0, value });
        }
        if self.is_key("for") || self.is_key("async") {
            let value = self.comprehension(vec![value], start)?;
            return Ok(Arg { name: None, stars: 0, value });
        }
        Ok(Arg { name: None, stars: 0, value })
    }

    fn subscript(&mut self, base: ExprId, start: u32) -> Parsed<ExprId> {
        self.deeper()?;
        self.next();
        let outer = std::mem::take(&mut self.no_in);
        let (mut items, mut sliced) = (Vec::new(), None);
        while !self.is("]") {
            let from = self.start;
            let item = self.slice_item(from)?;
            if let Err(bounds) = item {
                sliced = Some(bounds);
            } else if let Ok(id) = item {
                items.push(id);
            }
            if let (Some(bounds), true) = (&mut sliced, self.is(",") || !items.is_empty()) {
                let bounds = std::mem::take(bounds);
                let id = self.add(ExprKind::Range(bounds), from);
                items.push(id);
                sliced = None;
            }
            if !self.eat(",") {
                break;
            }
        }
        self.no_in = outer;
        self.expect("]")?;
        self.made.depth -= 1;
        let kind = match sliced {
            Some(bounds) => ExprKind::Slice(base, bounds),
            None => ExprKind::Index(base, items),
        };
        Ok(self.add(kind, start))
    }

    /// An index, or the bounds of a slice.
    fn slice_item(&mut self, _from: u32) -> Parsed<Result<ExprId, Vec<ExprId>>> {
        let mut bounds = Vec::new();
        let mut slice = false;
        loop {
            if self.eat(":") {
                slice = true;
                continue;
            }
            if self.is(",") || self.is("]") {
                break;
            }
            bounds.push(self.star_or_named()?);
            if !self.is(":") {
                break;
            }
        }
        if slice {
            return Ok(Err(bounds));
        }
        bounds.into_iter().next().map(Ok).ok_or(Stop("an index is expected"))
    }
}

fn arithmetic_op(op: &str) -> Option<(u8, Binary)> {
    Some(match op {
        "|" => (1, Binary::Other),
        "^" => (2, Binary::Other),
        "&" => (3, Binary::Other),
        "<<" | ">>" => (4, Binary::Other),
        "+" => (5, Binary::Add),
        "-" => (5, Binary::Sub),
        "*" => (6, Binary::Mul),
        "/" => (6, Binary::Div),
        "//" | "@" => (6, Binary::Other),
        "%" => (6, Binary::Mod),
        _ => return None,
    })
}
