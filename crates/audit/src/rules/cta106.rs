//! CTA106: the check holds one lock, the act another.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 106,
    name: "wrong-lock",
    title: "the check holds one lock, the act another",
    advice: "Take the lock of the act before the check.",
    page: include_str!("cta106.md"),
};
