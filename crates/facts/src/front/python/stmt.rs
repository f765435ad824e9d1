//! Blocks and simple statements.

use std::borrow::Cow;

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::Tok;
use super::parser::Parser;
use crate::syntax::{Binary, ExprId, ExprKind, ImportDef, Stmt, StmtKind};

impl<'s> Parser<'s> {
    /// Statements up to the end of the block (which is left to the caller) or file.
    pub(super) fn statements(&mut self, top: bool) -> Vec<Stmt<'s>> {
        let mut body = Vec::new();
        loop {
            match self.tok {
                Tok::Eof => return body,
                Tok::Dedent if !top => return body,
                Tok::Newline | Tok::Dedent => self.next(),
                Tok::Indent => {
                    self.next();
                    let mut inner = self.statements(false);
                    body.append(&mut inner);
                    self.end_block();
                }
                _ => {
                    let (from, depth) = (self.start, self.made.depth);
                    if let Err(Stop(why)) = self.statement(&mut body) {
                        self.made.depth = depth;
                        self.no_in = false;
                        self.pattern = false;
                        self.recover(from, why);
                    }
                }
            }
        }
    }

    pub(super) fn end_block(&mut self) {
        if self.tok == Tok::Dedent {
            self.next();
        }
    }

    /// Skips the rest of the line and whatever is indented below it.
    fn recover(&mut self, from: u32, why: &'static str) {
        if !matches!(self.tok, Tok::Newline | Tok::Indent | Tok::Dedent | Tok::Eof) {
            self.lexer.skip_line();
            self.next();
        }
        while self.tok == Tok::Newline {
            self.next();
        }
        let mut open = 0_u32;
        while self.tok == Tok::Indent || open > 0 {
            match self.tok {
                Tok::Indent => open += 1,
                Tok::Dedent => open -= 1,
                Tok::Eof => break,
                _ => {
                    self.lexer.skip_line();
                }
            }
            self.next();
        }
        self.made.tree.gaps.push((from, self.made.prev_end.max(from + 1), why));
    }

    fn statement(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        self.deeper()?;
        if self.compound(body)? {
            self.made.depth -= 1;
            return Ok(());
        }
        self.made.depth -= 1;
        self.simple_line(body)
    }

    /// `a; b; c` and the end of the line.
    pub(super) fn simple_line(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        loop {
            let start = self.start;
            let kind = self.simple()?;
            body.push(Stmt { kind, start, end: self.made.prev_end });
            if !self.eat(";") || matches!(self.tok, Tok::Newline) {
                break;
            }
        }
        match self.tok {
            Tok::Newline => {
                self.next();
                Ok(())
            }
            Tok::Eof | Tok::Dedent => Ok(()),
            _ => Err(Stop("not understood here")),
        }
    }

    fn simple(&mut self) -> Parsed<StmtKind<'s>> {
        let Tok::Key(word) = self.tok else {
            return if self.is_type_alias() { self.type_alias() } else { self.expr_statement() };
        };
        Ok(match word {
            "pass" | "break" | "continue" => {
                self.next();
                match word {
                    "pass" => StmtKind::Pass,
                    "break" => StmtKind::Break,
                    _ => StmtKind::Continue,
                }
            }
            "return" => {
                self.next();
                StmtKind::Return(if self.ends_statement() { None } else { Some(self.expr_list()?) })
            }
            "raise" => {
                self.next();
                let what = if self.ends_statement() { None } else { Some(self.expr()?) };
                if self.eat_key("from") {
                    self.expr()?;
                }
                StmtKind::Raise(what)
            }
            "global" | "nonlocal" => {
                self.next();
                let mut names = vec![self.name()?];
                while self.eat(",") {
                    names.push(self.name()?);
                }
                StmtKind::Outer { names, global: word == "global" }
            }
            "del" => {
                self.next();
                let start = self.expr_list()?;
                StmtKind::Delete(self.flatten(start))
            }
            "assert" => {
                self.next();
                let test = self.expr()?;
                if self.eat(",") {
                    self.expr()?;
                }
                StmtKind::Assert(test)
            }
            "import" => self.import()?,
            "from" => self.import_from()?,
            _ => self.expr_statement()?,
        })
    }

    fn ends_statement(&self) -> bool {
        matches!(self.tok, Tok::Newline | Tok::Eof | Tok::Op(";") | Tok::Dedent)
    }

    fn is_type_alias(&self) -> bool {
        if !self.is_name("type") {
            return false;
        }
        let rest = self.lexer.rest().trim_start_matches(' ');
        let name =
            rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        let after = rest[name..].trim_start_matches(' ');
        name > 0 && (after.starts_with('[') || (after.starts_with('=') && !after.starts_with("==")))
    }

    fn type_alias(&mut self) -> Parsed<StmtKind<'s>> {
        self.next();
        self.postfix()?;
        self.expect("=")?;
        self.expr()?;
        Ok(StmtKind::Pass)
    }

    fn flatten(&self, id: ExprId) -> Vec<ExprId> {
        match self.made.tree.kind(id) {
            ExprKind::Tuple(items) | ExprKind::List(items) => items.clone(),
            _ => vec![id],
        }
    }

    fn expr_statement(&mut self) -> Parsed<StmtKind<'s>> {
        let first = self.expr_list()?;
        let Tok::Op(op) = self.tok else { return Ok(StmtKind::Expr(first)) };
        match op {
            "=" => {
                let mut parts = vec![first];
                while self.eat("=") {
                    parts.push(if self.is_key("yield") {
                        self.yield_()?
                    } else {
                        self.expr_list()?
                    });
                }
                let value = parts.pop().ok_or(Stop("a value is expected"))?;
                Ok(StmtKind::Assign { targets: parts, value, define: true })
            }
            ":" => {
                self.next();
                let annotation = Some(self.expr()?);
                let value = if self.eat("=") { Some(self.expr_list()?) } else { None };
                Ok(StmtKind::Declare { names: vec![first], annotation, value, constant: false })
            }
            _ if op.len() > 1 && op.ends_with('=') && !matches!(op, "==" | "!=" | "<=" | ">=") => {
                self.next();
                let value = self.expr_list()?;
                let op = match op {
                    "+=" => Binary::Add,
                    "-=" => Binary::Sub,
                    "*=" => Binary::Mul,
                    "/=" => Binary::Div,
                    "%=" => Binary::Mod,
                    _ => Binary::Other,
                };
                Ok(StmtKind::Augment { target: first, op, value })
            }
            _ => Ok(StmtKind::Expr(first)),
        }
    }

    fn dotted(&mut self) -> Parsed<Cow<'s, str>> {
        let mut name = Cow::Borrowed(self.name()?);
        while self.eat(".") {
            let next = self.name()?;
            let text = name.to_mut();
            text.push('.');
            text.push_str(next);
        }
        Ok(name)
    }

    fn import(&mut self) -> Parsed<StmtKind<'s>> {
        self.next();
        let mut imports = Vec::new();
        loop {
            let at = self.start;
            let target = self.dotted()?;
            let (alias, target) = if self.eat_key("as") {
                (Cow::Borrowed(self.name()?), target)
            } else {
                let first = target.split('.').next().unwrap_or_default().to_owned();
                (Cow::Owned(first.clone()), Cow::Owned(first))
            };
            imports.push(ImportDef { alias, target, at, end: self.made.prev_end });
            if !self.eat(",") {
                return Ok(StmtKind::Import(imports));
            }
        }
    }

    fn import_from(&mut self) -> Parsed<StmtKind<'s>> {
        self.next();
        let mut module = String::new();
        while self.is(".") || self.is("...") {
            module.push_str(if self.is(".") { "." } else { "..." });
            self.next();
        }
        if !self.is_key("import") {
            module.push_str(&self.dotted()?);
        }
        if !self.eat_key("import") {
            return Err(Stop("`import` is expected"));
        }
        let open = self.eat("(");
        let mut imports = Vec::new();
        while !self.is(")") && !self.ends_statement() {
            let at = self.start;
            if self.eat("*") {
                imports.push(ImportDef {
                    alias: "*".into(),
                    target: module.clone().into(),
                    at,
                    end: self.made.prev_end,
                });
                break;
            }
            let name = self.name()?;
            let alias = if self.eat_key("as") { self.name()? } else { name };
            let dot = if module.is_empty() || module.ends_with('.') { "" } else { "." };
            let target = format!("{module}{dot}{name}");
            imports.push(ImportDef {
                alias: alias.into(),
                target: target.into(),
                at,
                end: self.made.prev_end,
            });
            if !self.eat(",") {
                break;
            }
        }
        if open {
            self.expect(")")?;
        }
        Ok(StmtKind::Import(imports))
    }
}
