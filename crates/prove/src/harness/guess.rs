//! What a source file tells about a function: its parameters; and ordinary arguments for ordinary names.

/// A parameter without a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// The type that is written behind it, where there is one.
    pub(super) kind: String,
}

/// The text between the parentheses that begin at `open` (its place in `text`).
pub(super) fn parenthesised(text: &str, open: usize) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, c) in text[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(&text[open + 1..open + at]);
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits at commas outside of brackets.
pub(super) fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0_usize, 0, vec![]);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found.retain(|part| !part.is_empty());
    found
}

/// What kind of value an argument of that name usually is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usual {
    /// The name of an entry.
    Key,
    /// What is stored there; the two parties store different ones.
    Value,
    /// A number to count by.
    Count,
    /// A time to live.
    Seconds,
    /// Something that computes the value.
    Maker,
    /// A folder of files.
    Folder,
    /// Options, of which there may be none.
    Options,
    /// Nothing that could be guessed.
    Unknown,
}

pub(super) fn usual(name: &str) -> Usual {
    let name = name.trim_matches('_').to_ascii_lowercase();
    let is = |words: &[&str]| {
        words.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
    };
    if is(&["key", "k", "name", "id", "user", "ident", "identifier", "uid", "slug"]) {
        Usual::Key
    } else if is(&[
        "value", "val", "v", "data", "obj", "object", "item", "payload", "content", "result",
    ]) {
        Usual::Value
    } else if is(&["n", "count", "amount", "by", "delta", "step", "quantity", "num"]) {
        Usual::Count
    } else if is(&["timeout", "ttl", "seconds", "expires", "expiry", "max_age"]) {
        Usual::Seconds
    } else if is(&[
        "factory", "func", "fn", "callback", "loader", "compute", "create", "function", "f",
    ]) {
        Usual::Maker
    } else if is(&["dir", "folder", "directory", "root", "cache_path", "base_path", "location"]) {
        Usual::Folder
    } else if is(&["params", "options", "opts", "config", "settings", "kwargs"]) {
        Usual::Options
    } else {
        Usual::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_split_outside_of_brackets() {
        let text = "def f(a, b: dict[str, int] = {}, *c)";
        let inside = parenthesised(text, text.find('(').unwrap()).unwrap();
        assert_eq!(split(inside), ["a", "b: dict[str, int] = {}", "*c"]);
        assert_eq!(parenthesised("f(a", 1), None);
    }

    #[test]
    fn ordinary_names_are_known_and_others_are_not() {
        assert_eq!(usual("cache_key"), Usual::Key);
        assert_eq!(usual("value"), Usual::Value);
        assert_eq!(usual("mode"), Usual::Unknown);
        assert_eq!(usual("fin"), Usual::Unknown);
    }
}
