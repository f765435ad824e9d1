//! The smallest change that closes a window.

use serde::{Deserialize, Serialize};

/// A fix in words, and where it is mechanical as a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fix {
    /// One sentence, imperative.
    pub summary: String,
    /// A unified diff against the finding's root, when mechanical.
    #[serde(default)]
    pub patch: Option<String>,
    /// The same change as edits, for editors and for applying.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// Whether it keeps the meaning for every caller that is not racing.
    #[serde(default)]
    pub safe: bool,
    /// Whether the patched code was explored again and the witness was gone.
    #[serde(default)]
    pub verified: bool,
}

/// One replacement of source text; counts as [`crate::Span`] does. An empty stretch inserts.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edit {
    /// The file, relative to the root.
    pub path: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// First column after the end.
    pub end_column: u32,
    /// What stands there afterwards.
    pub replacement: String,
}
