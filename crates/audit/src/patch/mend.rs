//! Tries each proposal on a copy of the file, and keeps those that help and harm nothing.

use amorsize_facts::Vocabulary;
use amorsize_facts::event::{Coverage, FileFacts, Function};
use amorsize_finding::{Edit, Finding, Verdict};

use super::edits::apply_edits;
use super::propose;
use crate::link::Tree;
use crate::run::{Scope, audit_where};

/// Gives findings of one file their patches.
pub(crate) fn mend(
    vocabulary: &Vocabulary,
    facts: &FileFacts,
    text: &str,
    findings: &mut [&mut Finding],
) {
    let mut before: Option<Vec<Finding>> = None;
    let mut offered: Vec<Vec<Edit>> = Vec::new();
    let told: Vec<String> = findings.iter().map(|finding| finding.function.clone()).collect();
    for finding in findings {
        if finding.verdict == Verdict::Closed {
            continue;
        }
        let Some(proposal) = propose::propose(facts, text, finding) else { continue };
        // One change that mends two findings is offered once.
        if offered.contains(&proposal.edits) {
            continue;
        }
        let Some(fixed) = apply_edits(text, &proposal.edits) else { continue };
        let (after, parsed) = alone(vocabulary, &facts.path, &fixed, &told);
        if !parsed || after.iter().any(|left| same(left, finding)) {
            continue;
        }
        let known = before.get_or_insert_with(|| alone(vocabulary, &facts.path, text, &told).0);
        let there = known.iter().any(|known| same(known, finding));
        let open = |found: &&Finding| found.verdict == Verdict::Open;
        let new = |found: &Finding| !known.iter().filter(open).any(|known| same(known, found));
        let (left, open_before) =
            (after.iter().filter(open).count(), known.iter().filter(open).count());
        // What takes the place of what has gone is no fix.
        let worse = left > open_before || left == open_before && after.iter().filter(open).any(new);
        if !there || worse {
            continue;
        }
        let patch = diff(&facts.path, text, &fixed);
        if let Some(fix) = &mut finding.fix {
            offered.push(proposal.edits.clone());
            fix.patch = Some(patch);
            fix.edits = proposal.edits;
            fix.safe = proposal.safe;
            fix.verified = true;
            if let Some(says) = proposal.says {
                says.clone_into(&mut fix.summary);
            }
        }
    }
}

fn same(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule
        && a.function == b.function
        && a.store == b.store
        && a.verdict != Verdict::Closed
}

/// The findings of a file on its own, in the functions that something is told of. What a patch changes
/// stands in one of them; the rest of a long file is not explored for each patch anew. And whether all of it was
/// understood.
fn alone(vocabulary: &Vocabulary, path: &str, text: &str, told: &[String]) -> (Vec<Finding>, bool) {
    let facts = [crate::front::extract(vocabulary, path, text)];
    let asked = |function: &Function| {
        let name = function.qualified.as_str();
        told.iter().any(|told| name.starts_with(told.as_str()))
    };
    let scope = Scope { all: false, include_tests: true };
    let parsed = matches!(facts[0].coverage, Coverage::Parsed);
    (audit_where(&Tree::new(&facts), &[text.to_owned()], scope, &asked).findings, parsed)
}

fn diff(path: &str, before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
