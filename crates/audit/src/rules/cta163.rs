//! CTA163: whether a compare-and-swap took effect is not looked at.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 163,
    name: "cas-dropped",
    title: "whether a compare-and-swap took effect is not looked at",
    advice: "Look at the answer, and read and try again when it was lost.",
    page: include_str!("cta163.md"),
};
