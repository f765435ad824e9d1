//! CTA144: a lock file is taken by looking whether it exists.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 144,
    name: "lock-file",
    title: "a lock file is taken by looking whether it exists",
    advice: "Create it with `O_EXCL` (mode `x`), or lock an open file with `flock`.",
    page: include_str!("cta144.md"),
};
