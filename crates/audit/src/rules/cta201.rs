//! CTA201: clean-up runs before the check whose answer it destroys.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 201,
    name: "cleanup-before-check",
    title: "clean-up runs before the check whose answer it destroys",
    advice: "Answer first, clean up later.",
    page: include_str!("cta201.md"),
};
