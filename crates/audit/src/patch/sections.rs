//! Critical sections: two acquisitions of one lock become one, or the act looks again under its own.

use amorsize_facts::event::{FileFacts, Lang};
use amorsize_finding::Finding;

use super::lines::{Lines, mentions};
use super::propose::{Proposal, function_at, whole_lines};

/// Proposes how check and act get into one section.
pub(super) fn one_section(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    match facts.lang {
        Lang::Python => widened(facts, &lines, finding),
        Lang::Go => looks_again(&lines, finding)
            .or_else(|| asks_again(&lines, finding))
            .or_else(|| held_to_the_end(facts, &lines, finding)),
        _ => None,
    }
}

/// The head of the innermost `with` around a line that begins at `least` or later.
fn with_around(lines: &Lines<'_>, line: u32, least: u32) -> Option<u32> {
    (least..line).rev().find(|head| {
        lines.code(*head).is_some_and(|code| code.starts_with("with ") && code.ends_with(':'))
            && lines.block_end(*head).is_some_and(|end| end >= line)
    })
}

/// `with lock:` for the check and again for the act becomes one `with lock:` over both. What stands in
/// between comes under the lock, so it must not call what may take it as well.
fn widened(facts: &FileFacts, lines: &Lines<'_>, finding: &Finding) -> Option<Proposal> {
    let function = function_at(facts, finding.act.line)?;
    let check = finding.check.as_ref()?.line;
    let first = with_around(lines, check, function.span.line)?;
    let second = with_around(lines, finding.act.line, first + 1)?;
    let (first_end, second_end) = (lines.block_end(first)?, lines.block_end(second)?);
    if lines.code(first)? != lines.code(second)? || second <= first_end {
        return None;
    }
    // The statement beside the first section that the second one stands in.
    let depth = lines.depth(first)?;
    let mut end = second_end;
    let mut number = second_end + 1;
    while number <= function.span.end_line {
        let own = lines.depth(number);
        let goes_on = lines.code(number).is_some_and(|code| {
            ["else:", "elif ", "except", "finally:"].iter().any(|word| code.starts_with(word))
        });
        if own.is_some_and(|own| own < depth || own == depth && !goes_on) {
            break;
        }
        if own.is_some() {
            end = number;
        }
        number += 1;
    }
    let between =
        lines.moved(first_end + 1, second - 1, "") + &lines.moved(second_end + 1, end, "");
    let unfit = ["self.", "with ", "await ", "yield", "\"\"\"", "'''", ".acquire"];
    if unfit.iter().any(|word| calls_or_has(&between, word)) {
        return None;
    }
    let fixed = [
        lines.moved(first, first_end, ""),
        lines.moved(first_end + 1, second - 1, "    "),
        lines.moved(second + 1, second_end, ""),
        lines.moved(second_end + 1, end, "    "),
    ]
    .concat();
    Some(Proposal { edits: vec![whole_lines(finding, first, end, fixed)], safe: false, says: None })
}

/// Whether a text has a word; of the object itself only calls of its methods count.
fn calls_or_has(text: &str, word: &str) -> bool {
    if word != "self." {
        return text.contains(word);
    }
    text.match_indices(word).any(|(at, _)| {
        let rest = &text[at + word.len()..];
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest[name..].starts_with('(')
    })
}

/// Go's statement `names := store[key]`, that it is followed by giving a lock back, and the `if` that
/// leaves on what was seen.
struct Look<'t> {
    names: &'t str,
    read: &'t str,
    cond: &'t str,
    /// The one line that the `if` runs.
    leaves: &'t str,
}

fn look<'t>(lines: &Lines<'t>, check: u32) -> Option<Look<'t>> {
    let (names, read) = lines.code(check)?.split_once(" := ")?;
    if !gives_back(lines.code(check + 1)?) {
        return None;
    }
    let head = (check + 2..check + 4).find(|line| lines.depth(*line).is_some())?;
    let cond = lines.code(head)?.strip_prefix("if ")?.strip_suffix(" {")?;
    let leaves = lines.code(head + 1)?;
    if !leaves.starts_with("return") || lines.closing(head)? != head + 2 || cond.contains(';') {
        return None;
    }
    Some(Look { names, read, cond, leaves })
}

fn gives_back(code: &str) -> bool {
    code.ends_with(".Unlock()") || code.ends_with(".RUnlock()")
}

/// The line at which the lock of the act is taken, and whether it is given back by `defer`.
fn taken_before(lines: &Lines<'_>, act: u32, after: u32) -> Option<(u32, bool)> {
    let line = (after..act).rev().find(|line| {
        lines.code(*line).is_some_and(|code| code.ends_with(".Lock()") && !code.contains(' '))
    })?;
    let lock = lines.code(line)?.strip_suffix("Lock()")?;
    Some((line, lines.code(line + 1)? == format!("defer {lock}Unlock()")))
}

/// The look that led to an early return stands again behind the second `Lock()`.
fn looks_again(lines: &Lines<'_>, finding: &Finding) -> Option<Proposal> {
    let check = finding.check.as_ref()?.line;
    let look = look(lines, check)?;
    let (taken, deferred) = taken_before(lines, finding.act.line, check + 5)?;
    if lines.depth(taken)? != lines.depth(check)? {
        return None;
    }
    let indent = lines.indent(taken)?;
    let lock = lines.code(taken)?.strip_suffix("Lock()")?;
    // What is declared and not used does not compile.
    let used = |name: &str| mentions(look.cond, name) || mentions(look.leaves, name);
    let names: Vec<&str> =
        look.names.split(", ").map(|name| if used(name) { name } else { "_" }).collect();
    if names.iter().all(|name| *name == "_") {
        return None;
    }
    let back = if deferred { String::new() } else { format!("{indent}\t{lock}Unlock()\n") };
    let at = if deferred { taken + 1 } else { taken };
    let fixed = format!(
        "{}{indent}if {} := {}; {} {{\n{back}{indent}\t{}\n{indent}}}\n",
        lines.moved(at, at, ""),
        names.join(", "),
        look.read,
        look.cond,
        look.leaves
    );
    Some(Proposal { edits: vec![whole_lines(finding, at, at, fixed)], safe: true, says: None })
}

