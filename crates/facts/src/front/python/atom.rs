//! Names, literals, displays, comprehensions, f-strings.

use std::borrow::Cow;
use std::marker::PhantomData;

use super::super::steps::{Parsed, Steps as _, Stop};
use super::lex::{Lexer, Prefix, Tok};
use super::parser::Parser;
use crate::front::go::unescape;
use crate::syntax::{CompClause, Comprehension, ExprId, ExprKind, FormatPiece};

impl<'s> Parser<'s> {
    pub(super) fn atom(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let kind = match self.tok {
            Tok::Name(name) => ExprKind::Name(name),
            Tok::Number(text) => ExprKind::Number(text),
            Tok::Key("None") => ExprKind::Nil,
            Tok::Key("True") => ExprKind::Bool(true),
            Tok::Key("False") => ExprKind::Bool(false),
            Tok::Op("...") => ExprKind::Ellipsis,
            Tok::Text(..) => return self.strings(),
            Tok::Op("(") => return self.parenthesised(),
            Tok::Op("[") => return self.list(),
            Tok::Op("{") => return self.braces(),
            _ => return Err(Stop("an expression is expected")),
        };
        self.next();
        Ok(self.add(kind, start))
    }

    fn parenthesised(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.deeper()?;
        self.next();
        let outer = std::mem::take(&mut self.no_in);
        let id = if self.is(")") {
            self.add(ExprKind::Tuple(Vec::new()), start)
        } else if self.is_key("yield") {
            self.yield_()?
        } else {
            let first = self.expr_list()?;
            if self.is_key("for") || self.is_key("async") {
                self.comprehension(vec![first], start)?
            } else {
                first
            }
        };
        self.no_in = outer;
        self.expect(")")?;
        self.made.depth -= 1;
        Ok(id)
    }

    fn list(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.deeper()?;
        self.next();
        let outer = std::mem::take(&mut self.no_in);
        let mut items = Vec::new();
        while !self.is("]") {
            items.push(self.star_or_named()?);
            if self.is_key("for") || self.is_key("async") {
                let id = self.comprehension(items, start)?;
                self.no_in = outer;
                self.expect("]")?;
                self.made.depth -= 1;
                return Ok(id);
            }
            if !self.eat(",") {
                break;
            }
        }
        self.no_in = outer;
        self.expect("]")?;
        self.made.depth -= 1;
        Ok(self.add(ExprKind::List(items), start))
    }

    fn braces(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        self.deeper()?;
        self.next();
        let outer = std::mem::take(&mut self.no_in);
        let (mut pairs, mut items) = (Vec::new(), Vec::new());
        while !self.is("}") {
            if self.eat("**") {
                pairs.push((None, self.bit_or()?));
            } else {
                let first = self.star_or_named()?;
                if self.eat(":") {
                    pairs.push((Some(first), self.named()?));
                } else {
                    items.push(first);
                }
            }
            if self.is_key("for") || self.is_key("async") {
                let elements = pairs
                    .iter()
                    .flat_map(|(k, v)| k.iter().chain([v]))
                    .chain(&items)
                    .copied()
                    .collect();
                let id = self.comprehension(elements, start)?;
                self.no_in = outer;
                self.expect("}")?;
                self.made.depth -= 1;
                return Ok(id);
            }
            if !self.eat(",") {
                break;
            }
        }
        self.no_in = outer;
        self.expect("}")?;
        self.made.depth -= 1;
        let kind = if items.is_empty() { ExprKind::Dict(pairs) } else { ExprKind::Set(items) };
        Ok(self.add(kind, start))
    }

    /// From `for` on.
    pub(super) fn comprehension(&mut self, elements: Vec<ExprId>, start: u32) -> Parsed<ExprId> {
        let mut clauses = Vec::new();
        loop {
            let is_async = self.eat_key("async");
            if !self.eat_key("for") {
                break;
            }
            let outer = std::mem::replace(&mut self.no_in, true);
            let target = self.expr_list()?;
            self.no_in = outer;
            if !self.eat_key("in") {
                return Err(Stop("`in` is expected"));
            }
            let iter = self.or_conditional()?;
            let mut tests = Vec::new();
            while self.eat_key("if") {
                tests.push(self.no_conditional()?);
            }
            clauses.push(CompClause { target, iter, tests, is_async });
        }
        let each = Comprehension { elements, clauses, _source: PhantomData };
        Ok(self.add(ExprKind::Comprehension(Box::new(each)), start))
    }

