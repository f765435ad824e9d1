//! CTA202: the answer is decided by a coin.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 202,
    name: "cleanup-by-chance",
    title: "the answer is decided by a coin",
    advice: "Answer first; clean up on writes, a constant number of steps each.",
    page: include_str!("cta202.md"),
};
