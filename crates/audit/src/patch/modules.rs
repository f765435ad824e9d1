//! Where a module takes what a patch adds to it.

use amorsize_facts::event::{FileFacts, Lang};
use amorsize_finding::{Edit, Finding};

use super::lines::Lines;
use super::propose::edit_between;

/// What brings a module in, where it is not there yet. `None` if there is no place for it.
pub(super) fn import(
    facts: &FileFacts,
    lines: &Lines<'_>,
    finding: &Finding,
    module: &str,
) -> Option<Option<Edit>> {
    let name = module.rsplit('/').next()?;
    let known = facts
        .imports
        .iter()
        .any(|import| import.target.as_str() == module && import.alias.as_str() == name);
    if known {
        return Some(None);
    }
    if facts.imports.iter().any(|import| import.alias.as_str() == name) {
        return None;
    }
    let (line, text) = if facts.lang == Lang::Go {
        let open = (1..)
            .take_while(|line| lines.at(*line).is_some())
            .find(|line| lines.code(*line) == Some("import ("));
        match open {
            Some(open) => {
                let before = |line: &u32| {
                    lines.code(*line).is_some_and(|code| {
                        code.strip_prefix('"')
                            .is_some_and(|path| path.trim_end_matches('"') < module)
                    })
                };
                let line = (open + 1..).take_while(before).last().unwrap_or(open) + 1;
                (line, format!("\t\"{module}\"\n"))
            }
            None => {
                let single = facts.imports.first()?.span.line;
                (single + 1, format!("import \"{module}\"\n"))
            }
        }
    } else {
        let plain = |line: &u32| {
            lines.at(*line).is_some_and(|code| {
                code.starts_with("import ")
                    || code.starts_with("from ") && !code.starts_with("from __future__")
            })
        };
        let code = |line: &u32| {
            lines.code(*line).is_some_and(|code| !code.is_empty() && !code.starts_with('#'))
        };
        let first =
            (1..=finding.act.line).find(plain).or_else(|| (1..=finding.act.line).find(code))?;
        let quoted = |code: &str| code.starts_with(['"', '\'']) || code.contains("__future__");
        if lines.code(first).is_none_or(quoted) {
            return None;
        }
        let run: Vec<u32> = (first..).take_while(plain).collect();
        let whole = |line: &&u32| lines.at(**line).is_some_and(|code| code.starts_with("import "));
        let before = |line: &&u32| {
            lines.at(**line).is_some_and(|code| code < format!("import {module}").as_str())
        };
        let after = run.iter().filter(whole).rfind(before).map(|line| line + 1);
        let line = after.or_else(|| run.iter().find(whole).copied()).unwrap_or(first);
        (line, format!("import {module}\n"))
    };
    Some(Some(edit_between(finding, (line, 1), (line, 1), text)))
}

/// The line before the first function or class of a Python module, and what belongs to it.
pub(super) fn before_definitions(facts: &FileFacts, lines: &Lines<'_>) -> Option<u32> {
    let functions = facts.functions.iter().filter(|function| !function.body.is_empty());
    let heads = functions.map(|function| function.span.line);
    let mut line = heads
        .chain(facts.classes.iter().map(|class| class.span.line))
        .filter(|line| lines.depth(*line) == Some(0))
        .filter(|line| {
            lines.code(*line).is_some_and(|code| {
                ["def ", "class ", "async def ", "@"].iter().any(|word| code.starts_with(word))
            })
        })
        .min()?;
    while line > 1
        && lines.code(line - 1).is_some_and(|code| code.starts_with('@') || code.starts_with('#'))
    {
        line -= 1;
    }
    Some(line)
}
