//! The command template: words with places for items.
//!
//! Items are bytes and become arguments as they are; no shell sees them unless one was asked for, and then they are
//! quoted. The places are those of GNU parallel: `{}` `{.}` `{/}` `{//}` `{/.}` `{#}` `{%}`, with a column number
//! before the mark (`{2/}`), and `{+}` for "as many items as pay here".

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::error::{Error, Result};
use crate::item::Item;

/// What stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Whole,
    NoExtension,
    Base,
    BaseNoExtension,
    Directory,
    Number,
    Slot,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Place { column: Option<usize>, shown: Shown },
}

type Word = Vec<Part>;

/// How many items a process gets, and who starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Several items a process.
    pub batch: bool,
    /// The words are handed to a shell as one string.
    pub shell: bool,
}

/// A parsed command template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    words: Vec<Word>,
    style: Style,
    text: String,
}

impl Template {
    /// Parses the words of a command. A single word with blanks is split as a shell would, without being one.
    ///
    /// # Errors
    /// When there is no command, a quote is not closed, or one string holds what only a shell understands.
    pub fn parse(words: &[OsString], style: Style) -> Result<Self> {
        let text = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let mut words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        if words.iter().all(|word| word.trim_ascii().is_empty()) {
            return Err(Error::usage("there is no command to run")
                .hint("write the command first: amorsize run gzip -9 {} ::: *.log"));
        }
        if style.shell {
            words = vec![words.join(&b' ')];
        } else if let [one] = words.as_slice()
            && one.iter().any(u8::is_ascii_whitespace)
        {
            words = split(one)?;
        }
        let mut batch = style.batch;
        let mut parsed: Vec<Word> = words.iter().map(|word| parse_word(word, &mut batch)).collect();
        if !parsed.iter().any(takes_item) {
            append_place(&mut parsed, style.shell);
        }
        Ok(Self { words: parsed, style: Style { batch, ..style }, text })
    }

    /// The command as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a process takes several items.
    #[must_use]
    pub const fn batches(&self) -> bool {
        self.style.batch
    }

    /// The program that every process runs, unless an item decides it.
    #[must_use]
    pub fn program(&self) -> Option<OsString> {
        if self.style.shell {
            return Some(OsString::from("sh"));
        }
        match self.words.first().map(Vec::as_slice) {
            Some([Part::Literal(name)]) => Some(OsString::from_vec(name.clone())),
            Some([]) => Some(OsString::new()),
            _ => None,
        }
    }

    /// Bytes of the command line without any item.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let part = |part: &Part| if let Part::Literal(text) = part { text.len() } else { 0 };
        self.words.iter().map(|word| 9 + word.iter().map(part).sum::<usize>()).sum()
    }

    /// The words of the process for these items, in the worker's slot `slot`.
    #[must_use]
    pub fn expand(&self, items: &[Item], slot: usize) -> Vec<OsString> {
        if !self.style.shell {
            let words = self.words.iter().flat_map(|word| self.fill(word, items, slot));
            return words.map(OsString::from_vec).collect();
        }
        let script: Vec<u8> =
            self.words.iter().flat_map(|word| self.shell_words(word, items, slot)).collect();
        vec!["sh".into(), "-c".into(), OsString::from_vec(script)]
    }

    /// The process for these items as one line that a shell would read the same way.
    #[must_use]
    pub fn show(&self, items: &[Item], slot: usize) -> String {
        let words = self.expand(items, slot);
        if let (true, Some(script)) = (self.style.shell, words.get(2)) {
            return script.to_string_lossy().into_owned();
        }
        let quoted = words.iter().map(|word| quote(word.as_bytes()));
        let line: Vec<u8> = quoted.collect::<Vec<_>>().join(&b' ');
        String::from_utf8_lossy(&line).into_owned()
    }

    fn fill(&self, word: &Word, items: &[Item], slot: usize) -> Vec<Vec<u8>> {
        if self.style.batch && takes_item(word) {
            return items.iter().map(|item| fill_one(word, item, slot, false)).collect();
        }
        items.first().map(|item| fill_one(word, item, slot, false)).into_iter().collect()
    }

    /// In a shell string only the blank-separated piece around a place is repeated for each item.
    fn shell_words(&self, word: &Word, items: &[Item], slot: usize) -> Vec<u8> {
        let Some(first) = items.first() else { return Vec::new() };
        if !self.style.batch || items.len() == 1 {
            return fill_one(word, first, slot, true);
        }
        let mut script = Vec::new();
        for piece in pieces(word) {
            if takes_item(&piece) {
                let filled = items.iter().map(|item| fill_one(&piece, item, slot, true));
                script.extend(filled.collect::<Vec<_>>().join(&b' '));
            } else {
                script.extend(fill_one(&piece, first, slot, true));
            }
        }
        script
    }
}

