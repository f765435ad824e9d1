//! The parser's place in the source, and the small steps every rule of the grammar is made of.

use super::super::steps::{Made, Parsed, Steps, Stop, Word};
use super::lex::{Lexer, Mark, Tok};
use crate::syntax::{Expr, ExprId, Tree};

/// Parses Go source.
pub(crate) fn parse(source: &str) -> Tree<'_> {
    let mut parser = Parser {
        lexer: Lexer::new(source),
        tok: Tok::Eof,
        start: 0,
        end: 0,
        made: Made::default(),
        no_composite: false,
    };
    parser.made.tree.exprs.reserve(source.len() / 12);
    parser.file();
    parser.made.tree.comments = std::mem::take(&mut parser.lexer.comments);
    parser.made.tree
}

pub(super) struct Parser<'s> {
    pub(super) lexer: Lexer<'s>,
    pub(super) tok: Tok<'s>,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) made: Made<'s>,
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
            prev_end: self.made.prev_end,
            exprs: self.made.tree.exprs.len(),
        }
    }

    pub(super) fn restore(&mut self, saved: &Saved<'s>) {
        self.lexer.reset(saved.mark);
        self.tok = saved.tok;
        self.start = saved.start;
        self.end = saved.end;
        self.made.prev_end = saved.prev_end;
        self.made.tree.exprs.truncate(saved.exprs);
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
        let Expr { start, .. } = self.made.tree.expr(id);
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
        self.made.prev_end = self.end;
        self.tok = self.lexer.token();
        self.start = self.lexer.start;
        self.end = self.lexer.at();
    }

    fn in_hand(&self) -> Word {
        match self.tok {
            Tok::Op(op) => Word::Op(op),
            Tok::Key(key) => Word::Key(key),
            _ => Word::Other,
        }
    }

    fn made(&mut self) -> &mut Made<'s> {
        &mut self.made
    }
}
