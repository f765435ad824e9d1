//! Go: a lexer that inserts semicolons as the specification says, and a recursive-descent parser.
//!
//! After an error the parser goes on at the next declaration that begins a line, and reports what it skipped as a gap.

mod decl;
mod expr;
mod lex;
mod stmt;

use crate::syntax::{Expr, ExprId, ExprKind, Tree};
pub(crate) use expr::unescape;
use lex::{Lexer, Mark, Tok};

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

/// Why parsing stopped here.
struct Stop(&'static str);

type Parsed<T> = Result<T, Stop>;

struct Parser<'s> {
    lexer: Lexer<'s>,
    tok: Tok<'s>,
    start: u32,
    end: u32,
    prev_end: u32,
    tree: Tree<'s>,
    depth: u32,
    /// In the header of `if`, `for`, `switch`, where `{` begins the block.
    no_composite: bool,
}

struct Saved<'s> {
    mark: Mark,
    tok: Tok<'s>,
    start: u32,
    end: u32,
    prev_end: u32,
    exprs: usize,
}

impl<'s> Parser<'s> {
    fn next(&mut self) {
        self.prev_end = self.end;
        self.tok = self.lexer.token();
        self.start = self.lexer.start;
        self.end = self.lexer.at();
    }

    fn save(&self) -> Saved<'s> {
        Saved {
            mark: self.lexer.mark(),
            tok: self.tok,
            start: self.start,
            end: self.end,
            prev_end: self.prev_end,
            exprs: self.tree.exprs.len(),
        }
    }

    fn restore(&mut self, saved: &Saved<'s>) {
        self.lexer.reset(saved.mark);
        self.tok = saved.tok;
        self.start = saved.start;
        self.end = saved.end;
        self.prev_end = saved.prev_end;
        self.tree.exprs.truncate(saved.exprs);
    }

    fn is(&self, op: &str) -> bool {
        matches!(self.tok, Tok::Op(found) if same(found, op))
    }

    fn is_key(&self, word: &str) -> bool {
        matches!(self.tok, Tok::Key(found) if same(found, word))
    }

    fn eat(&mut self, op: &str) -> bool {
        let found = self.is(op);
        if found {
            self.next();
        }
        found
    }

    fn eat_key(&mut self, word: &str) -> bool {
        let found = self.is_key(word);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, op: &'static str) -> Parsed<()> {
        if self.eat(op) { Ok(()) } else { Err(Stop("not understood here")) }
    }

    fn ident(&mut self) -> Parsed<&'s str> {
        if let Tok::Ident(name) = self.tok {
            self.next();
            Ok(name)
        } else {
            Err(Stop("a name is missing"))
        }
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > crate::syntax::DEPTH_MAX { Err(Stop("nested too deep")) } else { Ok(()) }
    }

    fn add(&mut self, kind: ExprKind<'s>, start: u32) -> ExprId {
        let end = self.prev_end.max(start);
        self.tree.add(kind, start, end)
    }

    fn expr_start(&self, id: ExprId) -> u32 {
        let Expr { start, .. } = self.tree.expr(id);
        *start
    }

    fn skip_semicolons(&mut self) {
        while self.is(";") {
            self.next();
        }
    }
}

/// Equality of short texts that mostly differ at once.
#[inline]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.as_bytes().first() == b.as_bytes().first() && a == b
}
