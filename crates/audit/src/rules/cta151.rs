//! CTA151: `exists()` decides a `create()`.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 151,
    name: "orm-exists-create",
    title: "`exists()` decides a `create()`",
    advice: "Use `get_or_create` on columns with a unique constraint.",
    page: include_str!("cta151.md"),
};
