//! CTA104: the lock is given back between the check and the act.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 104,
    name: "lock-gap",
    title: "the lock is given back between the check and the act",
    advice: "Look again under the second acquisition, or keep the lock.",
    page: include_str!("cta104.md"),
};
