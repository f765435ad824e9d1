//! CTA160: a look at a shared server decides a second command.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 160,
    name: "remote-get-set",
    title: "a look at a shared server decides a second command",
    advice: "Use the conditional command: `SET NX`, `add`, `gets`/`cas`, or a Lua script.",
    page: include_str!("cta160.md"),
};
