//! A lock taken around check and act where neither holds one: the one that the object, or the module,
//! already has, else one that it is given. Not offered where a helper on the way takes it too, or a caller may hold it.

use amorsize_facts::event::{FileFacts, Function, FunctionKind, Lang};
use amorsize_finding::{Edit, Finding};

use super::lines::{Lines, mentions};
use super::new_lock;
use super::propose::{Proposal, edit_between, function_at, whole_lines};

/// A lock in the words of the function.
pub(super) struct Lock {
    pub code: String,
    pub reentrant: bool,
    /// What brings it into being, where it is not there yet.
    pub made: Vec<Edit>,
}

/// Proposes to hold the lock from the check to the act.
pub(super) fn taken(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let function = function_at(facts, finding.act.line)?;
    if matches!(function.kind, FunctionKind::Module | FunctionKind::Constructor) {
        return None;
    }
    let lock = lock_of(facts, function, finding)
        .or_else(|| new_lock::given(facts, &lines, function, finding))?;
    let own = lines.moved(function.span.line, function.span.end_line, "");
    if mentions(&own, &lock.code) || held_by_callers(facts, &lines, function, &lock) {
        return None;
    }
    let (first, last) = match facts.lang {
        Lang::Python => lines.cover(finding.check.as_ref()?.line, finding.act.line)?,
        _ => (function.span.line + 1, function.span.end_line - 1),
    };
    let section = lines.moved(first, last, "    ");
    let unfit = match facts.lang {
        Lang::Python => ["yield", "await ", "\"\"\"", "'''"].as_slice(),
        _ => ["<-", "go func", "select {", "`"].as_slice(),
    };
    if unfit.iter().any(|word| section.contains(word)) {
        return None;
    }
    if !lock.reentrant && !stays_clear(facts, &lines, function, &section, &lock) {
        return None;
    }
    let fresh = !lock.made.is_empty();
    let edit = if facts.lang == Lang::Python {
        let head = if function.is_async { "async with" } else { "with" };
        let fixed = format!("{}{head} {}:\n{section}", lines.indent(first)?, lock.code);
        whole_lines(finding, first, last, fixed)
    } else {
        if !lines.code(function.span.line)?.ends_with('{') {
            return None;
        }
        let code = &lock.code;
        let fixed = format!("\t{code}.Lock()\n\tdefer {code}.Unlock()\n");
        edit_between(finding, (first, 1), (first, 1), fixed)
    };
    let says = match fresh {
        true => "Give it a lock, and hold it from the check to the act.",
        false => "Hold the lock that is there from the check to the act.",
    };
    let safe = !fresh && calls(&section).all(is_harmless);
    let mut edits = lock.made;
    edits.push(edit);
    Some(Proposal { edits, safe, says: Some(says) })
}

const LOCKS: &[&str] = &["threading.Lock", "threading.RLock", "sync.Mutex", "sync.RWMutex"];

/// The only lock beside the store: of the object for its fields, of the module for its variables.
fn lock_of(facts: &FileFacts, function: &Function, finding: &Finding) -> Option<Lock> {
    let fits = |name: &str| match function.is_async {
        true => name == "asyncio.Lock",
        false => LOCKS.contains(&name),
    };
    let receiver = function.receiver.as_ref();
    let base = receiver.filter(|own| {
        finding.store.strip_prefix(own.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
    });
    let mut found: Vec<(String, &str)> = Vec::new();
    match base {
        Some(receiver) if receiver.by_value => return None,
        Some(receiver) => {
            let class = facts.classes.iter().find(|class| class.name == receiver.class)?;
            for field in &class.fields {
                let Some(of) = field.type_ref.as_ref().filter(|of| fits(of.name.as_str())) else {
                    continue;
                };
                if !field.embedded {
                    found.push((format!("{}.{}", receiver.name, field.name), of.name.as_str()));
                }
            }
        }
        None => {
            let own = |name: &str| {
                facts
                    .globals
                    .iter()
                    .any(|global| global.name.as_str().trim_start_matches('.') == name)
            };
            if !own(&finding.store) {
                return None;
            }
            for global in &facts.globals {
                if let Some(of) = global.type_ref.as_ref().filter(|of| fits(of.name.as_str())) {
                    let name = global.name.as_str().trim_start_matches('.');
                    found.push((name.to_owned(), of.name.as_str()));
                }
            }
        }
    }
    let [(code, of)] = found.as_slice() else { return None };
    Some(Lock { code: code.clone(), reentrant: *of == "threading.RLock", made: Vec::new() })
}

/// The lock's name without the object that has it.
fn bare(lock: &Lock) -> &str {
    lock.code.rsplit('.').next().unwrap_or(&lock.code)
}

fn body(lines: &Lines<'_>, function: &Function) -> String {
    lines.moved(function.span.line, function.span.end_line, "")
}

/// Whether somebody who knows the lock calls the function, maybe while holding it.
fn held_by_callers(facts: &FileFacts, lines: &Lines<'_>, function: &Function, lock: &Lock) -> bool {
    let name = function.name.as_str();
    !lock.reentrant
        && facts.functions.iter().any(|other| {
            if other.span == function.span || other.kind == FunctionKind::Module {
                return false;
            }
            let body = body(lines, other);
            // A property is run without being called.
            mentions(&body, bare(lock)) && mentions(&body, name)
        })
}

/// Whether nothing that a section calls, directly or further down, takes the lock.
fn stays_clear(
    facts: &FileFacts,
    lines: &Lines<'_>,
    function: &Function,
    section: &str,
    lock: &Lock,
) -> bool {
    let mut seen: Vec<String> = Vec::new();
    let mut todo: Vec<String> = calls(section).map(str::to_owned).collect();
    while let Some(name) = todo.pop() {
        if function.name.as_str() == name {
            return false;
        }
        if seen.contains(&name) {
            continue;
        }
        for callee in facts.functions.iter().filter(|callee| callee.name.as_str() == name) {
            let body = body(lines, callee);
            if mentions(&body, bare(lock)) {
                return false;
            }
            todo.extend(calls(&body).map(str::to_owned));
        }
        // A method of the object that stands in another file.
        let receiver = function.receiver.as_ref().map_or("", |own| own.name.as_str());
        let known = facts.functions.iter().any(|callee| callee.name.as_str() == name);
        if !known && section.contains(&format!("{receiver}.{name}(")) && !receiver.is_empty() {
            return false;
        }
        seen.push(name);
    }
    true
}

/// The names that are called in a text.
fn calls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('(').filter_map(|(at, _)| {
        let before = &text[..at];
        let start =
            before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |found| found + 1);
        (start < at).then(|| &before[start..])
    })
}

/// Calls that neither wait nor come back.
fn is_harmless(name: &str) -> bool {
    let words = [
        "len",
        "int",
        "str",
        "float",
        "bool",
        "min",
        "max",
        "list",
        "dict",
        "set",
        "sorted",
        "get",
        "pop",
        "append",
        "add",
        "setdefault",
        "items",
        "keys",
        "values",
        "discard",
        "remove",
        "update",
        "deque",
        "delete",
        "make",
        "string",
        "int64",
        "KeyError",
        "ValueError",
        "RuntimeError",
        "isinstance",
    ];
    words.contains(&name)
}
