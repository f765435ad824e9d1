//! Where in the source something stands.

use serde::{Deserialize, Serialize};

/// A range of the source: bytes `start..end`, which begin at `line`:`column` (both from 1; the column counts bytes).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The line of the first byte, from 1.
    pub line: u32,
    /// The line of the last byte, from 1.
    pub end_line: u32,
    /// The byte column of the first byte, from 1.
    pub column: u32,
}

impl Span {
    /// The text of the span; empty if `source` is not the source it was made from.
    #[must_use]
    pub fn text<'s>(&self, source: &'s str) -> &'s str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub const fn contains(&self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}