    fn or_conditional(&mut self) -> Parsed<ExprId> {
        self.expr()
    }

    fn no_conditional(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let id = self.expr()?;
        if self.is(":=")
            && let ExprKind::Name(name) = *self.made.tree.kind(id)
        {
            self.next();
            let value = self.expr()?;
            return Ok(self.add(ExprKind::Walrus(name, value), start));
        }
        Ok(id)
    }

    /// Adjacent literals are one.
    fn strings(&mut self) -> Parsed<ExprId> {
        let start = self.start;
        let mut pieces: Vec<FormatPiece<'s>> = Vec::new();
        while let Tok::Text(text, at, prefix) = self.tok {
            if prefix.format {
                self.format_pieces(text, at, prefix, &mut pieces)?;
            } else {
                push_text(
                    &mut pieces,
                    if prefix.raw { Cow::Borrowed(text) } else { unescape(text) },
                );
            }
            self.next();
        }
        let formatted = pieces.iter().any(|piece| matches!(piece, FormatPiece::Hole(_)));
        if formatted {
            return Ok(self.add(ExprKind::Format(pieces), start));
        }
        let text = match pieces.into_iter().next() {
            Some(FormatPiece::Text(text)) => text,
            _ => Cow::Borrowed(""),
        };
        Ok(self.add(ExprKind::Text(text), start))
    }

    fn format_pieces(
        &mut self,
        text: &'s str,
        base: u32,
        prefix: Prefix,
        pieces: &mut Vec<FormatPiece<'s>>,
    ) -> Parsed<()> {
        self.deeper()?;
        let bytes = text.as_bytes();
        let (mut from, mut at) = (0, 0);
        while at < bytes.len() {
            let doubled = bytes.get(at + 1) == Some(&bytes[at]);
            match bytes[at] {
                b'{' | b'}' if doubled => {
                    push_text(pieces, plain(&text[from..=at], prefix));
                    at += 2;
                    from = at;
                }
                b'{' => {
                    push_text(pieces, plain(&text[from..at], prefix));
                    let length = hole_length(&text[at + 1..]);
                    let hole = &text[at + 1..at + 1 + length];
                    let offset = base + u32::try_from(at + 1).unwrap_or(0);
                    self.hole(hole, offset, pieces);
                    at += length + 2;
                    from = at.min(bytes.len());
                }
                _ => at += 1,
            }
        }
        push_text(pieces, plain(&text[from..], prefix));
        self.made.depth -= 1;
        Ok(())
    }

    /// Parses the expression in a hole with a parser of its own over the same tree.
    fn hole(&mut self, text: &'s str, base: u32, pieces: &mut Vec<FormatPiece<'s>>) {
        let mut inner = Self::new(Lexer::within(text, base));
        inner.made.depth = self.made.depth;
        std::mem::swap(&mut inner.made.tree, &mut self.made.tree);
        inner.next();
        let parsed = inner.expr_list();
        std::mem::swap(&mut inner.made.tree, &mut self.made.tree);
        let id = match parsed {
            Ok(id) => id,
            Err(Stop(why)) => {
                let end = base + u32::try_from(text.len()).unwrap_or(0);
                self.made.tree.gaps.push((base, end, why));
                self.made.tree.add(ExprKind::Error, base, end)
            }
        };
        pieces.push(FormatPiece::Hole(id));
    }
}

fn plain(text: &str, prefix: Prefix) -> Cow<'_, str> {
    if prefix.raw { Cow::Borrowed(text) } else { unescape(text) }
}

fn push_text<'s>(pieces: &mut Vec<FormatPiece<'s>>, text: Cow<'s, str>) {
    if let Some(FormatPiece::Text(last)) = pieces.last_mut() {
        last.to_mut().push_str(&text);
    } else if !text.is_empty() {
        pieces.push(FormatPiece::Text(text));
    }
}

/// Bytes up to the brace that closes the hole.
fn hole_length(text: &str) -> usize {
    let (mut open, mut quote) = (0_u32, None);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(q), _) if byte == q => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{' | b'[' | b'(') => open += 1,
            (None, b'}') if open == 0 => return at,
            (None, b'}' | b']' | b')') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    text.len()
}
