//! The pages of the rules are their test cases: what is marked is found there, and the good twins
//! stay silent.

use std::path::Path;

use amorsize_audit::{RULES, Request, run};
use amorsize_finding::{Finding, Verdict};

struct Block<'p> {
    rule: u16,
    lang: &'p str,
    bad: bool,
    kind: &'p str,
    code: String,
}

fn blocks(rule: u16, page: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for line in page.lines() {
        match &mut open {
            Some(block) if line == "```" => {
                let _ = block;
                found.extend(open.take().filter(|block| block.kind != "missed"));
            }
            Some(block) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            None => {
                if let Some(info) = line.strip_prefix("```") {
                    let (lang, kind) = info.split_once(' ').unwrap_or((info, ""));
                    let bad = kind == "bad";
                    open = Some(Block { rule, lang, bad, kind, code: String::new() });
                }
            }
        }
    }
    found
}

fn findings(lang: &str, code: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a private folder");
    let name = if lang == "go" { "sample.go" } else { "sample.py" };
    std::fs::write(folder.path().join(name), code).expect("written");
    audit(folder.path())
}

pub(crate) fn audit(folder: &Path) -> Vec<Finding> {
    let request = Request { roots: vec![folder.to_path_buf()], jobs: 1, ..Request::default() };
    run(&request).expect("audited").findings
}

fn marks(code: &str) -> Vec<(u32, String, bool)> {
    (1_u32..)
        .zip(code.lines())
        .filter_map(|(line, text)| {
            let (_, mark) = text.split_once("<- ")?;
            let sure = !mark.ends_with('?');
            Some((line, mark.trim_end_matches('?').to_owned(), sure))
        })
        .collect()
}

#[test]
fn pages_hold_what_they_say() {
    let mut wrong = Vec::new();
    for rule in RULES {
        for block in blocks(rule.id, rule.page) {
            let found = findings(block.lang, &block.code);
            let told: Vec<String> = found
                .iter()
                .map(|f| format!("{} {} line {} {}", f.verdict, f.rule, f.act.line, f.title))
                .collect();
            let place = format!(
                "CTA{} {} {}",
                block.rule,
                block.lang,
                if block.bad { "bad" } else { "good" }
            );
            if !block.bad && !found.is_empty() {
                wrong.push(format!("{place}: not silent: {told:#?}"));
            }
            for (line, id, sure) in marks(&block.code) {
                let hit = found.iter().any(|f| {
                    let near =
                        f.act.line == line || f.check.as_ref().is_some_and(|c| c.line == line);
                    near && f.rule.to_string() == id && (f.verdict == Verdict::Open || !sure)
                });
                if !hit {
                    wrong.push(format!("{place}: nothing at line {line}, wanted {id}: {told:#?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_open_finding_carries_a_witness() {
    for rule in RULES {
        for block in blocks(rule.id, rule.page).iter().filter(|block| block.bad) {
            let told = findings(block.lang, &block.code);
            for finding in told.iter().filter(|finding| finding.verdict != Verdict::Closed) {
                assert!(
                    finding.witness.as_ref().is_some_and(|witness| !witness.steps.is_empty()),
                    "{}: {}",
                    finding.rule,
                    finding.title
                );
            }
        }
    }
}
