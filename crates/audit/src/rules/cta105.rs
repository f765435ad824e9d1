//! CTA105: a check under the read lock decides an act under the write lock.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 105,
    name: "read-lock-upgrade",
    title: "a check under the read lock decides an act under the write lock",
    advice: "Look again after taking the write lock.",
    page: include_str!("cta105.md"),
};
