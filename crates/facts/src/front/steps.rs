//! The small steps that the rules of every grammar are made of.
//!
//! A parser says how it takes a token and what it stands before; eating, expecting, going deeper
//! and adding to the tree follow from that and are the same in every language.

use crate::syntax::{DEPTH_MAX, ExprId, ExprKind, Tree};

/// Why parsing stopped here.
pub(super) struct Stop(pub(super) &'static str);

pub(super) type Parsed<T> = Result<T, Stop>;

/// What every grammar asks a token for.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Op(&'static str),
    Key(&'static str),
    Other,
}

/// What a parser has made so far, and where it stands in making it.
#[derive(Default)]
pub(super) struct Made<'s> {
    pub(super) tree: Tree<'s>,
    /// How deep the rules are nested.
    pub(super) depth: u32,
    /// Where the token before the one in hand ended.
    pub(super) prev_end: u32,
}

/// A parser with one token in hand.
pub(super) trait Steps<'s> {
    /// Takes the next token.
    fn next(&mut self);

    /// The token in hand.
    fn in_hand(&self) -> Word;

    fn made(&mut self) -> &mut Made<'s>;

    /// Whether the token in hand is this operator.
    #[inline]
    fn is(&self, op: &str) -> bool {
        matches!(self.in_hand(), Word::Op(found) if same(found, op))
    }

    /// Whether the token in hand is this keyword.
    #[inline]
    fn is_key(&self, word: &str) -> bool {
        matches!(self.in_hand(), Word::Key(found) if same(found, word))
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

    fn deeper(&mut self) -> Parsed<()> {
        self.made().depth += 1;
        if self.made().depth > DEPTH_MAX { Err(Stop("nested too deep")) } else { Ok(()) }
    }

    fn add(&mut self, kind: ExprKind<'s>, start: u32) -> ExprId {
        let end = self.made().prev_end.max(start);
        self.made().tree.add(kind, start, end)
    }
}

/// Equality of short texts that mostly differ at once.
#[inline]
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.as_bytes().first() == b.as_bytes().first() && a == b
}
