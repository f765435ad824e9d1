//! CTA303: what vanished is reported as something else.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 303,
    name: "wrong-reason",
    title: "what vanished is reported as something else",
    advice: "Open it, and tell a missing entry by the error of the opening.",
    page: include_str!("cta303.md"),
};
