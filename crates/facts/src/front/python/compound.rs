//! Statements with blocks.

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::Tok;
use super::parser::{Parser, docstring};
use crate::syntax::{ClassDef, Except, ExprId, FunctionDef, ParamDef, Stmt, StmtKind};

impl<'s> Parser<'s> {
    /// Parses a compound statement, if one begins here.
    pub(super) fn compound(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<bool> {
        let start = self.start;
        let kind = match self.tok {
            Tok::Key("if") => self.if_()?,
            Tok::Key("while") => self.while_()?,
            Tok::Key("for") => self.for_(false)?,
            Tok::Key("try") => self.try_()?,
            Tok::Key("with") => self.with(false)?,
            Tok::Key("def") => self.def(start, Vec::new(), false)?,
            Tok::Key("class") => self.class(start, Vec::new())?,
            Tok::Key("async") => self.async_(start, Vec::new())?,
            Tok::Op("@") => self.decorated(start)?,
            Tok::Name("match") => match self.match_()? {
                Some(kind) => kind,
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        body.push(Stmt { kind, start, end: self.made.prev_end });
        Ok(true)
    }

    /// `:` and an indented block, or statements on the same line.
    pub(super) fn block(&mut self) -> Parsed<Vec<Stmt<'s>>> {
        self.expect(":")?;
        let mut body = Vec::new();
        if self.tok != Tok::Newline {
            self.simple_line(&mut body)?;
            return Ok(body);
        }
        while self.tok == Tok::Newline {
            self.next();
        }
        if self.tok != Tok::Indent {
            return Err(Stop("an indented block is expected"));
        }
        self.next();
        body = self.statements(false);
        self.end_block();
        Ok(body)
    }

    fn if_(&mut self) -> Parsed<StmtKind<'s>> {
        // `elif` chains are unbounded in practice; they are kept flat here and nested from the last.
        let mut arms = Vec::new();
        loop {
            let start = self.start;
            self.next();
            let test = self.named()?;
            let then = self.block()?;
            arms.push((start, test, then, self.made.prev_end));
            if !self.is_key("elif") {
                break;
            }
            if arms.len() >= 100 {
                return Err(Stop("too many alternatives"));
            }
        }
        let mut other = self.otherwise("else")?;
        let (_, test, then, _) = arms.remove(0);
        while let Some((start, test, then, end)) = arms.pop() {
            other = vec![Stmt { kind: StmtKind::If { test, then, other }, start, end }];
        }
        Ok(StmtKind::If { test, then, other })
    }

    fn otherwise(&mut self, word: &str) -> Parsed<Vec<Stmt<'s>>> {
        if self.eat_key(word) { self.block() } else { Ok(Vec::new()) }
    }