/// Cuts a script at its blanks and operators, which stay as pieces of their own.
fn pieces(word: &Word) -> Vec<Word> {
    let mut pieces: Vec<Word> = vec![Vec::new()];
    for part in word {
        let Part::Literal(text) = part else {
            if let Some(last) = pieces.last_mut() {
                last.push(part.clone());
            }
            continue;
        };
        for run in text.chunk_by(|a, b| between_words(a) == between_words(b)) {
            let blank = run.first().is_some_and(between_words);
            let literal = Part::Literal(run.to_vec());
            match pieces.last_mut() {
                Some(last) if !blank => last.push(literal),
                _ => pieces.extend([vec![literal], Vec::new()]),
            }
        }
    }
    pieces
}

fn between_words(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || b";|&<>()".contains(byte)
}

fn append_place(words: &mut Vec<Word>, shell: bool) {
    let place = Part::Place { column: None, shown: Shown::Whole };
    match words.last_mut() {
        Some(script) if shell => script.extend([Part::Literal(b" ".to_vec()), place]),
        _ => words.push(vec![place]),
    }
}

fn takes_item(word: &Word) -> bool {
    let of_item = |shown: &Shown| !matches!(shown, Shown::Number | Shown::Slot);
    word.iter().any(|part| matches!(part, Part::Place { shown, .. } if of_item(shown)))
}

