//! CTA102: two atomic calls on a synchronised object are not one.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 102,
    name: "compose",
    title: "two atomic calls on a synchronised object are not one",
    advice: "Use the object's own compound operation, or one lock that all its mutators take.",
    page: include_str!("cta102.md"),
};
