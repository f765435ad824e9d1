//! CTA302: whether it took effect is not looked at.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 302,
    name: "result-ignored",
    title: "whether it took effect is not looked at",
    advice: "Read the result, and answer by it.",
    page: include_str!("cta302.md"),
};
