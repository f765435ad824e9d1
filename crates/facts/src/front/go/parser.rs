//! The parser's place in the source, and the small steps every rule of the grammar is made of.

use super::super::steps::{Parsed, Steps, Stop};
use super::lex::{Lexer, Mark, Tok};
use crate::syntax::{Expr, ExprId, Tree};

/// Parses Go source.
pub(crate) fn parse(source: &str) -> Tree<'_> {
    let mut parser = Parser {
        lexer: Lexer::new(source),
        tok: Tok::Eof,
        start: 0,
        end: 0,
        prev_end: 0,
        tree: Tree::default(),
        depth: 0,
        no_composite: false,
    };
    parser.tree.exprs.reserve(source.len() / 12);
    parser.file();
    parser.tree.comments = std::mem::take(&mut parser.lexer.comments);
    parser.tree
}

pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    pub(super) tok: Tok<'s>,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) prev_end: u32,
    pub(super) tree: Tree<'s>,
    pub(super) depth: u32,
    /// In the header of `if`, `for`, `switch`, where `{` begins the block.
    pub(super) no_composite: bool,
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
        self.lexer.reset(saved.mark);
        self.tok = saved.tok;
        self.start = saved.start;
        self.end = saved.end;
        self.prev_end = saved.prev_end;
        self.tree.exprs.truncate(saved.exprs);
    }

    pub(super) fn ident(&mut self) -> Parsed<&'s str> {
        if let Tok::Ident(name) = self.tok {
            self.next();
            Ok(name)
        } else {
            Err(Stop("a name is missing"))
        }
    }

    pub(super) fn expr_start(&self, id: ExprId) -> u32 {
        let Expr { start, .. } = self.tree.expr(id);
        *start
    }

    pub(super) fn skip_semicolons(&mut self) {
        while self.is(";") {
            self.next();
        }
    }
}

impl<'s> Steps<'s> for Parser<'s> {
    fn next(&mut self) {
        self.prev_end = self.end;
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

/// Equality of short texts that mostly differ at once.
#[inline]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.as_bytes().first() == b.as_bytes().first() && a == b
}
