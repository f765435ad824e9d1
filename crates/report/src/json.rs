//! The published JSON: one document or one object a line, and the way back.

use amorsize_finding::{Report, SCHEMA};
use serde_json::{Value, json};

/// One document, indented.
pub(crate) fn render(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report is made of strings and numbers") + "\n"
}

/// One object a line: a head, the findings, a tail. Each says its `type`.
pub(crate) fn render_lines(report: &Report) -> String {
    let mut out = String::new();
    let head = json!({
        "type": "report",
        "schema": report.schema,
        "tool": report.tool,
        "roots": report.roots,
    });
    push!(&mut out, "{head}\n");
    for finding in &report.findings {
        let mut value =
            serde_json::to_value(finding).expect("a finding is made of strings and numbers");
        if let Value::Object(keys) = &mut value {
            keys.insert("type".to_owned(), "finding".into());
        }
        push!(&mut out, "{value}\n");
    }
    let tail = json!({
        "type": "end",
        "coverage": report.coverage,
        "suppressions_unused": report.suppressions_unused,
        "stats": report.stats,
    });
    push!(&mut out, "{tail}\n");
    out
}

/// Why a report could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Inner);

#[derive(Debug, thiserror::Error)]
enum Inner {
    #[error("not a report of this program: {0}")]
    Malformed(#[source] serde_json::Error),
    #[error("written in schema `{found}`, this version reads `{SCHEMA}`")]
    OtherSchema { found: String },
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not JSON, or not of a report's shape.
    Malformed,
    /// A report of another schema version.
    OtherSchema,
}

impl Error {
    /// What kind of failure it was.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self.0 {
            Inner::Malformed(_) => ErrorKind::Malformed,
            Inner::OtherSchema { .. } => ErrorKind::OtherSchema,
        }
    }
}

/// Reads a report that [`crate::Format::Json`] wrote, and puts it into order.
///
/// # Errors
/// When the text is not such a report.
pub fn from_json(text: &str) -> Result<Report, Error> {
    #[derive(serde::Deserialize)]
    struct Head {
        schema: String,
    }
    let malformed = |error| Error(Inner::Malformed(error));
    let head: Head = serde_json::from_str(text).map_err(malformed)?;
    if head.schema != SCHEMA {
        return Err(Error(Inner::OtherSchema { found: head.schema }));
    }
    let mut report: Report = serde_json::from_str(text).map_err(malformed)?;
    report.sort();
    Ok(report)
}
