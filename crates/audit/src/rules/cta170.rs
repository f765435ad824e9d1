//! CTA170: entries are evicted by a count that is no longer true.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 170,
    name: "size-then-evict",
    title: "entries are evicted by a count that is no longer true",
    advice: "Count and evict in one step, or hold one lock over both.",
    page: include_str!("cta170.md"),
};
