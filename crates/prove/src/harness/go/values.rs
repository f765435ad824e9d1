//! What to call a Go function with: the type says what fits, the name says what it stands for.

use super::package::{Declared, Maker, Package, Parameter};
use crate::harness::compose::GAP;
use crate::harness::guess::{DEPTH_MAX, For, Parameter as Named, Usual, split, usual_among};
use regex::Regex;

/// Chooses arguments from what a package says.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) package: &'a Package,
    /// Variables of the harness that both share: a name and what it begins as.
    pub(super) shared: Vec<(String, String)>,
    /// Type parameters, for which a string stands.
    pub(super) generic: Vec<String>,
}

impl Values<'_> {
    pub(super) fn gap(what: &str) -> String {
        format!("{GAP} /* {} */", crate::outcome::one_line(what, 100).replace("*/", "* /"))
    }

    pub(super) fn arguments(&mut self, parameters: &[Parameter], who: For, depth: usize) -> String {
        let named = |(name, kind): &Parameter| Named { name: name.clone(), kind: kind.clone() };
        let named: Vec<Named> = parameters.iter().map(named).collect();
        let mut found = vec![];
        for ((name, kind), usual) in parameters.iter().zip(usual_among(&named)) {
            if kind.starts_with("...") {
                break;
            }
            let kind = self.concrete(kind);
            found.push(self.value((name, &kind), usual, who, depth));
        }
        found.join(", ")
    }

    /// The type with a string for each of its parameters.
    fn concrete(&self, kind: &str) -> String {
        let mut text = kind.to_owned();
        for name in &self.generic {
            if let Ok(word) = Regex::new(&format!(r"\b{}\b", regex::escape(name))) {
                text = word.replace_all(&text, "string").into_owned();
            }
        }
        text
    }

    /// The name of a type with strings for its parameters.
    pub(super) fn instance(&self, receiver: &str) -> String {
        match self.package.type_parameters(receiver).len() {
            0 => receiver.to_owned(),
            count => format!("{receiver}[{}]", vec!["string"; count].join(", ")),
        }
    }

    fn value(
        &mut self,
        (name, kind): (&str, &str),
        usual: Usual,
        who: For,
        depth: usize,
    ) -> String {
        let number = match who.party {
            "a" => "1",
            "b" => "2",
            _ => "3",
        };
        match kind {
            "string" => self.text(name, usual, who),
            "[]byte" => format!("[]byte({:?})", who.party),
            "any" | "interface{}" => match usual {
                Usual::Key => "\"k\"".to_owned(),
                _ => format!("{:?}", who.party),
            },
            "bool" => "true".to_owned(),
            "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16"
            | "uint32" | "uint64" | "float32" | "float64" => match usual {
                Usual::Value => number.to_owned(),
                Usual::Seconds => "60".to_owned(),
                _ => "1".to_owned(),
            },
            "time.Duration" => "time.Minute".to_owned(),
            "time.Time" => "time.Now().Add(time.Hour)".to_owned(),
            "context.Context" => "context.Background()".to_owned(),
            "error" => "nil".to_owned(),
            "os.FileMode" | "fs.FileMode" => "0o644".to_owned(),
            _ => self.composed((name, kind), who, depth),
        }
    }

    fn text(&self, name: &str, usual: Usual, who: For) -> String {
        match usual {
            Usual::Key if who.own_key => format!("\"k-{}\"", who.party),
            Usual::Key | Usual::File => "\"k\"".to_owned(),
            Usual::Folder => "\"entries\"".to_owned(),
            Usual::Value => format!("{:?}", who.party),
            _ => format!("{name:?}"),
        }
    }

    /// A map, a function, an object of the package.
    fn composed(&mut self, (name, kind): (&str, &str), who: For, depth: usize) -> String {
        if let Some(results) = kind.strip_prefix("func(") {
            return self.function((name, kind), results, who);
        }
        if kind.starts_with("map[") || kind.starts_with("[]") {
            return self.share(name, format!("{kind}{{}}"));
        }
        if let Some(of) = kind.strip_prefix("chan ") {
            return self.share(name, format!("make(chan {of}, 8)"));
        }
        let plain = kind.trim_start_matches('*').split('[').next().unwrap_or_default();
        if plain.contains('.') || depth >= DEPTH_MAX {
            return Self::gap(&format!("{name} {kind}"));
        }
        if let Some(Declared::Other(of)) = self.package.declared(plain) {
            let of = self.concrete_of(plain, &of);
            if let Some(results) = of.strip_prefix("func(") {
                return self.function((plain, &of), results, who);
            }
            if of.starts_with("interface") {
                return match self.implementing(plain, who, depth + 1) {
                    Some(made) => self.share(name, made),
                    None => Self::gap(&format!("{name} {kind}")),
                };
            }
        }
        let Some(made) = self.made(plain, who, depth + 1) else {
            return Self::gap(&format!("{name} {kind}"));
        };
        if kind.starts_with('*') {
            self.share(name, made)
        } else {
            made.trim_start_matches('&').to_owned()
        }
    }

    fn share(&mut self, name: &str, value: String) -> String {
        let name = format!("prove_{name}");
        if !self.shared.iter().any(|(known, _)| *known == name) {
            self.shared.push((name.clone(), value));
        }
        name
    }

    /// What stands behind the name of a type, with a string for each of its own parameters.
    fn concrete_of(&self, plain: &str, of: &str) -> String {
        let mut text = of.to_owned();
        for name in self.package.type_parameters(plain) {
            if let Ok(word) = Regex::new(&format!(r"\b{}\b", regex::escape(&name))) {
                text = word.replace_all(&text, "string").into_owned();
            }
        }
        text
    }

    /// Something of the package that can do what an interface asks for: by a maker all of whose arguments can be guessed.
    fn implementing(&mut self, interface: &str, who: For, depth: usize) -> Option<String> {
        let wanted = self.package.methods_asked(interface);
        if wanted.is_empty() || depth >= DEPTH_MAX {
            return None;
        }
        let package = self.package;
        for Maker { name, parameters, fails, of, .. } in package.makers() {
            let own = match package.declared(&of) {
                Some(Declared::Other(kind)) if kind.starts_with("interface") => {
                    package.methods_asked(&of)
                }
                _ => package.functions(Some(&of)),
            };
            if !wanted.iter().all(|method| own.contains(method)) {
                continue;
            }
            let before = self.shared.len();
            let call = format!("{name}({})", self.arguments(&parameters, who, depth));
            if !call.contains(GAP) {
                return Some(if fails { format!("proveMust({call})") } else { call });
            }
            self.shared.truncate(before);
        }
        None
    }

    fn function(&self, (name, kind): (&str, &str), inside: &str, who: For) -> String {
        // What names an entry gives both the same name.
        let is_key = name.to_ascii_lowercase().contains("key");
        let results = inside.split_once(')').map(|(_, results)| results.trim()).unwrap_or_default();
        let results = split(results.trim_start_matches('(').trim_end_matches(')'));
        let value = |result: &&str| match *result {
            "string" if is_key => "\"k\"".to_owned(),
            "string" | "any" | "interface{}" => format!("{:?}", who.party),
            "[]byte" => format!("[]byte({:?})", who.party),
            "int" | "int64" | "int32" | "uint64" | "float64" => "1".to_owned(),
            "bool" => "true".to_owned(),
            "error" => "nil".to_owned(),
            other => format!("*new({other})"),
        };
        let values: Vec<String> = results.iter().map(value).collect();
        format!("{kind} {{ return {} }}", values.join(", "))
    }

    /// An object of a type of the package: by its maker, as the package's own variable, or field by field.
    pub(super) fn made(&mut self, receiver: &str, who: For, depth: usize) -> Option<String> {
        if let Some(Maker { name, parameters, fails, .. }) = self.package.maker(receiver) {
            let arguments = self.arguments(&parameters, who, depth);
            let of = match self.package.type_parameters(receiver).len() {
                0 => String::new(),
                count => format!("[{}]", vec!["string"; count].join(", ")),
            };
            let call = format!("{name}{of}({arguments})");
            return Some(if fails { format!("proveMust({call})") } else { call });
        }
        if let Some(variable) = self.package.variable(receiver) {
            return Some(variable);
        }
        match self.package.declared(receiver)? {
            Declared::Fields(fields) => {
                let parts: Vec<String> =
                    fields.iter().filter_map(|field| self.field(field, who, depth)).collect();
                Some(format!("&{}{{{}}}", self.instance(receiver), parts.join(", ")))
            }
            Declared::Other(kind) if kind.starts_with("map[") => Some(format!("{receiver}{{}}")),
            Declared::Other(_) => None,
        }
    }

    /// A field whose zero is of no use.
    fn field(&mut self, (name, kind): &Parameter, who: For, depth: usize) -> Option<String> {
        use crate::harness::guess::usual;
        let kind = self.concrete(kind);
        let value = match (usual(name), kind.as_str()) {
            (Usual::File | Usual::Folder, "string") => self.text(name, usual(name), who),
            (Usual::Count, "int" | "int64" | "uint64" | "int32") => "1".to_owned(),
            (_, "time.Duration") => "time.Minute".to_owned(),
            (_, kind) if kind.starts_with("map[") => format!("{kind}{{}}"),
            (_, kind) if kind.starts_with("chan ") => format!("make({kind}, 8)"),
            (_, kind) if kind.starts_with('*') && !kind.contains('.') && depth < DEPTH_MAX => {
                self.made(kind.trim_start_matches('*'), who, depth + 1)?
            }
            _ => return None,
        };
        Some(format!("{name}: {value}"))
    }
}
