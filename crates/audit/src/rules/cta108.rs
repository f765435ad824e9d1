//! CTA108: a decision under one lock uses data that another lock guards.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 108,
    name: "cross-store",
    title: "a decision under one lock uses data that another lock guards",
    advice: "Write the other store only under this lock, or look at it again at the act.",
    page: include_str!("cta108.md"),
};
