//! A place in a source file.

use serde::{Deserialize, Serialize};

/// A stretch of source text. Lines and columns count from 1; columns count Unicode scalar
/// values; the end column is the first one after the stretch.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Span {
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    #[serde(default)]
    pub end_line: u32,
    /// First column after the end.
    #[serde(default)]
    pub end_column: u32,
    /// The source text of the stretch, exactly as it stands (possibly shortened at its end).
    #[serde(default)]
    pub text: String,
    /// What happens here, in words: `looks whether key is in self._data`.
    #[serde(default)]
    pub label: String,
    /// The file, when it is not the finding's own.
    #[serde(default)]
    pub path: Option<String>,
}

impl Span {
    /// A stretch within one line.
    #[must_use]
    pub fn on_line(line: u32, column: u32, text: impl Into<String>) -> Self {
        let text = text.into();
        let width = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let end_column = column.saturating_add(width);
        Self { line, column, end_line: line, end_column, text, ..Self::default() }
    }

    /// The same stretch with a label.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}
