//! The waist everybody speaks through: findings, witnesses, coverage, verdict words, exit codes.
//!
//! Data only. `audit` and `prove` fill these types, `report` and `lsp` read them, and what is
//! serialised from them is the published JSON (`docs/schema/`). There is no logic here beyond
//! construction checks, ordering and counting.
//!
//! Invariants: a [`Report`] that went through [`Report::sort`] serialises to the same bytes for the same
//! content; every key of an object is always written (absent is `null`), so that a consumer
//! never has to guess; words (verdicts, kinds, reasons) come from closed sets.

mod coverage;
mod exit;
mod finding;
mod fingerprint;
mod fix;
mod guard;
mod proof;
mod report;
mod rule;
mod span;
mod witness;
mod words;

pub use coverage::{BoundHit, Coverage, Gap, LanguageCoverage, SkipReason};
pub use exit::ExitCode;
pub use finding::{Acknowledgement, Finding, Masked, Sibling, Suppression};
pub use fingerprint::Fingerprint;
pub use fix::{Edit, Fix};
pub use guard::{Guard, GuardGap, GuardKind, Scope};
pub use proof::{ProofNote, ProofVerdict, Shown};
pub use report::{Report, Root, SCHEMA, Stats, Tool, UnusedSuppression};
pub use rule::{Family, Rule, RuleId, RuleIdError};
pub use span::Span;
pub use witness::{Actor, Step, Witness};
pub use words::{Confidence, Consequence, Severity, UnknownWord, Verdict};
