//! Small trees of caches, counters, locks and look-alikes as people write them: what is marked
//! `race` has an open finding, `maybe` at least a conditional one, `unshown` that and no open one, `safe` no
//! open one.

use std::collections::BTreeMap;
use std::path::Path;

use amorsize_finding::Verdict;

use crate::rules::audit;

/// The marked functions of a file, by the name that findings use.
fn marks(source: &str) -> BTreeMap<String, String> {
    let mut class = None;
    let mut found = BTreeMap::new();
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("class ") {
            class = rest.split(['(', ':']).next().map(str::to_owned);
        } else if line.starts_with("def ") || line.starts_with("async def ") {
            class = None;
        }
        let Some((code, mark)) = line.rsplit_once("# ").or_else(|| line.rsplit_once("// ")) else {
            continue;
        };
        if !["race", "maybe", "unshown", "safe"].contains(&mark) {
            continue;
        }
        let code = code.trim().trim_start_matches("async ");
        let name = match (code.strip_prefix("def "), code.strip_prefix("func (")) {
            (Some(rest), _) => {
                let name = rest.split('(').next().unwrap_or_default();
                class.as_ref().map_or(name.to_owned(), |class| format!("{class}.{name}"))
            }
            (_, Some(rest)) => {
                let (receiver, rest) = rest.split_once(") ").unwrap_or_default();
                let receiver = receiver.split('[').next().unwrap_or_default();
                let of = receiver.rsplit([' ', '*']).next().unwrap_or_default();
                format!("{of}.{}", rest.split('(').next().unwrap_or_default())
            }
            _ => {
                let rest = code.trim_start_matches("func ");
                rest.split('(').next().unwrap_or_default().to_owned()
            }
        };
        found.insert(name, mark.to_owned());
    }
    found
}

#[test]
fn a_tree_as_people_write_it_is_told_apart() {
    told_apart("tests/field", 90);
}

#[test]
fn in_a_program_two_goroutines_must_be_seen_to_meet() {
    told_apart("tests/program", 11);
}

/// Checks what is said of each marked function of a tree that has at least so many.
fn told_apart(tree: &str, marked: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(tree);
    let copy = tempfile::tempdir().expect("a private folder");
    let mut wanted = BTreeMap::new();
    let mut todo = vec![folder.clone()];
    while let Some(at) = todo.pop() {
        for entry in std::fs::read_dir(at).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("read");
            let own = path.strip_prefix(&folder).expect("inside");
            let to = copy.path().join(own);
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            std::fs::write(to, &source).expect("written");
            for (function, mark) in marks(&source) {
                wanted.insert((own.to_string_lossy().into_owned(), function), mark);
            }
        }
    }
    assert!(wanted.len() >= marked, "the marks are read: {}", wanted.len());
    let found = audit(copy.path());
    let mut wrong = Vec::new();
    for ((path, function), mark) in &wanted {
        let verdicts: Vec<_> = found
            .iter()
            .filter(|f| f.path.ends_with(path.as_str()) && f.function == *function)
            .map(|f| (f.verdict, f.rule.to_string(), f.title.clone()))
            .collect();
        let open = verdicts.iter().any(|(verdict, ..)| *verdict == Verdict::Open);
        let right = match mark.as_str() {
            "race" => open,
            "maybe" => !verdicts.is_empty(),
            "unshown" => !open && !verdicts.is_empty(),
            _ => !open,
        };
        if !right {
            wrong.push(format!("{path} {function} is {mark}: {verdicts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
