//! Puts a harness for a Go finding together.
//!
//! What meets inside one process works on one object; what meets in a file works on an object for each party, as two
//! processes would, so that a lock inside the object guards neither against the other.

use super::package::{Declared, Package, function_of};
use super::text::{Parts, program};
use super::values::Values;
use crate::harness::compose::{Harness, in_process, initial, other_function, stem, volatile};
use crate::harness::guess::{For, REMOVE, WRITE};
use crate::harness::window;
use amorsize_finding::{Consequence, Finding};
use std::path::Path;

pub(in crate::harness) fn harness(finding: &Finding, tree: &Path) -> Harness {
    let path = tree.join(&finding.path);
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let package = Package::read(&folder);
    let file = shown(&folder.join(format!("{}.go", stem(finding))));
    let (receiver, name) = function_of(&finding.function);
    let generic = receiver.as_deref().map(|one| package.type_parameters(one)).unwrap_or_default();
    let values = Values { package: &package, shared: vec![], generic };
    let mut writer = Writer { finding, receiver, values };
    let parts = writer.parts();
    let text = program(finding, &package.name, &writer.values, &parts);
    let operation = |function: &str| format!("go:{file}:{function}");
    let watched = match &writer.receiver {
        Some(receiver) => format!("{receiver}.{name}"),
        None => name,
    };
    Harness {
        setup: operation("ProveSetup"),
        a: operation("ProveA"),
        b: operation("ProveB"),
        probe: operation("ProveProbe"),
        on: vec![format!("go:{}.{watched}", package.name)],
        first: window::first(finding),
        changes: window::changes(finding),
        ignore: volatile(),
        gaps: Harness::gaps_in(&text),
        file,
        text,
    }
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    let text = text.strip_prefix("./").map(str::to_owned).unwrap_or(text);
    if text.contains('/') { text } else { format!("./{text}") }
}

struct Writer<'a> {
    finding: &'a Finding,
    receiver: Option<String>,
    values: Values<'a>,
}

