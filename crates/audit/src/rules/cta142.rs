//! CTA142: a file is opened, then asked for by its name again.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 142,
    name: "handle-vs-path",
    title: "a file is opened, then asked for by its name again",
    advice: "Go through the handle: `os.fstat(f.fileno())`, `f.Stat()`, `f.Chmod()`.",
    page: include_str!("cta142.md"),
};
