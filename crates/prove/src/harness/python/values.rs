//! What to call a Python function with: by the type that is written, by its name, by how it is used, by how others call it.
//!
//! A guess that does not fit makes the operation fail in every order, and that gives no verdict.

use super::package::{Neighbour, Package};
use super::source::{Class, function};
use crate::harness::guess::{DEPTH_MAX, For, Parameter, Usual, usual, usual_among};
use regex::Regex;
use std::collections::BTreeSet;

/// The name of a file that both parties find in the private folder.
pub(super) const FILE: &str = "k";

/// Chooses arguments from what one file says.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) source: &'a str,
    /// What could not be guessed: a name in capitals, and what it stands for.
    pub(super) gaps: Vec<(String, String)>,
    /// Modules the arguments need.
    pub(super) imports: BTreeSet<&'static str>,
    pub(super) uses_redis: bool,
    /// What the classes of the source are reached through.
    pub(super) place: String,
    /// Whether the two meet in files, so that an object must not choose a place of its own.
    pub(super) in_files: bool,
    pub(super) package: &'a Package,
    /// The text of the other modules whose objects are made.
    pub(super) around: String,
    /// Whether what is stored is a number, because it is added to.
    pub(super) counts: bool,
}

impl Values<'_> {
    pub(super) fn gap(&mut self, name: &str, what: &str) -> String {
        let name = name.to_ascii_uppercase();
        if !self.gaps.iter().any(|(known, _)| *known == name) {
            self.gaps.push((name.clone(), what.to_owned()));
        }
        name
    }

    /// The key both meet at.
    pub(super) fn key(&self, who: For) -> String {
        let key = if self.uses_redis { "amorsize-prove" } else { "k" };
        if who.own_key { format!("{key}-{}", who.party) } else { key.to_owned() }
    }

    /// `key="k", value="a"` for the parameters of a function.
    pub(super) fn arguments(
        &mut self,
        parameters: &[Parameter],
        (of, body): (&str, &str),
        who: For,
        depth: usize,
    ) -> String {
        // What an object is made with names no entry by its place.
        let usual: Vec<Usual> = match Class::find(self.source, of) {
            Some(_) => parameters.iter().map(|one| usual(&one.name)).collect(),
            None => usual_among(parameters),
        };
        let argument = |(parameter, usual): (&Parameter, Usual)| {
            let value = self.value((parameter, usual), (of, body), who, depth);
            format!("{}={value}", parameter.name)
        };
        let all = parameters.iter().zip(usual);
        all.map(argument).collect::<Vec<_>>().join(", ")
    }

    fn value(
        &mut self,
        (parameter, usual): (&Parameter, Usual),
        (of, body): (&str, &str),
        who: For,
        depth: usize,
    ) -> String {
        let Parameter { name, kind } = parameter;
        if usual == Usual::Maker || kind.split(['[', '.']).any(|part| part == "Callable") {
            return maker(name, body, who);
        }
        if let Some(value) = self.by_kind(kind, (name, usual), who, depth) {
            return value;
        }
        let by_place = usual == Usual::Key && crate::harness::guess::usual(name) != Usual::Key;
        if by_place && let Some(value) = self.by_use(name, body, who) {
            return value;
        }
        if let Some(value) = self.by_name(name, usual, who) {
            return value;
        }
        if let Some(value) = self.by_use(name, body, who) {
            return value;
        }
        if let Some(value) = self.by_call(name, of) {
            return value;
        }
        if let Some(value) = self.by_attribute(name, (of, body), who, depth) {
            return value;
        }
        match usual {
            Usual::Handle => self.gap(name, &format!("a parameter of {of}()")),
            _ => format!("{:?}", name.trim_matches('_')),
        }
    }

    /// By the type that is written behind it.
    fn by_kind(
        &mut self,
        kind: &str,
        (name, usual): (&str, Usual),
        who: For,
        depth: usize,
    ) -> Option<String> {
        let kind = kind.trim_matches(['"', '\'']);
        let kind = kind.strip_prefix("Optional[").map_or(kind, |inner| inner.trim_end_matches(']'));
        let kind = kind.split('|').next().unwrap_or_default().trim();
        let plain = kind.split('[').next().unwrap_or_default();
        let plain = plain.rsplit('.').next().unwrap_or_default();
        let number = number(who);
        Some(match plain {
            "int" | "float" | "Decimal" => match usual {
                Usual::Value => number.to_owned(),
                Usual::Seconds => "60".to_owned(),
                Usual::Count => self.enough(name).unwrap_or_else(|| "1".to_owned()),
                _ => "1".to_owned(),
            },
            "bool" => "True".to_owned(),
            "bytes" | "bytearray" => format!("b{:?}", who.party),
            "dict" | "Dict" | "Mapping" | "MutableMapping" => match usual {
                Usual::Value => format!("{{\"value\": {:?}}}", who.party),
                _ => "{}".to_owned(),
            },
            "list" | "List" | "Sequence" | "Iterable" => "[\"k\"]".to_owned(),
            "set" | "Set" => "{\"k\"}".to_owned(),
            "Path" | "PurePath" | "PathLike" => {
                self.imports.insert("pathlib");
                let place = if usual == Usual::Folder { "entries" } else { FILE };
                format!("pathlib.Path({place:?})")
            }
            "timedelta" => {
                self.imports.insert("datetime");
                "datetime.timedelta(seconds=60)".to_owned()
            }
            "str" if usual == Usual::Unknown => format!("{:?}", name.trim_matches('_')),
            _ if depth < DEPTH_MAX && Class::find(self.source, plain).is_some() => {
                self.made(plain, who, depth + 1)?
            }
            _ => return None,
        })
    }

    fn by_name(&mut self, name: &str, usual: Usual, who: For) -> Option<String> {
        Some(match usual {
            Usual::Key => format!("{:?}", self.key(who)),
            Usual::Value if self.counts => number(who).to_owned(),
            Usual::Value => format!("{:?}", who.party),
            Usual::Count => self.enough(name).unwrap_or_else(|| "1".to_owned()),
            Usual::Seconds => "60".to_owned(),
            Usual::Options => "{}".to_owned(),
            Usual::Folder => "\"entries\"".to_owned(),
            Usual::File => format!("{FILE:?}"),
            Usual::Handle => return self.handle(),
            Usual::Maker | Usual::Unknown => return None,
        })
    }

    /// A connection, where the file says to what.
    fn handle(&mut self) -> Option<String> {
        let imports = |module: &str| {
            self.source.lines().any(|line| {
                let line = line.trim_start();
                let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
                rest.is_some_and(|rest| rest.split([' ', '.', ',']).any(|word| word == module))
            })
        };
        if imports("redis") || self.uses_redis {
            self.uses_redis = true;
            return Some("connect()".to_owned());
        }
        if imports("sqlite3") || self.source.contains("sqlite3.connect(") {
            self.imports.insert("sqlite3");
            return Some("sqlite3.connect(\"k.db\", check_same_thread=False)".to_owned());
        }
        None
    }

    /// For an amount that is compared with an attribute: as much as there is, so that there is enough for one only.
    fn enough(&self, name: &str) -> Option<String> {
        let name = regex::escape(name);
        let compared = Regex::new(&format!(
            r"self\.(\w+)\s*(?:>=|>|<|<=)\s*{name}\b|\b{name}\s*(?:<=|<|>|>=)\s*self\.(\w+)"
        ))
        .ok()?;
        let found = compared.captures(self.source)?;
        let attribute = found.get(1).or_else(|| found.get(2))?.as_str();
        let attribute = regex::escape(attribute.trim_start_matches('_'));
        let first = Regex::new(&format!(r"\b_?{attribute}(?:\s*:\s*\w+)?\s*=\s*(\d+)\b")).ok()?;
        Some(first.captures(self.source)?[1].to_owned())
    }

    /// By what the class does with the attribute it becomes, or by the class it is named after.
    fn by_attribute(
        &mut self,
        name: &str,
        (of, body): (&str, &str),
        who: For,
        depth: usize,
    ) -> Option<String> {
        let class = Class::find(self.source, of)?;
        let kept = format!(r"self\.(\w+)\s*(?::[^=\n]+)?=\s*{}\b", regex::escape(name));
        let kept = Regex::new(&kept).ok()?.captures(body)?[1].to_owned();
        if class.body.contains(&format!("self.{kept}[")) {
            return Some("{}".to_owned());
        }
        if class.body.contains(&format!("self.{kept}(")) {
            return Some(self.called(&kept, class.body, who));
        }
        let (package, mut named) = (self.package, name.trim_matches('_').to_owned());
        named.get_mut(..1)?.make_ascii_uppercase();
        let neighbour = package.named(&named).filter(|_| depth < DEPTH_MAX)?;
        self.made_elsewhere(&neighbour, who, depth + 1)
    }

    /// Something that an object calls: what is compared or reckoned with is a number, and as late a moment as any.
    fn called(&self, kept: &str, body: &str, who: For) -> String {
        let name = regex::escape(kept);
        let result = Regex::new(&format!(r"(\w+)\s*=\s*self\.{name}\(")).ok();
        let result = result.and_then(|result| result.captures(body));
        let is_number = result.is_some_and(|result| {
            let name = regex::escape(&result[1]);
            let reckons = format!(r"[<>]=?\s*{name}\b|\b{name}\s*[<>+-]|[+-]=?\s*{name}\b");
            Regex::new(&reckons).is_ok_and(|reckons| reckons.is_match(body))
        });
        if is_number { format!("lambda *_, **__: {}", 1_u64 << 40) } else { maker(kept, body, who) }
    }

    /// An object of a class of this file.
    pub(super) fn made(&mut self, class: &str, who: For, depth: usize) -> Option<String> {
        let mut parameters = Class::constructor(self.source, class, 0)?;
        let init = function(self.source, Some(class), "__init__");
        let body = init.as_ref().map(|one| one.body).unwrap_or_default();
        if self.in_files {
            // Each process would find another place, or one that the next run finds as well.
            let chosen = |default: &str| default == "None" || default.contains("temp");
            let optional = init.iter().flat_map(|init| &init.optional);
            let places = optional.filter(|(one, default)| {
                matches!(usual(&one.name), Usual::Folder | Usual::File) && chosen(default)
            });
            parameters.extend(places.map(|(one, _)| one.clone()));
        }
        let arguments = self.arguments(&parameters, (class, body), who, depth);
        Some(format!("{}.{class}({arguments})", self.place))
    }

    /// An object of a class of another file, where all that it takes can be guessed.
    pub(super) fn made_elsewhere(
        &mut self,
        neighbour: &Neighbour<'_>,
        who: For,
        depth: usize,
    ) -> Option<String> {
        let mut there = Values {
            source: neighbour.source,
            gaps: vec![],
            imports: BTreeSet::new(),
            uses_redis: self.uses_redis,
            place: format!("importlib.import_module({:?})", neighbour.module),
            in_files: self.in_files,
            package: self.package,
            around: String::new(),
            counts: self.counts,
        };
        let made = there.made(&neighbour.class, who, depth)?;
        if !there.gaps.is_empty() {
            return None;
        }
        let (imports, around) = (there.imports, there.around);
        self.imports.extend(imports);
        self.around.push_str(neighbour.source);
        self.around.push_str(&around);
        Some(made)
    }

    /// By what the function does with it.
    fn by_use(&mut self, name: &str, body: &str, who: For) -> Option<String> {
        let name = regex::escape(name);
        let is = |pattern: &str| {
            Regex::new(&pattern.replace("NAME", &name)).is_ok_and(|pattern| pattern.is_match(body))
        };
        if is(r"(?:^|[^.\w])NAME\(") {
            return Some(maker(&name, body, who));
        }
        if is(r"\bNAME\.(?:cursor|execute|commit)\(")
            || is(r"\bNAME\.(?:setnx|hset|hget|incrby|getset)\(")
        {
            return self.handle();
        }
        if is(r"\b(?:open|Path|exists|isfile|remove|unlink|getmtime|stat|connect)\(NAME\b")
            || is(r"\bNAME\.(?:exists|read_text|write_text|open|unlink|stat)\(")
        {
            return Some(format!("{FILE:?}"));
        }
        if is(r"\b(?:listdir|makedirs|scandir|join)\(NAME\b") {
            return Some("\"entries\"".to_owned());
        }
        if is(r"[-+*/%]=?\s*NAME\b")
            || is(r"\bNAME\s*[-+*/%<>]")
            || is(r"[<>]=?\s*NAME\b")
            || is(r"range\(NAME\b")
        {
            return Some("1".to_owned());
        }
        if is(r"\bNAME\.(?:items|keys|values|update)\(") {
            return Some("{}".to_owned());
        }
        if is(r"\bfor \w+ in NAME\b") {
            return Some("[\"k\"]".to_owned());
        }
        None
    }

    /// As somebody else calls it: a literal in a call that names the parameter.
    fn by_call(&self, name: &str, of: &str) -> Option<String> {
        let of = regex::escape(of.rsplit('.').next().unwrap_or(of));
        let name = regex::escape(name);
        let literal = r#"(-?\d+(?:\.\d+)?|"[^"\\]*"|'[^'\\]*'|True|False)"#;
        let named = Regex::new(&format!(r"\b{of}\([^()]*\b{name}={literal}\s*[,)]")).ok()?;
        named.captures(self.source).map(|found| found[1].to_owned())
    }
}

