//! Statements.

use super::super::steps::{Parsed, Steps as _, Stop};
use super::expr::operator;
use super::lex::Tok;
use super::parser::Parser;
use crate::syntax::{Case, ExprId, ExprKind, Stmt, StmtKind, SwitchKind};

impl<'s> Parser<'s> {
    pub(super) fn block(&mut self) -> Parsed<Vec<Stmt<'s>>> {
        self.deeper()?;
        self.expect("{")?;
        let header = std::mem::take(&mut self.no_composite);
        let body = self.statements()?;
        self.no_composite = header;
        self.expect("}")?;
        self.made.depth -= 1;
        Ok(body)
    }

    /// Up to `}`, `case` or `default`.
    fn statements(&mut self) -> Parsed<Vec<Stmt<'s>>> {
        let mut body = Vec::new();
        loop {
            self.skip_semicolons();
            match self.tok {
                Tok::Op("}") | Tok::Key("case" | "default") => return Ok(body),
                Tok::Eof => return Err(Stop("a block does not end")),
                _ => self.statement(&mut body)?,
            }
            if !self.is(";") && !self.is("}") && !self.is_key("case") && !self.is_key("default") {
                return Err(Stop("not understood here"));
            }
        }
    }

    fn statement(&mut self, body: &mut Vec<Stmt<'s>>) -> Parsed<()> {
        let start = self.start;
        let kind = match self.tok {
            Tok::Key("var" | "const" | "type") => return self.local_declaration(body),
            Tok::Key("return") => {
                self.next();
                let none = self.is(";") || self.is("}");
                StmtKind::Return(if none { None } else { Some(self.expr_list()?) })
            }
            Tok::Key("if") => self.if_(start)?,
            Tok::Key("for") => self.for_()?,
            Tok::Key("switch") => self.switch()?,
            Tok::Key("select") => self.select()?,
            Tok::Key("go") => {
                self.next();
                StmtKind::Go(self.expr()?)
            }
            Tok::Key("defer") => {
                self.next();
                StmtKind::Defer(self.expr()?)
            }
            Tok::Key(word @ ("break" | "continue" | "goto" | "fallthrough")) => {
                self.next();
                if matches!(self.tok, Tok::Ident(_)) {
                    self.next();
                }
                match word {
                    "break" => StmtKind::Break,
                    "continue" => StmtKind::Continue,
                    _ => StmtKind::Pass,
                }
            }
            Tok::Op("{") => StmtKind::Block(self.block()?),
            _ => {
                let simple = self.simple()?;
                if matches!(simple, StmtKind::Pass) && self.eat(":") {
                    self.skip_semicolons();
                    if self.is("}") {
                        return Ok(());
                    }
                    return self.statement(body);
                }
                simple
            }
        };
        body.push(Stmt { kind, start, end: self.made.prev_end });
        Ok(())
    }

    /// A simple statement. `Pass` with `:` next is a label.
    fn simple(&mut self) -> Parsed<StmtKind<'s>> {
        let left = self.expr_list()?;
        self.after_left(left)
    }

    fn after_left(&mut self, left: ExprId) -> Parsed<StmtKind<'s>> {
        let Tok::Op(op) = self.tok else { return Ok(StmtKind::Expr(left)) };
        Ok(match op {
            ":=" | "=" => {
                self.next();
                let value = self.expr_list()?;
                StmtKind::Assign { targets: vec![left], value, define: op == ":=" }
            }
            "++" | "--" => {
                let at = self.start;
                self.next();
                let value = self.add(ExprKind::Number("1"), at);
                StmtKind::Augment { target: left, op: operator(&op[..1]), value }
            }
            "<-" => {
                self.next();
                let value = self.expr()?;
                StmtKind::Send(left, value)
            }
            ":" if matches!(self.made.tree.kind(left), ExprKind::Name(_)) && !self.no_composite => {
                StmtKind::Pass
            }
            _ if op.len() > 1 && op.ends_with('=') && !matches!(op, "==" | "!=" | "<=" | ">=") => {
                self.next();
                let value = self.expr()?;
                StmtKind::Augment { target: left, op: operator(&op[..op.len() - 1]), value }
            }
            _ => StmtKind::Expr(left),
        })
    }

    /// The header of `if` and `switch`: an optional simple statement, then what is tested.
    fn header(&mut self) -> Parsed<(Option<Stmt<'s>>, Option<Stmt<'s>>)> {
        let outer = std::mem::replace(&mut self.no_composite, true);
        let (mut init, mut test) = (None, None);
        if !self.is("{") && !self.is(";") {
            let start = self.start;
            let kind = self.simple()?;
            test = Some(Stmt { kind, start, end: self.made.prev_end });
        }
        if self.eat(";") {
            init = test.take();
            if !self.is("{") {
                let start = self.start;
                let kind = self.simple()?;
                test = Some(Stmt { kind, start, end: self.made.prev_end });
            }
        }
        self.no_composite = outer;
        Ok((init, test))
    }

    fn if_(&mut self, start: u32) -> Parsed<StmtKind<'s>> {
        self.deeper()?;
        self.next();
        let (init, test) = self.header()?;
        let Some(Stmt { kind: StmtKind::Expr(test), .. }) = test else {
            return Err(Stop("a condition is expected"));
        };
        let then = self.block()?;
        let mut other = Vec::new();
        if self.eat_key("else") {
            let start = self.start;
            let kind =
                if self.is_key("if") { self.if_(start)? } else { StmtKind::Block(self.block()?) };
            other.push(Stmt { kind, start, end: self.made.prev_end });
        }
        self.made.depth -= 1;
        let kind = StmtKind::If { test, then, other };
        Ok(self.after_init(init, kind, start))
    }

    fn after_init(&self, init: Option<Stmt<'s>>, kind: StmtKind<'s>, start: u32) -> StmtKind<'s> {
        match init {
            None => kind,
            Some(init) => {
                StmtKind::Block(vec![init, Stmt { kind, start, end: self.made.prev_end }])
            }
        }
    }

    fn for_(&mut self) -> Parsed<StmtKind<'s>> {
        let start = self.start;
        self.next();
        let outer = std::mem::replace(&mut self.no_composite, true);
        let header = self.for_header();
        self.no_composite = outer;
        let (init, mut kind) = header?;
        let block = self.block()?;
        match &mut kind {
            StmtKind::While { body, .. } | StmtKind::For { body, .. } => *body = block,
            _ => {}
        }
        Ok(self.after_init(init, kind, start))
    }

    fn for_header(&mut self) -> Parsed<(Option<Stmt<'s>>, StmtKind<'s>)> {
        let while_ =
            |test| StmtKind::While { test, post: Vec::new(), body: Vec::new(), other: Vec::new() };
        if self.is("{") {
            return Ok((None, while_(None)));
        }
        if self.eat_key("range") {
            let iter = self.expr()?;
            return Ok((None, range(None, iter, false)));
        }
        let mut init = None;
        if !self.is(";") {
            let start = self.start;
            let left = self.expr_list()?;
            if self.is(":=") || self.is("=") {
                let define = self.is(":=");
                self.next();
                if self.eat_key("range") {
                    let iter = self.expr()?;
                    return Ok((None, range(Some(left), iter, define)));
                }
                let value = self.expr_list()?;
                let kind = StmtKind::Assign { targets: vec![left], value, define };
                init = Some(Stmt { kind, start, end: self.made.prev_end });
            } else if self.is("{") {
                return Ok((None, while_(Some(left))));
            } else {
                let kind = self.after_left(left)?;
                init = Some(Stmt { kind, start, end: self.made.prev_end });
            }
        }
        self.expect(";")?;
        let test = if self.is(";") || self.is("{") { None } else { Some(self.expr()?) };
        let mut post = Vec::new();
        if self.eat(";") && !self.is("{") {
            let start = self.start;
            let kind = self.simple()?;
            post.push(Stmt { kind, start, end: self.made.prev_end });
        }
        Ok((init, StmtKind::While { test, post, body: Vec::new(), other: Vec::new() }))
    }

    fn switch(&mut self) -> Parsed<StmtKind<'s>> {
        let start = self.start;
        self.next();
        let (init, test) = self.header()?;
        let (mut subject, mut kind, mut bind) = (None, SwitchKind::Value, None);
        let expr = match test.map(|stmt| stmt.kind) {
            Some(StmtKind::Expr(id)) => Some(id),
            Some(StmtKind::Assign { targets, value, .. }) => {
                bind = targets.first().map(|id| self.last_word(*id));
                Some(value)
            }
            _ => None,
        };
        if let Some(id) = expr {
            subject = Some(id);
            if let ExprKind::TypeAssert(inner, None) = self.made.tree.kind(id) {
                subject = Some(*inner);
                kind = SwitchKind::Type;
            }
        }
        let cases = self.cases(kind, bind)?;
        let kind = StmtKind::Switch { subject, cases, kind };
        Ok(self.after_init(init, kind, start))
    }

    fn cases(&mut self, kind: SwitchKind, bind: Option<&'s str>) -> Parsed<Vec<Case<'s>>> {
        self.deeper()?;
        self.expect("{")?;
        let header = std::mem::take(&mut self.no_composite);
        let mut cases = Vec::new();
        loop {
            self.skip_semicolons();
            if self.eat("}") {
                break;
            }
            let mut case = Case {
                tests: Vec::new(),
                comm: None,
                guard: None,
                binds: bind.into_iter().collect(),
                body: Vec::new(),
                falls: false,
            };
            if self.eat_key("case") {
                self.case_header(kind, &mut case)?;
            } else if !self.eat_key("default") {
                return Err(Stop("a case is expected"));
            }
            self.expect(":")?;
            let from = self.start as usize;
            case.body = self.statements()?;
            case.falls =
                self.lexer.source()[from..self.start as usize].trim_end().ends_with("fallthrough");
            cases.push(case);
        }
        self.no_composite = header;
        self.made.depth -= 1;
        Ok(cases)
    }

    fn case_header(&mut self, kind: SwitchKind, case: &mut Case<'s>) -> Parsed<()> {
        if kind == SwitchKind::Select {
            let start = self.start;
            let kind = self.simple()?;
            case.comm = Some(Box::new(Stmt { kind, start, end: self.made.prev_end }));
            return Ok(());
        }
        loop {
            let test = if kind == SwitchKind::Type && !matches!(self.tok, Tok::Ident("nil")) {
                self.type_()?
            } else {
                self.expr()?
            };
            case.tests.push(test);
            if !self.eat(",") {
                return Ok(());
            }
        }
    }

    fn select(&mut self) -> Parsed<StmtKind<'s>> {
        self.next();
        let cases = self.cases(SwitchKind::Select, None)?;
        Ok(StmtKind::Switch { subject: None, cases, kind: SwitchKind::Select })
    }
}

fn range(target: Option<ExprId>, iter: ExprId, define: bool) -> StmtKind<'static> {
    StmtKind::For { target, iter, define, is_async: false, body: Vec::new(), other: Vec::new() }
}
