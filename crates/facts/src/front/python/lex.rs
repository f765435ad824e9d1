//! Python's tokens.

/// A token. Keywords and operators are told by their text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tok<'s> {
    Eof,
    Newline,
    Indent,
    Dedent,
    Name(&'s str),
    Key(&'static str),
    Op(&'static str),
    Number(&'s str),
    /// The inside of the quotes, where it begins, and the prefix letters.
    Text(&'s str, u32, Prefix),
    Bad,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Prefix {
    pub(super) raw: bool,
    pub(super) format: bool,
}

/// A place to come back to.
#[derive(Clone)]
pub(super) struct Mark {
    at: usize,
    open: u32,
    line_start: bool,
    levels: usize,
    pending: u32,
    comments: usize,
}

pub(super) struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    /// Start of the last token.
    pub(super) start: u32,
    /// Open brackets: no newlines within.
    open: u32,
    line_start: bool,
    /// Widths of the open blocks.
    levels: Vec<u32>,
    /// Dedents yet to be given.
    pending: u32,
    base: u32,
    pub(super) comments: Vec<(u32, &'s str)>,
}

/// The bytes that a word goes on with.
const IN_WORD: [bool; 256] = {
    let mut all = [false; 256];
    let mut byte = 0_u8;
    loop {
        all[byte as usize] =
            matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | 0x80..);
        if byte == u8::MAX {
            break all;
        }
        byte += 1;
    }
};

/// The keywords that begin with a letter.
const fn keys(first: u8) -> &'static [&'static str] {
    match first {
        b'F' => &["False"],
        b'N' => &["None"],
        b'T' => &["True"],
        b'a' => &["and", "as", "assert", "async", "await"],
        b'b' => &["break"],
        b'c' => &["class", "continue"],
        b'd' => &["def", "del"],
        b'e' => &["elif", "else", "except"],
        b'f' => &["for", "from", "finally"],
        b'g' => &["global"],
        b'i' => &["if", "in", "is", "import"],
        b'l' => &["lambda"],
        b'n' => &["not", "nonlocal"],
        b'o' => &["or"],
        b'p' => &["pass"],
        b'r' => &["return", "raise"],
        b't' => &["try"],
        b'w' => &["with", "while"],
        b'y' => &["yield"],
        _ => &[],
    }
}

/// The operators that begin with a character, longest first.
const fn operators(first: u8) -> &'static [&'static str] {
    match first {
        b'(' => &["("],
        b')' => &[")"],
        b'[' => &["["],
        b']' => &["]"],
        b'{' => &["{"],
        b'}' => &["}"],
        b',' => &[","],
        b';' => &[";"],
        b'~' => &["~"],
        b'.' => &["...", "."],
        b':' => &[":=", ":"],
        b'=' => &["==", "="],
        b'!' => &["!=", "!"],
        b'+' => &["+=", "+"],
        b'-' => &["->", "-=", "-"],
        b'*' => &["**=", "**", "*=", "*"],
        b'/' => &["//=", "//", "/=", "/"],
        b'%' => &["%=", "%"],
        b'&' => &["&=", "&"],
        b'|' => &["|=", "|"],
        b'^' => &["^=", "^"],
        b'@' => &["@=", "@"],
        b'<' => &["<<=", "<<", "<=", "<>", "<"],
        b'>' => &[">>=", ">>", ">=", ">"],
        _ => &[],
    }
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        let at = if source.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            source,
            bytes: source.as_bytes(),
            at,
            start: 0,
            open: 0,
            line_start: true,
            levels: vec![0],
            pending: 0,
            base: 0,
            comments: Vec::new(),
        }
    }

    /// For the expression in a hole of an f-string, which stands at `base` in the file.
    pub(super) fn within(source: &'s str, base: u32) -> Self {
        Self { open: 1, line_start: false, base, ..Self::new(source) }
    }

    pub(super) fn at(&self) -> u32 {
        self.offset(self.at)
    }

    fn offset(&self, at: usize) -> u32 {
        u32::try_from(at).unwrap_or(u32::MAX).saturating_add(self.base)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            open: self.open,
            line_start: self.line_start,
            levels: self.levels.len(),
            pending: self.pending,
            comments: self.comments.len(),
        }
    }

    /// Back to `mark`, with no block opened or closed since.
    pub(super) fn reset(&mut self, mark: &Mark) {
        self.at = mark.at;
        self.open = mark.open;
        self.line_start = mark.line_start;
        self.levels.truncate(mark.levels);
        self.pending = mark.pending;
        self.comments.truncate(mark.comments);
    }

    /// What follows the last token.
    pub(super) fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Whether only blanks or a comment follow on this line.
    pub(super) fn line_is_over(&self) -> bool {
        let rest = self.rest().trim_start_matches([' ', '\t', '\r']);
        rest.is_empty() || rest.starts_with(['\n', '#'])
    }

    /// Skips to the end of the physical line, forgetting open brackets; the next token is a newline.
    pub(super) fn skip_line(&mut self) {
        self.open = 0;
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn token(&mut self) -> Tok<'s> {
        if self.pending > 0 {
            self.pending -= 1;
            return Tok::Dedent;
        }
        if std::mem::take(&mut self.line_start)
            && let Some(tok) = self.indentation()
        {
            return tok;
        }
        self.skip_blank();
        self.start = self.offset(self.at);
        let Some(&byte) = self.bytes.get(self.at) else { return self.finish() };
        match byte {
            b'\n' => {
                self.at += 1;
                self.line_start = true;
                Tok::Newline
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'"' | b'\'' => self.text(Prefix::default()),
            _ => self.operator(byte),
        }
    }

    fn finish(&mut self) -> Tok<'s> {
        if self.base == 0
            && !self.bytes.is_empty()
            && self.bytes.last() != Some(&b'\n')
            && self.open == 0
            && self.levels[0] == 0
        {
            // A last line without its end counts as ended, once.
            self.levels[0] = u32::MAX;
            self.line_start = true;
            return Tok::Newline;
        }
        if self.levels.len() > 1 {
            self.levels.pop();
            return Tok::Dedent;
        }
        Tok::Eof
    }

    /// At the beginning of a line: its width against the open blocks. Blank lines do not count.
    fn indentation(&mut self) -> Option<Tok<'s>> {
        let mut width = 0_u32;
        loop {
            match self.peek(0) {
                b' ' => {
                    let rest = &self.bytes[self.at..];
                    let spaces = rest.iter().position(|byte| *byte != b' ');
                    let spaces = spaces.unwrap_or(rest.len());
                    width = width.saturating_add(u32::try_from(spaces).unwrap_or(u32::MAX));
                    self.at += spaces;
                    continue;
                }
                b'\t' => width = (width / 8 + 1) * 8,
                b'\x0c' => width = 0,
                b'\r' => {}
                b'\n' => width = 0,
                b'#' => {
                    self.comment();
                    continue;
                }
                b'\\' if matches!(self.peek(1), b'\n') => self.at += 1,
                _ => break,
            }
            self.at += 1;
        }
        self.start = self.offset(self.at);
        if self.at >= self.bytes.len() {
            return None;
        }
        let now = self.levels.last().copied().unwrap_or(0);
        if width > now {
            self.levels.push(width);
            return Some(Tok::Indent);
        }
        let mut closed = 0;
        while self.levels.len() > 1 && self.levels.last().is_some_and(|level| *level > width) {
            self.levels.pop();
            closed += 1;
        }
        if closed == 0 {
            return None;
        }
        self.pending = closed - 1;
        Some(Tok::Dedent)
    }

    fn skip_blank(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
                b'\n' if self.open > 0 => self.at += 1,
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'\\' if self.peek(1) == b'\r' && self.peek(2) == b'\n' => self.at += 3,
                b'#' => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let text = &self.source[self.at..self.at + length];
        self.comments.push((self.offset(self.at), text.trim_start_matches('#').trim()));
        self.at += length;
    }

    fn word(&mut self) -> Tok<'s> {
        let from = self.at;
        let rest = &self.bytes[from..];
        let ends = rest.iter().position(|byte| !IN_WORD[usize::from(*byte)]);
        self.at += ends.unwrap_or(rest.len());
        let word = &self.source[from..self.at];
        if matches!(self.peek(0), b'"' | b'\'')
            && word.len() <= 3
            && word
                .bytes()
                .all(|b| matches!(b.to_ascii_lowercase(), b'r' | b'b' | b'u' | b'f' | b't'))
        {
            let has = |letter: char| word.contains([letter, letter.to_ascii_uppercase()]);
            return self.text(Prefix { raw: has('r'), format: has('f') || has('t') });
        }
        match keys(word.as_bytes()[0]).iter().find(|key| **key == word) {
            Some(key) => Tok::Key(key),
            None => Tok::Name(word),
        }
    }

    fn number(&mut self) -> Tok<'s> {
        let from = self.at;
        let mut last = 0;
        loop {
            match self.peek(0) {
                byte @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.') => last = byte,
                b'+' | b'-'
                    if matches!(last, b'e' | b'E') && !self.source[from..].starts_with("0x") =>
                {
                    last = 0;
                }
                _ => break,
            }
            self.at += 1;
        }
        Tok::Number(&self.source[from..self.at])
    }

    fn text(&mut self, prefix: Prefix) -> Tok<'s> {
        let quote = self.peek(0);
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        let width = if triple { 3 } else { 1 };
        self.at += width;
        let from = self.at;
        if !self.skip_text(quote, triple, prefix, 0) {
            return Tok::Bad;
        }
        let to = self.at;
        self.at += width;
        self.source
            .get(from..to)
            .map_or(Tok::Bad, |text| Tok::Text(text, self.offset(from), prefix))
    }

    /// Up to the closing quotes; false if there are none.
    fn skip_text(&mut self, quote: u8, triple: bool, prefix: Prefix, nested: u32) -> bool {
        loop {
            let Some(&byte) = self.bytes.get(self.at) else { return false };
            match byte {
                b'\\' if prefix.format && self.peek(1) == b'{' => self.at += 1,
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                b'\n' if !triple => return false,
                b'{' if prefix.format && self.peek(1) == b'{' => self.at += 2,
                b'{' if prefix.format => {
                    self.at += 1;
                    if !self.skip_hole(quote, triple, nested) {
                        return false;
                    }
                }
                _ if byte == quote
                    && (!triple || (self.peek(1) == quote && self.peek(2) == quote)) =>
                {
                    return true;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Within `{…}` of an f-string, up to and with the closing brace (or up to the string's end, if it is broken).
    fn skip_hole(&mut self, quote: u8, triple: bool, nested: u32) -> bool {
        let mut open = 0_u32;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' if !triple => return false,
                b'{' | b'[' | b'(' => open += 1,
                b'}' if open == 0 => {
                    self.at += 1;
                    return true;
                }
                b'}' | b']' | b')' => open = open.saturating_sub(1),
                b'"' | b'\'' => {
                    let inner_triple = self.peek(1) == byte && self.peek(2) == byte;
                    if byte == quote && triple && inner_triple {
                        return true;
                    }
                    if nested > 8 {
                        return false;
                    }
                    self.at += if inner_triple { 3 } else { 1 };
                    let format =
                        matches!(self.bytes.get(self.at.wrapping_sub(2)), Some(b'f' | b'F'));
                    if !self.skip_text(
                        byte,
                        inner_triple,
                        Prefix { raw: false, format },
                        nested + 1,
                    ) {
                        return false;
                    }
                    self.at += if inner_triple { 2 } else { 0 };
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    fn operator(&mut self, byte: u8) -> Tok<'s> {
        match byte {
            b'(' | b'[' | b'{' => self.open += 1,
            b')' | b']' | b'}' => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        let rest = &self.bytes[self.at..];
        // They are too short for a comparison by a call.
        let begins =
            |op: &&&str| op.bytes().enumerate().all(|(at, byte)| rest.get(at) == Some(&byte));
        match operators(byte).iter().find(begins) {
            Some(op) => {
                self.at += op.len();
                Tok::Op(op)
            }
            None => {
                self.at += 1;
                Tok::Bad
            }
        }
    }
}