fn number(who: For) -> &'static str {
    match who.party {
        "a" => "1",
        "b" => "2",
        _ => "3",
    }
}

/// Something that computes the value; one that is awaited lets others go on first.
fn maker(name: &str, body: &str, who: For) -> String {
    if body.contains(&format!("await {name}(")) {
        return format!("lambda *_, **__: later({:?})", who.party);
    }
    format!("lambda *_, **__: {:?}", who.party)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str, name: &str, kind: &str, body: &str) -> String {
        let package = Package::default();
        let mut values = Values {
            source,
            gaps: vec![],
            imports: BTreeSet::new(),
            uses_redis: false,
            place: "subject".to_owned(),
            in_files: false,
            package: &package,
            around: String::new(),
            counts: false,
        };
        let parameter = Parameter { name: name.into(), kind: kind.into() };
        let who = For { party: "a", own_key: false };
        values.value((&parameter, usual(name)), ("f", body), who, 0)
    }

    #[test]
    fn types_names_uses_and_calls_say_what_fits() {
        assert_eq!(value("", "page", "", ""), "\"page\"");
        assert_eq!(value("", "cache_key", "", ""), "\"k\"");
        assert_eq!(value("", "value", "int", ""), "1");
        assert_eq!(value("", "on_miss", "", "    return on_miss()\n"), "lambda *_, **__: \"a\"");
        assert_eq!(value("", "target", "", "    with open(target) as f:\n"), "\"k\"");
        assert_eq!(value("", "points", "", "    total += points\n"), "1");
        assert_eq!(value("f(mode=\"fast\")", "mode", "", ""), "\"fast\"");
        assert_eq!(value("import redis\n", "client", "", ""), "connect()");
        assert_eq!(value("", "session", "", ""), "SESSION");
        let account = "def __init__(self, balance: int = 100):\n if self.balance >= amount:\n";
        assert_eq!(value(account, "amount", "", ""), "100");
        let awaited = "    return await load()\n";
        assert_eq!(value("", "load", "Callable", awaited), "lambda *_, **__: later(\"a\")");
        let keeps = "class S:\n    def __init__(self, store):\n        self.s = store\n\n    def f(self):\n        self.s[1]\n";
        assert_eq!(value(keeps, "s", "S", ""), "subject.S(store={})");
        let late = "class T:\n    def __init__(self, ttu):\n        self.__ttu = ttu\n\n    def put(self, key):\n        \
                    expires = self.__ttu(key)\n        if not now < expires:\n            return\n";
        assert_eq!(value(late, "t", "T", ""), "subject.T(ttu=lambda *_, **__: 1099511627776)");
        let owner = "class Box:\n    def __init__(self, key):\n        pass\n";
        assert_eq!(value(owner, "box", "Box", ""), "subject.Box(key=\"k\")");
    }
}
