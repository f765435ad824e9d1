//! CTA107: shared state is made by whoever comes first, and two may be first.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 107,
    name: "lazy-init",
    title: "shared state is made by whoever comes first, and two may be first",
    advice: "Use `once`, or look again under a lock.",
    page: include_str!("cta107.md"),
};
