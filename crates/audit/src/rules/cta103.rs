//! CTA103: a value is read, changed and written back in separate steps.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 103,
    name: "read-modify-write",
    title: "a value is read, changed and written back in separate steps",
    advice: "Let the store do the arithmetic (`INCR`, `F()`, an atomic), compare and swap, or hold one lock over both.",
    page: include_str!("cta103.md"),
};
