//! One site where the answer depends on the schedule, the coin or a swallowed error.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use crate::{
    Confidence, Consequence, Fingerprint, Fix, Guard, GuardGap, ProofNote, RuleId, Severity, Span,
    Verdict, Witness,
};

/// A finding: where, what, what it does, why we believe it, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// What exploration says.
    pub verdict: Verdict,
    /// How much it matters.
    pub severity: Severity,
    /// What it does to the user.
    pub consequence: Consequence,
    /// One line that names the consequence, without a full stop.
    pub title: String,
    /// One or two sentences that say what happens and why.
    pub message: String,
    /// How sure the auditor is that the code is what it took it for.
    pub confidence: Confidence,
    /// Index into the report's roots.
    #[serde(default)]
    pub root: u32,
    /// The file, relative to its root, with forward slashes.
    pub path: String,
    /// Qualified name of the function: `DatabaseCache._base_set`.
    pub function: String,
    /// The store: `self._cache`, `table django_cache`, `file path`.
    pub store: String,
    /// The key, as the code writes it.
    pub key: String,
    /// Where the answer is looked up. Absent for a finding that has no check (an ignored result).
    #[serde(default)]
    pub check: Option<Span>,
    /// Where it is acted upon; the line a finding is sorted and shown by.
    pub act: Span,
    /// The schedule that shows it.
    #[serde(default)]
    pub witness: Option<Witness>,
    /// What the witness hangs on, for `conditional`.
    #[serde(default)]
    pub assumption: Option<String>,
    /// What closes it, for `closed`.
    #[serde(default)]
    pub guard: Option<Guard>,
    /// What was looked for and is missing, for the others.
    #[serde(default)]
    pub guard_gap: Option<GuardGap>,
    /// Comments that admit or explain the race.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledgement>,
    /// The documentation disclaims atomicity: where it does.
    #[serde(default)]
    pub documented: Option<String>,
    /// An implementation of the same interface that does it right.
    #[serde(default)]
    pub sibling: Option<Sibling>,
    /// The error that is swallowed.
    #[serde(default)]
    pub masked: Option<Masked>,
    /// The smallest fix.
    #[serde(default)]
    pub fix: Option<Fix>,
    /// What the prover saw of it on the real program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofNote>,
    /// Set when the source says to keep silent about it.
    #[serde(default)]
    pub suppressed: Option<Suppression>,
    /// Whether a baseline knows it.
    #[serde(default)]
    pub baselined: bool,
    /// Its identity across edits.
    pub fingerprint: Fingerprint,
}

impl Finding {
    /// The identity of a finding. `ordinal` tells apart several with otherwise equal parts, in source order, from 0.
    #[must_use]
    pub fn identity(
        rule: RuleId,
        [path, function, store, key]: [&str; 4],
        ordinal: u32,
    ) -> Fingerprint {
        Fingerprint::of(&[&rule.to_string(), path, function, store, key, &ordinal.to_string()])
    }

    /// Whether it is neither suppressed nor in the baseline.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.suppressed.is_none() && !self.baselined
    }

    /// The order of every report: by root, path, line, column, rule, then identity.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |f: &Self| (f.root, f.act.line, f.act.column, f.rule, Reverse(f.severity));
        (self.root.cmp(&other.root))
            .then_with(|| self.path.cmp(&other.path))
            .then_with(|| key(self).cmp(&key(other)))
            .then_with(|| self.fingerprint.cmp(&other.fingerprint))
    }
}

/// A comment that admits or explains the race.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Acknowledgement {
    /// Its first line.
    pub line: u32,
    /// What it says.
    pub text: String,
    /// The file, when it is not the finding's own.
    #[serde(default)]
    pub path: Option<String>,
}

/// An implementation of the same interface or method that does it right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sibling {
    /// The file, relative to the same root.
    pub path: String,
    /// The line of its guard or of its function.
    pub line: u32,
    /// Its qualified name.
    pub function: String,
    /// How it does it: `holds self._lock from check to act`.
    #[serde(default)]
    pub how: String,
}

/// An error that is turned into an ordinary answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Masked {
    /// The line that swallows it.
    pub line: u32,
    /// The source text of that place.
    pub text: String,
    /// What the caller is told instead.
    #[serde(default)]
    pub told: String,
}

/// A comment in the source that keeps a finding silent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suppression {
    /// Why, as the source says.
    pub reason: String,
    /// Where.
    pub line: u32,
}
