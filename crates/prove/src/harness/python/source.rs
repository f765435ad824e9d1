//! What a Python file tells about its classes and functions: read from the text, so that nothing has to be imported.
//!
//! It is no parser: what it does not recognise it does not report, and the harness then has a gap there.

use crate::harness::guess::{Parameter, parenthesised, split};

/// A function or method as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// Those without a default, without `self`.
    pub(super) parameters: Vec<Parameter>,
    /// Those with a default, and the default.
    pub(super) optional: Vec<(Parameter, String)>,
    pub(super) is_async: bool,
    /// Whether it takes any number of further arguments.
    pub(super) takes_more: bool,
    pub(super) body: &'a str,
}

/// A class: its bases, and the text of its body.
#[derive(Debug, Clone)]
pub(super) struct Class<'a> {
    pub(super) bases: Vec<&'a str>,
    pub(super) body: &'a str,
    is_dataclass: bool,
}

impl<'a> Class<'a> {
    pub(super) fn find(source: &'a str, name: &str) -> Option<Self> {
        let head = format!("class {name}");
        let mut at = 0;
        let mut before = "";
        for line in source.split_inclusive('\n') {
            let after = line.strip_prefix(head.as_str());
            if after.is_some_and(|rest| rest.starts_with(['(', ':', ' '])) {
                let text = &source[at..];
                let bases = text.find(['(', ':']).filter(|open| text[*open..].starts_with('('));
                let bases = bases.and_then(|open| parenthesised(text, open)).map(split);
                let body = text.find('\n').map_or("", |end| &text[end + 1..]);
                let end = outdented(body, 0);
                return Some(Self {
                    bases: bases.unwrap_or_default(),
                    body: &body[..end],
                    is_dataclass: before.contains("dataclass") || before.contains("@define"),
                });
            }
            at += line.len();
            if !line.trim().is_empty() {
                before = line;
            }
        }
        None
    }

    pub(super) fn methods(&self) -> Vec<Function<'a>> {
        functions(self.body, true)
    }

    /// What making an object takes; nothing when this file does not tell.
    pub(super) fn constructor(source: &'a str, name: &str, depth: usize) -> Option<Vec<Parameter>> {
        let class = Self::find(source, name)?;
        if let Some(found) = class.methods().into_iter().find(|method| method.name == "__init__") {
            return Some(found.parameters);
        }
        if class.is_dataclass {
            return Some(class.fields());
        }
        let known = ["object", "ABC", "abc.ABC", "Protocol", "Generic"];
        let mut bases = class.bases.iter().filter(|base| {
            let base = base.split('[').next().unwrap_or_default();
            !known.contains(&base) && !base.contains('=')
        });
        match bases.next() {
            None => Some(vec![]),
            Some(base) if depth < 5 => Self::constructor(source, base, depth + 1),
            Some(_) => None,
        }
    }

    /// The fields of a dataclass that have no default.
    fn fields(&self) -> Vec<Parameter> {
        let own = self.body.lines().filter(|line| indent(line) > 0 && indent(line) <= 4);
        let field = |line: &str| {
            let (name, kind) = line.trim().split_once(':')?;
            let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            let kind = kind.split('#').next().unwrap_or_default().trim();
            (plain && !kind.is_empty() && !kind.contains('=') && !kind.starts_with("ClassVar"))
                .then(|| Parameter { name: name.to_owned(), kind: kind.to_owned() })
        };
        own.map_while(|line| (!line.trim_start().starts_with("def ")).then_some(line))
            .filter_map(field)
            .collect()
    }
}

/// A function by its qualified name, in the class or one of its bases in the same file.
pub(super) fn function<'a>(
    source: &'a str,
    owner: Option<&str>,
    name: &str,
) -> Option<Function<'a>> {
    let Some(owner) = owner else {
        return functions(source, false).into_iter().find(|one| one.name == name);
    };
    let mut class = Class::find(source, owner)?;
    for _ in 0..5 {
        if let Some(found) = class.methods().into_iter().find(|one| one.name == name) {
            return Some(found);
        }
        class = Class::find(source, class.bases.first()?)?;
    }
    None
}

/// The function a line stands in, with the names of what it is defined in: `Class.method`, `function.inner`.
pub(super) fn enclosing(source: &str, line: u32) -> Option<String> {
    let mut open: Vec<(usize, bool, &str)> = vec![];
    let until = usize::try_from(line).ok()?;
    for text in source.lines().take(until) {
        let plain = text.trim_start();
        if plain.is_empty() || plain.starts_with(['#', ')', ']', '}']) {
            continue;
        }
        let rest = plain.strip_prefix("async ").unwrap_or(plain);
        let head = rest.strip_prefix("def ").map(|name| (false, name));
        let Some((is_class, name)) = head.or(rest.strip_prefix("class ").map(|name| (true, name)))
        else {
            // What a text between quotes holds may stand further out; what is defined may not.
            continue;
        };
        let depth = indent(text);
        open.retain(|(outer, ..)| *outer < depth);
        let name = name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        open.push((depth, is_class, name));
    }
    let depth = source.lines().nth(until.checked_sub(1)?).map(indent)?;
    open.retain(|(outer, ..)| *outer < depth);
    let names: Vec<&str> = open.iter().map(|(.., name)| *name).collect();
    open.iter().any(|(_, is_class, _)| !is_class).then(|| names.join("."))
}

