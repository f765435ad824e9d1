//! CTA120: what was listed may be gone when it is looked up.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 120,
    name: "list-get",
    title: "what was listed may be gone when it is looked up",
    advice: "Skip what has gone, or take the list and the entries in one step.",
    page: include_str!("cta120.md"),
};
