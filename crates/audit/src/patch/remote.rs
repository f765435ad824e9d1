//! Keys on a server: the look becomes a condition of the command that writes.

use amorsize_facts::event::{FileFacts, Lang};
use amorsize_finding::Finding;

use super::lines::Lines;
use super::propose::{Proposal, whole_lines};

/// How a look says that nothing is there, or that something is.
const LOOKS: &[(&str, &str, bool)] = &[
    ("if not ", ".exists(", false),
    ("if ", ".exists(", true),
    ("if not ", ".get(", false),
    ("if ", ".get(", true),
];

/// `if not c.exists(k): c.set(k, v)` and `if c.exists(k): return …`, `c.set(k, v)` become
/// `c.set(k, v, nx=True)`; on a cache of Django's, `add`.
pub(super) fn set_if_missing(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    if facts.lang != Lang::Python {
        return None;
    }
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let code = lines.code(head)?.strip_suffix(':')?;
    let (client, key, there) = looked(code)?;
    let (written, comment) = lines.parted(act)?;
    let written = written.strip_prefix(&format!("{client}.set({key}, "))?;
    let rest = written.strip_suffix(')')?;
    if rest.contains("nx=") || rest.contains("xx=") || key.contains('(') || rest.contains(':') {
        return None;
    }
    let from = |module: &str| {
        facts.imports.iter().any(|import| import.target.as_str().starts_with(module))
    };
    let redis = from("redis");
    let by_add = finding.store.starts_with("django.")
        || !redis && from("django.core.cache") && !client.contains('.');
    let call = match (by_add, redis) {
        (true, _) => format!("{client}.add({key}, {rest})"),
        (false, true) => format!("{client}.set({key}, {rest}, nx=True)"),
        (false, false) => return None,
    };
    let indent = lines.indent(head)?;
    let end = lines.block_end(head)?;
    let fixed = if there {
        // What was there already made the function leave; now the refusal does.
        let leaves = ["return", "raise", "continue"];
        let last = lines.code(end)?;
        let next = (end + 1..=act).find(|line| lines.depth(*line).is_some())?;
        if next != act
            || lines.depth(act)? != lines.depth(head)?
            || !leaves.iter().any(|word| last.starts_with(word))
        {
            return None;
        }
        format!("{indent}if not {call}:{comment}\n{}", lines.moved(head + 1, end, ""))
    } else {
        let after = lines.code(end + 1).unwrap_or_default();
        if act != head + 1 || after.starts_with("else") || after.starts_with("elif") {
            return None;
        }
        if end == act {
            format!("{indent}{call}{comment}\n")
        } else {
            format!("{indent}if {call}:{comment}\n{}", lines.moved(act + 1, end, ""))
        }
    };
    let last = if there { act } else { end };
    let edits = vec![whole_lines(finding, head, last, fixed)];
    let says = Some("Let the write be the check: it is refused where something is there already.");
    // `get` of a falsy value counts as a miss, the condition of the server does not.
    Some(Proposal { edits, safe: code.contains(".exists("), says })
}

/// The client, the key, and whether the condition holds where something is there.
fn looked(code: &str) -> Option<(&str, &str, bool)> {
    for (word, call, there) in LOOKS {
        let Some((client, rest)) = code.strip_prefix(word).and_then(|asked| asked.split_once(call))
        else {
            continue;
        };
        if client.contains([' ', '(']) {
            continue;
        }
        if let Some(key) = rest.strip_suffix(')') {
            return Some((client, key, *there));
        }
        if let Some(key) = rest.strip_suffix(") is None") {
            return (*word == "if ").then_some((client, key, false));
        }
        if let Some(key) = rest.strip_suffix(") is not None") {
            return (*word == "if ").then_some((client, key, true));
        }
    }
    None
}

/// `if c.setnx(k, v): c.expire(k, t)` becomes `if c.set(k, v, nx=True, ex=t):`.
pub(super) fn with_its_end(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    if facts.lang != Lang::Python {
        return None;
    }
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let (before, rest) = lines.code(head)?.split_once(".setnx(")?;
    let client = before.rsplit([' ', '(']).next()?;
    let (given, after) = rest.split_once(')')?;
    let (key, _) = given.split_once(", ")?;
    let (end, comment) = lines.parted(act)?;
    let seconds = end.strip_prefix(&format!("{client}.expire({key}, "))?.strip_suffix(')')?;
    let body = lines.block_end(head);
    let alone = body == Some(act);
    let plain = !given.contains('(') && !seconds.contains(['(', ',']);
    if act != head + 1 || !plain || alone || !(body.is_some() || after.is_empty()) {
        return None;
    }
    let fixed = format!(
        "{}{before}.set({given}, nx=True, ex={seconds}){after}{comment}\n",
        lines.indent(head)?
    );
    Some(Proposal {
        edits: vec![whole_lines(finding, head, act, fixed)],
        safe: true,
        says: Some("Give the key its end in the command that makes it."),
    })
}

const DELETE_OWN: &str = "\"if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0\"";

/// `if c.get(k) == token: c.delete(k)` becomes one script that compares and deletes.
pub(super) fn deleted_if_own(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    let redis = facts.imports.iter().any(|import| import.target.as_str().starts_with("redis"));
    if facts.lang != Lang::Python || !redis {
        return None;
    }
    let lines = Lines::of(text);
    let (head, act) = (finding.check.as_ref()?.line, finding.act.line);
    let (left, right) =
        lines.code(head)?.strip_prefix("if ")?.strip_suffix(':')?.split_once(" == ")?;
    let looked = |side: &'_ str| side.contains(".get(") && side.ends_with(')');
    let (look, token) = if looked(left) { (left, right) } else { (right, left) };
    let (client, key) = look.strip_suffix(')')?.split_once(".get(")?;
    let plain = |code: &str| !code.contains(['(', ' ', ',']) && !code.is_empty();
    let (code, comment) = lines.parted(act)?;
    let end = lines.block_end(head)?;
    let next = lines.code(end + 1).unwrap_or_default();
    let written = [code, code.strip_prefix("return ").unwrap_or(code)];
    if act != head + 1
        || !(plain(client) && plain(key) && plain(token))
        || !written.contains(&format!("{client}.delete({key})").as_str())
        || next.starts_with("el")
    {
        return None;
    }
    let indent = lines.indent(head)?;
    let call = format!("{client}.eval({DELETE_OWN}, 1, {key}, {token})");
    let fixed = match (code.starts_with("return "), end == act) {
        // Who has lost the lock is told so by the script's answer, where the block told who had it.
        (true, _) => {
            format!("{indent}if deleted := {call}:{comment}\n{indent}    return deleted\n")
        }
        (false, true) => format!("{indent}{call}{comment}\n"),
        (false, false) => format!("{indent}if {call}:{comment}\n{}", lines.moved(act + 1, end, "")),
    };
    let edits = vec![whole_lines(finding, head, end, fixed)];
    let says = Some("Compare and delete in one script, which the server runs whole.");
    // What the client hands out may be decoded, what the script compares is what was stored.
    Some(Proposal { edits, safe: false, says })
}
