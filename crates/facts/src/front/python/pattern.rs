//! `match`, whose words are ordinary names elsewhere.

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::Tok;
use super::parser::Parser;
use crate::syntax::{Case, ExprId, ExprKind, StmtKind, SwitchKind};

impl<'s> Parser<'s> {
    /// `None` if this is a name that happens to be `match`.
    pub(super) fn match_(&mut self) -> Parsed<Option<StmtKind<'s>>> {
        let saved = self.save();
        self.next();
        let subject = match self.expr_list() {
            Ok(subject) if self.is(":") && self.lexer.line_is_over() => subject,
            _ => {
                self.restore(&saved);
                return Ok(None);
            }
        };
        self.next();
        while self.tok == Tok::Newline {
            self.next();
        }
        if self.tok != Tok::Indent {
            return Err(Stop("a case is expected"));
        }
        self.next();
        let mut cases = Vec::new();
        while self.is_name("case") {
            cases.push(self.case()?);
            while self.tok == Tok::Newline {
                self.next();
            }
        }
        if self.tok != Tok::Dedent && self.tok != Tok::Eof {
            return Err(Stop("a case is expected"));
        }
        self.end_block();
        Ok(Some(StmtKind::Switch { subject: Some(subject), cases, kind: SwitchKind::Value }))
    }

    fn case(&mut self) -> Parsed<Case<'s>> {
        self.next();
        self.pattern = true;
        let parsed = self.expr_list();
        self.pattern = false;
        let test = parsed?;
        let guard = if self.eat_key("if") { Some(self.named()?) } else { None };
        let body = self.block()?;
        let mut binds = Vec::new();
        self.bound(test, &mut binds);
        let tests = match self.made.tree.kind(test) {
            ExprKind::Name(_) => Vec::new(),
            _ => vec![test],
        };
        Ok(Case { tests, comm: None, guard, binds, body, falls: false })
    }

    fn bound(&self, id: ExprId, into: &mut Vec<&'s str>) {
        match self.made.tree.kind(id) {
            ExprKind::Name(name) if *name != "_" => into.push(name),
            ExprKind::Walrus(name, inner) => {
                into.push(name);
                self.bound(*inner, into);
            }
            ExprKind::Star(inner) => self.bound(*inner, into),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for item in items {
                    self.bound(*item, into);
                }
            }
            ExprKind::Dict(pairs) => {
                for (_, value) in pairs {
                    self.bound(*value, into);
                }
            }
            ExprKind::Call(_, args) => {
                for arg in args {
                    self.bound(arg.value, into);
                }
            }
            ExprKind::Binary(_, left, right) => {
                self.bound(*left, into);
                self.bound(*right, into);
            }
            _ => {}
        }
    }
}
