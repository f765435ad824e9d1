//! Go's tokens.

/// A token. Keywords and operators are told by their text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tok<'s> {
    Eof,
    Ident(&'s str),
    Key(&'static str),
    Op(&'static str),
    Number(&'s str),
    /// The inside of the quotes, and whether it is a raw string.
    Text(&'s str, bool),
    Char,
    Bad,
}

/// A place to come back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    at: usize,
    semicolon: bool,
    comments: usize,
}

pub(super) struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    /// Start of the last token.
    pub(super) start: u32,
    /// Whether a line end now is a semicolon.
    semicolon: bool,
    pub(super) comments: Vec<(u32, &'s str)>,
}

const KEYS: [&str; 25] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

/// Longest first.
const OPS: [&str; 48] = [
    "<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^", "+", "-", "*", "/", "%", "&", "|",
    "^", "<", ">", "=", "!", "(", ")", "[", "]", "{", "}", ",", ";", ".", ":", "~",
];

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let at = if source.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            source,
            bytes: source.as_bytes(),
            at,
            start: 0,
            semicolon: false,
            comments: Vec::new(),
        }
    }

    /// The offset reached.
    pub(super) fn at(&self) -> u32 {
        offset(self.at)
    }

    pub(super) fn source(&self) -> &'s str {
        self.source
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { at: self.at, semicolon: self.semicolon, comments: self.comments.len() }
    }

    pub(super) fn reset(&mut self, mark: Mark) {
        self.at = mark.at;
        self.semicolon = mark.semicolon;
        self.comments.truncate(mark.comments);
    }

    /// Goes on at `at`, at the beginning of a line.
    pub(super) fn jump(&mut self, at: usize) {
        self.at = at;
        self.semicolon = false;
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn token(&mut self) -> Tok<'s> {
        if self.skip_blank() {
            self.semicolon = false;
            return Tok::Op(";");
        }
        self.start = offset(self.at);
        let Some(&byte) = self.bytes.get(self.at) else {
            return if std::mem::take(&mut self.semicolon) { Tok::Op(";") } else { Tok::Eof };
        };
        let tok = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'"' => self.quoted(b'"'),
            b'\'' => self.quoted(b'\''),
            b'`' => self.raw(),
            _ => self.operator(byte),
        };
        self.semicolon = match tok {
            Tok::Ident(_) | Tok::Number(_) | Tok::Text(..) | Tok::Char => true,
            Tok::Key(word) => matches!(word, "break" | "continue" | "fallthrough" | "return"),
            Tok::Op(op) => matches!(op, "++" | "--" | ")" | "]" | "}"),
            Tok::Eof | Tok::Bad => false,
        };
        tok
    }

    /// Skips blanks and comments; true if a line ended where a semicolon belongs.
    fn skip_blank(&mut self) -> bool {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.start = offset(self.at);
                    self.at += 1;
                    if self.semicolon {
                        return true;
                    }
                }
                b'/' if self.peek(1) == b'/' => self.line_comment(),
                b'/' if self.peek(1) == b'*' => {
                    if self.block_comment() && self.semicolon {
                        return true;
                    }
                }
                _ => return false,
            }
        }
    }

    fn line_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let text = &self.source[self.at + 2..self.at + length];
        self.comments.push((offset(self.at), text.trim()));
        self.at += length;
    }

    /// True if it holds a line end.
    fn block_comment(&mut self) -> bool {
        let rest = &self.source[self.at + 2..];
        let length = rest.find("*/").unwrap_or(rest.len());
        let text = &rest[..length];
        self.comments.push((offset(self.at), text.trim()));
        self.at = (self.at + 2 + length + 2).min(self.bytes.len());
        text.contains('\n')
    }

    fn word(&mut self) -> Tok<'s> {
        let from = self.at;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | 0x80..) {
            self.at += 1;
        }
        let word = &self.source[from..self.at];
        let short = (2..=11).contains(&word.len()) && word.as_bytes()[0].is_ascii_lowercase();
        match KEYS
            .iter()
            .find(|key| short && key.as_bytes()[0] == word.as_bytes()[0] && **key == word)
        {
            Some(key) => Tok::Key(key),
            None => Tok::Ident(word),
        }
    }

    fn number(&mut self) -> Tok<'s> {
        let from = self.at;
        let mut last = 0;
        loop {
            match self.peek(0) {
                byte @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.') => last = byte,
                b'+' | b'-' if matches!(last, b'e' | b'E' | b'p' | b'P') && !self.is_hex(from) => {
                    last = 0;
                }
                _ => break,
            }
            self.at += 1;
        }
        Tok::Number(&self.source[from..self.at])
    }

    fn is_hex(&self, from: usize) -> bool {
        matches!(self.bytes.get(from + 1), Some(b'x' | b'X'))
            && !self.source[from..self.at].contains(['p', 'P'])
    }

    fn quoted(&mut self, quote: u8) -> Tok<'s> {
        let from = self.at + 1;
        self.at += 1;
        loop {
            match self.peek(0) {
                0 if self.at >= self.bytes.len() => return Tok::Bad,
                b'\n' => return Tok::Bad,
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                byte if byte == quote => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        if quote == b'"' {
            self.source.get(from..self.at - 1).map_or(Tok::Bad, |text| Tok::Text(text, false))
        } else {
            Tok::Char
        }
    }

    fn raw(&mut self) -> Tok<'s> {
        let from = self.at + 1;
        let rest = &self.source[from..];
        let length = rest.find('`').unwrap_or(rest.len());
        self.at = (from + length + 1).min(self.bytes.len());
        Tok::Text(&rest[..length], true)
    }

    fn operator(&mut self, byte: u8) -> Tok<'s> {
        if let Some(op) = single(byte) {
            self.at += 1;
            return Tok::Op(op);
        }
        let rest = &self.bytes[self.at..];
        for op in OPS {
            if op.as_bytes()[0] == byte && rest.starts_with(op.as_bytes()) {
                self.at += op.len();
                return Tok::Op(op);
            }
        }
        self.at += 1;
        Tok::Bad
    }
}

pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Operators that begin no other.
fn single(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'(' => "(",
        b')' => ")",
        b'[' => "[",
        b']' => "]",
        b'{' => "{",
        b'}' => "}",
        b',' => ",",
        b';' => ";",
        _ => return None,
    })
}
