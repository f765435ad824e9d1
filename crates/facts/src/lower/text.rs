//! Texts that are put together: keys, paths, statements.

use super::body::Body;
use crate::event::{Literal, Name, Op, Piece, Span, Text, ValueId, ValueKind};

/// In a format, where a value goes.
const HOLE: char = '\u{0}';
/// Longest source text kept for a hole.
const HOLE_BYTES_MAX: usize = 60;

impl Body<'_, '_, '_> {
    /// The normal form of a value as a key.
    pub(super) fn key_text(&self, id: ValueId) -> Option<Text> {
        let mut text = Text::default();
        self.write_text(id, &mut text, 0);
        (!text.0.is_empty()).then_some(text)
    }

    fn write_text(&self, id: ValueId, into: &mut Text, depth: u8) {
        if depth > 6 || into.0.len() > 60 {
            return;
        }
        match self.value(id) {
            ValueKind::Literal(Literal::Text(text)) => push(into, text.as_str()),
            ValueKind::Literal(Literal::Int(n)) => push(into, &n.to_string()),
            ValueKind::Op(Op::Join, parts) => {
                for (n, part) in parts.iter().enumerate() {
                    if n > 0 {
                        push(into, "/");
                    }
                    self.write_text(*part, into, depth + 1);
                }
            }
            ValueKind::Op(Op::Format, parts) => self.write_format(parts, into, depth),
            ValueKind::Op(Op::Convert, parts) if parts.len() == 1 => {
                self.write_text(parts[0], into, depth + 1);
            }
            // Of several, any shows the shape; the longest shows most.
            ValueKind::Phi(parts) if depth < 3 => {
                let texts = parts.iter().map(|part| {
                    let mut text = Text::default();
                    self.write_text(*part, &mut text, depth + 2);
                    text
                });
                if let Some(longest) = texts.max_by_key(|text| text.0.len()) {
                    into.0.extend(longest.0);
                }
            }
            _ => into.0.push(Piece::Hole(id, self.hole_text(id))),
        }
    }

    fn write_format(&self, parts: &[ValueId], into: &mut Text, depth: u8) {
        let Some((first, rest)) = parts.split_first() else { return };
        let mut values = rest.iter();
        match self.value(*first) {
            ValueKind::Literal(Literal::Text(text)) if text.as_str().contains(HOLE) => {
                for (n, piece) in text.as_str().split(HOLE).enumerate() {
                    if n > 0
                        && let Some(value) = values.next()
                    {
                        self.write_text(*value, into, depth + 1);
                    }
                    push(into, piece);
                }
            }
            _ => {
                for part in parts {
                    self.write_text(*part, into, depth + 1);
                }
            }
        }
    }

    /// The source text of a value, for people and for comparing across functions.
    fn hole_text(&self, id: ValueId) -> Name {
        if self.is_unique(id) {
            return Name::new("<unique>");
        }
        match self.value(id) {
            ValueKind::Load(path) => return Name::new(&path.to_string()),
            ValueKind::Named(name) => return *name,
            _ => {}
        }
        let whole = match self.value(id) {
            ValueKind::Part(of, _) | ValueKind::Element(of) => *of,
            _ => id,
        };
        let span = self.values[whole.0 as usize].span;
        let text = span.text(self.cx.source).trim();
        if text.is_empty() || text.len() > HOLE_BYTES_MAX || text.contains('\n') {
            return Name::EMPTY;
        }
        if matches!(self.value(id), ValueKind::Param(_)) { Name::EMPTY } else { Name::new(text) }
    }

    /// Whether it is, or is a part of, a name that nobody else has.
    fn is_unique(&self, id: ValueId) -> bool {
        match self.value(id) {
            ValueKind::New(name, _) => *name == "tempfile.Unique",
            ValueKind::Part(of, _) => self.is_unique(*of),
            ValueKind::Field(of, name) => *name == "name" && self.is_unique(*of),
            _ => false,
        }
    }

    /// `%s` and the like in a constant become holes.
    pub(super) fn mark_percent(&mut self, id: ValueId, span: Span) -> ValueId {
        self.mark(id, span, &percent)
    }

    /// `{}` and the like in a constant become holes.
    pub(super) fn mark_braces(&mut self, id: ValueId, span: Span) -> ValueId {
        self.mark(id, span, &braces)
    }

    fn mark(&mut self, id: ValueId, span: Span, with: &dyn Fn(&str) -> String) -> ValueId {
        match self.value(id).clone() {
            ValueKind::Literal(Literal::Text(text)) => {
                let marked = with(text.as_str());
                self.literal(Literal::Text(Name::new(&marked)), span)
            }
            ValueKind::Op(Op::Format, parts) => {
                // A format of a concatenation: join the constants first.
                let mut text = Text::default();
                self.write_format(&parts, &mut text, 0);
                let constant: String = text
                    .0
                    .iter()
                    .map(|piece| match piece {
                        Piece::Fixed(fixed) => fixed.as_str(),
                        Piece::Hole(..) => "?",
                    })
                    .collect();
                self.literal(Literal::Text(Name::new(&with(&constant))), span)
            }
            _ => id,
        }
    }

    /// `"…".format(…)`, `fmt.Sprintf("…", …)`.
    pub(super) fn formatted(
        &mut self,
        args: &super::effect::Args,
        ty: Option<crate::event::TypeRef>,
        span: Span,
    ) -> super::body::Val {
        let go = self.cx.is_go();
        let mut parts: Vec<ValueId> = Vec::new();
        if !go && let Some(receiver) = &args.receiver {
            parts.push(receiver.id);
        }
        parts.extend(args.given.iter().map(|given| given.val.id));
        if let Some(first) = parts.first_mut() {
            let id = *first;
            let marked = if go { self.mark_percent(id, span) } else { self.mark_braces(id, span) };
            parts[0] = marked;
        }
        let text = crate::event::TypeRef::plain(Name::new(if go { "string" } else { "str" }));
        super::body::Val { id: self.op(Op::Format, parts, span), ty: ty.or(Some(text)), path: None }
    }
}

fn push(into: &mut Text, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Fixed(last)) = into.0.last_mut() {
        *last = Name::new(&format!("{last}{text}"));
    } else {
        into.0.push(Piece::Fixed(Name::new(text)));
    }
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.peek() {
            Some('%') => {
                chars.next();
                out.push('%');
            }
            Some('(') => {
                for skipped in chars.by_ref() {
                    if skipped == ')' {
                        break;
                    }
                }
                chars.next();
                out.push(HOLE);
            }
            _ => {
                while chars
                    .peek()
                    .is_some_and(|c| matches!(c, '0'..='9' | '.' | '-' | '+' | '#' | '*'))
                {
                    chars.next();
                }
                chars.next();
                out.push(HOLE);
            }
        }
    }
    out
}

fn braces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                out.push('{');
            }
            '}' if chars.peek() == Some(&'}') => {
                chars.next();
                out.push('}');
            }
            '{' => {
                for skipped in chars.by_ref() {
                    if skipped == '}' {
                        break;
                    }
                }
                out.push(HOLE);
            }
            other => out.push(other),
        }
    }
    out
}
