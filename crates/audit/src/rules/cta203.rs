//! CTA203: the same order was put right elsewhere in this tree.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 203,
    name: "sibling-not-fixed",
    title: "the same order was put right elsewhere in this tree",
    advice: "Do here what was done there.",
    page: include_str!("cta203.md"),
};