/// `if v, ok := store[key]; ok { mu.RUnlock(); return v }` stands again behind the second `Lock()`.
fn asks_again(lines: &Lines<'_>, finding: &Finding) -> Option<Proposal> {
    let check = finding.check.as_ref()?.line;
    let head = lines.code(check)?;
    let end = lines.closing(check)?;
    let (taken, deferred) = taken_before(lines, finding.act.line, end + 1)?;
    let leaves = lines.code(end - 1)?.starts_with("return");
    let asks = head.starts_with("if ") && head.contains(" := ") && head.contains("; ");
    if !asks || !leaves || lines.depth(taken)? != lines.depth(check)? {
        return None;
    }
    let lock = lines.code(taken)?.strip_suffix("Lock()")?;
    let at = if deferred { taken + 1 } else { taken };
    let mut fixed = lines.moved(at, at, "") + &lines.moved(check, check, "");
    for line in check + 1..=end {
        let code = lines.code(line)?;
        let given_back = code.strip_prefix(lock).is_some_and(|rest| rest.ends_with("Unlock()"));
        match (given_back, deferred) {
            (true, true) => {}
            (true, false) => {
                fixed += lines.indent(line)?;
                fixed += lock;
                fixed += "Unlock()\n";
            }
            (false, _) => fixed += &lines.moved(line, line, ""),
        }
    }
    Some(Proposal { edits: vec![whole_lines(finding, at, at, fixed)], safe: true, says: None })
}

/// The lock is taken once and held until the function returns. It must not call what may take it.
fn held_to_the_end(facts: &FileFacts, lines: &Lines<'_>, finding: &Finding) -> Option<Proposal> {
    let function = function_at(facts, finding.act.line)?;
    let receiver = function.receiver.as_ref()?.name.as_str();
    let (begin, end) = (function.span.line, function.span.end_line);
    let check = finding.check.as_ref()?.line;
    let first = (begin..check).rev().find(|line| {
        lines.code(*line).is_some_and(|code| code.ends_with("Lock()") && !code.contains(' '))
    })?;
    if lines.depth(first)? != lines.depth(begin)? + 1 {
        return None;
    }
    let code = lines.code(first)?;
    let lock = code.strip_suffix(".RLock()").or_else(|| code.strip_suffix(".Lock()"))?;
    let words = [".Lock()", ".Unlock()", ".RLock()", ".RUnlock()"];
    let of_lock = |code: &str| {
        let code = code.strip_prefix("defer ").unwrap_or(code);
        code.strip_prefix(lock).is_some_and(|rest| words.contains(&rest))
    };
    let indent = lines.indent(first)?;
    let mut fixed = format!("{indent}{lock}.Lock()\n{indent}defer {lock}.Unlock()\n");
    for number in first + 1..=end {
        let code = lines.code(number)?;
        if of_lock(code) || code.is_empty() && fixed.ends_with("\n\n") {
            continue;
        }
        let calls = code.match_indices(&format!("{receiver}.")).any(|(at, word)| {
            let rest = &code[at + word.len()..];
            let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            name.is_some_and(|name| rest[name..].starts_with('('))
        });
        if calls || code.contains("<-") || code.starts_with("go ") || code.contains("func(") {
            return None;
        }
        fixed.push_str(&lines.moved(number, number, ""));
    }
    Some(Proposal { edits: vec![whole_lines(finding, first, end, fixed)], safe: false, says: None })
}

/// `Load`, and then `Store` what was missing, become `LoadOrStore` with the answer of the look.
pub(super) fn load_or_store(text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let (check, act) = (finding.check.as_ref()?.line, finding.act.line);
    let code = lines.code(act)?;
    let (map, rest) = code.split_once(".Store(")?;
    let pair = rest.strip_suffix(')')?;
    let (key, _) = pair.split_once(", ")?;
    let load = format!("{map}.Load({key})");
    let indent = lines.indent(act)?;
    let looked = lines.code(check)?;
    let (names, cond, head) = match looked.strip_prefix("if ") {
        Some(rest) => {
            let (names, cond) = rest.strip_suffix(" {")?.split_once(&format!(" := {load}; "))?;
            (names, cond, check)
        }
        None => {
            let names = looked.strip_suffix(&load)?.strip_suffix(" := ")?;
            (names, lines.code(check + 1)?.strip_prefix("if ")?.strip_suffix(" {")?, check + 1)
        }
    };
    let (_, found) = names.split_once(", ")?;
    if cond == format!("!{found}") {
        // Who is second finds what the first one stored, and keeps it.
        let fixed = format!("{indent}{map}.LoadOrStore({pair})\n");
        return Some(Proposal {
            edits: vec![whole_lines(finding, act, act, fixed)],
            safe: false,
            says: None,
        });
    }
    let leaves = lines.code(head + 1)?;
    if cond != found || !leaves.starts_with("return") || lines.closing(head)? != head + 2 {
        return None;
    }
    let (value, _) = names.split_once(", ")?;
    let value = if mentions(leaves, value) { value } else { "_" };
    let fixed = format!(
        "{indent}if {value}, {found} := {map}.LoadOrStore({pair}); {found} {{\n{indent}\t{leaves}\n{indent}}}\n"
    );
    Some(Proposal { edits: vec![whole_lines(finding, act, act, fixed)], safe: true, says: None })
}
