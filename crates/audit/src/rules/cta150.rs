//! CTA150: a SELECT decides a write that does not repeat its condition.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 150,
    name: "select-write",
    title: "a SELECT decides a write that does not repeat its condition",
    advice: "Put the condition into the write and read its row count: `UPDATE ... WHERE`, `INSERT ... ON CONFLICT DO UPDATE ... WHERE`.",
    page: include_str!("cta150.md"),
};
