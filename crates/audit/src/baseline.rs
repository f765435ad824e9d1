//! A baseline: the findings that are known and accepted, by fingerprint. It shrinks by itself and
//! never grows but by being written again.

use std::collections::BTreeMap;
use std::path::Path;

use amorsize_finding::{Finding, Fingerprint, RuleId, Verdict};
use serde::{Deserialize, Serialize};

use crate::error::Error;

const SCHEMA: &str = "amorsize-baseline/1";

/// Known findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    findings: BTreeMap<Fingerprint, Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    rule: RuleId,
    path: String,
    function: String,
    store: String,
}

impl Baseline {
    /// What a report says now.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let findings = findings
            .iter()
            .filter(|finding| finding.verdict != Verdict::Closed && finding.suppressed.is_none())
            .map(|finding| {
                let entry = Entry {
                    rule: finding.rule,
                    path: finding.path.clone(),
                    function: finding.function.clone(),
                    store: finding.store.clone(),
                };
                (finding.fingerprint.clone(), entry)
            })
            .collect();
        Self { schema: SCHEMA.to_owned(), findings }
    }

    /// Reads one.
    ///
    /// # Errors
    /// When the file cannot be read or is not a baseline.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::unreadable(path.to_path_buf(), source))?;
        serde_json::from_str(&text)
            .map_err(|source| Error::not_a_baseline(path.to_path_buf(), source))
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Marks what is known.
    pub fn apply(&self, findings: &mut [Finding]) {
        for finding in findings {
            finding.baselined = self.findings.contains_key(&finding.fingerprint);
        }
    }

    /// How many entries no finding stands for any more.
    #[must_use]
    pub fn stale(&self, findings: &[Finding]) -> usize {
        let now: std::collections::BTreeSet<&Fingerprint> =
            findings.iter().map(|finding| &finding.fingerprint).collect();
        self.findings.keys().filter(|known| !now.contains(known)).count()
    }

    /// The same without the entries that no finding stands for any more.
    #[must_use]
    pub fn shrunk(&self, findings: &[Finding]) -> Self {
        let mut kept = self.clone();
        kept.findings.retain(|known, _| findings.iter().any(|f| f.fingerprint == *known));
        kept
    }
}