fn parse_word(word: &[u8], batch: &mut bool) -> Word {
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while let Some(&byte) = word.get(at) {
        let close = word[at..].iter().position(|&byte| byte == b'}');
        let place = close.filter(|_| byte == b'{').and_then(|end| {
            let inside = std::str::from_utf8(&word[at + 1..at + end]).ok()?;
            Some((end, parse_place(inside, batch)?))
        });
        if let Some((end, place)) = place {
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(place);
            at += end + 1;
        } else {
            literal.push(byte);
            at += 1;
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    parts
}

/// What stands between the braces; anything else is no place but plain text.
fn parse_place(inside: &str, batch: &mut bool) -> Option<Part> {
    let digits = inside.len() - inside.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let column = inside.get(..digits)?.parse::<usize>().ok();
    if column == Some(0) {
        return None;
    }
    let shown = match inside.get(digits..)? {
        "" => Shown::Whole,
        "+" => {
            *batch = true;
            Shown::Whole
        }
        "." => Shown::NoExtension,
        "/" => Shown::Base,
        "/." => Shown::BaseNoExtension,
        "//" => Shown::Directory,
        "#" if column.is_none() => Shown::Number,
        "%" if column.is_none() => Shown::Slot,
        _ => return None,
    };
    Some(Part::Place { column: column.map(|number| number - 1), shown })
}

fn fill_one(word: &Word, item: &Item, slot: usize, shell: bool) -> Vec<u8> {
    let mut filled = Vec::new();
    for part in word {
        match part {
            Part::Literal(text) => filled.extend_from_slice(text),
            Part::Place { column, shown } => {
                let text = column.map_or_else(|| item.text(), |number| item.column(number));
                let value = shown_as(*shown, text, item.number(), slot);
                if shell { filled.extend(quote(&value)) } else { filled.extend(value) }
            }
        }
    }
    filled
}

fn shown_as(shown: Shown, text: &[u8], number: u64, slot: usize) -> Vec<u8> {
    let slash = text.iter().rposition(|&byte| byte == b'/');
    let base = slash.map_or(text, |at| &text[at + 1..]);
    let stem_length = |name: &[u8]| name.iter().rposition(|&byte| byte == b'.');
    match shown {
        Shown::Whole => text.to_vec(),
        Shown::Base => base.to_vec(),
        Shown::BaseNoExtension => base[..stem_length(base).unwrap_or(base.len())].to_vec(),
        Shown::NoExtension => {
            let cut = stem_length(base).map_or(0, |at| base.len() - at);
            text[..text.len() - cut].to_vec()
        }
        Shown::Directory => match slash {
            None => b".".to_vec(),
            Some(0) => b"/".to_vec(),
            Some(at) => text[..at].to_vec(),
        },
        Shown::Number => number.to_string().into_bytes(),
        Shown::Slot => (slot + 1).to_string().into_bytes(),
    }
}

/// Quotes bytes so that a POSIX shell reads them as one word.
#[must_use]
pub fn quote(text: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(byte);
    if !text.is_empty() && text.iter().all(plain) {
        return text.to_vec();
    }
    let mut quoted = vec![b'\''];
    for &byte in text {
        if byte == b'\'' {
            quoted.extend_from_slice(b"'\\''");
        } else {
            quoted.push(byte);
        }
    }
    quoted.push(b'\'');
    quoted
}

/// What only a shell understands, outside quotes.
const SHELL_ONLY: &[u8] = b"|&;<>`$*?[";

/// Splits one string into words by blanks and quotes.
fn split(text: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted: Option<u8> = None;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match quoted {
            Some(mark) if byte == mark => quoted = None,
            Some(b'"') if byte == b'\\' && matches!(bytes.peek(), Some(b'"' | b'\\')) => {
                word.get_or_insert_default().extend(bytes.next());
            }
            Some(_) => word.get_or_insert_default().push(byte),
            None if byte.is_ascii_whitespace() => words.extend(word.take()),
            None if byte == b'\'' || byte == b'"' => {
                quoted = Some(byte);
                word.get_or_insert_default();
            }
            None if byte == b'\\' => word.get_or_insert_default().extend(bytes.next()),
            None if SHELL_ONLY.contains(&byte) => return Err(needs_shell(byte)),
            None if byte == b'~' && word.is_none() => return Err(needs_shell(byte)),
            None => word.get_or_insert_default().push(byte),
        }
    }
    if quoted.is_some() {
        return Err(Error::usage("a quote in the command is not closed"));
    }
    words.extend(word);
    Ok(words)
}

fn needs_shell(byte: u8) -> Error {
    let mark = char::from(byte);
    Error::usage(format!("the command holds {mark:?}, which only a shell understands")).hint(
        "add --shell to have a shell run it (items are quoted then), or quote it if it is meant as it stands",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { batch: false, shell: false };

    fn expand(words: &[&str], style: Style, items: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let template = Template::parse(&words, style).unwrap();
        let items: Vec<Item> = (1..)
            .zip(items)
            .map(|(number, text)| Item::new(number, text.as_bytes().to_vec()))
            .collect();
        template.expand(&items, 0).iter().map(|w| w.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn every_place_shows_its_part_of_the_item() {
        let words = ["x", "{}", "{.}", "{/}", "{//}", "{/.}", "{#}", "{%}", "a{}b", "{1}"];
        let got = expand(&words, PLAIN, &["d.x/e/f.tar.gz"]);
        let wanted = [
            "x",
            "d.x/e/f.tar.gz",
            "d.x/e/f.tar",
            "f.tar.gz",
            "d.x/e",
            "f.tar",
            "1",
            "1",
            "ad.x/e/f.tar.gzb",
            "d.x/e/f.tar.gz",
        ];
        assert_eq!(got, wanted);
        assert_eq!(expand(&["x", "{.}|{//}"], PLAIN, &["d.x/e"]), ["x", "d.x/e|d.x"]);
        assert_eq!(expand(&["x", "{//}"], PLAIN, &["/e"]), ["x", "/"]);
        assert_eq!(expand(&["x", "{//}"], PLAIN, &["e"]), ["x", "."]);
    }

    #[test]
    fn what_is_no_place_stays_as_it_is_and_a_missing_place_is_added() {
        assert_eq!(
            expand(&["awk", "{print}", "{0}"], PLAIN, &["f"]),
            ["awk", "{print}", "{0}", "f"]
        );
        assert_eq!(expand(&["echo"], PLAIN, &["-n a"]), ["echo", "-n a"]);
        assert_eq!(expand(&["echo {#}"], PLAIN, &["a"]), ["echo", "1", "a"]);
        assert_eq!(expand(&["echo", "{"], PLAIN, &["a"]), ["echo", "{", "a"]);
    }

    #[test]
    fn one_string_is_split_but_never_interpreted() {
        assert_eq!(
            expand(&["printf '%s|' \"a b\" c\\ d {} ''"], PLAIN, &["$(x) 'y'"]),
            ["printf", "%s|", "a b", "c d", "$(x) 'y'", ""]
        );
        let parse = |text: &str| Template::parse(&[OsString::from(text)], PLAIN);
        assert!(parse("cat {} | wc").unwrap_err().to_string().contains("only a shell"));
        assert!(parse("echo 'x").unwrap_err().to_string().contains("not closed"));
        assert!(parse("  ").is_err());
        assert_eq!(expand(&["cut", "-d", "|", "{}"], PLAIN, &["a"]), ["cut", "-d", "|", "a"]);
    }

    #[test]
    fn batches_repeat_the_word_with_the_place() {
        let batch = Style { batch: true, shell: false };
        assert_eq!(expand(&["x", "-f{}", "end"], batch, &["a", "b"]), ["x", "-fa", "-fb", "end"]);
        assert_eq!(expand(&["x", "{+}"], PLAIN, &["a", "b"]), ["x", "a", "b"]);
        let shell = Style { batch: true, shell: true };
        assert_eq!(expand(&["x {} > o"], shell, &["a b", "c"]), ["sh", "-c", "x 'a b' c > o"]);
        assert_eq!(expand(&["(x -{}-;y)"], shell, &["a", "c"]), ["sh", "-c", "(x -a- -c-;y)"]);
    }

    #[test]
    fn a_shell_gets_quoted_items() {
        let shell = Style { batch: false, shell: true };
        assert_eq!(
            expand(&["echo", "{} | wc"], shell, &["a';b"]),
            ["sh", "-c", "echo 'a'\\'';b' | wc"]
        );
        assert_eq!(expand(&["echo"], shell, &[""]), ["sh", "-c", "echo ''"]);
    }

    #[test]
    fn the_program_is_known_unless_an_item_decides_it() {
        let of = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            Template::parse(&words, PLAIN).unwrap().program()
        };
        assert_eq!(of(&["echo", "{}"]), Some("echo".into()));
        assert_eq!(of(&["{}", "x"]), None);
    }
}
