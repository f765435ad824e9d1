//! CTA162: a lock gets its time to live by a second command.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 162,
    name: "setnx-then-expire",
    title: "a lock gets its time to live by a second command",
    advice: "Set the lock and its time to live in one command (`SET key token NX PX ms`).",
    page: include_str!("cta162.md"),
};
