//! What was looked at, what was not, and why: part of every report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::words::words;

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Coverage {
    /// Files met while walking.
    pub files_seen: u64,
    /// Files parsed whole.
    pub files_parsed: u64,
    /// Files of which a part did not parse; each also stands in `gaps`.
    pub files_partly_parsed: u64,
    /// Files not parsed, for any reason.
    pub files_skipped: u64,
    /// Files whose facts came from the cache (they count as parsed, too).
    pub files_cached: u64,
    /// Lines in the files parsed whole or partly.
    pub lines: u64,
    /// Bytes in the same files.
    pub bytes: u64,
    /// Functions lowered.
    pub functions: u64,
    /// Per language.
    pub languages: BTreeMap<String, LanguageCoverage>,
    /// How many files were skipped for which reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Every file that was asked for and not, or not wholly, looked at.
    pub gaps: Vec<Gap>,
    /// Every place where a bound stopped the work.
    pub bounds: Vec<BoundHit>,
}

impl Coverage {
    /// Whether everything asked for was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// One language's share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LanguageCoverage {
    /// Files parsed whole or partly.
    pub files: u64,
    /// Their lines.
    pub lines: u64,
}

/// Why a file was not, or not wholly, looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// No front end for its language; nobody expected one.
    OtherLanguage,
    /// Excluded by an ignore file or by configuration.
    Ignored,
    /// Marked as generated.
    Generated,
    /// Not text.
    Binary,
    /// Named on the command line, and not there.
    Missing,
    /// The system would not let it be read.
    Unreadable,
    /// Longer than the bound.
    TooLarge,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// A part did not parse.
    PartlyParsed,
    /// Nothing of it parsed.
    NotParsed,
    /// Nested deeper than the bound.
    TooDeep,
    /// Took longer than the bound.
    TooSlow,
    /// A link that leads back to itself.
    LinkLoop,
    /// Processing it met a fault of this program.
    Fault,
}
words!(SkipReason {
    OtherLanguage => "other-language",
    Ignored => "ignored",
    Generated => "generated",
    Binary => "binary",
    Missing => "missing",
    Unreadable => "unreadable",
    TooLarge => "too-large",
    NotUtf8 => "not-utf8",
    PartlyParsed => "partly-parsed",
    NotParsed => "not-parsed",
    TooDeep => "too-deep",
    TooSlow => "too-slow",
    LinkLoop => "link-loop",
    Fault => "fault",
});

impl SkipReason {
    /// Whether the file was asked for, so that not looking at it leaves the answer incomplete.
    #[must_use]
    pub const fn is_gap(self) -> bool {
        !matches!(self, Self::OtherLanguage | Self::Ignored | Self::Generated | Self::Binary)
    }
}

/// One file that was asked for and not, or not wholly, looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// Index into the report's roots.
    #[serde(default)]
    pub root: u32,
    /// The file, relative to its root.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
    /// First line concerned, where there is one.
    #[serde(default)]
    pub line: Option<u32>,
    /// What the system or the parser said.
    #[serde(default)]
    pub detail: String,
}

/// A bound that stopped the work somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoundHit {
    /// The name of the bound: `schedules per slice`.
    pub bound: String,
    /// Its value.
    pub limit: u64,
    /// How often it was met.
    pub hits: u64,
    /// The first place where it was met.
    #[serde(default)]
    pub first: String,
}
