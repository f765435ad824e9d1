//! The parser's place in the source, and the small steps every rule of the grammar is made of.

use std::borrow::Cow;

use super::super::steps::{Made, Parsed, Steps, Stop, Word};
use super::lex::{Lexer, Mark, Tok};
use crate::syntax::{ExprId, ExprKind, Stmt, StmtKind, Tree};

/// Parses Python source.
pub(crate) fn parse(source: &str) -> Tree<'_> {
    let mut parser = Parser::new(Lexer::new(source));
    parser.made.tree.exprs.reserve(source.len() / 14);
    parser.next();
    let mut body = parser.statements(true);
    parser.made.tree.doc = docstring(&mut body, &parser.made.tree);
    parser.made.tree.body = body;
    parser.made.tree.comments = std::mem::take(&mut parser.lexer.comments);
    parser.made.tree
}

pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    pub(super) tok: Tok<'s>,
    pub(super) start: u32,
    end: u32,
    pub(super) made: Made<'s>,
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
            made: Made::default(),
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
            prev_end: self.made.prev_end,
            exprs: self.made.tree.exprs.len(),
        }
    }

    pub(super) fn restore(&mut self, saved: &Saved<'s>) {
        self.lexer.reset(&saved.mark);
        self.tok = saved.tok;
        self.start = saved.start;
        self.end = saved.end;
        self.made.prev_end = saved.prev_end;
        self.made.tree.exprs.truncate(saved.exprs);
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
        self.made.tree.expr(id).start
    }
}

impl<'s> Steps<'s> for Parser<'s> {
    fn made(&mut self) -> &mut Made<'s> {
        &mut self.made
    }

    fn in_hand(&self) -> Word {
        match self.tok {
            Tok::Op(op) => Word::Op(op),
            Tok::Key(key) => Word::Key(key),
            _ => Word::Other,
        }
    }

    fn next(&mut self) {
        if !matches!(self.tok, Tok::Newline | Tok::Indent | Tok::Dedent) {
            self.made.prev_end = self.end;
        }
        self.tok = self.lexer.token();
        self.start = self.lexer.start;
        self.end = self.lexer.at();
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