/// The name by which an attribute is reached from outside: Python mangles private ones.
pub(super) fn private(owner: Option<&str>, name: &str) -> String {
    match owner {
        Some(owner) if name.starts_with("__") && !name.ends_with("__") => {
            format!("_{}{name}", owner.trim_start_matches('_'))
        }
        _ => name.to_owned(),
    }
}

/// The functions of a file, or the methods of a class body.
pub(super) fn functions(text: &str, is_method: bool) -> Vec<Function<'_>> {
    listed(text, is_method, is_method)
}

/// The functions defined in the body of one.
pub(super) fn inner(body: &str) -> Vec<Function<'_>> {
    // It begins with the end of the head.
    listed(body.split_once('\n').map_or("", |(_, rest)| rest), true, false)
}

fn listed(text: &str, is_deeper: bool, has_self: bool) -> Vec<Function<'_>> {
    let mut found = vec![];
    let mut at = 0;
    let mut decorator = "";
    // What stands deeper than a class begins is a function in one of its functions, or a method of a class in it.
    let begins = text.lines().find(|line| !line.trim().is_empty()).map_or(0, indent);
    let own_depth = if is_deeper { begins } else { 0 };
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let plain = line.trim_start();
        let depth = indent(line);
        let head = plain.strip_prefix("async ").unwrap_or(plain);
        if depth != own_depth {
            continue;
        }
        if let Some(rest) = head.strip_prefix("def ") {
            let name = rest.split(['(', '[']).next().unwrap_or_default().trim();
            let from = start + (line.len() - head.len());
            if let Some(one) =
                read(text, name, (from, depth), has_self && decorator != "@staticmethod")
            {
                found.push(Function { is_async: head.len() < plain.len(), ..one });
            }
        }
        if !plain.is_empty() {
            decorator = if plain.starts_with('@') { plain.trim_end() } else { "" };
        }
    }
    found
}

fn read<'a>(
    text: &'a str,
    name: &'a str,
    (from, depth): (usize, usize),
    has_self: bool,
) -> Option<Function<'a>> {
    let open = from + text[from..].find('(')?;
    let inside = parenthesised(text, open)?;
    let body = &text[open + inside.len() + 1..];
    let first = body.find('\n').map_or(body.len(), |end| end + 1);
    let end = first + outdented(&body[first..], depth);
    let uncommented: String =
        inside.lines().map(|line| line.split('#').next().unwrap_or_default()).collect();
    let all = split(&uncommented);
    let own = if has_self { all.get(1..).unwrap_or_default() } else { &all };
    let parameter = |part: &str| {
        let (name, kind) = part.split_once(':').unwrap_or((part, ""));
        Parameter { name: name.trim().to_owned(), kind: kind.trim().to_owned() }
    };
    let named = own.iter().filter(|part| !part.starts_with(['*', '/']));
    let (mut parameters, mut optional) = (vec![], vec![]);
    for part in named {
        match part.split_once('=') {
            Some((name, default)) => optional.push((parameter(name), default.trim().to_owned())),
            None => parameters.push(parameter(part)),
        }
    }
    let takes_more =
        own.iter().any(|part| part.starts_with('*') && part.len() > 1 && !part.starts_with("**"));
    Some(Function { name, parameters, optional, is_async: false, takes_more, body: &body[..end] })
}

/// Where the first line begins that stands no deeper than `depth`.
fn outdented(body: &str, depth: usize) -> usize {
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let begins = line.trim_start();
        if !begins.is_empty() && !begins.starts_with(['#', ')', ']', '}']) && indent(line) <= depth
        {
            return at;
        }
        at += line.len();
    }
    body.len()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
@dataclass
class Entry:
    key: str
    value: int = 0

class Store(Generic[T]):
    def put(self, key: str, value, ttl=3):
        def inner(x):
            return x
        return inner(key)

    @staticmethod
    async def load(path,  # a comment, with a comma
             mode):
        pass

def alone(a, *rest, b=1):
    return a
";

    #[test]
    fn functions_methods_and_fields_are_read() {
        let names = |functions: Vec<Function<'_>>| {
            functions.iter().map(|one| one.name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(functions(SOURCE, false)), ["alone"]);
        let store = Class::find(SOURCE, "Store").unwrap();
        assert_eq!(names(store.methods()), ["put", "load"]);
        let parameters = |owner, name| {
            let found = function(SOURCE, owner, name).unwrap().parameters;
            found.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(parameters(Some("Store"), "put"), ["key", "value"]);
        assert_eq!(parameters(Some("Store"), "load"), ["path", "mode"]);
        assert_eq!(parameters(None, "alone"), ["a"]);
        assert_eq!(Class::constructor(SOURCE, "Store", 0), Some(vec![]));
        let entry = Class::constructor(SOURCE, "Entry", 0).unwrap();
        assert_eq!(entry, [Parameter { name: "key".into(), kind: "str".into() }]);
        assert!(function(SOURCE, Some("Store"), "put").unwrap().body.contains("inner(key)"));
        let lines: Vec<Option<String>> = (1..=18).map(|line| enclosing(SOURCE, line)).collect();
        let at = |line: usize| lines[line - 1].as_deref();
        assert_eq!(
            (at(4), at(8), at(9), at(10)),
            (None, Some("Store.put"), Some("Store.put.inner"), Some("Store.put"))
        );
        assert_eq!((at(15), at(18)), (Some("Store.load"), Some("alone")));
    }
}
