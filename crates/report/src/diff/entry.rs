//! What a comparison is made of: entries, each with what happened to one finding and why.

use amorsize_finding::{ExitCode, Finding};
use serde::Serialize;

use super::show;

/// The name and version of the JSON of a comparison.
pub const SCHEMA: &str = "amorsize-diff/1";

/// What happened to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was not there, or did not count, or was less certain.
    New,
    /// It does not count any more.
    Gone,
    /// The same finding at another place.
    Moved,
    /// The same finding at the same place.
    Unchanged,
}

impl Change {
    /// Every change, in order.
    pub const ALL: &'static [Self] = &[Self::New, Self::Gone, Self::Moved, Self::Unchanged];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Moved => "moved",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One finding with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What happened.
    pub change: Change,
    /// Why it is called that.
    pub reason: String,
    /// Set when the file was not, or not wholly, looked at on one side, so that nothing is certain.
    pub uncertain: bool,
    /// Where it was, when that is somewhere else.
    pub was: Option<Place>,
    /// The finding as it is now; for a gone one as it was.
    pub finding: Finding,
}

/// Where a finding stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line of the act.
    pub line: u32,
    /// The function.
    pub function: String,
}

/// A comparison of two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// [`SCHEMA`].
    pub schema: String,
    /// Sorted by change, then as findings are.
    pub entries: Vec<Entry>,
    /// Whether everything was looked at on the old side.
    pub old_complete: bool,
    /// Whether everything was looked at on the new side.
    pub new_complete: bool,
}

impl Diff {
    /// How many entries changed so.
    #[must_use]
    pub fn count(&self, change: Change) -> usize {
        self.entries.iter().filter(|entry| entry.change == change).count()
    }

    /// How the process should end: new findings are a regression; uncertainty is incompleteness.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.count(Change::New) > 0 {
            ExitCode::Findings
        } else if !self.new_complete || self.entries.iter().any(|entry| entry.uncertain) {
            ExitCode::Incomplete
        } else {
            ExitCode::Clean
        }
    }

    /// The comparison for a person.
    #[must_use]
    pub fn text(&self) -> String {
        show::text(self)
    }

    /// The comparison as a JSON document.
    ///
    /// # Panics
    /// Never: a comparison is made of strings and numbers.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a comparison is made of strings and numbers")
            + "\n"
    }

    /// The comparison as a Markdown table, for a comment on a change.
    #[must_use]
    pub fn markdown(&self) -> String {
        show::markdown(self)
    }
}
