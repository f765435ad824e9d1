//! CTA111: a cache is filled with what was read before its source was changed.

use super::Rule;

pub(super) const RULE: Rule = Rule {
    id: 111,
    name: "stale-fill",
    title: "a cache is filled with what was read before its source was changed",
    advice: "Hold one lock from reading the source to the fill, and the same one while the source and the cache are changed; or count the changes, and do not fill where the count has moved on since the reading.",
    page: include_str!("cta111.md"),
};
