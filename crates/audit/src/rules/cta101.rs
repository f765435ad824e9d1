//! CTA101: a check decides a write that somebody else may get in before.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 101,
    name: "check-set",
    title: "a check decides a write that somebody else may get in before",
    advice: "Decide and act in one step: `setdefault`, `LoadOrStore`, or one lock around both.",
    page: include_str!("cta101.md"),
};
