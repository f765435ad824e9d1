//! CTA152: a row is read, changed in memory and saved.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 152,
    name: "orm-rmw-save",
    title: "a row is read, changed in memory and saved",
    advice: "Use `F()` expressions, or `select_for_update()` in a transaction.",
    page: include_str!("cta152.md"),
};
