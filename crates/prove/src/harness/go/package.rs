//! What the source of a Go package tells: signatures, makers, fields, who calls whom. Read from the text.

use crate::harness::guess::{parenthesised, split};
use regex::Regex;
use std::path::{Path, PathBuf};

const SOURCE_BYTES_MAX: u64 = 8 << 20;
const FILES_MAX: usize = 400;

/// The source of a package, as far as signatures need it.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) text: String,
}

/// A parameter: its name and its type.
pub(super) type Parameter = (String, String);

impl Package {
    pub(super) fn read(folder: &Path) -> Self {
        let mut text = String::new();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.sort();
        let is_source = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".go") && !name.ends_with("_test.go") && !name.starts_with("prove_")
        };
        for file in files.iter().filter(is_source).take(FILES_MAX) {
            let bytes =
                amorsize_os::files::read_bounded(file, SOURCE_BYTES_MAX).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&bytes));
            text.push('\n');
        }
        let name = text.lines().find_map(|line| line.strip_prefix("package "));
        let name = name.map(|name| name.split([' ', '/', ';']).next().unwrap_or_default().trim());
        Self { name: name.unwrap_or_default().to_owned(), text }
    }

    /// The parameters and the results of a function.
    pub(super) fn signature(
        &self,
        receiver: Option<&str>,
        name: &str,
    ) -> Option<(Vec<Parameter>, String)> {
        let name = regex::escape(name);
        let pattern = match receiver {
            Some(receiver) => {
                let receiver = regex::escape(receiver);
                format!(
                    r"(?m)^func \(\s*\w*\s*\*?{receiver}(?:\[[^\]]*\])?\s*\) {name}(?:\[[^\]]*\])?\("
                )
            }
            None => format!(r"(?m)^func {name}(?:\[[^\]]*\])?\("),
        };
        let found = Regex::new(&pattern).ok()?.find(&self.text)?;
        let inside = parenthesised(&self.text, found.end() - 1)?;
        let rest = &self.text[found.end() + inside.len() + 1..];
        let rest = rest.trim_start();
        let results = if rest.starts_with('(') {
            format!("({})", parenthesised(rest, 0)?)
        } else if rest.starts_with('{') {
            String::new()
        } else {
            rest.split(" {").next().unwrap_or_default().trim().to_owned()
        };
        let parts = split(inside);
        let mut kind = String::new();
        let mut parameters: Vec<Parameter> = vec![];
        // `a, b string`: a type stands for all names before it.
        for part in parts.iter().rev() {
            let (name, own) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            if !own.trim().is_empty() {
                own.trim().clone_into(&mut kind);
            }
            parameters.insert(0, (name.to_owned(), kind.clone()));
        }
        Some((parameters, results))
    }

    /// Whether whoever calls a function is to hold a lock: its name or what is written above it says so.
    pub(super) fn wants_lock(&self, receiver: Option<&str>, name: &str) -> bool {
        if is_exported(name) {
            return false;
        }
        let receiver = receiver.map(regex::escape).unwrap_or_default();
        let head = format!(
            r"(?m)((?:^//.*\n)+)^func \(\s*\w*\s*\*?{receiver}(?:\[[^\]]*\])?\s*\) {}\(",
            regex::escape(name)
        );
        let above = Regex::new(&head).ok().and_then(|head| head.captures(&self.text));
        let above = above.map(|found| found[1].to_ascii_lowercase()).unwrap_or_default();
        let asked = ["caller", "hold", "held", "acquired", "called with"];
        name.ends_with("Locked")
            || above.contains("lock") && asked.iter().any(|word| above.contains(word))
    }

    /// An exported function of the same type that calls this one.
    pub(super) fn exported_caller(&self, receiver: Option<&str>, name: &str) -> Option<String> {
        let receiver = receiver?;
        let head = format!(
            r"(?m)^func \(\s*\w*\s*\*?{}(?:\[[^\]]*\])?\s*\) ([A-Z]\w*)\(",
            regex::escape(receiver)
        );
        let heads = Regex::new(&head).ok()?;
        let calls = Regex::new(&format!(r"\.{}\(", regex::escape(name))).ok()?;
        heads.captures_iter(&self.text).find_map(|found| {
            let whole = found.get(0)?;
            let body = self.text[whole.end()..].split("\n}").next()?;
            calls.is_match(body).then(|| found[1].to_owned())
        })
    }

    /// The functions that make something, those with a plain name first.
    pub(super) fn makers(&self) -> Vec<Maker> {
        let makers = Regex::new(r"(?m)^func ((?i:new|make|open|create)\w*)(?:\[[^\]]*\])?\(")
            .expect("the pattern is a constant that the tests compile");
        let mut names: Vec<String> =
            makers.captures_iter(&self.text).map(|found| found[1].to_owned()).collect();
        names.sort_by_key(String::len);
        let maker = |name: String| {
            let (parameters, results) = self.signature(None, &name)?;
            let results = split(results.trim().trim_start_matches('(').trim_end_matches(')'));
            let first = results.first()?.rsplit(' ').next()?;
            let is_pointer = first.starts_with('*');
            let plain = first.trim_start_matches('*').split('[').next().unwrap_or_default();
            let fails = results.get(1).is_some_and(|second| second.ends_with("error"));
            let of = plain.to_owned();
            let plainly = results.len() <= 1 + usize::from(fails);
            plainly.then_some(Maker { name, parameters, fails, is_pointer, of })
        };
        names.into_iter().filter_map(maker).collect()
    }

    /// A function that makes an object of the type.
    pub(super) fn maker(&self, receiver: &str) -> Option<Maker> {
        let own = self.makers().into_iter().filter(|maker| maker.of == receiver);
        own.min_by_key(|maker| !maker.name.eq_ignore_ascii_case(&format!("New{receiver}")))
    }

    /// The methods an interface of the package asks for, those of the interfaces in it as well.
    pub(super) fn methods_asked(&self, interface: &str) -> Vec<String> {
        const INTERFACES_MAX: usize = 16;
        let (mut asked, mut found) = (vec![interface.to_owned()], vec![]);
        let mut at = 0;
        while at < asked.len().min(INTERFACES_MAX) {
            let head = format!(r"(?m)^(?:type |\t){} interface ?\{{", regex::escape(&asked[at]));
            at += 1;
            let Some(head) = Regex::new(&head).ok().and_then(|head| head.find(&self.text)) else {
                continue;
            };
            let inside = parenthesised(&self.text, head.end() - 1).unwrap_or_default();
            for line in inside.lines() {
                let line = line.split("//").next().unwrap_or_default().trim();
                match line.split_once('(') {
                    Some((name, _)) => found.push(name.to_owned()),
                    None if !line.is_empty() => asked.push(line.to_owned()),
                    None => {}
                }
            }
        }
        found
    }

    /// A variable of the package that is such an object.
    pub(super) fn variable(&self, receiver: &str) -> Option<String> {
        let receiver = regex::escape(receiver);
        let declared =
            Regex::new(&format!(r"(?m)^(?:var |\t)(\w+)\s*(?:\*?{receiver})?\s*=\s*(&?)(?:({receiver})\{{|\w*(?i:new){receiver}\()"))
                .ok()?;
        let found = declared.captures(&self.text)?;
        let is_value = found.get(3).is_some() && found[2].is_empty();
        Some(format!("{}{}", if is_value { "&" } else { "" }, &found[1]))
    }

    /// The type parameters of a type.
    pub(super) fn type_parameters(&self, receiver: &str) -> Vec<String> {
        let head = format!(r"(?m)^type {}\[([^\]]+)\]", regex::escape(receiver));
        let Some(found) = Regex::new(&head).ok().and_then(|head| head.captures(&self.text)) else {
            return vec![];
        };
        let name = |part: &&str| part.split_whitespace().next().unwrap_or_default().to_owned();
        split(&found[1]).iter().map(name).collect()
    }

    /// What stands behind `type NAME`: the fields of a structure, or the type it is made of.
    pub(super) fn declared(&self, receiver: &str) -> Option<Declared> {
        let receiver = regex::escape(receiver);
        let head = format!(r"(?m)^(?:type |\t){receiver}(?:\[[^\]]*\])? (struct ?\{{|\S.*)");
        let found = Regex::new(&head).ok()?.captures(&self.text)?;
        let kind = found.get(1)?;
        if !kind.as_str().starts_with("struct") {
            return Some(Declared::Other(kind.as_str().trim().to_owned()));
        }
        let open = kind.start() + kind.as_str().find('{')?;
        let inside = parenthesised(&self.text, open)?;
        let field = |line: &str| {
            let line = line.split("//").next().unwrap_or_default();
            let line = line.split('`').next().unwrap_or_default().trim();
            let (names, kind) = line.split_once(char::is_whitespace)?;
            let kind = kind.trim();
            // `a, b int`: the names come first.
            let (names, kind) = match kind.rsplit_once(", ") {
                Some((more, last)) if names.ends_with(',') => {
                    let (name, kind) = last.split_once(char::is_whitespace)?;
                    (format!("{names} {more} {name}"), kind)
                }
                _ if names.ends_with(',') => {
                    let (name, kind) = kind.split_once(char::is_whitespace)?;
                    (format!("{names} {name}"), kind)
                }
                _ => (names.to_owned(), kind),
            };
            let names = names.split([',', ' ']).filter(|name| !name.is_empty());
            Some(names.map(|name| (name.to_owned(), kind.trim().to_owned())).collect::<Vec<_>>())
        };
        Some(Declared::Fields(inside.lines().filter_map(field).flatten().collect()))
    }

    /// The methods of a type, or the functions of none, by name.
    pub(super) fn functions(&self, receiver: Option<&str>) -> Vec<String> {
        let head = match receiver {
            Some(receiver) => format!(
                r"(?m)^func \(\s*\w*\s*\*?{}(?:\[[^\]]*\])?\s*\) (\w+)",
                regex::escape(receiver)
            ),
            None => r"(?m)^func (\w+)".to_owned(),
        };
        let Ok(head) = Regex::new(&head) else { return vec![] };
        head.captures_iter(&self.text).map(|found| found[1].to_owned()).collect()
    }
}

/// A function that makes objects of a type.
#[derive(Debug, Clone)]
pub(super) struct Maker {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    /// Whether it gives an error besides.
    pub(super) fails: bool,
    /// Whether it gives a pointer.
    pub(super) is_pointer: bool,
    /// The type it gives.
    pub(super) of: String,
}

/// How a type is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declared {
    /// A structure with these fields.
    Fields(Vec<Parameter>),
    /// Another type under a new name.
    Other(String),
}

pub(super) fn is_exported(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase())
}

/// `(*T).f`, `T.f` or `f`: the type and the function.
pub(super) fn function_of(text: &str) -> (Option<String>, String) {
    let plain = text.replace(['(', ')', '*'], "");
    let plain = plain.rsplit('/').next().unwrap_or_default();
    match plain.rsplit_once('.') {
        Some((receiver, name)) => {
            let receiver = receiver.rsplit('.').next().unwrap_or_default();
            (Some(receiver.to_owned()), name.to_owned())
        }
        None => (None, plain.to_owned()),
    }
}
