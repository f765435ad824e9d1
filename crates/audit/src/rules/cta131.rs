//! CTA131: what is deleted need not be what was found expired.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 131,
    name: "expire-delete",
    title: "what is deleted need not be what was found expired",
    advice: "Delete only what is unchanged: repeat the condition in the statement, compare the version, or hold one lock.",
    page: include_str!("cta131.md"),
};
