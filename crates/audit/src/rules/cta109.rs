//! CTA109: another task runs at the `await` between check and act.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 109,
    name: "await-gap",
    title: "another task runs at the `await` between check and act",
    advice: "Look again after the `await`, or hold an async lock over both.",
    page: include_str!("cta109.md"),
};
