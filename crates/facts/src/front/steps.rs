//! The small steps that the rules of every grammar are made of.
//!
//! A parser says how it takes a token and what it stands before; eating, expecting, going deeper
//! and adding to the tree follow from that and are the same in every language.

use crate::syntax::{DEPTH_MAX, ExprId, ExprKind, Tree};

/// Why parsing stopped here.
pub(super) struct Stop(pub(super) &'static str);

pub(super) type Parsed<T> = Result<T, Stop>;

/// A parser with one token in hand.
pub(super) trait Steps<'s> {
    /// Takes the next token.
    fn next(&mut self);

    /// Whether the token in hand is this operator.
    fn is(&self, op: &str) -> bool;

    /// Whether the token in hand is this keyword.
    fn is_key(&self, word: &str) -> bool;

    /// How deep the rules are nested.
    fn depth(&mut self) -> &mut u32;

    /// Where the token before the one in hand ended.
    fn before(&self) -> u32;

    fn tree(&mut self) -> &mut Tree<'s>;

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
        *self.depth() += 1;
        if *self.depth() > DEPTH_MAX { Err(Stop("nested too deep")) } else { Ok(()) }
    }

    fn add(&mut self, kind: ExprKind<'s>, start: u32) -> ExprId {
        let end = self.before().max(start);
        self.tree().add(kind, start, end)
    }
}
