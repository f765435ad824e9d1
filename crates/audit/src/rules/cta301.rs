//! CTA301: the error that says *you lost* is swallowed.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 301,
    name: "swallowed-loss",
    title: "the error that says *you lost* is swallowed",
    advice: "Handle the conflict you expect, by its own error, and let the others out.",
    page: include_str!("cta301.md"),
};
