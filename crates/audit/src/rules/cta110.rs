//! CTA110: a helper gives back the lock its caller holds.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 110,
    name: "lock-dropping-callee",
    title: "a helper gives back the lock its caller holds",
    advice: "Look again after the helper returns, or do not drop the lock.",
    page: include_str!("cta110.md"),
};
