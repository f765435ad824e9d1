//! CTA143: readers may meet half a file.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 143,
    name: "non-atomic-publish",
    title: "readers may meet half a file",
    advice: "Write to a unique temporary file in the same folder, then rename it onto the name.",
    page: include_str!("cta143.md"),
};
