//! The parser's place in the source, and the small steps every rule of the grammar is made of.

use std::borrow::Cow;

use super::super::steps::{Parsed, Steps, Stop};
use super::lex::{Lexer, Mark, Tok};
use crate::syntax::{ExprId, ExprKind, Stmt, StmtKind, Tree};

/// Parses Python source.
pub(crate) fn parse(source: &str) -> Tree<'_> {
    let mut parser = Parser::new(Lexer::new(source));
    parser.tree.exprs.reserve(source.len() / 14);
    parser.next();
    let mut body = parser.statements(true);
    parser.tree.doc = docstring(&mut body, &parser.tree);
    parser.tree.body = body;
    parser.tree.comments = std::mem::take(&mut parser.lexer.comments);
    parser.tree
}

pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    pub(super) tok: Tok<'s>,
    pub(super) start: u32,
    end: u32,
    pub(super) prev_end: u32,
    pub(super) tree: Tree<'s>,
    pub(super) depth: u32,
    /// In the header of `for` or a comprehension, where `in` ends the target.
    pub(super) no_in: bool,
    /// In a `case`, where `as` and `*` bind.
    pub(super) pattern: bool,
}

pub(super) struct Saved<'s> {
    mark: Mark,
    tok: Tok<'s>,
    start: u32,
    end: u32,
    prev_end: u32,
    exprs: usize,
}

impl<'s> Parser<'s> {
    pub(super) fn new(lexer: Lexer<'s>) -> Self {
        Self {
            lexer,
            tok: Tok::Eof,
            start: 0,
            end: 0,
            prev_end: 0,
            tree: Tree::default(),
            depth: 0,
            no_in: false,
            pattern: false,
        }
    }

    pub(super) fn save(&self) -> Saved<'s> {
        Saved {
            mark: self.lexer.mark(),
            tok: self.tok,
            start: self.start,
            end: self.end,
            prev_end: self.prev_end,
            exprs: self.tree.exprs.len(),
        }
    }

    pub(super) fn restore(&mut self, saved: &Saved<'s>) {
        self.lexer.reset(&saved.mark);
        self.tok = saved.tok;
        self.start = saved.start;
        self.end = saved.end;
        self.prev_end = saved.prev_end;
        self.tree.exprs.truncate(saved.exprs);
    }

    pub(super) fn is_name(&self, word: &str) -> bool {
        matches!(self.tok, Tok::Name(found) if found == word)
    }

    pub(super) fn name(&mut self) -> Parsed<&'s str> {
        if let Tok::Name(name) = self.tok {
            self.next();
            Ok(name)
        } else {
            Err(Stop("a name is missing"))
        }
    }

    pub(super) fn expr_start(&self, id: ExprId) -> u32 {
        self.tree.expr(id).start
    }
}

impl<'s> Steps<'s> for Parser<'s> {
    fn next(&mut self) {
        if !matches!(self.tok, Tok::Newline | Tok::Indent | Tok::Dedent) {
            self.prev_end = self.end;
        }
        self.tok = self.lexer.token();
        self.start = self.lexer.start;
        self.end = self.lexer.at();
    }

    fn is(&self, op: &str) -> bool {
        matches!(self.tok, Tok::Op(found) if same(found, op))
    }

    fn is_key(&self, word: &str) -> bool {
        matches!(self.tok, Tok::Key(found) if same(found, word))
    }

    fn depth(&mut self) -> &mut u32 {
        &mut self.depth
    }

    fn before(&self) -> u32 {
        self.prev_end
    }

    fn tree(&mut self) -> &mut Tree<'s> {
        &mut self.tree
    }
}

/// Takes the documentation string off the front of `body`.
pub(super) fn docstring<'s>(body: &mut Vec<Stmt<'s>>, tree: &Tree<'s>) -> Option<Cow<'s, str>> {
    let StmtKind::Expr(id) = body.first()?.kind else { return None };
    let ExprKind::Text(text) = tree.kind(id) else { return None };
    let text = text.clone();
    body.remove(0);
    Some(text)
}

/// Equality of short texts that mostly differ at once.
#[inline]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.as_bytes().first() == b.as_bytes().first() && a == b
}
