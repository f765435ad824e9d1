//! CTA161: a lock is released by whoever has its name.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 161,
    name: "release-without-token",
    title: "a lock is released by whoever has its name",
    advice: "Compare the token and delete in one step (a Lua script).",
    page: include_str!("cta161.md"),
};
