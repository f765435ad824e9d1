//! Harnesses for Go findings: a package beside the others of its module, with `Setup`, `A`, `B` and `Probe`.
//!
//! A function that is not exported is reached through an exported one that calls it. A gap is an undefined name: until it
//! is filled the harness does not compile.

use super::compose::{GAP, Harness, about, initial, other_function, stem};
use super::guess::{Usual, parenthesised, split, usual};
use amorsize_finding::Finding;
use regex::Regex;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const SOURCE_BYTES_MAX: u64 = 8 << 20;
const FILES_MAX: usize = 400;

pub(super) fn harness(finding: &Finding, tree: &Path) -> Option<Harness> {
    let file = tree.join(&finding.path);
    let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
    let package = Package::read(&folder);
    if package.name == "main" {
        return None;
    }
    let (root, import) =
        module_of(&folder).unwrap_or((folder, "example.com/where/is/it".to_owned()));
    let place = shown(&root.join(stem(finding)));
    let mut writer = Writer { package: &package, gaps: vec![] };
    let (receiver, name) = function_of(&finding.function);
    let made = receiver.as_deref().map(|receiver| writer.make(receiver));
    let a = writer.call(Some(&finding.function), "a");
    let b = writer.call(other_function(finding).as_deref(), "b");
    let setup = initial(finding).map(|initial| writer.gap(&format!("prepare this: {initial}")));
    let text = program(finding, &import, (made, setup), (&a, &b));
    let on = match &receiver {
        Some(receiver) => format!("go:{import}.{receiver}.{name}"),
        None => format!("go:{import}.{name}"),
    };
    let operation = |function: &str| format!("go:{place}:{function}");
    Some(Harness {
        file: format!("{place}/harness.go"),
        setup: operation("Setup"),
        a: operation("A"),
        b: operation("B"),
        probe: operation("Probe"),
        on: vec![on],
        gaps: Harness::gaps_in(&text),
        text,
    })
}

fn program(
    finding: &Finding,
    import: &str,
    (made, setup): (Option<String>, Option<String>),
    (a, b): (&str, &str),
) -> String {
    let mut text = format!(
        "{}\n// Package main holds the two operations; the prover adds a main. Fill in what is marked {GAP}: until then it\n\
         // does not compile.\npackage main\n\nimport (\n\t\"fmt\"\n\n\tsubject {import:?}\n)\n\n",
        about(finding, "//")
    );
    if let Some(made) = made {
        writeln!(text, "var state = {made}\n").ok();
    }
    let setup = setup.map(|gap| format!("\t{gap}\n")).unwrap_or_default();
    write!(text, "// Setup prepares the state both orders start from.\nfunc Setup() error {{\n{setup}\treturn nil\n}}\n\n").ok();
    for (name, call) in [("A", a), ("B", b)] {
        write!(text, "func {name}() any {{\n\treturn {call}\n}}\n\n").ok();
    }
    let store = crate::outcome::one_line(&finding.store, 80);
    write!(
        text,
        "// Probe says what is left in {store}.\nfunc Probe() string {{\n\treturn fmt.Sprint({GAP}) // what can be seen of it\n}}\n\n\
         var _ = subject.{GAP} // keeps the import; any exported name will do\n"
    )
    .ok();
    if a.contains("subject.") || text.contains("= subject.New") {
        text = text.replace(
            &format!("\nvar _ = subject.{GAP} // keeps the import; any exported name will do\n"),
            "",
        );
    }
    text
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// `(*T).f`, `T.f` or `f`: the type and the function.
fn function_of(text: &str) -> (Option<String>, String) {
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

/// The folder of the module and the import path of a package in it.
fn module_of(folder: &Path) -> Option<(PathBuf, String)> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let real = std::fs::canonicalize(folder).ok()?;
    for (up, root) in real.ancestors().enumerate() {
        let Ok(bytes) = amorsize_os::files::read_bounded(&root.join("go.mod"), SOURCE_BYTES_MAX)
        else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let module = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
        let module = module.trim().trim_matches('"');
        let below = real.strip_prefix(root).ok()?.to_string_lossy().into_owned();
        let import = if below.is_empty() { module.to_owned() } else { format!("{module}/{below}") };
        // Named from where we stand, as the rest of the command line is.
        let mut place = folder.to_path_buf();
        for _ in 0..up {
            let climbs = place.file_name().is_none();
            if climbs {
                place.push("..");
            } else {
                place.pop();
            }
        }
        return Some((place, import));
    }
    None
}

/// The source of a package, as far as signatures need it.
struct Package {
    name: String,
    text: String,
}

impl Package {
    fn read(folder: &Path) -> Self {
        let mut text = String::new();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.sort();
        let is_source = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".go") && !name.ends_with("_test.go")
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
    fn signature(
        &self,
        receiver: Option<&str>,
        name: &str,
    ) -> Option<(Vec<(String, String)>, String)> {
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
        let results = rest.split('{').next().unwrap_or_default().trim().to_owned();
        let parts = split(inside);
        let mut kind = String::new();
        let mut parameters: Vec<(String, String)> = vec![];
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

    /// An exported function of the same type that calls this one.
    fn exported_caller(&self, receiver: Option<&str>, name: &str) -> Option<String> {
        let receiver = receiver?;
        let head =
            format!(r"(?m)^func \(\s*\w*\s*\*?{}\s*\) ([A-Z]\w*)\(", regex::escape(receiver));
        let heads = Regex::new(&head).ok()?;
        let calls = Regex::new(&format!(r"\.{}\(", regex::escape(name))).ok()?;
        heads.captures_iter(&self.text).find_map(|found| {
            let whole = found.get(0)?;
            let body = self.text[whole.end()..].split("\n}").next()?;
            calls.is_match(body).then(|| found[1].to_owned())
        })
    }

    /// A function that makes an object of the type.
    fn maker(&self, receiver: &str) -> Option<(String, Vec<(String, String)>)> {
        let news = Regex::new(r"(?m)^func (New\w*)\(").ok()?;
        let mut names: Vec<String> =
            news.captures_iter(&self.text).map(|found| found[1].to_owned()).collect();
        names.sort_by_key(|name| {
            (!name.eq_ignore_ascii_case(&format!("New{receiver}")), name.len())
        });
        names.into_iter().find_map(|name| {
            let (parameters, results) = self.signature(None, &name)?;
            let result = results.trim_start_matches(['(', '*']).split([')', ',', ' ']).next()?;
            (result == receiver).then_some((name, parameters))
        })
    }
}

fn is_exported(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase())
}

struct Writer<'a> {
    package: &'a Package,
    gaps: Vec<String>,
}

