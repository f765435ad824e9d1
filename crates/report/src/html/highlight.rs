//! Just enough lexing to make source lines easier to read: comments, strings, numbers, keywords.
//!
//! It works on one line at a time and is allowed to be wrong about text that began on an earlier line;
//! it only ever adds colour, never changes a character.

/// What a stretch of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Comment,
    Text,
    Number,
    Keyword,
}

/// The words of a language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Language {
    comment: &'static str,
    quotes: &'static str,
    keywords: &'static [&'static str],
}

const PYTHON: Language = Language {
    comment: "#",
    quotes: "\"'",
    keywords: &[
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "self", "try", "while", "with", "yield",
    ],
};

const GO: Language = Language {
    comment: "//",
    quotes: "\"'`",
    keywords: &[
        "break",
        "case",
        "chan",
        "const",
        "continue",
        "default",
        "defer",
        "else",
        "fallthrough",
        "false",
        "for",
        "func",
        "go",
        "goto",
        "if",
        "import",
        "interface",
        "map",
        "nil",
        "package",
        "range",
        "return",
        "select",
        "struct",
        "switch",
        "true",
        "type",
        "var",
    ],
};

const RUST: Language = Language {
    comment: "//",
    quotes: "\"",
    keywords: &[
        "as", "async", "await", "break", "const", "continue", "else", "enum", "false", "fn", "for",
        "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
        "self", "static", "struct", "trait", "true", "type", "unsafe", "use", "where", "while",
    ],
};

const CURLY: Language = Language {
    comment: "//",
    quotes: "\"'`",
    keywords: &[
        "abstract",
        "async",
        "await",
        "boolean",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "default",
        "delete",
        "do",
        "else",
        "export",
        "extends",
        "false",
        "final",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "int",
        "interface",
        "let",
        "long",
        "new",
        "null",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "synchronized",
        "this",
        "throw",
        "throws",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "yield",
    ],
};

const PLAIN: Language = Language { comment: "", quotes: "", keywords: &[] };

/// The language a file name tells.
pub(super) fn language(path: &str) -> Language {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "py" | "pyi" => PYTHON,
        "go" => GO,
        "rs" => RUST,
        "java" | "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" => CURLY,
        _ => PLAIN,
    }
}

/// The kind of every character of a line.
pub(super) fn kinds(language: Language, line: &str) -> Vec<Kind> {
    let characters: Vec<char> = line.chars().collect();
    let mut kinds = vec![Kind::Plain; characters.len()];
    let mut at = 0;
    while at < characters.len() {
        let c = characters[at];
        let (end, kind) = if starts(&characters[at..], language.comment) {
            (characters.len(), Kind::Comment)
        } else if language.quotes.contains(c) {
            (closing(&characters, at), Kind::Text)
        } else if c.is_alphabetic() || c == '_' {
            let end = run(&characters, at, |c| c.is_alphanumeric() || c == '_');
            let word: String = characters[at..end].iter().collect();
            let known = language.keywords.contains(&word.as_str());
            (end, if known { Kind::Keyword } else { Kind::Plain })
        } else if c.is_ascii_digit() {
            (run(&characters, at, |c| c.is_alphanumeric() || matches!(c, '.' | '_')), Kind::Number)
        } else {
            (at + 1, Kind::Plain)
        };
        kinds[at..end].fill(kind);
        at = end;
    }
    kinds
}

fn starts(rest: &[char], prefix: &str) -> bool {
    !prefix.is_empty()
        && rest.len() >= prefix.len()
        && prefix.chars().zip(rest).all(|(a, b)| a == *b)
}

fn run(characters: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    characters[from..].iter().position(|c| !wanted(*c)).map_or(characters.len(), |n| from + n)
}

/// Where a text that opens at `from` closes; the end of the line if it does not.
fn closing(characters: &[char], from: usize) -> usize {
    let quote = characters[from];
    let mut at = from + 1;
    while at < characters.len() {
        if characters[at] == '\\' {
            at += 1;
        } else if characters[at] == quote {
            return at + 1;
        }
        at += 1;
    }
    characters.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(path: &str, line: &str) -> String {
        let sign = |kind| match kind {
            Kind::Plain => '.',
            Kind::Comment => 'c',
            Kind::Text => 't',
            Kind::Number => 'n',
            Kind::Keyword => 'k',
        };
        kinds(language(path), line).into_iter().map(sign).collect()
    }

    #[test]
    fn tells_words_apart() {
        assert_eq!(shape("a.py", "if x == 10:  # no"), "kk......nn...cccc");
        assert_eq!(shape("a.py", r"'a\'b' in d"), "tttttt.kk..");
        assert_eq!(shape("a.go", "return `x"), "kkkkkk.tt");
        assert_eq!(shape("a.unknown", "if 'x'"), "......");
    }

    #[test]
    fn an_escape_at_the_end_of_a_line_stays_within_it() {
        assert_eq!(shape("a.py", "'\\"), "tt");
    }
}
