//! CTA140: a path is looked at, then opened, created or removed by name.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 140,
    name: "file-check-act",
    title: "a path is looked at, then opened, created or removed by name",
    advice: "Act first and handle the error: `exist_ok=True`, `missing_ok=True`, mode `x`, `O_EXCL`.",
    page: include_str!("cta140.md"),
};
