//! What a source file tells about a function: its parameters; and ordinary arguments for ordinary names.

/// How deep objects are made for parameters of other objects.
pub(super) const DEPTH_MAX: usize = 3;

/// Who an argument is for: the two parties store different things under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct For {
    /// `a`, `b`, or `old` for what is prepared.
    pub(super) party: &'static str,
    /// Whether each works on a key of its own (a limit is exceeded by different entries).
    pub(super) own_key: bool,
}

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

/// Words in the names of functions that put an entry there, the plainest first.
pub(super) const WRITE: &[&str] = &[
    "set", "put", "add", "store", "save", "write", "insert", "register", "create", "acquire",
    "lock", "append", "push", "enqueue", "deposit", "record", "update", "setitem",
];

/// The same for functions that take one away.
pub(super) const REMOVE: &[&str] = &[
    "delete",
    "remove",
    "pop",
    "invalidate",
    "evict",
    "discard",
    "delitem",
    "release",
    "unlock",
    "clear",
    "purge",
    "flush",
];

/// Whether a function of that name adds to a number that is there.
pub(super) fn counts(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function).to_ascii_lowercase();
    name.contains("incr") || name.contains("decr") || name.starts_with("add_to")
}

/// What kind of value an argument of that name usually is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usual {
    /// The name of an entry.
    Key,
    /// What is stored there; the two parties store different ones.
    Value,
    /// A number to count by, or a bound.
    Count,
    /// A time to live.
    Seconds,
    /// Something that computes the value.
    Maker,
    /// A folder of files.
    Folder,
    /// One file.
    File,
    /// Options, of which there may be none.
    Options,
    /// A connection to something.
    Handle,
    /// Nothing that could be guessed.
    Unknown,
}

const WORDS: &[(Usual, &[&str])] = &[
    (
        Usual::Key,
        &[
            "key",
            "k",
            "name",
            "id",
            "user",
            "ident",
            "identifier",
            "uid",
            "slug",
            "username",
            "sku",
        ],
    ),
    (
        Usual::Value,
        &[
            "value", "val", "v", "data", "obj", "object", "item", "payload", "content", "contents",
            "result", "owner", "holder", "customer", "text", "message", "body", "record", "email",
        ],
    ),
    (
        Usual::Count,
        &[
            "n",
            "count",
            "amount",
            "by",
            "delta",
            "step",
            "quantity",
            "num",
            "qty",
            "capacity",
            "limit",
            "size",
            "maxsize",
            "max_size",
            "max_entries",
            "max_items",
            "maximum",
            "price",
            "cost",
            "increment",
            "number",
            "points",
            "cap",
        ],
    ),
    (
        Usual::Seconds,
        &[
            "timeout", "ttl", "seconds", "expires", "expiry", "max_age", "lifetime", "expire",
            "interval",
        ],
    ),
    (
        Usual::Maker,
        &[
            "factory",
            "func",
            "fn",
            "callback",
            "loader",
            "compute",
            "create",
            "function",
            "f",
            "fetch",
            "fetcher",
            "producer",
            "builder",
            "default_factory",
            "supplier",
        ],
    ),
    (
        Usual::Folder,
        &[
            "dir",
            "folder",
            "directory",
            "root",
            "base_path",
            "location",
            "cachedir",
            "basedir",
            "dirname",
        ],
    ),
    (
        Usual::File,
        &[
            "path",
            "file",
            "filename",
            "file_name",
            "filepath",
            "db",
            "database",
            "db_path",
            "dbname",
            "lockfile",
            "pidfile",
            "fname",
            "fn_path",
            "dsn",
            "cache_path",
        ],
    ),
    (Usual::Options, &["params", "options", "opts", "config", "settings", "kwargs"]),
    (
        Usual::Handle,
        &[
            "conn",
            "connection",
            "client",
            "redis",
            "r",
            "cursor",
            "session",
            "engine",
            "pool",
            "redis_client",
        ],
    ),
];

pub(super) fn usual(name: &str) -> Usual {
    let name = name.trim_matches('_').to_ascii_lowercase();
    let ends = |word: &str| name.strip_suffix(word).is_some_and(|rest| rest.ends_with('_'));
    let whole = WORDS.iter().find(|(_, words)| words.contains(&name.as_str()));
    let found =
        whole.or_else(|| WORDS.iter().find(|(_, words)| words.iter().any(|word| ends(word))));
    found.map_or(Usual::Unknown, |(usual, _)| *usual)
}

/// Among the parameters of one function: where none names the entry, what comes first does.
pub(super) fn usual_among(parameters: &[Parameter]) -> Vec<Usual> {
    const THINGS: &[&str] = &[
        "item", "object", "obj", "record", "owner", "holder", "customer", "email", "text",
        "message",
    ];
    let mut found: Vec<Usual> = parameters.iter().map(|one| usual(&one.name)).collect();
    if found.contains(&Usual::Key) {
        return found;
    }
    let names = |(one, usual): &(&Parameter, &mut Usual)| {
        let is_text = one.kind.is_empty() || one.kind == "str" || one.kind == "string";
        let is_thing = THINGS.contains(&one.name.trim_matches('_'));
        is_text && (is_thing || **usual == Usual::Unknown)
    };
    if let Some((_, usual)) = parameters.iter().zip(&mut found).find(names) {
        *usual = Usual::Key;
    }
    found
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
        assert_eq!(usual("counter_file"), Usual::File);
        assert_eq!(usual("session_id"), Usual::Key);
        assert_eq!(usual("redis_client"), Usual::Handle);
    }
}