    fn while_(&mut self) -> Parsed<StmtKind<'s>> {
        self.next();
        let test = Some(self.named()?);
        let body = self.block()?;
        let other = self.otherwise("else")?;
        Ok(StmtKind::While { test, post: Vec::new(), body, other })
    }

    fn for_(&mut self, is_async: bool) -> Parsed<StmtKind<'s>> {
        self.next();
        let outer = std::mem::replace(&mut self.no_in, true);
        let target = Some(self.expr_list()?);
        self.no_in = outer;
        if !self.eat_key("in") {
            return Err(Stop("`in` is expected"));
        }
        let iter = self.expr_list()?;
        let body = self.block()?;
        let other = self.otherwise("else")?;
        Ok(StmtKind::For { target, iter, define: true, is_async, body, other })
    }

    fn try_(&mut self) -> Parsed<StmtKind<'s>> {
        self.next();
        let body = self.block()?;
        let mut handlers = Vec::new();
        while self.is_key("except") {
            let start = self.start;
            self.next();
            self.eat("*");
            let types = if self.is(":") { None } else { Some(self.expr_list()?) };
            let name = if self.eat_key("as") { Some(self.name()?) } else { None };
            let body = self.block()?;
            handlers.push(Except { types, name, body, start, end: self.made.prev_end });
        }
        let other = self.otherwise("else")?;
        let finally = self.otherwise("finally")?;
        Ok(StmtKind::Try { body, handlers, other, finally })
    }

    fn with(&mut self, is_async: bool) -> Parsed<StmtKind<'s>> {
        self.next();
        let items = if self.is("(") {
            let saved = self.save();
            match self.with_parenthesised() {
                Ok(items) => items,
                Err(_) => {
                    self.restore(&saved);
                    self.with_items()?
                }
            }
        } else {
            self.with_items()?
        };
        let body = self.block()?;
        Ok(StmtKind::With { items, is_async, body })
    }

    fn with_parenthesised(&mut self) -> Parsed<Vec<(ExprId, Option<ExprId>)>> {
        self.next();
        let items = self.with_items()?;
        self.expect(")")?;
        if self.is(":") { Ok(items) } else { Err(Stop("not a list of contexts")) }
    }

    fn with_items(&mut self) -> Parsed<Vec<(ExprId, Option<ExprId>)>> {
        let mut items = Vec::new();
        loop {
            let context = self.expr()?;
            let target = if self.eat_key("as") { Some(self.with_target()?) } else { None };
            items.push((context, target));
            if !self.eat(",") || self.is(")") {
                return Ok(items);
            }
        }
    }

    fn with_target(&mut self) -> Parsed<ExprId> {
        self.postfix()
    }

    fn async_(&mut self, start: u32, decorators: Vec<ExprId>) -> Parsed<StmtKind<'s>> {
        self.next();
        match self.tok {
            Tok::Key("def") => self.def(start, decorators, true),
            Tok::Key("for") => self.for_(true),
            Tok::Key("with") => self.with(true),
            _ => Err(Stop("not understood after `async`")),
        }
    }

    fn decorated(&mut self, start: u32) -> Parsed<StmtKind<'s>> {
        let mut decorators = Vec::new();
        while self.eat("@") {
            decorators.push(self.named()?);
            while self.tok == Tok::Newline {
                self.next();
            }
        }
        match self.tok {
            Tok::Key("def") => self.def(start, decorators, false),
            Tok::Key("class") => self.class(start, decorators),
            Tok::Key("async") => self.async_(start, decorators),
            _ => Err(Stop("a function or class is expected")),
        }
    }

    fn def(&mut self, start: u32, decorators: Vec<ExprId>, is_async: bool) -> Parsed<StmtKind<'s>> {
        self.next();
        let name_at = self.start;
        let name = self.name()?;
        self.type_params()?;
        self.expect("(")?;
        let params = self.params(")")?;
        self.expect(")")?;
        let mut returns = Vec::new();
        if self.eat("->") {
            let annotation = Some(self.expr_list()?);
            returns.push(ParamDef { name: "", annotation, default: None, variadic: false });
        }
        let mut body = self.block()?;
        let doc = docstring(&mut body, &self.made.tree);
        Ok(StmtKind::Function(Box::new(FunctionDef {
            name,
            name_at,
            receiver: None,
            params,
            returns,
            decorators,
            is_async,
            body: Some(body),
            doc,
            start,
            end: self.made.prev_end,
        })))
    }

    fn class(&mut self, start: u32, decorators: Vec<ExprId>) -> Parsed<StmtKind<'s>> {
        self.next();
        let name = self.name()?;
        self.type_params()?;
        let bases = if self.is("(") { self.args()? } else { Vec::new() };
        let mut body = self.block()?;
        let doc = docstring(&mut body, &self.made.tree);
        Ok(StmtKind::Class(Box::new(ClassDef {
            name,
            bases,
            decorators,
            body,
            doc,
            start,
            end: self.made.prev_end,
        })))
    }

    fn type_params(&mut self) -> Parsed<()> {
        if !self.is("[") {
            return Ok(());
        }
        let mut open = 0_u32;
        loop {
            match self.tok {
                Tok::Op("[") => open += 1,
                Tok::Op("]") => open -= 1,
                Tok::Eof | Tok::Newline => return Err(Stop("type parameters do not end")),
                _ => {}
            }
            self.next();
            if open == 0 {
                return Ok(());
            }
        }
    }
}