impl Writer<'_> {
    fn parts(&mut self) -> Parts {
        let finding = self.finding;
        let receiver = self.receiver.clone();
        let files = finding.store == "files" || self.values.package.text.contains("os.OpenFile(");
        let made = receiver.as_deref().map(|receiver| {
            let who = self.who("old");
            let gap = format!("an object of the type {receiver}");
            self.values.made(receiver, who, 0).unwrap_or_else(|| Values::gap(&gap))
        });
        let kind = receiver.as_deref().map(|receiver| self.kind(receiver));
        let two = made.is_some()
            && !in_process(finding)
            && self.values.package.variable(receiver.as_deref().unwrap_or_default()).is_none();
        let a = self.call(Some(&finding.function), "a", "state");
        let b = match other_function(finding) {
            Some(other) => self.call(Some(&other), "b", if two { "other" } else { "state" }),
            None => self.outside(if two { "other" } else { "state" }),
        };
        let prepare = initial(finding).map(|_| self.prepare());
        Parts {
            made: made.zip(kind),
            two,
            calls: [a, b],
            prepare,
            was: initial(finding).unwrap_or_default().to_owned(),
            probe: self.probe(files),
            has_folder: files,
        }
    }

    fn who(&self, party: &'static str) -> For {
        let own_key = self.finding.consequence == Consequence::LimitExceeded
            || party == "b" && window::pushes_out(self.finding);
        For { party, own_key }
    }

    /// The type of the state: what is made of a map is no pointer.
    fn kind(&self, receiver: &str) -> String {
        let package = self.values.package;
        let is_value = match package.maker(receiver) {
            Some(maker) => !maker.is_pointer,
            None => matches!(package.declared(receiver), Some(Declared::Other(_))),
        };
        let pointer = if is_value { "" } else { "*" };
        format!("{pointer}{}", self.values.instance(receiver))
    }

    /// The statement that calls a function, and gives back what it answers.
    fn call(&mut self, function: Option<&str>, party: &'static str, state: &str) -> String {
        let Some(function) = function else { return "return nil".to_owned() };
        let (receiver, mut name) = function_of(function.split(".func").next().unwrap_or(function));
        let package = self.values.package;
        if package.wants_lock(receiver.as_deref(), &name) {
            match package.exported_caller(receiver.as_deref(), &name) {
                Some(caller) => name = caller,
                None => {
                    let what = format!("call {name} with the lock that it asks for");
                    return format!("return {}", Values::gap(&what));
                }
            }
        }
        if receiver.is_none() && name == "main" {
            return format!(
                "return {}",
                Values::gap("main is the program itself; call what it calls")
            );
        }
        let Some((parameters, results)) = package.signature(receiver.as_deref(), &name) else {
            return format!("return {}", Values::gap(&format!("call {name}")));
        };
        let who = self.who(party);
        let place = match &receiver {
            None => String::new(),
            Some(_) if receiver == self.receiver => format!("{state}."),
            Some(other) => {
                let made = self.values.made(other, who, 0);
                format!("{}.", made.map_or_else(|| Values::gap(other), |made| format!("({made})")))
            }
        };
        let call = format!("{place}{name}({})", self.values.arguments(&parameters, who, 0));
        let results =
            crate::harness::guess::split(results.trim_start_matches('(').trim_end_matches(')'));
        match results.as_slice() {
            [] => format!("{call}\n\treturn nil"),
            [one] if one.ends_with("error") => format!("return {call}"),
            _ => format!("return proveSay({call})"),
        }
    }

    fn outside(&mut self, state: &str) -> String {
        let steps = self.finding.witness.iter().flat_map(|witness| &witness.steps);
        let does: Vec<&str> =
            steps.filter(|step| step.actor == "B").map(|step| step.effect.as_str()).collect();
        let removes = does.iter().any(|one| one.contains("remove") || one.contains("delete"));
        if removes && self.finding.store == "files" {
            return "return proveRemove()".to_owned();
        }
        let words = if removes { REMOVE } else { WRITE };
        let stores = does.iter().any(|one| one.contains("store"));
        if (removes || stores)
            && !self.is_foreign()
            && let Some(target) = self.best(words)
        {
            return self.call(Some(&target), "b", state);
        }
        format!("return {}", Values::gap("what the second party calls, as in state.Update(...)"))
    }

    /// What puts the entry there that the witness begins with.
    fn prepare(&mut self) -> String {
        let target = self.best(WRITE).unwrap_or_else(|| self.finding.function.clone());
        let call = self.call(Some(&target), "old", "state");
        let call = call.split("\n\treturn").next().unwrap_or_default().to_owned();
        match call.strip_prefix("return ") {
            Some(value) => format!("_ = {value}"),
            None => call,
        }
    }

    /// Whether the store is an object behind an interface, which the methods of this type need not change.
    fn is_foreign(&self) -> bool {
        let Some((_, field)) = self.finding.store.split_once('.') else { return false };
        let declared = self.receiver.as_deref().and_then(|one| self.values.package.declared(one));
        let Some(Declared::Fields(fields)) = declared else { return false };
        let kind = fields.iter().find(|(name, _)| name == field).map(|(_, kind)| kind.as_str());
        let of = kind.and_then(|kind| self.values.package.declared(kind));
        matches!(of, Some(Declared::Other(of)) if of.starts_with("interface"))
    }

    /// The function that most plainly does what the words say.
    fn best(&self, words: &[&str]) -> Option<String> {
        let names = self.values.package.functions(self.receiver.as_deref());
        let rank = |name: &&String| {
            let lower = name.to_ascii_lowercase();
            let first = words.iter().position(|word| lower.starts_with(word))?;
            let bad = lower.ends_with("locked") || lower.starts_with("new");
            (!bad).then_some((name.len() > words[first].len() + 4, first, name.len()))
        };
        let best = names.iter().filter(|name| rank(name).is_some()).min_by_key(rank)?;
        Some(match &self.receiver {
            Some(receiver) => format!("{receiver}.{best}"),
            None => best.clone(),
        })
    }

    fn probe(&self, files: bool) -> String {
        if files {
            return "proveFiles()".to_owned();
        }
        let fields =
            match self.receiver.as_deref().and_then(|one| self.values.package.declared(one)) {
                Some(Declared::Fields(fields)) => fields,
                _ => vec![],
            };
        let store = &self.finding.store;
        let attribute = store.split_once('.').map(|(_, rest)| rest.to_owned());
        let field = attribute.filter(|name| fields.iter().any(|(known, _)| known == name));
        match (field, &self.receiver) {
            (Some(field), _) => format!("proveShow(&state.{field})"),
            (None, Some(_)) => "proveShow(state)".to_owned(),
            (None, None) if store.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                format!("proveShow(&{store})")
            }
            (None, None) => "proveFiles()".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = r#"package store

import "sync"

type Store[V any] struct {
	mu    sync.Mutex
	items map[string]V
	a, b  int // two
}

func (s *Store[V]) Add(key string, value V) (bool, error) {
	return s.addLocked(key, value), nil
}

func (s *Store[V]) addLocked(key string, value V) bool { return true }

type Lock struct{ Path string }

func (l *Lock) Acquire() error { return nil }
"#;

    fn finding(function: &str, store: &str, scope: &str) -> Finding {
        serde_json::from_value(json!({
            "rule": "CTA101", "verdict": "open", "severity": "error", "consequence": "double-win",
            "title": "two callers both win", "message": "", "confidence": "high", "path": "store/store.go",
            "function": function, "store": store, "key": "key",
            "guard_gap": {"wanted": "", "scope": scope},
            "act": {"line": 14, "column": 9, "text": "s.items[key] = value"},
            "fingerprint": "0123456789abcdef"
        }))
        .unwrap()
    }

    fn made(function: &str, store: &str, scope: &str) -> Harness {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("store")).unwrap();
        std::fs::write(folder.path().join("store/store.go"), SOURCE).unwrap();
        harness(&finding(function, store, scope), folder.path())
    }

    #[test]
    fn it_stands_in_the_package_and_makes_what_is_needed() {
        let found = made("Store.addLocked", "s.items", "thread");
        assert!(found.text.starts_with("//go:build prove_cta101_14\n"), "{}", found.text);
        assert!(
            found.text.contains("&Store[string]{items: map[string]string{}}"),
            "{}",
            found.text
        );
        assert!(found.text.contains("proveSay(state.Add(\"k\", \"b\"))"), "{}", found.text);
        assert!(found.text.contains("proveShow(&state.items)"), "{}", found.text);
        assert_eq!(found.on, ["go:store.Store.addLocked"]);
        assert!(found.file.ends_with("store/prove_cta101_14.go"), "{}", found.file);
        assert_eq!(found.gaps, [""; 0]);
    }

    #[test]
    fn what_asks_for_a_lock_is_not_called_without_it() {
        let source = "package store\n\ntype Store struct {\n\titems map[string]string\n}\n\n\
                      // we expect the caller to have acquired a write lock\nfunc (s *Store) clear() {}\n\n\
                      // set stores.\nfunc (s *Store) set(key, value string) {}\n";
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("store")).unwrap();
        std::fs::write(folder.path().join("store/store.go"), source).unwrap();
        let gaps = |function: &str| {
            harness(&finding(function, "s.items", "thread"), folder.path()).gaps.len()
        };
        assert_eq!((gaps("Store.clear"), gaps("Store.set")), (2, 0));
    }

    #[test]
    fn what_meets_in_a_file_has_an_object_for_each() {
        let found = made("Lock.Acquire", "files", "host");
        assert!(found.text.contains("&Lock{Path: \"k\"}"), "{}", found.text);
        assert!(found.text.contains("return other.Acquire()"), "{}", found.text);
        assert!(found.text.contains("proveFiles()"), "{}", found.text);
    }

    #[test]
    fn functions_and_interfaces_of_the_package_are_found_for_what_it_is_made_with() {
        let source = "package q\n\ntype KeyFunc func(obj interface{}) (string, error)\n\n\
                      type Lister interface {\n\tListKeys() []string\n}\n\n\
                      type Getter interface {\n\tLister\n\tGetByKey(key string) (interface{}, bool)\n}\n\n\
                      type Store interface {\n\tAdd(obj interface{})\n\tGetter\n}\n\n\
                      func NewStore(keyFunc KeyFunc) Store { return nil }\n\n\
                      type Queue struct {\n\tknown Getter\n}\n\n\
                      func NewQueue(keyFunc KeyFunc, known Getter) *Queue { return nil }\n\n\
                      func (q *Queue) Replace(list []interface{}) error { return nil }\n";
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("store")).unwrap();
        std::fs::write(folder.path().join("store/store.go"), source).unwrap();
        let found = harness(&finding("Queue.Replace", "q.known", "thread"), folder.path());
        let key = "func(obj interface{}) (string, error) { return \"k\", nil }";
        assert!(found.text.contains(&format!("NewQueue({key}, prove_known)")), "{}", found.text);
        assert!(
            found.text.contains(&format!("var prove_known = NewStore({key})")),
            "{}",
            found.text
        );
        assert_eq!(found.gaps, [""; 0], "{}", found.text);
    }
}
