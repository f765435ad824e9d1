//! The formats by name, and the one function that renders any of them.

use std::fmt;
use std::str::FromStr;

use amorsize_finding::{Finding, Report, Verdict};

use crate::excerpt::Sources;
use crate::{github, html, json, junit, markdown, sarif, text};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a person at a terminal.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub turns into annotations.
    Github,
    /// `JUnit` XML, for CI systems that show tests.
    Junit,
    /// Markdown, to hand in.
    Md,
    /// One HTML file.
    Html,
}

impl Format {
    /// Every format, in order.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Junit,
        Self::Md,
        Self::Html,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Junit => "junit",
            Self::Md => "md",
            Self::Html => "html",
        }
    }

    /// The format a file name asks for by its ending.
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
        match ending.as_str() {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            "md" | "markdown" => Some(Self::Md),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is not a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        write!(f, "unknown format `{}`, expected one of: {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|format| format.name() == given);
        found.ok_or_else(|| UnknownFormat(given.to_owned()))
    }
}

/// How to render.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Where source lines come from.
    pub sources: &'a dyn Sources,
    /// Width of the terminal; a moderate one when not known. Text only.
    pub columns: Option<usize>,
    /// Whether to use colour codes. Text only.
    pub color: bool,
    /// Whether closed, suppressed and baselined findings are shown to people, too.
    pub all: bool,
    /// Where a source line can be read: a URL with `{path}` and `{line}`. Markdown and HTML only.
    pub link: Option<&'a str>,
}

impl Options<'_> {
    /// Whether a finding is shown to people: live and not closed, unless all were asked for.
    pub(crate) fn shows(&self, finding: &Finding) -> bool {
        self.all || (finding.is_live() && finding.verdict != Verdict::Closed)
    }
}

/// Renders a sorted report. The result ends with a newline.
#[must_use]
pub fn render(report: &Report, format: Format, options: &Options<'_>) -> String {
    match format {
        Format::Text => text::render(report, options),
        Format::Json => json::render(report),
        Format::Jsonl => json::render_lines(report),
        Format::Sarif => sarif::render(report),
        Format::Github => github::render(report, options),
        Format::Junit => junit::render(report, options),
        Format::Md => markdown::render(report, options),
        Format::Html => html::render(report, options),
    }
}