impl Writer<'_> {
    fn gap(&mut self, what: &str) -> String {
        self.gaps.push(what.to_owned());
        format!("{GAP} /* {} */", crate::outcome::one_line(what, 100).replace("*/", "* /"))
    }

    fn make(&mut self, receiver: &str) -> String {
        if let Some((name, parameters)) = self.package.maker(receiver) {
            let arguments = self.arguments(&parameters, "a");
            return format!("subject.{name}({arguments})");
        }
        if is_exported(receiver) {
            return format!("&subject.{receiver}{{}}");
        }
        self.gap(&format!("an object of the type {receiver}"))
    }

    fn call(&mut self, function: Option<&str>, party: &str) -> String {
        let Some(function) = function else {
            return self.gap("what the second party calls, as in state.Update(...)");
        };
        let (receiver, mut name) = function_of(function);
        if !is_exported(&name) {
            match self.package.exported_caller(receiver.as_deref(), &name) {
                Some(caller) => name = caller,
                None => return self.gap(&format!("call something exported that comes to {name}")),
            }
        }
        let place = if receiver.is_some() { "state" } else { "subject" };
        let Some((parameters, results)) = self.package.signature(receiver.as_deref(), &name) else {
            return self.gap(&format!("call {name}"));
        };
        let call = format!("{place}.{name}({})", self.arguments(&parameters, party));
        match (results.as_str(), results.contains(',')) {
            ("", _) => format!("func() any {{ {call}; return nil }}()"),
            (_, true) => {
                let count = split(results.trim_matches(['(', ')'])).len();
                let names: Vec<String> = (0..count).map(|n| format!("r{n}")).collect();
                let names = names.join(", ");
                format!("func() any {{ {names} := {call}; return fmt.Sprint({names}) }}()")
            }
            (_, false) => call,
        }
    }

    fn arguments(&mut self, parameters: &[(String, String)], party: &str) -> String {
        let mut found = vec![];
        for (name, kind) in parameters {
            let value = match (usual(name), kind.as_str()) {
                (_, "context.Context") => "nil".to_owned(),
                (Usual::Value, "string" | "any" | "interface{}") => format!("{party:?}"),
                (Usual::Value, "[]byte") => format!("[]byte({party:?})"),
                (_, "string") => "\"k\"".to_owned(),
                (_, "bool") => "true".to_owned(),
                (_, "int" | "int32" | "int64" | "uint" | "uint64" | "float64") => "1".to_owned(),
                (_, "time.Duration") => "60e9".to_owned(),
                _ => self.gap(&format!("{name} {kind}")),
            };
            found.push(value);
        }
        found.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = r#"package store

import "sync"

type Store struct{ items map[string]string }

func NewStore(size int) *Store { return &Store{items: map[string]string{}} }

func (s *Store) Add(key string, value string) (bool, error) {
	return s.addLocked(key, value), nil
}

func (s *Store) addLocked(key, value string) bool { return true }
"#;

    fn finding(function: &str) -> Finding {
        serde_json::from_value(json!({
            "rule": "CTA101", "verdict": "open", "severity": "error", "consequence": "double-win",
            "title": "two callers both win", "message": "", "confidence": "high", "path": "store/store.go",
            "function": function, "store": "s.items", "key": "key",
            "act": {"line": 14, "column": 9, "text": "s.items[key] = value"},
            "fingerprint": "0123456789abcdef"
        }))
        .unwrap()
    }

    #[test]
    fn a_function_that_is_not_exported_is_reached_through_one_that_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("store")).unwrap();
        std::fs::write(folder.path().join("go.mod"), "module example.com/m\n\ngo 1.21\n").unwrap();
        std::fs::write(folder.path().join("store/store.go"), SOURCE).unwrap();
        let found = harness(&finding("(*Store).addLocked"), folder.path()).unwrap();
        assert!(found.text.contains("subject \"example.com/m/store\""), "{}", found.text);
        assert!(found.text.contains("var state = subject.NewStore(1)"), "{}", found.text);
        assert!(found.text.contains("r0, r1 := state.Add(\"k\", \"b\")"), "{}", found.text);
        assert_eq!(found.on, ["go:example.com/m/store.Store.addLocked"]);
        assert!(found.file.ends_with("prove_cta101_14/harness.go"), "{}", found.file);
        assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    }

    #[test]
    fn a_program_is_left_to_commands() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("store")).unwrap();
        std::fs::write(folder.path().join("store/store.go"), "package main\n").unwrap();
        assert_eq!(harness(&finding("main"), folder.path()), None);
    }
}
